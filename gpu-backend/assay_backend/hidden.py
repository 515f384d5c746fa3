"""Hidden states of a model along given text, whole texts at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

from .generic import GenericRunner
from .llama import Layer, Llama
from .segments import Runner
from .transfer import sent
from .work import SlowJob

# Attention weights held at once: 32 MB of float32.
_WEIGHTS_AT_ONCE = 8 << 20
# Rows of an MLP held at once: a multiple of the rows of one packed product, so that bits are those of all rows.
_ROWS_AT_ONCE = 1024

# Leaves out part of some values, given the shape of the mask.
Drop = Callable[[torch.Tensor, tuple[int, ...]], torch.Tensor]


@dataclass(eq=False)
class HiddenJob(SlowJob):
    """For each of `texts` one state: that after `layer` blocks, of the tokens from `firsts` on, pooled by `pool`
    (`mean` or `last`). One text is read per engine step."""

    texts: list[list[int]] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)
    layer: int = 0
    pool: str = "mean"
    found: list[list[float]] = field(default_factory=list)

    def step(self, runner: Runner) -> bool:
        """Read one text; answers whether it was the last."""
        at = len(self.found)
        self.found.append(pooled(states_of(runner, self.texts[at], self.layer)[self.firsts[at] :], self.pool))
        if len(self.found) < len(self.texts):
            return False
        self.resolve(self.found)
        return True


def layers_of(runner: Runner) -> int:
    """How many blocks a model has."""
    return len(runner.layers) if isinstance(runner, Llama) else runner.config.get_text_config().num_hidden_layers


def pooled(states: torch.Tensor, pool: str) -> list[float]:
    """One vector of the states [tokens, hidden size]: their mean, or the last."""
    one = states.double().mean(0) if pool == "mean" else states[-1]
    # As few digits as float32 has, for the wire.
    return [float(f"{value:.8g}") for value in one.float().tolist()]


@torch.inference_mode()
def states_of(runner: Runner, ids: list[int], layer: int) -> torch.Tensor:
    """States of every token after `layer` blocks [tokens, hidden size]: 0 is the embedding, and the last is taken after
    the final norm, as in transformers' `hidden_states`."""
    if isinstance(runner, Llama):
        states = states_after(runner, ids, layer)
        return runner.rms(states, runner.norm) if layer == len(runner.layers) else states
    assert isinstance(runner, GenericRunner)
    tokens = sent(ids, runner.device).unsqueeze(0)
    return runner.model(input_ids=tokens, use_cache=False, output_hidden_states=True).hidden_states[layer][0]


@torch.inference_mode()
def states_after(model: Llama, ids: list[int], layer: int, drop: Drop | None = None) -> torch.Tensor:
    """States of one text after `layer` blocks, before any final norm. `drop` is applied to attention weights, and to
    what each block adds to the residual stream, there with one mask for all positions."""
    hidden = model.embed(sent(ids, model.device))
    turned = model.heads + model.kv_heads
    turns = model.turns[: len(ids)]
    group = model.heads // model.kv_heads
    for block in model.layers[:layer]:
        qkv = model.heads_of(block, hidden, turns)
        query = qkv[:, : model.heads].transpose(0, 1)
        keys = qkv[:, model.heads : turned].transpose(0, 1).repeat_interleave(group, 0)
        values = qkv[:, turned:].transpose(0, 1).repeat_interleave(group, 0)
        if drop is None:
            mixed = F.scaled_dot_product_attention(query[None], keys[None], values[None], is_causal=True)[0]
            hidden = hidden + block.out(mixed.transpose(0, 1).reshape(len(ids), -1))
            hidden = hidden + _mlp(model, block, hidden)
            continue
        mixed = _mixed_and_dropped(query, keys, values, drop).transpose(0, 1).reshape(len(ids), -1)
        hidden = hidden + drop(block.out(mixed), (hidden.shape[1],))
        hidden = hidden + drop(_mlp(model, block, hidden), (hidden.shape[1],))
    return hidden


def _mlp(model: Llama, block: Layer, hidden: torch.Tensor) -> torch.Tensor:
    """What a block's MLP adds, some rows at a time: it is several times as wide as the states."""
    return torch.cat([model.block(block, rows) for rows in hidden.split(_ROWS_AT_ONCE)])


def _mixed_and_dropped(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, drop: Drop) -> torch.Tensor:
    """Causal attention [heads, tokens, size] with `drop` applied to its weights, which are made for some tokens at a
    time: for all of a long text they would take gigabytes."""
    heads, length, size = query.shape
    rows, places = max(1, _WEIGHTS_AT_ONCE // (heads * length)), torch.arange(length, device=query.device)
    found = []
    for some, at in zip(query.split(rows, 1), places.split(rows), strict=True):
        scores = (some @ keys.transpose(1, 2) * size**-0.5).masked_fill_(places > at.unsqueeze(1), float("-inf"))
        weights = scores.softmax(-1)
        found.append(drop(weights, weights.shape) @ values)
    return torch.cat(found, 1)
