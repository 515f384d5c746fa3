"""What runs a model: takes what waits, has it scheduled turn by turn, and hands results back."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

from .compute import in_turn
from .device import enter, is_lost
from .prefix import PrefixCache
from .schedule import Schedule
from .segments import Runner
from .tokens import Tokens
from .work import CallJob, Choice, GenerateJob, Generation, Job, ScoreJob, Scoring, SlowJob


class QueueFull(Exception):
    """More work waits than the queue holds."""


class ShuttingDown(Exception):
    """The server no longer takes work."""


class Engine:
    """A bounded queue before a schedule, and the thread that works it; jobs with steps of their own take turns with its
    passes."""

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
        self.queue = queue
        self.schedule = Schedule(runner, step_tokens, most_sequences, prefix_budget, self._settle)
        self._at_work = False
        self._inbox: deque[Job] = deque()
        self._slow: deque[SlowJob] = deque()
        self._wake = threading.Condition()
        self._queued = 0
        self._state = "open"
        # Why nothing can be run any more, where that is so.
        self.lost = ""
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
        return self.schedule.running

    @property
    def prefixes(self) -> PrefixCache | None:
        """What is kept of prefixes, where the model's can be shared."""
        return self.schedule.prefixes

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
        """Whether nothing is here, nor being handed over."""
        return not (self._at_work or self._inbox or self._slow) and self.schedule.idle

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
                in_turn(self._turn, arrived)
            except Exception as error:
                self._fail_all(error, arrived)
                if is_lost(error, self.runner.device):
                    # Nothing will ever run on it again in this process.
                    self.lost = f"The GPU has failed, restart the server: {error}".splitlines()[0]
                    self._state = "closed"
        self._fail_all(ShuttingDown())

    def _turn(self, arrived: list[Job]) -> None:
        """Take in what has arrived, and make one step of everything."""
        enter(self.runner.device)
        for job in arrived:
            self._begin(job)
        self.schedule.step()
        self._step_slow()

    def _begin(self, job: Job) -> None:
        if isinstance(job, GenerateJob):
            job.choices = [Choice() for _ in range(job.n)]
            self.schedule.add(Generation(job, list(range(job.n)), self.tokens, self.stops))
        elif isinstance(job, ScoreJob):
            pieces = Scoring.plan(job, self.runner.context, self.schedule.step_tokens)
            for piece in pieces:
                self.schedule.add(piece)
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
            if is_lost(error, self.runner.device):
                raise
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

    def _fail_all(self, error: Exception, arrived: Iterable[Job] = ()) -> None:
        """Fail everything that is here. `arrived` was taken out of the inbox, and may not have begun."""
        with self._wake:
            jobs = list(self._inbox)
            self._inbox.clear()
        self.schedule.end(error)
        slow, self._slow = list(self._slow), deque()
        for job in [*arrived, *jobs, *slow]:
            job.fail(error)
            self._settle(job, True)
