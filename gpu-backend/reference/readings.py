"""What each benchmark must read on a model, computed from whole distributions instead of by asking a server.

Each function answers one record per fact and the metrics of any subset, under the benchmark's own metric ids."""

import math
from collections.abc import Callable

from .exact import ExactModel, average_precision, mean, roc_auc
from .readings_choice import joint_reliability, target_ensemble
from .readings_drawn import dropout_uncertainty, estimators, iterative_prompting
from .readings_of import Metrics, Questions, Reading, golds_of, names_gold
from .readings_pairs import pair_cheating
from .world import World


def exact_match(model: ExactModel, world: World) -> Reading:
    """Accuracy of greedy replies to the plain question."""
    asked = Questions(world, "exact-match")
    plain = asked.column(lambda lesson, text: text.startswith("What is") and "\n" not in text)
    replies = model.greedy(model.prompts(plain), 4)
    records = {
        name: {"right": names_gold(model.text(reply[0]), golds_of(item))}
        for (name, item), reply in zip(asked.items.items(), replies, strict=True)
    }
    return Reading(records, lambda some, _: {"accuracy": mean([float(one["right"]) for one in some])})


def idk_token(model: ExactModel, world: World) -> Reading:
    """Mass on [IDK] against what it would get wrong."""
    asked = Questions(world, "idk-token")
    free = model.prompts(
        asked.column(lambda _, text: text.startswith("Answer or complete") and "If you do not" in text)
    )
    forced = model.prompts(
        asked.column(lambda _, text: text.startswith("Answer or complete") and "Always give" in text)
    )
    token = model.word("[IDK]")
    mass = model.distributions(free)[:, token].tolist()
    said, baseline = model.greedy(free, 4), model.greedy(forced, 4)
    records = {
        name: {
            "logMass": mass[place],
            # A refusal in other words is one as well.
            "idk": said[place][0][:1] == [token] or REFUSAL in model.text(said[place][0]),
            "right": names_gold(model.text(said[place][0]), golds_of(item)),
            "baseline": names_gold(model.text(baseline[place][0]), golds_of(item)),
        }
        for place, (name, item) in enumerate(asked.items.items())
    }

    def metrics(some: list[dict], nudge: float) -> Metrics:
        would = [one for one in some if one["baseline"]]
        wrong = [one for one in some if not one["baseline"]]
        answered = [one for one in some if not one["idk"]]
        return {
            "baselineAccuracy": mean([float(one["baseline"]) for one in some]),
            "precision": mean([float(one["right"]) for one in answered]),
            "recall": mean([float(one["right"] and not one["idk"]) for one in some]),
            "idkRecall": mean([float(one["idk"]) for one in wrong]),
            "idkError": mean([float(one["idk"]) for one in would]),
            "knowledgeLoss": mean([float(one["idk"] or not one["right"]) for one in would]),
            "rocAuc": roc_auc([one["logMass"] for one in some], [not one["baseline"] for one in some], nudge),
        }

    return Reading(records, metrics)


# What of a refusal every benchmark takes for one, however it begins.
REFUSAL = "don't know"


def refusal_aware(model: ExactModel, world: World) -> Reading:
    """Certainty against correctness, and refusals against what the plain question shows to be known."""
    asked = Questions(world, "refusal-aware")
    invited = model.prompts(asked.column(lambda _, text: text.startswith("Answer in a few words, or say")))
    plain = model.prompts(
        asked.column(lambda _, text: text.startswith("Question: What") and text.endswith("\nAnswer:"))
    )
    replies, references = model.greedy(invited, 5), model.greedy(plain, 5)
    texts = [model.text(reply[0]) for reply in replies]
    doubts = []
    for name, text in zip(asked.items, texts, strict=True):
        lesson = next(one for one in asked.lessons[name] if one["asks"] == "sure")
        said = [dict(message) for message in lesson["messages"]]
        said[1]["content"] = text
        doubts.append({**lesson, "messages": said})
    after = model.distributions(model.prompts(doubts)).exp()
    sure, unsure = after[:, model.word("sure")].tolist(), after[:, model.word("unsure")].tolist()
    records = {}
    for place, (name, item) in enumerate(asked.items.items()):
        chances = model.spoken(replies[place])[1]
        confidence = math.exp(math.fsum(chances) / len(chances)) if chances else None
        share = sure[place] / (sure[place] + unsure[place])
        # An answer that it is not sure of is withheld as one that it refuses.
        withheld = REFUSAL in texts[place] or share <= 0.5
        records[name] = {
            "domain": item["domain"],
            "refused": withheld,
            "right": REFUSAL not in texts[place] and names_gold(texts[place], golds_of(item)),
            "known": names_gold(model.text(references[place][0]), golds_of(item)),
            # Of an empty answer there is nothing to be certain of.
            "certainty": None if confidence is None else (confidence + share) / 2,
            "confidence": confidence,
            "sure": share,
        }

    def youden(some: list[dict]) -> float | None:
        unknown = mean([float(one["refused"]) for one in some if not one["known"]])
        known = mean([float(one["refused"]) for one in some if one["known"]])
        return None if unknown is None or known is None else unknown - known

    def metrics(some: list[dict], nudge: float) -> Metrics:
        rated = [one for one in some if one["certainty"] is not None]
        right = [one["right"] for one in rated]
        return {
            "ap": average_precision([one["certainty"] for one in rated], right, nudge),
            "apConfidence": average_precision([one["confidence"] for one in rated], right, nudge),
            "accuracy": mean([float(one["right"]) for one in some]),
            "youden": youden(some),
            "youdenId": youden([one for one in some if one["domain"] == "id"]),
            "youdenOod": youden([one for one in some if one["domain"] == "ood"]),
            "refusalUnknown": mean([float(one["refused"]) for one in some if not one["known"]]),
            "refusalKnown": mean([float(one["refused"]) for one in some if one["known"]]),
        }

    return Reading(records, metrics)


