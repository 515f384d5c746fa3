"""What weights of fewer bits cost: the same texts scored by the model as it is and in another type.

python bench/quality.py [--dtype bfloat16] [--items 40] [--model builtin]

Tells how far log-probabilities move, how many of the items' answers change, and the bits per byte of running text.
"""

import argparse
import math
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "100000")
sys.path.insert(0, str(Path(__file__).parent.parent))

from items import items, long_texts

from assay_backend.device import pick_device
from assay_backend.memory import Budget, allowed
from assay_backend.registry import Registry
from assay_backend.settings import Settings
from assay_backend.work import ScoreJob


def scored(model: str, dtype: str, threads: int, groups: list[list[str]]) -> list[list[list[float]]]:
    """Log-probabilities of every token of every text, group by group."""
    settings = Settings(model=model, dtype=dtype, threads=threads)
    loaded = Registry(settings, Budget(allowed(0, pick_device(settings)))).load(settings.model)
    jobs = [ScoreJob(texts=[loaded.tokens.encode(text) for text in group], firsts=[0] * len(group)) for group in groups]
    loaded.engine.submit(jobs)
    found = [
        [[token.logprob for token in text if token.logprob is not None] for text in job.done.result()] for job in jobs
    ]
    loaded.engine.stop()
    return found


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--items", type=int, default=40)
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    asked = [[item["prompt"] + option for option in item["options"]] for item in items(given.items, shared=False)]
    running = long_texts(4, 300)
    groups = [*asked, *[[text] for text in running]]
    one, other = (scored(given.model, dtype, given.threads, groups) for dtype in ("float32", given.dtype))
    pairs = [
        (a, b)
        for mine, theirs in zip(one, other, strict=True)
        for text, same in zip(mine, theirs, strict=True)
        for a, b in zip(text, same, strict=True)
    ]
    apart = sorted(abs(a - b) for a, b in pairs)
    choices = [
        [max(range(len(group)), key=lambda at, g=group: sum(g[at])) for group in found[: len(asked)]]
        for found in (one, other)
    ]
    alike = sum(a == b for a, b in zip(*choices, strict=True))
    size = sum(len(text.encode()) for text in running)
    bits = [-sum(sum(group[0]) for group in found[len(asked) :]) / math.log(2) / size for found in (one, other)]
    tell = sys.stdout.write
    tell(f"{len(pairs)} tokens, float32 against {given.dtype}\n")
    tell(
        f"log-probabilities apart: mean {sum(apart) / len(apart):.4f}, 99 % below {apart[len(apart) * 99 // 100]:.4f}\n"
    )
    tell(f"likeliest option the same: {alike} of {len(asked)} items\n")
    tell(f"bits per byte: {bits[0]:.4f} against {bits[1]:.4f}\n")


if __name__ == "__main__":
    main()
