"""Monte-Carlo dropout (Gal and Ghahramani 2016): how far a model's distributions move when parts of it are left out."""

import math
from dataclasses import dataclass, field
from itertools import pairwise

import torch

from .dropout_generic import PlainDropout
from .hidden import states_after
from .llama import HiddenRows, Llama
from .segments import Rows, Runner
from .transfer import sent
from .work import SlowJob

GROUPS = 5
# Logits of all passes held at once: 32 MB of float32.
_LOGITS_AT_ONCE = 8 << 20
# Logits kept of all passes of a model that gives nothing else: 128 MB.
_LOGITS_HELD = 32 << 20


@dataclass
class Spread:
    """One token under dropout; entropies and divergences in nats. Predictive is the entropy of the mean distribution,
    aleatoric the mean of the passes' entropies, epistemic their difference (mutual information of token and pass);
    pairwise the mean KL divergence between two different passes; reverse the mean KL divergence of the mean
    distribution from a pass; variance that of the token's probability; groups the epistemic entropies of five groups of
    passes."""

    id: int
    logprob: float
    predictive: float
    aleatoric: float
    epistemic: float
    pairwise: float
    reverse: float
    variance: float
    groups: list[float]


@dataclass(eq=False)
class DropoutJob(SlowJob):
    """`passes` readings of `ids`; the tokens from `first` on are reported. One pass is made per engine step, and its
    final states alone are kept: distributions are made at the end, a few tokens at a time. Where a model gives nothing
    but logits, the passes are made again for each part of the tokens whose logits can be held."""

    ids: list[int] = field(default_factory=list)
    first: int = 1
    passes: int = 10
    rate: float = 0.1
    seed: int = 0
    made: list[Rows] = field(default_factory=list)
    found: list[Spread] = field(default_factory=list)

    def step(self, runner: Runner) -> bool:
        """Make one pass; answers whether it was the last."""
        seed = (self.seed * 1_000_003 + len(self.made)) % (1 << 63)
        begin = self.first - 1 + len(self.found)
        if isinstance(runner, Llama):
            generator = torch.Generator(device=runner.device).manual_seed(seed)
            self.made.append(dropped_rows(runner, self.ids[:-1], begin, self.rate, generator))
        else:
            end = begin + max(1, _LOGITS_HELD // (runner.vocabulary * self.passes))
            self.made.append(PlainDropout(runner.model).read(self.ids[:-1], begin, end, self.rate, seed))
        if len(self.made) < self.passes:
            return False
        self.found += self._spreads(runner.vocabulary)
        self.made.clear()
        if self.first + len(self.found) < len(self.ids):
            return False
        self.resolve(self.found)
        return True

    @torch.inference_mode()
    def _spreads(self, vocabulary: int) -> list[Spread]:
        begin = self.first + len(self.found)
        given = self.ids[begin : begin + len(self.made[0])]
        size = max(1, _LOGITS_AT_ONCE // (vocabulary * self.passes))
        found: list[Spread] = []
        for low in range(0, len(given), size):
            high = min(low + size, len(given))
            logits = torch.stack([rows.logits(low, high) for rows in self.made])
            found += spreads(logits.log_softmax(-1), given[low:high])
        return found


def spreads(logprobs: torch.Tensor, given: list[int]) -> list[Spread]:
    """What passes [passes, tokens, vocabulary] of log-probabilities say of given tokens. The identity pairwise *
    (T - 1) / T = epistemic + reverse for T passes gives the pairwise divergences without a loop over pairs."""
    passes = logprobs.shape[0]
    # A token that a pass rules out has no logarithm.
    logprobs = logprobs.clamp(min=-1e4)
    chances = logprobs.exp()
    inner = -(chances * logprobs).sum(-1, dtype=torch.float64)
    mean = chances.mean(0)
    total = entropy(mean)
    reverse = -total - (mean * logprobs.mean(0)).sum(-1, dtype=torch.float64)
    bounds = [-(-group * passes // GROUPS) for group in range(GROUPS + 1)] if passes >= 2 * GROUPS else []
    grouped = [
        (entropy(chances[low:high].mean(0)) - inner[low:high].mean(0)).clamp(min=0) for low, high in pairwise(bounds)
    ]
    own = chances.gather(2, sent(given, chances.device).view(1, -1, 1).expand(passes, -1, 1)).squeeze(2).double()
    # One transfer for all tokens.
    columns = torch.stack((total, inner.mean(0), reverse, own.mean(0), own.var(0, correction=0), *grouped), dim=1)
    found = []
    for token, (predictive, aleatoric, away, chance, variance, *groups) in zip(given, columns.tolist(), strict=True):
        epistemic, away = max(predictive - aleatoric, 0.0), max(away, 0.0)
        found.append(
            Spread(
                token,
                math.log(max(chance, 1e-38)),
                predictive,
                aleatoric,
                epistemic,
                (epistemic + away) * passes / (passes - 1),
                away,
                variance,
                groups,
            )
        )
    return found


def entropy(chances: torch.Tensor) -> torch.Tensor:
    """Entropies in nats of rows of probabilities."""
    return -(chances * chances.clamp(min=1e-38).log()).sum(-1, dtype=torch.float64)


@torch.inference_mode()
def dropped_rows(model: Llama, ids: list[int], first: int, rate: float, generator: torch.Generator) -> Rows:
    """Final states of one text from position `first` on, with dropout on attention weights and on what each block adds
    to the residual stream, where one mask holds for all positions. Rate 0 is the plain forward."""

    def drop(values: torch.Tensor, shape: torch.Size | tuple[int, ...]) -> torch.Tensor:
        if rate == 0:
            return values
        kept = torch.rand(shape, generator=generator, device=values.device) >= rate
        return values * kept / (1 - rate)

    hidden = states_after(model, ids, len(model.layers), drop)
    return HiddenRows(model.rms(hidden[first:], model.norm), model.head)
