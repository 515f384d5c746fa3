"""/v1/assay/states against transformers' hidden states."""

import pytest
import torch
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

from assay_backend.generic import GenericRunner
from assay_backend.hidden import layers_of, states_of
from assay_backend.own_answers import StatesResult
from tests.conftest import spread


def states(live, *requests) -> list[dict]:
    response = live.post("/v1/assay/states", {"requests": list(requests)})
    assert response.status_code == 200, response.text
    return response.json()["results"]


PROMPT, TEXTS = "What is the capital", [" of France? The capital is Paris.", " One two three", " of"]


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
def test_states_are_those_of_the_plain_forward(live, plain, tiny, layer):
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    mean, last = states(
        live,
        {"prompt": PROMPT, "continuations": TEXTS, "layer": layer},
        {"prompt": PROMPT, "continuations": TEXTS, "layer": layer, "pool": "last"},
    )
    StatesResult.model_validate(mean)
    assert (mean["layer"], mean["layers"], mean["pool"], last["pool"]) == (layer, 3, "mean", "last")
    head = len(tokenizer.encode(PROMPT))
    for text, of_all, of_last in zip(TEXTS, mean["states"], last["states"], strict=True):
        with torch.inference_mode():
            ids = torch.tensor([tokenizer.encode(PROMPT + text)])
            wanted = plain(ids, output_hidden_states=True).hidden_states[layer][0, head:]
        assert of_all == pytest.approx(wanted.mean(0).tolist(), abs=1e-4)
        assert of_last == pytest.approx(wanted[-1].tolist(), abs=1e-4)


def test_half_of_the_blocks_where_none_is_named_and_the_same_bits_in_any_company(live):
    entry = {"prompt": PROMPT, "continuations": TEXTS}
    (alone,) = states(live, entry)
    assert alone["layer"] == 1
    together = states(live, {"continuations": ["The ferry left."]}, entry, entry)
    assert together[1] == together[2] == alone


def test_bad_entries_fail_alone(live):
    entry = {"prompt": PROMPT, "continuations": TEXTS}
    results = states(
        live,
        entry,
        entry | {"layer": 4},
        entry | {"continuations": []},
        entry | {"continuations": [" a", ""]},
        entry | {"continuations": [" a", "seven crates " * 400]},
        entry | {"pool": "max"},
    )
    assert "states" in results[0]
    assert [result["error"]["pointer"] for result in results[1:]] == [
        "/requests/1/layer", "/requests/2/continuations", "/requests/3/continuations/1",
        "/requests/4/continuations/1", "/requests/5/pool",
    ]  # fmt: skip


def test_other_architectures(tmp_path):
    config = GPT2Config(vocab_size=300, n_positions=128, n_embd=48, n_layer=2, n_head=4)
    model = spread(GPT2LMHeadModel(config))
    model.save_pretrained(tmp_path)
    runner = GenericRunner(tmp_path, config, torch.float32, torch.device("cpu"), 1 << 28)
    ids = list(range(5, 40))
    assert layers_of(runner) == 2
    with torch.inference_mode():
        wanted = model(torch.tensor([ids]), output_hidden_states=True).hidden_states
    for layer in (0, 1, 2):
        assert torch.allclose(states_of(runner, ids, layer), wanted[layer][0], atol=1e-5)
