"""Folders that are no whole language model: each is refused with the reason, and what is loaded goes on answering."""

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from tests.small_models import copy_tokenizer, make_classifier, make_gpt2, make_llama


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory) -> Path:
    """A Llama, a GPT-2 and a classifier to spoil."""
    root = tmp_path_factory.mktemp("whole")
    for name, make in (("llama", lambda folder, size: make_llama(folder, size, 3)), ("gpt2", make_gpt2)):
        make(root / name, copy_tokenizer(tiny, root / name))
    make_classifier(root / "classifier", ["entailment", "neutral", "contradiction"])
    return root


def cut(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def empty(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")


def without(ending: str):
    def spoil(folder: Path) -> None:
        weights = load_file(folder / "model.safetensors")
        del weights[next(name for name in sorted(weights) if name.endswith(ending))]
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

    return spoil


def configured(**options):
    def spoil(folder: Path) -> None:
        file = folder / "config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | options))

    return spoil


@pytest.mark.parametrize(
    ("name", "spoil", "told"),
    [
        ("llama", cut, "could not be loaded"),
        ("llama", empty, "could not be loaded"),
        ("llama", configured(num_hidden_layers=5), "lacks model.layers.2."),
        ("llama", configured(num_attention_heads=0), "cannot be read as a model"),
        ("llama", configured(hidden_size="wide"), "cannot be read as a model"),
        ("llama", without("lm_head.weight"), "lacks lm_head.weight"),
        ("llama", without("input_layernorm.weight"), "lacks model.layers.0.input_layernorm.weight"),
        ("gpt2", without("attn.c_attn.weight"), "lacks transformer.h.0.attn.c_attn.weight"),
        ("classifier", lambda folder: None, "BertForSequenceClassification, which does not continue texts"),
        ("classifier", configured(architectures=None), "lacks cls.predictions"),
    ],
    ids=range(10),
)
def test_it_is_refused_with_the_reason(live, whole, tmp_path, name, spoil, told):
    folder = tmp_path / "spoilt"
    shutil.copytree(whole / name, folder)
    spoil(folder)
    left = live.http.get("/v1/assay/models").json()["leftBytes"]
    answer = live.post("/v1/assay/models/load", {"id": "spoilt", "path": str(folder)})
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["code"] == "model_unavailable" and error["pointer"] == "/path" and told in error["message"]
    assert live.http.get("/v1/assay/models").json()["leftBytes"] == left
    assert live.post("/v1/completions", {"prompt": "The", "max_tokens": 1}).status_code == 200
