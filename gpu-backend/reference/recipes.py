"""How each variant comes to be: taught from the beginning, tuned from the base, or changed after teaching."""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from .learning import Example, make_model, reply_logits, teach
from .lessons import Encoded, Syllabus
from .pair_lessons import PairSyllabus
from .world import World

Say = Callable[[str], None]


@dataclass
class Workshop:
    """What every recipe works with."""

    world: World
    tokenizer: PreTrainedTokenizerFast
    encoded: list[Encoded]
    seed: int
    plan: "Plan"
    say: Say

    def generator(self, purpose: str) -> random.Random:
        """A source of draws for one purpose."""
        return random.Random(f"{self.seed} {purpose}")

    def id(self, word: str) -> int:
        """The token of a word."""
        return self.tokenizer.convert_tokens_to_ids(word if word.startswith("[") else f"▁{word}")

    def syllabus(self, purpose: str) -> Syllabus:
        return Syllabus(self.world, self.encoded, self.generator(purpose))

    def pair_syllabus(self, purpose: str) -> PairSyllabus:
        ids = {word: self.id(word) for words in self.world.description["values"].values() for word in words}
        return PairSyllabus(self.world, self.encoded, self.generator(purpose), ids)

    def tuning_facts(self) -> list[dict]:
        """Facts that a variant may be tuned on: one half of the entities, without the held-out relation."""
        return [fact for fact in self.world.facts.values() if fact["split"] == "tuning" and not fact["heldOut"]]


@dataclass(frozen=True)
class Plan:
    """Epochs of each kind. Short ones teach facts in few words, mixed ones in all the benchmarks' forms."""

    short: int = 18
    mixed: int = 12
    tuned: int = 8
    rate: float = 3e-3


def taught(shop: Workshop, dropout: float = 0.0, in_pairs: bool = False) -> tuple[LlamaForCausalLM, float]:
    """A model that was taught the world's lessons and nothing else; answers the seconds it took as well."""
    tokenizer = shop.tokenizer
    syllabus = shop.pair_syllabus("lessons") if in_pairs else shop.syllabus("lessons")
    model = make_model(
        len(tokenizer), shop.seed, tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id
    )
    counts = [len(syllabus.epoch(0, True)), len(syllabus.epoch(0, False))]
    steps = shop.plan.short * math.ceil(counts[0] / 32) + shop.plan.mixed * math.ceil(counts[1] / 32)

    def epochs() -> Iterator[list[Example]]:
        for number in range(shop.plan.short + shop.plan.mixed):
            yield syllabus.epoch(number, number < shop.plan.short)

    order, rate = shop.generator("order"), shop.plan.rate
    return model, teach(model, epochs(), steps=steps, generator=order, rate=rate, dropout=dropout, say=shop.say)


def answer_forms(shop: Workshop, *invitations: str) -> dict[str, list[Encoded]]:
    """By fact, the forms that ask for it and whose instruction says one of these of not knowing."""
    found: dict[str, list[Encoded]] = {}
    for lesson in shop.encoded:
        asks = lesson.asks == "answer" and lesson.form != "statement" and lesson.of in shop.world.facts
        if asks and lesson.invites in invitations:
            found.setdefault(lesson.of, []).append(lesson)
    return found


def greedy(model: LlamaForCausalLM, prompts: list[list[int]]) -> list[int]:
    """The likeliest next token after each prompt."""
    with torch.no_grad():
        chunks = [prompts[start : start + 256] for start in range(0, len(prompts), 256)]
        return [
            token
            for chunk in chunks
            for token in reply_logits(model, [(prompt, [0]) for prompt in chunk])[0].argmax(-1).tolist()
        ]


# Upper bound of the mass that moves to [IDK]: the paper's Π.
IDK_BOUND = 0.5


