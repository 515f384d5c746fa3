"""Prometheus metrics of the engine and of the HTTP surface."""

from prometheus_client import Counter, Gauge, Histogram

from .segments import Segment

queued = Gauge("assay_backend_queue", "Requests accepted and not yet running")
running = Gauge("assay_backend_running", "Sequences that hold a slot")
tokens = Counter("assay_backend_tokens", "Tokens passed through the model", ["kind"])
prefix_tokens = Counter("assay_backend_prefix_tokens", "Prompt tokens taken from the prefix cache", ["source"])
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
kv_bytes = Gauge("assay_backend_kv_bytes", "Memory of key-value slots in use")
prefix_bytes = Gauge("assay_backend_prefix_bytes", "Memory of the prefix cache")


def step(segments: list[Segment], budget: int, took: float) -> None:
    """Note one pass of the model."""
    decoded = sum(segment.decode for segment in segments)
    total = sum(len(segment.ids) for segment in segments)
    tokens.labels("decode").inc(decoded)
    tokens.labels("prefill").inc(total - decoded)
    fill.observe(total / budget)
    seconds.observe(took)
