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
