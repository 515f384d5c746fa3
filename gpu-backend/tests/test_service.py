"""The process around the model: start, health, key, limits of the address, stop."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from assay_backend import __main__ as command
from assay_backend.checkpoint import ModelUnavailable, _copy_is_whole, resolve, sampled_digest
from assay_backend.settings import Settings
from tests.conftest import Live

ROOT = Path(__file__).parent.parent


def spawn(*options: str, **environment: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "assay_backend", "--threads", "1", *options],
        cwd=ROOT, env=os.environ | environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_health_tells_of_loading_then_of_readiness_and_sigterm_finishes_what_runs(tiny):
    process = spawn("--port", "0", "--model", str(tiny), "--memory", "1")
    try:
        url = process.stderr.readline().split()[-1]
        seen = []
        with httpx.Client(base_url=url, timeout=30) as client:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and not (seen and seen[-1] == (200, "ready")):
                answer = client.get("/healthz")
                state = (answer.status_code, answer.json()["status"])
                if state not in seen:
                    seen.append(state)
                if len(seen) == 1 and seen[0] == (503, "loading"):
                    early = client.post("/v1/assay/score", json={"requests": [{"continuations": ["a"]}]})
                    assert early.status_code in {200, 503}
                time.sleep(0.02)
            assert seen == [(503, "loading"), (200, "ready")]
            body = {"prompt": "The", "max_tokens": 200, "n": 6, "ignore_eos": True, "stream": True}
            with client.stream("POST", "/v1/completions", json=body) as response:
                lines = response.iter_lines()
                assert next(lines).startswith("data: {")
                process.send_signal(signal.SIGTERM)
                assert [line for line in lines if line][-1] == "data: [DONE]"
        assert process.wait(20) in {0, -signal.SIGTERM}
    finally:
        process.kill()
        process.stderr.close()


def test_a_taken_port_is_told_with_the_way_out(live):
    process = spawn("--port", live.url.rsplit(":", 1)[1])
    _, told = process.communicate(timeout=30)
    assert process.returncode == 3 and "--port" in told and "Traceback" not in told


def test_a_missing_model_is_told_with_the_way_out():
    process = spawn("--port", "0", "--model", "/nowhere/at/all")
    _, told = process.communicate(timeout=60)
    assert process.returncode == 4 and "no model folder at /nowhere/at/all" in told and "Traceback" not in told


def test_too_little_memory_is_told_with_the_way_out(tiny):
    server = Live(Settings(model=str(tiny), memory=1 << 20))
    deadline = time.monotonic() + 60
    while server.service.state == "loading" and time.monotonic() < deadline:
        time.sleep(0.02)
    health = server.http.get("/healthz")
    assert health.status_code == 503 and health.json()["status"] == "failed"
    assert "Not enough memory" in health.json()["detail"] and "--memory" in health.json()["detail"]
    server.close()


@pytest.mark.parametrize(
    ("host", "inside"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("10.1.2.3", False)],
)
def test_loopback(host, inside):
    assert command.is_loopback(host) is inside


@pytest.mark.parametrize(
    "options",
    ["--port 70000", "--port -1", "--memory -1", "--memory nan", "--memory inf", "--threads -3", "--queue 0",
     "--sequences 0", "--step-tokens -5", "--patience inf", "--patience nan"],
)  # fmt: skip
def test_numbers_that_make_no_server_are_refused_by_name(options, capsys):
    with pytest.raises(SystemExit) as left:
        command.main(["--model", "/nowhere/at/all", *options.split()])
    assert left.value.code == 2 and options.split()[0] in capsys.readouterr().err


def test_other_addresses_need_a_key(monkeypatch, capsys):
    monkeypatch.delenv("ASSAY_BACKEND_KEY", raising=False)
    assert command.main(["--host", "0.0.0.0", "--port", "0"]) == 2
    assert "ASSAY_BACKEND_KEY" in capsys.readouterr().err


def test_the_key_is_asked_for_everywhere_but_at_health_and_metrics(tiny):
    server = Live(Settings(model=str(tiny), memory=1 << 30, key="s3cret")).ready()
    try:
        assert server.http.get("/healthz").status_code == 200 and server.http.get("/metrics").status_code == 200
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "s3cret"}):
            answer = server.http.get("/v1/models", headers=headers)
            assert answer.status_code == 401 and answer.json()["error"]["code"] == "invalid_api_key"
        assert server.http.get("/v1/models", headers={"authorization": "Bearer s3cret"}).status_code == 200
    finally:
        server.close()


def test_info_and_metrics(live):
    info = live.http.get("/v1/assay/info").json()
    assert info["model"] == "tiny" and info["contextLength"] == 256 and info["bosToken"] == "<|im_start|>"
    assert info["batchInvariant"] is True and len(info["fingerprint"]) == 32 and "full" in info["capabilities"]
    metrics = live.http.get("/metrics").text
    for name in (
        "queue",
        "running",
        "tokens_total",
        "batch_fill_bucket",
        "pass_seconds_bucket",
        "request_seconds_bucket",
        "kv_bytes",
    ):
        assert f"assay_backend_{name}" in metrics


def test_a_damaged_copy_is_noticed(tmp_path):
    source = tmp_path / "model.gguf"
    source.write_bytes(b"source")
    copy = tmp_path / "copy"
    assert not _copy_is_whole(copy, source)
    copy.mkdir()
    (copy / "model.safetensors").write_bytes(os.urandom(10_000_000))
    digest = sampled_digest(copy / "model.safetensors")
    manifest = {"sourceSize": 6, "sourceDigest": "x", "files": {"model.safetensors": digest}}
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert _copy_is_whole(copy, source)
    whole = (copy / "model.safetensors").read_bytes()
    for damaged in (whole[:-1], whole[:100] + b"\0" * 70_000 + whole[70_100:], b""):
        (copy / "model.safetensors").write_bytes(damaged)
        assert not _copy_is_whole(copy, source)
    (copy / "model.safetensors").write_bytes(whole)
    (copy / "manifest.json").write_text("{")
    assert not _copy_is_whole(copy, source)


def test_unknown_folders_are_refused():
    with pytest.raises(ModelUnavailable, match="check the path"):
        resolve("./no-such-folder")
