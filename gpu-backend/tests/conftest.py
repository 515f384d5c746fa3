"""A tiny randomly initialised model with a real tokenizer, and a live server around it."""

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "100000")

import httpx
import pytest
import torch
import uvicorn
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from assay_backend.__main__ import listen
from assay_backend.app import create_app
from assay_backend.service import Service
from assay_backend.settings import Settings
from tests.pretended_cuda import PretendedCuda, pretended_cuda

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
PROSE = (
    "The ferry left the harbour before dawn, and nobody on the quay could say who had paid for it. "
    "Twelve crates of oranges stood under the awning. What is the capital of France? The capital is Paris. "
    "One two three four five six seven eight nine ten. "
) * 3


def make_tokenizer(folder: Path) -> int:
    """Train a small byte-level BPE tokenizer; answers its size."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        [PROSE], trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet)
    )
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<|im_start|>", eos_token="<|im_end|>")
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    return len(fast)


def spread(model: torch.nn.Module) -> torch.nn.Module:
    """Weights wide enough that next-token distributions differ and are not flat."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.25, generator=generator)
    return model.eval()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a three-layer Llama with grouped heads and a context of 256."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    folder.mkdir()
    size = make_tokenizer(folder)
    config = LlamaConfig(
        vocab_size=size, hidden_size=48, intermediate_size=96, num_hidden_layers=3, num_attention_heads=6,
        num_key_value_heads=2, max_position_embeddings=256, bos_token_id=1, eos_token_id=2, tie_word_embeddings=True,
    )  # fmt: skip
    spread(LlamaForCausalLM(config)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def plain(tiny: Path) -> torch.nn.Module:
    """The same model through transformers, one text at a time: what every number is held against."""
    return AutoModelForCausalLM.from_pretrained(tiny, dtype=torch.float32).eval()


class Live:
    """A server on a free port, in a thread."""

    def __init__(self, settings: Settings):
        self.socket = listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.service = Service(settings)
        self.server = uvicorn.Server(
            uvicorn.Config(create_app(self.service), log_level="warning", timeout_graceful_shutdown=5)
        )
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)
        self.thread.start()
        self.http = httpx.Client(base_url=self.url, timeout=60)

    def ready(self, patience: float = 60) -> "Live":
        deadline = time.monotonic() + patience
        while self.service.state == "loading" and time.monotonic() < deadline:
            time.sleep(0.02)
        assert self.service.state == "ready", self.service.detail
        while not self.server.started:
            time.sleep(0.02)
        return self

    def post(self, path: str, body: object, **options) -> httpx.Response:
        # Escaped by the standard library, so that a body may hold what other encoders refuse to send.
        return self.http.post(path, content=json.dumps(body), **options)

    def close(self) -> None:
        self.http.close()
        self.server.should_exit = True
        self.thread.join(15)


@pytest.fixture(scope="session")
def live(tiny: Path) -> Iterator[Live]:
    server = Live(Settings(model=str(tiny), threads=1, memory=1 << 30)).ready()
    yield server
    server.close()


@pytest.fixture
def device() -> Iterator[PretendedCuda]:
    """A GPU played on the CPU, within the test alone."""
    with pretended_cuda() as played:
        yield played
