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

_WIDTH = 128


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
    row's numbers do not depend on the rows beside it."""

    def __init__(self, logits: torch.Tensor):
        self.rows, self.vocabulary = logits.shape
        spare = -self.vocabulary % _WIDTH
        self.logits = F.pad(logits, (0, spare), value=float("-inf")) if spare else logits
        self.blocks = self.logits.view(self.rows, -1, _WIDTH)
        self.block_peaks = self.blocks.amax(-1)
        self.peak = self.block_peaks.amax(-1)
        self.weights = torch.exp(self.logits - self.peak.unsqueeze(1))
        self.total = self._sum(self.weights)
        self.log_total = self.peak + torch.log(self.total)

    @cached_property
    def _host_logits(self) -> np.ndarray:
        return _on_host(self.logits)

    @cached_property
    def _host_weights(self) -> np.ndarray:
        return _on_host(self.weights)

    @cached_property
    def _greedy(self) -> list[int]:
        # Of equals the first, as torch.argmax has it; found where the logits lie, so that none need leave the device.
        return self.logits.argmax(-1).tolist()

    def broken(self) -> list[int]:
        """Rows that hold a NaN or nothing but ruled-out tokens."""
        return (~torch.isfinite(self.log_total)).nonzero().flatten().tolist()

    def _sum(self, values: torch.Tensor) -> torch.Tensor:
        return values.view(values.shape[0], -1, _WIDTH).sum(-1).sum(-1)

    def entropies(self, rows: list[int]) -> list[float]:
        """Shannon entropy in nats over the whole vocabulary."""
        at = torch.tensor(rows, device=self.logits.device)
        shifted = (self.logits[at] - self.peak[at].unsqueeze(1)).clamp_(min=-1e4)
        total = self.total[at]
        return (torch.log(total) - self._sum(self.weights[at] * shifted) / total).clamp_(min=0).tolist()

    def terms(self, rows: list[int]) -> list[Terms]:
        """Renyi, Fisher-Rao and self-certainty terms of each row."""
        at = torch.tensor(rows, device=self.logits.device)
        shifted = self.logits[at] - self.peak[at].unsqueeze(1)
        count = self.vocabulary
        halves = self._sum(torch.exp(shifted / 2)).double()
        roots = self._sum(torch.exp(shifted / 4)).double()
        renyi = halves.log() - 2 * roots.log() - math.log(count)
        fisher_rao = (roots / (halves * count).sqrt()).clamp_(max=1).acos_() * (2 / math.pi)
        massive = torch.isfinite(shifted)
        living = massive.sum(-1)
        # In float64: a sum of a whole vocabulary of large numbers.
        mean = torch.where(massive, shifted, 0).double().view(len(rows), -1, _WIDTH).sum(-1).sum(-1) / living
        certainty = mean - self.total[at].double().log() + living.double().log()
        return [
            Terms(*three)
            for three in zip(renyi.tolist(), fisher_rao.tolist(), certainty.clamp_(max=0).tolist(), strict=True)
        ]

    def top(self, rows: list[int], count: int) -> list[list[tuple[int, float]]]:
        """The `count` likeliest tokens of each row with log-probabilities; of equals the lowest id first."""
        at = torch.tensor(rows, device=self.logits.device)
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
        at, wanted = torch.tensor(rows, device=device), torch.tensor(ids, device=device)
        values = self.logits[at, wanted]
        # A token that the model rules out has no finite logarithm; the least number stands for it.
        logprobs = (values - self.log_total[at]).clamp(min=torch.finfo(torch.float32).min).tolist()
        ranks = []
        for low in range(0, len(rows), 64):
            part = slice(low, low + 64)
            ranks.extend(((self.logits[at[part]] > values[part].unsqueeze(1)).sum(-1) + 1).tolist())
        return list(zip(logprobs, ranks, strict=True))

    def listed(self, row: int, ids: tuple[int, ...]) -> list[tuple[int, float]]:
        """Log-probabilities of given tokens in one row, in the order given."""
        return [(token, found[0]) for token, found in zip(ids, self.given([row] * len(ids), list(ids)), strict=True)]

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


def _on_host(values: torch.Tensor) -> np.ndarray:
    """A tensor's numbers where they can be drawn from: as they lie on CPU, else by one copy of all rows of a pass
    through pinned memory, so that no token waits for the device by itself."""
    if values.device.type == "cpu":
        return values.numpy()
    held = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
    held.copy_(values, non_blocking=True)
    torch.cuda.current_stream(values.device).synchronize()
    return held.numpy()


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
