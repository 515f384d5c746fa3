"""lm-evaluation-harness's transformers model and transformers' own generation, asked line by line on stdin.

Runs in the environment of the others (bench/server.py); each line is a JSON request, each answer a JSON line with the
wall and processor seconds that the work took.
"""

import json
import os
import sys
import time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "100000")


def load(folder: str, batch: str, threads: int, device: str):
    """The harness's model over a checkpoint, in float32 on CPU and in the checkpoint's type on CUDA."""
    import torch
    from lm_eval.models.huggingface import HFLM

    if threads:
        torch.set_num_threads(threads)
    dtype = "float32" if device == "cpu" else "auto"
    return HFLM(pretrained=folder, dtype=dtype, device=device, batch_size=batch, max_batch_size=64)


def requests_of(kind: str, pairs: list) -> list:
    """The harness's own request objects."""
    from lm_eval.api.instance import Instance

    return [
        Instance(request_type=kind, doc={}, arguments=tuple(pair), idx=at, metadata=("bench", at, 1))
        for at, pair in enumerate(pairs)
    ]


def score(model, pairs: list) -> list[float]:
    """Log-probability of each (prompt, continuation)."""
    return [found[0] for found in model.loglikelihood(requests_of("loglikelihood", pairs), disable_tqdm=True)]


def rolling(model, texts: list[str]) -> list[float]:
    """Log-probability of each whole text."""
    found = model.loglikelihood_rolling(
        requests_of("loglikelihood_rolling", [[text] for text in texts]), disable_tqdm=True
    )
    return [one if isinstance(one, float) else one[0] for one in found]


def generate(model, prompts: list[str], batch: int, tokens: int) -> list[str]:
    """Greedy continuations by `generate` in static batches, padded on the left, each of exactly `tokens` tokens."""
    import torch

    tokenizer, network = model.tokenizer, model.model
    tokenizer.padding_side = "left"
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    order = sorted(range(len(prompts)), key=lambda at: len(prompts[at]))
    written = [""] * len(prompts)
    for low in range(0, len(order), batch):
        part = order[low : low + batch]
        inputs = tokenizer([prompts[at] for at in part], return_tensors="pt", padding=True).to(network.device)
        with torch.inference_mode():
            found = network.generate(
                **inputs,
                do_sample=False,
                max_new_tokens=tokens,
                min_new_tokens=tokens,
                pad_token_id=tokenizer.pad_token_id,
            )
        texts = tokenizer.batch_decode(found[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        for at, text in zip(part, texts, strict=True):
            written[at] = text
    return written


def main() -> None:
    """Answer requests until stdin ends."""
    folder, batch, threads, device = sys.argv[1:5]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    model = load(folder, batch, int(threads), device)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        started, spent = time.perf_counter(), time.process_time()
        work = {"score": score, "rolling": rolling, "generate": generate}[asked.pop("do")]
        found = work(model, **asked)
        answer = {
            "seconds": time.perf_counter() - started,
            "processor": time.process_time() - spent,
            "found": found,
            "batch": str(getattr(model, "batch_sizes", None) or model.batch_size),
        }
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
