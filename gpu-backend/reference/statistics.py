"""Intervals for what is read off the standard: the bootstrap over facts."""

import math
import random
from collections.abc import Callable


def bootstrap(
    count: int, statistic: Callable[[list[int]], float | None], rounds: int = 400
) -> tuple[float, float] | None:
    """The 95 % percentile interval of a statistic of resampled positions; None where it is defined too seldom."""
    draws = random.Random("shapes")
    found = []
    for _ in range(rounds):
        value = statistic([draws.randrange(count) for _ in range(count)])
        if value is not None and math.isfinite(value):
            found.append(value)
    if len(found) < rounds // 2:
        return None
    found.sort()
    return found[int(0.025 * len(found))], found[min(len(found) - 1, int(0.975 * len(found)))]


def spearman(first: list[float], second: list[float]) -> float | None:
    """Rank correlation, ties at their mean rank; None of constants."""
    ranks = [_ranks(first), _ranks(second)]
    centre = (len(first) + 1) / 2
    left = [rank - centre for rank in ranks[0]]
    right = [rank - centre for rank in ranks[1]]
    scale = math.sqrt(sum(one * one for one in left) * sum(one * one for one in right))
    return sum(one * other for one, other in zip(left, right, strict=True)) / scale if scale > 0 else None


def _ranks(values: list[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    at = 0
    while at < len(order):
        end = at
        while end < len(order) and values[order[end]] == values[order[at]]:
            end += 1
        for place in order[at:end]:
            found[place] = (at + 1 + end) / 2
        at = end
    return found
