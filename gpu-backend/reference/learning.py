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


def reply_logits(model: LlamaForCausalLM, batch: list[Example]) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits before each reply token, and those tokens. Padding stands on the right, where no token looks."""
    longest = max(len(prompt) + len(reply) for prompt, reply in batch)
    ids = torch.zeros((len(batch), longest), dtype=torch.long)
    rows, places, targets = [], [], []
    for row, (prompt, reply) in enumerate(batch):
        ids[row, : len(prompt) + len(reply)] = torch.tensor(prompt + reply)
        rows.extend([row] * len(reply))
        places.extend(range(len(prompt) - 1, len(prompt) + len(reply) - 1))
        targets.extend(reply)
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
    return model.lm_head(hidden[rows, places]), torch.tensor(targets)


def teach(
    model: LlamaForCausalLM,
    epochs: Iterable[list[Example]],
    *,
    steps: int,
    generator: random.Random,
    rate: float = 3e-3,
    size: int = 32,
    loss_of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> float:
    """Teach the epochs' examples; `steps` plans the learning rate's warm-up and fall. Answers the seconds it took."""
    measure = loss_of or F.cross_entropy
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
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
            logits, targets = reply_logits(model, batch)
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
