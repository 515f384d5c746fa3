"""Mirostat, seeds and streams of /v1/assay/generate."""

import json
import math

import numpy as np
import pytest

from assay_backend.mirostat import Mirostat, MirostatOptions, zipf_count
from assay_backend.own_answers import GenerateResult


def generate(live, *requests) -> list[dict]:
    response = live.post("/v1/assay/generate", {"requests": list(requests)})
    assert response.status_code == 200, response.text
    return response.json()["results"]


def test_the_count_is_the_formula_of_zipfs_law():
    ranks = np.arange(1, 5001)
    for exponent, mu in ((1.2, 3.0), (1.8, 5.0), (0.7, 4.0)):
        law = ranks**-exponent / (ranks**-exponent).sum()
        excess = exponent - 1
        wanted = round((excess * 2**mu / (1 - 5000**-excess)) ** (1 / exponent)) + 1
        assert zipf_count(law[:100], mu, 5000) == wanted
    law = 1 / ranks / (1 / ranks).sum()
    assert zipf_count(law[:100], 4.0, 5000) == round(2**4.0 / math.log(5000)) + 1
    assert zipf_count(law[:100], 1e6, 5000) == 5000 and zipf_count(law[:100], -1e6, 5000) == 1
    assert zipf_count(np.full(100, 0.01), 3.0, 100) == 100


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("tau", [2.0, 3.0, 4.0])
def test_the_mean_surprise_is_held_at_the_target(version, tau):
    rng = np.random.default_rng(5)
    held = Mirostat(MirostatOptions(version, tau))
    ranks, surprises = np.arange(1, 5001), []
    for _ in range(400):
        weights = ranks ** -rng.uniform(1.05, 1.5)
        token = held.choose(weights, rng.random())
        assert held.last.surprise == pytest.approx(-math.log2(weights[token] / weights.sum()))
        surprises.append(held.last.surprise)
    assert abs(np.mean(surprises) - tau) < 0.15


def test_a_target_out_of_reach_does_not_wind_the_state_up():
    held = Mirostat(MirostatOptions(1, 20.0))
    for _ in range(200):
        held.choose(np.ones(64), 0.5)
    assert held.mu == 4 * 6 and held.last.drawn_from == 64


@pytest.mark.parametrize("version", [1, 2])
def test_the_trace_is_told_and_a_seed_fixes_it(live, version):
    entry = {"prompt": "The ferry", "maxTokens": 24, "seed": 3, "entropy": True,
             "mirostat": {"version": version, "tau": 2.5, "eta": 0.5}}  # fmt: skip
    first, again, other = generate(live, entry, entry, entry | {"seed": 4})
    assert first == again != other
    GenerateResult.model_validate(first)
    mu = 2 * 2.5
    for token in first["choices"][0]["tokens"]:
        assert token["surprise"] == pytest.approx(-token["logprob"] / math.log(2), abs=1e-4)
        assert token["mu"] == pytest.approx(mu, abs=1e-9) and token["drawnFrom"] >= 1
        mu -= 0.5 * (token["surprise"] - 2.5)


def test_mirostat_replaces_other_options(live):
    entry = {"prompt": "The", "maxTokens": 4, "mirostat": {}}
    results = generate(
        live, entry | {"temperature": 0.5}, entry | {"topP": 0.5}, entry | {"topK": 3}, {"mirostat": {"version": 3}}
    )
    assert [result["error"]["pointer"] for result in results] == [
        "/requests/0/temperature", "/requests/1/topP", "/requests/2/topK", "/requests/3/mirostat/version",
    ]  # fmt: skip


def test_every_sample_may_have_its_own_seed(live):
    entry = {"prompt": "The ferry", "maxTokens": 12, "temperature": 1, "terms": True}
    together, *alone = generate(
        live, entry | {"n": 3, "seeds": [5, 9, 5]}, entry | {"seed": 5}, entry | {"seed": 9}
    )  # fmt: skip
    first, second, third = together["choices"]
    assert first == third == alone[0]["choices"][0] and second == alone[1]["choices"][0] != first
    assert first["tokens"][0]["terms"]["selfCertainty"] < 0
    bad = generate(live, entry | {"n": 3, "seeds": [1]}, entry | {"seeds": [1], "seed": 1})
    assert [result["error"]["pointer"] for result in bad] == ["/requests/0/seeds", "/requests/1/seeds"]


def test_top_k_draws_from_the_likeliest(live):
    entry = {"prompt": "The ferry", "maxTokens": 20, "temperature": 3, "seed": 1}
    (result,) = generate(live, entry | {"topK": 2})
    assert {token["rank"] for token in result["choices"][0]["tokens"]} == {1, 2}


def test_a_stream_tells_what_the_list_tells(live):
    requests = [
        {"prompt": "The ferry", "maxTokens": 10, "n": 2, "temperature": 1, "seed": 1, "topLogprobs": 2},
        {"prompt": "Twelve", "maxTokens": 0},
        {"prompt": "Twelve", "maxTokens": 6, "entropy": True},
    ]
    wanted = generate(live, *requests)
    body = {"requests": requests, "stream": True}
    with live.http.stream("POST", "/v1/assay/generate", content=json.dumps(body)) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line.removeprefix("data: ") for line in response.iter_lines() if line]
    assert lines[-1] == "[DONE]"
    events = [json.loads(line) for line in lines[:-1]]
    assert [event["error"]["pointer"] for event in events if "error" in event] == ["/requests/1/maxTokens"]
    assert len(events) > 20
    for number in (0, 2):
        mine = [event for event in events if event["request"] == number]
        assert mine[-1]["usage"] == wanted[number]["usage"]
        for index, choice in enumerate(wanted[number]["choices"]):
            parts = [event for event in mine if event.get("choice") == index]
            assert "".join(part["text"] for part in parts) == choice["text"]
            assert [token for part in parts for token in part["tokens"]] == choice["tokens"]
            assert [part["finishReason"] for part in parts if part["finishReason"]] == [choice["finishReason"]]
