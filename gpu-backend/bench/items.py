"""Multiple-choice items made here: facts and sums with four options each, after a beginning that all of them share."""

import json
import random
from pathlib import Path
from typing import TypedDict

_CAPITALS = """Argentina Buenos_Aires|Australia Canberra|Austria Vienna|Belgium Brussels|Brazil Brasilia|Canada Ottawa
Chile Santiago|China Beijing|Cuba Havana|Denmark Copenhagen|Egypt Cairo|Finland Helsinki|France Paris|Germany Berlin
Greece Athens|Hungary Budapest|Iceland Reykjavik|India New_Delhi|Indonesia Jakarta|Iran Tehran|Ireland Dublin|Italy Rome
Japan Tokyo|Kenya Nairobi|Mexico Mexico_City|Morocco Rabat|Nepal Kathmandu|Norway Oslo|Pakistan Islamabad|Peru Lima
Poland Warsaw|Portugal Lisbon|Russia Moscow|Senegal Dakar|Spain Madrid|Sweden Stockholm|Thailand Bangkok|Turkey Ankara
Uruguay Montevideo|Vietnam Hanoi"""
_EXAMPLES = """The following are multiple choice questions with answers. Read each question with care, think about what
is asked, and choose the option that is correct. There is always exactly one such option, and guessing is allowed.
The questions are about geography, animals and simple sums, and none of them is meant to be a trick.

Question: On which continent does the river Nile flow into the sea?
A. South America
B. Africa
C. Europe
D. Australia
Answer: Africa

Question: Which of these animals lays eggs and feeds its young with milk?
A. the whale
B. the bat
C. the platypus
D. the penguin
Answer: the platypus
"""


class Item(TypedDict):
    """A question as text, its four options as they would follow it, and the place of the right one."""

    prompt: str
    options: list[str]
    answer: int


def items(count: int, shared: bool = True, single: bool = False, seed: int = 7) -> list[Item]:
    """`count` items, always the same of one seed. `shared`: they all begin with the same two worked questions.
    `single`: the options are letters, one token each."""
    random_ = random.Random(seed)
    capitals = [
        tuple(pair.replace("_", " ") for pair in entry.split(" "))
        for line in _CAPITALS.splitlines()
        for entry in line.split("|")
    ]
    found: list[Item] = []
    for number in range(count):
        if number % 2 == 0:
            chosen = random_.sample(capitals, 4)
            at = random_.randrange(4)
            question = f"What is the name of the capital city of {chosen[at][0]}?"
            options = [capital for _, capital in chosen]
        else:
            one, other = random_.randrange(10, 90), random_.randrange(10, 90)
            wrong = random_.sample([d for d in range(-12, 13) if d], 3)
            values = [one + other, *(one + other + d for d in wrong)]
            random_.shuffle(values)
            at = values.index(one + other)
            things = random_.choice(["oranges", "crates", "letters", "boats", "lamps"])
            question = f"Anna has {one} {things} and Bruno brings {other} more. How many {things} are there?"
            options = [f"{value} {things}" for value in values]
        listed = "\n".join(f"{letter}. {option}" for letter, option in zip("ABCD", options, strict=True))
        text = f"Question: {question}\n{listed}\nAnswer:"
        found.append(
            {
                "prompt": f"{_EXAMPLES}\n{text}" if shared else text,
                "options": [f" {letter}" for letter in "ABCD"] if single else [f" {option}" for option in options],
                "answer": at,
            }
        )
    return found


def long_texts(count: int, words: int, seed: int = 11) -> list[str]:
    """Made-up prose of a given number of words, always the same of one seed."""
    random_ = random.Random(seed)
    nouns = ["ferry", "harbour", "crate", "letter", "lamp", "bridge", "winter", "garden", "doctor", "road", "river"]
    verbs = ["left", "found", "carried", "painted", "followed", "measured", "forgot", "repaired", "crossed", "opened"]
    found = []
    for _ in range(count):
        parts: list[str] = []
        while len(parts) < words:
            one, other = random_.sample(nouns, 2)
            parts += f"Nobody knew why the {one} {random_.choice(verbs)} the {other} before dawn.".split()
        found.append(" ".join(parts[:words]))
    return found


def write_task(folder: Path, name: str, chosen: list[Item]) -> None:
    """The items as a task of lm-evaluation-harness: a YAML file and the JSON lines that it reads."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / f"{name}.jsonl"
    data.write_text("".join(json.dumps(item) + "\n" for item in chosen))
    (folder / f"{name}.yaml").write_text(
        f"""task: {name}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {data}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{prompt}}}}"
doc_to_choice: "{{{{options}}}}"
doc_to_target: answer
target_delimiter: ""
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
  - metric: acc_norm
    aggregation: mean
    higher_is_better: true
"""
    )
