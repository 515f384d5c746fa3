"""Mirostat: draw tokens so that their surprise stays near a target (Basu et al. 2021)."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class MirostatOptions:
    """Version 1 estimates how many likeliest tokens to draw from by fitting Zipf's law to the `candidates` first of
    them; version 2 leaves out tokens that surprise by more than the state allows. `tau` is the target in bits, `eta`
    how fast the state follows."""

    version: int = 2
    tau: float = 3.0
    eta: float = 1.0
    candidates: int = 100


@dataclass(frozen=True)
class Trace:
    """One drawn token: its surprise in bits under the whole distribution, the state it was drawn with, and from how
    many tokens."""

    surprise: float
    mu: float
    drawn_from: int


class Mirostat:
    """One sample's controller. The state mu starts at twice the target and stays within [-2, 4] times the bits of a
    uniform vocabulary: an unreachable target would else wind it up without end."""

    def __init__(self, options: MirostatOptions):
        self.options = options
        self.mu = 2 * options.tau
        self.last: Trace | None = None

    def choose(self, weights: np.ndarray, draw: float) -> int:
        """The next token from unnormalised weights [vocabulary] and a uniform draw in [0, 1)."""
        weights = weights.astype(np.float64)
        weights /= weights.sum()
        kept = self._likeliest(weights) if self.options.version == 1 else self._unsurprising(weights)
        reach = np.cumsum(weights[kept])
        at = min(int(np.searchsorted(reach, draw * reach[-1], side="right")), len(kept) - 1)
        token = int(kept[at])
        surprise = -math.log2(max(weights[token], 1e-300))
        self.last = Trace(surprise, self.mu, len(kept))
        bits = math.log2(len(weights))
        self.mu = min(max(self.mu - self.options.eta * (surprise - self.options.tau), -2 * bits), 4 * bits)
        return token

    def _likeliest(self, weights: np.ndarray) -> np.ndarray:
        most = min(self.options.candidates, int(np.count_nonzero(weights)))
        ranked = np.argsort(-weights, kind="stable")
        count = zipf_count(weights[ranked[:most]], self.mu, len(weights))
        # A token that is ruled out is never drawn, however large the count.
        return ranked[: min(count, int(np.count_nonzero(weights)))]

    def _unsurprising(self, weights: np.ndarray) -> np.ndarray:
        kept = np.flatnonzero(-np.log2(np.maximum(weights, 1e-300)) <= self.mu)
        return kept if len(kept) else np.array([weights.argmax()])


def zipf_count(ranked: np.ndarray, mu: float, vocabulary: int) -> int:
    """How many likeliest tokens keep the mean surprise at `mu` bits where probabilities follow Zipf's law with the
    exponent that the falling probabilities `ranked` show; 1 to `vocabulary`. Computed in logarithms."""
    if len(ranked) < 2:
        return 1
    ranks = np.arange(1, len(ranked))
    falls = np.log(ranked[:-1] / ranked[1:])
    steps = np.log((ranks + 1) / ranks)
    exponent = float((falls * steps).sum() / (steps**2).sum())
    if exponent <= 1e-9:
        return vocabulary
    excess = exponent - 1
    logarithm = mu * math.log(2)
    size = math.log(vocabulary)
    if abs(excess) < 1e-9:
        logarithm -= math.log(size)
    else:
        # log(excess / (1 - V^-excess)), whose parts are both negative for exponents below 1.
        logarithm += math.log(abs(excess)) - _log_abs_one_minus_exp(-excess * size)
    logarithm /= exponent
    if logarithm >= size:
        return vocabulary
    return min(max(round(math.exp(logarithm)) + 1, 1), vocabulary)


def _log_abs_one_minus_exp(value: float) -> float:
    """log |1 - e^value| without overflow."""
    return value + math.log1p(-math.exp(-value)) if value > 0 else math.log(-math.expm1(value))
