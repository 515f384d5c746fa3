"""A GPU's memory and its end: what runs out is borne, and what is lost is told."""

from unittest import mock

import torch

from assay_backend.device import pick_device, settle
from assay_backend.kv import KvStore
from assay_backend.llama import HiddenRows
from assay_backend.memory import allowed
from assay_backend.prefix import PrefixCache
from assay_backend.settings import Settings
from assay_backend.tokens import Tokens
from tests.conftest import Live
from tests.on_device import asked, llama, worked
from tests.pretended_cuda import DEVICE, pretended_cuda


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


def test_a_gpu_that_has_failed_is_told_by_the_health_check(tiny):
    server = Live(Settings(model=str(tiny), threads=1, memory=1 << 30)).ready()
    try:
        engine = server.service.model().engine
        runner, body = engine.runner, {"prompt": "One", "max_tokens": 2}
        broken = mock.Mock(side_effect=torch.AcceleratorError("CUDA error: an illegal memory access was encountered"))
        with (
            mock.patch.object(runner, "forward", broken),
            mock.patch.object(runner, "device", DEVICE),
            mock.patch("torch.cuda.set_device"),
        ):
            with mock.patch("torch.cuda.synchronize"):
                assert server.post("/v1/completions", body).status_code == 500
                assert server.http.get("/healthz").status_code == 200
            with mock.patch("torch.cuda.synchronize", broken):
                assert server.post("/v1/completions", body).status_code == 500
                engine._thread.join(10)
        health = server.http.get("/healthz")
        assert health.status_code == 503 and health.json()["status"] == "failed"
        assert "illegal memory access" in health.json()["detail"]
        assert server.post("/v1/completions", body).status_code == 503
    finally:
        server.close()


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
