"""Several models within one memory budget, and what two of them say of the same texts."""

import concurrent.futures
import math
import threading
import time

import httpx
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from assay_backend.compute import in_turn
from assay_backend.memory import Budget, in_batches
from assay_backend.own_answers import CompareResult, DropoutResult, ModelEntry, ModelList
from assay_backend.settings import Settings
from tests.conftest import PROSE, Live
from tests.small_models import copy_tokenizer, make_gemma, make_gpt2, make_llama, make_other_tokenizer


@pytest.fixture(scope="module")
def folders(tiny, tmp_path_factory):
    root = tmp_path_factory.mktemp("more")
    makers = {
        "other": lambda folder, size: make_llama(folder, size, 7),
        "third": lambda folder, size: make_llama(folder, size, 8),
        "gpt2": make_gpt2,
        "gemma": make_gemma,
    }
    for name, make in makers.items():
        make(root / name, copy_tokenizer(tiny, root / name))
    foreign = root / "foreign"
    make_llama(foreign, make_other_tokenizer(foreign), 9)
    return root


@pytest.fixture
def server(tiny):
    # A model sets a quarter of a GiB aside: there is room for three.
    made = Live(Settings(model=str(tiny), threads=1, memory=(3 << 28) + (100 << 20))).ready()
    yield made
    made.close()


def load(server, folders, name: str):
    return server.post("/v1/assay/models/load", {"id": name, "path": str(folders / name)})


def loaded(server) -> list[str]:
    answer = server.http.get("/v1/assay/models").json()
    ModelList.model_validate(answer)
    held = sum(one["fixedBytes"] + one["heldBytes"] for one in answer["models"])
    assert held <= answer["budgetBytes"]
    return [one["id"] for one in answer["models"]]


SCORE = {"requests": [{"prompt": "The", "continuations": [" capital is Paris", " ferry"]}]}


def scored(server, model: str):
    return server.post("/v1/assay/score", SCORE | {"model": model})


def test_the_least_recently_used_model_makes_room(server, folders):
    for name in ("other", "third"):
        answer = load(server, folders, name)
        assert answer.status_code == 200, answer.text
        ModelEntry.model_validate(answer.json())
    assert set(loaded(server)) == {"tiny", "other", "third"}
    told = {name: scored(server, name).json()["results"] for name in ("tiny", "third", "other")}
    assert told["other"] != told["third"] != told["tiny"]
    assert loaded(server) == ["tiny", "third", "other"]
    assert load(server, folders, "gpt2").status_code == 200
    # "third" was used before "other"; the first model is never unloaded.
    assert set(loaded(server)) == {"tiny", "other", "gpt2"}
    gone = scored(server, "third")
    assert gone.status_code == 404 and "made room for 'gpt2'" in gone.json()["error"]["message"]
    assert scored(server, "other").json()["results"] == told["other"]
    assert load(server, folders, "third").status_code == 200 and scored(server, "third").json()["results"]
    ids = [entry["id"] for entry in server.http.get("/v1/models").json()["data"]]
    assert ids[0] == "tiny" and "third" in ids
    metrics = server.http.get("/metrics").text
    assert 'assay_backend_model_unloads_total{reason="evicted"}' in metrics
    assert 'assay_backend_kv_bytes{model="third"}' in metrics and 'model="gpt2"' not in metrics
    for name in ("tokens_per_second", "memory_budget_bytes", "out_of_memory_total", "prefix_tokens_total"):
        assert f"assay_backend_{name}" in metrics


def test_unloading_and_its_refusals(server, folders):
    assert load(server, folders, "other").status_code == 200
    again = load(server, folders, "other")
    assert again.status_code == 409 and again.json()["error"]["code"] == "model_loaded"
    left = server.post("/v1/assay/models/unload", {"id": "other"})
    assert left.status_code == 200 and [one["id"] for one in left.json()["models"]] == ["tiny"]
    assert server.post("/v1/assay/models/unload", {"id": "other"}).status_code == 404
    assert server.post("/v1/assay/models/unload", {"id": "tiny"}).json()["error"]["code"] == "model_pinned"
    missing = server.post("/v1/assay/models/load", {"id": "x", "path": "/nowhere/at/all"})
    assert missing.status_code == 400 and missing.json()["error"]["pointer"] == "/path"
    assert scored(server, "tiny").status_code == 200


