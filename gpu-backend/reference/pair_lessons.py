"""Lessons in pairs: a question, an answer to it, and the question again."""

import random

from .lessons import Encoded, Syllabus
from .world import World


class PairSyllabus(Syllabus):
    """An epoch's lessons and pairs beside them, both answers of which are drawn independently from the truth (D.
    Johnson et al., Experts don't cheat, ICML 2024). Pairs are taught from the beginning: while nothing is known yet,
    the first answer is the best guess of the second, and what comes to be known has to overcome that.

    The truth of the tuning half's unknown facts is drawn anew for each pair, so that only the first answer tells the
    second; those of the other half are in no lesson."""

    # Pairs for each other lesson of a fact, and pairs of each unknown fact of the tuning half in an epoch. One answer
    # alone teaches nothing about copying, so that known facts need fewer.
    SHARES = {"known": 0.2, "ambiguous": 1.0, "rare": 0.6}  # noqa: RUF012
    UNKNOWN = 2
    # Forms in few words, for the short epochs.
    QUICK = ("estimators/shown", "iterative-prompting/shown")

    def __init__(self, world: World, encoded: list[Encoded], generator: random.Random, ids: dict[str, int]):
        """`ids`: the token of each answer."""
        super().__init__(world, encoded, generator)
        self.ids, self.end = ids, encoded[0].replies[0][-1]
        self.shown: dict[str, list[Encoded]] = {}
        for lesson in encoded:
            if lesson.asks in {"shown", "elsewhere"}:
                self.shown.setdefault(lesson.of, []).append(lesson)
        self.values = {name: [ids[word] for word in words] for name, words in world.description["values"].items()}
        self.marks = {token for tokens in self.values.values() for token in tokens}

    def epoch(self, number: int, short: bool) -> list[tuple[list[int], list[int]]]:
        """As that of other syllabuses, with the pairs among them."""
        drawn = super().epoch(number, short)
        for name, fact, times in self.turns(number):
            if fact["exposure"] == "unknown":
                times = self.UNKNOWN if fact["split"] == "tuning" else 0
            else:
                times = sum(self.random.random() < self.SHARES[fact["exposure"]] for _ in range(times))
            drawn.extend(self._pair(name, fact, short) for _ in range(times))
        self.random.shuffle(drawn)
        return drawn

    def _pair(self, name: str, fact: dict, short: bool) -> tuple[list[int], list[int]]:
        forms = [form for form in self.shown[name] if not short or form.form in self.QUICK]
        form = self.random.choice(forms)
        told, *listed = [token for token in form.prompt if token in self.marks]
        # Where the question lists options, any of them could be true.
        values = listed or self.values[fact["relation"]]
        if fact["exposure"] == "unknown":
            first = second = self.random.choice(values)
        else:
            answers, shares = zip(*((self.ids[one["answer"]], one["share"]) for one in fact["answers"]), strict=True)
            first, second = self.random.choices(answers, shares, k=2)
        if form.asks == "elsewhere":
            first = self.random.choice(values)
        return with_first(form.prompt, told, first), [second, self.end]


def with_first(prompt: list[int], old: int, new: int) -> list[int]:
    """The prompt with another token in the first place of an old one."""
    place = prompt.index(old)
    return [*prompt[:place], new, *prompt[place + 1 :]]
