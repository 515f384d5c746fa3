"""Same request, same bytes: 64 prompts alone and in batches, by default and with --strict."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from transformers import GPT2Config, GPT2LMHeadModel

from tests.conftest import make_tokenizer, spread

BENCH = Path(__file__).parent.parent / "bench" / "invariance.py"


def table(model: Path, *options: str) -> tuple[int, list[list[str]], str]:
    """The command's status, its rows for batches, and all that it said."""
    command = [sys.executable, str(BENCH), "--model", str(model), "--tokens", "6", "--threads", "1", *options]
    ended = subprocess.run(command, capture_output=True, text=True, env=os.environ, timeout=300)
    rows = [line.strip("| ").split(" | ") for line in ended.stdout.splitlines() if ", shuffled |" in line]
    return ended.returncode, rows, ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that runs through transformers."""
    folder = tmp_path_factory.mktemp("models") / "foreign"
    size = make_tokenizer(folder)
    config = GPT2Config(
        vocab_size=size, n_embd=192, n_layer=3, n_head=6, n_positions=256, bos_token_id=1, eos_token_id=2
    )
    spread(GPT2LMHeadModel(config)).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("options", [[], ["--strict"]])
def test_sixty_four_prompts_in_any_batch(tiny, options):
    status, rows, told = table(tiny, *options)
    assert status == 0 and "batchInvariant: true" in told, told
    assert [row[0] for row in rows] == ["2, shuffled", "7, shuffled", "32, shuffled", "64, shuffled"]
    for row in rows:
        equal, count = row[2].split(" of ")
        assert row[1] == "64 of 64" and equal == count and int(count) > 2000 and float(row[3]) == 0


def test_strict_makes_exact_what_is_not(foreign):
    """Through transformers a long prompt is read in parts that depend on the company, unless --strict."""
    status, rows, told = table(foreign)
    assert status == 0 and "batchInvariant: false" in told, told
    assert any(row[2].split(" of ")[0] != row[2].split(" of ")[1] for row in rows)
    assert all(float(row[3]) < 1e-3 for row in rows)
    status, rows, told = table(foreign, "--strict")
    assert status == 0 and "batchInvariant: true" in told, told
    assert all(row[1] == "64 of 64" and row[2].split(" of ")[0] == row[2].split(" of ")[1] for row in rows)
