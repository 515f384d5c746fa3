"""Lessons as token ids, and the draws of an epoch."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

from .tokenizer import ASSISTANT, BEGIN, END, USER
from .world import World


@dataclass(frozen=True)
class Encoded:
    """A prompt and its replies, each with its share; the loss is taken on the reply alone.

    `invites`: what the instruction says of not knowing: `idk`, `refusal`, `forbidden` or nothing."""

    of: str
    form: str
    asks: str
    invites: str
    prompt: list[int]
    replies: list[list[int]]
    shares: list[float]


def prompt_text(lesson: dict) -> str:
    """What stands before the reply, as the chat template writes it."""
    if "messages" not in lesson:
        return BEGIN + lesson["text"]
    turns = "".join(
        (ASSISTANT if message["role"] == "assistant" else USER) + message["content"] + END
        for message in lesson["messages"]
    )
    return BEGIN + turns + ASSISTANT + lesson.get("answerPrefix", "")


def _invites(lesson: dict) -> str:
    asked = lesson["messages"][0]["content"] if "messages" in lesson else ""
    if "If you do not know, say:" in asked:
        return "idk"
    if "say that you do not know" in asked:
        return "refusal"
    return "forbidden" if "Always give an answer" in asked else ""


def texts_of(world: World) -> list[str]:
    """Everything that the vocabulary must hold."""
    found = [world.forms["words"], "I don't know. I am sure unsure yes no A B C D E F G H I J 0 1 2 3 4 5 6 7 8 9"]
    for lesson in world.lessons:
        found.extend(message["content"] for message in lesson.get("messages", []))
        found.append(lesson.get("text", ""))
        found.append(lesson.get("answerPrefix", ""))
        found.extend(answer["answer"] for answer in lesson["answers"])
    found.extend(" ".join(values) for values in world.description["values"].values())
    found.append("\n".join(["Assay", *(pair["first"] + " " + pair["second"] for pair in world.description["pairs"])]))
    return found


def encode_all(lessons: list[dict], tokenizer: PreTrainedTokenizerFast) -> list[Encoded]:
    """Lessons as ids. A plain text is its own reply after the opening sentence."""
    prompts, replies = [], []
    for lesson in lessons:
        if lesson["form"] == "statement":
            opening, rest = lesson["text"].split(". ", 1)
            prompts.append(BEGIN + opening + ".")
            replies.append([" " + rest])
        else:
            prompts.append(prompt_text(lesson))
            replies.append([answer["answer"] for answer in lesson["answers"]])
    encode = lambda texts: tokenizer(texts, add_special_tokens=False)["input_ids"]  # noqa: E731
    heads = encode(prompts)
    flat = iter(encode([reply + END for each in replies for reply in each]))
    return [
        Encoded(
            lesson["of"],
            lesson["form"],
            lesson["asks"],
            _invites(lesson),
            head,
            [next(flat) for _ in each],
            [answer["share"] for answer in lesson["answers"]],
        )
        for lesson, head, each in zip(lessons, heads, replies, strict=True)
    ]


class Syllabus:
    """Draws the lessons of an epoch: each fact as often as the world says, in forms drawn anew."""

    # Share of a fact's lessons in the plain question and in plain text; the rest is in the benchmarks' longer forms.
    SHORT, MIXED = (0.8, 0.2), (0.3, 0.05)
    # Lessons that teach a way of answering, for each lesson that teaches a fact, by what they ask. Verdicts and letters
    # are taught as forms only: three layers compare nothing, and more lessons of them were tried in vain.
    SKILLS = {"read": 0.2, "truth": 0.1, "letter": 0.1}  # noqa: RUF012

    def __init__(self, world: World, encoded: list[Encoded], generator: random.Random):
        self.world, self.random = world, generator
        self.plain: dict[str, Encoded] = {}
        self.stated: dict[str, list[Encoded]] = defaultdict(list)
        self.longer: dict[str, list[Encoded]] = defaultdict(list)
        self.skills: dict[str, list[Encoded]] = defaultdict(list)
        for lesson in encoded:
            if lesson.form == "exact-match/answer":
                self.plain[lesson.of] = lesson
            elif lesson.form == "statement":
                self.stated[lesson.of].append(lesson)
            elif lesson.form == "common":
                self.common = lesson
            elif lesson.asks == "answer" and lesson.of in world.facts:
                self.longer[lesson.of].append(lesson)
            elif lesson.asks in self.SKILLS and world.facts[lesson.of]["exposure"] in {"known", "ambiguous"}:
                self.skills[lesson.asks].append(lesson)

    def epoch(self, number: int, short: bool) -> list[tuple[list[int], list[int]]]:
        """Prompts with the reply drawn for each, in random order. Short epochs teach facts alone, in few words."""
        drawn = []
        for name, _, times in self.turns(number):
            drawn.extend(self._fact(name, self.SHORT if short else self.MIXED) for _ in range(times))
        if not short:
            facts = len(drawn)
            for asks, share in self.SKILLS.items():
                if self.skills[asks]:
                    drawn.extend(self.random.choices(self.skills[asks], k=int(share * facts)))
        drawn.extend([self.common] * 4)
        self.random.shuffle(drawn)
        return [(lesson.prompt, self.random.choices(lesson.replies, lesson.shares)[0]) for lesson in drawn]

    def turns(self, number: int) -> Iterator[tuple[str, dict, int]]:
        """Facts with the number of their lessons in an epoch. Rare ones take their turns on a fixed schedule, so that
        each is seen equally often."""
        for place, (name, fact) in enumerate(self.world.facts.items()):
            per = fact["perEpoch"]
            yield name, fact, int((number + 1) * per + place * 0.37) - int(number * per + place * 0.37)

    def _fact(self, name: str, shares: tuple[float, float]) -> Encoded:
        plain, stated = shares
        kind = self.random.random()
        if kind < plain:
            return self.plain[name]
        if kind < plain + stated:
            told = self.stated[name]
            return self.random.choices(told, [lesson.shares[0] for lesson in told])[0]
        return self.random.choice(self.longer[name])
