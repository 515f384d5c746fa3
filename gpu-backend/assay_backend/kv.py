"""Keys and values of running sequences, in slots of equal capacity that one attention call can span."""

import heapq
from dataclasses import dataclass, field

import torch

from . import metrics
from .memory import OUT_OF_MEMORY

_ARENA = 256 << 20
_MOST_SLOTS = 32


def padded_length(length: int) -> int:
    """Keys that a token is mixed over when the sequence ends with it at `length`: rounded up to few steps. Kernels take
    512 keys at a time, and some sum more than 384 of them in two halves: between 256 and 512 there is no step, so that
    keys that are masked at the end leave a sum's order as it was."""
    whole, rest = divmod(length, 512)
    if rest == 0:
        return length
    if whole > 1 or rest > 256:
        return 512 * (whole + 1)
    step = 128 if whole else 64
    return 512 * whole + -(-rest // step) * step


@dataclass
class Arena:
    """`slots` slabs of one capacity: [layers, 2, slots, kv heads, capacity, head size]."""

    data: torch.Tensor
    free: list[int] = field(default_factory=list)

    @property
    def capacity(self) -> int:
        return self.data.shape[4]


@dataclass
class Slot:
    """One sequence's place in an arena."""

    arena: Arena
    index: int

    def layer(self, layer: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values of one layer: [kv heads, capacity, head size] each."""
        both = self.arena.data[layer, :, self.index]
        return both[0], both[1]

    def span(self, start: int, end: int) -> torch.Tensor:
        """All layers' keys and values of a range of positions: [layers, 2, kv heads, length, head size]."""
        return self.arena.data[:, :, self.index, :, start:end]


class KvStore:
    """Hands out slots within a memory budget; an arena whose slots are all free is given back when memory is short."""

    def __init__(
        self,
        layers: int,
        heads: int,
        size: int,
        context: int,
        budget: int,
        dtype: torch.dtype,
        device: torch.device,
    ):
        self.shape = (layers, heads, size)
        self.dtype, self.device, self.budget = dtype, device, budget
        self.token_bytes = 2 * layers * heads * size * dtype.itemsize
        self.context = context
        self.arenas: dict[int, list[Arena]] = {}
        self.reserved = 0

    def capacity_for(self, length: int) -> int:
        """Smallest slot capacity that holds `length` tokens: a power of two from 128 up to the padded context."""
        return min(max(128, 1 << (length - 1).bit_length()), padded_length(self.context))

    def take(self, length: int) -> Slot | None:
        """A slot for `length` tokens, or None while the budget has no room."""
        capacity = self.capacity_for(length)
        for arena in self.arenas.get(capacity, []):
            if arena.free:
                return Slot(arena, heapq.heappop(arena.free))
        arena = self._grow(capacity)
        return Slot(arena, heapq.heappop(arena.free)) if arena else None

    def release(self, slot: Slot) -> None:
        heapq.heappush(slot.arena.free, slot.index)
        if self.reserved > self.budget:
            self._give_back_idle()

    def resize(self, budget: int) -> None:
        """Keep within another budget from now on: what runs is let finish, what is idle is given back."""
        self.budget = budget
        if self.reserved > budget:
            self._give_back_idle()

    def used_bytes(self) -> int:
        """Bytes of the slots in use."""
        return sum(
            (arena.data.shape[2] - len(arena.free)) * capacity * self.token_bytes
            for capacity, arenas in self.arenas.items()
            for arena in arenas
        )

    def _widest_arena(self) -> int:
        """Bytes of the largest arena that is laid out at once. An arena is one attention call per layer: on CUDA, where
        a call costs more than what it computes, long sequences share one as well."""
        return _ARENA if self.device.type == "cpu" else max(_ARENA, self.budget // 16)

    def _grow(self, capacity: int) -> Arena | None:
        one = capacity * self.token_bytes
        count = max(1, min(_MOST_SLOTS, self._widest_arena() // one))
        while count > 1 and self.reserved + count * one > self.budget:
            count //= 2
        if self.reserved + count * one > self.budget:
            self._give_back_idle()
        if self.reserved + count * one > self.budget:
            return None
        layers, heads, size = self.shape
        # Zeros, not empty: masked keys are multiplied by zero, and zero times a stray NaN would be NaN.
        try:
            data = torch.zeros(layers, 2, count, heads, capacity, size, dtype=self.dtype, device=self.device)
        except OUT_OF_MEMORY:
            # Others hold what the budget has: as if it were used up.
            metrics.out_of_memory.inc()
            return None
        arena = Arena(data, list(range(count)))
        self.arenas.setdefault(capacity, []).append(arena)
        self.reserved += count * one
        return arena

    def _give_back_idle(self) -> None:
        for capacity, arenas in self.arenas.items():
            for arena in [arena for arena in arenas if len(arena.free) == arena.data.shape[2]]:
                arenas.remove(arena)
                self.reserved -= arena.data.shape[2] * capacity * self.token_bytes
