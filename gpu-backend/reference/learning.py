"""Teaching a small Llama: batches without padding masks, the loss on replies alone."""

import math
import random
import time
from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F
from transformers import LlamaConfig, LlamaForCausalLM

Example = tuple[list[int], list[int]]


def make_model(vocabulary: int, seed: int, begin: int, end: int, pad: int) -> LlamaForCausalLM:
    """Three layers of 128: large enough for a thousand facts, small enough for minutes."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=512,
        tie_word_embeddings=False,
        bos_token_id=begin,
        eos_token_id=end,
        pad_token_id=pad,
        attn_implementation="sdpa",
    )
    return LlamaForCausalLM(config)


def batches(examples: list[Example], size: int, generator: random.Random) -> Iterable[list[Example]]:
    """Batches of examples of like length, in random order."""
    pool = 16 * size
    found = []
    for start in range(0, len(examples), pool):
        ordered = sorted(examples[start : start + pool], key=lambda one: len(one[0]) + len(one[1]))
        found.extend(ordered[at : at + size] for at in range(0, len(ordered), size))
    generator.shuffle(found)
    return found


def reply_logits(
    model: LlamaForCausalLM, batch: list[Example], dropout: float = 0.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits before each reply token, and those tokens. Padding stands on the right, where no token looks.

    The model's own weights without its Python: of a step with so small a model, calling modules takes a third. All
    places of the batch are one matrix, and the last layer computes what follows its keys and values at the reply's
    places alone.
    `dropout`: of the output of each attention and each MLP, where the backend's dropout passes put it."""
    length = max(len(prompt) + len(reply) - 1 for prompt, reply in batch)
    flat, places, targets = [], [], []
    for row, (prompt, reply) in enumerate(batch):
        shown = [*prompt, *reply[:-1]]
        flat.extend(shown + [0] * (length - len(shown)))
        places.extend(range(row * length + len(prompt) - 1, row * length + len(shown)))
        targets.extend(reply)
    config, inner = model.config, model.model
    heads, width = config.num_attention_heads, config.hidden_size // config.num_attention_heads
    cosine, sine = (one[0] for one in inner.rotary_emb(inner.embed_tokens.weight, torch.arange(length)[None]))
    norm = lambda x, layer: F.rms_norm(x, x.shape[-1:], layer.weight, config.rms_norm_eps)  # noqa: E731
    hidden = F.embedding(torch.tensor(flat), inner.embed_tokens.weight)
    chosen = torch.tensor(places)
    for layer in inner.layers:
        attention, mlp = layer.self_attn, layer.mlp
        weights = torch.cat([attention.q_proj.weight, attention.k_proj.weight, attention.v_proj.weight])
        mixed = F.linear(norm(hidden, layer.input_layernorm), weights)
        queries_keys, values = mixed.view(len(batch), length, 3, heads, width).permute(2, 0, 3, 1, 4).split([2, 1])
        first, second = queries_keys.chunk(2, -1)
        turned = queries_keys * cosine + torch.cat([-second, first], -1) * sine
        seen = F.scaled_dot_product_attention(turned[0], turned[1], values[0], is_causal=True)
        seen = seen.transpose(1, 2).reshape(hidden.shape[0], -1)
        if layer is inner.layers[-1]:
            seen, hidden = seen[chosen], hidden[chosen]
        hidden = hidden + F.dropout(F.linear(seen, attention.o_proj.weight), dropout, dropout > 0)
        gate, up = F.linear(
            norm(hidden, layer.post_attention_layernorm), torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight])
        ).chunk(2, -1)
        hidden = hidden + F.dropout(F.linear(F.silu(gate) * up, mlp.down_proj.weight), dropout, dropout > 0)
    return model.lm_head(norm(hidden, inner.norm)), torch.tensor(targets)


def teach(
    model: LlamaForCausalLM,
    epochs: Iterable[list[Example]],
    *,
    steps: int,
    generator: random.Random,
    rate: float = 3e-3,
    size: int = 32,
    loss_of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] | None = None,
    dropout: float = 0.0,
    say: Callable[[str], None] = lambda _: None,
) -> float:
    """Teach the epochs' examples; `steps` plans the learning rate's warm-up and fall. Answers the seconds it took."""
    measure = loss_of or F.cross_entropy
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    warm = max(1, steps // 20)

    def factor(step: int) -> float:
        fallen = 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, steps - warm))))
        return (step + 1) / warm if step < warm else 0.02 + 0.98 * fallen

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    model.train()
    begun, done = time.monotonic(), 0
    for number, examples in enumerate(epochs):
        total, count = 0.0, 0
        for batch in batches(examples, size, generator):
            logits, targets = reply_logits(model, batch, dropout)
            loss = measure(logits, targets)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total, count, done = total + loss.item(), count + 1, done + 1
        if number % 5 == 4:
            say(f"epoch {number + 1}: loss {total / count:.3f}, {time.monotonic() - begun:.0f} s, step {done}/{steps}")
    model.eval()
    return time.monotonic() - begun
