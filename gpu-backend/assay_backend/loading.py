"""From settings to a model that answers: device, memory, weights, and whether its answers stand by themselves."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from transformers import AutoConfig, GenerationConfig
from transformers.utils import logging as transformers_logging

from . import __version__, llama
from .checkpoint import Checkpoint, ModelUnavailable, resolve
from .constraint import Grammars
from .device import pick_device, settle
from .engine import Engine
from .generic import GenericRunner
from .invariance import is_invariant
from .memory import GIB
from .segments import Runner
from .settings import Settings
from .tokens import Tokens

# What transformers would load as a language model all the same, with weights made up where they lack.
_NOT_CAUSAL = (
    "ForMaskedLM",
    "ForMultipleChoice",
    "ForQuestionAnswering",
    "ForSequenceClassification",
    "ForTokenClassification",
)


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


@dataclass(frozen=True)
class Planned:
    """A model found on disk, and the memory that it takes before it answers anything."""

    checkpoint: Checkpoint
    config: object
    dtype: torch.dtype
    device: torch.device
    needed: int


def plan(settings: Settings, say: Callable[[str], None] = lambda _: None) -> Planned:
    """Find a model by its settings, without reading its weights. Raises ModelUnavailable with the way out."""
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    device = pick_device(settings)
    checkpoint = resolve(settings.model, say)
    try:
        config = AutoConfig.from_pretrained(checkpoint.folder)
    # A config is checked by each architecture's own code, which may raise anything.
    except Exception as error:
        raise ModelUnavailable(f"{checkpoint.folder} cannot be read as a model: {error}") from error
    for kind in getattr(config, "architectures", None) or []:
        if kind.endswith(_NOT_CAUSAL):
            raise ModelUnavailable(f"{checkpoint.folder} holds a {kind}, which does not continue texts.")
    dtype = _dtype(settings, device, config)
    weights = sum(file.stat().st_size for file in checkpoint.folder.glob("*.safetensors"))
    weights = int(weights * dtype.itemsize / _stored_size(config))
    # Packed weights beside the embedding, activations, and the least that one sequence needs.
    return Planned(checkpoint, config, dtype, device, int(weights * 1.3) + GIB // 4)


def build(
    planned: Planned,
    settings: Settings,
    kv_budget: int,
    prefix_budget: int,
    say: Callable[[str], None] = lambda _: None,
) -> Loaded:
    """Read a model's weights and start its engine. Raises ModelUnavailable with the way out."""
    checkpoint, config, dtype, device = planned.checkpoint, planned.config, planned.dtype, planned.device
    torch.set_num_threads(
        settings.threads or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    settle(device)
    say(f"Loading {checkpoint.name} on {device} in {str(dtype).removeprefix('torch.')} ...")
    if llama.supports(config):
        runner: Runner = llama.Llama.load(checkpoint.folder, config, dtype, device, kv_budget, settings.strict)
    else:
        runner = GenericRunner(checkpoint.folder, config, dtype, device, kv_budget, settings.strict)
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
