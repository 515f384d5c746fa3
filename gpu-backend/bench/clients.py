"""OpenAI's Python and Node clients and lm-evaluation-harness against a live backend, with what they answered.

python bench/clients.py [--items 40] [--only python|node|harness]

The clients go into .bench/, apart from the backend's own environment. Ends with status 1 when an answer is wrong, or
when the harness scores by our server otherwise than by its own `hf` model (more than 1e-3 apart).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from items import items, write_task
from server import node_folder, others_python, running, say

from assay_backend.checkpoint import BUILTIN, resolve

TOLERANCE = 1e-3


def python_client(url: str) -> None:
    """Chat, stream, parsed schema, completions, embeddings, models and a refusal by the official Python client."""
    import openai
    from pydantic import BaseModel

    class Place(BaseModel):
        city: str
        country: str

    def show(name: str, value: object) -> None:
        say(f"  {name:28} {value}")

    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    messages = [{"role": "user", "content": "What is the capital of France? Answer in one word."}]
    options = {"model": BUILTIN, "messages": messages, "temperature": 0, "max_completion_tokens": 12}
    show("models.list", [model.id for model in client.models.list()])
    chat = client.chat.completions.create(**options, logprobs=True, top_logprobs=2)
    text = chat.choices[0].message.content
    first = chat.choices[0].logprobs.content[0].top_logprobs
    show("chat", text)
    show("chat, first token", [(top.token, round(top.logprob, 4)) for top in first])
    stream = client.chat.completions.create(**options, stream=True, stream_options={"include_usage": True})
    chunks = list(stream)
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert streamed == text, f"The stream differs: {streamed!r}"
    show("chat, streamed", (streamed, chunks[-1].usage.total_tokens))
    parsed = client.chat.completions.parse(**options | {"max_completion_tokens": 40}, response_format=Place)
    show("chat, parsed schema", repr(parsed.choices[0].message.parsed))
    prompts = ["The capital of France is", "Two plus two is"]
    completion = client.completions.create(
        model=BUILTIN, prompt=prompts, temperature=0, max_tokens=3, logprobs=1, echo=True
    )
    show("completions, two, echoed", [choice.text for choice in completion.choices])
    vectors = client.embeddings.create(
        model="all-minilm-l6-v2", input=["A cat sleeps.", "A kitten naps.", "Shares fell."]
    )
    cat, kitten, shares = (entry.embedding for entry in vectors.data)
    near, far = dot(cat, kitten), dot(cat, shares)
    assert near > far
    show("embeddings", {"size": len(cat), "near": round(near, 3), "far": round(far, 3)})
    try:
        client.chat.completions.create(**options | {"messages": []})
    except openai.BadRequestError as error:
        show("an empty list", f"{error.status_code} {error.code} param={error.param}")
    else:
        raise AssertionError("An empty list of messages was answered.")


def dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def harness(python: Path, folder: Path, task: str, model: str, arguments: str, batch: str, threads: int) -> dict:
    """One run of lm-evaluation-harness's command; answers its results and, by item, the options' log-probabilities."""
    out = folder / model
    command = [
        str(python), "-m", "lm_eval", "run", "--model", model, "--model_args", arguments, "--tasks", task,
        "--include_path", str(folder), "--batch_size", batch, "--output_path", str(out), "--log_samples",
        "--device", "cpu",
    ]  # fmt: skip
    say("  $ " + " ".join(command[1:]).replace(str(folder), "<folder>"))
    environment = os.environ | ({"OMP_NUM_THREADS": str(threads)} if threads else {})
    environment |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    ended = subprocess.run(command, capture_output=True, text=True, env=environment)
    if ended.returncode:
        raise SystemExit(ended.stdout[-2000:] + ended.stderr[-4000:])
    table = [line for line in ended.stdout.splitlines() if line.startswith("|")]
    say("\n".join("  " + line for line in table))
    (found,) = out.rglob("results_*.json")
    (samples,) = out.rglob("samples_*.jsonl")
    by_item = {}
    for line in samples.read_text().splitlines():
        sample = json.loads(line)
        by_item[sample["doc_id"]] = [float(pair[0]) for pair in sample["filtered_resps"]]
    return {"results": json.loads(found.read_text())["results"][task], "logprobs": by_item}


def harness_against_its_own(url: str, count: int, threads: int) -> None:
    """The same task by our server and by the harness's own transformers model: the scores must agree."""
    python = others_python()
    checkpoint = resolve(BUILTIN)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_task(folder, "assay_items", items(count))
        ours = harness(
            python, folder, "assay_items", "local-completions",
            f"base_url={url}/v1/completions,model={BUILTIN},tokenizer={checkpoint.folder},tokenizer_backend=huggingface",
            "16", threads,
        )  # fmt: skip
        own = harness(
            python, folder, "assay_items", "hf",
            f"pretrained={checkpoint.folder},dtype=float32", "8", threads,
        )  # fmt: skip
    worst = 0.0
    for metric in ("acc,none", "acc_norm,none"):
        one, other = ours["results"][metric], own["results"][metric]
        worst = max(worst, abs(one - other))
        say(f"  {metric.split(',')[0]:10} local-completions {one:.4f}   hf {other:.4f}   apart {abs(one - other):.1e}")
    pairs = [
        (a, b) for item, values in own["logprobs"].items() for a, b in zip(ours["logprobs"][item], values, strict=True)
    ]
    apart = max(abs(a - b) for a, b in pairs)
    say(f"  {len(pairs)} log-probabilities, largest difference {apart:.1e}")
    if worst > TOLERANCE or apart > TOLERANCE:
        raise SystemExit("The scores differ.")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=40)
    parser.add_argument("--only", choices=["python", "node", "harness"])
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    with running("--threads", str(given.threads)) as url:
        if given.only in {None, "python"}:
            say("openai (Python)")
            python_client(url)
        if given.only in {None, "node"}:
            say("openai (Node)")
            folder = node_folder()
            script = folder / "clients.mjs"
            script.write_text((Path(__file__).parent / "clients.mjs").read_text())
            subprocess.run(["node", str(script), f"{url}/v1", BUILTIN], cwd=folder, check=True)
        if given.only in {None, "harness"}:
            say(f"lm-evaluation-harness, {given.items} items of four options")
            harness_against_its_own(url, given.items, given.threads)
    say("All agree.")


if __name__ == "__main__":
    main()
