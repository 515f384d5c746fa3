"""The forward passes against transformers' plain one, and bit for bit against themselves."""

from pathlib import Path

import pytest
import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    GPT2Config,
    LlamaConfig,
    MistralConfig,
    Qwen2Config,
    Qwen3Config,
)

from assay_backend import attention, llama
from assay_backend.generic import GenericRunner
from assay_backend.invariance import is_invariant
from assay_backend.segments import Segment
from tests.conftest import spread

SIZES = {
    "vocab_size": 300,
    "hidden_size": 64,
    "intermediate_size": 112,
    "num_hidden_layers": 2,
    "max_position_embeddings": 1024,
}
CONFIGS = {
    "grouped heads": LlamaConfig(**SIZES, num_attention_heads=4, num_key_value_heads=2),
    "one key per head": LlamaConfig(**SIZES, num_attention_heads=4, num_key_value_heads=4, tie_word_embeddings=True),
    "llama 3 rope": LlamaConfig(
        **SIZES, num_attention_heads=4, num_key_value_heads=1,
        rope_parameters={
            "rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 128,
        },
    ),
    "head size apart": MistralConfig(
        **SIZES, num_attention_heads=4, num_key_value_heads=2, head_dim=32, sliding_window=None
    ),
    "qwen2": Qwen2Config(**SIZES, num_attention_heads=4, num_key_value_heads=2),
    "qwen3": Qwen3Config(**SIZES, num_attention_heads=4, num_key_value_heads=2, head_dim=16),
}  # fmt: skip
CPU = torch.device("cpu")


def saved(config, folder: Path) -> torch.nn.Module:
    torch.manual_seed(5)
    model = spread(AutoModelForCausalLM.from_config(config, dtype=torch.float32))
    for name, parameter in model.named_parameters():
        if name.endswith("bias") or "norm" in name:
            torch.nn.init.normal_(parameter, 1.0, 0.2)
    model.save_pretrained(folder)
    return model


def loaded(folder: Path) -> llama.Llama:
    config = AutoConfig.from_pretrained(folder)
    assert llama.supports(config)
    return llama.Llama.load(folder, config, torch.float32, CPU, 1 << 28)


def texts(count: int, length: int, vocabulary: int = 300) -> list[list[int]]:
    return torch.randint(0, vocabulary, (count, length), generator=torch.Generator().manual_seed(9)).tolist()


def logits(runner, segments: list[Segment]) -> torch.Tensor:
    rows = runner.forward(segments)
    return rows.logits(0, len(rows)).clone()


@pytest.mark.parametrize("name", CONFIGS)
def test_every_row_agrees_with_transformers(name: str, tmp_path: Path):
    model = saved(CONFIGS[name], tmp_path)
    runner = loaded(tmp_path)
    for length in (1, 2, 65, 300, 700):
        (text,) = texts(1, length)
        slot = runner.take(length)
        ours = logits(runner, [Segment(slot, 0, text, list(range(length)))]).log_softmax(-1)
        runner.release(slot)
        with torch.inference_mode():
            theirs = model(torch.tensor([text])).logits[0].log_softmax(-1)
        assert (ours - theirs).abs().max() < 1e-4


def test_parts_branches_and_company_change_no_bit(tmp_path: Path):
    saved(CONFIGS["grouped heads"], tmp_path)
    runner = loaded(tmp_path)
    several = texts(5, 600)
    slots = [runner.take(700) for _ in several]
    every = list(range(600))
    whole = logits(runner, [Segment(s, 0, t, every) for s, t in zip(slots, several, strict=True)]).view(5, 600, -1)
    parts = [logits(runner, [Segment(slots[2], a, several[2][a:b], list(range(b - a)))]) for a, b in
             ((0, 1), (1, 3), (3, 250), (250, 257), (257, 258), (258, 600))]  # fmt: skip
    assert torch.equal(torch.cat(parts), whole[2])
    branch = [Segment(slots[1], at, several[1][at : at + 9], list(range(9)), branch=True) for at in (5, 255, 500)]
    assert torch.equal(
        logits(runner, branch).view(3, 9, -1), torch.stack([whole[1, at : at + 9] for at in (5, 255, 500)])
    )
    together = logits(runner, [Segment(s, 600, [4], [0], decode=True) for s in slots])
    alone = [logits(runner, [Segment(s, 600, [4], [0], decode=True)]) for s in slots]
    assert torch.equal(torch.cat(alone), together)


