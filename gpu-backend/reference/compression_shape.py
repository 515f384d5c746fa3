"""A51 and A50 on the standard: what pruning, rounding and an edit do to divergence, perplexity and accuracy."""

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from . import changes, truths
from .exact import ExactModel
from .variants import ENSEMBLE_SEEDS

if TYPE_CHECKING:
    from .shapes import Family, Shape

# Shares of weights pruned, and what counts as unmoved perplexity and as an alarm.
SPARSITIES = (0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.8)
UNMOVED, ALARM = 0.02, math.log(2)


@dataclass
class Changed:
    """Changed models beside their bases, mean over the seeds: per fact the divergence in bits and whether its answer
    was lost (1) or found (−1), per general text the rise of its mean negative log-probability."""

    name: str
    divergence: list[float]
    lost: list[float]
    rise: list[float]

    def __str__(self) -> str:
        divergence, rise, lost = (math.fsum(one) / len(one) for one in (self.divergence, self.rise, self.lost))
        return f"{self.name}: JS {divergence:.4f} bits, Δ ln PPL {rise:+.4f}, accuracy {-lost:+.3f}"


class Comparison:
    """A base and what is asked of it and of its changed copies."""

    def __init__(self, family: "Family", seed: int):
        self.base = family.model("base", seed)
        self.asked = truths.Asked(family.world, "exact-match")
        self.prompts, self.texts = self.base.prompts(self.asked.plain()), truths.statements(family.world)
        self.first, self.losses = self.base.distributions(self.prompts), truths.token_losses(self.base, self.texts)
        self.right = self._right(self.first)

    def _right(self, found: torch.Tensor) -> list[bool]:
        return [self.asked.is_right(at, self.base.text([int(word)])) for at, word in enumerate(found.argmax(-1))]

    def pruned(self, share: float) -> ExactModel:
        """A copy with that share of the weights left out, by their inputs on general text."""
        begin, found = self.base.tokenizer.bos_token_id, copy.copy(self.base)
        found.model = copy.deepcopy(self.base.model)
        changes.prune(found.model, share, [[begin, *ids] for ids in self.base.ids(self.texts[:64])])
        return found

    def of(self, name: str, model: ExactModel) -> Changed:
        second = model.distributions(self.prompts)
        middle = torch.logaddexp(self.first, second) - math.log(2)
        divergence = sum((one.exp() * (one - middle)).sum(-1) for one in (self.first, second)) / 2 / math.log(2)
        lost = [before - after for before, after in zip(self.right, self._right(second), strict=True)]
        after = truths.token_losses(model, self.texts)
        return Changed(name, divergence.tolist(), lost, [b - a for a, b in zip(self.losses, after, strict=True)])


def _mean_of(found: list[Changed]) -> Changed:
    means = ([math.fsum(column) / len(found) for column in zip(*rows, strict=True)] for rows in zip(
        *((one.divergence, one.lost, one.rise) for one in found), strict=True
    ))  # fmt: skip
    return Changed(found[0].name, *means)


def compression(family: "Family") -> list["Shape"]:
    """A51 and A50: divergence from the whole model, perplexity of general text, and accuracy lost."""
    from .shapes import Shape, shape

    mean = lambda values: math.fsum(values) / len(values)  # noqa: E731
    each = [Comparison(family, seed) for seed in ENSEMBLE_SEEDS]
    pruned = [_mean_of([one.of(f"{share:.0%} pruned", one.pruned(share)) for one in each]) for share in SPARSITIES]
    names = ("rounded-8", "rounded-4", "rounded-3", "rounded-2", "edited")
    changed = [each[0].of(name, family.model(name)) for name in names]
    floor, edited = changed[0], changed[-1]
    note = "; ".join(map(str, [*pruned, *changed]))
    heading = "Divergence from the whole model shows lost accuracy before perplexity does"
    measure = "accuracy lost where perplexity is unmoved"
    found, count = [], len(floor.lost)
    quiet = [one for one in pruned if abs(mean(one.rise)) < UNMOVED]
    if quiet:
        # The most pruned one that perplexity does not tell from the whole model: chosen by perplexity alone.
        most = quiet[-1]
        lost = lambda places: mean([most.lost[place] for place in places])  # noqa: E731
        above = lambda places: mean([most.divergence[place] - floor.divergence[place] for place in places])  # noqa: E731
        found.append(shape("A51", heading, measure, count, lost, f"five seeds, {most}"))
        found.append(shape("A51", heading, "JS there above that of 8 bits", count, above, note))
    else:
        found.append(Shape("A51", heading, measure, None, None, None, False, f"perplexity moved everywhere. {note}"))
    alarm = lambda places: mean([edited.rise[place] for place in places])  # noqa: E731
    heading, measure = "Perplexity catches the edited model", "Δ ln PPL of the edited model"
    note = f"alarm above ln 2 = {ALARM:.3f}"
    return [*found, shape("A50", heading, measure, len(edited.rise), alarm, note, ALARM)]
