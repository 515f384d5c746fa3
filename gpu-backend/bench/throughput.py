"""Tokens per second of the engine's passes: prefill of 8 texts of 256 tokens, decode at several batch sizes.

python bench/throughput.py [--model builtin] [--threads N] [--dtype auto] [--against-transformers]
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "100000")
sys.path.insert(0, str(Path(__file__).parent.parent))

import torch

from assay_backend.device import pick_device
from assay_backend.memory import Budget, allowed
from assay_backend.registry import Registry
from assay_backend.segments import Segment
from assay_backend.settings import Settings


def best(work: Callable[[], object], times: int) -> float:
    """Shortest of several runs, after one that warms up."""
    found = []
    for _ in range(times + 1):
        started = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        found.append(time.perf_counter() - started)
    return min(found[1:])


def main() -> None:
    """Print one line per shape."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--context", type=int, default=200, help="tokens before the generated one")
    parser.add_argument("--against-transformers", action="store_true")
    given = parser.parse_args()
    settings = Settings(model=given.model, threads=given.threads, dtype=given.dtype)
    loaded = Registry(settings, Budget(allowed(0, pick_device(settings)))).load(settings.model)
    runner = loaded.runner
    texts = torch.randint(0, runner.vocabulary, (64, 256), generator=torch.Generator().manual_seed(1)).tolist()
    slots = [runner.take(320) for _ in texts]

    def line(shape: str, tokens: int, seconds: float) -> None:
        sys.stdout.write(f"{shape:34} {tokens / seconds:9.1f} tokens/s {seconds * 1000:9.1f} ms\n")
        sys.stdout.flush()

    def prefill() -> None:
        for low in range(0, 8):
            rows = runner.forward([Segment(slots[low], 0, texts[low], [255])])
            rows.logits(0, 1)

    def short() -> None:
        runner.forward([Segment(slots[0], 0, texts[0][:32], [31])]).logits(0, 1)

    line("prefill 8x256", 8 * 256, best(prefill, 2))
    line("prefill 1x32", 32, best(short, 8))
    rows = list(range(256))

    def score() -> None:
        found = runner.forward([Segment(slots[0], 0, texts[0], rows)])
        for low in range(0, 256, 64):
            found.logits(low, low + 64).log_softmax(-1)

    line("score 1x256, every token", 256, best(score, 3))
    for slot in slots[1:]:
        runner.copy(slots[0], slot, given.context)
    for batch in (1, 10, 32, 64):

        def decode(batch: int = batch) -> None:
            steps = [Segment(slot, given.context, [5], [0], decode=True) for slot in slots[:batch]]
            runner.forward(steps).logits(0, batch)

        line(f"decode, batch {batch}", batch, best(decode, 8))
    loaded.engine.stop()
    if given.against_transformers:
        from transformers import AutoModelForCausalLM

        model = AutoModelForCausalLM.from_pretrained(loaded.checkpoint.folder, dtype=runner.dtype).to(runner.device)
        ids = torch.tensor(texts[:8], device=runner.device)
        with torch.inference_mode():
            line("transformers prefill 8x256", 8 * 256, best(lambda: model(ids, logits_to_keep=1), 2))
            line("transformers prefill 1x32", 32, best(lambda: model(ids[:1, :32], logits_to_keep=1), 8))
            line("transformers score 1x256", 256, best(lambda: model(ids[:1]).logits.log_softmax(-1), 3))
            for batch in (1, 10, 32, 64):
                prompt = torch.tensor([text[: given.context] for text in texts[:batch]], device=runner.device)
                cache = model(prompt, use_cache=True, logits_to_keep=1).past_key_values
                token = torch.full((batch, 1), 5, device=runner.device)

                def step(cache=cache, token=token) -> None:
                    model(token, past_key_values=cache, use_cache=True)

                line(f"transformers decode, batch {batch}", batch, best(step, 8))


if __name__ == "__main__":
    main()
