"""Who asked for which row of a pass, and the numbers that each of them gets."""

from collections import defaultdict
from dataclasses import replace

from . import metrics
from .constraint import GrammarRefused
from .memory import OUT_OF_MEMORY, give_back_cached, no_room
from .mirostat import Trace
from .sampling import Distribution, Measured
from .segments import Rows, Runner, Segment
from .work import Generation, Running, Scoring

# Rows of logits held at once: 64 rows of 49,152 float32 are 12 MB. On CUDA as many as this number of bytes holds, since
# the host waits for the device a few times for each lot.
_ROWS_AT_ONCE = 64
_BYTES_ON_DEVICE = 64 << 20


class Outcome:
    """Collects askers row by row while a pass is composed, then resolves them from its rows."""

    def __init__(self, runner: Runner):
        self.runner = runner
        self.askers: list[tuple[Generation, None] | tuple[Scoring, list[tuple[int, int]]]] = []
        self.tokens: list[tuple[Generation, Measured]] = []
        self.branched: list[tuple[Scoring, int]] = []
        self._kept: dict[int, tuple[Distribution, int]] = {}

    def generated(self, work: Generation) -> None:
        """The next row continues this sample."""
        self.askers.append((work, None))

    def scored(self, work: Scoring, wants: list[tuple[int, int]]) -> None:
        """The next row gives the log-probabilities of these (text, position) pairs."""
        self.askers.append((work, wants))

    def resolve(self, rows: Rows) -> None:
        """Give each asker its numbers, some rows at a time: fewer where memory runs out, and who asked for a row that
        finds none even alone is told so."""
        low, most = 0, self._rows_at_once()
        while low < len(rows):
            high = min(low + most, len(rows))
            made = self._made(rows, low, high)
            if made is not None:
                self._resolve(*made, self.askers[low:high])
            elif high - low > 1:
                most = (high - low) // 2
                continue
            else:
                work = self.askers[low][0]
                work.job.fail(no_room())
                work.job.cancel()
            low = high

    def _rows_at_once(self) -> int:
        if self.runner.device.type == "cpu":
            return _ROWS_AT_ONCE
        return max(_ROWS_AT_ONCE, _BYTES_ON_DEVICE // (4 * self.runner.vocabulary))

    def _made(self, rows: Rows, low: int, high: int) -> tuple[Distribution, tuple[dict, dict, dict]] | None:
        """Distributions of some rows and what is told of them beside the tokens; None where memory runs out."""
        try:
            distribution = Distribution(rows.logits(low, high), self.runner.strict)
            return distribution, self._extras(distribution, self.askers[low:high])
        except OUT_OF_MEMORY:
            metrics.out_of_memory.inc()
        give_back_cached(self.runner.device)
        return None

    def _resolve(self, distribution: Distribution, extras: tuple[dict, dict, dict], askers: list) -> None:
        for row in distribution.broken():
            askers[row][0].job.fail(FloatingPointError("The model's distribution is not finite."))
            askers[row][0].job.cancel()
            askers[row][0].job.poisoned = True
        pairs: dict[tuple[int, int], None] = {}
        chosen: dict[int, int] = {}
        generations = [(row, work) for row, (work, wants) in enumerate(askers) if wants is None]
        for (row, work), token in zip(generations, choices(distribution, generations), strict=True):
            if isinstance(token, GrammarRefused):
                work.job.fail(token)
                work.job.cancel()
            else:
                chosen[row] = token
        for row, (work, wants) in enumerate(askers):
            if wants is None:
                if row not in chosen:
                    continue
                pairs |= dict.fromkeys((row, token) for token in (chosen[row], *work.job.sampling.listed))
                if len(work.indices) > 1:
                    self._kept[id(work)] = (distribution, row)
            else:
                for number, position in wants:
                    pairs[row, work.job.texts[number][position]] = None
        given = (
            dict(zip(pairs, distribution.given([r for r, _ in pairs], [t for _, t in pairs]), strict=True))
            if pairs
            else {}
        )
        entropies, tops, terms = extras
        for row, (work, wants) in enumerate(askers):
            if wants is None:
                if row not in chosen:
                    continue
                token, listed = chosen[row], work.job.sampling.listed
                top = [(one, given[row, one][0]) for one in listed] if listed else tops.get(row, [])
                measured = Measured(token, *given[row, token], entropies.get(row), top, terms.get(row), _trace(work))
                self.tokens.append((work, measured))
            else:
                for number, position in wants:
                    token = work.job.texts[number][position]
                    work.put(
                        number,
                        position,
                        Measured(token, *given[row, token], entropies.get(row), tops.get(row, []), terms.get(row)),
                    )

    @staticmethod
    def _extras(distribution: Distribution, askers: list) -> tuple[dict, dict, dict]:
        entropy_rows, term_rows, top_rows, tops = [], [], {}, {}
        for row, (work, _) in enumerate(askers):
            options = work.job.sampling if isinstance(work, Generation) else work.job
            count = options.top_logprobs if isinstance(work, Generation) else options.top
            if options.entropy:
                entropy_rows.append(row)
            if options.terms:
                term_rows.append(row)
            if count and not (isinstance(work, Generation) and options.listed):
                top_rows[row] = count
        entropies = dict(zip(entropy_rows, distribution.entropies(entropy_rows), strict=True)) if entropy_rows else {}
        terms = dict(zip(term_rows, distribution.terms(term_rows), strict=True)) if term_rows else {}
        if top_rows:
            most = max(top_rows.values())
            for (row, count), found in zip(top_rows.items(), distribution.top(list(top_rows), most), strict=True):
                tops[row] = found[:count]
        return entropies, tops, terms

    def again(self, parted: list[tuple[Generation, Measured, Generation]]) -> list[Measured]:
        """Further samples' own draws, each from the distribution that its work drew its first token from: (work, what
        it drew, the sample)."""
        asked: dict[Distribution, list[tuple[int, Generation]]] = defaultdict(list)
        firsts = {}
        for work, first, twin in parted:
            distribution, row = self._kept[id(work)]
            asked[distribution].append((row, twin))
            firsts[twin] = first
        found = {}
        for distribution, twins in asked.items():
            tokens = choices(distribution, twins)
            given = distribution.given([row for row, _ in twins], tokens)
            for (_, twin), token, (logprob, rank) in zip(twins, tokens, given, strict=True):
                found[twin] = replace(firsts[twin], id=token, logprob=logprob, rank=rank, trace=_trace(twin))
        return [found[twin] for _, _, twin in parted]


def choices(distribution: Distribution, asked: list[tuple[int, Generation]]) -> list[int | GrammarRefused]:
    """The next token of each sample from its row, or why there is none. On a GPU those that ask for nothing but a
    temperature are drawn together."""
    far = {
        at: (row, work.job.sampling.temperature, work.draws.next())
        for at, (row, work) in enumerate(asked)
        if distribution.is_far and work.job.sampling.is_plain and not work.shaping
    }
    found: dict[int, int | GrammarRefused] = {}
    if far:
        found = dict(zip(far, distribution.drawn(*map(list, zip(*far.values(), strict=True))), strict=True))
    for at, (row, work) in enumerate(asked):
        if at not in far:
            try:
                found[at] = distribution.choose(row, work.job.sampling, work.draws, work.shaping, work.mirostat)
            except GrammarRefused as error:
                found[at] = error
    return [found[at] for at in range(len(asked))]


def _trace(work: Generation) -> Trace | None:
    return work.mirostat.last if work.mirostat else None


def read_next(work: Running, count: int, outcome: Outcome) -> Segment:
    """The next `count` tokens of a prompt, asking for the rows that its owner needs."""
    start, end = work.cached, work.cached + count
    rows = []
    if isinstance(work, Scoring):
        for position in range(start, end):
            if position in work.wants:
                rows.append(position - start)
                outcome.scored(work, work.wants[position])
    elif end == len(work.ids):
        rows.append(count - 1)
        outcome.generated(work)
    return Segment(work.slot, start, work.ids[start:end], rows)


def read_branch(work: Scoring, number: int, outcome: Outcome) -> Segment:
    """The tokens of one continuation beyond what all share."""
    outcome.branched.append((work, number))
    text, shared = work.job.texts[number], len(work.ids)
    rows = []
    for position in range(max(work.job.firsts[number], shared + 1), len(text)):
        rows.append(position - 1 - shared)
        outcome.scored(work, [(number, position)])
    return Segment(work.slot, shared, text[shared:-1], rows, branch=True)
