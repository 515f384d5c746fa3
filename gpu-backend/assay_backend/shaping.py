"""What a client does to a distribution before a token is drawn; the reported log-probabilities stay the model's."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from .constraint import Grammar, GrammarRefused


@dataclass(frozen=True)
class Shape:
    """Options that change which token is drawn. Penalties are those of OpenAI (presence, frequency: over the tokens
    written) and of Keskar et al. 2019 (repetition: over prompt and answer, as vLLM has it)."""

    bias: dict[int, float] = field(default_factory=dict)
    allowed: tuple[int, ...] = ()
    presence: float = 0.0
    frequency: float = 0.0
    repetition: float = 1.0
    grammar: Grammar | None = None

    @property
    def neutral(self) -> bool:
        """Whether it changes nothing."""
        return self == Shape()


class Shaping:
    """One sample's shaped distributions: knows what it has written so far."""

    def __init__(self, shape: Shape, prompt: list[int]):
        self.shape = shape
        self.matcher = shape.grammar.matcher() if shape.grammar else None
        self._written: Counter[int] = Counter()
        self._prompt = np.unique(np.asarray(prompt)) if shape.repetition != 1 else None

    def apply(self, logits: np.ndarray) -> np.ndarray:
        """A copy of one row of logits with everything applied. Raises GrammarRefused when nothing may follow."""
        shape, logits = self.shape, logits.copy()
        if self._prompt is not None:
            ids = np.union1d(self._prompt, np.fromiter(self._written.keys(), dtype=np.int64)).astype(np.int64)
            values = logits[ids]
            logits[ids] = np.where(values > 0, values / shape.repetition, values * shape.repetition)
        if self._written and (shape.presence or shape.frequency):
            ids = np.fromiter(self._written.keys(), dtype=np.int64)
            counts = np.fromiter(self._written.values(), dtype=np.float32)
            logits[ids] -= shape.presence + shape.frequency * counts
        for token, bias in shape.bias.items():
            logits[token] += bias
        if shape.allowed:
            kept = np.full_like(logits, -np.inf)
            kept[list(shape.allowed)] = logits[list(shape.allowed)]
            logits = kept
        if self.matcher:
            mask = self.matcher.allowed()
            logits[: len(mask)][~mask] = -np.inf
        if logits.max() == -np.inf:
            raise GrammarRefused("No token is left to go on with: the options that rule tokens out exclude each other.")
        return logits

    def take(self, token: int) -> bool:
        """Note a written token; answers whether the grammar lets nothing follow."""
        self._written[token] += 1
        if self.matcher:
            self.matcher.take(token)
            return self.matcher.ended
        return False
