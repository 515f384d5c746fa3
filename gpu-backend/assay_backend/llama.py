"""The Llama family's forward pass over ragged batches: no padding in the matrix products, slots for keys and values."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open

from .attention import Plan, rows_keep_their_bits
from .kv import KvStore, Slot, padded_length
from .linear import Linear
from .segments import Segment

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


def side_by_side(weight: torch.Tensor, size: int) -> torch.Tensor:
    """Rows of heads of `size` so ordered that the two numbers which a rotation mixes, half a head apart in a
    checkpoint, lie side by side: one complex number."""
    heads = weight.view(-1, 2, size // 2, *weight.shape[1:])
    return heads.transpose(1, 2).reshape(weight.shape)


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
        return self.head.unrounded(self.hidden[start:end])


class Llama:
    """Weights of a Llama-like model and its forward pass."""

    shares_prefixes = True

    def __init__(self, config, weights: dict[str, torch.Tensor], kv_budget: int, strict: bool = False):
        self.config, self.strict = config, strict
        self.embedding = weights["model.embed_tokens.weight"]
        self.device, self.dtype = self.embedding.device, self.embedding.dtype
        # On CPU only the products are made in a type of fewer bits: states, keys and values stay in float32, whose
        # attention is exact in any batch and no slower.
        self.state_dtype = torch.float32 if self.device.type == "cpu" else self.dtype
        # Whether prompts are attended to together; strictly, each has calls of its own.
        self.together = self.device.type == "cuda" and not strict
        self.heads = config.num_attention_heads
        self.kv_heads = getattr(config, "num_key_value_heads", None) or self.heads
        self.size = getattr(config, "head_dim", None) or config.hidden_size // self.heads
        # Whether each token of a prompt is attended to by itself, in the shape of a generated one.
        self.by_token = self.device.type == "cpu" and not rows_keep_their_bits(self)
        self.epsilon = config.rms_norm_eps
        self.context = config.max_position_embeddings
        self.vocabulary = self.embedding.shape[0]
        self.layers = [self._layer(weights, f"model.layers.{index}.") for index in range(config.num_hidden_layers)]
        self.norm = weights["model.norm.weight"].to(self.state_dtype)
        tied = getattr(config, "tie_word_embeddings", False)
        self.head = Linear(self.embedding if tied else weights["lm_head.weight"], strict=strict)
        self.turns = self._turns()
        self.kv = KvStore(
            len(self.layers), self.kv_heads, self.size, self.context, kv_budget, self.state_dtype, self.device
        )

    @classmethod
    def load(
        cls, folder: Path, config, dtype: torch.dtype, device: torch.device, kv_budget: int, strict: bool = False
    ) -> "Llama":
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
        tied = getattr(config, "tie_word_embeddings", False)
        for name in ("model.embed_tokens.weight", "model.norm.weight", *(() if tied else ("lm_head.weight",))):
            if name not in weights:
                raise ValueError(f"the checkpoint lacks {name}")
        return cls(config, weights, kv_budget, strict)

    def _layer(self, weights: dict[str, torch.Tensor], prefix: str) -> Layer:
        def taken(name: str) -> torch.Tensor | None:
            found = weights.pop(f"{prefix}{name}", None)
            turned = found is not None and name.startswith(("self_attn.q_", "self_attn.k_"))
            return side_by_side(found, self.size) if turned else found

        def needed(name: str) -> torch.Tensor:
            found = taken(name)
            if found is None:
                raise ValueError(f"the checkpoint lacks {prefix}{name}")
            return found

        def join(*names: str) -> Linear:
            parts = [needed(f"{name}.weight") for name in names]
            biases = [taken(f"{name}.bias") for name in names]
            bias = torch.cat([b for b in biases if b is not None]) if any(b is not None for b in biases) else None
            return Linear(torch.cat(parts), bias, self.strict)

        return Layer(
            join("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
            join("self_attn.o_proj"),
            join("mlp.gate_proj", "mlp.up_proj"),
            join("mlp.down_proj"),
            *(
                None if norm is None else norm.to(self.state_dtype)
                for norm in (
                    needed("input_layernorm.weight"),
                    needed("post_attention_layernorm.weight"),
                    taken("self_attn.q_norm.weight"),
                    taken("self_attn.k_norm.weight"),
                )
            ),
        )

    def _turns(self) -> torch.Tensor:
        """Rotary angles as unit complex numbers: [positions, 1, size / 2], one head axis for all heads."""
        rope = self.config.rope_parameters
        if rope.get("rope_type", "default") == "default":
            exponents = torch.arange(0, self.size, 2, dtype=torch.int64).float() / self.size
            frequencies, scale = 1.0 / (rope["rope_theta"] ** exponents), 1.0
        else:
            from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

            frequencies, scale = ROPE_INIT_FUNCTIONS[rope["rope_type"]](self.config, torch.device("cpu"))
        angles = torch.outer(torch.arange(padded_length(self.context)).float(), frequencies.float().cpu())
        return torch.complex(torch.cos(angles) * scale, torch.sin(angles) * scale).to(self.device).unsqueeze(1)

    def take(self, length: int) -> Slot | None:
        """A slot for `length` tokens, or None while memory is short."""
        return self.kv.take(length)

    def release(self, slot: Slot) -> None:
        self.kv.release(slot)

    def used_bytes(self) -> int:
        return self.kv.used_bytes()

    def reserved_bytes(self) -> int:
        return self.kv.reserved

    def resize(self, budget: int) -> None:
        """Keep keys and values within another number of bytes."""
        self.kv.resize(budget)

    def copy(self, source: Slot, target: Slot, length: int) -> None:
        """Give `target` the first `length` positions of `source`."""
        target.span(0, length).copy_(source.span(0, length))

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """The states that a pass begins with: [tokens, hidden size]."""
        return F.embedding(ids, self.embedding).to(self.state_dtype)

    def rms(self, rows: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Root-mean-square norm of each row. CUDA has one kernel for it, in float32 whatever the type."""
        if rows.dtype == torch.float32 or rows.device.type == "cuda":
            return F.rms_norm(rows, weight.shape, weight, self.epsilon)
        wide = rows.float()
        return weight * (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.epsilon)).to(rows.dtype)

    def heads_of(self, layer: Layer, hidden: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
        """Queries, keys and values of some rows at the positions of `turns`, head after head, queries and keys turned:
        [rows, heads + 2 key heads, size]."""
        turned = self.heads + self.kv_heads
        qkv = layer.qkv(self.rms(hidden, layer.norm_in)).view(-1, turned + self.kv_heads, self.size)
        if layer.norm_query is not None:
            qkv[:, : self.heads] = self.rms(qkv[:, : self.heads], layer.norm_query)
            qkv[:, self.heads : turned] = self.rms(qkv[:, self.heads : turned], layer.norm_key)
        wide = qkv[:, :turned].float()
        # In place in float32; a type of fewer bits is turned in float32 and written back.
        torch.view_as_complex(wide.unflatten(-1, (self.size // 2, 2))).mul_(turns)
        if wide.dtype != qkv.dtype:
            qkv[:, :turned] = wide
        return qkv

    def block(self, layer: Layer, hidden: torch.Tensor) -> torch.Tensor:
        """What the layer's MLP adds."""
        gate, up = layer.gate_up(self.rms(hidden, layer.norm_mlp)).chunk(2, dim=-1)
        return layer.down(F.silu(gate) * up)

    @torch.inference_mode()
    def forward(self, segments: list[Segment]) -> HiddenRows:
        """One pass over all segments. Rows come back in the order of `segments`."""
        plan = Plan(self, segments)
        hidden = self.embed(plan.ids)
        turns = self.turns[plan.positions]
        for number, layer in enumerate(self.layers):
            mixed = plan.attend(number, self.heads_of(layer, hidden, turns))
            hidden = hidden + layer.out(mixed)
            hidden = hidden + self.block(layer, hidden)
        wanted = hidden[plan.rows]
        return HiddenRows(self.rms(wanted, self.norm) if len(wanted) else wanted, self.head)
