"""Prompts of a pass attended to in few calls: for a GPU, where starting a kernel costs more than a short text's sums.

Without it each text would start some two dozen kernels in every layer, and scoring many short continuations would wait
for the host. The sums are those of `attention.Plan`: the same stretches, padded rows and keys, side by side.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from .kv import Arena
from .segments import Segment
from .transfer import sent

if TYPE_CHECKING:
    from .llama import Llama

# Numbers of one call's copied keys and values, and of its mask, at most.
_MOST_NUMBERS = 64 << 20


@dataclass(slots=True)
class Stretch:
    """Tokens of a segment that are mixed over the same number of keys: `count` rows of the pass from `first` on, from
    position `start` on. `row` is the segment's first."""

    segment: Segment
    row: int
    first: int
    count: int
    start: int
    padded: int
    keys: int


class Batch:
    """Stretches of one arena with as many padded rows and keys: one call."""

    def __init__(self, model: "Llama", stretches: list[Stretch]):
        group, device = model.heads // model.kv_heads, model.device
        padded, self.keys = stretches[0].padded, stretches[0].keys
        self.arena: Arena = stretches[0].segment.slot.arena
        shape = (len(stretches), padded)
        tokens, heads, last = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        kept, which, places, rows = [], [], [], []
        for number, one in enumerate(stretches):
            # Each token once per head of a group; what is padded sees the first key only, and is thrown away.
            size = group * one.count
            tokens[number], heads[number, :size] = one.first, np.repeat(np.arange(group), one.count)
            tokens[number, :size] += np.tile(np.arange(one.count), group)
            last[number, :size] = one.start + np.tile(np.arange(one.count), group)
            kept.append(number * padded + np.arange(size))
            if one.segment.branch:
                # Its own keys and values are in no slot.
                fresh = range(one.segment.start, min(one.segment.start + len(one.segment.ids), self.keys))
                which += [number] * len(fresh)
                places += fresh
                rows += range(one.row, one.row + len(fresh))
        flat = np.concatenate(kept)
        self.tokens, self.heads = sent(tokens, device), sent(heads, device)
        self.kept = sent(flat, device)
        self.into = sent(tokens.reshape(-1)[flat], device), sent(heads.reshape(-1)[flat], device)
        self.fresh = (sent(which, device), sent(places, device), sent(rows, device)) if which else None
        slots = [one.segment.slot.index for one in stretches]
        # A single text that is in its slot is read where it lies.
        alone = len(slots) == 1 and not which
        self.slots = slice(slots[0], slots[0] + 1) if alone else sent(slots, device)
        hidden = torch.arange(self.keys, device=device) > sent(last, device).unsqueeze(-1)
        shown = torch.zeros(hidden.shape, dtype=model.state_dtype, device=device)
        self.mask = shown.masked_fill_(hidden, float("-inf")).unsqueeze(1)

    def attend(self, layer: int, query: torch.Tensor, both: torch.Tensor, mixed: torch.Tensor) -> None:
        """Mix values into `mixed`: queries and it [rows, key heads, group, size], keys and values `both` [rows, 2, key
        heads, size]."""
        held = self.arena.data[layer, :, :, :, : self.keys][:, self.slots]
        if self.fresh:
            which, places, rows = self.fresh
            held[:, which, :, places] = both[rows]
        asked = query[self.tokens, :, self.heads].transpose(1, 2)
        got = F.scaled_dot_product_attention(asked, held[0], held[1], attn_mask=self.mask)
        into, heads = self.into
        mixed[into, :, heads] = got.transpose(1, 2).flatten(0, 1)[self.kept]


class Together:
    """All prompts of a pass: what is stored, and the calls."""

    def __init__(self, model: "Llama", stretches: list[Stretch]):
        self.model = model
        stored: dict[int, tuple[Arena, list[Segment], list[int]]] = {}
        alike: dict[tuple[int, int, int], list[Stretch]] = defaultdict(list)
        seen = set()
        for one in stretches:
            arena = one.segment.slot.arena
            alike[id(arena), one.padded, one.keys].append(one)
            if not one.segment.branch and one.row not in seen:
                seen.add(one.row)
                _, segments, rows = stored.setdefault(id(arena), (arena, [], []))
                segments.append(one.segment)
                rows.append(one.row)
        self.stored = [self._places(*entry) for entry in stored.values()]
        self.batches = [
            Batch(model, some[low : low + most])
            for some in alike.values()
            for most in [self._most(some[0])]
            for low in range(0, len(some), most)
        ]

    def _most(self, one: Stretch) -> int:
        numbers = max(2 * self.model.kv_heads * self.model.size, one.padded) * one.keys
        return max(1, _MOST_NUMBERS // numbers)

    def _places(self, arena: Arena, segments: list[Segment], rows: list[int]) -> tuple:
        sizes = [len(one.ids) for one in segments]
        slots = np.repeat([one.slot.index for one in segments], sizes)
        places = np.concatenate([one.start + np.arange(size) for one, size in zip(segments, sizes, strict=True)])
        from_ = np.concatenate([row + np.arange(size) for row, size in zip(rows, sizes, strict=True)])
        return arena, *(sent(values, self.model.device) for values in (slots, places, from_))

    def attend(self, layer: int, query: torch.Tensor, both: torch.Tensor, mixed: torch.Tensor) -> None:
        """Store new keys and values, then mix: queries and what comes of them [rows, heads, size]."""
        for arena, slots, places, rows in self.stored:
            arena.data[layer][:, slots, :, places] = both[rows]
        shape = (self.model.kv_heads, self.model.heads // self.model.kv_heads)
        for batch in self.batches:
            batch.attend(layer, query.unflatten(1, shape), both, mixed.unflatten(1, shape))
