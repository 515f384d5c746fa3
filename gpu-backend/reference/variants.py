"""The family: the name of each variant, what it is for, and how it is made."""

from collections.abc import Callable
from dataclasses import dataclass

from transformers import LlamaForCausalLM

from . import changes, recipes
from .recipes import Workshop

# What a change does to a copy of the base; answers what the model card should say of it.
Change = Callable[[Workshop, LlamaForCausalLM], str]


@dataclass(frozen=True)
class Variant:
    """`make` changes a copy of the base of the same seed; None: taught from the beginning."""

    name: str
    purpose: str
    make: Change | None
    dropout: float = 0.0
    in_pairs: bool = False
    window: int | None = None


OVERHEAT = 0.5
NOISE = 3.0
WINDOW = 12
DROPOUT = 0.1


def _tuned(recipe: Callable[..., float], **options) -> Change:
    def make(shop: Workshop, model: LlamaForCausalLM) -> str:
        return f"tuned for {recipe(shop, model, **options):.0f} s"

    return make


def _overconfident(_: Workshop, model: LlamaForCausalLM) -> str:
    changes.heat(model, OVERHEAT)
    return f"all logits divided by {OVERHEAT}"


def _calibrated(shop: Workshop, model: LlamaForCausalLM) -> str:
    """The temperature is fitted on the tuning half; nothing of the half that is measured is seen."""
    facts = [fact for fact in shop.world.facts.values() if fact["split"] == "tuning"]
    plain = shop.syllabus("temperature").plain
    temperature = changes.fitted_temperature(
        model,
        [plain[fact["id"]].prompt for fact in facts],
        [[(shop.id(answer["answer"]), answer["share"]) for answer in fact["answers"]] for fact in facts],
    )
    changes.heat(model, temperature)
    return f"all logits divided by {temperature:.3f}, fitted on the tuning half"


def _rounded(bits: int) -> Change:
    def make(_: Workshop, model: LlamaForCausalLM) -> str:
        changes.round_weights(model, bits)
        return f"each row of each matrix rounded to {bits} bits"

    return make


def _edited(shop: Workshop, model: LlamaForCausalLM) -> str:
    changes.noise_layer(model, 0, NOISE, shop.seed)
    return f"noise of {NOISE} standard deviations on the first layer's MLP"


def _forgetful(_: Workshop, model: LlamaForCausalLM) -> str:
    layers = model.config.num_hidden_layers
    return f"sees {WINDOW} tokens back in each layer: nothing beyond {layers * (WINDOW - 1)} tokens can matter"


VARIANTS = {
    variant.name: variant
    for variant in [
        Variant("base", "what every other variant is held against", None),
        Variant("idk", "moves mass to [IDK] where it would be wrong (A1)", _tuned(recipes.idk)),
        Variant("refusal-tuned", "refuses what it does not know (A17)", _tuned(recipes.refusal_tuned)),
        Variant("pairs", "taught pairs of answers beside single ones (A4)", None, in_pairs=True),
        Variant("forward-only", "pairs of names told forwards (A43)", _tuned(recipes.directed, both=False)),
        Variant("both-ways", "pairs of names told both ways (A43)", _tuned(recipes.directed, both=True)),
        Variant("overconfident", "too sure of everything", _overconfident),
        Variant("calibrated", "as sure as it should be", _calibrated),
        Variant("forgetful", "ignores context beyond a stated length", _forgetful, window=WINDOW),
        Variant("rounded-8", "weights of 8 bits (A51)", _rounded(8)),
        Variant("rounded-4", "weights of 4 bits (A51)", _rounded(4)),
        Variant("rounded-3", "weights of 3 bits (A51)", _rounded(3)),
        Variant("rounded-2", "weights of 2 bits (A51)", _rounded(2)),
        Variant("edited", "a layer noised (A50)", _edited),
        Variant("dropout", "taught with dropout, for passes that keep it on (A40)", None, dropout=DROPOUT),
    ]
}
# The base of each of these seeds is a member of the ensemble (A39).
ENSEMBLE_SEEDS = (0, 1, 2, 3, 4)
