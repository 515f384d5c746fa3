"""Prometheus metrics of the engine and of the HTTP surface."""

import threading
import time
from collections import deque
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from .segments import Segment

queued = Gauge("assay_backend_queue", "Requests accepted and not yet running", ["model"])
running = Gauge("assay_backend_running", "Sequences that hold a slot", ["model"])
tokens = Counter("assay_backend_tokens", "Tokens passed through the model", ["kind"])
prefix_tokens = Counter(
    "assay_backend_prefix_tokens", "Prompt tokens by source: reused from a kept prefix, or read", ["source"]
)
rate = Gauge("assay_backend_tokens_per_second", "Tokens passed through the model over the last ten seconds")
fill = Histogram(
    "assay_backend_batch_fill",
    "Tokens of a pass over the tokens it may hold",
    buckets=[0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1, 2],
)
seconds = Histogram("assay_backend_pass_seconds", "Duration of a pass", buckets=[0.01, 0.03, 0.1, 0.3, 1, 3, 10])
requests = Counter("assay_backend_requests", "HTTP requests answered", ["path", "status"])
latency = Histogram(
    "assay_backend_request_seconds",
    "Time to answer",
    ["path"],
    buckets=[0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300],
)
kv_bytes = Gauge("assay_backend_kv_bytes", "Memory of key-value slots in use", ["model"])
kv_reserved_bytes = Gauge("assay_backend_kv_reserved_bytes", "Memory of key-value slots, in use or idle", ["model"])
prefix_bytes = Gauge("assay_backend_prefix_bytes", "Memory of the prefix cache", ["model"])
fixed_bytes = Gauge("assay_backend_fixed_bytes", "Memory set aside for weights and activations", ["name"])
budget_bytes = Gauge("assay_backend_memory_budget_bytes", "Memory that may be used")
out_of_memory = Counter("assay_backend_out_of_memory", "Passes that found no memory and were split")
models_loaded = Gauge("assay_backend_models", "Models in memory")
loads = Counter("assay_backend_model_loads", "Models loaded")
unloads = Counter("assay_backend_model_unloads", "Models unloaded", ["reason"])

_WINDOW = 10.0
_recent: deque[tuple[float, int]] = deque()
_recent_lock = threading.Lock()
_BY_MODEL = (queued, running, kv_bytes, kv_reserved_bytes, prefix_bytes)


def step(segments: list[Segment], budget: int, took: float) -> None:
    """Note one pass of the model."""
    decoded = sum(segment.decode for segment in segments)
    total = sum(len(segment.ids) for segment in segments)
    tokens.labels("decode").inc(decoded)
    tokens.labels("prefill").inc(total - decoded)
    fill.observe(total / budget)
    seconds.observe(took)
    count_recent(total)


def count_recent(count: int) -> None:
    """Note tokens for the rate of the last seconds."""
    with _recent_lock:
        _recent.append((time.monotonic(), count))
        while _recent[0][0] < time.monotonic() - _WINDOW:
            _recent.popleft()


def refresh(engines: dict[str, Any], total: int, fixed: dict[str, int]) -> None:
    """Bring the gauges up to date; called when they are read, so that nobody is left over who has gone."""
    for gauge in (*_BY_MODEL, fixed_bytes):
        gauge.clear()
    for name, engine in engines.items():
        queued.labels(name).set(engine.queued)
        running.labels(name).set(engine.running)
        kv_bytes.labels(name).set(engine.runner.used_bytes())
        kv_reserved_bytes.labels(name).set(engine.runner.reserved_bytes())
        prefix_bytes.labels(name).set(engine.prefixes.used if engine.prefixes else 0)
    for name, size in fixed.items():
        fixed_bytes.labels(name).set(size)
    budget_bytes.set(total)
    models_loaded.set(len(engines))
    with _recent_lock:
        since = time.monotonic() - _WINDOW
        rate.set(sum(count for at, count in _recent if at >= since) / _WINDOW)
