"""Texts far longer than the context, and what is held of them at once."""

import concurrent.futures
import time

import httpx
import pytest
import torch

from assay_backend import dropout as dropping
from assay_backend import hidden
from assay_backend.work import ScoreJob, Scoring
from tests.conftest import PROSE


def test_windows_are_made_as_they_are_read():
    job = ScoreJob(texts=[list(range(100_000))], firsts=[0], stride=1)
    pieces = Scoring.plan(job, 256, 256)
    assert sum(len(piece.ids) for piece in pieces) < 1000
    seen, piece = 0, pieces[0]
    while piece is not None and seen < 50:
        seen, piece = seen + 1, piece.finish()
    assert seen == 50 and job.pending == len(pieces)


@pytest.mark.parametrize("firsts", [0, 1, 500])
def test_every_token_is_in_one_window(firsts):
    job = ScoreJob(texts=[list(range(1000))], firsts=[firsts], window=64, stride=10)
    waiting, places = Scoring.plan(job, 256, 256), []
    while waiting:
        piece = waiting.pop(0)
        places += [at for wants in piece.wants.values() for _, at in wants]
        assert all(piece.ids[row] == at - 1 for row, wants in piece.wants.items() for _, at in wants)
        after = piece.finish()
        waiting += [after] if after else []
    assert sorted(places) == list(range(max(1, firsts), 1000)) and job.done.done()


def test_a_short_request_does_not_wait_for_a_text_without_end(live):
    endless = {"requests": [{"continuations": [PROSE * 600], "stride": 1}]}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        asked = pool.submit(lambda: live.http.post("/v1/assay/score", json=endless, timeout=6))
        time.sleep(2)
        short = live.post("/v1/assay/score", {"requests": [{"prompt": "The", "continuations": [" ferry"]}]})
        assert short.status_code == 200 and not asked.done()
        with pytest.raises(httpx.ReadTimeout):
            asked.result()
    deadline = time.monotonic() + 10
    while not live.service.models()[0].engine.idle and time.monotonic() < deadline:
        time.sleep(0.05)
    assert live.service.models()[0].engine.idle


def test_dropout_holds_the_weights_of_some_tokens_at_a_time(live, monkeypatch):
    """At rate 0 the parts are the whole; with dropout no tensor of tokens by tokens is ever made."""
    body = {
        "requests": [{"prompt": PROSE[:300], "continuation": " France? The capital is Paris", "passes": 2, "rate": 0}]
    }
    whole = live.post("/v1/assay/dropout", body).json()["results"][0]["tokens"]
    monkeypatch.setattr(hidden, "_WEIGHTS_AT_ONCE", 6 * 40 * 16)
    monkeypatch.setattr(hidden, "_ROWS_AT_ONCE", 16)
    parts = live.post("/v1/assay/dropout", body).json()["results"][0]["tokens"]
    assert [token["logprob"] for token in parts] == pytest.approx([token["logprob"] for token in whole], abs=1e-5)
    shapes = []
    softmax = torch.Tensor.softmax

    def seen(values: torch.Tensor, *given: object) -> torch.Tensor:
        shapes.append(values.shape)
        return softmax(values, *given)

    monkeypatch.setattr(torch.Tensor, "softmax", seen)
    body["requests"][0]["rate"] = 0.2
    first, again = (live.post("/v1/assay/dropout", body).json()["results"][0]["tokens"] for _ in range(2))
    assert first == again and sum(token["epistemicEntropy"] for token in first) > 0
    assert shapes and all(shape[0] * shape[1] * shape[2] <= 6 * 40 * 16 for shape in shapes if len(shape) == 3)


def test_dropout_of_a_model_that_gives_logits_alone_holds_few_of_them(live, tiny, tmp_path, monkeypatch):
    from tests.small_models import copy_tokenizer, make_gpt2

    folder = tmp_path / "gpt2-of-drops"
    make_gpt2(folder, copy_tokenizer(tiny, folder))
    assert live.post("/v1/assay/models/load", {"id": "drops", "path": str(folder)}).status_code == 200
    entry = {
        "prompt": "What is the capital of",
        "continuation": " France? The capital is Paris",
        "passes": 3,
        "seed": 2,
    }
    body = {"model": "drops", "requests": [entry]}
    whole = live.post("/v1/assay/dropout", body).json()["results"][0]
    held = []
    read = dropping.PlainDropout.read

    def counted(*given: object) -> object:
        made = read(*given)
        held.append(made.values.untyped_storage().nbytes())
        return made

    monkeypatch.setattr(dropping.PlainDropout, "read", counted)
    monkeypatch.setattr(dropping, "_LOGITS_HELD", 393 * 3 * 2)
    assert live.post("/v1/assay/dropout", body).json()["results"][0] == whole
    assert len(held) > 3 and max(held) <= 393 * 2 * 4
    live.post("/v1/assay/models/unload", {"id": "drops"})
