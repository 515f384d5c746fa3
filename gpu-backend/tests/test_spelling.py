"""Where tokens lie in a text, what a stop string takes back, and that a stream tells what the whole answer tells."""

import json

import pytest
from transformers import AutoTokenizer

from assay_backend.spelling import Spelling, spelled
from assay_backend.tokens import Tokens


@pytest.fixture(scope="module")
def tokens(tiny):
    return Tokens(tiny)


def ids_of(tokens: Tokens, data: bytes) -> list[int]:
    """A token for each byte."""
    names = {tokens.piece(token): token for token in range(tokens.vocabulary)}
    return [names[bytes([byte])] for byte in data]


def test_tokens_of_one_character_begin_where_it_does(tokens):
    for data, text, offsets in (
        ("aé😀b".encode(), "aé😀b", [0, 1, 1, 2, 2, 2, 2, 3]),
        (b"\xc3a\xf0\x9f\xc3\xa9", "\ufffda\ufffdé", [0, 1, 2, 2, 3, 3]),
        (b"a\xc3", "a\ufffd", [0, 1]),
    ):
        assert spelled(tokens, ids_of(tokens, data)) == (text, offsets)


def test_a_stop_string_of_several_tokens_takes_all_of_them_back(tokens):
    for data, stop, text, kept in (
        ("aé😀b".encode(), "😀", "aé", 3),
        ("aé😀b".encode(), "é", "a", 1),
        (b"a\xc3bcd", "bc", "a\ufffd", 2),
        (b"ab", "ab", "", 0),
    ):
        spelling = Spelling(tokens, (stop,))
        for token in ids_of(tokens, data):
            sure = spelling.sure()
            if spelling.add(token):
                break
        assert (spelling.text, len(spelling.offsets)) == (text, kept)
        # What had been told before was not too much.
        assert sure[0] <= len(text) and sure[1] <= kept


def test_framing_tokens_cover_nothing_of_a_given_text(tokens):
    ids = tokens.encode("The capital")
    text, offsets = spelled(tokens, [tokens.bos, *ids], "The capital")
    assert text == "The capital" and offsets == [0, *spelled(tokens, ids)[1]]


def streamed(live, path: str, body: dict) -> list[dict]:
    lines = live.post(path, body | {"stream": True}).text.splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


@pytest.mark.parametrize("seed", range(12))
def test_a_stream_tells_what_the_whole_answer_tells(live, seed):
    """At a high temperature the tiny model writes many halves of characters."""
    body = {"prompt": "The ferry", "max_tokens": 40, "temperature": 1.5, "seed": seed, "n": 2, "logprobs": 1,
            "return_token_ids": True, "ignore_eos": True}  # fmt: skip
    free = live.post("/v1/completions", body).json()["choices"][0]["text"]
    body |= {"stop": [free[9:11], "\ufffd" + free[20]]}
    for choice in live.post("/v1/completions", body).json()["choices"]:
        told = {"text": "", "token_ids": [], "token_logprobs": [], "text_offset": []}
        for event in streamed(live, "/v1/completions", body):
            for part in (part for part in event["choices"] if part["index"] == choice["index"]):
                told["text"] += part["text"]
                told["token_ids"] += part["token_ids"]
                for name in ("token_logprobs", "text_offset"):
                    told[name] += (part["logprobs"] or {name: []})[name]
                last = part
        logprobs = choice["logprobs"]
        assert told == {name: choice.get(name, logprobs.get(name)) for name in told}
        assert last["finish_reason"] == choice["finish_reason"] and last["stop_reason"] == choice["stop_reason"]
        assert not any(stop in choice["text"] for stop in body["stop"])
        for token, offset in zip(logprobs["tokens"], logprobs["text_offset"], strict=True):
            halved = "\ufffd" in token or token.startswith("<|")
            assert halved or choice["text"].startswith(token[: len(choice["text"]) - offset], offset)


def test_what_ended_an_answer_is_told_as_vllm_tells_it(live):
    body = {"prompt": "The", "max_tokens": 20, "temperature": 0, "return_token_ids": True}
    whole = live.post("/v1/completions", body).json()["choices"][0]
    assert whole["stop_reason"] is None
    stop = whole["text"][6:8]
    cut = live.post("/v1/completions", body | {"stop": ["\x00", stop]}).json()["choices"][0]
    kept = live.post("/v1/completions", body | {"stop": stop, "include_stop_str_in_output": True}).json()["choices"][0]
    assert cut["stop_reason"] == kept["stop_reason"] == stop and kept["text"] == cut["text"] + stop
    token = whole["token_ids"][3]
    ended = live.post("/v1/completions", body | {"stop_token_ids": [token]}).json()["choices"][0]
    assert ended["stop_reason"] == token and ended["finish_reason"] == "stop"
    chat = {"messages": [{"role": "user", "content": "a"}], "max_tokens": 20, "temperature": 0}
    text = live.post("/v1/chat/completions", chat).json()["choices"][0]["message"]["content"]
    (choice,) = live.post("/v1/chat/completions", chat | {"stop": text[4:6]}).json()["choices"]
    assert choice["stop_reason"] == text[4:6]


