"""What a model says, exactly: whole next-token distributions and greedy replies, through transformers alone, so that
nothing is shared with the server whose answers are held against it."""

import math
from collections.abc import Iterator
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from .lessons import prompt_text


class ExactModel:
    """A model folder read by transformers, asked without sampling."""

    def __init__(self, folder: Path):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.end = self.tokenizer.eos_token_id

    def ids(self, texts: list[str]) -> list[list[int]]:
        return self.tokenizer(texts, add_special_tokens=False)["input_ids"]

    def word(self, text: str) -> int:
        """The token of a word."""
        return self.tokenizer.convert_tokens_to_ids(text if text.startswith("[") else f"▁{text}")

    def prompts(self, lessons: list[dict]) -> list[list[int]]:
        """Recorded questions as token ids."""
        return self.ids([prompt_text(lesson) for lesson in lessons])

    @torch.no_grad()
    def distributions(self, prompts: list[list[int]], size: int = 64) -> torch.Tensor:
        """Log-probabilities of every word after each prompt, in their order."""
        found = [None] * len(prompts)
        order = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))
        for start in range(0, len(order), size):
            chunk = order[start : start + size]
            longest = max(len(prompts[place]) for place in chunk)
            ids = torch.zeros((len(chunk), longest), dtype=torch.long)
            for row, place in enumerate(chunk):
                ids[row, : len(prompts[place])] = torch.tensor(prompts[place])
            logits = self.model(input_ids=ids, use_cache=False).logits
            for row, place in enumerate(chunk):
                found[place] = logits[row, len(prompts[place]) - 1].double().log_softmax(-1)
        return torch.stack(found)

    def greedy(self, prompts: list[list[int]], limit: int) -> list[tuple[list[int], list[float]]]:
        """Greedy replies of at most `limit` tokens with their log-probabilities, the end included where it came."""
        running = [list(prompt) for prompt in prompts]
        replies: list[tuple[list[int], list[float]]] = [([], []) for _ in prompts]
        open_ = list(range(len(prompts)))
        for _ in range(limit):
            if not open_:
                break
            best = self.distributions([running[place] for place in open_]).max(-1)
            for place, token, chance in zip(list(open_), best.indices.tolist(), best.values.tolist(), strict=True):
                replies[place][0].append(token)
                replies[place][1].append(chance)
                running[place].append(token)
                if token == self.end:
                    open_.remove(place)
        return replies

    def spoken(self, reply: tuple[list[int], list[float]]) -> tuple[list[int], list[float]]:
        """A reply without its end, which is no token of an answer to servers and benchmarks."""
        ids, chances = reply
        return (ids[:-1], chances[:-1]) if ids[-1] == self.end else reply

    def text(self, ids: list[int]) -> str:
        """The words of a reply, special tokens left out."""
        return self.tokenizer.decode([token for token in ids if token != self.end]).strip()

    @torch.no_grad()
    def scores(self, heads: list[list[int]], tails: list[list[int]], size: int = 64) -> list[list[float]]:
        """Log-probability of each token of the tails, each after its head."""
        found = []
        for start in range(0, len(heads), size):
            pairs = list(zip(heads[start : start + size], tails[start : start + size], strict=True))
            longest = max(len(head) + len(tail) for head, tail in pairs)
            ids = torch.zeros((len(pairs), longest), dtype=torch.long)
            for row, (head, tail) in enumerate(pairs):
                ids[row, : len(head) + len(tail)] = torch.tensor(head + tail)
            logprobs = self.model(input_ids=ids, use_cache=False).logits.double().log_softmax(-1)
            for row, (head, tail) in enumerate(pairs):
                places = range(len(head) - 1, len(head) + len(tail) - 1)
                found.append([float(logprobs[row, place, token]) for place, token in zip(places, tail, strict=True)])
        return found


# Alternatives of a first token that benchmarks ask for.
ALTERNATIVES = 20
# By how much a log-probability may differ between two correct float32 computations of these models: the most that was
# seen in 400 questions is 1.0e-5 (in the logit of “sure” against “unsure”).
FLOAT32 = 1e-5


def nudged(scores: list[float], positive: list[bool], nudge: float) -> list[float]:
    """Scores with those of positives raised and all others lowered: what an order can be at worst or at best where
    every score is known to within `nudge`. Areas under an order grow with it."""
    return [score + (nudge if flag else -nudge) for score, flag in zip(scores, positive, strict=True)]


def roc_auc(scores: list[float], positive: list[bool], nudge: float = 0.0) -> float | None:
    """P(score of a positive > score of a negative), ties half; None with one class."""
    if len(set(positive)) < 2:
        return None
    total = 0.0
    ranked = sorted(zip(nudged(scores, positive, nudge), positive, strict=True))
    for at, end in tied(ranked):
        total += sum(flag for _, flag in ranked[at:end]) * (at + 1 + end) / 2
    high = sum(positive)
    return (total - high * (high + 1) / 2) / (high * (len(scores) - high))


def average_precision(scores: list[float], positive: list[bool], nudge: float = 0.0) -> float | None:
    """Mean precision at each step of recall, tied scores as one step; None without positives."""
    count = sum(positive)
    if count == 0:
        return None
    total, hits = 0.0, 0
    ranked = sorted(zip(nudged(scores, positive, nudge), positive, strict=True), key=lambda pair: -pair[0])
    for at, end in tied(ranked):
        found = sum(flag for _, flag in ranked[at:end])
        hits += found
        total += found / count * hits / end
    return total


def rejection_ratio(scores: list[float], positive: list[bool], nudge: float = 0.0) -> float | None:
    """Prediction–rejection ratio of certainties for being right, ties at their mean (A. Malinin and M. Gales, 2021)."""
    if len(set(positive)) < 2:
        return None
    ranked = sorted(zip(nudged(scores, positive, nudge), positive, strict=True), key=lambda pair: -pair[0])
    qualities: list[float] = []
    for at, end in tied(ranked):
        qualities.extend([sum(flag for _, flag in ranked[at:end]) / (end - at)] * (end - at))

    def area(values: list[float]) -> float:
        return math.fsum(math.fsum(values[:kept]) / kept for kept in range(1, len(values) + 1)) / len(values)

    best, chance = area(sorted(map(float, positive), reverse=True)), sum(positive) / len(positive)
    return (area(qualities) - chance) / (best - chance)


def tied(ranked: list[tuple[float, bool]]) -> Iterator[tuple[int, int]]:
    """Runs of equal scores, as positions from and up to."""
    at = 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        yield at, end
        at = end


def calibration_error(confidences: list[float], correct: list[float], bins: int = 10) -> float | None:
    """Expected calibration error over bins (low, high] of equal width, the first closed at 0."""
    held: dict[int, list[tuple[float, float]]] = {}
    for confidence, right in zip(confidences, correct, strict=True):
        held.setdefault(min(bins - 1, max(0, math.ceil(confidence * bins) - 1)), []).append((confidence, right))
    if not held:
        return None
    gaps = (abs(math.fsum(right - confidence for confidence, right in some)) for some in held.values())
    return math.fsum(gaps) / len(confidences)


def entropy(logprobs: torch.Tensor) -> torch.Tensor:
    """Entropy of each row, nats."""
    return -(logprobs.exp() * logprobs.clamp(min=-1e4)).sum(-1)


def mean(values: list[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
