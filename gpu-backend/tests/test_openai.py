"""The OpenAI surface through the official client, and vLLM's additions to it."""

import base64
import json
import struct
import time

import openai
import pytest
import torch
from transformers import AutoTokenizer

MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]


@pytest.fixture(scope="module")
def client(live):
    return openai.OpenAI(base_url=f"{live.url}/v1", api_key="none", max_retries=0)


@pytest.fixture(scope="module")
def tokenizer(tiny):
    return AutoTokenizer.from_pretrained(tiny)


def table(plain, ids: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        return plain(torch.tensor([ids])).logits[0].log_softmax(-1)


def test_models(client, tiny):
    assert [model.id for model in client.models.list()] == ["tiny"]
    assert client.models.retrieve("tiny").id == "tiny"
    assert client.chat.completions.create(model=str(tiny), messages=MESSAGES, max_tokens=1).model == "tiny"


def test_chat_with_samples_and_logprobs(client, plain, tokenizer):
    answer = client.chat.completions.create(
        model="tiny",
        messages=MESSAGES,
        n=3,
        seed=5,
        max_completion_tokens=8,
        logprobs=True,
        top_logprobs=4,
        temperature=0.8,
    )
    assert [choice.index for choice in answer.choices] == [0, 1, 2] and answer.choices[0].finish_reason in {
        "length",
        "stop",
    }
    again = client.chat.completions.create(
        model="tiny",
        messages=MESSAGES,
        n=3,
        seed=5,
        max_completion_tokens=8,
        logprobs=True,
        top_logprobs=4,
        temperature=0.8,
    )
    assert again.choices == answer.choices
    ids = tokenizer.encode(tokenizer.apply_chat_template(MESSAGES, tokenize=False, add_generation_prompt=True))
    rows = table(plain, ids)
    first = answer.choices[0].logprobs.content[0]
    assert len(first.top_logprobs) == 4
    assert [top.logprob for top in first.top_logprobs] == pytest.approx(rows[-1].topk(4).values.tolist(), abs=1e-4)
    assert answer.usage.prompt_tokens == len(ids)
    assert (
        b"".join(bytes(t.bytes) for t in answer.choices[0].logprobs.content).decode(errors="replace")
        == answer.choices[0].message.content
    )


def test_chat_stream_equals_the_whole_answer(client):
    options = {
        "model": "tiny",
        "messages": MESSAGES,
        "max_tokens": 30,
        "temperature": 1,
        "seed": 2,
        "n": 2,
        "logprobs": True,
    }
    whole = client.chat.completions.create(**options)
    texts, logprobs, finish, usage = ["", ""], [[], []], [None, None], None
    for chunk in client.chat.completions.create(**options, stream=True, stream_options={"include_usage": True}):
        usage = chunk.usage or usage
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
            finish[choice.index] = choice.finish_reason or finish[choice.index]
            logprobs[choice.index] += choice.logprobs.content if choice.logprobs else []
    assert texts == [choice.message.content for choice in whole.choices]
    assert finish == [choice.finish_reason for choice in whole.choices]
    assert logprobs == [choice.logprobs.content for choice in whole.choices]
    assert usage == whole.usage


def test_a_stream_holds_back_what_may_become_a_stop(client):
    whole = client.completions.create(model="tiny", prompt="The", max_tokens=40, temperature=0).choices[0].text
    stop = whole[10:14]
    pieces = [
        chunk.choices[0].text
        for chunk in client.completions.create(
            model="tiny", prompt="The", max_tokens=40, temperature=0, stop=[stop], stream=True
        )
    ]
    assert "".join(pieces) == whole[: whole.index(stop)]


def test_completions_of_every_kind_of_prompt(client, tokenizer):
    ids = tokenizer.encode("The capital")
    answer = client.completions.create(model="tiny", prompt=["The capital", "One two"], n=2, seed=3, max_tokens=5)
    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
    by_ids = client.completions.create(model="tiny", prompt=[ids], n=2, seed=3, max_tokens=5)
    assert [choice.text for choice in by_ids.choices] == [choice.text for choice in answer.choices[:2]]
    assert (
        client.completions.create(model="tiny", prompt=ids, max_tokens=5, seed=3).choices[0].text
        == answer.choices[0].text
    )


def test_echo_and_logprobs_score_a_prompt(client, plain, tokenizer):
    text = "The capital is Paris. One two"
    ids = tokenizer.encode(text)
    rows = table(plain, ids)
    wanted = [rows[at - 1, ids[at]].item() for at in range(1, len(ids))]
    scored = client.completions.create(model="tiny", prompt=[text, text], max_tokens=0, echo=True, logprobs=2).choices
    assert [choice.text for choice in scored] == [text, text]
    found = scored[0].logprobs
    assert found.token_logprobs[0] is None and found.token_logprobs[1:] == pytest.approx(wanted, abs=1e-4)
    assert "".join(found.tokens) == text and found.text_offset[1] == len(found.tokens[0])
    assert all(name in top for name, top in zip(found.tokens[1:], found.top_logprobs[1:], strict=True))
    longer = client.completions.create(
        model="tiny", prompt=text, max_tokens=3, temperature=0, echo=True, logprobs=1
    ).choices[0]
    assert longer.text.startswith(text) and len(longer.logprobs.tokens) <= len(ids) + 3
    assert longer.logprobs.token_logprobs[: len(ids)] == found.token_logprobs


def test_the_ending_token_is_told_of_a_completion(live, client, plain, tokenizer):
    """lm-evaluation-harness drops the one generated token: were it left out, a scored token would go in its place."""
    text = "The capital"
    first = client.completions.create(model="tiny", prompt=text, max_tokens=1, temperature=0, logprobs=1).choices[0]
    (token,) = tokenizer.encode(first.logprobs.tokens[0])
    body = {"prompt": text, "max_tokens": 1, "temperature": 0, "logprobs": 1, "echo": True, "stop_token_ids": [token]}
    (choice,) = live.post("/v1/completions", body | {"return_token_ids": True}).json()["choices"]
    assert choice["text"] == text and choice["finish_reason"] == "stop" and choice["token_ids"] == [token]
    assert len(choice["logprobs"]["token_logprobs"]) == len(tokenizer.encode(text)) + 1
    assert choice["logprobs"]["token_logprobs"][-1] == first.logprobs.token_logprobs[0]
    body |= {"stream": True, "echo": False}
    lines = [line for line in live.post("/v1/completions", body).text.splitlines() if line.startswith("data: {")]
    (last,) = json.loads(lines[-1].removeprefix("data: "))["choices"]
    assert last["text"] == "" and last["logprobs"]["token_logprobs"] == [first.logprobs.token_logprobs[0]]


def test_vllm_prompt_logprobs(live, plain, tokenizer):
    ids = tokenizer.encode("One two three four")
    body = {"prompt": [ids], "max_tokens": 1, "temperature": 0, "prompt_logprobs": 3, "return_token_ids": True}
    (choice,) = live.post("/v1/completions", body).json()["choices"]
    rows = table(plain, ids)
    assert choice["prompt_logprobs"][0] is None and choice["prompt_token_ids"] == ids and len(choice["token_ids"]) <= 1
    for at, entry in enumerate(choice["prompt_logprobs"][1:], 1):
        row = rows[at - 1]
        given = entry[str(ids[at])]
        assert given["logprob"] == pytest.approx(row[ids[at]].item(), abs=1e-4)
        assert given["rank"] == int((row > row[ids[at]]).sum()) + 1
        assert given["decoded_token"] == tokenizer.decode([ids[at]])
        assert {int(key) for key in entry} == {ids[at], *row.topk(3).indices.tolist()}


def test_logit_bias_forces_and_forbids(client, tokenizer):
    (wanted,) = tokenizer.encode(" Paris")
    forced = client.completions.create(
        model="tiny", prompt="The", max_tokens=3, temperature=0, logit_bias={str(wanted): 100}
    )
    assert forced.choices[0].text == " Paris Paris Paris"
    free = client.completions.create(model="tiny", prompt="The", max_tokens=1, temperature=0, logprobs=1).choices[0]
    (first,) = tokenizer.encode(free.logprobs.tokens[0])
    barred = client.completions.create(
        model="tiny", prompt="The", max_tokens=1, temperature=0, logit_bias={str(first): -100}
    )
    assert barred.choices[0].text != free.text


def test_tokenize_and_back(live, tokenizer):
    text = "naïve 😀 The capital"
    answer = live.post("/tokenize", {"prompt": text, "return_token_strs": True}).json()
    assert (
        answer["tokens"] == tokenizer.encode(text)
        and answer["count"] == len(answer["tokens"])
        and answer["max_model_len"] == 256
    )
    assert answer["token_strs"] == tokenizer.convert_ids_to_tokens(answer["tokens"])
    assert live.post("/detokenize", {"tokens": answer["tokens"]}).json()["prompt"] == text
    chat = live.post("/tokenize", {"messages": MESSAGES}).json()["tokens"]
    assert chat == tokenizer.encode(tokenizer.apply_chat_template(MESSAGES, tokenize=False, add_generation_prompt=True))


def test_embeddings_tell_meanings_apart(client, live):
    texts = ["A cat sleeps on the sofa.", "A kitten naps on the couch.", "The stock market fell."]
    vectors = torch.tensor(
        [entry.embedding for entry in client.embeddings.create(model="all-minilm-l6-v2", input=texts).data]
    )
    assert torch.allclose(vectors.norm(dim=1), torch.ones(3), atol=1e-4)
    assert vectors[0] @ vectors[1] > 0.5 > vectors[0] @ vectors[2] + 0.3
    packed = live.post("/v1/embeddings", {"input": texts[0], "encoding_format": "base64", "dimensions": 8}).json()[
        "data"
    ][0]["embedding"]
    assert len(struct.unpack("<8f", base64.b64decode(packed))) == 8


@pytest.mark.parametrize(
    ("path", "body", "status", "param"),
    [
        ("/v1/chat/completions", {"messages": []}, 400, "messages"),
        ("/v1/chat/completions", {"messages": MESSAGES, "max_tokens": -1}, 400, "max_tokens"),
        ("/v1/chat/completions", {"messages": MESSAGES, "top_logprobs": 3}, 400, "top_logprobs"),
        ("/v1/chat/completions", {"messages": MESSAGES, "top_logprobs": 21, "logprobs": True}, 400, "top_logprobs"),
        ("/v1/chat/completions", {"messages": MESSAGES, "model": "other"}, 404, "model"),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "a " * 900}]}, 400, "messages"),
        ("/v1/completions", {"prompt": []}, 400, "prompt"),
        ("/v1/completions", {"prompt": ["a"] * 2049}, 400, "prompt"),
        ("/v1/completions", {"prompt": [3, 100_000]}, 400, "prompt.1"),
        ("/v1/completions", {"prompt": [[3], [-1]]}, 400, "prompt.1.0"),
        ("/v1/completions", {"prompt": "a", "logit_bias": {"99999": 1}}, 400, "logit_bias.99999"),
        ("/v1/completions", {"prompt": "a", "max_tokens": 300}, 400, "max_tokens"),
        ("/v1/completions", {"prompt": "a", "stream": True, "echo": True}, 400, "stream"),
        ("/v1/completions", {"prompt": "a\udfff"}, 400, "prompt"),
        ("/v1/completions", {"prompt": "a", "top_k": -2}, 400, "top_k"),
        ("/v1/completions", {"prompt": "a", "frequency_penalty": 2.5}, 400, "frequency_penalty"),
        ("/v1/completions", {"prompt": "a", "best_of": 3}, 400, "best_of"),
        ("/v1/completions", {"prompt": "a", "suffix": "b"}, 400, "suffix"),
        ("/v1/completions", {"prompt": "a", "allowed_token_ids": [1, 4000]}, 400, "allowed_token_ids.1"),
        ("/v1/completions", {"prompt": "a", "logprobs": 1, "logprob_token_ids": [-1]}, 400, "logprob_token_ids.0"),
        ("/v1/completions", {"prompt": "a", "logprob_token_ids": [1]}, 400, "logprob_token_ids"),
        ("/v1/completions", {"prompt": "a", "stream_options": {"include_usage": True}}, 400, "stream_options"),
        ("/v1/chat/completions", {"messages": MESSAGES, "tools": [{"type": "function"}]}, 400, "tools"),
        ("/v1/chat/completions", {"messages": MESSAGES, "continue_final_message": True}, 400, "messages"),
        (
            "/v1/chat/completions",
            {"messages": MESSAGES, "response_format": {"type": "xml"}},
            400,
            "response_format.type",
        ),
        ("/tokenize", {}, 400, "prompt"),
        ("/detokenize", {"tokens": [5, 4000]}, 400, "tokens.1"),
        ("/v1/embeddings", {"input": []}, 400, "input"),
        ("/v1/nowhere", {}, 404, None),
    ],
)
def test_bad_requests_name_their_field(live, path, body, status, param):
    response = live.post(path, body)
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["param"] == param and error["message"] and error["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "data", [b'{"prompt":"\xff"}', b"", b"[1,", b'{"temperature": NaN, "prompt": "a"}', b"7", b"[" * 100_000]
)
def test_bodies_that_are_no_json_object(live, data):
    response = live.http.post("/v1/completions", content=data)
    assert response.status_code == 400 and json.loads(response.text)["error"]["message"]


def test_a_client_that_leaves_a_stream_frees_its_slots(live):
    engine = live.service.model().engine
    body = {"prompt": "The", "max_tokens": 250, "n": 30, "ignore_eos": True, "stream": True}
    with live.http.stream("POST", "/v1/completions", json=body) as response:
        assert next(response.iter_lines()).startswith("data: {")
        assert not engine.idle
    deadline = time.monotonic() + 10
    while not engine.idle and time.monotonic() < deadline:
        time.sleep(0.01)
    assert engine.idle and engine.runner.used_bytes() == 0
