"""Options that change which token is drawn or what is told of it, each held against the model's own distribution."""

import math

import pytest
import torch
from transformers import AutoTokenizer
from transformers.generation import MinPLogitsWarper, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from assay_backend.sampling import Distribution, Draws, Sampling


@pytest.fixture(scope="module")
def tokenizer(tiny):
    return AutoTokenizer.from_pretrained(tiny)


def complete(live, **options) -> dict:
    response = live.post("/v1/completions", {"prompt": "The capital", "temperature": 0, "max_tokens": 12} | options)
    assert response.status_code == 200, response.text
    return response.json()


def table(plain, ids: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        return plain(torch.tensor([ids])).logits[0, -1]


def greedy(plain, ids: list[int], count: int, change) -> list[int]:
    """Plain greedy decoding where `change(logits, prompt, written)` shapes each step."""
    written: list[int] = []
    for _ in range(count):
        token = int(change(table(plain, ids + written).clone(), ids, written).argmax())
        if token == 2:
            break
        written.append(token)
    return written


def test_penalties_are_openais_and_vllms(live, plain, tokenizer):
    ids = tokenizer.encode("The capital")

    def presence_and_frequency(logits, _, written):
        for token in set(written):
            logits[token] -= 1.5 + 0.7 * written.count(token)
        return logits

    def repetition(logits, prompt, written):
        for token in {*prompt, *written}:
            logits[token] = logits[token] / 1.8 if logits[token] > 0 else logits[token] * 1.8
        return logits

    free = complete(live, return_token_ids=True, max_tokens=80)["choices"][0]["token_ids"]
    assert len(set(free)) < len(free)
    for options, change in (
        ({"presence_penalty": 1.5, "frequency_penalty": 0.7}, presence_and_frequency),
        ({"repetition_penalty": 1.8}, repetition),
    ):
        found = complete(live, return_token_ids=True, max_tokens=80, **options)["choices"][0]["token_ids"]
        assert found == greedy(plain, ids, 80, change)
        assert found != free


def test_top_k_draws_only_from_the_likeliest(live, plain, tokenizer):
    likeliest = set(table(plain, tokenizer.encode("The capital")).topk(3).indices.tolist())
    answer = complete(live, temperature=3, n=60, seed=1, max_tokens=1, top_k=3, return_token_ids=True, ignore_eos=True)
    drawn = {choice["token_ids"][0] for choice in answer["choices"]}
    assert drawn == likeliest


def test_allowed_and_stopping_tokens(live):
    free = complete(live, return_token_ids=True)["choices"][0]
    third = free["token_ids"][2]
    cut = complete(live, return_token_ids=True, stop_token_ids=[third])["choices"][0]
    assert (
        cut["token_ids"] == free["token_ids"][: free["token_ids"].index(third) + 1] and cut["finish_reason"] == "stop"
    )
    only = complete(live, return_token_ids=True, allowed_token_ids=[60, 70], temperature=1, seed=1, n=6)
    assert {token for choice in only["choices"] for token in choice["token_ids"]} == {60, 70}


def test_listed_tokens_are_told_instead_of_the_likeliest(live, plain, tokenizer):
    ids, listed = tokenizer.encode("The capital"), [300, 5, 80]
    row = table(plain, ids).log_softmax(-1)
    body = {"max_tokens": 1, "logprobs": 1, "logprob_token_ids": listed, "return_tokens_as_token_ids": True}
    told = complete(live, **body)["choices"][0]["logprobs"]
    top = dict(told["top_logprobs"][0])
    assert set(top) - {told["tokens"][0]} == {f"token_id:{token}" for token in listed}
    for token in listed:
        assert top[f"token_id:{token}"] == pytest.approx(row[token].item(), abs=1e-4)
    chat = {"messages": [{"role": "user", "content": "Hm"}], "max_tokens": 2, "logprobs": True, "seed": 1}
    answer = live.post("/v1/chat/completions", chat | {"logprob_token_ids": listed, "n": 2}).json()
    for choice in answer["choices"]:
        for entry in choice["logprobs"]["content"]:
            assert [bytes(top["bytes"]) for top in entry["top_logprobs"]] == [
                tokenizer.decode([token]).encode() if token != 80 else bytes(top["bytes"])
                for token, top in zip(listed, entry["top_logprobs"], strict=True)
            ]


def test_prompt_logprobs_of_a_chat(live, plain, tokenizer):
    messages = [{"role": "user", "content": "The capital is Paris."}]
    body = {"messages": messages, "max_tokens": 1, "prompt_logprobs": 1, "return_token_ids": True}
    answer = live.post("/v1/chat/completions", body).json()
    ids = tokenizer.encode(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
    assert answer["prompt_token_ids"] == ids and answer["prompt_logprobs"][0] is None
    with torch.inference_mode():
        rows = plain(torch.tensor([ids])).logits[0].log_softmax(-1)
    for at, entry in enumerate(answer["prompt_logprobs"][1:], 1):
        assert entry[str(ids[at])]["logprob"] == pytest.approx(rows[at - 1, ids[at]].item(), abs=1e-4)


def test_a_final_message_is_gone_on_with(live):
    question = {"role": "user", "content": "What is the capital of France?"}
    body = {"max_tokens": 6, "temperature": 0, "return_token_ids": True}
    messages = [question, {"role": "assistant", "content": "The capital is"}]
    answer = live.post("/v1/chat/completions", body | {"messages": messages, "continue_final_message": True}).json()
    asked = {"messages": [question], "answerPrefix": "The capital is", "maxTokens": 6}
    (own,) = live.post("/v1/assay/generate", {"requests": [asked]}).json()["results"]
    assert answer["choices"][0]["token_ids"] == [token["id"] for token in own["choices"][0]["tokens"]]


def test_temperatures_near_zero_are_greedy_and_finite(live):
    greedy_text = complete(live)["choices"][0]["text"]
    for temperature in (1e-45, 1e-9, 1e-4):
        answer = complete(live, temperature=temperature, seed=1, logprobs=1)["choices"][0]
        assert answer["text"] == greedy_text
        assert all(math.isfinite(value) for value in answer["logprobs"]["token_logprobs"])


def test_of_equals_the_first_is_taken_wherever_the_blocks_lie():
    logits = torch.zeros(3, 300)
    logits[1, [290, 131, 130]] = 4.0
    logits[2, 299] = 1.0
    found = Distribution(logits)
    assert [found.choose(row, Sampling(1), Draws(0, 0)) for row in range(3)] == [0, 130, 299]
    assert [rank for _, rank in found.given([0, 1, 1, 2], [7, 131, 5, 299])] == [1, 1, 4, 1]


def prefilled(live) -> float:
    lines = live.http.get("/metrics").text.splitlines()
    return sum(float(x.split()[-1]) for x in lines if x.startswith('assay_backend_tokens_total{kind="prefill"}'))


def test_ten_samples_read_their_prompt_once(live, tokenizer):
    prompt = "Nine crates of ten oranges stood under the awning, and twelve more on the quay. " * 2
    before = prefilled(live)
    complete(live, prompt=prompt, n=10, temperature=1, seed=1, max_tokens=5)
    assert prefilled(live) - before == len(tokenizer.encode(prompt))


def test_echoed_options_read_their_question_once(live, tokenizer):
    question = "Six crates of seven lemons stood on the quay, and eleven more in the hold of the boat. " * 2
    prompts = [question + option for option in (" In all fifty", " None of them", " Nobody knows", " More than that")]
    prompts.append("Something else altogether")
    asked = {"max_tokens": 1, "temperature": 0, "echo": True, "logprobs": 2}
    before = prefilled(live)
    together = complete(live, prompt=prompts, **asked)["choices"]
    sizes = [len(tokenizer.encode(prompt)) for prompt in prompts]
    beginning = len(tokenizer.encode(question))
    # What the options have alone comes on top, and blocks of the prefix that were not whole are read again.
    assert prefilled(live) - before < beginning + sum(sizes) - 4 * beginning + 5 * 16
    assert [choice["index"] for choice in together] == [0, 1, 2, 3, 4]
    for prompt, choice, size in zip(prompts, together, sizes, strict=True):
        (alone,) = complete(live, prompt=prompt, **asked)["choices"]
        assert choice["text"].startswith(prompt)
        assert choice["text"] == alone["text"]
        assert choice["logprobs"] == alone["logprobs"]
        assert len(choice["logprobs"]["tokens"]) == size + 1


class Grid:
    """Draws that run evenly through [0, 1)."""

    def __init__(self, count: int):
        self.values = iter((at + 0.5) / count for at in range(count))

    def next(self) -> float:
        return next(self.values)


@pytest.mark.parametrize(
    "options",
    [{"temperature": 0.6}, {"temperature": 1.7, "top_k": 7}, {"temperature": 0.8, "top_p": 0.7},
     {"temperature": 1.4, "top_k": 12, "top_p": 0.6}, {"temperature": 1.3, "min_p": 0.08}, {"top_k": 5, "min_p": 0.2}],
)  # fmt: skip
def test_temperature_cuts_and_nucleus_are_transformers(options):
    """Shares of draws against the probabilities that transformers' own warpers leave, in its order."""
    logits = torch.randn(1, 300, generator=torch.Generator().manual_seed(4)) * 2
    warpers = {
        "temperature": TemperatureLogitsWarper, "top_k": TopKLogitsWarper, "top_p": TopPLogitsWarper,
        "min_p": MinPLogitsWarper,
    }  # fmt: skip
    scores = logits.clone()
    for name, make in warpers.items():
        if name in options:
            scores = make(options[name])(None, scores)
    wanted = scores.softmax(-1)[0]
    count = 20_000
    sampling = Sampling(1, **({"temperature": 1.0} | options))
    distribution, draws = Distribution(logits), Grid(count)
    found = torch.bincount(torch.tensor([distribution.choose(0, sampling, draws) for _ in range(count)]), minlength=300)
    assert (found / count - wanted).abs().max() < 1e-4
    assert set(found.nonzero().flatten().tolist()) <= set(wanted.nonzero().flatten().tolist())
