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


@torch.inference_mode()
def rows_keep_their_bits(model: "Llama") -> bool:
    """Whether a query row comes out the same wherever it stands among the rows of whole blocks, and however many these
    are: asked of the kernel with like rows. Not so on Intel's processors without AVX-512, whose products make six rows
    at a time and what is left of a block by another way."""
    generator = torch.Generator().manual_seed(3)
    asked, keys, values = (
        torch.randn(1, model.kv_heads, count, model.size, generator=generator, dtype=model.state_dtype)
        for count in (1, 1024, 1024)
    )

    def mixed(rows: int, count: int) -> torch.Tensor:
        mask = torch.zeros(1, 1, 1, count, dtype=model.state_dtype)
        return _mix(asked.expand(-1, -1, rows, -1).contiguous(), keys, values, mask)

    blocks = [max(least, block) for least, block in _QUERY_BLOCKS]
    return all(
        torch.equal(mixed(rows, count), mixed(_LEAST_DECODE_ROWS, count)[:, :, :1].expand(-1, -1, rows, -1))
        for count in (64, 512, 640)
        for rows in (_LEAST_DECODE_ROWS, *blocks)
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
            by_token = max(_LEAST_DECODE_ROWS, self.group)
            padded = by_token if self.model.by_token else _whole_blocks(self.group * (high - low))
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
        last = torch.arange(start, start + count, device=self.model.device)
        if not self.model.by_token:
            last = F.pad(last.repeat(self.group), (0, padded - self.group * count))
        hidden = torch.arange(keys, device=self.model.device) > last.unsqueeze(1)
        shape = (-1, 1, 1, keys) if self.model.by_token else (1, 1, padded, keys)
        made = self._masks[key] = self._masked(hidden).view(shape)
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
            mix = self._by_token if model.by_token else self._in_blocks
            for low, high, padded, keys, mask in stretches:
                asked = query[at + low : at + high]
                mixed[at + low : at + high] = mix(asked, padded, keys_now[:, :keys], values_now[:, :keys], mask)
        return mixed.view(-1, model.heads * model.size)

    def _in_blocks(
        self, query: torch.Tensor, padded: int, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        """A stretch's queries [tokens, heads, size] mixed side by side, the tokens of a head after each other."""
        model, count = self.model, query.shape[0]
        asked = query.transpose(0, 1).reshape(1, model.kv_heads, self.group * count, model.size)
        asked = F.pad(asked, (0, 0, 0, padded - self.group * count))
        got = F.scaled_dot_product_attention(asked, keys[None], values[None], attn_mask=mask)
        return got[0, :, : self.group * count].reshape(model.heads, count, model.size).transpose(0, 1)

    def _by_token(
        self, query: torch.Tensor, padded: int, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        """The same, each token in the shape of a generated one."""
        model, count = self.model, query.shape[0]
        asked = F.pad(query.reshape(count, model.kv_heads, self.group, model.size), (0, 0, 0, padded - self.group))
        got = _mix(asked, keys.expand(count, -1, -1, -1), values.expand(count, -1, -1, -1), mask)
        return got[:, :, : self.group].reshape(count, model.heads, model.size)

    @staticmethod
    def _branch(stored: torch.Tensor, start: int, new: torch.Tensor, keys: int) -> torch.Tensor:
        rest = stored.new_zeros(stored.shape[0], keys - start - new.shape[1], stored.shape[2])
        return torch.cat((stored[:, :start], new, rest), dim=1)
