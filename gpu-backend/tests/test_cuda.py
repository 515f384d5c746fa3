"""What runs with `--device cuda`, on a device played on the CPU (pretended_cuda.py): nothing mixes devices or types,
the host waits a bounded number of times in a pass, and memory that runs out is borne."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoConfig

from assay_backend.compare import apart_rows
from assay_backend.device import pick_device, settle
from assay_backend.dropout import DropoutJob
from assay_backend.hidden import HiddenJob
from assay_backend.invariance import is_invariant
from assay_backend.kv import KvStore
from assay_backend.llama import HiddenRows, Llama
from assay_backend.memory import allowed
from assay_backend.mirostat import MirostatOptions
from assay_backend.prefix import PrefixCache
from assay_backend.sampling import Sampling, folded
from assay_backend.schedule import Schedule
from assay_backend.segments import Segment
from assay_backend.settings import Settings
from assay_backend.tokens import Tokens
from assay_backend.work import Choice, GenerateJob, Generation, Job, ScoreJob, Scoring
from tests.conftest import PROSE
from tests.pretended_cuda import DEVICE, PretendedCuda, pretended_cuda

# Transfers that one pass may wait for: its numbers come in a few columns for all rows together.
MOST_WAITS = 12


@pytest.fixture
def device() -> Iterator[PretendedCuda]:
    with pretended_cuda() as played:
        yield played


def llama(folder: Path, where: torch.device | str, dtype: torch.dtype = torch.bfloat16, **options) -> Llama:
    weights = {name: weight.to(where, dtype) for name, weight in load_file(folder / "model.safetensors").items()}
    return Llama(AutoConfig.from_pretrained(folder), weights, 1 << 26, **options)


def worked(model: Llama, tokens: Tokens, jobs: list[Job], device: PretendedCuda | None = None) -> list[Counter]:
    """Run jobs to their end; answers what was counted in each pass."""
    schedule = Schedule(model, 256, 64, 1 << 24, lambda job, finished: None)
    for job in jobs:
        if isinstance(job, GenerateJob):
            job.choices = [Choice() for _ in range(job.n)]
            schedule.add(Generation(job, list(range(job.n)), tokens, frozenset()))
        else:
            for piece in Scoring.plan(job, model.context, 256):
                schedule.add(piece)
    passes = []
    while not schedule.idle:
        if device:
            device.counted.clear()
        schedule.step()
        passes.append(Counter(device.counted) if device else Counter())
    assert model.used_bytes() == 0
    return passes


def asked(tokens: Tokens, count: int) -> list[Job]:
    """Everything that a pass can be asked for, `count` times."""
    ids = tokens.encode(PROSE)
    told = {"top_logprobs": 3, "entropy": True, "terms": True}
    jobs: list[Job] = []
    for at in range(count):
        prompt = ids[at : at + 20]
        jobs += [
            GenerateJob(prompt=prompt, sampling=Sampling(6, **told)),
            GenerateJob(prompt=prompt, sampling=Sampling(6, temperature=1, seed=at, listed=(3, 7, 9), **told)),
            GenerateJob(prompt=prompt, sampling=Sampling(6, temperature=0.7, top_p=0.9, seed=at, **told), n=3),
            GenerateJob(prompt=prompt, sampling=Sampling(6, seed=at, mirostat=MirostatOptions())),
            ScoreJob(texts=[ids[at : at + n] for n in (30, 40)], firsts=[4, 4], top=2, entropy=True, terms=True),
            ScoreJob(texts=[ids[:30] + ids[at : at + n] for n in (4, 9)], firsts=[30, 30], top=2),
        ]
    return jobs


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


def test_logits_that_find_no_memory_are_made_in_parts_with_the_same_bits(tiny, device):
    model = llama(tiny, DEVICE, strict=True)
    tokens = Tokens(tiny, model.vocabulary)
    wanted, found, none = asked(tokens, 2), asked(tokens, 2), asked(tokens, 1)
    worked(model, tokens, wanted)
    honest, most = HiddenRows.logits, 5

    def scarce(rows: HiddenRows, start: int, end: int) -> torch.Tensor:
        if end - start > most:
            raise torch.OutOfMemoryError
        return honest(rows, start, end)

    with mock.patch.object(HiddenRows, "logits", scarce), mock.patch("torch.cuda.empty_cache"):
        worked(model, tokens, found)
        most = 0
        worked(model, tokens, none)
    assert all(job.done.result() == other.done.result() for job, other in zip(found, wanted, strict=True))
    assert all(isinstance(job.done.exception(), MemoryError) for job in none)


def test_a_prefix_that_finds_no_memory_is_not_kept(tiny, device):
    model, kept = llama(tiny, DEVICE), PrefixCache(1 << 20)
    slot, ids = model.take(64), list(range(40))
    device.most_bytes = 16
    parent = kept.store(ids, slot, 0, 16, 0)
    assert parent and kept.used == 0 and not kept.match(ids, 39)
    device.most_bytes = 0
    kept.store(ids, slot, 16, 32, parent)
    assert not kept.match(ids, 39)
    kept.store(ids, slot, 0, 32, 0)
    assert len(kept.match(ids, 39)) == 2


def test_keys_and_values_that_find_no_memory_count_as_none_left(device):
    store = KvStore(2, 2, 8, 1024, 1 << 30, torch.bfloat16, DEVICE)
    device.most_bytes = 1 << 10
    assert store.take(128) is None and store.reserved == 0
    device.most_bytes = 0
    assert store.take(128) is not None


def test_long_sequences_share_an_arena_on_a_gpu():
    sizes = {}
    for where in ("cpu", "cuda"):
        with pretended_cuda():
            store = KvStore(32, 8, 128, 8192, 40 << 30, torch.bfloat16, torch.device(where))
            with mock.patch("torch.zeros", lambda *shape, **_: torch.empty(shape, device="meta")):
                sizes[where] = store.take(2048).arena.data.shape[2]
    assert sizes == {"cpu": 1, "cuda": 10}


def test_a_gpu_is_named_by_its_number_and_held_to_the_memory_asked_for():
    with (
        mock.patch("torch.cuda.is_available", return_value=True),
        mock.patch("torch.cuda.current_device", return_value=1),
        mock.patch("torch.cuda.get_device_properties", return_value=mock.Mock(total_memory=80 << 30)),
        mock.patch("torch.cuda.memory._lazy_init"),
        mock.patch("torch._C._cuda_setMemoryFraction", create=True) as told,
    ):
        assert pick_device(Settings(device="auto")) == torch.device("cuda", 1)
        assert pick_device(Settings(device="cuda:3")) == torch.device("cuda", 3)
        assert allowed(20 << 30, pick_device(Settings(device="cuda"))) == 20 << 30
        told.assert_called_once_with(0.25, 1)
    assert pick_device(Settings(device="cpu")) == torch.device("cpu")


def test_products_on_a_gpu_are_exact_and_its_attention_serves_any_shape():
    flags = torch.backends.cuda
    before = flags.cudnn_sdp_enabled(), flags.matmul.allow_bf16_reduced_precision_reduction
    try:
        settle(torch.device("cpu"))
        assert (flags.cudnn_sdp_enabled(), flags.matmul.allow_bf16_reduced_precision_reduction) == before
        with mock.patch("torch.cuda.set_device") as entered:
            settle(DEVICE)
        entered.assert_called_once_with(DEVICE)
        assert not flags.cudnn_sdp_enabled() and flags.mem_efficient_sdp_enabled()
        assert not flags.matmul.allow_bf16_reduced_precision_reduction and not flags.matmul.allow_tf32
    finally:
        flags.enable_cudnn_sdp(before[0])
        flags.matmul.allow_bf16_reduced_precision_reduction = before[1]
