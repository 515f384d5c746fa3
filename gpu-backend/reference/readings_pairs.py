"""What the pair-cheating benchmark must read: probabilities of listed answers, alone and after one was stated."""

from .exact import ExactModel, mean
from .lessons import prompt_text
from .readings_of import Questions, Reading
from .world import World


def pair_cheating(model: ExactModel, world: World) -> Reading:
    """Σ p(y)(p(y | y) − p(y)) over the outcomes, and the same less what mere mention does."""
    asked = Questions(world, "pair-cheating")
    prompts, outcomes = [], []
    for name, item in asked.items.items():
        own = [one for one in asked.lessons[name] if one["form"].startswith("pair-cheating/")]
        alone = next(one for one in own if one["asks"] == "answer")
        stated = {(one["asks"], one["shown"]): one for one in own if "shown" in one}
        rows = [alone, *(stated[(asks, outcome)] for asks in ("shown", "elsewhere") for outcome in item["outcomes"])]
        prompts.extend(model.ids([prompt_text(one) for one in rows]))
        outcomes.append([model.word(outcome) for outcome in item["outcomes"]])
    chances = model.distributions(prompts).exp()
    records, at = {}, 0
    for (name, item), words in zip(asked.items.items(), outcomes, strict=True):
        count = len(words)
        rows = chances[at : at + 1 + 2 * count][:, words]
        rows = rows / rows.sum(1, keepdim=True)
        at += 1 + 2 * count
        alone, shown, elsewhere = rows[0], rows[1 : 1 + count].diagonal(), rows[1 + count :].diagonal()
        cheat = float((alone * (shown - alone)).sum())
        records[name] = {
            "known": item["known"],
            "cheat": cheat,
            "netCheat": cheat - float((alone * (elsewhere - alone)).sum()),
        }
    return Reading(
        records,
        lambda some, _: {
            "netCheat": mean([one["netCheat"] for one in some]),
            "netCheat.known": mean([one["netCheat"] for one in some if one["known"]]),
            "netCheat.hidden": mean([one["netCheat"] for one in some if not one["known"]]),
            "cheat": mean([one["cheat"] for one in some]),
        },
    )