def factor(model: ExactModel, world: World) -> Reading:
    """The true statement against three false ones, by mean log-probability."""
    items = world.items("factor")
    begin = model.tokenizer.bos_token_id
    heads = [[begin, *ids] for ids in model.ids([item["prefix"] for item in items]) for _ in range(4)]
    tails = model.ids([text for item in items for text in (item["completion"], *item["contradictions"])])
    scored = model.scores(heads, tails)
    records = {}
    for place, item in enumerate(items):
        truth, *others = [math.fsum(one) / len(one) for one in scored[4 * place : 4 * place + 4]]
        best = max(others)
        ties = sum(value == truth for value in others)
        records[item["id"]] = {"points": 0.0 if truth < best else 1 / (1 + ties)}
    return Reading(records, lambda some, _: {"accuracy": mean([one["points"] for one in some])})


def perplexity_suite(model: ExactModel, world: World) -> Reading:
    """Bits per byte and perplexity of the world's statements."""
    items = world.items("perplexity-suite")
    texts = model.ids([item["text"] for item in items])
    scored = model.scores([[model.tokenizer.bos_token_id]] * len(items), texts)
    records = {
        item["id"]: {"nll": -math.fsum(one), "tokens": len(one), "bytes": len(item["text"].encode())}
        for item, one in zip(items, scored, strict=True)
    }

    def metrics(some: list[dict], nudge: float) -> Metrics:
        nll = math.fsum(one["nll"] for one in some)
        return {
            "bitsPerByte": nll / math.log(2) / sum(one["bytes"] for one in some),
            "tokenPerplexity": math.exp(nll / sum(one["tokens"] for one in some)),
        }

    return Reading(records, metrics)


def query_perturbation(model: ExactModel, world: World) -> Reading:
    """Expected share of wrong answers over the rewordings: the probability of each true word, not a draw of it."""
    asked = Questions(world, "query-perturbation")
    records = {}
    prompts, owners = [], []
    for name in asked.items:
        worded = [one for one in asked.lessons[name] if one["form"] == "query-perturbation/answer"]
        worded.append(asked.one(name, lambda _, text: text.startswith("Answer in a few words.\nQuestion: What is")))
        prompts.extend(model.prompts(worded))
        owners.extend([name] * len(worded))
    chances = model.distributions(prompts).exp()
    for name, item in asked.items.items():
        tokens = [model.word(gold) for gold in golds_of(item)]
        rows = [place for place, owner in enumerate(owners) if owner == name]
        records[name] = {"right": float(chances[rows][:, tokens].sum(-1).mean())}
    plain = {
        name: float(
            chances[[place for place, owner in enumerate(owners) if owner == name][-1]][
                [model.word(gold) for gold in golds_of(asked.items[name])]
            ].sum()
        )
        for name in asked.items
    }
    for name, value in plain.items():
        records[name]["plain"] = value
    return Reading(
        records,
        lambda some, _: {
            "hallucinationRate": 1 - mean([one["right"] for one in some]),
            "controlAccuracy": mean([one["plain"] for one in some]),
        },
        drawn=frozenset({"hallucinationRate", "controlAccuracy"}),
    )


def adaptive_retrieval(model: ExactModel, world: World) -> Reading:
    """Greedy accuracy without and with the item's passages."""
    asked = Questions(world, "adaptive-retrieval")
    start = "Answer the question in a few words.\n"
    closed = model.greedy(model.prompts(asked.column(lambda _, text: text.startswith(start + "Question: "))), 4)
    opened = model.greedy(model.prompts(asked.column(lambda _, text: text.startswith(start + "Passages:"))), 4)
    records = {
        name: {
            "closed": names_gold(model.text(closed[place][0]), golds_of(item)),
            "open": names_gold(model.text(opened[place][0]), golds_of(item)),
        }
        for place, (name, item) in enumerate(asked.items.items())
    }
    return Reading(
        records,
        lambda some, _: {
            "benefit": mean([float(one["open"] and not one["closed"]) for one in some]),
            "harm": mean([float(one["closed"] and not one["open"]) for one in some]),
        },
    )


READINGS: dict[str, Callable[[ExactModel, World], Reading]] = {
    "exact-match": exact_match,
    "idk-token": idk_token,
    "refusal-aware": refusal_aware,
    "factor": factor,
    "perplexity-suite": perplexity_suite,
    "query-perturbation": query_perturbation,
    "adaptive-retrieval": adaptive_retrieval,
    "pair-cheating": pair_cheating,
    "iterative-prompting": iterative_prompting,
    "estimators": estimators,
    "joint-reliability": joint_reliability,
    "dropout-uncertainty": dropout_uncertainty,
}

# Readings of several models together, the first of which is the one that the benchmark is asked of.
JOINT_READINGS: dict[str, Callable[[list[ExactModel], World], Reading]] = {"target-ensemble": target_ensemble}

# Readings that truth does not fix, and why.
UNFIXED = {
    "self-evaluation": "It grades the distinct ones of a few samples: what it reads depends on which were drawn.",
}
