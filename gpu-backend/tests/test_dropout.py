"""/v1/assay/dropout: against the plain forward at rate 0, and the identities of its entropies."""

import pytest


def dropout(live, *requests):
    response = live.post("/v1/assay/dropout", {"requests": list(requests)})
    assert response.status_code == 200, response.text
    return response.json()["results"]


ENTRY = {"prompt": "What is the capital of", "continuation": " France? The capital is Paris", "passes": 6, "seed": 4}


def test_rate_zero_is_the_plain_forward(live):
    (result,) = dropout(live, ENTRY | {"rate": 0})
    body = {"requests": [{"prompt": ENTRY["prompt"], "continuations": [ENTRY["continuation"]], "entropy": True}]}
    (scored,) = live.post("/v1/assay/score", body).json()["results"][0]["continuations"]
    assert len(result["tokens"]) == len(scored["tokens"])
    for ours, theirs in zip(result["tokens"], scored["tokens"], strict=True):
        assert (ours["id"], ours["start"], ours["end"]) == (theirs["id"], theirs["start"], theirs["end"])
        assert ours["logprob"] == pytest.approx(theirs["logprob"], abs=1e-4)
        assert ours["predictiveEntropy"] == pytest.approx(theirs["entropy"], abs=1e-4)
        assert ours["epistemicEntropy"] == pytest.approx(0, abs=1e-5)


def test_entropies_add_up_and_a_seed_fixes_them(live):
    first, again, other, wilder = dropout(
        live, ENTRY, ENTRY, ENTRY | {"seed": 5}, ENTRY | {"rate": 0.4, "passes": 20}
    )  # fmt: skip
    assert first == again != other and first["inserted"] is True
    for token in first["tokens"]:
        total = token["aleatoricEntropy"] + token["epistemicEntropy"]
        assert token["predictiveEntropy"] == pytest.approx(total, abs=1e-9) and token["epistemicEntropy"] > 0
    assert mean(wilder) > mean(first)


def test_bad_entries_fail_alone(live):
    results = dropout(
        live,
        ENTRY,
        ENTRY | {"rate": 1},
        ENTRY | {"passes": 1},
        {"continuation": ""},
        ENTRY | {"continuation": "a " * 400},
    )
    pointers = [result["error"]["pointer"] for result in results[1:]]
    assert results[0]["tokens"] and pointers == [
        "/requests/1/rate", "/requests/2/passes", "/requests/3/continuation", "/requests/4/continuation",
    ]  # fmt: skip


def mean(result) -> float:
    return sum(token["epistemicEntropy"] for token in result["tokens"]) / len(result["tokens"])