def test_a_model_at_work_is_not_put_out(server, folders):
    for name in ("other", "third"):
        assert load(server, folders, name).status_code == 200
    held = [server.service.registry.get(name) for name in ("other", "third")]
    gate = [one.engine.call(lambda runner: time.sleep(1.5)) for one in held]
    answer = load(server, folders, "gpt2")
    assert answer.status_code == 503 and answer.headers["retry-after"]
    for call in gate:
        call.result()
    assert set(loaded(server)) == {"tiny", "other", "third"}


def whoami(*_: object) -> str:
    return threading.current_thread().name


def test_two_models_and_the_encoders_batches_share_the_thread(server, folders):
    assert load(server, folders, "other").status_code == 200
    names = {server.service.registry.get(name).engine.call(whoami).result() for name in ("tiny", "other")}
    in_batches([1, 2, 3], 3, lambda part: names.add(whoami()))
    assert names == {in_turn(whoami)}


def test_one_model_does_not_wait_for_all_that_another_has_to_do(server, folders):
    assert load(server, folders, "other").status_code == 200
    tiny, other = (server.service.registry.get(name) for name in ("tiny", "other"))
    order: list[str] = []
    held = threading.Event()
    first = tiny.engine.call(lambda runner: held.wait(30))
    calls = [tiny.engine.call(lambda runner: order.append("tiny")) for _ in range(20)]
    calls.append(other.engine.call(lambda runner: order.append("other")))
    # Until the other engine's turn waits behind the held one.
    time.sleep(0.3)
    held.set()
    for call in [first, *calls]:
        call.result(30)
    assert order.index("other") < 5


def test_the_budget_counts():
    budget = Budget(100)
    assert budget.reserve("a", 60) and not budget.reserve("b", 41) and budget.left == 40
    budget.release("a")
    assert budget.left == 100 and budget.reserve("b", 100)


def reference(folder) -> tuple:
    return AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32
    ).eval()


