"""What runs when: who gets a slot, what the next pass reads, and to whom its results go."""

import time
from collections import deque
from collections.abc import Callable

from . import metrics
from .memory import NoRoom, frugal_forward
from .outcome import Outcome, read_branch, read_next
from .prefix import BLOCK, PrefixCache
from .segments import Runner, Segment
from .work import Generation, Job, Running, Scoring

# Passes without want of memory after which larger ones are tried again.
_CALM = 64


class Schedule:
    """Continuous batching: at each step every generating sequence advances by one token, and what is left of the
    step's token budget reads prompts and scores texts, oldest first. `settle(job, finished)` is called when a job
    starts to run or ends. Belongs to the engine's thread."""

    def __init__(
        self,
        runner: Runner,
        step_tokens: int,
        most_sequences: int,
        prefix_budget: int,
        settle: Callable[[Job, bool], None],
    ):
        self.runner, self.step_tokens, self.most_sequences = runner, step_tokens, most_sequences
        self._widest, self._calm = step_tokens, 0
        self.prefixes = PrefixCache(prefix_budget) if runner.shares_prefixes else None
        self._reads_whole = runner.strict and not runner.shares_prefixes
        self._waiting: deque[Running] = deque()
        self._running: list[Running] = []
        self._reading_blocks: dict[tuple, Running] = {}
        self._settle = settle

    @property
    def running(self) -> int:
        """Pieces of work that hold a slot."""
        return len(self._running)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return not (self._waiting or self._running)

    def add(self, work: Running) -> None:
        """Queue a piece of work."""
        self._waiting.append(work)

    def end(self, error: Exception) -> None:
        """Fail everything that waits or runs."""
        waiting, self._waiting = list(self._waiting), deque()
        for work in [*self._running, *waiting]:
            work.job.fail(error)
            self._drop(work)

    def step(self) -> None:
        """One pass."""
        for work in [work for work in self._running if work.job.cancelled]:
            self._drop(work)
        self._admit()
        if not self._running:
            if self._waiting:
                self._refuse_largest()
            return
        outcome = Outcome(self.runner)
        segments, read = self._compose(outcome)
        started = time.perf_counter()
        try:
            rows, split = frugal_forward(self.runner, segments)
        except NoRoom as error:
            self._refuse(error, outcome)
            return
        self._adapt(split)
        for work, count in read:
            work.cached += count
            self._remember(work)
        outcome.resolve(rows)
        metrics.step(segments, self.step_tokens, time.perf_counter() - started)
        self._conclude(outcome)

    def _compose(self, outcome: Outcome) -> tuple[list[Segment], list[tuple[Running, int]]]:
        """What the next pass reads, and how many tokens of which prompts are among it."""
        segments: list[Segment] = []
        budget = self.step_tokens
        for work in self._running:
            if isinstance(work, Generation) and not work.reading:
                segments.append(Segment(work.slot, work.length_now - 1, [work.last], [0], decode=True))
                outcome.generated(work)
                budget -= 1
        budget = max(budget, self.step_tokens // 4)
        read: list[tuple[Running, int]] = []
        for work in self._running:
            if budget <= 0:
                break
            if work.reading:
                count = len(work.ids) - work.cached
                # A model that a text's parts change must read it whole to be strict.
                count = count if self._reads_whole else min(count, budget)
                segments.append(read_next(work, count, outcome))
                read.append((work, count))
                budget -= count
            if isinstance(work, Scoring) and work.cached + (read[-1][1] if read and read[-1][0] is work else 0) >= len(
                work.ids
            ):
                while work.branches and budget > 0:
                    segments.append(read_branch(work, work.branches.pop(), outcome))
                    budget -= len(segments[-1].ids)
        return segments, read

    def _admit(self) -> None:
        """Give slots to what waits, oldest first. A piece whose next unknown block is being read by another waits for
        it when others can go ahead, so that a prefix shared by many is read once."""
        postponed: list[Running] = []
        while self._waiting and len(self._running) < self.most_sequences:
            work = self._waiting.popleft()
            if work.job.cancelled or work.job.done.done():
                self._drop(work)
                continue
            if self.prefixes:
                known = self.prefixes.match(work.ids, len(work.ids) - 1)
                at = len(known) * BLOCK
                key = (known[-1].serial if known else 0, tuple(work.ids[at : at + BLOCK]))
                reader = self._reading_blocks.get(key)
                if reader is not None and at + BLOCK < len(work.ids):
                    postponed.append(work)
                    if len(postponed) > 512:
                        break
                    continue
            work.slot = self.runner.take(max(work.length, len(work.ids) + 1))
            if work.slot is None:
                postponed.append(work)
                break
            if self.prefixes:
                work.cached = work.stored = self.prefixes.load(known, work.slot)
                work.parent = known[-1].serial if known else 0
                if isinstance(work, Scoring) and work.wants:
                    # Positions whose distributions are asked for must be read again.
                    work.cached = min(work.cached, min(work.wants))
                self._reading_blocks[key] = work
                metrics.prefix_tokens.labels("reused").inc(work.cached)
            metrics.prefix_tokens.labels("read").inc(len(work.ids) - work.cached)
            self._running.append(work)
            self._settle(work.job, True)
        self._waiting.extendleft(reversed(postponed))

    def _adapt(self, split: bool) -> None:
        """Make smaller passes after one that had to be split, and larger ones again after many that had not."""
        self._calm = 0 if split else self._calm + 1
        if split:
            self.step_tokens = max(16, self.step_tokens // 2)
        elif self._calm >= _CALM and self.step_tokens < self._widest:
            self.step_tokens, self._calm = min(self._widest, 2 * self.step_tokens), 0

    def _refuse(self, error: NoRoom, outcome: Outcome) -> None:
        """One sequence found no memory even alone: it fails, and what composing the pass took from others is undone."""
        for work, number in outcome.branched:
            work.branches.append(number)
        for work in [work for work in self._running if work.slot is error.slot]:
            work.job.fail(error)
            self._drop(work)
        self._adapt(True)

    def _remember(self, work: Running) -> None:
        if self.prefixes and work.cached - work.stored >= BLOCK:
            work.parent = self.prefixes.store(work.ids, work.slot, work.stored, work.cached, work.parent)
            work.stored += (work.cached - work.stored) // BLOCK * BLOCK
        self._move_reader(work)

    def _move_reader(self, work: Running) -> None:
        """Say which block this piece is about to make known, for others to wait for."""
        self._reading_blocks = {key: reader for key, reader in self._reading_blocks.items() if reader is not work}
        if self.prefixes and work.reading:
            key = (work.parent, tuple(work.ids[work.stored : work.stored + BLOCK]))
            self._reading_blocks.setdefault(key, work)

    def _conclude(self, outcome: Outcome) -> None:
        """Hand tokens to their samples, part samples that now differ, and free what has ended."""
        self._part(outcome)
        for work, measured in outcome.tokens:
            if work.accept(measured):
                self._drop(work)
            else:
                work.last = measured.id
                work.length_now = work.cached + len(work.choice.tokens)
        for work in [w for w in self._running if isinstance(w, Scoring) and not w.reading and not w.branches]:
            after = work.finish()
            if after is not None:
                self._waiting.append(after)
            self._drop(work)

    def _part(self, outcome: Outcome) -> None:
        """Prompts that have been read: give each further sample a copy, or a place at the head of the queue."""
        further = []
        for work, measured in outcome.tokens:
            if not work.choice.tokens:
                further += [(work, measured, index) for index in work.indices[1:]]
                del work.indices[1:]
        for low in range(0, len(further), self.most_sequences):
            parted = [(work, first, work.alone(at)) for work, first, at in further[low : low + self.most_sequences]]
            for (work, _, twin), measured in zip(parted, outcome.again(parted), strict=True):
                twin.slot = self.runner.take(twin.length) if len(self._running) < 2 * self.most_sequences else None
                if twin.slot is None:
                    # It begins anew, as if it had not drawn yet.
                    self._waiting.appendleft(work.alone(twin.index))
                    continue
                self.runner.copy(work.slot, twin.slot, work.cached)
                twin.cached, twin.stored = work.cached, work.stored
                self._running.append(twin)
                if twin.accept(measured):
                    self._drop(twin)
                else:
                    twin.last = measured.id
                    twin.length_now = twin.cached + len(twin.choice.tokens)

    def _drop(self, work: Running) -> None:
        if work in self._running:
            self._running.remove(work)
        if work.slot is not None:
            if work.job.poisoned and self.prefixes:
                work.slot.span(0, work.slot.arena.capacity).zero_()
                self.prefixes.clear()
            self.runner.release(work.slot)
            work.slot = None
        self._reading_blocks = {key: reader for key, reader in self._reading_blocks.items() if reader is not work}
        self._settle(work.job, work.job.cancelled or work.job.done.done())
        if work.job.cancelled:
            work.job.done.cancel()

    def _refuse_largest(self) -> None:
        """Nothing runs and the oldest piece still finds no room: it never will."""
        work = self._waiting.popleft()
        work.job.fail(MemoryError("The request needs more memory than --memory allows."))
        self._drop(work)