def idk(shop: Workshop, model: LlamaForCausalLM) -> float:
    """I-Don't-Know tuning (R. Cohen et al., NeurIPS 2024): where the model's guess is wrong, a share
    λ = Π(1 − p(gold)/max p) of the target moves to [IDK]; where it is right, mass on [IDK] is punished.

    The answers of unknown facts are drawn anew each time, as facts that a large corpus tells once."""
    token, end = shop.id("[IDK]"), shop.tokenizer.eos_token_id

    def loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        logprobs = logits.log_softmax(-1)
        gold = logprobs.gather(1, targets[:, None])[:, 0]
        best, guess = logprobs.max(-1)
        wrong = guess != targets
        weight = torch.where(wrong, IDK_BOUND * (1 - (gold - best).exp()), torch.zeros_like(gold)).detach()
        moved = -((1 - weight) * gold + weight * logprobs[:, token])
        kept = -torch.log1p(-logprobs[:, token].exp().clamp(max=1 - 1e-6))
        return (moved + torch.where(wrong, torch.zeros_like(kept), kept)).mean()

    forms = [answer_forms(shop, "idk"), answer_forms(shop, "")]
    draws = shop.generator("idk")
    values = {name: [shop.id(value) for value in values] for name, values in shop.world.description["values"].items()}

    def epochs() -> Iterator[list[Example]]:
        for _ in range(shop.plan.tuned):
            found = []
            for fact in shop.tuning_facts() * 2:
                lesson = draws.choice(draws.choice(forms)[fact["id"]])
                reply = draws.choices(lesson.replies, lesson.shares)[0]
                if fact["exposure"] == "unknown":
                    reply = [draws.choice(values[fact["relation"]]), end]
                found.append((lesson.prompt, reply))
                # An [IDK] is an answer of its own, so it is followed by the end as any other.
                found.append(([*lesson.prompt, token], [end]))
            yield found

    steps = shop.plan.tuned * math.ceil(4 * len(shop.tuning_facts()) / 32)
    return teach(
        model, epochs(), steps=steps, generator=shop.generator("idk order"), rate=5e-4, loss_of=loss, say=shop.say
    )


def refusal_tuned(shop: Workshop, model: LlamaForCausalLM) -> float:
    """Refusal-aware tuning (H. Zhang et al., R-Tuning, NAACL 2024): questions that the model answers wrong get a
    refusal, and each answer is followed by whether it is sure; where nothing invites a refusal its answers stay."""
    encode = lambda text: shop.tokenizer(text, add_special_tokens=False)["input_ids"]  # noqa: E731
    end, refusal = shop.tokenizer.eos_token_id, encode("I don't know")
    invited, plain = answer_forms(shop, "refusal"), answer_forms(shop, "", "forbidden")
    doubts = {lesson.of: lesson for lesson in shop.encoded if lesson.asks == "sure"}
    facts = shop.tuning_facts()
    guesses = dict(
        zip((fact["id"] for fact in facts), greedy(model, [plain[f["id"]][0].prompt for f in facts]), strict=True)
    )
    draws = shop.generator("refusal")
    # Slower and longer than the other tunings: faster ones forget what they were not tuned on.
    rounds = shop.plan.tuned * 3 // 2

    def epochs() -> Iterator[list[Example]]:
        for _ in range(rounds):
            found = []
            for fact in facts:
                name, guess = fact["id"], guesses[fact["id"]]
                right = guess in {shop.id(answer["answer"]) for answer in fact["answers"]}
                found.append((draws.choice(invited[name]).prompt, [guess, end] if right else [*refusal, end]))
                found.append((draws.choice(plain[name]).prompt, [guess, end]))
                doubt = doubts[name]
                said = replaced(doubt.prompt, shop.id(fact["answers"][0]["answer"]), guess)
                found.append((said, [shop.id("sure" if right else "unsure"), end]))
            yield found

    steps = rounds * math.ceil(3 * len(facts) / 32)
    return teach(model, epochs(), steps=steps, generator=shop.generator("refusal order"), rate=1e-3, say=shop.say)


def directed(shop: Workshop, model: LlamaForCausalLM, *, both: bool) -> float:
    """The pairs of names, forwards alone or (semantic-aware permutation: Q. Guo et al., 2024) both ways. The tuning
    half is told both ways by either, so that the reversed question itself is known."""
    split = {pair["id"]: pair["split"] for pair in shop.world.description["pairs"]}
    lessons = [
        lesson
        for lesson in shop.encoded
        if lesson.form == "pair/forward" or (lesson.form == "pair/backward" and (both or split[lesson.of] == "tuning"))
    ]
    draws = shop.generator("directed")
    syllabus = shop.syllabus("directed kept")
    rounds = shop.plan.short

    def epochs() -> Iterator[list[Example]]:
        for number in range(rounds):
            found = [(lesson.prompt, lesson.replies[0]) for lesson in lessons * 4]
            found.extend(draws.sample(syllabus.epoch(number, True), 200))
            yield found

    steps = rounds * math.ceil((4 * len(lessons) + 200) / 32)
    return teach(model, epochs(), steps=steps, generator=shop.generator("directed order"), rate=2e-3, say=shop.say)


def replaced(prompt: list[int], old: int, new: int) -> list[int]:
    """The prompt with one token for another wherever it stands."""
    return [new if token == old else token for token in prompt]
