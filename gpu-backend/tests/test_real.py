"""The built-in model: what a user gets, held against transformers' plain forward."""

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
    (result,) = score(real, {"continuations": [text], "entropy": True})
    ids = [tokenizer.bos_token_id, *tokenizer.encode(text)]
    with torch.inference_mode():
        table = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    tokens = result["continuations"][0]["tokens"]
    assert [token["id"] for token in tokens] == ids[1:]
    for at, token in enumerate(tokens, 1):
        assert token["logprob"] == pytest.approx(table[at - 1, ids[at]].item(), abs=1e-4)
        row = table[at - 1]
        assert token["entropy"] == pytest.approx(-(row.exp() * row).sum().item(), abs=1e-4)


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
