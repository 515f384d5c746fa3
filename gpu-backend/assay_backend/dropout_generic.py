"""Dropout in any transformers decoder: its own modules switched on, or hooks where it has none."""

import contextlib
from collections.abc import Iterator

import torch
from torch import nn

from .generic import LogitRows
from .transfer import sent


class NoPlaces(ValueError):
    """The architecture's blocks are not where dropout could be put."""


class PlainDropout:
    """Passes with dropout of one model. `inserted` says that its blocks have no dropout modules of their own, so that
    masks were put on what attention and MLP add to the residual stream (one mask for all positions)."""

    def __init__(self, model: nn.Module):
        self.model = model
        self.layers = decoder_layers(model)
        parts = [part for layer in self.layers for part in layer.modules()]
        self.own = [part for part in parts if isinstance(part, nn.Dropout) or _is_rate(part, "dropout")]
        self.inserted = not self.own

    @torch.inference_mode()
    def read(self, ids: list[int], begin: int, end: int, rate: float, seed: int) -> LogitRows:
        """Next-token logits of one text's positions from `begin` to `end`. Rate 0 is the plain forward."""
        device = next(self.model.parameters()).device
        devices = [device] if device.type == "cuda" else []
        with torch.random.fork_rng(devices), self._dropping(rate):
            torch.manual_seed(seed)
            tokens = sent(ids, device).unsqueeze(0)
            # Without a cache: keys made under other masks must not be read again.
            logits = self.model(input_ids=tokens, use_cache=False).logits[0, begin:end]
        # A copy: a part of a tensor keeps the whole of it.
        return LogitRows(logits.clone())

    @contextlib.contextmanager
    def _dropping(self, rate: float) -> Iterator[None]:
        with contextlib.ExitStack() as undo:
            undo.callback(self.model.eval)
            if rate == 0:
                yield
                return
            for layer in self.layers:
                layer.train()
                for part in layer.modules():
                    # Attention kernels read their rate from the module, as a dropout module or as a number.
                    for name in ("p",) if isinstance(part, nn.Dropout) else ("attention_dropout", "dropout"):
                        if _is_rate(part, name):
                            undo.callback(setattr, part, name, getattr(part, name))
                            setattr(part, name, rate)
            if self.inserted:
                for block in (block for layer in self.layers for block in residual_blocks(layer)):
                    undo.callback(block.register_forward_hook(_masked(rate)).remove)
            yield


def _is_rate(part: nn.Module, name: str) -> bool:
    return isinstance(getattr(part, name, None), int | float)


def _masked(rate: float):
    """A hook that drops features of a block's output, the same ones at all positions."""

    def hook(_: nn.Module, __: object, output: object) -> object:
        values = output[0] if isinstance(output, tuple) else output
        kept = torch.rand(values.shape[-1], device=values.device) >= rate
        values = values * kept / (1 - rate)
        return (values, *output[1:]) if isinstance(output, tuple) else values

    return hook


def decoder_layers(model: nn.Module) -> list[nn.Module]:
    """A model's decoder blocks. Raises NoPlaces where they cannot be told."""
    count = model.config.get_text_config().num_hidden_layers
    for part in model.modules():
        if isinstance(part, nn.ModuleList) and len(part) == count:
            return list(part)
    raise NoPlaces("This architecture's decoder blocks cannot be told apart.")


def residual_blocks(layer: nn.Module) -> list[nn.Module]:
    """A block's attention and MLP. Raises NoPlaces where it has not one of each."""
    children = [(name.lower(), child) for name, child in layer.named_children() if "norm" not in name.lower()]
    attention = [child for name, child in children if "attn" in name or "attention" in name]
    mlp = [child for name, child in children if any(part in name for part in ("mlp", "feed_forward", "ffn", "moe"))]
    if len(attention) != 1 or len(mlp) != 1:
        raise NoPlaces("This architecture's attention and MLP cannot be told apart.")
    return [*attention, *mlp]