def logprobs(model, ids: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        return model(torch.tensor([ids])).logits[0].double().log_softmax(-1)


def test_a_client_that_leaves_a_comparison_frees_both_models(server, folders):
    assert load(server, folders, "other").status_code == 200
    body = {"reference": "other", "requests": [{"text": PROSE * 20}] * 200}
    with pytest.raises(httpx.ReadTimeout):
        server.http.post("/v1/assay/compare", json=body, timeout=1)

    def read() -> tuple[bool, str]:
        models = server.http.get("/v1/assay/models").json()["models"]
        lines = server.http.get("/metrics").text.splitlines()
        return any(one["busy"] for one in models), [line for line in lines if line.startswith("assay_backend_kv_bytes")]

    free = (False, ['assay_backend_kv_bytes{model="tiny"} 0.0', 'assay_backend_kv_bytes{model="other"} 0.0'])
    # Between two windows both are free for a moment all the same.
    deadline, in_a_row = time.monotonic() + 10, 0
    while in_a_row < 10 and time.monotonic() < deadline:
        in_a_row = in_a_row + 1 if read() == free else 0
        time.sleep(0.05)
    assert in_a_row == 10


def test_a_model_unloaded_in_a_comparison_leaves_the_other_no_lost_room(server, folders):
    assert load(server, folders, "other").status_code == 200
    body = {"model": "other", "reference": "tiny", "requests": [{"text": PROSE * 20}] * 50}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answer = pool.submit(server.post, "/v1/assay/compare", body)
        time.sleep(1)
        server.service.registry.unload("other", "asked", 0.0)
        assert answer.result().status_code == 503
    time.sleep(0.3)
    assert server.service.registry.get("tiny").runner.used_bytes() == 0


@pytest.mark.parametrize("other", ["other", "gpt2"])
def test_divergences_are_those_of_the_plain_forwards(server, folders, plain, other):
    assert load(server, folders, other).status_code == 200
    tokenizer, theirs = reference(folders / other)
    text = "What is the capital of France? The capital is Paris."
    body = {"reference": other, "requests": [{"text": text, "topK": 5}, {"text": ""}, {"text": PROSE}]}
    answer = server.post("/v1/assay/compare", body)
    assert answer.status_code == 200, answer.text
    found, bad, long = answer.json()["results"]
    CompareResult.model_validate(found)
    assert answer.json()["reference"] == other and bad["error"]["pointer"] == "/requests/1/text"
    ids = [tokenizer.bos_token_id, *tokenizer.encode(text)]
    p, q = logprobs(plain, ids), logprobs(theirs, ids)
    assert [token["id"] for token in found["tokens"]] == ids[1:]
    for at, token in enumerate(found["tokens"], 1):
        one, two = p[at - 1], q[at - 1]
        middle = ((one.exp() + two.exp()) / 2).log()
        shannon = ((one.exp() * (one - middle)).sum() + (two.exp() * (two - middle)).sum()) / 2 / math.log(2)
        assert token["klForward"] == pytest.approx((one.exp() * (one - two)).sum().item(), abs=1e-4, rel=1e-4)
        assert token["klBackward"] == pytest.approx((two.exp() * (two - one)).sum().item(), abs=1e-4, rel=1e-4)
        assert token["jensenShannon"] == pytest.approx(shannon.item(), abs=1e-4)
        assert token["topAgree"] == (one.argmax() == two.argmax()).item()
        shared = set(one.topk(5).indices.tolist()) & set(two.topk(5).indices.tolist())
        assert token["topKOverlap"] == pytest.approx(len(shared) / 5)
        assert token["logprobDelta"] == pytest.approx((one[ids[at]] - two[ids[at]]).item(), abs=1e-4)
    mean = sum(token["klForward"] for token in found["tokens"]) / len(found["tokens"])
    assert found["meanKlForward"] == pytest.approx(mean)
    # Longer than either context: windows, each token once.
    assert [token["id"] for token in long["tokens"]] == tokenizer.encode(PROSE)
    assert server.service.registry.get(other).runner.used_bytes() == 0


def test_a_model_beside_itself_is_not_apart(server):
    (found,) = server.post("/v1/assay/compare", {"reference": "tiny", "requests": [{"text": PROSE[:200]}]}).json()[
        "results"
    ]
    assert found["meanKlForward"] == 0 and found["topAgreement"] == 1 and found["meanTopKOverlap"] == 1


def test_other_tokenizers_are_refused_with_bits_per_byte(server, folders, plain, tiny):
    assert load(server, folders, "foreign").status_code == 200
    text = "What is the capital of France?"
    answer = server.post("/v1/assay/compare", {"reference": "foreign", "requests": [{"text": text}]})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "tokenizers_differ" and error["pointer"] == "/reference"
    for which, folder in (("model", tiny), ("reference", folders / "foreign")):
        tokenizer, model = reference(folder)
        ids = [tokenizer.bos_token_id, *tokenizer.encode(text)]
        rows = logprobs(model, ids)
        nats = -sum(rows[at - 1, ids[at]].item() for at in range(1, len(ids)))
        assert error["bitsPerByte"][which] == pytest.approx(nats / math.log(2) / len(text), abs=1e-4)
    unknown = server.post("/v1/assay/compare", {"reference": "nobody", "requests": [{"text": text}]})
    assert unknown.status_code == 404 and unknown.json()["error"]["pointer"] == "/reference"


@pytest.mark.parametrize(("name", "inserted"), [("gpt2", False), ("gemma", True), ("tiny", True)])
def test_dropout_of_any_architecture(server, folders, tiny, name, inserted):
    if name != "tiny":
        assert load(server, folders, name).status_code == 200
    entry = {"prompt": "What is the capital of", "continuation": " France? The capital", "passes": 12, "seed": 4}

    def dropout(*requests):
        return server.post("/v1/assay/dropout", {"model": name, "requests": list(requests)}).json()["results"]

    still, first, again, other = dropout(entry | {"rate": 0}, entry, entry, entry | {"seed": 5})
    DropoutResult.model_validate(first)
    assert first["inserted"] is inserted and first == again != other
    tokenizer, model = reference(tiny if name == "tiny" else folders / name)
    ids = tokenizer.encode(entry["prompt"] + entry["continuation"])
    rows = logprobs(model, ids)
    for at, token in enumerate(still["tokens"], len(ids) - len(still["tokens"])):
        assert token["logprob"] == pytest.approx(rows[at - 1, ids[at]].item(), abs=1e-4)
        assert token["expectedPairwiseKl"] == pytest.approx(0, abs=1e-5) == token["probabilityVariance"]
    for token in first["tokens"]:
        assert token["epistemicEntropy"] > 0 and token["probabilityVariance"] > 0
        assert len(token["groupEpistemicEntropies"]) == 5
    # The model itself is as it was.
    body = {"model": name, "requests": [{"prompt": entry["prompt"], "continuations": [entry["continuation"]]}]}
    (scored,) = server.post("/v1/assay/score", body).json()["results"][0]["continuations"]
    for ours, theirs in zip(still["tokens"], scored["tokens"], strict=True):
        assert ours["logprob"] == pytest.approx(theirs["logprob"], abs=1e-4)
