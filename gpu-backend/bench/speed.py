"""The engine against lm-evaluation-harness and transformers: the same model file, one run, turn by turn.

python bench/speed.py [--items 400] [--rounds 2] [--only NAME ...] [--device cpu|cuda]

Each shape is worked by both, one after the other, `--rounds` times; the table shows the best round of each, the ratio
of wall times and that of processor times (which other programs on the machine disturb less). A shape's answers are
compared too: a fast wrong answer ends the bench. What the harness spends on finding its batch size is not counted.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import beside
import psutil
from items import Item, items, long_texts
from server import BACKEND, others_python, running, say
from transformers import AutoTokenizer

from assay_backend.checkpoint import BUILTIN, resolve


@dataclass
class Took:
    """Wall and processor seconds of one piece of work, and what it found."""

    seconds: float
    processor: float
    found: list


class Ours:
    """The backend over HTTP."""

    def __init__(self, url: str):
        self.url = url
        port = int(url.rsplit(":", 1)[1])
        (self.process,) = {
            psutil.Process(found.pid)
            for found in psutil.net_connections("tcp")
            if found.laddr.port == port and found.status == "LISTEN" and found.pid
        }

    def post(self, path: str, body: dict) -> dict:
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=3600) as answer:
            return json.load(answer)

    def timed(self, work: Callable[[], list]) -> Took:
        before, started = self.process.cpu_times(), time.perf_counter()
        found = work()
        seconds, after = time.perf_counter() - started, self.process.cpu_times()
        return Took(seconds, after.user + after.system - before.user - before.system, found)

    def score(self, pairs: list[tuple[str, list[str]]]) -> Took:
        """Log-probability of each prompt's continuations."""
        requests = [{"prompt": prompt, "continuations": options} for prompt, options in pairs]
        return self.timed(
            lambda: [
                option["logprob"]
                for result in self.post("/v1/assay/score", {"requests": requests})["results"]
                for option in result["continuations"]
            ]
        )

    def by_completions(self, pairs: list[tuple[str, list[str]]]) -> Took:
        """The same as lm-evaluation-harness's local-completions asks it: whole texts, echoed, one token generated."""
        texts = [prompt + option for prompt, options in pairs for option in options]

        def work() -> list:
            found = []
            for low in range(0, len(texts), 64):
                body = {"prompt": texts[low : low + 64], "max_tokens": 1, "temperature": 0, "logprobs": 1, "echo": True}
                found += self.post("/v1/completions", body)["choices"]
            return [0.0 for _ in found]

        return self.timed(work)

    def generate(self, prompts: list[str], tokens: int, spread: float, end: int, **options) -> Took:
        """Greedy continuations of prompts that arrive one by one over `spread` seconds. `end`, the token that ends an
        answer, is barred, as `min_new_tokens` does. `options` go into each request."""

        def ask(number: int) -> str:
            time.sleep(spread * number / len(prompts))
            body = {"prompt": prompts[number], "max_tokens": tokens, "temperature": 0, "logit_bias": {end: -100}}
            body |= options
            return self.post("/v1/completions", body)["choices"][0]["text"]

        with concurrent.futures.ThreadPoolExecutor(len(prompts)) as pool:
            return self.timed(lambda: list(pool.map(ask, range(len(prompts)))))

    def counter(self, name: str) -> float:
        """A Prometheus counter's value."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


class Theirs:
    """The harness's model in a process of its own (bench/others.py)."""

    def __init__(self, folder: Path, batch: str, threads: int, device: str):
        self.process = subprocess.Popen(
            [str(others_python()), str(Path(__file__).parent / "others.py"), str(folder), batch, str(threads), device],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"HF_HUB_OFFLINE": "1"}, cwd=BACKEND,
        )  # fmt: skip
        self.told: list[str] = []
        threading.Thread(target=lambda: self.told.extend(self.process.stderr), daemon=True).start()
        self.batch = ""
        self.read()

    def read(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("".join(self.told[-40:]))
        return json.loads(line)

    def ask(self, **request) -> Took:
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.read()
        self.batch = answer["batch"]
        return Took(answer["seconds"], answer["processor"], answer["found"])

    def score(self, pairs: list[tuple[str, list[str]]]) -> Took:
        return self.ask(do="score", pairs=[[prompt, option] for prompt, options in pairs for option in options])


def as_pairs(chosen: list[Item], options: int = 4) -> list[tuple[str, list[str]]]:
    return [(item["prompt"], item["options"][:options]) for item in chosen]


def turn_by_turn(rounds: int, *works: Callable[[int], Took]) -> list[Took]:
    """The best round of each, after rounds in which each had its turn. A work is told its round, so that none repeats
    the texts of another, which our prefix cache would know."""
    found = [[work(round_) for work in works] for round_ in range(rounds)]
    return [
        Took(min(t.seconds for t in column), min(t.processor for t in column), column[0].found)
        for column in zip(*found, strict=True)
    ]


def line(name: str, ours: Took, theirs: Took, note: str = "") -> None:
    """One line of the table."""
    say(
        f"| {name} | {ours.seconds:.1f} s | {theirs.seconds:.1f} s | {theirs.seconds / ours.seconds:.2f} |"
        f" {theirs.processor / ours.processor:.2f} | {note} |"
    )


def agree(name: str, ours: list[float], theirs: list[float], near: float) -> str:
    """How far the log-probabilities are apart at most. Raises SystemExit when they are not the same numbers; those of a
    long text are sums over a thousand tokens, which the harness makes in float32."""
    apart = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
    if any(abs(a - b) > near + near / 10 * abs(b) for a, b in zip(ours, theirs, strict=True)):
        raise SystemExit(f"{name}: log-probabilities differ by {apart}.")
    return f"log-probabilities apart at most {apart:.0e}"


def scorings(ours: Ours, theirs: Theirs, given: argparse.Namespace) -> None:
    """Multiple choice of every shape, and long texts."""
    count = given.items
    shapes: dict[str, tuple[str, Callable[[int], list]]] = {
        "shared": (f"{count} items x 4 options, shared beginning", lambda r: as_pairs(items(count, seed=100 + r))),
        "letters": (
            f"{count} items x 4 letters, shared beginning",
            lambda r: as_pairs(items(count, single=True, seed=200 + r)),
        ),
        "apart": (
            f"{count} items x 4 options, nothing shared",
            lambda r: as_pairs(items(count, shared=False, seed=300 + r)),
        ),
        "single": (
            f"{count} single continuations, nothing shared",
            lambda r: as_pairs(items(count, shared=False, seed=400 + r), 1),
        ),
    }
    for key, (name, pairs) in shapes.items():
        if given.only and key not in given.only:
            continue
        if given.hf_batch == "auto":
            theirs.score(pairs(-1)[:1])
        one, other = turn_by_turn(
            given.rounds, lambda r, p=pairs: ours.score(p(r)), lambda r, p=pairs: theirs.score(p(r))
        )
        line(name, one, other, agree(name, one.found, other.found, given.near) + f"; hf batch {theirs.batch}")
    if not given.only or "completions" in given.only:
        one, other = turn_by_turn(
            given.rounds,
            lambda r: ours.by_completions(as_pairs(items(count, seed=500 + r))),
            lambda r: theirs.score(as_pairs(items(count, seed=500 + r))),
        )
        line(f"{count} items x 4, echoed completions", one, other, "as local-completions asks")
    if not given.only or "long" in given.only:
        texts = max(2, count // 50)
        one, other = turn_by_turn(
            given.rounds,
            lambda r: ours.score([("", [text]) for text in long_texts(texts, 900, seed=600 + r)]),
            lambda r: theirs.ask(do="rolling", texts=long_texts(texts, 900, seed=600 + r)),
        )
        line(f"{texts} texts of 900 words", one, other, agree("long", one.found, other.found, given.near))


def generations(ours: Ours, theirs: Theirs, given: argparse.Namespace) -> None:
    """64 prompts of 64 tokens arriving over time, against static batches that have them all at once."""

    def prompts(round_: int) -> list[str]:
        return [item["prompt"] for item in items(64, shared=False, seed=700 + round_)]

    batches = given.static
    end = AutoTokenizer.from_pretrained(resolve(given.model).folder).eos_token_id
    tries = [lambda r, b=b: theirs.ask(do="generate", prompts=prompts(r), batch=b, tokens=64) for b in batches]
    one, *others = turn_by_turn(given.rounds, lambda r: ours.generate(prompts(r), 64, given.spread, end), *tries)
    best = min(range(len(batches)), key=lambda at: others[at].seconds)
    same = sum(a == b for a, b in zip(one.found, others[best].found, strict=True))
    note = f"arriving over {given.spread:g} s; static batch {batches[best]} of {batches}; {same} of 64 texts equal"
    line("64 prompts x 64 tokens", one, others[best], note)
    with contextlib.ExitStack() as stack:
        besides = [(given.beside, given.beside, json.loads(given.beside_options))] if given.beside else []
        for kind in given.llama_cpp:
            url = stack.enter_context(beside.llama_server(kind, given.threads))
            besides.append((f"{beside.PACKAGE}, {kind} weights", url, beside.OPTIONS))
        for name, url, options in besides:
            server = Ours(url)
            work = partial(server.generate, tokens=64, spread=given.spread, end=end, **options)
            (other,) = turn_by_turn(given.rounds, lambda r, work=work: work(prompts(r)))
            same = sum(a == b for a, b in zip(one.found, other.found, strict=True))
            line("64 prompts x 64 tokens, against another server", one, other, f"{name}; {same} of 64 texts equal")


def samples(ours: Ours) -> None:
    """Ten samples of one prompt: how many tokens were read for them."""
    (prompt,) = long_texts(1, 150)
    length = len(ours.post("/tokenize", {"prompt": prompt})["tokens"])
    read, reused = 'assay_backend_tokens_total{kind="prefill"}', 'assay_backend_prefix_tokens_total{source="reused"}'
    before, kept_before = ours.counter(read), ours.counter(reused)
    ours.post("/v1/completions", {"prompt": prompt, "n": 10, "max_tokens": 8, "temperature": 1, "seed": 1})
    asked, kept = ours.counter(read) - before, ours.counter(reused) - kept_before
    say(f"Ten samples of a prompt of {length} tokens: {asked:.0f} tokens read, {kept:.0f} taken from the prefix cache.")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", nargs="*", help="shared letters apart single completions long generate samples")
    parser.add_argument("--hf-batch", default="auto", help="the harness's batch size (default: its own auto)")
    parser.add_argument("--static", type=int, nargs="*", default=[8, 16, 32, 64], help="static batches to try")
    parser.add_argument("--beside", help="address of another server of OpenAI's completions, timed on the generation")
    parser.add_argument("--beside-options", default="{}", help="JSON object that goes into each request to it")
    parser.add_argument(
        "--llama-cpp", nargs="*", default=[], choices=["float32", "packaged"],
        help="build llama-cpp-python's server and time it on the generation (CPU), with these weights",
    )  # fmt: skip
    parser.add_argument("--spread", type=float, default=5.0, help="seconds over which the 64 prompts arrive")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--model", default=BUILTIN, help="Hugging Face folder or id, for both")
    parser.add_argument("--near", type=float, default=1e-3, help="how far log-probabilities may be apart (and a tenth)")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    given = parser.parse_args()
    folder = resolve(given.model).folder
    with running("--model", given.model, "--device", given.device, "--threads", str(given.threads)) as url:
        ours, theirs = Ours(url), Theirs(folder, given.hf_batch, given.threads, given.device)
        say("| shape | Assay backend | hf | times as fast | by processor time | |")
        say("|---|---|---|---|---|---|")
        scorings(ours, theirs, given)
        if not given.only or "generate" in given.only:
            generations(ours, theirs, given)
        if not given.only or "samples" in given.only:
            samples(ours)
        theirs.process.stdin.close()
        theirs.process.wait(30)


if __name__ == "__main__":
    main()
