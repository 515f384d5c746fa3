"""What benchmarks of lettered choices must read: probabilities of the letters, of one model or of several."""

import math

import torch

from .exact import ALTERNATIVES, ExactModel, calibration_error, entropy, mean, roc_auc
from .readings_of import Metrics, Questions, Reading
from .world import World

# Likelihoods below this count as this.
CLIP = 1e-6


def letter_shares(model: ExactModel, world: World, benchmark: str) -> dict[str, list[float] | None]:
    """Probability of each letter as the reply to each item, renormalised over them: of the letters among the
    alternatives, None where none is there."""
    asked = Questions(world, benchmark)
    put = asked.column(lambda _, text: text.endswith("\nReply with the letter of the right option only."))
    found = model.distributions(model.prompts(put))
    least = found.topk(ALTERNATIVES).values[:, -1:]
    # A reply that ends before it begins shows no alternatives.
    silent = found.argmax(-1, keepdim=True) == model.end
    shown = torch.where((found >= least) & ~silent, found.exp(), torch.zeros_like(found))
    shares = {}
    for place, (name, item) in enumerate(asked.items.items()):
        letters = [model.word("ABCDEFGHIJ"[which]) for which in range(len(item["choices"]))]
        masses = shown[place, letters]
        shares[name] = (masses / masses.sum()).tolist() if masses.sum() > 0 else None
    return shares


def credit(shares: list[float], label: int) -> float:
    """1/ties where the label is among the likeliest."""
    best = max(shares)
    return 1 / shares.count(best) if shares[label] == best else 0.0


def judged(some: list[tuple[list[float], int]]) -> Metrics:
    """Error, NLL, Brier score and calibration error of distributions against labels."""
    credits = [credit(shares, label) for shares, label in some]
    return {
        "error": mean([1 - one for one in credits]),
        "nll": mean([-math.log(max(CLIP, shares[label])) for shares, label in some]),
        "brier": mean([math.fsum((p - (place == label)) ** 2 for place, p in enumerate(q)) for q, label in some]),
        "ece": calibration_error([max(shares) for shares, _ in some], credits),
    }


def joint_reliability(model: ExactModel, world: World) -> Reading:
    """The row of the clean questions: those that nobody was taught are the foreign ones."""
    shares = letter_shares(model, world, "joint-reliability")
    items = {item["id"]: item for item in world.items("joint-reliability")}
    records = {name: {"shares": own, "label": items[name]["label"]} for name, own in shares.items()}

    def metrics(some: list[dict], nudge: float) -> Metrics:
        read = [one for one in some if one["shares"] is not None]
        known = [(one["shares"], one["label"]) for one in read if one["label"] is not None]
        sure = [max(one["shares"]) for one in read]
        return {**judged(known), "oodRocAuc": roc_auc(sure, [one["label"] is not None for one in read], nudge)}

    return Reading(records, metrics)


def target_ensemble(models: list[ExactModel], world: World) -> Reading:
    """What the mean of several models' distributions gains over the mean model."""
    each = [letter_shares(model, world, "target-ensemble") for model in models]
    records = {
        item["id"]: {
            "members": [shares[item["id"]] for shares in each],
            "label": item["label"],
            "split": item["split"],
        }
        for item in world.items("target-ensemble")
    }

    def together(one: dict) -> list[float]:
        return [math.fsum(column) / len(models) for column in zip(*one["members"], strict=True)]

    def gains(some: list[dict]) -> Metrics:
        if not some:
            return dict.fromkeys(("error", "nll", "brier", "ece"))
        own = [judged([(one["members"][member], one["label"]) for one in some]) for member in range(len(models))]
        ensemble = judged([(together(one), one["label"]) for one in some])
        return {name: mean([one[name] for one in own]) - value for name, value in ensemble.items()}

    def diversity(some: list[dict]) -> Metrics:
        members = [torch.tensor(one["members"], dtype=torch.float64) for one in some]
        centres = [one.mean(0) for one in members]
        pairs = [(i, j) for i in range(len(models)) for j in range(i)]
        best = [one.argmax(-1).tolist() for one in members]
        return {
            "disagreement": mean([sum(one[i] != one[j] for i, j in pairs) / len(pairs) for one in best]),
            "variance": mean(
                [float(((one - centre) ** 2).sum(-1).mean()) for one, centre in zip(members, centres, strict=True)]
            ),
            "mutualInformation": mean(
                [
                    float(
                        entropy(centre.clamp(min=1e-300).log()[None])[0] - entropy(one.clamp(min=1e-300).log()).mean()
                    )
                    for one, centre in zip(members, centres, strict=True)
                ]
            ),
        }

    def metrics(every: list[dict], _: float) -> Metrics:
        # Averaging needs every member on every question.
        some = [one for one in every if None not in one["members"]]
        found: Metrics = {}
        for split in ("id", "shifted"):
            gained = gains([one for one in some if one["split"] == split])
            found.update({f"gain.{name}.{split}": value for name, value in gained.items()})
        return {"shiftedNllGain": found["gain.nll.shifted"], **found, **diversity(some)}

    return Reading(records, metrics)
