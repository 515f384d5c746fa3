"""/v1/assay/dropout: against the plain forward at rate 0, and the identities of its entropies."""

import pytest
import torch

from assay_backend.dropout import spreads
from assay_backend.dropout_generic import _masked


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


def test_spreads_are_what_their_definitions_say():
    torch.manual_seed(1)
    passes, count, size = 10, 3, 20
    logprobs = (torch.randn(passes, count, size) * 2).double().log_softmax(-1)
    given = [4, 0, 19]
    p = logprobs.exp()

    def kl(a: torch.Tensor, b: torch.Tensor) -> float:
        return (a * (a.log() - b.log())).sum().item()

    def information(some: torch.Tensor) -> float:
        mean = some.mean(0)
        return sum(kl(one, mean) for one in some) / len(some)

    for row, (token, found) in enumerate(zip(given, spreads(logprobs.float(), given), strict=True)):
        one = p[:, row]
        mean = one.mean(0)
        pairs = [kl(one[a], one[b]) for a in range(passes) for b in range(passes) if a != b]
        assert found.pairwise == pytest.approx(sum(pairs) / len(pairs), abs=1e-4)
        assert found.reverse == pytest.approx(sum(kl(mean, other) for other in one) / passes, abs=1e-4)
        assert found.epistemic == pytest.approx(information(one), abs=1e-5)
        assert found.aleatoric == pytest.approx(-(one * one.log()).sum(-1).mean().item(), abs=1e-5)
        assert found.variance == pytest.approx(one[:, token].var(correction=0).item(), abs=1e-7)
        assert found.logprob == pytest.approx(mean[token].log().item(), abs=1e-5)
        assert found.groups == pytest.approx([information(one[at : at + 2]) for at in range(0, 10, 2)], abs=1e-5)
    assert spreads(logprobs[:9].float(), given)[0].groups == []


def test_masks_have_the_variance_of_dropout():
    """y = sum w x m / (1 - p) has variance p / (1 - p) sum w^2 x^2."""
    torch.manual_seed(2)
    weights, rate = torch.randn(8), 0.3
    block = torch.nn.Identity()
    block.register_forward_hook(_masked(rate))
    with torch.inference_mode():
        drawn = torch.stack([block(weights.view(1, 8)).sum() for _ in range(40_000)])
    wanted = rate / (1 - rate) * (weights**2).sum().item()
    assert drawn.var().item() == pytest.approx(wanted, rel=0.04)
    assert drawn.mean().item() == pytest.approx(weights.sum().item(), abs=0.05)
