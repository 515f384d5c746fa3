"""From logits to a token, and to what is reported about it."""

import math
import secrets
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F

from .mirostat import Mirostat, MirostatOptions, Trace
from .shaping import Shape, Shaping
from .transfer import on_host, sent

_WIDTH = 128
# Rows copied at once to be compared with a value each.
_ROWS_COMPARED = 64


@dataclass(frozen=True)
class Sampling:
    """How to continue a prompt. Temperature 0 takes the likeliest token, of equals the one with the lowest id."""

    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    min_p: float = 0.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    top_logprobs: int = 0
    entropy: bool = False
    shape: Shape = field(default_factory=Shape)
    ignore_eos: bool = False
    top_k: int = 0
    # Keep the stop string at the end of the text, and spell tokens that mark structure.
    keep_stop: bool = False
    keep_special: bool = False
    # Also end an answer, and are not part of it.
    stop_ids: frozenset[int] = frozenset()
    # Tokens whose log-probabilities are told instead of the likeliest ones'.
    listed: tuple[int, ...] = ()
    # A seed of its own for each sample, in place of `seed`.
    seeds: tuple[int, ...] = ()
    terms: bool = False
    mirostat: MirostatOptions | None = None

    @property
    def is_plain(self) -> bool:
        """Whether tokens are drawn from the whole distribution, at a temperature."""
        return self.temperature > 0 and self.top_p == 1 and not (self.min_p or self.top_k or self.mirostat)


@dataclass(frozen=True)
class Terms:
    """Summands of the estimators over the whole distribution p. Renyi: (log sum q^a - (a - 1) log V) / (a - 1), a = .5,
    nats; Fisher-Rao: (2/pi) arccos sum sqrt(q / V), 0 to 1; both with q = p softened by temperature 2. Self-certainty:
    log V + mean log p over what has any mass, nats, at most 0."""

    renyi: float
    fisher_rao: float
    self_certainty: float


@dataclass(slots=True)
class Measured:
    """What is known of one token: log-probability at temperature 1, rank (1 is the likeliest), entropy in nats of
    the distribution it was drawn from, and that distribution's likeliest tokens."""

    id: int
    logprob: float | None
    rank: int | None = None
    entropy: float | None = None
    top: list[tuple[int, float]] = field(default_factory=list)
    terms: Terms | None = None
    trace: Trace | None = None


class Draws:
    """Random numbers of one sample: a function of seed and sample index alone."""

    def __init__(self, seed: int | None, index: int):
        seed = secrets.randbits(64) if seed is None else seed % (1 << 64)
        self._generator = np.random.Generator(np.random.Philox(key=[seed, index]))

    def next(self) -> float:
        return self._generator.random()


