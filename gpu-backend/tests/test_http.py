"""The HTTP layer around the surfaces: methods, packed bodies, keys that are no text, and what nobody foresaw."""

import gc
import gzip
import logging
import time

import httpx
import pytest

from assay_backend.encoders import Encoders


def test_a_wrong_method_names_the_right_one(live):
    for path in ("/v1/completions", "/v1/assay/score"):
        response = live.http.get(path)
        assert response.status_code == 405 and response.headers["allow"] == "POST"
        assert response.json()["error"]["code"] == "method_not_allowed"


def test_a_packed_body_is_refused_by_name(live):
    packed = gzip.compress(b'{"prompt": "a"}')
    response = live.http.post("/v1/completions", content=packed, headers={"content-encoding": "gzip"})
    assert response.status_code == 415 and response.json()["error"]["code"] == "unsupported_encoding"


@pytest.mark.parametrize("key", ["\ud800", "9" * 5000, "\u0663", "\u00b2", "-1", "393", "a" * 30])
def test_a_bias_for_no_token_is_refused(live, key):
    response = live.post("/v1/completions", {"prompt": "a", "logit_bias": {key: 1}})
    error = response.json()["error"]
    assert response.status_code == 400 and error["code"] == "token_out_of_range"
    assert error["param"].startswith("logit_bias") and len(error["message"]) < 200


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/v1/completions", {"prompt": "a", "stop": ["x"] * 65}, "too_long"),
        ("/v1/completions", {"prompt": "a", "stop": ""}, "too_short"),
        ("/v1/completions", {"prompt": "a", "stop": 5}, "string_type"),
        ("/v1/embeddings", {"input": []}, "too_short"),
        ("/v1/embeddings", {"input": ["a"] * 2049}, "too_long"),
    ],
)
def test_of_several_types_the_one_that_was_meant_is_told(live, path, body, code):
    assert live.post(path, body).json()["error"]["code"] == code


def test_what_nobody_foresaw_is_told_in_the_surfaces_shape(live, monkeypatch):
    def fail(*_: object) -> None:
        raise ZeroDivisionError("\ud800")

    monkeypatch.setattr(Encoders, "embed", fail)
    for path, body in (("/v1/embeddings", {"input": "a"}), ("/v1/assay/embed", {"requests": [{"text": "a"}]})):
        response = live.post(path, body)
        assert response.status_code == 500 and response.json()["error"]["code"] == "internal"
    before = live.http.get("/metrics").text
    assert 'assay_backend_requests_total{path="/v1/embeddings",status="500"}' in before


def test_a_client_that_leaves_is_no_error_in_the_log(live, caplog):
    caplog.set_level(logging.ERROR)
    body = {"requests": [{"prompt": "The", "maxTokens": 200, "n": 8, "temperature": 1}] * 8}
    with pytest.raises(httpx.ReadTimeout):
        live.http.post("/v1/assay/generate", json=body, timeout=0.3)
    deadline = time.monotonic() + 20
    while live.service.models()[0].engine.running and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    gc.collect()
    assert [record.getMessage() for record in caplog.records] == []
