"""The Llama family's forward pass over ragged batches: no padding in the matrix products, slots for keys and values."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open

from .kv import Arena, KvStore, Slot, padded_length
from .linear import Linear
from .segments import Segment

# The fused kernel cuts query rows into blocks of these sizes (rows at least, block); a last block that is short would
# go through other products, whose last bits differ, so rows are padded to whole blocks.
_QUERY_BLOCKS = ((768, 256), (192, 64), (0, 32))
# Likewise the fewest rows that a generating sequence's products are made of.
_LEAST_DECODE_ROWS = 4


def _whole_blocks(rows: int) -> int:
    block = next(block for least, block in _QUERY_BLOCKS if rows >= least)
    padded = -(-rows // block) * block
    return padded if padded < 192 or block > 32 else -(-padded // 64) * 64
_FAMILIES = {"llama", "mistral", "qwen2", "qwen3"}


def supports(config) -> bool:
    """Whether a transformers config describes a plain Llama-like decoder that this forward computes exactly."""
    rope = getattr(config, "rope_parameters", None) or {}
    layer_types = getattr(config, "layer_types", None) or []
    return (
        config.model_type in _FAMILIES
        and getattr(config, "hidden_act", "silu") == "silu"
        and rope.get("rope_type", "default") in {"default", "linear", "llama3", "yarn"}
        and rope.get("partial_rotary_factor", 1.0) in {None, 1.0}
        and not (config.model_type == "mistral" and getattr(config, "sliding_window", None))
        and not getattr(config, "use_sliding_window", False)
        and all(kind == "full_attention" for kind in layer_types)
    )


@dataclass
class Layer:
    """Weights of one decoder layer; query, key and value share one product, gate and up another."""

    qkv: Linear
    out: Linear
    gate_up: Linear
    down: Linear
    norm_in: torch.Tensor
    norm_mlp: torch.Tensor
    norm_query: torch.Tensor | None
    norm_key: torch.Tensor | None


@dataclass
class HiddenRows:
    """Final hidden states of the wanted rows; logits are made in pieces, since a vocabulary is wide."""

    hidden: torch.Tensor
    head: Linear

    def __len__(self) -> int:
        return self.hidden.shape[0]

    def logits(self, start: int, end: int) -> torch.Tensor:
        return self.head(self.hidden[start:end]).float()


class Llama:
    """Weights of a Llama-like model and its forward pass."""

    shares_prefixes = True

    def __init__(self, config, weights: dict[str, torch.Tensor], kv_budget: int):
        self.config = config
        self.embedding = weights["model.embed_tokens.weight"]
        self.device, self.dtype = self.embedding.device, self.embedding.dtype
        self.heads = config.num_attention_heads
        self.kv_heads = getattr(config, "num_key_value_heads", None) or self.heads
        self.size = getattr(config, "head_dim", None) or config.hidden_size // self.heads
        self.epsilon = config.rms_norm_eps
        self.context = config.max_position_embeddings
        self.vocabulary = self.embedding.shape[0]
        self.layers = [self._layer(weights, f"model.layers.{index}.") for index in range(config.num_hidden_layers)]
        self.norm = weights["model.norm.weight"]
        tied = getattr(config, "tie_word_embeddings", False) or "lm_head.weight" not in weights
        self.head = Linear(self.embedding if tied else weights["lm_head.weight"])
        self.cosine, self.sine = self._rotations()
        self.kv = KvStore(len(self.layers), self.kv_heads, self.size, self.context, kv_budget, self.dtype, self.device)

    @classmethod
    def load(cls, folder: Path, config, dtype: torch.dtype, device: torch.device, kv_budget: int) -> "Llama":
        """Read a folder's safetensors straight into packed weights."""
        index = folder / "model.safetensors.index.json"
        names = (
            sorted(set(json.loads(index.read_text())["weight_map"].values()))
            if index.is_file()
            else ["model.safetensors"]
        )
        weights = {}
        for name in names:
            with safe_open(folder / name, framework="pt", device=str(device)) as file:
                for key in file.keys():  # noqa: SIM118 (not a mapping)
                    weights[key] = file.get_tensor(key).to(dtype)
        return cls(config, weights, kv_budget)

    def _layer(self, weights: dict[str, torch.Tensor], prefix: str) -> Layer:
        def join(*names: str) -> Linear:
            parts = [weights.pop(f"{prefix}{name}.weight") for name in names]
            biases = [weights.pop(f"{prefix}{name}.bias", None) for name in names]
            bias = torch.cat([b for b in biases if b is not None]) if any(b is not None for b in biases) else None
            return Linear(torch.cat(parts), bias)

        return Layer(
            join("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
            join("self_attn.o_proj"),
            join("mlp.gate_proj", "mlp.up_proj"),
            join("mlp.down_proj"),
            weights[f"{prefix}input_layernorm.weight"],
            weights[f"{prefix}post_attention_layernorm.weight"],
            weights.get(f"{prefix}self_attn.q_norm.weight"),
            weights.get(f"{prefix}self_attn.k_norm.weight"),
        )

    def _rotations(self) -> tuple[torch.Tensor, torch.Tensor]:
        rope = self.config.rope_parameters
        if rope.get("rope_type", "default") == "default":
            exponents = torch.arange(0, self.size, 2, dtype=torch.int64).float() / self.size
            frequencies, scale = 1.0 / (rope["rope_theta"] ** exponents), 1.0
        else:
            from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

            frequencies, scale = ROPE_INIT_FUNCTIONS[rope["rope_type"]](self.config, torch.device("cpu"))
        angles = torch.outer(torch.arange(padded_length(self.context)).float(), frequencies.float().cpu())
        # One head axis, so that a row's angles apply to all its heads.
        return tuple((f(angles) * scale).to(self.dtype).to(self.device).unsqueeze(1) for f in (torch.cos, torch.sin))

    def take(self, length: int) -> Slot | None:
        """A slot for `length` tokens, or None while memory is short."""
        return self.kv.take(length)

    def release(self, slot: Slot) -> None:
        self.kv.release(slot)

    def used_bytes(self) -> int:
        return self.kv.used_bytes()

    def copy(self, source: Slot, target: Slot, length: int) -> None:
        """Give `target` the first `length` positions of `source`."""
        target.span(0, length).copy_(source.span(0, length))

    def _rms(self, rows: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        wide = rows.float()
        return weight * (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.epsilon)).to(rows.dtype)

    def _rotate(self, heads: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
        low, high = heads.chunk(2, dim=-1)
        return torch.cat((low * cosine - high * sine, high * cosine + low * sine), dim=-1)

    @torch.inference_mode()
    def forward(self, segments: list[Segment]) -> HiddenRows:
        """One pass over all segments. Rows come back in the order of `segments`."""
        plan = Plan(self, segments)
        hidden = F.embedding(plan.ids, self.embedding)
        cosine, sine = self.cosine[plan.positions], self.sine[plan.positions]
        turned = self.heads + self.kv_heads
        for number, layer in enumerate(self.layers):
            qkv = layer.qkv(self._rms(hidden, layer.norm_in)).view(-1, turned + self.kv_heads, self.size)
            if layer.norm_query is None:
                both = self._rotate(qkv[:, :turned], cosine, sine)
                query, key = both[:, : self.heads], both[:, self.heads :]
            else:
                query = self._rotate(self._rms(qkv[:, : self.heads], layer.norm_query), cosine, sine)
                key = self._rotate(self._rms(qkv[:, self.heads : turned], layer.norm_key), cosine, sine)
            mixed = plan.attend(number, query, key, qkv[:, turned:])
            hidden = hidden + layer.out(mixed)
            gate, up = layer.gate_up(self._rms(hidden, layer.norm_mlp)).chunk(2, dim=-1)
            hidden = hidden + layer.down(F.silu(gate) * up)
        return HiddenRows(self._rms(hidden[plan.rows], self.norm), self.head)


class Plan:
    """Index tensors and masks of one pass, made once and used by every layer."""

    def __init__(self, model: Llama, segments: list[Segment]):
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
        self.ids = torch.tensor(ids, device=device)
        self.positions = torch.tensor(positions, device=device)
        self.rows = torch.tensor(
            [offsets[at] + row for at, s in enumerate(segments) for row in s.rows],
            dtype=torch.long,
            device=device,
        )
        self.group = model.heads // model.kv_heads
        self.scale = model.size**-0.5
        self.decodes = self._decode_groups([segments[at] for at in order if segments[at].decode])
        self.prompts = [
            (offsets[at], segments[at], self._stretches(segments[at])) for at in order if not segments[at].decode
        ]

    def _stretches(self, segment: Segment) -> list[tuple[int, int, int, int, torch.Tensor]]:
        """Cut a segment where the number of keys that its tokens are mixed over changes, so that this number is a
        function of a token's position alone: (from, to, padded rows, keys, mask), places relative to the segment."""
        found, low, count = [], 0, len(segment.ids)
        while low < count:
            keys = padded_length(segment.start + low + 1)
            high = min(count, keys - segment.start)
            padded = _whole_blocks(self.group * (high - low))
            found.append((low, high, padded, keys, self._causal(segment.start + low, high - low, padded, keys)))
            low = high
        return found

    def _causal(self, start: int, count: int, padded: int, keys: int) -> torch.Tensor:
        """Mask of a stretch: rows are its tokens once per head of a group, then padding that sees the first key only."""
        last = torch.arange(start, start + count, device=self.model.device).repeat(self.group)
        last = F.pad(last, (0, padded - self.group * count))
        hidden = torch.arange(keys, device=self.model.device) > last.unsqueeze(1)
        return self._masked(hidden).view(1, 1, padded, keys)

    def _masked(self, hidden: torch.Tensor) -> torch.Tensor:
        shown = torch.zeros(hidden.shape, dtype=self.model.dtype, device=self.model.device)
        return shown.masked_fill_(hidden, float("-inf"))

    def _decode_groups(self, segments: list[Segment]) -> list[tuple]:
        groups, at = [], 0
        while at < len(segments):
            arena: Arena = segments[at].slot.arena
            end = at
            while end < len(segments) and segments[end].slot.arena is arena:
                end += 1
            mine = segments[at:end]
            low, high = mine[0].slot.index, mine[-1].slot.index + 1
            device = self.model.device
            slots = torch.tensor([s.slot.index for s in mine], device=device)
            places = torch.tensor([s.start for s in mine], device=device)
            keys = min(-(-(max(s.start for s in mine) + 1) // 64) * 64, arena.capacity)
            # A slot in the span that is not decoding reads its first key only; its result is thrown away.
            last = torch.zeros(high - low, dtype=torch.long, device=device)
            last[slots - low] = places
            hidden = torch.arange(keys, device=device) > last.unsqueeze(1)
            mask = self._masked(hidden)
            dense = high - low == len(mine)
            groups.append((at, end, arena, slots, places, low, high, keys, mask.view(high - low, 1, 1, keys), dense))
            at = end
        return groups

    def attend(self, layer: int, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        """Store the new keys and values and mix: [rows, heads, size] in, [rows, heads * size] out."""
        model, group = self.model, self.group
        mixed = torch.empty_like(query, memory_format=torch.contiguous_format)
        for at, end, arena, slots, places, low, high, keys, mask, dense in self.decodes:
            store = arena.data[layer]
            store[0][slots, :, places] = key[at:end]
            store[1][slots, :, places] = value[at:end]
            asked = query[at:end].reshape(end - at, model.kv_heads, group, model.size)
            asked = F.pad(asked, (0, 0, 0, max(0, _LEAST_DECODE_ROWS - group)))
            if not dense:
                spread = asked.new_zeros(high - low, *asked.shape[1:])
                spread[slots - low] = asked
                asked = spread
            # Two plain products: on CPU they are faster than the fused kernel here, and indifferent to the batch's size.
            scores = torch.matmul(asked * self.scale, store[0, low:high, :, :keys].transpose(-1, -2)).add_(mask)
            got = torch.matmul(torch.softmax(scores, -1), store[1, low:high, :, :keys])
            mixed[at:end] = (got if dense else got[slots - low])[:, :, :group].reshape(end - at, model.heads, model.size)
        for at, segment, stretches in self.prompts:
            end = at + len(segment.ids)
            new_key, new_value = key[at:end].transpose(0, 1), value[at:end].transpose(0, 1)
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