class Distribution:
    """Next-token distributions of some rows of logits. Every reduction runs over fixed blocks of one row, so that a
    row's numbers do not depend on the rows beside it. On a GPU a sum's order may still depend on how many rows there
    are; `strict` makes sums there whose order does not."""

    def __init__(self, logits: torch.Tensor, strict: bool = False):
        self._fold = strict and logits.device.type != "cpu"
        self.rows, self.vocabulary = logits.shape
        spare = -self.vocabulary % _WIDTH
        self.logits = F.pad(logits, (0, spare), value=float("-inf")) if spare else logits
        self.blocks = self.logits.view(self.rows, -1, _WIDTH)
        self.block_peaks = self.blocks.amax(-1)
        self.peak = self.block_peaks.amax(-1)
        self.weights = (self.logits - self.peak.unsqueeze(1)).exp_()
        self.total = self._sum(self.weights)
        self.log_total = self.peak + torch.log(self.total)

    @cached_property
    def _host_logits(self) -> np.ndarray:
        return on_host(self.logits)

    @cached_property
    def _host_weights(self) -> np.ndarray:
        return on_host(self.weights)

    @cached_property
    def _greedy(self) -> list[int]:
        # Of equals the first: in the first block that holds the peak. Found where the logits lie, so that none need
        # leave the device.
        block = self.block_peaks.argmax(-1, keepdim=True)
        inside = self.blocks.take_along_dim(block.unsqueeze(-1), 1).squeeze(1).argmax(-1, keepdim=True)
        return (block * _WIDTH + inside).squeeze(1).tolist()

    def broken(self) -> list[int]:
        """Rows that hold a NaN or nothing but ruled-out tokens."""
        return [row for row, finite in enumerate(torch.isfinite(self.log_total).tolist()) if not finite]

    def _sum(self, values: torch.Tensor) -> torch.Tensor:
        parts = values.view(values.shape[0], -1, _WIDTH).sum(-1)
        return folded(parts) if self._fold else parts.sum(-1)

    def entropies(self, rows: list[int]) -> list[float]:
        """Shannon entropy in nats over the whole vocabulary."""
        at = sent(rows, self.logits.device)
        shifted = (self.logits[at] - self.peak[at].unsqueeze(1)).clamp_(min=-1e4)
        total = self.total[at]
        return (torch.log(total) - self._sum(self.weights[at] * shifted) / total).clamp_(min=0).tolist()

    def terms(self, rows: list[int]) -> list[Terms]:
        """Renyi, Fisher-Rao and self-certainty terms of each row."""
        at = sent(rows, self.logits.device)
        shifted = self.logits[at] - self.peak[at].unsqueeze(1)
        count = self.vocabulary
        halves = self._sum(torch.exp(shifted / 2)).double()
        roots = self._sum(torch.exp(shifted / 4)).double()
        renyi = halves.log() - 2 * roots.log() - math.log(count)
        fisher_rao = (roots / (halves * count).sqrt()).clamp_(max=1).acos_() * (2 / math.pi)
        massive = torch.isfinite(shifted)
        living = massive.sum(-1)
        # In float64: a sum of a whole vocabulary of large numbers.
        mean = self._sum(torch.where(massive, shifted, 0).double()) / living
        certainty = mean - self.total[at].double().log() + living.double().log()
        return [Terms(*three) for three in torch.stack((renyi, fisher_rao, certainty.clamp_(max=0)), dim=1).tolist()]

    def top(self, rows: list[int], count: int) -> list[list[tuple[int, float]]]:
        """The `count` likeliest tokens of each row with log-probabilities; of equals the lowest id first."""
        at = sent(rows, self.logits.device)
        count = min(count, self.vocabulary)
        blocks = min(count, self.block_peaks.shape[1])
        # The k likeliest tokens lie in the k blocks with the highest peaks.
        chosen = self.block_peaks[at].topk(blocks, -1).indices.sort(-1).values
        pool = self.blocks[at.unsqueeze(1), chosen].view(len(rows), -1)
        values, places = pool.topk(count, -1)
        ids = chosen.gather(1, places // _WIDTH) * _WIDTH + places % _WIDTH
        logprobs = (values - self.log_total[at].unsqueeze(1)).clamp(min=torch.finfo(torch.float32).min)
        return [
            sorted(zip(some, values, strict=True), key=lambda pair: (-pair[1], pair[0]))
            for some, values in zip(ids.tolist(), logprobs.tolist(), strict=True)
        ]

    def given(self, rows: list[int], ids: list[int]) -> list[tuple[float, int]]:
        """Log-probability and rank of one given token per listed row."""
        device = self.logits.device
        at, wanted = sent(rows, device), sent(ids, device)
        values = self.logits[at, wanted]
        # A token that the model rules out has no finite logarithm; the least number stands for it.
        logprobs = (values - self.log_total[at]).clamp(min=torch.finfo(torch.float32).min).tolist()
        if device.type == "cpu":
            # By numpy: torch first widens each comparison to eight bytes, five times as long.
            pairs = zip(rows, values.tolist(), strict=True)
            ranks = [1 + int(np.count_nonzero(self._host_logits[row] > value)) for row, value in pairs]
        else:
            parts = [slice(low, low + _ROWS_COMPARED) for low in range(0, len(rows), _ROWS_COMPARED)]
            above = torch.cat([(self.logits[at[part]] > values[part].unsqueeze(1)).sum(-1) for part in parts])
            ranks = (above + 1).tolist()
        return list(zip(logprobs, ranks, strict=True))

    @property
    def is_far(self) -> bool:
        """Whether the logits lie on a GPU, from where a whole vocabulary is long to fetch and to sum for one draw."""
        return self.logits.device.type != "cpu"

    def drawn(self, rows: list[int], temperatures: list[float], draws: list[float]) -> list[int]:
        """A token of each listed row at a temperature, as `choose` takes it from a draw in [0, 1): first its block, by
        sums that the device makes, then its place there."""
        at = sent(rows, self.logits.device)
        weights = self.weights[at]
        if any(temperature != 1 for temperature in temperatures):
            by = sent([max(temperature, 1e-30) for temperature in temperatures], at.device, torch.float32)
            weights = torch.exp((self.logits[at] - self.peak[at].unsqueeze(1)) / by.unsqueeze(1))
        blocks = weights.view(len(rows), -1, _WIDTH)
        reach = on_host(blocks.sum(-1, dtype=torch.float64)).cumsum(1)
        goals = np.asarray(draws) * reach[:, -1]
        places = [
            min(int(np.searchsorted(line, goal, side="right")), len(line) - 1)
            for line, goal in zip(reach, goals, strict=True)
        ]
        order = sent(list(range(len(rows))), at.device)
        inner = on_host(blocks[order, sent(places, at.device)])
        found = []
        for line, place, goal, some in zip(reach, places, goals, inner, strict=True):
            before = line[place - 1] if place else 0.0
            token = int(np.searchsorted(before + some.cumsum(dtype=np.float64), goal, side="right"))
            if token >= _WIDTH or some[token] <= 0:
                # A draw that rounds up belongs to the last token that has any mass.
                token = int(np.flatnonzero(some > 0)[-1]) if (some > 0).any() else 0
            found.append(place * _WIDTH + token)
        return found

    def choose(
        self,
        row: int,
        sampling: Sampling,
        draws: Draws,
        shaping: Shaping | None = None,
        mirostat: Mirostat | None = None,
    ) -> int:
        """Draw the next token of one row."""
        if mirostat:
            return mirostat.choose(self._host_weights[row, : self.vocabulary], draws.next())
        if sampling.temperature == 0 and not shaping:
            return self._greedy[row]
        logits = self._host_logits[row, : self.vocabulary]
        if shaping:
            logits = shaping.apply(logits)
        if sampling.temperature == 0:
            return int(logits.argmax())
        if sampling.temperature == 1 and not shaping:
            weights = self._host_weights[row, : self.vocabulary]
        else:
            weights = np.exp((logits - logits.max()) / np.float32(max(sampling.temperature, 1e-30)))
        if sampling.top_k and sampling.top_k < len(weights):
            weights = _likeliest(weights, sampling.top_k)
        if sampling.min_p > 0:
            weights = np.where(weights >= sampling.min_p, weights, 0)
        if sampling.top_p < 1:
            weights = _nucleus(weights, sampling.top_p)
        reach = np.cumsum(weights, dtype=np.float64)
        at = int(np.searchsorted(reach, draws.next() * reach[-1], side="right"))
        # A draw that rounds up to the whole mass belongs to the last token that has any.
        return at if at < self.vocabulary and weights[at] > 0 else int(np.flatnonzero(weights)[-1])


def folded(parts: torch.Tensor) -> torch.Tensor:
    """Sums over the last axis by halves: only pairs are added, so that no kernel chooses an order by itself."""
    parts = F.pad(parts, (0, (1 << (parts.shape[-1] - 1).bit_length()) - parts.shape[-1]))
    while parts.shape[-1] > 1:
        half = parts.shape[-1] // 2
        parts = parts[..., :half] + parts[..., half:]
    return parts.squeeze(-1)


def _likeliest(weights: np.ndarray, count: int) -> np.ndarray:
    """Zero all weights but the `count` largest; of equals the lowest ids stay."""
    least = np.partition(weights, -count)[-count]
    above = weights > least
    equal = np.flatnonzero(weights == least)[: count - int(above.sum())]
    kept = np.where(above, weights, 0)
    kept[equal] = weights[equal]
    return kept


def _nucleus(weights: np.ndarray, mass: float) -> np.ndarray:
    """Zero the weights outside the smallest set of likeliest tokens that holds `mass` (Holtzman et al. 2020)."""
    goal = weights.sum(dtype=np.float64) * mass
    near = np.flatnonzero(weights > 1e-5)
    if weights[near].sum(dtype=np.float64) < goal:
        near = np.arange(len(weights))
    order = near[np.argsort(-weights[near], kind="stable")]
    count = int(np.searchsorted(np.cumsum(weights[order], dtype=np.float64), goal)) + 1
    kept = np.zeros_like(weights)
    kept[order[:count]] = weights[order[:count]]
    return kept
