"""One thread that runs the model: takes what waits, batches it by tokens, and hands results back."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

from . import metrics
from .memory import NoRoom, frugal_forward
from .outcome import Outcome, read_branch, read_next
from .prefix import BLOCK, PrefixCache
from .segments import Runner, Segment
from .tokens import Tokens
from .work import CallJob, Choice, GenerateJob, Generation, Job, Running, ScoreJob, Scoring, SlowJob

# Passes without want of memory after which larger ones are tried again.
_CALM = 64


class QueueFull(Exception):
    """More work waits than the queue holds."""


class ShuttingDown(Exception):
    """The server no longer takes work."""


class Engine:
    """Continuous batching: at each step every generating sequence advances by one token, and what is left of the
    step's token budget reads prompts and scores texts, oldest first."""

    def __init__(
        self,
        runner: Runner,
        tokens: Tokens,
        stops: frozenset[int],
        queue: int = 4096,
        step_tokens: int = 256,
        most_sequences: int = 64,
        prefix_budget: int = 1 << 30,
    ):
        self.runner, self.tokens, self.stops = runner, tokens, stops
        self.queue, self.step_tokens, self.most_sequences = queue, step_tokens, most_sequences
        self._widest, self._calm = step_tokens, 0
        self._at_work = False
        self.prefixes = PrefixCache(prefix_budget) if runner.shares_prefixes else None
        self._reads_whole = runner.strict and not runner.shares_prefixes
        self._inbox: deque[Job] = deque()
        self._waiting: deque[Running] = deque()
        self._running: list[Running] = []
        self._slow: deque[SlowJob] = deque()
        self._wake = threading.Condition()
        self._queued = 0
        self._state = "open"
        self._reading_blocks: dict[tuple, Running] = {}
        self._thread = threading.Thread(target=self._loop, name="engine", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, jobs: Iterable[Job]) -> None:
        """Queue jobs; all or none. Raises QueueFull or ShuttingDown."""
        jobs = list(jobs)
        weight = sum(job.weight for job in jobs)
        with self._wake:
            if self._state != "open":
                raise ShuttingDown
            # A list larger than the queue itself is let in when nothing waits, or it could never be.
            if self._queued and self._queued + weight > self.queue:
                raise QueueFull
            self._queued += weight
            self._inbox.extend(jobs)
            self._wake.notify()

    def call(self, action: Callable[[Runner], Any]) -> Future:
        """Run something with the model on the engine's thread, between passes. Raises ShuttingDown."""
        job = CallJob(weight=0, call=action)
        with self._wake:
            if self._state != "open":
                raise ShuttingDown
            self._inbox.append(job)
            self._wake.notify()
        return job.done

    def resize(self, kv_budget: int, prefix_budget: int) -> Future:
        """Keep within other budgets; done when what is idle has been given back."""

        def act(runner: Runner) -> None:
            if self.prefixes:
                self.prefixes.resize(prefix_budget)
            runner.resize(kv_budget)

        return self.call(act)

    @property
    def held_bytes(self) -> int:
        """Memory of keys and values, kept prefixes included."""
        return self.runner.reserved_bytes() + (self.prefixes.used if self.prefixes else 0)

    @property
    def queued(self) -> int:
        """Weight of what was accepted and does not run yet."""
        return self._queued

    @property
    def running(self) -> int:
        """Sequences that hold a slot."""
        return len(self._running)

    def stop(self, patience: float = 10.0) -> None:
        """Take no more work, let what is here finish for `patience` seconds, then end the thread."""
        with self._wake:
            self._state = "draining"
            self._wake.notify()
        self._thread.join(patience)
        self._state = "closed"
        with self._wake:
            self._wake.notify()
        self._thread.join(5.0)

    @property
    def idle(self) -> bool:
        return not (self._at_work or self._inbox or self._waiting or self._running or self._slow)

    def _loop(self) -> None:
        while True:
            with self._wake:
                self._at_work = False
                while self.idle and self._state == "open":
                    self._wake.wait()
                if self._state == "closed" or (self._state == "draining" and self.idle):
                    break
                arrived = list(self._inbox)
                self._inbox.clear()
                # What was taken out and is not yet anywhere else is work too.
                self._at_work = True
            try:
                for job in arrived:
                    self._begin(job)
                self._step()
                self._step_slow()
            except Exception as error:
                self._fail_all(error)
        self._fail_all(ShuttingDown())

    def _begin(self, job: Job) -> None:
        if isinstance(job, GenerateJob):
            job.choices = [Choice() for _ in range(job.n)]
            self._waiting.append(Generation(job, list(range(job.n)), self.tokens, self.stops))
        elif isinstance(job, ScoreJob):
            pieces = Scoring.plan(job, self.runner.context, self.step_tokens)
            self._waiting.extend(pieces)
            if not pieces:
                job.resolve(job.results)
        elif isinstance(job, SlowJob):
            self._slow.append(job)
        self._settle(job, bool(job.done.done()))

    def _step_slow(self) -> None:
        """One step of a job that has its own, in turn with everything else. What fails in it fails alone."""
        if not self._slow:
            return
        job = self._slow.popleft()
        try:
            ended = job.cancelled or job.step(self.runner)
        except Exception as error:
            job.fail(error)
            ended = True
        if ended:
            self._settle(job, True)
            job.done.cancel()
        else:
            self._slow.append(job)

    def _settle(self, job: Job, finished: bool) -> None:
        """Count a job out of the queue once, when it starts to run or ends."""
        if finished and job.weight:
            with self._wake:
                self._queued -= job.weight
                job.weight = 0

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

    def _step(self) -> None:
        for work in [work for work in self._running if work.job.cancelled]:
            self._drop(work)
        self._admit()
        if not self._running:
            if self._waiting:
                self._refuse_largest()
            return
        outcome = Outcome(self.runner)
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
        for work, measured in outcome.tokens:
            if not work.choice.tokens and len(work.indices) > 1:
                self._part(work, outcome)
            if work.accept(measured):
                self._drop(work)
            else:
                work.last = measured.id
                work.length_now = work.cached + len(work.choice.tokens)
        for work in [w for w in self._running if isinstance(w, Scoring) and not w.reading and not w.branches]:
            work.finish()
            self._drop(work)

    def _part(self, work: Generation, outcome: Outcome) -> None:
        """The prompt has been read: give each further sample a copy of it, or a place at the head of the queue."""
        indices, work.indices = work.indices[1:], work.indices[:1]
        for index in indices:
            twin = work.alone(index)
            twin.slot = self.runner.take(twin.length) if len(self._running) < 2 * self.most_sequences else None
            if twin.slot is None:
                self._waiting.appendleft(twin)
                continue
            self.runner.copy(work.slot, twin.slot, work.cached)
            twin.cached, twin.stored = work.cached, work.stored
            self._running.append(twin)
            measured = outcome.again(work, twin)
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

    def _fail_all(self, error: Exception) -> None:
        with self._wake:
            waiting, self._waiting = list(self._waiting), deque()
            jobs = list(self._inbox)
            self._inbox.clear()
        for work in [*self._running, *waiting]:
            work.job.fail(error)
            self._drop(work)
        slow, self._slow = list(self._slow), deque()
        for job in [*jobs, *slow]:
            job.fail(error)
            self._settle(job, True)
