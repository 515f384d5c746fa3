"""Everything that can be set from outside, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Options of a server. Sizes are in bytes; `memory` 0 means what is free at start less a margin."""

    model: str = "builtin"
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 0
    queue: int = 4096
    memory: int = 0
    sequences: int = 64
    step_tokens: int = 0
    device: str = "auto"
    dtype: str = "auto"
    key: str | None = None
    patience: float = 10.0
    embeddings: str = "builtin"
    # Folder of a cross-encoder that judges entailment; without one the language model judges.
    nli: str | None = None
    # Fixed shapes where results would else depend on the batch.
    strict: bool = False
