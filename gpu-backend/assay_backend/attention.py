"""Attention of one ragged pass: which keys each token is mixed over, and in which shapes, so that bits stay equal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from .kv import Arena, padded_length
from .segments import Segment
from .stretches import Stretch, Together
from .transfer import sent

if TYPE_CHECKING:
    from .llama import Llama

# The fused kernel cuts query rows into blocks of these sizes (rows at least, block); a last block that is short would
# go through other products, whose last bits differ, so rows are padded to whole blocks.
_QUERY_BLOCKS = ((768, 256), (192, 64), (0, 32))
# Likewise the fewest rows that a generating sequence's products are made of.
_LEAST_DECODE_ROWS = 4


def _whole_blocks(rows: int) -> int:
    block = next(block for least, block in _QUERY_BLOCKS if rows >= least)
    padded = -(-rows // block) * block
    return padded if padded < 192 or block > 32 else -(-padded // 64) * 64


def _mix(asked: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Values mixed for one new token of each sequence, over as many keys as the mask [sequences, 1, 1, keys] has."""
    count = mask.shape[-1]
    return F.scaled_dot_product_attention(asked, keys[:, :, :count], values[:, :, :count], attn_mask=mask)


# One for each way in which a kernel may cut the keys of a sequence.
_PLACES = (3, 70, 200, 300, 400, 600, 900)


