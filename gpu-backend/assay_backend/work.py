"""What waits for the engine: generations and scorings, each made of pieces that the scheduler runs."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from .mirostat import Mirostat
from .sampling import Draws, Measured, Sampling
from .segments import Runner
from .shaping import Shaping
from .spelling import Spelling
from .tokens import Tokens


class Left(Exception):
    """The client has gone: nobody waits for the result."""


@dataclass
class Choice:
    """One generated answer so far."""

    text: str = ""
    tokens: list[Measured] = field(default_factory=list)
    finish: str | None = None
    # Where in the text each token begins, in characters.
    offsets: list[int] = field(default_factory=list)
    # The token that ended it, which is not part of it.
    ending: Measured | None = None
    # The stop string, or the stop token of the request's, that ended it.
    stopped: str | int | None = None


@dataclass(eq=False)
class Job:
    """What a client waits for. `done` resolves with the result; `cancelled` frees what it holds."""

    done: Future = field(default_factory=Future)
    cancelled: bool = False
    weight: int = 1
    # Its distributions are not finite: what it left in memory must not be read by others.
    poisoned: bool = False

    def cancel(self) -> None:
        self.cancelled = True

    def resolve(self, result: Any) -> None:
        """Hand over the result, unless the client has just given up."""
        with contextlib.suppress(InvalidStateError):
            self.done.set_result(result)

    def fail(self, error: Exception) -> None:
        """Hand over why there is no result, unless there is one or nobody waits."""
        with contextlib.suppress(InvalidStateError):
            self.done.set_exception(error)


@dataclass(eq=False)
class SlowJob(Job):
    """Work in steps of its own, made one per pass in turn with everything else, on the engine's thread."""

    def step(self, runner: Runner) -> bool:
        """Make one step; answers whether it was the last."""
        raise NotImplementedError


@dataclass(eq=False)
class CallJob(SlowJob):
    """One call with the model, whose result is the job's."""

    call: Callable[[Runner], Any] = lambda _: None

    def step(self, runner: Runner) -> bool:
        self.resolve(self.call(runner))
        return True


@dataclass(eq=False)
class GenerateJob(Job):
    """`n` continuations of a prompt. The engine's thread calls `on_text(choice, new text, new tokens, finish)`."""

    prompt: list[int] = field(default_factory=list)
    sampling: Sampling = field(default_factory=lambda: Sampling(16))
    n: int = 1
    choices: list[Choice] = field(default_factory=list)
    on_text: Callable[[int, str, list[Measured], str | None], None] | None = None

    def finish_one(self) -> None:
        if all(choice.finish for choice in self.choices):
            self.resolve(self.choices)


@dataclass(eq=False)
class ScoreJob(Job):
    """Log-probabilities of given tokens. `texts` are whole token lists, `firsts` where in each the scored part begins.

    The result is, for each text, a Measured per token from `firsts` on (log-probability None for the first of all).
    """

    texts: list[list[int]] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)
    top: int = 0
    entropy: bool = False
    terms: bool = False
    # A text longer than `window` tokens (the context, where 0) is read in windows that move by `stride` (half of one).
    window: int = 0
    stride: int = 0
    results: list[list[Measured]] = field(default_factory=list)
    pending: int = 0


class Running:
    """A piece of work that holds a slot: ids to be read, how far it is, and what the prefix cache knows of it."""

    def __init__(self, job: Job, ids: list[int], length: int):
        self.job, self.ids, self.length = job, ids, length
        self.slot: Any = None
        self.cached = 0
        self.stored, self.parent = 0, 0

    @property
    def reading(self) -> bool:
        """Whether part of the prompt is still to be read."""
        return self.cached < len(self.ids)


class Generation(Running):
    """One or more samples being generated from a prompt; samples part once the prompt has been read."""

    def __init__(self, job: GenerateJob, indices: list[int], tokens: Tokens, stops: frozenset[int]):
        super().__init__(job, job.prompt, len(job.prompt) + job.sampling.max_tokens)
        self.job: GenerateJob = job
        self.indices, self.tokens, self.stops = indices, tokens, stops
        self.index = indices[0]
        self.choice = job.choices[self.index]
        seeds = job.sampling.seeds
        self.draws = Draws(seeds[self.index], 0) if seeds else Draws(job.sampling.seed, self.index)
        self.mirostat = Mirostat(job.sampling.mirostat) if job.sampling.mirostat else None
        shape = job.sampling.shape
        self.shaping = None if shape.neutral else Shaping(shape, job.prompt)
        sampling = job.sampling
        self.spelling = Spelling(
            tokens, sampling.stop, sampling.keep_stop, sampling.keep_special, offsets=self.choice.offsets
        )
        self._sent = self._sent_tokens = 0
        # The token to be read next, and the sequence's length with it.
        self.last, self.length_now = 0, 0

    def alone(self, index: int) -> "Generation":
        """The same prompt's generation for one other sample."""
        return Generation(self.job, [index], self.tokens, self.stops)

    def accept(self, measured: Measured) -> bool:
        """Take the next token; answers whether the sample has ended."""
        choice, sampling = self.choice, self.job.sampling
        ends = measured.id in self.stops and not sampling.ignore_eos
        if ends or measured.id in sampling.stop_ids:
            choice.ending, choice.stopped = measured, None if ends else measured.id
            return self._end("stop", self.spelling.close())
        closed = self.shaping is not None and self.shaping.take(measured.id)
        choice.tokens.append(measured)
        last = closed or len(choice.tokens) >= sampling.max_tokens
        stop = self.spelling.add(measured.id, last)
        if stop is not None or last:
            return self._end("stop" if stop is not None or closed else "length", stop)
        if self.job.on_text:
            self._send(*self.spelling.sure(), None)
        return False

    def _end(self, finish: str, stop: str | None) -> bool:
        choice = self.choice
        if stop is not None:
            del choice.tokens[len(choice.offsets) :]
            choice.ending, choice.stopped = None, stop
        choice.text, choice.finish = self.spelling.text, finish
        if self.job.on_text:
            self._send(len(choice.text), len(choice.tokens), finish)
        self.job.finish_one()
        return True

    def _send(self, end: int, count: int, finish: str | None) -> None:
        fresh = self.choice.tokens[self._sent_tokens : count]
        if end > self._sent or fresh or finish:
            self.job.on_text(self.index, self.spelling.text[self._sent : end], fresh, finish)
            self._sent, self._sent_tokens = max(end, self._sent), self._sent_tokens + len(fresh)


