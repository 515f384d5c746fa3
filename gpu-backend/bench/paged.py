"""Transformers' continuous batching with paged attention on the generation that bench/speed.py times.

.bench/venv/bin/python bench/paged.py FOLDER [--prompts 64] [--tokens 64] [--threads N]

FOLDER is a checkpoint (the built-in model's copy lies under ~/.cache/assay/models). Runs in the environment of the
others, which bench/speed.py makes.
"""

import argparse
import os
import sys
import time

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "100000")

import torch
from items import items
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    tokenizer = AutoTokenizer.from_pretrained(given.folder)
    model = AutoModelForCausalLM.from_pretrained(given.folder, dtype="float32", attn_implementation="paged|sdpa")
    prompts = [tokenizer(item["prompt"])["input_ids"] for item in items(given.prompts, shared=False, seed=700)]
    # No token ends an answer, as in bench/speed.py.
    greedy = GenerationConfig(max_new_tokens=given.tokens, do_sample=False, eos_token_id=-1, pad_token_id=0)
    started = time.perf_counter()
    found = model.generate_batch(inputs=prompts, generation_config=greedy)
    seconds = time.perf_counter() - started
    made = sum(len(answer.generated_tokens) for answer in found.values())
    sys.stdout.write(f"{given.prompts} prompts x {given.tokens} tokens: {seconds:.1f} s, {made} tokens made\n")


if __name__ == "__main__":
    main()
