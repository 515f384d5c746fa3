"""/v1/assay/generate: against transformers' own generation, and the promises about seeds, stops and company."""

import concurrent.futures
import threading
import time

import httpx
import pytest
import torch
from transformers import AutoTokenizer

from assay_backend.sampling import Distribution, Draws, Sampling
from assay_backend.settings import Settings
from tests.conftest import PROSE, Live

CHAT = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "maxTokens": 24}


@pytest.fixture(scope="module")
def tokenizer(tiny):
    return AutoTokenizer.from_pretrained(tiny)


def generate(live, *requests) -> list[dict]:
    response = live.post("/v1/assay/generate", {"requests": list(requests)})
    assert response.status_code == 200, response.text
    return response.json()["results"]


def ids_of(result: dict, choice: int = 0) -> list[int]:
    return [token["id"] for token in result["choices"][choice]["tokens"]]


def test_greedy_is_transformers_greedy(live, plain, tokenizer):
    prompts = [PROSE[:60], "The", "One two three", PROSE[:400]]
    results = generate(
        live, *({"prompt": prompt, "maxTokens": 20, "entropy": True, "topLogprobs": 3} for prompt in prompts)
    )
    for prompt, result in zip(prompts, results, strict=True):
        ids = tokenizer.encode(prompt)
        with torch.inference_mode():
            wanted = plain.generate(torch.tensor([ids]), max_new_tokens=20, do_sample=False, pad_token_id=2)[
                0, len(ids) :
            ].tolist()
            table = plain(torch.tensor([ids + wanted])).logits[0].log_softmax(-1)
        ended = wanted[-1] == 2
        assert ids_of(result) == (wanted[:-1] if ended else wanted)
        assert result["choices"][0]["finishReason"] == ("stop" if ended else "length")
        for at, token in enumerate(result["choices"][0]["tokens"], len(ids) - 1):
            row = table[at]
            assert token["logprob"] == pytest.approx(row[token["id"]].item(), abs=1e-4) and token["rank"] == 1
            assert token["entropy"] == pytest.approx(-(row.exp() * row).sum().item(), abs=1e-4)
            assert [t["id"] for t in token["top"]] == row.topk(3).indices.tolist()
        assert result["usage"] == {"promptTokens": len(ids), "completionTokens": len(ids_of(result))}


def test_a_seed_fixes_samples_whatever_the_company(live):
    mine = CHAT | {"n": 5, "temperature": 1.3, "topP": 0.9, "minP": 0.01, "seed": 11, "topLogprobs": 2, "entropy": True}
    (alone,) = generate(live, mine)
    others = [CHAT | {"temperature": 1, "seed": seed, "maxTokens": 3 + seed} for seed in range(9)]
    crowd = generate(live, *others[:4], mine, *others[4:], {"prompt": PROSE * 2, "maxTokens": 3})
    assert crowd[4] == alone
    texts = {choice["text"] for choice in alone["choices"]}
    assert len(texts) == 5
    (fewer,) = generate(live, mine | {"n": 2})
    assert fewer["choices"] == alone["choices"][:2]
    (other,) = generate(live, mine | {"seed": 12})
    assert other != alone


def test_equal_bits_alone_and_in_batches(live):
    prompts = [PROSE[at : at + 20 + 3 * at] for at in range(24)]
    requests = [{"prompt": p, "maxTokens": 12, "topLogprobs": 4, "entropy": True} for p in prompts]
    alone = [generate(live, request)[0] for request in requests]
    for size in (2, 7, 24):
        order = sorted(range(24), key=lambda at: (at * 7) % 24)
        together = {}
        for low in range(0, 24, size):
            part = order[low : low + size]
            together.update(zip(part, generate(live, *(requests[at] for at in part)), strict=True))
        assert [together[at] for at in range(24)] == alone


def test_nucleus_and_min_p_only_draw_what_they_keep(live):
    (result,) = generate(
        live, CHAT | {"n": 40, "temperature": 1, "topP": 0.5, "seed": 3, "maxTokens": 1, "topLogprobs": 50}
    )
    mass = 0.0
    kept = set()
    for entry in result["choices"][0]["tokens"][0]["top"]:
        if mass >= 0.5:
            break
        kept.add(entry["id"])
        mass += 2.718281828 ** entry["logprob"]
    drawn = {choice["tokens"][0]["id"] for choice in result["choices"] if choice["tokens"]}
    assert drawn <= kept and len(drawn) > 1
    (narrow,) = generate(live, CHAT | {"n": 20, "temperature": 1, "minP": 1, "seed": 3, "maxTokens": 1})
    assert len({choice["tokens"][0]["id"] for choice in narrow["choices"]}) == 1


def test_samples_follow_the_distribution(live):
    (result,) = generate(live, CHAT | {"n": 256, "temperature": 1, "seed": 8, "maxTokens": 1, "topLogprobs": 1})
    likeliest = result["choices"][0]["tokens"][0]["top"][0]
    expected = 2.718281828 ** likeliest["logprob"]
    share = sum(choice["tokens"][0]["id"] == likeliest["id"] for choice in result["choices"] if choice["tokens"]) / 256
    assert abs(share - expected) < 4 * (expected * (1 - expected) / 256) ** 0.5 + 1e-9


def test_a_stop_string_cuts_text_and_tokens(live):
    (whole,) = generate(live, {"prompt": "The", "maxTokens": 30})
    text = whole["choices"][0]["text"]
    stop = text[12:15]
    (cut,) = generate(live, {"prompt": "The", "maxTokens": 30, "stop": ["never said", stop]})
    choice = cut["choices"][0]
    assert choice["text"] == text[: text.index(stop)] and choice["finishReason"] == "stop"
    assert len(choice["tokens"]) < 30 and stop not in choice["text"]


