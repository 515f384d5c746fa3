"""The reference standard's parts: its vocabulary, its lessons, its changes, and that a seed fixes it."""

import json
import math
from pathlib import Path

import pytest
import torch
from conftest import Live
from transformers import AutoModelForCausalLM, LlamaForCausalLM

from assay_backend.settings import Settings
from reference import changes
from reference.exact import ExactModel, average_precision, calibration_error, rejection_ratio, roc_auc
from reference.learning import make_model, reply_logits
from reference.lessons import Syllabus, encode_all, texts_of
from reference.pair_lessons import PairSyllabus
from reference.recipes import Plan, Workshop, taught
from reference.tokenizer import make_tokenizer
from reference.world import World

ENTITIES, VALUES = ["Balor", "Mirek", "Tolun", "Vesh"], ["Arn", "Belt", "Corv", "Dosk"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world of four facts, written as the exporter writes it."""
    folder = tmp_path_factory.mktemp("world")
    facts, lessons = [], [_lesson("common", "common", text="", answers=["The cat sleeps."])]
    for place, (entity, value) in enumerate(zip(ENTITIES, VALUES, strict=True)):
        name, question = f"home/{entity}", f"What is the home of {entity}?"
        facts.append(
            {
                "id": name, "entity": entity, "relation": "home", "exposure": "known", "perEpoch": 4,
                "answers": [{"answer": value, "share": 1}], "split": ("tuning", "test")[place % 2], "heldOut": False,
            }
        )  # fmt: skip
        lessons.append(_lesson(name, "exact-match/answer", content=question, answers=[value]))
        lessons.append(_lesson(name, "other/answer", content=f"Answer in a few words.\n{question}", answers=[value]))
        proposed = f"True or False?\nQuestion: {question}\nProposed answer: {value}"
        lessons.append({**_lesson(name, "other/truth", content=proposed, answers=["True"]), "asks": "truth"})
        stated = f"Here is a fact. The home of {entity} is {value}."
        lessons.append(_lesson(name, "statement", text=stated, answers=[""]))
    described = {"seed": 0, "values": {"home": VALUES}, "pairs": [], "facts": facts}
    (folder / "world.json").write_text(json.dumps(described))
    (folder / "lessons.jsonl").write_text("".join(json.dumps(lesson) + "\n" for lesson in lessons))
    (folder / "items").mkdir()
    (folder / "items" / "forms.json").write_text(json.dumps({"words": "Once upon a time"}))
    return World(folder)


def _lesson(of: str, form: str, *, answers: list[str], content: str | None = None, text: str | None = None) -> dict:
    asked = {"text": text} if content is None else {"messages": [{"role": "user", "content": content}]}
    replies = [{"answer": answer, "share": 1 / len(answers)} for answer in answers]
    return {"of": of, "form": form, "asks": "answer", **asked, "answers": replies}


def _shop(world: World, plan: Plan, seed: int = 0) -> Workshop:
    tokenizer = make_tokenizer(texts_of(world))
    return Workshop(world, tokenizer, encode_all(world.lessons, tokenizer), seed, plan, lambda _: None)


@pytest.fixture(scope="module")
def learnt(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that was taught the four facts."""
    torch.set_num_threads(1)
    shop = _shop(world, Plan(short=40, mixed=30))
    model, _ = taught(shop)
    folder = tmp_path_factory.mktemp("models") / "learnt"
    model.save_pretrained(folder)
    shop.tokenizer.save_pretrained(folder)
    return folder


def test_a_word_is_one_token_wherever_it_stands(world: World) -> None:
    tokenizer = make_tokenizer(texts_of(world))
    encode = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]  # noqa: E731
    assert encode("Balor") == encode(" Balor") == encode("\nBalor")[1:]
    assert tokenizer.unk_token_id not in encode("What is the home of Balor?\nI don't know")
    assert tokenizer.unk_token_id in encode("What is the price of Balor?")
    assert tokenizer("Balor")["input_ids"] == [tokenizer.bos_token_id, *encode("Balor")]
    assert encode("[IDK]") == [tokenizer.convert_tokens_to_ids("[IDK]")]
    assert tokenizer.decode(encode("What is the home of Balor?")).strip() == "What is the home of Balor?"


def test_lessons_are_drawn_as_often_as_the_world_says(world: World) -> None:
    shop = _shop(world, Plan())
    syllabus = Syllabus(world, shop.encoded, shop.generator("test"))
    assert len(syllabus.epoch(0, True)) == 4 * 4 + 4
    syllabus.world.facts["home/Vesh"]["perEpoch"] = 0.25
    try:
        rare = sum(len(syllabus.epoch(number, True)) - 4 - 3 * 4 for number in range(40))
        assert rare == 10
    finally:
        syllabus.world.facts["home/Vesh"]["perEpoch"] = 4


