"""The same 64 prompts alone, in batches of 2, 7, 32 and 64, shuffled: are tokens and log-probabilities the same bits?

python bench/invariance.py [--model builtin] [--prompts 64] [--tokens 16] [--strict] [--device cpu] [--dtype auto]

Half of the prompts are answered greedily, half with a seed; each answer tells the five likeliest tokens and the entropy
of every step, and each prompt is scored as text too. Ends with status 1 when the server says that its results do not
depend on the batch and they do.
"""

import argparse
import os
import random
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "100000")
sys.path.insert(0, str(Path(__file__).parent.parent))

from items import items, long_texts

from assay_backend.device import pick_device
from assay_backend.loading import Loaded
from assay_backend.memory import Budget, allowed
from assay_backend.registry import Registry
from assay_backend.sampling import Measured, Sampling
from assay_backend.settings import Settings
from assay_backend.work import GenerateJob, Job, ScoreJob


def jobs_of(ids: list[int], at: int, tokens: int) -> list[Job]:
    """One prompt's answer and its score."""
    seed = at if at % 2 else None
    sampling = Sampling(tokens, 0.8 if at % 2 else 0.0, seed=seed, top_logprobs=5, entropy=True)
    return [GenerateJob(prompt=ids, sampling=sampling, n=2), ScoreJob(texts=[ids], firsts=[0], top=2, entropy=True)]


def answers(
    loaded: Loaded, prompts: list[list[int]], order: list[int], batch: int, tokens: int
) -> list[list[Measured]]:
    """Every token that was generated or scored, by prompt, when `batch` prompts at a time are asked in `order`."""
    found: list[list[Measured]] = [[] for _ in prompts]
    for low in range(0, len(order), batch):
        asked = {at: jobs_of(prompts[at], at, tokens) for at in order[low : low + batch]}
        loaded.engine.submit(job for jobs in asked.values() for job in jobs)
        for at, (generated, scored) in asked.items():
            for choice in generated.done.result():
                found[at] += choice.tokens
            found[at] += scored.done.result()[0]
    return found


def difference(one: list[list[Measured]], other: list[list[Measured]]) -> tuple[int, int, int, float]:
    """Of two runs: prompts with the same tokens, tokens compared, tokens whose numbers are the same bits, and the
    largest difference of log-probabilities of the same token."""
    same, count, equal, most = 0, 0, 0, 0.0
    for mine, theirs in zip(one, other, strict=True):
        same += [token.id for token in mine] == [token.id for token in theirs]
        for a, b in zip(mine, theirs, strict=False):
            if a.id == b.id:
                count, equal = count + 1, equal + (a == b)
                most = max(most, abs((a.logprob or 0) - (b.logprob or 0)))
    return same, count, equal, most


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default="auto")
    given = parser.parse_args()
    settings = Settings(
        model=given.model, threads=given.threads, device=given.device, dtype=given.dtype, strict=given.strict
    )
    loaded = Registry(settings, Budget(allowed(0, pick_device(settings)))).load(settings.model)
    texts = [item["prompt"] for item in items(given.prompts, shared=False)]
    texts = [
        text if at % 3 else long for at, (text, long) in enumerate(zip(texts, long_texts(len(texts), 60), strict=True))
    ]
    most = loaded.runner.context - given.tokens
    prompts = [loaded.tokens.encode(text)[-min(most, 20 + 3 * at) :] for at, text in enumerate(texts)]
    order = list(range(len(prompts)))
    started = time.perf_counter()
    alone = answers(loaded, prompts, order, 1, given.tokens)
    taken = time.perf_counter() - started
    tell = sys.stdout.write
    tell(f"{loaded.name} on {loaded.runner.device}, {str(loaded.runner.dtype).removeprefix('torch.')}")
    tell(f"{', --strict' if given.strict else ''}; the server says batchInvariant: {str(loaded.invariant).lower()}\n")
    tell("| batch | prompts with equal tokens | tokens equal to the last bit | largest difference | seconds |\n")
    tell("|---|---|---|---|---|\n")
    tell(f"| alone | {len(prompts)} of {len(prompts)} | (what the others are held against) | | {taken:.1f} |\n")
    exact = True
    for batch in (2, 7, 32, len(prompts)):
        random.Random(batch).shuffle(order)
        loaded.engine.call(lambda _: loaded.engine.prefixes and loaded.engine.prefixes.clear()).result()
        started = time.perf_counter()
        together = answers(loaded, prompts, order, batch, given.tokens)
        taken = time.perf_counter() - started
        same, count, equal, apart = difference(alone, together)
        exact = exact and same == len(prompts) and equal == count
        tell(f"| {batch}, shuffled | {same} of {len(prompts)} | {equal} of {count} | {apart:.1e} | {taken:.1f} |\n")
        sys.stdout.flush()
    loaded.engine.stop()
    tell("Equal to the last bit in every batch.\n" if exact else "Not equal in every batch.\n")
    return 1 if loaded.invariant and not exact else 0


if __name__ == "__main__":
    sys.exit(main())
