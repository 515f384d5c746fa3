"""/v1/assay/score against transformers' plain forward."""

import itertools

import pytest
import torch
from transformers import AutoTokenizer

from tests.conftest import PROSE


@pytest.fixture(scope="module")
def tokenizer(tiny):
    return AutoTokenizer.from_pretrained(tiny)


def expected(plain, ids: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        return plain(torch.tensor([ids])).logits[0].log_softmax(-1)


def score(live, *requests) -> list[dict]:
    response = live.post("/v1/assay/score", {"requests": list(requests)})
    assert response.status_code == 200, response.text
    return response.json()["results"]


def test_every_quantity_is_the_plain_forwards(live, plain, tokenizer):
    prompt, continuations = "What is the capital of", [" France? The capital", " Paris", " seven eight nine ten."]
    (result,) = score(live, {"prompt": prompt, "continuations": continuations, "topLogprobs": 7, "entropy": True})
    for text, found in zip(continuations, result["continuations"], strict=True):
        ids = tokenizer.encode(prompt + text)
        table = expected(plain, ids)
        first = len(ids) - len(found["tokens"])
        assert [token["id"] for token in found["tokens"]] == ids[first:]
        for at, token in enumerate(found["tokens"], first):
            row = table[at - 1]
            assert token["logprob"] == pytest.approx(row[ids[at]].item(), abs=1e-4)
            assert token["rank"] == int((row > row[ids[at]]).sum()) + 1
            assert token["entropy"] == pytest.approx(-(row.exp() * row).sum().item(), abs=1e-4)
            values, places = row.topk(7)
            assert [t["id"] for t in token["top"]] == places.tolist()
            assert [t["logprob"] for t in token["top"]] == pytest.approx(values.tolist(), abs=1e-4)
        assert found["logprob"] == pytest.approx(sum(t["logprob"] for t in found["tokens"]))
        assert found["scoredBytes"] == len(text.encode()) and found["bos"] is False


def test_offsets_are_bytes_of_the_continuation(live):
    text = " naïve 😀 日本 end"
    (result,) = score(live, {"prompt": "The", "continuations": [text]})
    tokens = result["continuations"][0]["tokens"]
    assert tokens[0]["start"] == 0 and tokens[-1]["end"] == len(text.encode())
    assert all(a["end"] == b["start"] for a, b in itertools.pairwise(tokens))
    pieces = [bytes(token["bytes"]) if "bytes" in token else token["token"].encode() for token in tokens]
    assert b"".join(pieces) == text.encode()
    assert any("bytes" in token for token in tokens)


def test_a_token_across_the_border_belongs_to_the_continuation(live, tokenizer):
    (whole,) = tokenizer.encode(" capital")
    (result,) = score(live, {"prompt": "The cap", "continuations": ["ital"]})
    (token,) = result["continuations"][0]["tokens"]
    assert token["id"] == whole and (token["start"], token["end"]) == (0, 4)


@pytest.mark.parametrize(("bos", "begins", "scored"), [(None, True, 2), (True, True, 2), (False, False, 1)])
def test_the_first_token_needs_a_beginning(live, plain, tokenizer, bos, begins, scored):
    request = {"prompt": "", "continuations": [" capital Paris"]} | ({} if bos is None else {"bos": bos})
    (result,) = score(live, request)
    (found,) = result["continuations"]
    assert found["bos"] is begins and len(found["tokens"]) == 2 and found["scoredTokens"] == scored
    assert found["scoredBytes"] == (14 if begins else 6)
    if begins:
        ids = [tokenizer.bos_token_id, *tokenizer.encode(" capital Paris")]
        assert found["tokens"][0]["logprob"] == pytest.approx(expected(plain, ids)[0, ids[1]].item(), abs=1e-4)
    else:
        assert found["tokens"][0]["logprob"] is None and found["tokens"][0]["rank"] is None


def test_one_token_alone_has_nothing_to_be_scored_by(live):
    (result,) = score(live, {"prompt": "", "continuations": [" Paris"], "bos": False})
    (found,) = result["continuations"]
    assert found["tokens"][0]["logprob"] is None and found["logprob"] == 0 and found["scoredTokens"] == 0


def test_a_conversation_is_rendered_up_to_the_answer(live, plain, tokenizer):
    messages = [{"role": "user", "content": "What is the capital?"}]
    (result,) = score(
        live, {"prompt": {"messages": messages, "answerPrefix": "The"}, "continuations": [" capital is Paris"]}
    )
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True) + "The capital is Paris"
    ids = tokenizer.encode(text)
    table = expected(plain, ids)
    count = len(result["continuations"][0]["tokens"])
    wanted = sum(table[at - 1, ids[at]].item() for at in range(len(ids) - count, len(ids)))
    assert result["continuations"][0]["logprob"] == pytest.approx(wanted, abs=1e-3)


def test_long_texts_slide_and_score_each_token_once(live, plain, tokenizer):
    text = PROSE * 4
    ids = [tokenizer.bos_token_id, *tokenizer.encode(text)]
    assert len(ids) > 600
    (result,) = score(live, {"prompt": "", "continuations": [text]})
    found = result["continuations"][0]
    assert [token["id"] for token in found["tokens"]] == ids[1:] and found["scoredTokens"] == len(ids) - 1
    context, position = 256, 1
    for end in [*range(context, len(ids), context // 2), len(ids)]:
        begin = max(0, end - context)
        table = expected(plain, ids[begin:end])
        for at in range(position, end):
            assert found["tokens"][at - 1]["logprob"] == pytest.approx(table[at - 1 - begin, ids[at]].item(), abs=1e-4)
        position = end


def test_continuations_score_the_same_alone_and_together(live):
    prompt = PROSE[:150]
    continuations = [" capital", " is Paris.", " One two three four", " is", PROSE[200:700]]
    (together,) = score(live, {"prompt": prompt, "continuations": continuations, "entropy": True, "topLogprobs": 3})
    alone = score(
        live, *({"prompt": prompt, "continuations": [c], "entropy": True, "topLogprobs": 3} for c in continuations)
    )
    assert together["continuations"] == [one["continuations"][0] for one in alone]


def test_a_bad_entry_fails_alone(live):
    good = {"prompt": "The capital", "continuations": [" is Paris"]}
    results = score(
        live, good, {"continuations": []}, {"continuations": [""]}, {"continuations": [" a"], "topLogprob": 3}, 7,
        {"prompt": {"messages": []}, "continuations": [" a"]}, {"prompt": "a\ud800", "continuations": [" a"]}, good,
    )  # fmt: skip
    assert results[0] == results[7] and "continuations" in results[0]
    pointers = [result["error"]["pointer"] for result in results[1:7]]
    assert pointers == [
        "/requests/1/continuations", "/requests/2/continuations/0", "/requests/3/topLogprob", "/requests/4",
        "/requests/5/prompt/messages", "/requests/6/prompt",
    ]  # fmt: skip