def short_keep_their_bits(model: "Llama") -> bool:
    """Whether a sequence's next token has the same bits beside longer ones, with which it is mixed over more keys:
    asked of the kernel with made-up keys and values of one layer."""
    places = [place for place in _PLACES if place < model.context]
    generator = torch.Generator().manual_seed(2)

    def made(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator).to(model.device, model.state_dtype)

    def mixed(some: slice, count: int) -> torch.Tensor:
        hidden = torch.arange(count) > torch.tensor(places[some]).unsqueeze(1)
        mask = torch.zeros(hidden.shape).masked_fill_(hidden, float("-inf")).to(model.device, model.state_dtype)
        return _mix(asked[some], keys[some], values[some], mask.view(-1, 1, 1, count))

    most = padded_length(places[-1] + 1)
    rows = max(_LEAST_DECODE_ROWS, model.heads // model.kv_heads)
    asked = made(len(places), model.kv_heads, rows, model.size)
    keys, values = (made(len(places), model.kv_heads, most, model.size) for _ in range(2))
    together = mixed(slice(None), most)
    return all(
        torch.equal(mixed(slice(at, at + 1), padded_length(place + 1))[0], together[at])
        for at, place in enumerate(places)
    )


class Plan:
    """Index tensors and masks of one pass, made once and used by every layer."""

    def __init__(self, model: "Llama", segments: list[Segment]):
        self.model = model
        order = sorted(
            range(len(segments)),
            key=lambda at: (
                not segments[at].decode,
                id(segments[at].slot.arena) if segments[at].decode else 0,
                segments[at].slot.index if segments[at].decode else at,
            ),
        )
        ids, positions, offsets = [], [], {}
        for at in order:
            segment = segments[at]
            offsets[at] = len(ids)
            ids.extend(segment.ids)
            positions.extend(range(segment.start, segment.start + len(segment.ids)))
        device = model.device
        self.ids = sent(ids, device)
        self.positions = sent(positions, device)
        self.rows = sent([offsets[at] + row for at, s in enumerate(segments) for row in s.rows], device)
        self.group = model.heads // model.kv_heads
        self._masks: dict[tuple[int, int, int, int], torch.Tensor] = {}
        self.decodes = self._decode_groups([segments[at] for at in order if segments[at].decode])
        prompts = [(offsets[at], segments[at]) for at in order if not segments[at].decode]
        self.prompts, self.together = [], None
        if model.together and prompts:
            self.together = Together(model, [one for row, segment in prompts for one in self._cut(row, segment)])
        else:
            self.prompts = [(row, segment, self._stretches(segment)) for row, segment in prompts]

    def _cut(self, row: int, segment: Segment) -> Iterator[Stretch]:
        """Cut a segment, whose first row is `row`, where the number of keys that its tokens are mixed over changes, so
        that this number is a function of a token's position alone."""
        low, count = 0, len(segment.ids)
        while low < count:
            keys = padded_length(segment.start + low + 1)
            high = min(count, keys - segment.start)
            padded = _whole_blocks(self.group * (high - low))
            yield Stretch(segment, row, row + low, high - low, segment.start + low, padded, keys)
            low = high

    def _stretches(self, segment: Segment) -> list[tuple[int, int, int, int, torch.Tensor]]:
        """A segment's stretches: (from, to, padded rows, keys, mask), places relative to the segment."""
        return [
            (one.first, one.first + one.count, one.padded, one.keys, self._causal(one)) for one in self._cut(0, segment)
        ]

    def _causal(self, one: Stretch) -> torch.Tensor:
        """Mask of a stretch: its tokens once per head of a group, then padding that sees the first key only. Branches
        of one beginning have it in common."""
        start, count, padded, keys = key = one.start, one.count, one.padded, one.keys
        if key in self._masks:
            return self._masks[key]
        last = torch.arange(start, start + count, device=self.model.device).repeat(self.group)
        last = F.pad(last, (0, padded - self.group * count))
        hidden = torch.arange(keys, device=self.model.device) > last.unsqueeze(1)
        made = self._masks[key] = self._masked(hidden).view(1, 1, padded, keys)
        return made

    def _masked(self, hidden: torch.Tensor) -> torch.Tensor:
        shown = torch.zeros(hidden.shape, dtype=self.model.state_dtype, device=self.model.device)
        return shown.masked_fill_(hidden, float("-inf"))

    def _decode_groups(self, segments: list[Segment]) -> list[tuple]:
        groups, at = [], 0
        while at < len(segments):
            arena: Arena = segments[at].slot.arena
            end = at
            # Strict: each sequence by itself, over as many keys as its own length asks for.
            while end < len(segments) and segments[end].slot.arena is arena and not (self.model.strict and end > at):
                end += 1
            mine = segments[at:end]
            low, high = mine[0].slot.index, mine[-1].slot.index + 1
            device = self.model.device
            slots = sent([s.slot.index for s in mine], device)
            places = sent([s.start for s in mine], device)
            keys = min(padded_length(max(s.start for s in mine) + 1), arena.capacity)
            # A slot in the span that is not decoding reads its first key only; its result is thrown away.
            last = torch.zeros(high - low, dtype=torch.long, device=device)
            last[slots - low] = places
            hidden = torch.arange(keys, device=device) > last.unsqueeze(1)
            mask = self._masked(hidden)
            dense = high - low == len(mine)
            groups.append((at, end, arena, slots, places, low, high, mask.view(high - low, 1, 1, keys), dense))
            at = end
        return groups

    def attend(self, layer: int, heads: torch.Tensor) -> torch.Tensor:
        """Store the new keys and values and mix: [rows, heads + 2 key heads, size] in, [rows, heads * size] out."""
        model, group = self.model, self.group
        query = heads[:, : model.heads]
        both = heads[:, model.heads :].unflatten(1, (2, model.kv_heads))
        mixed = torch.empty_like(query, memory_format=torch.contiguous_format)
        for at, end, arena, slots, places, low, high, mask, dense in self.decodes:
            store = arena.data[layer]
            store[:, slots, :, places] = both[at:end]
            asked = query[at:end].reshape(end - at, model.kv_heads, group, model.size)
            asked = F.pad(asked, (0, 0, 0, max(0, _LEAST_DECODE_ROWS - group)))
            if not dense:
                spread = asked.new_zeros(high - low, *asked.shape[1:])
                spread[slots - low] = asked
                asked = spread
            got = _mix(asked, store[0, low:high], store[1, low:high], mask)
            mixed[at:end] = (got if dense else got[slots - low])[:, :, :group].reshape(
                end - at, model.heads, model.size
            )
        if self.together:
            self.together.attend(layer, query, both, mixed)
        for at, segment, stretches in self.prompts:
            end = at + len(segment.ids)
            new_key, new_value = both[at:end, 0].transpose(0, 1), both[at:end, 1].transpose(0, 1)
            keys_now, values_now = segment.slot.layer(layer)
            if segment.branch:
                most = stretches[-1][3]
                keys_now = self._branch(keys_now, segment.start, new_key, most)
                values_now = self._branch(values_now, segment.start, new_value, most)
            else:
                keys_now[:, segment.start : segment.start + end - at] = new_key
                values_now[:, segment.start : segment.start + end - at] = new_value
            for low, high, padded, keys, mask in stretches:
                asked = query[at + low : at + high].transpose(0, 1)
                asked = asked.reshape(1, model.kv_heads, group * (high - low), model.size)
                asked = F.pad(asked, (0, 0, 0, padded - group * (high - low)))
                got = F.scaled_dot_product_attention(
                    asked, keys_now[None, :, :keys], values_now[None, :, :keys], attn_mask=mask
                )
                got = got[0, :, : group * (high - low)].reshape(model.heads, high - low, model.size)
                mixed[at + low : at + high] = got.transpose(0, 1)
        return mixed.view(-1, model.heads * model.size)

    @staticmethod
    def _branch(stored: torch.Tensor, start: int, new: torch.Tensor, keys: int) -> torch.Tensor:
        rest = stored.new_zeros(stored.shape[0], keys - start - new.shape[1], stored.shape[2])
        return torch.cat((stored[:, :start], new, rest), dim=1)
