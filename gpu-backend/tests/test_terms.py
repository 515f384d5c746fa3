"""Terms over the whole distribution, phrase mass and windows of /v1/assay/score against the plain forward."""

import json
import math
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer

from assay_backend.own_answers import ScoreResult
from assay_backend.sampling import Distribution
from tests.conftest import PROSE


@pytest.fixture(scope="module")
def tokenizer(tiny):
    return AutoTokenizer.from_pretrained(tiny)


def table(plain, ids: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        return plain(torch.tensor([ids])).logits[0].double().log_softmax(-1)


def terms_of(row: torch.Tensor) -> dict[str, float]:
    """By the formulas as they stand, in float64."""
    soft, size = (row / 2).softmax(-1), len(row)
    return {
        "renyi": ((soft**0.5).sum().log().item() + 0.5 * math.log(size)) / -0.5,
        "fisherRao": 2 / math.pi * math.acos(min(1.0, (soft / size).sqrt().sum().item())),
        "selfCertainty": math.log(size) + row.mean().item(),
    }


def score(live, *requests) -> list[dict]:
    response = live.post("/v1/assay/score", {"requests": list(requests)})
    assert response.status_code == 200, response.text
    return response.json()["results"]


def test_terms_are_those_of_the_plain_forward(live, plain, tokenizer):
    text = "What is the capital of France? The capital is Paris."
    (result,) = score(live, {"prompt": "Twelve", "continuations": [text], "terms": True})
    ScoreResult.model_validate(result)
    (found,) = result["continuations"]
    ids = tokenizer.encode("Twelve" + text)
    rows = table(plain, ids)
    first = len(ids) - len(found["tokens"])
    for at, token in enumerate(found["tokens"], first):
        assert token["terms"] == pytest.approx(terms_of(rows[at - 1]), abs=1e-4)
    assert found["bytesPerToken"] == found["scoredBytes"] / found["scoredTokens"]
    (without,) = score(live, {"prompt": "Twelve", "continuations": [text]})
    assert "terms" not in without["continuations"][0]["tokens"][0]


def test_terms_at_their_ends():
    uniform, peaked = torch.zeros(1, 1000), torch.full((1, 1000), math.log(0.01 / 999))
    peaked[0, 7] = math.log(0.99)
    (flat,), (sharp,) = Distribution(uniform).terms([0]), Distribution(peaked).terms([0])
    assert (flat.renyi, flat.self_certainty) == pytest.approx((-2 * math.log(1000), 0), abs=1e-5)
    assert flat.fisher_rao == pytest.approx(0, abs=1e-3)
    assert (sharp.renyi, sharp.fisher_rao, sharp.self_certainty) == pytest.approx((-13.576, 0.305, -4.593), abs=1e-3)
    ruled_out = torch.tensor([[0.0, 1.0, float("-inf"), 2.0]])
    (partly,) = Distribution(ruled_out).terms([0])
    living = ruled_out[0, [0, 1, 3]].log_softmax(-1)
    assert partly.self_certainty == pytest.approx(math.log(3) + living.mean().item(), abs=1e-5)


def test_the_mass_of_phrases(live, plain, tokenizer):
    phrases = [" Paris", " The capital", " The", " The"]
    (result,) = score(live, {"prompt": "What is the capital of France?", "phrases": phrases})
    ScoreResult.model_validate(result)
    head = tokenizer.encode("What is the capital of France?")
    for phrase, found in zip(phrases, result["phrases"], strict=True):
        ids = head + tokenizer.encode(phrase)
        rows = table(plain, ids)
        wanted = sum(rows[at - 1, ids[at]].item() for at in range(len(head), len(ids)))
        assert found["phrase"] == phrase and found["logprob"] == pytest.approx(wanted, abs=1e-4)
        assert found["mass"] == pytest.approx(math.exp(wanted), rel=1e-3)
    # " The capital" is part of " The", and the second " The" is the first one.
    assert result["mass"] == pytest.approx(result["phrases"][0]["mass"] + result["phrases"][2]["mass"], rel=1e-9)
    assert "continuations" not in result


def test_windows_of_any_stride_score_each_token_once(live, plain, tokenizer):
    text = PROSE
    ids = [tokenizer.bos_token_id, *tokenizer.encode(text)]
    window, stride = 64, 10
    (result,) = score(live, {"prompt": "", "continuations": [text], "window": window, "stride": stride})
    tokens = result["continuations"][0]["tokens"]
    assert [token["id"] for token in tokens] == ids[1:]
    done, end = 1, window
    while done < len(ids):
        begin = max(0, end - window)
        rows = table(plain, ids[begin:end])
        for at in range(done, end):
            assert tokens[at - 1]["logprob"] == pytest.approx(rows[at - 1 - begin, ids[at]].item(), abs=1e-4)
        done, end = end, min(end + stride, len(ids))


def test_refusals(live):
    results = score(
        live,
        {"prompt": "a"},
        {"prompt": "a", "phrases": []},
        {"prompt": "a", "phrases": [" b", ""]},
        {"continuations": [" a"], "window": 8, "stride": 8},
    )
    pointers = [result["error"]["pointer"] for result in results]
    assert pointers == [
        "/requests/0/continuations", "/requests/1/phrases", "/requests/2/phrases/1", "/requests/3/stride",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "name"), [("RenyiNeg", "renyi"), ("FisherRao", "fisher_rao"), ("SelfCertainty", "self_certainty")]
)
def test_terms_agree_with_the_golden_vectors(method, name):
    vectors = Path(__file__).parents[2] / "test" / "vectors" / "uncertainty.lm-polygraph.json"
    (found,) = [one for one in json.loads(vectors.read_text()) if one["method"] == method]
    for case in found["cases"]:
        rows = torch.tensor(case["input"]["logDistributions"], dtype=torch.float64)
        terms = Distribution(rows).terms(list(range(len(rows))))
        mean = sum(getattr(one, name) for one in terms) / len(terms)
        assert mean == pytest.approx(case["expected"], abs=case["tolerance"])
