"""What happens when memory runs out, and when the server is told to stop."""

import gc
import signal
import time
import weakref
from unittest import mock

import httpx
import pytest
import torch

from assay_backend.kv import KvStore
from assay_backend.memory import Budget, in_batches
from assay_backend.registry import Registry
from assay_backend.settings import Settings
from tests.conftest import PROSE, Live
from tests.test_service import spawn


@pytest.fixture
def server(tiny):
    made = Live(Settings(model=str(tiny), threads=1, memory=1 << 30)).ready()
    yield made
    made.close()


def test_one_request_too_large_for_memory_fails_alone(server):
    large = {"prompt": "", "continuations": [PROSE[:600]]}
    small = [{"prompt": PROSE[:40], "continuations": [" capital is", " Paris"]}, {"continuations": ["One two"]}]
    wanted = server.post("/v1/assay/score", {"requests": small}).json()["results"]
    engine = server.service.model().engine
    honest = engine.runner.forward

    def scarce(segments):
        # Long sequences find no memory, however small the piece that is read.
        if any(segment.slot.arena.capacity >= 256 for segment in segments):
            raise MemoryError
        return honest(segments)

    engine.runner.forward = scarce
    engine.prefixes.blocks.clear()
    results = server.post("/v1/assay/score", {"requests": [small[0], large, small[1]]}).json()["results"]
    assert [results[0], results[2]] == wanted
    assert results[1]["error"]["code"] == "out_of_memory" and results[1]["error"]["pointer"] == "/requests/1"
    assert engine.runner.used_bytes() == 0
    engine.runner.forward = honest
    assert "continuations" in server.post("/v1/assay/score", {"requests": [large]}).json()["results"][0]


def test_generation_goes_on_in_halves_with_the_same_bits(server):
    requests = [{"prompt": PROSE[at : at + 30], "maxTokens": 8, "topLogprobs": 2} for at in range(12)]
    wanted = server.post("/v1/assay/generate", {"requests": requests}).json()
    engine = server.service.model().engine
    honest, failed = engine.runner.forward, []

    def scarce(segments):
        if len(segments) > 3:
            failed.append(len(segments))
            raise torch.OutOfMemoryError
        return honest(segments)

    engine.runner.forward = scarce
    assert server.post("/v1/assay/generate", {"requests": requests}).json() == wanted and failed


def test_a_job_with_steps_of_its_own_is_told_of_memory_that_runs_out(server):
    runner = server.service.model().engine.runner
    honest = runner.embed

    def scarce(ids):
        raise torch.OutOfMemoryError

    runner.embed = scarce
    asked = {"requests": [{"prompt": "One", "continuations": [" two"]}]}
    (result,) = server.post("/v1/assay/states", asked).json()["results"]
    assert result["error"]["code"] == "out_of_memory"
    runner.embed = honest
    assert "states" in server.post("/v1/assay/states", asked).json()["results"][0]


def test_what_arrived_is_told_when_its_turn_fails_before_it_begins(server):
    schedule = server.service.model().engine.schedule
    body = {"prompt": "One", "max_tokens": 2}
    with mock.patch.object(schedule, "add", side_effect=RuntimeError("no place")):
        assert server.post("/v1/completions", body).status_code == 500
    assert server.post("/v1/completions", body).status_code == 200


def test_passes_grow_again_when_memory_is_back(server):
    engine = server.service.model().engine
    widest = engine.schedule.step_tokens
    engine.schedule._adapt(True)
    assert engine.schedule.step_tokens == widest // 2
    for _ in range(200):
        engine.schedule._adapt(False)
    assert engine.schedule.step_tokens == widest


def test_keys_and_values_stay_within_their_budget():
    store = KvStore(2, 2, 8, 1024, 1 << 20, torch.float32, torch.device("cpu"))
    slots = []
    while (slot := store.take(128)) is not None:
        slots.append(slot)
        assert store.reserved <= 1 << 20
    assert slots and store.take(512) is None
    for slot in slots:
        store.release(slot)
    assert store.take(512) is not None and store.reserved <= 1 << 20
    store.resize(0)
    assert store.reserved > 0
    store.release(slots[0].__class__(next(iter(store.arenas[512])), 0))
    assert store.reserved == 0


def test_an_unloaded_model_leaves_memory_at_once(tiny):
    registry = Registry(Settings(model=str(tiny), threads=1), Budget(1 << 30))
    gc.disable()
    try:
        loaded = registry.load(str(tiny))
        runner = weakref.ref(loaded.runner)
        name = loaded.name
        del loaded
        assert runner() is not None
        registry.unload(name)
        assert runner() is None
    finally:
        gc.enable()


def test_batches_are_cut_by_tokens_and_split_when_memory_runs_out():
    lengths, batches = [9, 1, 5, 2, 30, 2], []
    in_batches(lengths, 10, batches.append)
    assert sorted(place for batch in batches for place in batch) == list(range(6))
    assert all(max(lengths[at] for at in batch) * len(batch) <= 10 for batch in batches if len(batch) > 1)
    done = []

    def scarce(batch: list[int]) -> None:
        if len(batch) > 1:
            raise MemoryError
        done.extend(batch)

    in_batches(lengths, 1000, scarce)
    assert sorted(done) == list(range(6))

    def none(batch: list[int]) -> None:
        raise MemoryError

    with pytest.raises(MemoryError, match="--memory"):
        in_batches([3], 10, none)


def test_sigterm_is_bounded_when_what_runs_does_not_end(tiny):
    process = spawn("--port", "0", "--model", str(tiny), "--memory", "1", "--patience", "1")
    try:
        url = process.stderr.readline().split()[-1]
        with httpx.Client(base_url=url, timeout=120) as client:
            deadline = time.monotonic() + 120
            while client.get("/healthz").status_code != 200 and time.monotonic() < deadline:
                time.sleep(0.1)
            body = {"requests": [{"prompt": "The", "continuation": " capital" * 60, "passes": 200}] * 400}
            sent = client.build_request("POST", "/v1/assay/dropout", json=body, timeout=0.5)
            with pytest.raises(httpx.TimeoutException):
                client.send(sent, stream=False)
            stream = {"prompt": "The", "max_tokens": 200, "n": 64, "ignore_eos": True, "stream": True}
            with client.stream("POST", "/v1/completions", json=stream):
                process.send_signal(signal.SIGTERM)
                started = time.monotonic()
                process.wait(30)
        assert time.monotonic() - started < 20
    finally:
        process.kill()
        process.stderr.close()