def test_a_short_sequence_among_long_ones_keeps_its_bits(tmp_path: Path):
    saved(CONFIGS["grouped heads"], tmp_path)
    runner = loaded(tmp_path)
    lengths = (3, 70, 300, 900, 40)
    slots = [runner.take(1000) for _ in lengths]
    for slot, length, text in zip(slots, lengths, texts(5, 900), strict=True):
        runner.forward([Segment(slot, 0, text[:length], [])])
    steps = [Segment(slot, length, [4], [0], decode=True) for slot, length in zip(slots, lengths, strict=True)]
    assert torch.equal(torch.cat([logits(runner, [step]) for step in steps]), logits(runner, steps))


def test_weights_of_fewer_bits_are_rounded_for_products_alone(tmp_path: Path):
    """On CPU bfloat16 weights leave states in float32, and a row its bits in any company."""
    model = saved(CONFIGS["grouped heads"], tmp_path)
    config = AutoConfig.from_pretrained(tmp_path)
    runner = llama.Llama.load(tmp_path, config, torch.bfloat16, CPU, 1 << 28)
    assert runner.dtype == torch.bfloat16 and runner.kv.dtype == torch.float32
    (text,) = texts(1, 300)
    slot = runner.take(300)
    ours = logits(runner, [Segment(slot, 0, text, list(range(300)))]).log_softmax(-1)
    alone = logits(runner, [Segment(slot, 0, text[:40], list(range(40)))]).log_softmax(-1)
    assert ours.dtype == torch.float32 and torch.equal(alone, ours[:40])
    with torch.inference_mode():
        exact = model(torch.tensor([text])).logits[0].log_softmax(-1)
        rounded = model.to(torch.bfloat16)(torch.tensor([text])).logits[0].float().log_softmax(-1)
    assert (ours - exact).abs().mean() < (rounded - exact).abs().mean()


def test_invariance_is_found_by_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    saved(CONFIGS["grouped heads"], tmp_path)
    runner = loaded(tmp_path)
    assert is_invariant(runner)
    used = runner.used_bytes()
    assert used == 0
    honest = runner.forward

    def noisy(segments):
        rows = honest(segments)
        rows.hidden = rows.hidden * (1 + 1e-6 * len(segments))
        return rows

    runner.forward = noisy
    assert not is_invariant(runner)
    runner.forward = honest
    mix = attention._mix
    monkeypatch.setattr(attention, "_mix", lambda *given: mix(*given) * (1 + 1e-6 * (given[-1].shape[-1] > 512)))
    assert not is_invariant(runner)


def test_other_architectures_run_through_transformers(tmp_path: Path):
    config = GPT2Config(vocab_size=300, n_positions=128, n_embd=48, n_layer=2, n_head=4)
    model = saved(config, tmp_path)
    config = AutoConfig.from_pretrained(tmp_path)
    assert not llama.supports(config)
    runner = GenericRunner(tmp_path, config, torch.float32, CPU, 1 << 28)
    (text,) = texts(1, 60)
    slot = runner.take(64)
    first = logits(runner, [Segment(slot, 0, text[:30], list(range(30)))])
    branch = logits(runner, [Segment(slot, 30, text[40:45], list(range(5)), branch=True)])
    rest = logits(runner, [Segment(slot, 30, text[30:], list(range(30)))])
    twin = runner.take(64)
    runner.copy(slot, twin, 40)
    again = logits(runner, [Segment(twin, 40, text[40:], list(range(20)))])
    with torch.inference_mode():
        whole = model(torch.tensor([text])).logits[0]
        branched = model(torch.tensor([text[:30] + text[40:45]])).logits[0, 30:]
    assert torch.allclose(torch.cat([first, rest]), whole, atol=1e-4)
    assert torch.allclose(branch, branched, atol=1e-4)
    assert torch.allclose(again, whole[40:], atol=1e-4)


def test_memory_budget_is_kept_and_given_back(tmp_path: Path):
    saved(CONFIGS["grouped heads"], tmp_path)
    runner = loaded(tmp_path)
    runner.kv.budget = 4 * 1024 * runner.kv.token_bytes
    slots = [runner.take(1024) for _ in range(4)]
    assert all(slots) and runner.take(100) is None
    for slot in slots:
        runner.release(slot)
    assert runner.take(100) is not None