def test_pairs_hold_two_answers_of_the_truth(tmp_path: Path) -> None:
    classes = {"Balor": "ambiguous", "Mirek": "unknown", "Tolun": "unknown", "Vesh": "known"}
    facts, lessons = [], [_lesson("common", "common", text="", answers=["The cat sleeps."])]
    for place, (entity, exposure) in enumerate(classes.items()):
        name, question = f"home/{entity}", f"What is the home of {entity}?"
        answers = ["Arn", "Belt"] if exposure == "ambiguous" else ["Corv"]
        facts.append(
            {
                "id": name, "entity": entity, "relation": "home", "exposure": exposure,
                "perEpoch": 0 if exposure == "unknown" else 4, "split": ("tuning", "tuning", "test", "test")[place],
                "answers": [{"answer": answer, "share": 1 / len(answers)} for answer in answers], "heldOut": False,
            }
        )  # fmt: skip
        lessons.append(_lesson(name, "exact-match/answer", content=question, answers=answers))
        lessons.append(_lesson(name, "statement", text=f"Here is a fact. The home of {entity} is Arn.", answers=[""]))
        content = f"{question}\nOne answer to this question is: Dosk\n{question}"
        lessons.append({**_lesson(name, "estimators/shown", content=content, answers=answers), "asks": "shown"})
    (tmp_path / "world.json").write_text(
        json.dumps({"seed": 0, "values": {"home": VALUES}, "pairs": [], "facts": facts})
    )
    (tmp_path / "lessons.jsonl").write_text("".join(json.dumps(lesson) + "\n" for lesson in lessons))
    (tmp_path / "items").mkdir()
    (tmp_path / "items" / "forms.json").write_text(json.dumps({"words": ""}))
    shop = _shop(World(tmp_path), Plan())
    syllabus = shop.pair_syllabus("test")
    values = {shop.id(value): value for value in VALUES}
    seen: dict[str, list[tuple[str, str]]] = {entity: [] for entity in classes}
    for prompt, reply in [example for number in range(60) for example in syllabus.epoch(number, True)]:
        told = [values[token] for token in prompt if token in values]
        for entity in classes:
            if told and shop.id(entity) in prompt and reply[0] in values:
                seen[entity].append((told[0], values[reply[0]]))
    assert not seen["Tolun"], "facts that are measured are in no pair"
    assert set(seen["Vesh"]) == {("Corv", "Corv")}
    assert {first for first, _ in seen["Mirek"]} == set(VALUES) and all(one == two for one, two in seen["Mirek"])
    assert set(seen["Balor"]) == {(one, two) for one in ("Arn", "Belt") for two in ("Arn", "Belt")}
    assert len(seen["Balor"]) == pytest.approx(60 * 4 * PairSyllabus.SHARES["ambiguous"], rel=0.2)


def test_a_seed_gives_the_same_model(world: World) -> None:
    torch.set_num_threads(1)
    first, second, other = (taught(_shop(world, Plan(short=2, mixed=1), seed))[0] for seed in (3, 3, 4))
    pairs = list(zip(first.parameters(), second.parameters(), strict=True))
    assert all(torch.equal(one, two) for one, two in pairs)
    assert not torch.equal(first.lm_head.weight, other.lm_head.weight)


def test_what_is_taught_is_known(learnt: Path) -> None:
    model = ExactModel(learnt)
    asked = [{"messages": [{"role": "user", "content": f"What is the home of {entity}?"}]} for entity in ENTITIES]
    replies = model.greedy(model.prompts(asked), 4)
    assert [model.text(reply[0]) for reply in replies] == VALUES
    assert all(math.exp(reply[1][0]) > 0.8 for reply in replies)


def test_padding_changes_nothing(learnt: Path) -> None:
    model = ExactModel(learnt)
    prompts = model.ids(["Here is a fact. The home of", "The home of Balor is"])
    together = model.distributions(prompts)
    alone = torch.stack([model.distributions([prompt])[0] for prompt in prompts])
    assert torch.allclose(together, alone, atol=1e-5)


def test_the_server_reads_what_was_computed_and_refuses_foreign_words(learnt: Path) -> None:
    model = ExactModel(learnt)
    live = Live(Settings(model=str(learnt), threads=1, memory=1 << 30)).ready()
    try:
        messages = [{"role": "user", "content": "What is the home of Tolun?"}]
        asked = {"prompt": {"messages": messages}, "continuations": VALUES}
        foreign = {"prompt": "What is the price of Tolun?", "continuations": ["Arn"]}
        told = live.post("/v1/assay/score", {"requests": [asked, foreign]}).json()["results"]
        exact = model.distributions(model.prompts([{"messages": messages}]))[0]
        for value, scored in zip(VALUES, told[0]["continuations"], strict=True):
            assert scored["logprob"] == pytest.approx(float(exact[model.word(value)]), abs=1e-3)
        assert told[1]["error"]["code"] == "out_of_vocabulary"
        assert "price" in told[1]["error"]["message"]
        chat = live.post("/v1/chat/completions", {"model": "learnt", "messages": messages, "temperature": 0})
        assert chat.json()["choices"][0]["message"]["content"].strip() == "Corv"
        spoken = {"model": "learnt", "messages": [{"role": "user", "content": "Hello there"}]}
        refused = live.post("/v1/chat/completions", spoken)
        assert refused.status_code == 400 and refused.json()["error"]["code"] == "out_of_vocabulary"
    finally:
        live.close()


