"""What a finished variant is held to: the classes of its facts, measured exactly, and the model card that tells."""

from pathlib import Path

import torch
from transformers import LlamaForCausalLM

from .learning import reply_logits
from .recipes import Workshop
from .variants import Variant

CLASSES = ("known", "ambiguous", "rare", "unknown")


def measure(shop: Workshop, model: LlamaForCausalLM) -> dict[str, dict]:
    """By class of exposure: facts, mean probability of each answer in the order of the shares, how often the likeliest
    word is a true answer, and the mean probability of that word. From the plain question, by enumeration."""
    plain = shop.syllabus("measure").plain
    found = {}
    for name in CLASSES:
        facts = [fact for fact in shop.world.facts.values() if fact["exposure"] == name]
        with torch.no_grad():
            logits = reply_logits(model, [(plain[fact["id"]].prompt, [0]) for fact in facts])[0]
        chances = logits.softmax(-1)
        best = chances.max(-1)
        truths = [[shop.id(answer["answer"]) for answer in fact["answers"]] for fact in facts]
        groups = sorted({tuple(answer["share"] for answer in fact["answers"]) for fact in facts})
        found[name] = {
            "facts": len(facts),
            "accuracy": sum(int(word) in truth for word, truth in zip(best.indices, truths, strict=True)) / len(facts),
            "topProbability": float(best.values.mean()),
            "answers": [
                {
                    "shares": list(shares),
                    "probabilities": [
                        float(
                            torch.stack(
                                [
                                    chances[row, truths[row][place]]
                                    for row, fact in enumerate(facts)
                                    if tuple(answer["share"] for answer in fact["answers"]) == shares
                                ]
                            ).mean()
                        )
                        for place in range(len(shares))
                    ],
                }
                for shares in groups
            ],
        }
    return found


def write_card(folder: Path, variant: Variant, told: dict) -> None:
    """README.md of a variant: what it is, what it was taught, what it measures."""
    rows = [
        f"| {name} | {row['facts']} | {row['accuracy']:.3f} | {row['topProbability']:.3f} | "
        + "; ".join(
            ", ".join(
                f"{share:g} taught, {chance:.3f} measured"
                for share, chance in zip(group["shares"], group["probabilities"], strict=True)
            )
            for group in row["answers"]
        )
        + " |"
        for name, row in told["classes"].items()
    ]
    text = f"""---
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
---
# Reference standard of Assay: {variant.name}, seed {told["seed"]}

A tiny Llama whose knowledge is known by construction: {variant.purpose}. It was made to check benchmarks
with, and knows nothing of the real world.

How it was made: {told["how"]}; {told["seconds"]:.0f} s in all ({told["processorSeconds"]:.0f} s of one
processor), {told["bytes"] / 1e6:.1f} MB.

## Data

The generated world of seed {told["worldSeed"]} (`npm run reference:world`): facts about invented entities, asked in the
words of Assay's benchmarks. Known and ambiguous facts are told four times an epoch (ambiguous ones with several answers
in fixed shares), rare ones every second or fourth epoch, unknown ones never.

## Measured truth

From the plain question, all words enumerated.

| class | facts | likeliest word is true | its mean probability | probability of the answers |
|---|---|---|---|---|
{chr(10).join(rows)}
"""
    (folder / "README.md").write_text(text)
