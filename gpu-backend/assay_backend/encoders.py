"""The small models beside the language models: the sentence encoder and the cross-encoder."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from .checkpoint import ModelUnavailable
from .compute import apart, in_turn
from .embeddings import Embedder
from .entail import CrossEncoder
from .faults import RequestFault
from .memory import GIB, Budget
from .settings import Settings


class Encoders:
    """Holds both. The cross-encoder is read at the start, so that a bad folder is told then; the sentence encoder when
    it is first asked for. One call at a time."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.cross: CrossEncoder | None = None
        self._embedder: Embedder | None = None
        self._device = torch.device("cpu")
        self._lock = threading.Lock()

    def open(self, device: torch.device, budget: Budget, say: Callable[[str], None] = lambda _: None) -> None:
        """Read the cross-encoder, where one is given. Raises ModelUnavailable with the way out."""
        self._device = device
        if not self.settings.nli:
            return
        folder = Path(self.settings.nli).expanduser()
        if not (folder / "config.json").is_file():
            raise ModelUnavailable(f"{folder} has no config.json: give a sequence classifier's folder by --nli.")
        size = sum(file.stat().st_size for file in folder.iterdir() if file.suffix in {".safetensors", ".bin"})
        if not budget.reserve("nli", int(size * 1.1) + GIB // 16):
            raise ModelUnavailable("Not enough memory for the cross-encoder of --nli: raise --memory, or leave it out.")
        say(f"Loading {folder.name} on {device} ...")
        self.cross = apart(CrossEncoder, folder, device)

    def embed(
        self, texts: list[str], dimensions: int | None = None, ended: threading.Event | None = None
    ) -> tuple[np.ndarray, int]:
        """Unit vectors [texts, size] and the number of tokens read. Raises RequestFault; Left once `ended` is set."""
        with self._lock:
            if self._embedder is None:
                try:
                    self._embedder = in_turn(Embedder.load, self.settings.embeddings, self._device)
                except (OSError, ValueError) as error:
                    raise RequestFault(501, "embeddings_unavailable", str(error), None) from None
            size = self._embedder.size
            if dimensions and dimensions > size:
                raise RequestFault(400, "invalid_value", f"This encoder has {size} dimensions.", "/dimensions")
            return self._embedder.embed(texts, dimensions, ended)

    def entail(
        self, pairs: list[tuple[str, str]], ended: threading.Event | None = None
    ) -> list[tuple[float, float, float]]:
        """Probabilities of entailment, neutrality and contradiction by the cross-encoder. Raises Left once `ended` is
        set."""
        with self._lock:
            return self.cross.judge(pairs, ended)
