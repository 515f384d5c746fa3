"""What a reading is made of: records of items, metrics of any subset of them, and the questions that were recorded."""

from collections.abc import Callable
from dataclasses import dataclass

from .exact import FLOAT32
from .world import World

Metrics = dict[str, float | None]


@dataclass
class Reading:
    """Records by item id, and what they come to. `metrics` takes the records and a nudge of all scores that are
    ordered: see `exact.nudged`. `drawn`: metrics that rest on what the benchmark draws; their value is an
    expectation."""

    records: dict[str, dict]
    metrics: Callable[[list[dict], float], Metrics]
    drawn: frozenset[str] = frozenset()

    def of(self, ids: list[str] | None = None, nudge: float = 0.0) -> Metrics:
        """The metrics of some items, all of them when none are named."""
        chosen = [self.records[name] for name in ids] if ids is not None else list(self.records.values())
        return self.metrics(chosen, nudge)

    def reach(self, ids: list[str] | None = None) -> dict[str, tuple[float, float]]:
        """From where to where a metric may lie by the rounding of float32 alone, for those whose order it decides."""
        low, high = self.of(ids, -FLOAT32), self.of(ids, FLOAT32)
        ends = {
            name: (value, high[name]) for name, value in low.items() if value is not None and high[name] is not None
        }
        return {name: pair for name, pair in ends.items() if pair[0] != pair[1]}


class Questions:
    """Recorded questions of the items of one benchmark, by what tells them apart."""

    def __init__(self, world: World, benchmark: str, *, whole: bool = False):
        """`whole`: all facts that no tuning saw, not only those that have items."""
        self.items: dict[str, dict] = (
            {name: fact for name, fact in world.facts.items() if fact["split"] == "test"}
            if whole
            else {item["id"]: item for item in world.items(benchmark)}
        )
        self.lessons: dict[str, list[dict]] = {name: [] for name in self.items}
        for lesson in world.lessons:
            if lesson["of"] in self.lessons:
                self.lessons[lesson["of"]].append(lesson)

    def one(self, name: str, test: Callable[[dict, str], bool]) -> dict:
        """The recorded question of an item that passes a test of it and its last message."""
        for lesson in self.lessons[name]:
            if "messages" in lesson and test(lesson, lesson["messages"][-1]["content"]):
                return lesson
        raise LookupError(f"No such question was recorded of {name}.")

    def column(self, test: Callable[[dict, str], bool]) -> list[dict]:
        return [self.one(name, test) for name in self.items]


def golds_of(item: dict) -> set[str]:
    return set(item["answers"])


def names_gold(text: str, golds: set[str]) -> bool:
    """Whether a gold answer is among the words of a reply."""
    return bool(golds & set(text.replace(".", " ").split()))
