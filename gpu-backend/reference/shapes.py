"""What the papers saw, on models of known truth: python -m reference.shapes [--out shapes.json].

Each shape is a difference with its 95 % interval (bootstrap over facts) and a plain verdict."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from . import compression_shape, pairs_shape, truths
from .exact import ExactModel, entropy, roc_auc
from .statistics import bootstrap
from .train import find_variant
from .variants import ENSEMBLE_SEEDS
from .world import World, find_world


@dataclass
class Shape:
    """A claim, the number that would bear it out, and whether it does."""

    card: str
    claim: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    holds: bool
    note: str


def shape(
    card: str,
    claim: str,
    measure: str,
    count: int,
    statistic: Callable[[list[int]], float | None],
    note: str,
    least: float = 0.0,
) -> Shape:
    """Holds where the whole interval lies above `least`."""
    value = statistic(list(range(count)))
    ends = bootstrap(count, statistic)
    low, high = ends or (None, None)
    return Shape(card, claim, measure, value, low, high, low is not None and low > least, note)


class Family:
    """The variants, trained at first use."""

    def __init__(self, world: World, reduced: bool):
        self.world, self.reduced = world, reduced
        self._models: dict[tuple[str, int], ExactModel] = {}

    def model(self, variant: str, seed: int = 0) -> ExactModel:
        key = (variant, seed)
        if key not in self._models:
            folder = find_variant(self.world, variant, seed, reduced=self.reduced)
            self._models[key] = ExactModel(folder)
        return self._models[key]


def _share(flags: list[bool], chosen: list[int]) -> float | None:
    return sum(flags[place] for place in chosen) / len(chosen) if chosen else None


def idk_tuning(family: Family) -> list[Shape]:
    """A1: known answers stay, wrong ones become [IDK]."""
    asked = truths.Asked(family.world, "idk-token")
    free = asked.last_message(lambda text: "If you do not" in text)
    base, tuned = family.model("base"), family.model("idk")
    before = [reply[0] for reply in base.greedy(base.prompts(free), 2)]
    after = [reply[0] for reply in tuned.greedy(tuned.prompts(free), 2)]
    token = tuned.word("[IDK]")
    right = [asked.is_right(place, base.text(reply)) for place, reply in enumerate(before)]
    said = [reply[:1] == [token] for reply in after]
    kept = [asked.is_right(place, tuned.text(reply)) for place, reply in enumerate(after)]
    known = [fact["exposure"] == "known" for fact in asked.facts]

    def gap(places: list[int]) -> float | None:
        wrong = _share(said, [place for place in places if not right[place]])
        rightly = _share(said, [place for place in places if right[place]])
        return None if wrong is None or rightly is None else wrong - rightly

    def kept_known(places: list[int]) -> float | None:
        return _share(kept, [place for place in places if known[place] and right[place]])

    heading = "[IDK] tuning keeps known answers and moves wrong ones to [IDK]"
    return [
        shape("A1", heading, "[IDK] on would-be wrong minus on would-be right", len(said), gap, "facts of no tuning"),
        shape("A1", heading, "known answers that stay right", len(said), kept_known, "holds above 0.9", 0.9),
    ]


def certain_hallucination(family: Family) -> list[Shape]:
    """A12: wrong answers above the certainty that best parts right from wrong."""
    model = family.model("base")
    asked = truths.Asked(family.world, "exact-match")
    logprobs = model.distributions(model.prompts(asked.plain()))
    best = logprobs.max(-1)
    sure = best.values.exp().tolist()
    right = [asked.is_right(place, model.text([int(word)])) for place, word in enumerate(best.indices)]
    unknown = [fact["exposure"] == "unknown" for fact in asked.facts]
    # The filter is fitted on every second fact, with as many wrong as right ones.
    fitted = [place for place in range(len(sure)) if place % 2 == 0]
    wrong = [place for place in fitted if not right[place]]
    rights = [place for place in fitted if right[place]][: len(wrong)]
    cut = min(
        sorted({sure[place] for place in wrong + rights}),
        key=lambda edge: sum(sure[p] >= edge for p in wrong) + sum(sure[p] < edge for p in rights),
    )
    held = [place for place in range(len(sure)) if place % 2 == 1]

    def escaping(places: list[int]) -> float | None:
        return _share([value >= cut for value in sure], [held[p] for p in places if not right[held[p]]])

    def never_taught(places: list[int]) -> float | None:
        return _share([value >= 0.9 for value in sure], [place for place in places if unknown[place]])

    heading = "Certain hallucinations survive a certainty filter"
    return [
        shape("A12", heading, "wrong answers on the certain side", len(held), escaping, f"filter at p ≥ {cut:.3f}"),
        shape("A12", heading, "never taught, yet p ≥ 0.9", len(sure), never_taught, "all of them are guesses"),
    ]


def refusal_transfer(family: Family) -> list[Shape]:
    """A17: refusal learnt on some relations shows on one that was left out."""
    asked = truths.Asked(family.world, "refusal-aware")
    model = family.model("refusal-tuned")
    invited = asked.last_message(lambda text: text.startswith("Answer in a few words, or say"))
    plain = asked.last_message(lambda text: text.startswith("Question: What") and text.endswith("\nAnswer:"))
    refused = [model.text(reply[0]).startswith("I don't know") for reply in model.greedy(model.prompts(invited), 4)]
    known = [
        asked.is_right(place, model.text(reply[0])) for place, reply in enumerate(model.greedy(model.prompts(plain), 3))
    ]
    found = []
    for held_out, where in ((False, "relations it was tuned on"), (True, "the relation left out of tuning")):
        places = [place for place, fact in enumerate(asked.facts) if fact["heldOut"] == held_out]

        def youden(chosen: list[int], places: list[int] = places) -> float | None:
            some = [places[place] for place in chosen]
            unknown = _share(refused, [place for place in some if not known[place]])
            needless = _share(refused, [place for place in some if known[place]])
            return None if unknown is None or needless is None else unknown - needless

        found.append(
            shape(
                "A17",
                "Refusal tuning transfers to a relation held out of training",
                f"J on {where}",
                len(places),
                youden,
                "entities of no tuning",
            )
        )
    return found


def reversal(family: Family) -> list[Shape]:
    """A43: what was told forwards alone is not known backwards."""
    found = []
    for variant in ("forward-only", "both-ways"):
        model = family.model(variant)
        pairs = [pair for pair in family.world.description["pairs"] if pair["split"] == "test"]
        lessons = {(one["of"], one["form"]): one for one in family.world.lessons if one["of"].startswith("pair/")}
        right = {}
        for direction in ("forward", "backward"):
            asked = [lessons[(pair["id"], f"pair/{direction}")] for pair in pairs]
            replies = model.greedy(model.prompts(asked), 2)
            right[direction] = [
                model.text(reply[0]) == one["answers"][0]["answer"] for reply, one in zip(replies, asked, strict=True)
            ]

        def gap(places: list[int], right: dict = right) -> float | None:
            return _share(right["forward"], places) - _share(right["backward"], places)

        ends = {name: sum(flags) / len(flags) for name, flags in right.items()}
        made = shape(
            "A43",
            "Forward-only models fail reversed questions"
            if variant == "forward-only"
            else "Told both ways, they do not",
            f"forward minus backward accuracy, {variant}",
            len(pairs),
            gap,
            f"forward {ends['forward']:.2f}, backward {ends['backward']:.2f}",
            0.5,
        )
        if variant == "both-ways":
            made.holds = made.high is not None and made.high < 0.2
        found.append(made)
    return found


def epistemic_tokens(family: Family) -> list[Shape]:
    """A13: epistemic uncertainty (five seeds) finds unsupported answers better than aleatoric."""
    asked = truths.Asked(family.world, "exact-match")
    members = []
    for seed in ENSEMBLE_SEEDS:
        model = family.model("base", seed)
        members.append(model.distributions(model.prompts(asked.plain())))
    mean = torch.logsumexp(torch.stack(members), 0) - torch.log(torch.tensor(float(len(members))))
    total, inner = entropy(mean), torch.stack([entropy(one) for one in members]).mean(0)
    guess = mean.argmax(-1)
    model = family.model("base")
    unsupported = [not asked.is_right(place, model.text([int(word)])) for place, word in enumerate(guess)]
    scores = {"epistemic": (total - inner).tolist(), "aleatoric": inner.tolist(), "total": total.tolist()}

    def difference(other: str) -> Callable[[list[int]], float | None]:
        def gap(places: list[int]) -> float | None:
            flags = [unsupported[place] for place in places]
            one = roc_auc([scores["epistemic"][place] for place in places], flags)
            two = roc_auc([scores[other][place] for place in places], flags)
            return None if one is None or two is None else one - two

        return gap

    areas = {name: roc_auc(values, unsupported) or 0 for name, values in scores.items()}
    note = ", ".join(f"{name} {value:.3f}" for name, value in areas.items())
    heading = "Epistemic uncertainty predicts unsupported tokens better than aleatoric"
    count = len(unsupported)
    return [
        shape("A13", heading, "ROC AUC, epistemic minus aleatoric", count, difference("aleatoric"), note),
        shape("A13", heading, "ROC AUC, epistemic minus total", count, difference("total"), note),
    ]


def all_shapes(world: World, reduced: bool = False) -> list[Shape]:
    """Every shape, in the order of the cards."""
    family = Family(world, reduced)
    makers = [idk_tuning, pairs_shape.epistemic, pairs_shape.cheating, certain_hallucination]
    makers += [epistemic_tokens, refusal_transfer, reversal, compression_shape.compression]
    found: list[Shape] = []
    for make in makers:
        found.extend(make(family))
    return found


def main(arguments: list[str] | None = None) -> int:
    """Print the table; fails only where a shape could not be measured at all."""
    parser = argparse.ArgumentParser("reference.shapes", description=__doc__)
    parser.add_argument("--out", help="file to write as JSON")
    parser.add_argument("--world", help="folder of an exported world (default: seed 0, from the cache)")
    parser.add_argument("--reduced", action="store_true", help="the small world of the tests")
    given = parser.parse_args(arguments)
    # So small a model gains nothing from a second thread, and loses much where cores are shared.
    torch.set_num_threads(1)
    found = all_shapes(find_world(given.world, 0, given.reduced), given.reduced)
    for one in found:
        ends = f"[{one.low:+.3f}, {one.high:+.3f}]" if one.low is not None and one.high is not None else "no interval"
        value = "undefined" if one.value is None else f"{one.value:+.3f}"
        verdict = "holds" if one.holds else "DOES NOT HOLD"
        sys.stdout.write(f"{one.card:4} {verdict:14} {one.claim}: {one.measure} = {value} {ends} ({one.note})\n")
    if given.out:
        Path(given.out).write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
