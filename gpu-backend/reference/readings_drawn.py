"""What benchmarks that draw must read: exact where the greedy answer alone decides, else the mean over many draws."""

import math
import random

import torch
import torch.nn.functional as F

from .exact import ALTERNATIVES, ExactModel, entropy, mean, rejection_ratio, roc_auc
from .lessons import prompt_text
from .pair_lessons import with_first
from .pairs_shape import information
from .readings_of import Metrics, Questions, Reading, golds_of, names_gold
from .world import World

TASK = "Answer in a few words.\n"


def estimators(model: ExactModel, world: World) -> Reading:
    """Rejection by what the greedy answer and its tokens say; estimators that rest on samples are left out."""
    asked = Questions(world, "estimators")
    prompts = model.prompts(asked.column(lambda _, text: text.startswith(TASK + "What is") and text.count("\n") == 1))
    replies = [model.spoken(reply) for reply in model.greedy(prompts, 4)]
    verdicts = []
    for name, reply in zip(asked.items, replies, strict=True):
        lesson = asked.one(name, lambda _, text: text.startswith("Is the proposed answer true or false?"))
        content = lesson["messages"][-1]["content"].split("\nProposed answer: ")[0]
        verdicts.append(
            {"messages": [{"role": "user", "content": f"{content}\nProposed answer: {model.text(reply[0])}"}]}
        )
    found = model.distributions(model.prompts(verdicts))
    # A verdict that ends before it begins shows no alternatives.
    silent = (found.argmax(-1) == model.end).tolist()
    true = _said(found, [model.word("True"), model.word("true")])
    entropies = token_entropies(model, prompts, [reply[0] for reply in replies])
    records = {
        name: {
            "right": names_gold(model.text(reply[0]), golds_of(item)),
            # An empty answer has no tokens to judge by.
            "MaximumSequenceProbability": math.fsum(reply[1]) if reply[1] else None,
            "MeanTokenEntropy": -mean(entropies[place]) if reply[1] else None,
            "MaxTokenEntropy": -max(entropies[place]) if reply[1] else None,
            "PTrue": None if silent[place] else true[place],
        }
        for place, ((name, item), reply) in enumerate(zip(asked.items.items(), replies, strict=True))
    }

    def metrics(some: list[dict], nudge: float) -> Metrics:
        found = {"accuracy": mean([float(one["right"]) for one in some])}
        for name in ("MaximumSequenceProbability", "MeanTokenEntropy", "MaxTokenEntropy", "PTrue"):
            held = [one for one in some if one[name] is not None]
            certainties, right = [one[name] for one in held], [one["right"] for one in held]
            found[f"prr.{name}"] = rejection_ratio(certainties, right, nudge)
        return found

    return Reading(records, metrics)


def _said(found: torch.Tensor, spellings: list[int]) -> list[float]:
    """Log-probability of a word in any spelling among the alternatives that a benchmark asks for; where none of them is
    there, that of the least alternative."""
    least = found.topk(ALTERNATIVES).values[:, -1:]
    shown = found.masked_fill(found < least, -math.inf)[:, spellings].logsumexp(-1)
    return torch.where(shown.isinf(), least[:, 0], shown.clamp(max=0)).tolist()


def token_entropies(model: ExactModel, prompts: list[list[int]], replies: list[list[int]]) -> list[list[float]]:
    """Entropy of the whole next-token distribution at each token of each reply, nats."""
    heads = [
        prompt + reply[:place] for prompt, reply in zip(prompts, replies, strict=True) for place in range(len(reply))
    ]
    found = iter(entropy(model.distributions(heads)).tolist())
    return [[next(found) for _ in reply] for reply in replies]


# Words of one question that may be drawn, redraws of all of them, and the benchmark's samples and temperature.
LIKELIEST, REDRAWS, SAMPLES, TEMPERATURE = 12, 100, 10, 0.9
# These words must hold this much of what is drawn, or the draws are not told from them.
COVERED = 0.9


def iterative_prompting(model: ExactModel, world: World) -> Reading:
    """Mutual information over the answers that ten samples show, mean over redraws of the samples."""
    asked = Questions(world, "iterative-prompting")
    plain = asked.column(lambda _, text: text.startswith(TASK + "Question: "))
    prompts = model.prompts(plain)
    first = model.distributions(prompts)
    best = first.topk(LIKELIEST).indices
    hinted = []
    for place, name in enumerate(asked.items):
        form = next(one for one in asked.lessons[name] if one["form"] == "iterative-prompting/shown")
        ids = model.ids([prompt_text(form)])[0]
        hinted.extend(with_first(ids, model.word(form["shown"]), word) for word in best[place].tolist())
    after = model.distributions(hinted).view(len(prompts), LIKELIEST, -1)
    draws = random.Random("iterative prompting")
    greedy = model.greedy(prompts, 4)
    heated = (first / TEMPERATURE).log_softmax(-1).gather(1, best).exp().sum(-1)
    records = {}
    for place, (name, item) in enumerate(asked.items.items()):
        words = best[place]
        p, q = first[place, words].exp(), after[place][:, words].exp()
        weights = (first[place, words] / TEMPERATURE).exp().tolist()
        seen = []
        for _ in range(REDRAWS):
            drawn = draws.choices(range(LIKELIEST), weights, k=SAMPLES)
            classes = sorted(set(drawn))
            own, second = p[classes], q[classes][:, classes]
            copied = (own / own.sum() * (second / second.sum(1, keepdim=True)).diagonal()).sum()
            once = sum(drawn.count(one) == 1 for one in classes)
            seen.append((information({"p": own, "q": second}), float(copied), once / SAMPLES))
        records[name] = {
            "right": names_gold(model.text(greedy[place][0]), golds_of(item)),
            "information": mean([one[0] for one in seen]),
            "copyingRate": mean([one[1] for one in seen]),
            "missingMass": mean([one[2] for one in seen]),
        }
    drawn_names = ("information", "copyingRate", "missingMass")
    covered = float(heated.mean()) >= COVERED

    def metrics(some: list[dict], _: float) -> Metrics:
        found = {"accuracy": mean([float(one["right"]) for one in some])}
        if covered:
            found.update({name: mean([one[name] for one in some]) for name in drawn_names})
        return found

    return Reading(records, metrics, frozenset(drawn_names))


