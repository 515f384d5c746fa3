"""Monte-Carlo dropout (Gal and Ghahramani 2016): how far a model's distributions move when parts of it are left out."""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

from .llama import Llama
from .work import SlowJob


@dataclass
class Spread:
    """One token under dropout: entropies in nats. Predictive is that of the mean distribution, aleatoric the mean of
    the passes' entropies, epistemic their difference (the mutual information of answer and weights)."""

    id: int
    logprob: float
    predictive: float
    aleatoric: float
    epistemic: float


@dataclass(eq=False)
class DropoutJob(SlowJob):
    """`passes` readings of `ids`; the tokens from `first` on are reported. One pass is made per engine step."""

    ids: list[int] = field(default_factory=list)
    first: int = 1
    passes: int = 10
    rate: float = 0.1
    seed: int = 0
    made: int = 0
    mean: torch.Tensor | None = None
    entropies: torch.Tensor | None = None

    def step(self, model: Llama) -> bool:
        """Make one pass; answers whether it was the last."""
        generator = torch.Generator().manual_seed((self.seed * 1_000_003 + self.made) % (1 << 63))
        logits = dropped_logits(model, self.ids[:-1], self.first - 1, self.rate, generator)
        logprobs = logits.log_softmax(-1)
        probabilities = logprobs.exp()
        entropies = -(probabilities * logprobs.clamp(min=-1e4)).sum(-1, dtype=torch.float64)
        self.mean = probabilities if self.mean is None else self.mean.add_(probabilities)
        self.entropies = entropies if self.entropies is None else self.entropies.add_(entropies)
        self.made += 1
        if self.made == self.passes:
            self.resolve(self._spreads())
        return self.made == self.passes

    def _spreads(self) -> list[Spread]:
        mean = self.mean / self.passes
        predictive = -(mean * mean.clamp(min=1e-38).log()).sum(-1, dtype=torch.float64)
        aleatoric = self.entropies / self.passes
        given = self.ids[self.first :]
        found = []
        for row, token in enumerate(given):
            total, inner = predictive[row].item(), aleatoric[row].item()
            chance = max(mean[row, token].item(), 1e-38)
            found.append(Spread(token, math.log(chance), total, inner, max(total - inner, 0.0)))
        return found


@torch.inference_mode()
def dropped_logits(model: Llama, ids: list[int], first: int, rate: float, generator: torch.Generator) -> torch.Tensor:
    """Next-token logits of one text from position `first` on, with dropout on attention weights and on what each
    block adds to the residual stream. Rate 0 is the plain forward."""
    hidden = F.embedding(torch.tensor(ids, device=model.device), model.embedding)
    length, turned = len(ids), model.heads + model.kv_heads
    cosine, sine = model.cosine[:length], model.sine[:length]
    above = torch.ones(length, length, dtype=torch.bool, device=model.device).triu(1)

    def drop(values: torch.Tensor) -> torch.Tensor:
        if rate == 0:
            return values
        kept = torch.rand(values.shape, generator=generator) >= rate
        return values * kept.to(values.device) / (1 - rate)

    for layer in model.layers:
        qkv = layer.qkv(model.rms(hidden, layer.norm_in)).view(length, turned + model.kv_heads, model.size)
        query, key = qkv[:, : model.heads], qkv[:, model.heads : turned]
        if layer.norm_query is not None:
            query, key = model.rms(query, layer.norm_query), model.rms(key, layer.norm_key)
        query, key = model.rotate(query, cosine, sine), model.rotate(key, cosine, sine)
        group = model.heads // model.kv_heads
        keys = key.transpose(0, 1).repeat_interleave(group, 0)
        values = qkv[:, turned:].transpose(0, 1).repeat_interleave(group, 0)
        scores = query.transpose(0, 1) @ keys.transpose(1, 2) * model.size**-0.5
        weights = drop(scores.masked_fill(above, float("-inf")).softmax(-1))
        mixed = (weights @ values).transpose(0, 1).reshape(length, -1)
        hidden = hidden + drop(layer.out(mixed))
        gate, up = layer.gate_up(model.rms(hidden, layer.norm_mlp)).chunk(2, dim=-1)
        hidden = hidden + drop(layer.down(F.silu(gate) * up))
    return model.head(model.rms(hidden[first:], model.norm)).float()
