"""Answers held to a grammar: whatever the model would rather say, what it writes fits."""

import json
import re

import httpx
import openai
import pytest

MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]
CITY = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 8},
        "size": {"enum": ["small", "large"]},
        "numbers": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 99}, "maxItems": 3},
    },
    "required": ["name", "size", "numbers"],
    "additionalProperties": False,
}
NAMED = {"type": "json_schema", "json_schema": {"name": "city", "strict": True, "schema": CITY}}


@pytest.fixture(scope="module")
def client(live):
    return openai.OpenAI(base_url=f"{live.url}/v1", api_key="none", max_retries=0, http_client=httpx.Client())


def fits(text: str) -> bool:
    value = json.loads(text)
    return (
        set(value) == {"name", "size", "numbers"}
        and isinstance(value["name"], str)
        and len(value["name"]) <= 8
        and value["size"] in {"small", "large"}
        and len(value["numbers"]) <= 3
        and all(isinstance(number, int) and 0 <= number <= 99 for number in value["numbers"])
    )


def test_a_schema_holds_every_sample(client):
    answer = client.chat.completions.create(
        model="tiny", messages=MESSAGES, n=12, temperature=1.5, seed=4, max_tokens=120, response_format=NAMED
    )
    assert all(choice.finish_reason == "stop" and fits(choice.message.content) for choice in answer.choices)
    assert len({choice.message.content for choice in answer.choices}) > 6


def test_a_schema_holds_a_stream_and_a_completion_too(client, live):
    options = {"model": "tiny", "temperature": 1, "seed": 6, "max_tokens": 120}
    chunks = client.chat.completions.create(**options, messages=MESSAGES, stream=True, response_format=NAMED)
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    whole = client.chat.completions.create(**options, messages=MESSAGES, response_format=NAMED)
    assert fits(streamed) and streamed == whole.choices[0].message.content
    answer = live.post("/v1/completions", {"prompt": "A city:", "response_format": NAMED, **options}).json()
    assert fits(answer["choices"][0]["text"])


def test_any_json_object(client):
    answer = client.chat.completions.create(
        model="tiny",
        messages=MESSAGES,
        n=10,
        temperature=1,
        seed=1,
        max_tokens=150,
        response_format={"type": "json_object"},
    )
    ended = [choice.message.content for choice in answer.choices if choice.finish_reason == "stop"]
    assert ended and all(isinstance(json.loads(text), dict) for text in ended)


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        ({"regex": "[A-C]{2}-[0-9]{3}"}, r"[A-C]{2}-[0-9]{3}"),
        ({"choice": ["yes", "no", "I do not know"]}, r"yes|no|I do not know"),
        ({"json": {"type": "boolean"}}, r"true|false"),
        ({"json": '{"const": 7}'}, r"7"),
        ({"grammar": 'start: "a" ("b" | "c")'}, r"ab|ac"),
    ],
)
def test_vllms_forms(live, form, wanted):
    body = {"prompt": "The", "max_tokens": 40, "temperature": 1, "n": 8, "seed": 2, "structured_outputs": form}
    choices = live.post("/v1/completions", body).json()["choices"]
    assert all(re.fullmatch(wanted, choice["text"]) and choice["finish_reason"] == "stop" for choice in choices)


def test_log_probabilities_stay_the_models_own(live):
    body = {"prompt": "The", "max_tokens": 1, "temperature": 0, "logprobs": 1, "logit_bias": {}}
    free = live.post("/v1/completions", body).json()["choices"][0]["logprobs"]
    held = live.post("/v1/completions", body | {"structured_outputs": {"choice": ["yes"]}}).json()["choices"][0]
    assert held["logprobs"]["tokens"][0].startswith("y")
    first = free["tokens"][0]
    assert held["logprobs"]["top_logprobs"][0][first] == free["top_logprobs"][0][first]
    assert held["logprobs"]["token_logprobs"][0] < free["token_logprobs"][0]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "city"}}}},
            "response_format.json_schema.schema",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": [1]}}},
            "response_format.json_schema.schema",
        ),
        ({"structured_outputs": {"regex": "("}}, "structured_outputs.regex"),
        ({"structured_outputs": {"regex": "a\\"}}, "structured_outputs.regex"),
        ({"structured_outputs": {"regex": "(" * 100_000}}, "structured_outputs.regex"),
        ({"structured_outputs": {"grammar": "start: start"}}, "structured_outputs.grammar"),
        ({"structured_outputs": {"json": {"$ref": "#"}}}, "structured_outputs.json"),
        ({"structured_outputs": {"json": {"type": "string", "pattern": "("}}}, "structured_outputs.json"),
        ({"structured_outputs": {"choice": []}}, "structured_outputs.choice"),
        ({"structured_outputs": {"json": "{"}}, "structured_outputs.json"),
        ({"structured_outputs": {"regex": "a", "choice": ["a"]}}, "structured_outputs"),
        ({"structured_outputs": {"jsn": {}}}, "structured_outputs.jsn"),
        (
            {"structured_outputs": {"regex": "a"}, "response_format": {"type": "json_object"}},
            "structured_outputs",
        ),
        ({"guided_json": {"type": "object"}}, "guided_json"),
    ],
)
def test_forms_that_cannot_be_held_are_refused(live, body, param):
    response = live.post("/v1/chat/completions", {"messages": MESSAGES, "max_tokens": 4} | body)
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    # One line that says what is wrong, not a state of the library nor a pattern of any length.
    assert error["param"] == param and len(error["message"]) < 500 and "\n" not in error["message"]
    assert "<state>" not in error["message"] and not error["message"].endswith("error:")


def test_options_that_leave_no_token_fail_their_own_request(live):
    (other,) = live.post("/tokenize", {"prompt": "z"}).json()["tokens"]
    body = {"prompt": "The", "max_tokens": 4, "structured_outputs": {"choice": ["yes"]}, "allowed_token_ids": [other]}
    response = live.post("/v1/completions", body)
    assert response.status_code == 400 and "No token is left" in response.json()["error"]["message"]
    assert live.post("/v1/completions", {"prompt": "The", "max_tokens": 1}).status_code == 200