class Scoring(Running):
    """A shared beginning with the continuations that branch off it. `wants[p]` lists who asks for the token after
    position p of the shared part; a branch asks for all of its tokens but those before its own first."""

    def __init__(self, job: ScoreJob, ids: list[int]):
        super().__init__(job, ids, len(ids))
        self.job: ScoreJob = job
        self.wants: dict[int, list[tuple[int, int]]] = {}
        self.branches: list[int] = []
        # The windows of a long text that come after this one.
        self._later: Iterator[Scoring] = iter(())

    @classmethod
    def plan(cls, job: ScoreJob, context: int, longest_branch: int) -> "list[Scoring]":
        """Split a job into pieces: one shared beginning with branches, long branches and windows on their own."""
        job.results = [
            [Measured(token, None) for token in text[first:]] for text, first in zip(job.texts, job.firsts, strict=True)
        ]
        pieces: list[Scoring] = []
        short = []
        context = min(context, job.window or context)
        alike = common_prefix([text for text in job.texts if len(text) <= context] or [[]])
        for number, text in enumerate(job.texts):
            if len(text) > context:
                # Enough of them to fill a pass; each that ends brings the next.
                windows = cls._windows(job, number, context)
                for piece in islice(windows, max(2, 2 * longest_branch // context)):
                    piece._later = windows
                    pieces.append(piece)
            elif len(text) - max(job.firsts[number], alike) > longest_branch and len(job.texts) > 1:
                pieces.append(cls._whole(job, number))
            elif len(text) > max(1, job.firsts[number]) or len(text) > 1:
                short.append(number)
        if len(short) == 1:
            pieces.append(cls._whole(job, short[0]))
        elif short:
            shared = common_prefix([job.texts[number] for number in short])
            shared = min(shared, *(len(job.texts[number]) - 1 for number in short))
            if shared == 0:
                pieces.extend(cls._whole(job, number) for number in short)
            else:
                piece = cls(job, job.texts[short[0]][:shared])
                for number in short:
                    for position in range(max(1, job.firsts[number]), min(shared, len(job.texts[number]) - 1) + 1):
                        piece.wants.setdefault(position - 1, []).append((number, position))
                    if len(job.texts[number]) - 1 > shared:
                        piece.branches.append(number)
                pieces.append(piece)
        pieces = [piece for piece in pieces if piece.wants or piece.branches]
        job.pending = len(pieces)
        return pieces

    @classmethod
    def _whole(cls, job: ScoreJob, number: int) -> "Scoring":
        text = job.texts[number]
        piece = cls(job, text[:-1])
        for position in range(max(1, job.firsts[number]), len(text)):
            piece.wants[position - 1] = [(number, position)]
        return piece

    @classmethod
    def _windows(cls, job: ScoreJob, number: int, context: int) -> "Iterator[Scoring]":
        """Windows of a whole context that move by a stride: each token is scored once, with all that its window holds
        before it. Made one by one: all at once would hold the text many times over, and keep others waiting."""
        text, scored = job.texts[number], max(1, job.firsts[number])
        stride = min(job.stride or max(1, context // 2), context - 1)
        end = context
        while scored < len(text):
            end = min(max(end, scored + 1), len(text))
            begin = max(0, end - context)
            piece = cls(job, text[begin : end - 1])
            for position in range(scored, end):
                piece.wants[position - 1 - begin] = [(number, position)]
            yield piece
            scored, end = end, end + stride

    def put(self, number: int, position: int, measured: Measured) -> None:
        """Note the result for one token of one text."""
        self.job.results[number][position - self.job.firsts[number]] = measured

    def finish(self) -> "Scoring | None":
        """Count this piece as done; answers the window of its text that is to be queued in its place."""
        after = next(self._later, None)
        if after is not None:
            after._later = self._later
            return after
        self.job.pending -= 1
        if self.job.pending == 0:
            self.job.resolve(self.job.results)
        return None


def common_prefix(texts: list[list[int]]) -> int:
    """How many tokens all of them begin with."""
    first, last = min(texts), max(texts)
    for at, (one, other) in enumerate(zip(first, last, strict=False)):
        if one != other:
            return at
    return min(len(first), len(last))
