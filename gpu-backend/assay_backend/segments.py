"""What one forward pass is asked to do: a ragged list of segments, and the rows whose next-token logits are wanted."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import torch


@dataclass
class Segment:
    """Consecutive tokens of one sequence.

    `decode` marks the single token of a generating sequence (batched apart from prompts). `branch` marks a
    continuation that reads the slot's first `start` positions and leaves no trace in it.
    """

    slot: Any
    start: int
    ids: list[int]
    rows: list[int] = field(default_factory=list)
    decode: bool = False
    branch: bool = False


class Rows(Protocol):
    """Rows wanted from a pass, in segment order."""

    def __len__(self) -> int: ...

    def logits(self, start: int, end: int) -> torch.Tensor:
        """Next-token logits of a range of rows: float32 [end - start, vocabulary]."""
        ...


class Runner(Protocol):
    """A loaded model that extends sequences: the Llama family's own forward, or any other through transformers."""

    context: int
    vocabulary: int
    device: torch.device
    dtype: torch.dtype
    shares_prefixes: bool
    strict: bool

    def take(self, length: int) -> Any | None: ...

    def release(self, slot: Any) -> None: ...

    def used_bytes(self) -> int: ...

    def reserved_bytes(self) -> int: ...

    def resize(self, budget: int) -> None: ...

    def copy(self, source: Any, target: Any, length: int) -> None: ...

    def forward(self, segments: list[Segment]) -> Rows: ...