def test_the_answer_prefix_is_read_not_written(live, tokenizer):
    (result,) = generate(live, CHAT | {"answerPrefix": "The capital"})
    text = tokenizer.apply_chat_template(CHAT["messages"], tokenize=False, add_generation_prompt=True)
    (raw,) = generate(live, {"prompt": text + "The capital", "maxTokens": 24})
    assert result["choices"] == raw["choices"]


def test_bad_entries_fail_alone(live):
    results = generate(
        live, CHAT, {"maxTokens": 3}, CHAT | {"n": 0}, CHAT | {"temperature": -1},
        CHAT | {"maxTokens": 10_000}, CHAT | {"stop": [""]},
        {"prompt": PROSE * 9, "maxTokens": 1}, CHAT | {"temprature": 1}, CHAT | {"topP": 0},
        CHAT | {"messages": [{"role": "user", "content": 7}]},
        CHAT,
    )  # fmt: skip
    assert results[0] == results[-1] and results[0]["choices"]
    pointers = [
        result["error"]["pointer"].removeprefix(f"/requests/{at}") for at, result in enumerate(results[1:-1], 1)
    ]
    assert pointers == [
        "/messages", "/n", "/temperature", "/maxTokens", "/stop/0", "/prompt", "/temprature", "/topP",
        "/messages/0/content",
    ]  # fmt: skip


def test_a_short_request_does_not_wait_for_a_long_one(live):
    ended: dict[str, float] = {}

    def ask(name: str, limit: int) -> None:
        live.post("/v1/completions", {"prompt": "The", "max_tokens": limit, "ignore_eos": True, "seed": 1})
        ended[name] = time.monotonic()

    with concurrent.futures.ThreadPoolExecutor() as pool:
        long = pool.submit(ask, "long", 250)
        while not live.service.model().engine.running:
            time.sleep(0.001)
        pool.submit(ask, "short", 2).result()
        long.result()
    assert ended["short"] < ended["long"]


def test_a_client_that_leaves_frees_its_slots(live):
    engine = live.service.model().engine
    with pytest.raises(httpx.ReadTimeout):
        live.post("/v1/completions", {"prompt": "The", "max_tokens": 250, "n": 40, "ignore_eos": True}, timeout=0.15)
    deadline = time.monotonic() + 10
    while not engine.idle and time.monotonic() < deadline:
        time.sleep(0.01)
    assert engine.idle and engine.runner.used_bytes() == 0


def test_a_full_queue_answers_429_and_then_recovers(tiny):
    server = Live(Settings(model=str(tiny), threads=1, memory=1 << 30, queue=4, sequences=1)).ready()
    try:
        body = {"prompt": "The", "max_tokens": 60, "ignore_eos": True}
        answers = []
        threads = [
            threading.Thread(target=lambda: answers.append(server.post("/v1/completions", body))) for _ in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused and len(refused) < 12
        assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
        assert {answer.status_code for answer in answers} == {200, 429}
        assert server.post("/v1/completions", body | {"max_tokens": 1}).status_code == 200
    finally:
        server.close()


def test_a_shared_prefix_is_read_once(live):
    prompt = "Seven crates. " + PROSE[100:300]
    generate(live, {"prompt": prompt, "maxTokens": 1})
    metrics = live.http.get("/metrics").text
    before = reused(metrics)
    generate(live, {"prompt": prompt + " Then", "maxTokens": 1})
    assert reused(live.http.get("/metrics").text) - before == 48


def reused(metrics: str) -> float:
    return sum(
        float(line.split()[-1])
        for line in metrics.splitlines()
        if line.startswith('assay_backend_prefix_tokens_total{source="reused"}')
    )


def test_a_pass_without_memory_is_made_again_in_smaller_ones(tiny):
    server = Live(Settings(model=str(tiny), threads=1, memory=1 << 30)).ready()
    try:
        requests = [{"prompt": PROSE[:200], "continuations": [" capital is", " Paris", " one two three"]}] * 3
        wanted = server.post("/v1/assay/score", {"requests": requests}).json()
        engine = server.service.model().engine
        honest = engine.runner.forward

        def scarce(segments):
            if sum(len(segment.ids) for segment in segments) > 40:
                raise MemoryError
            return honest(segments)

        engine.runner.forward = scarce
        engine.prefixes.blocks.clear()
        assert server.post("/v1/assay/score", {"requests": requests}).json() == wanted
        assert engine.schedule.step_tokens < 256
    finally:
        server.close()


def test_a_distribution_that_is_not_finite_fails_its_own_request(tiny):
    server = Live(Settings(model=str(tiny), threads=1, memory=1 << 30)).ready()
    try:
        engine = server.service.model().engine
        honest = engine.runner.forward

        def poisoned(segments):
            rows = honest(segments)
            if any(7 in segment.ids for segment in segments):
                rows.hidden = rows.hidden * float("nan")
            return rows

        engine.runner.forward = poisoned
        broken = server.post("/v1/completions", {"prompt": [5, 7, 9], "max_tokens": 3})
        assert broken.status_code == 500 and "not finite" in broken.json()["error"]["message"]
        assert server.post("/v1/completions", {"prompt": [5, 9], "max_tokens": 1}).status_code == 200
        assert engine.idle or not engine.running
    finally:
        server.close()


def test_of_equals_the_lowest_token_is_taken():
    logits = torch.zeros(2, 700)
    logits[0, [650, 130, 500]] = 3.0
    distribution = Distribution(logits)
    assert [distribution.choose(row, Sampling(1), Draws(1, 0)) for row in (0, 1)] == [130, 0]
