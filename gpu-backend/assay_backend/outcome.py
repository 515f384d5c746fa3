"""Who asked for which row of a pass, and the numbers that each of them gets."""

from .constraint import GrammarRefused
from .mirostat import Trace
from .sampling import Distribution, Measured
from .segments import Rows, Runner, Segment
from .work import Generation, Running, Scoring

# Rows of logits held at once: 64 rows of 49,152 float32 are 12 MB.
_ROWS_AT_ONCE = 64


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
        for low in range(0, len(rows), _ROWS_AT_ONCE):
            high = min(low + _ROWS_AT_ONCE, len(rows))
            self._resolve(Distribution(rows.logits(low, high)), self.askers[low:high])

    def _resolve(self, distribution: Distribution, askers: list) -> None:
        for row in distribution.broken():
            askers[row][0].job.fail(FloatingPointError("The model's distribution is not finite."))
            askers[row][0].job.cancel()
            askers[row][0].job.poisoned = True
        pairs: dict[tuple[int, int], None] = {}
        chosen: dict[int, int] = {}
        for row, (work, wants) in enumerate(askers):
            if wants is None:
                try:
                    chosen[row] = distribution.choose(row, work.job.sampling, work.draws, work.shaping, work.mirostat)
                except GrammarRefused as error:
                    work.job.fail(error)
                    work.job.cancel()
                    continue
                pairs[row, chosen[row]] = None
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
        entropies, tops, terms = self._extras(distribution, askers)
        for row, (work, wants) in enumerate(askers):
            if wants is None:
                if row not in chosen:
                    continue
                token = chosen[row]
                measured = Measured(
                    token, *given[row, token], entropies.get(row), tops.get(row, []), terms.get(row), _trace(work)
                )
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
            if isinstance(work, Generation) and options.listed:
                tops[row] = distribution.listed(row, options.listed)
            elif count:
                top_rows[row] = count
        entropies = dict(zip(entropy_rows, distribution.entropies(entropy_rows), strict=True)) if entropy_rows else {}
        terms = dict(zip(term_rows, distribution.terms(term_rows), strict=True)) if term_rows else {}
        if top_rows:
            most = max(top_rows.values())
            for (row, count), found in zip(top_rows.items(), distribution.top(list(top_rows), most), strict=True):
                tops[row] = found[:count]
        return entropies, tops, terms

    def again(self, work: Generation, twin: Generation) -> Measured:
        """Another sample's own draw from the distribution that `work` drew its first token from."""
        distribution, row = self._kept[id(work)]
        token = distribution.choose(row, twin.job.sampling, twin.draws, twin.shaping, twin.mirostat)
        options = twin.job.sampling
        return Measured(
            token,
            *distribution.given([row], [token])[0],
            distribution.entropies([row])[0] if options.entropy else None,
            distribution.listed(row, options.listed)
            if options.listed
            else distribution.top([row], options.top_logprobs)[0]
            if options.top_logprobs
            else [],
            distribution.terms([row])[0] if options.terms else None,
            _trace(twin),
        )


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
