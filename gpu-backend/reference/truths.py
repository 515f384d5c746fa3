"""Questions about the half of the facts that no tuning saw, and the statements of the known ones."""

import math
from collections.abc import Callable

from .exact import ExactModel
from .readings_of import Questions
from .world import World


class Asked:
    """The measured facts in the questions that one benchmark asks of them."""

    def __init__(self, world: World, benchmark: str):
        self._questions = Questions(world, benchmark, whole=True)
        self.facts = [world.facts[name] for name in self._questions.items]
        self._answers = [{answer["answer"] for answer in fact["answers"]} for fact in self.facts]

    def last_message(self, test: Callable[[str], bool]) -> list[dict]:
        """For each fact, the question whose last message passes a test."""
        return self._questions.column(lambda _, text: test(text))

    def plain(self) -> list[dict]:
        """For each fact, the bare question."""
        return self.last_message(lambda text: text.startswith("What is") and "\n" not in text)

    def is_right(self, place: int, reply: str) -> bool:
        """Whether a reply is one of the fact's answers."""
        return reply.strip() in self._answers[place]


def statements(world: World) -> list[str]:
    """The sentences of known facts, each after the opening."""
    known = {name for name, fact in world.facts.items() if fact["split"] == "test" and fact["exposure"] == "known"}
    return [lesson["text"] for lesson in world.lessons if lesson["form"] == "statement" and lesson["of"] in known]


def token_losses(model: ExactModel, texts: list[str]) -> list[float]:
    """Mean negative log-probability of the tokens after each text's opening sentence, nats: no lesson teaches that."""
    heads, tails = zip(*(text.split(". ", 1) for text in texts), strict=True)
    begin = model.tokenizer.bos_token_id
    openings = [[begin, *ids] for ids in model.ids([f"{head}." for head in heads])]
    scored = model.scores(openings, model.ids(list(tails)))
    return [-math.fsum(one) / len(one) for one in scored]
