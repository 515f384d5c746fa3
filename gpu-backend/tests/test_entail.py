"""/v1/assay/entail by a cross-encoder and by the language model, and /v1/assay/embed and tokenize."""

import json
import time

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from assay_backend.own_answers import EntailResult, TokenizeResult
from assay_backend.settings import Settings
from tests.conftest import Live
from tests.small_models import make_classifier

PAIRS = [
    ("The ferry left the harbour before dawn.", "nobody could say who had paid"),
    ("Twelve crates of oranges", "one two three"),
    ("The capital is Paris. " * 30, "What is the capital of France?"),
]
ENTRIES = [{"premise": premise, "hypothesis": hypothesis} for premise, hypothesis in PAIRS]


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    return make_classifier(tmp_path_factory.mktemp("nli") / "tiny-nli", ["CONTRADICTION", "Entailment", "neutral"])


@pytest.fixture(scope="module")
def judging(tiny, classifier):
    server = Live(Settings(model=str(tiny), threads=1, memory=1 << 30, nli=str(classifier))).ready()
    yield server
    server.close()


def post(server, path: str, *requests) -> dict:
    response = server.post(f"/v1/assay/{path}", {"requests": list(requests)})
    assert response.status_code == 200, response.text
    return response.json()


def test_the_cross_encoder_judges_by_its_own_labels(judging, classifier):
    answer = post(judging, "entail", ENTRIES[0], {"premise": "", "hypothesis": "a"}, *ENTRIES[1:])
    assert answer["by"] == "tiny-nli" and answer["results"][1]["error"]["pointer"] == "/requests/1/premise"
    del answer["results"][1]
    model = AutoModelForSequenceClassification.from_pretrained(classifier).eval()
    tokenizer = AutoTokenizer.from_pretrained(classifier)
    for (premise, hypothesis), found in zip(PAIRS, answer["results"], strict=True):
        EntailResult.model_validate(found)
        read = tokenizer(premise, hypothesis, truncation="longest_first", max_length=64, return_tensors="pt")
        with torch.inference_mode():
            contradict, entail, neutral = model(**read).logits[0].softmax(-1).tolist()
        assert found == pytest.approx({"entail": entail, "neutral": neutral, "contradict": contradict}, abs=1e-4)


def test_batches_that_find_no_memory_are_split(judging, monkeypatch):
    wanted = post(judging, "entail", *ENTRIES)
    honest = judging.service.encoders.cross.model.forward

    def scarce(input_ids, **options):
        if len(input_ids) > 1:
            raise MemoryError
        return honest(input_ids, **options)

    monkeypatch.setattr(judging.service.encoders.cross.model, "forward", scarce)
    for found, expected in zip(post(judging, "entail", *ENTRIES)["results"], wanted["results"], strict=True):
        assert found == pytest.approx(expected, abs=1e-5)


def test_without_one_the_model_judges_and_is_named(live, plain):
    answer = post(live, "entail", *ENTRIES[:2])
    assert answer["by"] == "judge:tiny"
    for found in answer["results"]:
        EntailResult.model_validate(found)
        assert sum(found.values()) == pytest.approx(1)
    (result,) = post(live, "entail", {"premise": "a " * 300, "hypothesis": "b"})["results"]
    assert result["error"]["code"] == "context_length_exceeded"


@pytest.mark.parametrize("labels", [["LABEL_0", "LABEL_1", "LABEL_2"], ["entailment", "not_entailment"]])
def test_labels_that_say_nothing_are_refused_at_the_start(tiny, tmp_path, labels):
    folder = make_classifier(tmp_path / "odd", labels)
    server = Live(Settings(model=str(tiny), threads=1, memory=1 << 30, nli=str(folder)))
    deadline = time.monotonic() + 60
    while server.service.state == "loading" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.service.state == "failed" and "id2label" in server.service.detail
    server.close()


def test_tokenize_tells_bytes(live, tiny):
    text = "naïve 😀 The capital"
    answer = post(live, "tokenize", {"text": text}, {"text": 3}, {"text": "a", "special": True})
    (first, bad, _) = answer["results"]
    TokenizeResult.model_validate(first)
    tokens = first["tokens"]
    assert [token["id"] for token in tokens] == AutoTokenizer.from_pretrained(tiny).encode(text)
    assert tokens[0]["start"] == 0 and tokens[-1]["end"] == len(text.encode())
    assert bad["error"]["pointer"] == "/requests/1/text"


def test_every_own_route_is_documented_with_what_it_refers_to(live):
    document = live.http.get("/openapi.json").json()
    named = set(document["components"]["schemas"])
    parts = [piece.split('"')[0] for piece in json.dumps(document).split("#/components/schemas/")[1:]]
    assert set(parts) <= named
    for path in ("score", "generate", "dropout", "compare", "entail", "embed", "tokenize", "models/load"):
        route = document["paths"][f"/v1/assay/{path}"]["post"]
        assert route["responses"]["200"]["content"]["application/json"]["schema"]
        assert route["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert "mirostat" in document["components"]["schemas"]["GenerateRequest"]["properties"]
