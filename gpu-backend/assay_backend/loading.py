"""From settings to a model that answers: device, memory, weights, and whether its answers stand by themselves."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psutil
import torch
from transformers import AutoConfig, GenerationConfig
from transformers.utils import logging as transformers_logging

from . import __version__, llama
from .checkpoint import Checkpoint, ModelUnavailable, resolve
from .constraint import Grammars
from .engine import Engine
from .generic import GenericRunner
from .invariance import is_invariant
from .segments import Runner
from .settings import Settings
from .tokens import Tokens

_GIB = 1 << 30


@dataclass
class Loaded:
    """A model in memory and what is known of it."""

    checkpoint: Checkpoint
    config: object
    tokens: Tokens
    runner: Runner
    engine: Engine
    stops: frozenset[int]
    invariant: bool
    fingerprint: str

    @property
    def name(self) -> str:
        return self.checkpoint.name

    @cached_property
    def grammars(self) -> Grammars:
        """Grammars over this model's tokens; made when first asked for (half a second)."""
        return Grammars(self.tokens, self.stops)


def pick_device(settings: Settings) -> torch.device:
    """The device asked for; by default CUDA when there is one."""
    if settings.device != "auto":
        return torch.device(settings.device)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def free_memory(device: torch.device) -> int:
    """Bytes free where the model will live."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return min(psutil.virtual_memory().available, _container_room())


def _container_room() -> int:
    """Bytes left under the control group's limit, where there is one."""
    limit, usage = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    try:
        return int(limit.read_text()) - int(usage.read_text())
    except (OSError, ValueError):
        return 1 << 60


def load(settings: Settings, say: Callable[[str], None] = lambda _: None) -> Loaded:
    """Load a model by its settings. Raises ModelUnavailable with the way out."""
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    device = pick_device(settings)
    torch.set_num_threads(
        settings.threads or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    checkpoint = resolve(settings.model, say)
    config = AutoConfig.from_pretrained(checkpoint.folder)
    dtype = _dtype(settings, device, config)
    weights = sum(file.stat().st_size for file in checkpoint.folder.glob("*.safetensors"))
    weights = int(weights * dtype.itemsize / _stored_size(config))
    room = settings.memory or int(free_memory(device) * 0.9) - _GIB // 2
    # Packed weights beside the embedding, activations, and the least that one sequence needs.
    needed = int(weights * 1.3) + _GIB // 4
    if room < needed:
        raise ModelUnavailable(
            f"Not enough memory: {checkpoint.name} needs about {needed / _GIB:.1f} GiB "
            f"and {max(room, 0) / _GIB:.1f} GiB may be used. "
            "Close other programs, raise --memory, or give a smaller model by --model."
        )
    budget = room - needed
    say(f"Loading {checkpoint.name} on {device} in {str(dtype).removeprefix('torch.')} ...")
    prefix_budget = min(budget // 4, 4 * _GIB)
    if llama.supports(config):
        runner: Runner = llama.Llama.load(checkpoint.folder, config, dtype, device, budget - prefix_budget)
    else:
        runner = GenericRunner(checkpoint.folder, config, dtype, device, budget)
    tokens = Tokens(checkpoint.folder, runner.vocabulary)
    stops = _stops(checkpoint, config, tokens)
    step = settings.step_tokens or (256 if device.type == "cpu" else 4096)
    engine = Engine(runner, tokens, stops, settings.queue, step, settings.sequences, prefix_budget)
    invariant = is_invariant(runner)
    engine.start()
    parts = [
        checkpoint.digest,
        json.dumps(config.to_dict(), sort_keys=True, default=str),
        __version__,
        str(dtype),
        device.type,
    ]
    fingerprint = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
    return Loaded(checkpoint, config, tokens, runner, engine, stops, invariant, fingerprint)


def _dtype(settings: Settings, device: torch.device, config: object) -> torch.dtype:
    if settings.dtype != "auto":
        return getattr(torch, settings.dtype)
    if device.type == "cpu":
        return torch.float32
    stored = getattr(config, "dtype", None)
    return stored if isinstance(stored, torch.dtype) else torch.bfloat16


def _stored_size(config: object) -> int:
    stored = getattr(config, "dtype", None)
    return stored.itemsize if isinstance(stored, torch.dtype) else 4


def _stops(checkpoint: Checkpoint, config: object, tokens: Tokens) -> frozenset[int]:
    found = {tokens.tokenizer.eos_token_id}
    sources = [config]
    if (checkpoint.folder / "generation_config.json").is_file():
        sources.append(GenerationConfig.from_pretrained(checkpoint.folder))
    for source in sources:
        value = getattr(source, "eos_token_id", None)
        found.update(value if isinstance(value, list | tuple) else [value])
    return frozenset(token for token in found if token is not None)
