"""What must be refused, with the field's name, and without harm to anything else that is being answered."""

import concurrent.futures
import json
import threading

import pytest

LONG = "seven crates of oranges " * 400
BAD = [
    ("a context too long", "/v1/completions", {"prompt": LONG, "max_tokens": 1}, "prompt"),
    ("a context too long in a list", "/v1/completions", {"prompt": ["a", LONG], "max_tokens": 1}, "prompt.1"),
    ("a context too long to be scored", "/v1/completions", {"prompt": LONG, "max_tokens": 0, "echo": True}, "prompt"),
    ("an empty list", "/v1/completions", {"prompt": []}, "prompt"),
    ("an empty list of ids", "/v1/completions", {"prompt": [[]]}, "prompt.0"),
    ("10,000 items", "/v1/completions", {"prompt": ["a"] * 10_000}, "prompt"),
    ("10,000 inputs", "/v1/embeddings", {"input": ["a"] * 10_000}, "input"),
    ("negative max_tokens", "/v1/completions", {"prompt": "a", "max_tokens": -4}, "max_tokens"),
    ("fractional max_tokens", "/v1/completions", {"prompt": "a", "max_tokens": 1.5}, "max_tokens"),
    ("an unknown model", "/v1/completions", {"prompt": "a", "model": "gpt-4"}, "model"),
    ("ids out of the vocabulary", "/v1/completions", {"prompt": [[1, 2], [3, 10**9]]}, "prompt.1.1"),
    ("negative ids", "/v1/completions", {"prompt": [1, -1]}, "prompt.1"),
    ("ids that are no integers", "/v1/completions", {"prompt": [1, 2.5]}, "prompt"),
    ("mixed prompts", "/v1/completions", {"prompt": ["a", {"text": "b"}]}, "prompt.1"),
    ("half a surrogate pair", "/v1/completions", {"prompt": ["a", "b\ud800"]}, "prompt.1"),
    ("a message of another type", "/v1/chat/completions", {"messages": [{"role": "user", "content": 7}]}, None),
    ("an image", "/v1/chat/completions", {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, None),
    ("temperature below zero", "/v1/completions", {"prompt": "a", "temperature": -0.1}, "temperature"),
    ("a nucleus of nothing", "/v1/completions", {"prompt": "a", "top_p": 0}, "top_p"),
    ("too many samples", "/v1/completions", {"prompt": "a", "n": 100_000}, "n"),
    ("no prompt at all", "/v1/completions", {}, "prompt"),
    ("ids to text out of the vocabulary", "/detokenize", {"tokens": [1, 2, 393]}, "tokens.2"),
]


@pytest.mark.parametrize(("path", "body", "param"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_it_is_refused_with_the_field(live, path, body, param):
    response = live.post(path, body)
    assert 400 <= response.status_code < 500, response.text
    error = response.json()["error"]
    assert error["message"] and error["code"] and error["type"] == "invalid_request_error"
    assert error["param"] == param or (param is None and error["param"].startswith("messages.0.content"))


OWN_BAD = [
    ("an empty list", "/v1/assay/score", {"requests": []}, "/requests"),
    ("10,000 items", "/v1/assay/score", {"requests": [{"continuations": ["a"]}] * 10_000}, "/requests"),
    ("10,000 to generate", "/v1/assay/generate", {"requests": [{"prompt": "a"}] * 10_000}, "/requests"),
    ("an unknown model", "/v1/assay/score", {"model": "gpt-4", "requests": [{"continuations": ["a"]}]}, "/model"),
    ("no list", "/v1/assay/states", {"requests": "a"}, "/requests"),
]
OWN_BAD_ENTRIES = [
    ("negative maxTokens", "generate", {"prompt": "a", "maxTokens": -4}, "/maxTokens"),
    ("a context too long", "generate", {"prompt": LONG}, "/prompt"),
    ("a chat too long", "generate", {"messages": [{"role": "user", "content": LONG}]}, "/messages"),
    ("a text too long for dropout", "dropout", {"continuation": LONG}, "/continuation"),
    ("a text too long for its states", "states", {"continuations": ["a", LONG]}, "/continuations/1"),
    ("half a surrogate pair", "generate", {"prompt": "b\ud800"}, "/prompt"),
]


@pytest.mark.parametrize(("path", "body", "pointer"), [row[1:] for row in OWN_BAD], ids=[row[0] for row in OWN_BAD])
def test_a_list_of_the_own_surface_is_refused_with_the_pointer(live, path, body, pointer):
    response = live.post(path, body)
    assert 400 <= response.status_code < 500, response.text
    assert response.json()["error"]["pointer"] == pointer


@pytest.mark.parametrize(
    ("path", "entry", "pointer"), [row[1:] for row in OWN_BAD_ENTRIES], ids=[row[0] for row in OWN_BAD_ENTRIES]
)
def test_an_entry_of_the_own_surface_fails_with_the_pointer(live, path, entry, pointer):
    (result,) = live.post(f"/v1/assay/{path}", {"requests": [entry]}).json()["results"]
    assert result["error"]["pointer"] == f"/requests/0{pointer}" and result["error"]["code"]


@pytest.mark.parametrize(
    "text", ["\x00", "a\x00b", "\x01\x02\x1b[31m", "\u202e\ufeff\u200b", "\x7f\x80\x9f", "😀\U000e0041"]
)
def test_control_characters_are_text_like_any_other(live, text):
    ids = live.post("/tokenize", {"prompt": text}).json()["tokens"]
    assert live.post("/detokenize", {"tokens": ids}).json()["prompt"] == text
    scored = live.post("/v1/completions", {"prompt": text + "x", "max_tokens": 0, "echo": True, "logprobs": 1})
    assert scored.status_code == 200 and scored.json()["choices"][0]["text"] == text + "x"


def test_bytes_that_are_no_utf8(live):
    for data in (b'{"prompt": "\xff\xfe"}', b'{"prompt": "\xc3"}', b"\x80"):
        response = live.http.post("/v1/completions", content=data)
        assert response.status_code == 400 and response.json()["error"]["code"] == "not_utf8"


def test_nothing_else_suffers(live):
    """Sound requests answer with the same bits while every bad one is thrown at the server beside them."""
    sound = {"prompt": ["The capital", "One two three"], "max_tokens": 40, "temperature": 1, "seed": 3, "logprobs": 2}
    wanted = live.post("/v1/completions", sound).json()["choices"]
    ended = threading.Event()

    def throw() -> int:
        thrown = 0
        while not ended.is_set():
            for _, path, body, _ in BAD:
                thrown += 400 <= live.post(path, body).status_code < 500
        return thrown

    with concurrent.futures.ThreadPoolExecutor() as pool:
        throwing = pool.submit(throw)
        answers = [pool.submit(live.post, "/v1/completions", sound) for _ in range(6)]
        found = [answer.result().json()["choices"] for answer in answers]
        ended.set()
        thrown = throwing.result()
    assert thrown >= len(BAD) and thrown % len(BAD) == 0
    assert all(choices == wanted for choices in found)


def test_a_bad_entry_of_a_list_fails_alone(live):
    good = {"prompt": "The capital", "continuations": [" is Paris."]}
    bad = [{"prompt": "a", "continuations": []}, {"prompt": "a\ud800", "continuations": ["b"]}, 7]
    alone = live.post("/v1/assay/score", {"requests": [good]}).json()["results"][0]
    results = live.post("/v1/assay/score", {"requests": [good, *bad, good]}).json()["results"]
    assert results[0] == results[4] == alone
    assert [json.dumps(result["error"]["pointer"]) for result in results[1:4]] == [
        '"/requests/1/continuations"', '"/requests/2/prompt"', '"/requests/3"',
    ]  # fmt: skip
