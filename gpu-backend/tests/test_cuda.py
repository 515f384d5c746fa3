"""What runs with `--device cuda`, on a device played on the CPU (pretended_cuda.py): nothing mixes devices or types,
and the host waits a bounded number of times in a pass."""

from unittest import mock

import numpy as np
import pytest
import torch
from transformers import AutoConfig

from assay_backend import memory
from assay_backend.compare import apart_rows
from assay_backend.dropout import DropoutJob
from assay_backend.embeddings import Embedder
from assay_backend.entail import CrossEncoder
from assay_backend.generic import GenericRunner
from assay_backend.hidden import HiddenJob
from assay_backend.invariance import is_invariant
from assay_backend.llama import Llama
from assay_backend.sampling import Distribution, Sampling, folded
from assay_backend.segments import Segment
from assay_backend.tokens import Tokens
from assay_backend.work import GenerateJob
from tests.conftest import PROSE
from tests.on_device import asked, llama, worked
from tests.pretended_cuda import DEVICE
from tests.small_models import make_classifier, make_gpt2
from tests.test_forward import CONFIGS, saved, texts

# Transfers that one pass may wait for: its numbers come in a few columns for all rows together.
MOST_WAITS = 16


def test_numbers_are_those_of_the_cpu(tiny, device):
    tokens = Tokens(tiny, AutoConfig.from_pretrained(tiny).vocab_size)
    theirs, ours = asked(tokens, 2), asked(tokens, 2)
    worked(llama(tiny, "cpu", torch.float32), tokens, theirs)
    worked(llama(tiny, DEVICE, torch.float32), tokens, ours)
    for one, other in zip(ours, theirs, strict=True):
        found, wanted = (
            [choice.tokens for choice in job.done.result()] if isinstance(job, GenerateJob) else job.done.result()
            for job in (one, other)
        )
        for mine, text in zip(found, wanted, strict=True):
            for measured, like in zip(mine, text, strict=True):
                assert (measured.id, measured.rank) == (like.id, like.rank)
                assert measured.logprob == pytest.approx(like.logprob, abs=1e-4)
                assert measured.entropy == pytest.approx(like.entropy, abs=1e-4)
                assert [token for token, _ in measured.top] == [token for token, _ in like.top]


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_family_runs_on_the_device(name, dtype, device, tmp_path):
    saved(CONFIGS[name], tmp_path)
    (text,) = texts(1, 650)
    found = {}
    for where in (torch.device("cpu"), DEVICE):
        model = llama(tmp_path, where, dtype)
        slot, other = model.take(700), model.take(700)
        read = [Segment(slot, 0, text[:600], [0, 300, 599]), Segment(other, 0, text[:70], [69])]
        branch = [Segment(slot, 600, text[600:], [0, 49], branch=True)]
        step = [Segment(slot, 600, text[600:601], [0], decode=True), Segment(other, 70, [7], [0], decode=True)]
        found[where.type] = torch.cat([rows_of(model, some).cpu() for some in (read, branch, step)])
    assert torch.isfinite(found["cuda"]).all()
    if dtype == torch.float32:
        assert torch.allclose(found["cpu"], found["cuda"], atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_pass_waits_for_the_device_a_few_times_however_many_it_serves(tiny, device, dtype):
    model = llama(tiny, DEVICE, dtype)
    tokens = Tokens(tiny, model.vocabulary)
    few = worked(model, tokens, asked(tokens, 1), device)
    many = worked(model, tokens, asked(tokens, 8), device)
    assert max(one["waits"] for one in [*few, *many]) <= MOST_WAITS
    assert not any(one["unpinned"] for one in [*few, *many])


def test_no_layer_waits(tiny, device):
    model = llama(tiny, DEVICE)
    slots = [model.take(64) for _ in range(4)]
    device.counted.clear()
    prompts = [Segment(slot, 0, [5, 6, 7], [2]) for slot in slots[:2]]
    model.forward([*prompts, *(Segment(slot, 9, [5], [0], decode=True) for slot in slots[2:])])
    assert device.counted["waits"] == device.counted["unpinned"] == 0


def test_decoding_more_sequences_starts_no_more_kernels(tiny, device):
    model = llama(tiny, DEVICE)
    slots = [model.take(64) for _ in range(16)]

    def kernels(some: list) -> int:
        device.counted.clear()
        model.forward([Segment(slot, 9, [5], [0], decode=True) for slot in some])
        return device.counted["kernels"]

    assert kernels(slots) == kernels(slots[:1])


def mixture(model: Llama, count: int) -> list[Segment]:
    """Prompts from their beginning and from within, short and over several numbers of keys, and branches of each."""
    ids, segments = [7 + at * 5 % 200 for at in range(250)], []
    for number in range(count):
        slot = model.take(200)
        model.forward([Segment(slot, 0, ids[number : number + 60], [0])])
        segments += [
            Segment(slot, 60, ids[60 : 60 + size], [0, size - 1], branch=True) for size in (3, 4, 9 + number, 80)
        ]
        segments.append(Segment(model.take(200), 0, ids[: 150 - number], [0, 90, 149 - number]))
        segments.append(Segment(model.take(100), 0, ids[number : number + 5], [4]))
        segments.append(Segment(slot, 60, [9], [0], decode=True))
    return segments


def rows_of(model: Llama, segments: list[Segment]) -> torch.Tensor:
    made = model.forward(segments)
    return made.logits(0, len(made))


@pytest.mark.parametrize("most", [1, 1 << 26])
def test_prompts_attended_to_together_are_as_each_by_itself(tiny, most):
    apart, together = llama(tiny, "cpu", torch.float32), llama(tiny, "cpu", torch.float32)
    together.together = True
    # Both in blocks, whatever this processor makes of them.
    apart.by_token = together.by_token = False
    with mock.patch("assay_backend.stretches._MOST_NUMBERS", most):
        segments = mixture(together, 3)
        found = rows_of(together, segments)
    others = mixture(apart, 3)
    wanted = rows_of(apart, others)
    assert torch.equal(found, wanted)
    for one, other in zip(segments, others, strict=True):
        assert torch.equal(one.slot.span(0, 200), other.slot.span(0, 200))


def test_more_texts_of_like_length_start_no_more_kernels(tiny, device):
    model = llama(tiny, DEVICE)
    slot = model.take(200)
    model.forward([Segment(slot, 0, list(range(3, 33)), [])])

    def kernels(count: int) -> int:
        device.counted.clear()
        model.forward([Segment(slot, 30, [5, 6, 7], [0, 1, 2], branch=True) for _ in range(count)])
        return device.counted["kernels"]

    assert kernels(40) == kernels(2)


def test_logits_are_not_rounded_to_the_weights_type(tiny, device):
    for strict in (False, True):
        model = llama(tiny, DEVICE, strict=strict)
        rows = model.forward([Segment(model.take(64), 0, [5, 6, 7], [0, 1, 2])])
        logits = rows.logits(0, 3).cpu()
        assert logits.dtype == torch.float32 and not torch.equal(logits, logits.bfloat16().float())


def test_strict_holds_on_the_device(tiny, device):
    model = llama(tiny, DEVICE, strict=True)
    assert is_invariant(model) and model.used_bytes() == 0


def test_the_encoders_run_on_the_device(device, tmp_path, monkeypatch):
    # The device is played on this thread alone.
    monkeypatch.setattr(memory, "in_turn", lambda work, *given: work(*given))
    folder = make_classifier(tmp_path / "nli", ["entailment", "neutral", "contradiction"])
    pairs = [("One two three", "two"), ("The ferry left", "Nobody left the harbour before dawn")]
    wanted = CrossEncoder(folder, torch.device("cpu")).judge(pairs)
    torch.__future__.set_swap_module_params_on_conversion(True)
    try:
        judge, embedder = CrossEncoder(folder, DEVICE), Embedder(folder, DEVICE)
    finally:
        torch.__future__.set_swap_module_params_on_conversion(False)
    for found, like in zip(judge.judge(pairs), wanted, strict=True):
        assert found == pytest.approx(like, abs=1e-5)
    vectors, read = embedder.embed(["One two", "The ferry left the harbour"])
    assert read and np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_draws_on_the_device_are_those_of_the_cpu(device):
    logits = 3 * torch.randn(4, 1000, generator=torch.Generator().manual_seed(1))
    logits[1, 100:] = float("-inf")
    logits[2, 7] = 60.0
    here, there = Distribution(logits), Distribution(logits.to(DEVICE))
    for temperature in (1.0, 0.6, 1e-3, 2.0):
        for draw in (0.0, 1e-9, 0.1, 0.35, 0.5, 0.77, 0.999, 1 - 2**-53):
            rows, draws = [0, 1, 2, 3], mock.Mock(next=lambda draw=draw: draw)
            wanted = [here.choose(row, Sampling(1, temperature=temperature), draws) for row in rows]
            assert there.drawn(rows, [temperature] * 4, [draw] * 4) == wanted


@pytest.mark.parametrize("width", [1, 2, 3, 384, 1002])
def test_sums_by_halves_are_sums(width):
    parts = torch.randn(5, width, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert torch.allclose(folded(parts), parts.sum(-1), rtol=0, atol=1e-10)


@pytest.mark.parametrize("rate", [0.0, 0.2])
def test_dropout_and_states_wait_once_for_all_tokens(tiny, device, rate):
    model = llama(tiny, DEVICE)
    ids = Tokens(tiny, model.vocabulary).encode(PROSE)

    def waits(length: int) -> int:
        device.counted.clear()
        job = DropoutJob(ids=ids[:length], first=1, passes=10, rate=rate, seed=3)
        while not job.step(model):
            pass
        assert len(job.done.result()) == length - 1
        states = HiddenJob(texts=[ids[:length]], firsts=[1], layer=2)
        assert states.step(model) and len(states.done.result()[0]) == 48
        assert device.counted["unpinned"] == 0
        return device.counted["waits"]

    assert waits(40) == waits(10) <= 3


def test_two_models_are_compared_on_the_device(tiny, device):
    model = llama(tiny, DEVICE)
    first, second = (model.forward([Segment(model.take(64), 0, ids, [0, 1])]) for ids in ([5, 6], [5, 7]))
    device.counted.clear()
    found = apart_rows(first, second, [3, 4], 2, model.vocabulary)
    assert found[0].forward == pytest.approx(0, abs=1e-6) and found[1].forward > 0
    assert device.counted["waits"] <= 6 and device.counted["unpinned"] == 0


def test_other_architectures_run_on_the_device(tiny, device, tmp_path):
    folder = make_gpt2(tmp_path / "gpt2", 400)
    torch.__future__.set_swap_module_params_on_conversion(True)
    try:
        model = GenericRunner(folder, AutoConfig.from_pretrained(folder), torch.bfloat16, DEVICE, 1 << 26)
        slot = model.take(30)
        device.counted.clear()
        whole = model.forward([Segment(slot, 0, [5, 6, 7, 8], [2, 3])]).logits(0, 2)
        other = model.take(30)
        model.forward([Segment(other, 0, [5, 6, 7], [])])
        last = model.forward([Segment(other, 3, [8], [0], decode=True)]).logits(0, 1)
        assert device.counted["waits"] == 0
        assert torch.allclose(whole[1].cpu(), last[0].cpu(), atol=0.1)
        job = DropoutJob(ids=[5, 6, 7, 8], passes=10, rate=0.2, seed=3)
        with mock.patch("torch.random.fork_rng"):
            while not job.step(model):
                pass
        assert len(job.done.result()) == 3
    finally:
        torch.__future__.set_swap_module_params_on_conversion(False)
