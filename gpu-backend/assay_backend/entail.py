"""Does a premise entail a hypothesis: by a cross-encoder, or by the language model itself as judge."""

import re
import threading
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from .checkpoint import ModelUnavailable
from .loading import Loaded
from .memory import in_batches
from .prompts import render
from .shapes import Message
from .work import ScoreJob

# What labels begin with that mean each of the three.
_MEANINGS = (("entail",), ("neutral",), ("contradict",))
_BATCH_TOKENS = 4096
LABELS = ("entailment", "neutral", "contradiction")
_QUESTION = (
    "Premise: {premise}\nHypothesis: {hypothesis}\n"
    "Judge the hypothesis by the premise alone. Say entailment if it must be true, contradiction if it cannot be true, "
    "neutral if it may be either. Answer with one word."
)


class CrossEncoder:
    """Any sequence classifier whose labels name entailment, neutrality and contradiction."""

    def __init__(self, folder: Path, device: torch.device):
        try:
            self.model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
            self.tokenizer = AutoTokenizer.from_pretrained(folder)
        except (OSError, ValueError) as error:
            raise ModelUnavailable(f"{folder} cannot be read as a sequence classifier: {error}") from error
        self.model.to(device).eval()
        self.device, self.name = device, folder.name
        self.order = label_order(self.model.config.id2label, folder)
        config = self.model.config
        longest = getattr(config, "max_position_embeddings", None) or 512
        # RoBERTa counts positions from its padding token on.
        if config.model_type in {"roberta", "xlm-roberta", "camembert", "longformer"}:
            longest -= 2
        self.longest = min(longest, self.tokenizer.model_max_length)

    def judge(
        self, pairs: list[tuple[str, str]], ended: threading.Event | None = None
    ) -> list[tuple[float, float, float]]:
        """Probabilities (entail, neutral, contradict) of each (premise, hypothesis). Pairs that are too long lose the
        end of the longer text."""
        read = [
            self.tokenizer(premise, hypothesis, truncation="longest_first", max_length=self.longest)
            for premise, hypothesis in pairs
        ]
        found: list[tuple[float, float, float]] = [(0.0, 0.0, 0.0)] * len(pairs)

        @torch.inference_mode()
        def run(part: list[int]) -> None:
            batch = self.tokenizer.pad([read[at] for at in part], return_tensors="pt").to(self.device)
            chances = self.model(**batch).logits[:, self.order].double().softmax(-1).cpu().tolist()
            for at, three in zip(part, chances, strict=True):
                found[at] = tuple(three)

        in_batches([len(one["input_ids"]) for one in read], _BATCH_TOKENS, run, ended)
        return found


def label_order(names: dict[int, str], folder: Path) -> list[int]:
    """Places of entailment, neutral and contradiction among a classifier's labels, by their names. Raises
    ModelUnavailable where they do not name each of the three once."""
    plain = {int(place): re.sub(r"[^a-z]", "", name.lower()) for place, name in names.items()}
    order = []
    for beginnings in _MEANINGS:
        places = [place for place, name in plain.items() if name.startswith(beginnings)]
        if len(places) != 1:
            raise ModelUnavailable(
                f"The labels of {folder} are {', '.join(names.values())}: a classifier for --nli names entailment, "
                "neutral and contradiction in its config's id2label."
            )
        order += places
    return order


def judge_job(loaded: Loaded, premise: str, hypothesis: str) -> ScoreJob:
    """The three labels after a question to the language model; `judged` reads its result."""
    question = _QUESTION.format(premise=premise.strip(), hypothesis=hypothesis.strip())
    if loaded.tokens.tokenizer.chat_template:
        head, space = render(loaded, [Message(role="user", content=question)]), ""
    else:
        head, space = f"{question}\nAnswer:", " "
    special = not loaded.tokens.tokenizer.chat_template
    texts, firsts = [], []
    for label in LABELS:
        encoding = loaded.tokens.encode_spans(head + space + label, special=special)
        size = len(head.encode())
        texts.append(encoding.ids)
        firsts.append(next(at for at, end in enumerate(encoding.ends) if end > size))
    return ScoreJob(texts=texts, firsts=firsts)


def judged(results: list) -> tuple[float, float, float]:
    """Probabilities (entail, neutral, contradict): the labels' own, among the three of them."""
    sums = torch.tensor([sum(token.logprob or 0.0 for token in label) for label in results], dtype=torch.float64)
    return tuple(sums.softmax(-1).tolist())
