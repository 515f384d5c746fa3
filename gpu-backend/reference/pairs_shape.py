"""A3 and A4 on the standard: what a second answer owes to the first, by enumeration."""

import math
from typing import TYPE_CHECKING

import torch

from .exact import ExactModel, roc_auc
from .lessons import prompt_text
from .pair_lessons import with_first
from .readings_of import Questions

if TYPE_CHECKING:
    from .shapes import Family, Shape

# Words that may be shown, by their probability; what is left has little to add.
SHOWN = 8


def second_answers(family: "Family", model: ExactModel, asked: Questions) -> list[dict]:
    """For each fact: first answers p, and the second answers q after each first, both over the same likeliest words."""
    values = {
        relation: [model.word(word) for word in words] for relation, words in family.world.description["values"].items()
    }
    of = {token: relation for relation, tokens in values.items() for token in tokens}
    names = list(asked.items)
    shown = {
        name: next(one for one in asked.lessons[name] if one["form"] == "iterative-prompting/shown") for name in names
    }
    plain = asked.column(lambda _, text: text.startswith("Answer in a few words.\nQuestion: "))
    first = model.distributions(model.prompts(plain)).exp()
    found, prompts = [], []
    for place, name in enumerate(names):
        fact = family.world.facts[name]
        words = torch.tensor(values[fact["relation"]])
        best = first[place, words].topk(SHOWN).indices
        chosen = words[best].tolist()
        form = model.ids([prompt_text(shown[name])])[0]
        old = next(token for token in form if token in of)
        prompts.extend(with_first(form, old, token) for token in chosen)
        found.append({"fact": fact, "words": chosen, "p": first[place, chosen]})
    after = model.distributions(prompts).exp()
    for place, one in enumerate(found):
        rows = after[place * SHOWN : (place + 1) * SHOWN]
        one["q"] = rows[:, one["words"]]
    return found


def information(one: dict) -> float:
    """Mutual information of the two answers, nats, over the shown words (Y. Abbasi-Yadkori et al., NeurIPS 2024)."""
    first = one["p"] / one["p"].sum()
    second = one["q"] / one["q"].sum(1, keepdim=True)
    joint = first[:, None] * second
    product = first[:, None] * joint.sum(0)[None]
    return float((joint * (joint.clamp(min=1e-300) / product.clamp(min=1e-300)).log()).sum().clamp(min=0))


def cheating(family: "Family") -> list["Shape"]:
    """A4: the model trained on pairs copies where it does not know, and the plain one cannot be told by it."""
    from .shapes import shape

    asked = Questions(family.world, "iterative-prompting", whole=True)
    found = []
    for variant in ("pairs", "base"):
        measured = second_answers(family, family.model(variant), asked)
        gain = [float((one["p"] * (one["q"].diagonal() - one["p"])).sum()) for one in measured]
        classes = [one["fact"]["exposure"] for one in measured]

        def difference(places: list[int], gain: list[float] = gain, classes: list[str] = classes) -> float | None:
            means = [[gain[place] for place in places if classes[place] == name] for name in ("unknown", "ambiguous")]
            return None if not all(means) else math.fsum(means[0]) / len(means[0]) - math.fsum(means[1]) / len(means[1])

        levels = {
            name: math.fsum(value for value, one in zip(gain, classes, strict=True) if one == name)
            / classes.count(name)
            for name in ("known", "ambiguous", "rare", "unknown")
        }
        made = shape(
            "A4",
            "Cheating is detected by the pair model" if variant == "pairs" else "and not by the plain one",
            f"Σ p(y)(p(y|y) − p(y)), unknown minus ambiguous, {variant}",
            len(gain),
            difference,
            ", ".join(f"{name} {value:.3f}" for name, value in levels.items()),
        )
        if variant == "base":
            made.holds = made.low is not None and made.low <= 0
        found.append(made)
    return found


# Questions with several right answers must be at least this open (nats) to be compared, as in the source.
OPEN = 0.7


def _compared(one: dict) -> bool:
    exposure = one["fact"]["exposure"]
    return exposure == "unknown" or (exposure == "ambiguous" and _entropy(one) > OPEN)


def _entropy(one: dict) -> float:
    """Total entropy of the first answer over the shown words, nats."""
    first = one["p"] / one["p"].sum()
    return float(-(first * first.clamp(min=1e-300).log()).sum())


def epistemic(family: "Family") -> list["Shape"]:
    """A3 and A4: unknown against ambiguous, by mutual information and by total entropy."""
    from .shapes import shape

    asked = Questions(family.world, "iterative-prompting", whole=True)
    found = []
    for variant in ("base", "pairs"):
        measured = [one for one in second_answers(family, family.model(variant), asked) if _compared(one)]
        unknown = [one["fact"]["exposure"] == "unknown" for one in measured]
        total = [_entropy(one) for one in measured]
        mutual = [information(one) for one in measured]

        def gap(
            places: list[int],
            unknown: list[bool] = unknown,
            total: list[float] = total,
            mutual: list[float] = mutual,
        ) -> float | None:
            flags = [unknown[place] for place in places]
            one = roc_auc([mutual[place] for place in places], flags)
            two = roc_auc([total[place] for place in places], flags)
            return None if one is None or two is None else one - two

        found.append(
            shape(
                "A3",
                "Epistemic measures separate unknown from ambiguous where total entropy cannot",
                f"ROC AUC of mutual information minus that of entropy, {variant}",
                len(unknown),
                gap,
                f"{unknown.count(True)} unknown, {unknown.count(False)} open questions; information "
                f"{roc_auc(mutual, unknown):.3f}, entropy {roc_auc(total, unknown):.3f}",
            )
        )
    return found
