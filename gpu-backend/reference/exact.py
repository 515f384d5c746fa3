"""What a model says, exactly: whole next-token distributions and greedy replies, through transformers alone, so that
nothing is shared with the server whose answers are held against it."""

import math
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


def roc_auc(scores: list[float], positive: list[bool]) -> float | None:
    """P(score of a positive > score of a negative), ties half; None with one class."""
    high = [score for score, flag in zip(scores, positive, strict=True) if flag]
    low = [score for score, flag in zip(scores, positive, strict=True) if not flag]
    if not high or not low:
        return None
    ranked = sorted((score, flag) for score, flag in zip(scores, positive, strict=True))
    total, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        total += sum(flag for _, flag in ranked[at:end]) * (at + 1 + end) / 2
        at = end
    return (total - len(high) * (len(high) + 1) / 2) / (len(high) * len(low))


def average_precision(scores: list[float], positive: list[bool]) -> float | None:
    """Mean precision at each step of recall, tied scores as one step; None without positives."""
    count = sum(positive)
    if count == 0:
        return None
    total, hits, seen, at = 0.0, 0, 0, 0
    ranked = sorted(zip(scores, positive, strict=True), key=lambda pair: -pair[0])
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        found = sum(flag for _, flag in ranked[at:end])
        hits, seen = hits + found, end
        total += found / count * hits / seen
        at = end
    return total


def entropy(logprobs: torch.Tensor) -> torch.Tensor:
    """Entropy of each row, nats."""
    return -(logprobs.exp() * logprobs.clamp(min=-1e4)).sum(-1)


def mean(values: list[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
