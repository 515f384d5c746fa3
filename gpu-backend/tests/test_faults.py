"""Whatever is sent, nothing answers with a server error, and the server lives on."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
TEXT = st.text(st.characters(codec=None), max_size=30)
COUNT = st.integers(-2, 6) | ANY
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "system", "x"]), "content": TEXT | ANY}), max_size=2
)
SAMPLING = {
    "n": COUNT,
    "temperature": st.floats(0, 3) | ANY,
    "seed": st.integers() | ANY,
    "stop": st.lists(TEXT, max_size=2) | ANY,
}
OPEN = SAMPLING | {
    "max_tokens": COUNT,
    "top_p": st.floats(0, 1) | ANY,
    "logprobs": COUNT,
    "logit_bias": ANY,
    "min_p": ANY,
}
OWN = SAMPLING | {"topP": st.floats(0, 1) | ANY, "topLogprobs": COUNT, "entropy": ANY, "minP": ANY}
PROMPTS = {"prompt": TEXT | ANY, "messages": MESSAGES, "answerPrefix": TEXT}
PROMPT = TEXT | st.fixed_dictionaries({"messages": MESSAGES}) | ANY
FEW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def check(live, path: str, body: object) -> None:
    response = live.http.post(path, content=json.dumps(body))
    assert response.status_code in {200, 400, 404}, response.text
    json.loads(response.text, parse_constant=lambda name: (_ for _ in ()).throw(AssertionError(name)))


@FEW
@given(body=st.fixed_dictionaries({"prompt": TEXT | st.lists(st.integers(-3, 500), max_size=5) | ANY}, optional=OPEN))
def test_completions(live, body):
    check(live, "/v1/completions", body)


@FEW
@given(body=st.fixed_dictionaries({"messages": MESSAGES | ANY}, optional=OPEN | {"top_logprobs": COUNT}))
def test_chat(live, body):
    check(live, "/v1/chat/completions", body)


@FEW
@given(
    entries=st.lists(
        st.fixed_dictionaries({"maxTokens": COUNT}, optional=OWN | PROMPTS),
        min_size=1, max_size=3,
    )
)  # fmt: skip
def test_generate(live, entries):
    check(live, "/v1/assay/generate", {"requests": entries})


@FEW
@given(
    entries=st.lists(
        st.fixed_dictionaries(
            {"continuations": st.lists(TEXT, max_size=3) | ANY},
            optional={"prompt": PROMPT, "bos": ANY, "topLogprobs": COUNT, "entropy": ANY},
        ),
        min_size=1, max_size=3,
    )
)  # fmt: skip
def test_score(live, entries):
    check(live, "/v1/assay/score", {"requests": entries})


def test_long_lists_are_refused_and_large_bodies_too(live):
    response = live.post("/v1/assay/score", {"requests": [{"continuations": ["a"]}] * 10_000})
    assert response.status_code == 400 and response.json()["error"]["pointer"] == "/requests"
    response = live.http.post("/v1/assay/score", content=b" " * ((64 << 20) + 1))
    assert response.status_code == 413