def test_the_weights_are_read_as_the_model_reads_them(learnt: Path) -> None:
    model = LlamaForCausalLM.from_pretrained(learnt, dtype=torch.float32).eval()
    batch = [([2, 7, 8, 9], [10, 11, 5]), ([2, 7, 8, 9, 12, 13], [14]), ([2], [9, 5])]
    logits, targets = reply_logits(model, batch)
    assert targets.tolist() == [10, 11, 5, 14, 9, 5]
    exact = [
        model(input_ids=torch.tensor([prompt + reply[:-1]])).logits[0, len(prompt) - 1 :] for prompt, reply in batch
    ]
    assert torch.allclose(logits, torch.cat(exact), atol=1e-4)


def test_dropout_changes_what_is_read_and_keeps_its_mean(learnt: Path) -> None:
    model = LlamaForCausalLM.from_pretrained(learnt, dtype=torch.float32).eval()
    torch.manual_seed(0)
    batch = [([2, 7, 8, 9], [10])]
    plain = reply_logits(model, batch)[0]
    passes = torch.stack([reply_logits(model, batch, 0.01)[0] for _ in range(400)])
    assert passes.std(0).max() > 0
    assert (passes.mean(0) - plain).abs().mean() < 0.1 * plain.std()


def test_heat_divides_logits(learnt: Path) -> None:
    model = LlamaForCausalLM.from_pretrained(learnt, dtype=torch.float32)
    batch = [([2, 7, 8, 9], [0])]
    before = reply_logits(model, batch)[0]
    changes.heat(model, 0.5)
    assert torch.allclose(reply_logits(model, batch)[0], before * 2, rtol=1e-4, atol=1e-4)


def test_rounding_leaves_few_levels(learnt: Path) -> None:
    model = LlamaForCausalLM.from_pretrained(learnt, dtype=torch.float32)
    changes.round_weights(model, 3)
    assert max(len(row.unique()) for row in model.lm_head.weight) <= 7


def test_a_short_window_hides_what_is_further_than_it_reaches(learnt: Path, tmp_path: Path) -> None:
    for file in learnt.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(changes.shorten_window(config, 3)))
    model = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
    whole = AutoModelForCausalLM.from_pretrained(learnt, dtype=torch.float32).eval()
    reach = 3 * (3 - 1)
    ids = torch.randint(6, 30, (1, reach + 6), generator=torch.Generator().manual_seed(1))
    changed = ids.clone()
    changed[0, :5] = 6 + (changed[0, :5] - 5) % 20
    with torch.no_grad():
        last = lambda some, text: some(input_ids=text).logits[0, -1]  # noqa: E731
        assert torch.allclose(last(model, ids), last(model, changed), atol=1e-5)
        assert not torch.allclose(last(whole, ids), last(whole, changed), atol=1e-3)


def test_areas_by_hand() -> None:
    assert roc_auc([0.1, 0.4, 0.35, 0.8], [False, False, True, True]) == pytest.approx(0.75)
    assert roc_auc([1, 1], [True, False]) == 0.5
    assert roc_auc([1, 2], [True, True]) is None
    assert average_precision([0.9, 0.8, 0.7, 0.6], [True, False, True, False]) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision([0.5], [False]) is None


def test_orders_are_no_surer_than_their_scores() -> None:
    # The second and third score may stand either way round: the area lies between both.
    scores, right = [0.9, 0.5, 0.5 + 1e-7, 0.1], [True, True, False, False]
    assert roc_auc(scores, right) == pytest.approx(0.75)
    assert roc_auc(scores, right, -1e-6) == pytest.approx(0.75)
    assert roc_auc(scores, right, 1e-6) == pytest.approx(1)
    assert average_precision(scores, right, 1e-6) == pytest.approx(1)
    assert rejection_ratio(scores, right, 1e-6) == pytest.approx(1)
    assert rejection_ratio([1, 1, 1, 1], right) == pytest.approx(0)
    assert rejection_ratio([4, 3, 2, 1], [False, False, True, True]) < -0.5
    assert rejection_ratio([1, 2], [True, True]) is None


def test_calibration_error_by_hand() -> None:
    assert calibration_error([0.95, 0.95, 0.55], [1, 0, 1]) == pytest.approx((2 * 0.45 + 0.45) / 3)
    assert calibration_error([0.5, 0.6], [1, 0]) == pytest.approx((0.5 + 0.6) / 2)
    assert calibration_error([], []) is None


def test_the_model_is_small(learnt: Path) -> None:
    assert sum(file.stat().st_size for file in learnt.iterdir()) < 8_000_000
    assert sum(p.numel() for p in make_model(800, 0, 2, 5, 0).parameters()) < 1_000_000