def test_special_tokens_are_spelled_where_asked(live, tiny):
    body = {"prompt": "The", "max_tokens": 2, "temperature": 0, "allowed_token_ids": [1], "ignore_eos": True}
    plain = live.post("/v1/completions", body).json()["choices"][0]
    spelt = live.post("/v1/completions", body | {"skip_special_tokens": False}).json()["choices"][0]
    assert plain["text"] == "" and spelt["text"] == "<|im_start|>" * 2


def test_an_echo_is_the_given_text(live):
    for prompt in ("<|im_start|>user\nhi<|im_end|>", "", "é😀"):
        body = {"prompt": prompt, "max_tokens": 2, "temperature": 0, "echo": True, "logprobs": 0}
        (choice,) = live.post("/v1/completions", body).json()["choices"]
        logprobs = choice["logprobs"]
        assert choice["text"].startswith(prompt)
        for token, offset in zip(logprobs["tokens"], logprobs["text_offset"], strict=True):
            at_frame = prompt == "" and token == "<|im_start|>"
            assert at_frame or "\ufffd" in token or choice["text"].startswith(token, offset)


def test_a_stream_tells_the_prompts_ids_and_the_usage_so_far(live):
    body = {"messages": [{"role": "user", "content": "a"}], "max_tokens": 4, "temperature": 0, "ignore_eos": True,
            "return_token_ids": True,
            "stream_options": {"include_usage": True, "continuous_usage_stats": True}}  # fmt: skip
    events = streamed(live, "/v1/chat/completions", body)
    ids = live.post("/tokenize", {"messages": body["messages"]}).json()["tokens"]
    assert events[0]["prompt_token_ids"] == ids and all("prompt_token_ids" not in event for event in events[1:])
    counts = [event["usage"]["completion_tokens"] for event in events]
    assert counts == sorted(counts) and counts[0] == 0 and counts[-1] == 4
    assert {event["usage"]["prompt_tokens"] for event in events} == {len(ids)}
    body = {"prompt": ["a", "The capital"], "max_tokens": 3, "temperature": 0, "return_token_ids": True}
    events = streamed(live, "/v1/completions", body)
    for index, prompt in enumerate(body["prompt"]):
        mine = [choice for event in events for choice in event["choices"] if choice["index"] == index]
        assert mine[0]["prompt_token_ids"] == live.post("/tokenize", {"prompt": prompt}).json()["tokens"]


def test_no_tokens_for_n_choices_are_n_choices(live):
    body = {"prompt": ["a", "b"], "max_tokens": 0, "n": 3, "echo": True, "logprobs": 1}
    choices = live.post("/v1/completions", body).json()["choices"]
    assert [(choice["index"], choice["text"]) for choice in choices] == list(enumerate("aaabbb"))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("tool_choice", "required"), ("modalities", ["audio"]), ("chat_template", "x"), ("documents", [{}]),
        ("chat_template_kwargs", {"a": 1}), ("thinking_token_budget", 5), ("repetition_detection", {"min_count": 3}),
    ],
)  # fmt: skip
def test_what_would_change_the_answer_is_refused_not_ignored(live, option, value):
    body = {"messages": [{"role": "user", "content": "a"}], "max_tokens": 1, option: value}
    response = live.post("/v1/chat/completions", body)
    assert response.status_code == 400 and response.json()["error"]["param"] == option


def test_a_called_tool_in_a_message_is_refused_not_left_out(live):
    message = {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function"}]}
    response = live.post("/v1/chat/completions", {"messages": [message], "max_tokens": 1})
    assert response.status_code == 400 and response.json()["error"]["param"] == "messages.0.tool_calls"


def test_a_message_goes_on_where_its_text_ends(live, tiny, monkeypatch):
    """What a template puts before an answer, such as a thought's beginning, does not come before its continuation."""
    tokenizer = live.service.models()[0].tokens.tokenizer
    template = tokenizer.chat_template.replace("assistant\n{% endif %}", "assistant\n<think>\n{% endif %}")
    monkeypatch.setattr(tokenizer, "chat_template", template)
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Yes"}]
    text = "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nYes"
    ids = AutoTokenizer.from_pretrained(tiny).encode(text)
    told = live.post("/tokenize", {"messages": messages, "continue_final_message": True}).json()["tokens"]
    assert told == ids
    body = {"messages": messages, "continue_final_message": True, "max_tokens": 1, "return_token_ids": True}
    assert live.post("/v1/chat/completions", body).json()["prompt_token_ids"] == ids
    thinking = live.post("/tokenize", {"messages": messages[:1]}).json()["tokens"]
    assert live.post("/detokenize", {"tokens": thinking}).json()["prompt"].endswith("assistant\n<think>\n")


def test_whatever_a_template_raises_is_a_refusal(live, monkeypatch):
    tokenizer = live.service.models()[0].tokens.tokenizer
    for template in ("{{ messages + 1 }}", "{% for m in range(10 ** 9) %}{% endfor %}", "{{ 1 / 0 }}"):
        monkeypatch.setattr(tokenizer, "chat_template", template)
        response = live.post("/v1/chat/completions", {"messages": [{"role": "user", "content": "a"}]})
        assert response.status_code == 400 and response.json()["error"]["code"] == "template_refused"