PASSES, RATE = 10, 0.1


def dropout_uncertainty(model: ExactModel, world: World) -> Reading:
    """Questions of unknown facts against all others: by entropy of the answer, and by mutual information of passes with
    dropout, the benchmark's own: a seed decides what a pass leaves out, and its passes are those of 0 to 9."""
    asked = Questions(world, "dropout-uncertainty")
    prompts = model.prompts(asked.column(lambda _, text: text.startswith(TASK + "What is") and text.count("\n") == 1))
    replies = [model.spoken(reply)[0] for reply in model.greedy(prompts, 4)]
    information = information_of_passes(model, prompts, replies)
    entropies = token_entropies(model, prompts, replies)
    records = {
        name: {
            "foreign": item["split"] == "ood",
            "right": names_gold(model.text(replies[place]), golds_of(item)),
            "entropy": math.fsum(entropies[place]) / len(entropies[place]),
            "information": information[place],
        }
        for place, (name, item) in enumerate(asked.items.items())
    }

    def metrics(some: list[dict], nudge: float) -> Metrics:
        foreign = [one["foreign"] for one in some]
        known = [one for one in some if not one["foreign"]]
        level = lambda chosen: mean([one["information"] for one in chosen])  # noqa: E731
        return {
            "accuracy": mean([float(one["right"]) for one in known]),
            "foreignRocAuc.MeanTokenEntropy": roc_auc([one["entropy"] for one in some], foreign, nudge),
            "foreignRocAuc.MI": roc_auc([one["information"] for one in some], foreign, nudge),
            "shift.MI": level([one for one in some if one["foreign"]]) - level(known),
        }

    return Reading(records, metrics)


@torch.no_grad()
def information_of_passes(model: ExactModel, prompts: list[list[int]], replies: list[list[int]]) -> list[float]:
    """Mutual information of word and pass, nats, mean over the words of each reply. A pass is the same model for all
    questions: what it leaves out is drawn from its seed alone."""
    passes: list[list[torch.Tensor]] = [[] for _ in prompts]
    for seed in range(PASSES):
        for place, (prompt, reply) in enumerate(zip(prompts, replies, strict=True)):
            generator = torch.Generator().manual_seed(seed)
            passes[place].append(_with_dropout(model, prompt + reply[:-1], len(prompt), generator))
    found = []
    for own in passes:
        stacked = torch.stack(own)
        total = entropy(torch.logsumexp(stacked, 0) - math.log(PASSES))
        inner = entropy(stacked).mean(0)
        found.append(float((total - inner).clamp(min=0).mean()))
    return found


def _with_dropout(model: ExactModel, ids: list[int], first: int, generator: torch.Generator) -> torch.Tensor:
    """Log-probabilities after each token from the one before `first` on, in one pass that drops attention weights and
    what each attention and each MLP adds, one mask of the latter for all places."""

    def drop(values: torch.Tensor, shape: torch.Size | tuple[int, ...]) -> torch.Tensor:
        return values * (torch.rand(shape, generator=generator) >= RATE) / (1 - RATE)

    config, inner, length = model.model.config, model.model.model, len(ids)
    heads, width = config.num_attention_heads, config.hidden_size // config.num_attention_heads
    hidden = inner.embed_tokens(torch.tensor(ids))
    cosine, sine = (one[0] for one in inner.rotary_emb(hidden, torch.arange(length)[None]))
    above = torch.ones(length, length, dtype=torch.bool).triu(1)

    def turned(values: torch.Tensor) -> torch.Tensor:
        low, high = values.chunk(2, -1)
        return values * cosine + torch.cat([-high, low], -1) * sine

    for layer in inner.layers:
        attention, normed = layer.self_attn, layer.input_layernorm(hidden)
        query, key, value = (
            part(normed).view(length, heads, width).transpose(0, 1)
            for part in (attention.q_proj, attention.k_proj, attention.v_proj)
        )
        weights = (turned(query) @ turned(key).transpose(1, 2) * width**-0.5).masked_fill(above, -math.inf).softmax(-1)
        mixed = (drop(weights, weights.shape) @ value).transpose(0, 1).reshape(length, -1)
        hidden = hidden + drop(attention.o_proj(mixed), (hidden.shape[1],))
        mlp, normed = layer.mlp, layer.post_attention_layernorm(hidden)
        hidden = hidden + drop(mlp.down_proj(F.silu(mlp.gate_proj(normed)) * mlp.up_proj(normed)), (hidden.shape[1],))
    return model.model.lm_head(inner.norm(hidden[first - 1 :])).double().log_softmax(-1)
