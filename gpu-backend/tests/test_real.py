"""The built-in model: what a user gets, held against transformers' plain forward."""

import math

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from assay_backend.checkpoint import resolve
from assay_backend.settings import Settings
from tests.conftest import Live

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def real():
    server = Live(Settings(memory=4 << 30))
    server.ready(240)
    yield server
    server.close()


def score(real, *requests):
    return real.post("/v1/assay/score", {"requests": list(requests)}).json()["results"]


def test_it_knows_the_capital_and_the_order_of_words(real):
    (capital, order) = score(
        real,
        {"prompt": "The capital of France is", "continuations": [" Paris", " London", " cheese"]},
        {"continuations": ["The cat sat on the mat.", "mat the on sat cat The."]},
    )
    assert [
        max(entry["continuations"], key=lambda c: c["logprob"])["tokens"][0]["token"] for entry in (capital, order)
    ] == [" Paris", "The"]


def test_log_probabilities_are_the_plain_forwards(real):
    folder = resolve("builtin").folder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    text = "Before dawn the ferry left; 1,234 oranges stood naïvely on the quay 😀, and nobody could say who had paid."
    (result,) = score(real, {"continuations": [text], "entropy": True, "topLogprobs": 10, "terms": True})
    ids = [tokenizer.bos_token_id, *tokenizer.encode(text)]
    with torch.inference_mode():
        table = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    tokens = result["continuations"][0]["tokens"]
    assert [token["id"] for token in tokens] == ids[1:]
    for at, token in enumerate(tokens, 1):
        assert token["logprob"] == pytest.approx(table[at - 1, ids[at]].item(), abs=1e-4)
        row = table[at - 1]
        assert token["entropy"] == pytest.approx(-(row.exp() * row).sum().item(), abs=1e-4)
        # Ranks of near-equals may change places: how many stand clearly above, and how many could.
        own = row[ids[at]].item()
        assert (row > own + 1e-4).sum().item() < token["rank"] <= (row > own - 1e-4).sum().item()
        likeliest = row.topk(10)
        assert [top["logprob"] for top in token["top"]] == pytest.approx(likeliest.values.tolist(), abs=1e-4)
        for top in token["top"]:
            assert top["logprob"] == pytest.approx(row[top["id"]].item(), abs=1e-4)
        assert told([token]) == pytest.approx(estimators([row], [ids[at]]), abs=1e-4)


def test_it_answers_in_batches_with_the_same_bits(real):
    questions = ["What is the capital of France?", "Name a colour.", "What is two plus two?", "Who wrote Hamlet?"]
    requests = [
        {"messages": [{"role": "user", "content": q}], "maxTokens": 12, "topLogprobs": 5, "entropy": True}
        for q in questions
    ]
    together = real.post("/v1/assay/generate", {"requests": requests}).json()["results"]
    alone = [real.post("/v1/assay/generate", {"requests": [request]}).json()["results"][0] for request in requests]
    assert together == alone and "Paris" in together[0]["choices"][0]["text"]
    assert real.http.get("/v1/assay/info").json()["batchInvariant"] is True


def estimators(rows: list[torch.Tensor], chosen: list[int]) -> dict[str, float]:
    """The catalogue's token-level estimators from whole log-distributions, by their formulas, in float64."""
    rows = [row.double() for row in rows]
    losses = [-row[token].item() for row, token in zip(rows, chosen, strict=True)]
    entropies = [-(row.exp() * row).sum().item() for row in rows]
    soft = [(row / 2).softmax(-1) for row in rows]
    size = len(rows[0])
    return {
        "MaximumSequenceProbability": sum(losses),
        "Perplexity": mean(losses),
        "MaxTokenNLL": max(losses),
        "MeanTokenEntropy": mean(entropies),
        "MaxTokenEntropy": max(entropies),
        "RenyiNeg": mean([((p**0.5).sum().log().item() + 0.5 * math.log(size)) / -0.5 for p in soft]),
        "FisherRao": mean([2 / math.pi * math.acos(min(1.0, (p / size).sqrt().sum().item())) for p in soft]),
        "SelfCertainty": mean([math.log(size) + row.mean().item() for row in rows]),
    }


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def told(tokens: list[dict]) -> dict[str, float]:
    """The same from what the backend tells of each token."""
    losses = [-token["logprob"] for token in tokens]
    entropies = [token["entropy"] for token in tokens]
    return {
        "MaximumSequenceProbability": sum(losses),
        "Perplexity": mean(losses),
        "MaxTokenNLL": max(losses),
        "MeanTokenEntropy": mean(entropies),
        "MaxTokenEntropy": max(entropies),
        "RenyiNeg": mean([token["terms"]["renyi"] for token in tokens]),
        "FisherRao": mean([token["terms"]["fisherRao"] for token in tokens]),
        "SelfCertainty": mean([token["terms"]["selfCertainty"] for token in tokens]),
    }


def test_token_level_estimators_are_the_plain_forwards(real):
    folder = resolve("builtin").folder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    prompts = ["The capital of France is", "Water boils at", "My favourite number between one and ten is"]
    requests = [{"prompt": prompt, "maxTokens": 10, "entropy": True, "terms": True} for prompt in prompts]
    results = real.post("/v1/assay/generate", {"requests": requests}).json()["results"]
    for prompt, result in zip(prompts, results, strict=True):
        tokens = result["choices"][0]["tokens"]
        chosen = [token["id"] for token in tokens]
        head = tokenizer.encode(prompt)
        with torch.inference_mode():
            table = model(torch.tensor([head + chosen])).logits[0].log_softmax(-1)
        rows = list(table[len(head) - 1 : len(head) + len(chosen) - 1])
        assert [row.argmax().item() for row in rows] == chosen
        wanted = estimators(rows, chosen)
        assert told(tokens) == pytest.approx(wanted, abs=1e-4 * max(1, len(chosen)))
        for token, row in zip(tokens, rows, strict=True):
            assert told([token]) == pytest.approx(estimators([row], [token["id"]]), abs=1e-4)


def test_dropout_without_dropout_is_the_greedy_answer(real):
    prompt = "The capital of France is"
    (answer,) = real.post("/v1/assay/generate", {"requests": [{"prompt": prompt, "maxTokens": 6}]}).json()["results"]
    (choice,) = answer["choices"]
    entry = {"prompt": prompt, "continuation": choice["text"], "passes": 2}
    results = real.post("/v1/assay/dropout", {"requests": [entry | {"rate": 0}, entry]}).json()["results"]
    still, dropped = (result["tokens"] for result in results)
    assert [t["logprob"] for t in still] == pytest.approx([t["logprob"] for t in choice["tokens"]], abs=1e-4)
    assert sum(token["epistemicEntropy"] for token in dropped) > 0
