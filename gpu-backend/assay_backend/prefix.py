"""Keys and values of token prefixes seen before, in blocks of 16 tokens, least recently used out first."""

from collections import OrderedDict
from dataclasses import dataclass

import torch

from . import metrics
from .kv import Slot
from .memory import OUT_OF_MEMORY

BLOCK = 16


@dataclass
class Block:
    """One block's keys and values: [layers, 2, kv heads, 16, head size], and its serial number in the tree."""

    serial: int
    data: torch.Tensor


class PrefixCache:
    """A tree of blocks: a block is keyed by its parent's serial number and its own tokens, so equal prefixes meet."""

    def __init__(self, budget: int):
        self.budget, self.used = budget, 0
        self.blocks: OrderedDict[tuple[int, tuple[int, ...]], Block] = OrderedDict()
        self._next = 1
        self.hits = self.misses = 0

    def match(self, ids: list[int], limit: int) -> list[Block]:
        """Longest chain of known blocks that begins `ids`, over at most `limit` tokens."""
        found, parent = [], 0
        for start in range(0, limit - BLOCK + 1, BLOCK):
            key = (parent, tuple(ids[start : start + BLOCK]))
            block = self.blocks.get(key)
            if block is None:
                break
            self.blocks.move_to_end(key)
            found.append(block)
            parent = block.serial
        return found

    def load(self, blocks: list[Block], slot: Slot) -> int:
        """Copy blocks into a slot; answers how many tokens it then holds."""
        for number, block in enumerate(blocks):
            slot.span(number * BLOCK, (number + 1) * BLOCK).copy_(block.data)
        return len(blocks) * BLOCK

    def store(self, ids: list[int], slot: Slot, start: int, end: int, parent: int) -> int:
        """Keep the whole blocks of `ids` in [start, end), whose parent is `parent`; answers the last serial number."""
        for at in range(start, end - BLOCK + 1, BLOCK):
            key = (parent, tuple(ids[at : at + BLOCK]))
            block = self.blocks.get(key)
            if block is None:
                try:
                    data = slot.span(at, at + BLOCK).clone()
                except OUT_OF_MEMORY:
                    data = None
                if data is None:
                    # What is kept only saves time; what follows hangs on a number that is never found.
                    metrics.out_of_memory.inc()
                    self.clear()
                    self._next += 1
                    return self._next - 1
                block = Block(self._next, data)
                self._next += 1
                self.blocks[key] = block
                self.used += data.nbytes
            self.blocks.move_to_end(key)
            parent = block.serial
        self._trim()
        return parent

    def resize(self, budget: int) -> None:
        """Keep within another budget from now on."""
        self.budget = budget
        self._trim()

    def _trim(self) -> None:
        while self.used > self.budget and self.blocks:
            # Children of a dropped block stay unreachable until they too grow old: a serial number is never reused.
            _, dropped = self.blocks.popitem(last=False)
            self.used -= dropped.data.nbytes

    def clear(self) -> None:
        """Forget everything."""
        self.blocks.clear()
        self.used = 0
