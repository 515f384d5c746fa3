"""Any causal language model through transformers' own forward: one sequence at a time, exact, and without tricks."""

import copy
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, DynamicCache

from .segments import Segment
from .transfer import sent


@dataclass
class GenericSlot:
    """A sequence's cache and the memory that was set aside for it."""

    cache: DynamicCache
    length: int
    size: int


@dataclass
class LogitRows:
    """Logits that transformers has already made."""

    values: torch.Tensor

    def __len__(self) -> int:
        return self.values.shape[0]

    def logits(self, start: int, end: int) -> torch.Tensor:
        return self.values[start:end].float()


class GenericRunner:
    """Runs a transformers model segment by segment; for architectures that have no forward of their own here."""

    shares_prefixes = False

    def __init__(
        self, folder: Path, config, dtype: torch.dtype, device: torch.device, budget: int, strict: bool = False
    ):
        model, read = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, output_loading_info=True)
        if read["missing_keys"]:
            # transformers makes them up, with a line in its log.
            raise ValueError(f"the checkpoint lacks {', '.join(sorted(read['missing_keys'])[:3])}")
        self.model = model.to(device).eval()
        text = config.get_text_config()
        self.config, self.device, self.dtype = config, device, dtype
        self.context = getattr(text, "max_position_embeddings", None) or getattr(text, "n_positions", None) or 2048
        self.vocabulary = self.model.get_output_embeddings().weight.shape[0]
        heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
        size = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
        self.token_bytes = 2 * text.num_hidden_layers * heads * size * dtype.itemsize
        self.budget, self.used, self.strict = budget, 0, strict

    def take(self, length: int) -> GenericSlot | None:
        size = length * self.token_bytes
        if self.used + size > self.budget:
            return None
        self.used += size
        return GenericSlot(DynamicCache(config=self.model.config), 0, size)

    def release(self, slot: GenericSlot) -> None:
        self.used -= slot.size

    def used_bytes(self) -> int:
        return self.used

    def reserved_bytes(self) -> int:
        return self.used

    def resize(self, budget: int) -> None:
        """Keep keys and values within another number of bytes."""
        self.budget = budget

    def copy(self, source: GenericSlot, target: GenericSlot, length: int) -> None:
        target.cache = copy.deepcopy(source.cache)
        if source.length > length:
            target.cache.crop(length - source.length)
        target.length = length

    @torch.inference_mode()
    def forward(self, segments: list[Segment]) -> LogitRows:
        found = []
        for segment in segments:
            slot = segment.slot
            cache = copy.deepcopy(slot.cache) if segment.branch else slot.cache
            # Also what a pass that failed half way has left in some layers.
            for layer in cache.layers:
                if layer.get_seq_length() > segment.start:
                    layer.crop(segment.start - layer.get_seq_length())
            ids = sent(segment.ids, self.device).unsqueeze(0)
            places = torch.arange(segment.start, segment.start + len(segment.ids), device=self.device).unsqueeze(0)
            output = self.model(input_ids=ids, position_ids=places, past_key_values=cache, use_cache=True)
            if not segment.branch:
                slot.length = segment.start + len(segment.ids)
            found.append(output.logits[0, sent(segment.rows, self.device)])
        return LogitRows(torch.cat(found))
