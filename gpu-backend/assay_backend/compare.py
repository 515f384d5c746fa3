"""How far two models' distributions lie apart along given texts: both are read in step, and what is left of each piece
are numbers per token, so that no distribution is kept."""

import contextlib
import math
import threading
import time
from dataclasses import dataclass
from typing import Any

import torch

from .compute import in_turn
from .engine import ShuttingDown
from .loading import Loaded
from .segments import Rows, Runner, Segment
from .tokens import Tokens
from .transfer import sent
from .work import Left

# Logits of one model held at once: 32 MB of float32.
_LOGITS_AT_ONCE = 8 << 20
_PATIENCE = 60.0


@dataclass(frozen=True)
class Apart:
    """One token; see own_answers.ComparedToken for the units."""

    forward: float
    backward: float
    jensen_shannon: float
    top_agree: bool
    overlap: float
    delta: float


@dataclass(frozen=True)
class Window:
    """Tokens of a part of a text, of which those from `first` on are compared."""

    ids: list[int]
    first: int


def same_tokens(one: Tokens, other: Tokens) -> bool:
    """Whether two tokenizers have one vocabulary and cut texts alike."""
    return one is other or (
        one.tokenizer.get_vocab() == other.tokenizer.get_vocab()
        and one.tokenizer.backend_tokenizer.to_str() == other.tokenizer.backend_tokenizer.to_str()
    )


def windows(ids: list[int], context: int) -> list[Window]:
    """A text in windows of at most `context` tokens that move by half of one: each token but the first is compared
    once."""
    found, done, end = [], 1, min(context, len(ids))
    while done < len(ids):
        begin = max(0, end - context)
        found.append(Window(ids[begin:end], done - begin))
        done, end = end, min(end + max(1, context // 2), len(ids))
    return found


def compare(
    model: Loaded, reference: Loaded, texts: list[list[int]], top: list[int], ended: threading.Event
) -> list[list[Apart]]:
    """What each token of each text but its first says, over the tokens that both vocabularies hold.

    `top` is k of the overlap, per text. Blocks until both engines have read everything. Raises MemoryError where one of
    them finds no room for a text, ShuttingDown, and Left once `ended` is set.
    """
    context = min(model.runner.context, reference.runner.context)
    vocabulary = min(len(model.tokens.tokenizer), model.runner.vocabulary, reference.runner.vocabulary)
    found: list[list[Apart]] = [[] for _ in texts]
    for number, ids in enumerate(texts):
        for window in windows(ids, context):
            found[number] += _compare_window(model, reference, window, top[number], vocabulary, ended)
    return found


def _compare_window(
    one: Loaded, other: Loaded, window: Window, top: int, vocabulary: int, ended: threading.Event
) -> list[Apart]:
    length = len(window.ids) - 1
    found: list[Apart] = []
    with contextlib.ExitStack() as undo:
        slots = [_slot(loaded, length + 1, ended, undo) for loaded in (one, other)]
        piece = min(one.engine.schedule.step_tokens, other.engine.schedule.step_tokens)
        for start in range(0, length, piece):
            if ended.is_set():
                raise Left
            end = min(start + piece, length)
            rows = [at - start for at in range(max(start, window.first - 1), end)]
            calls = [
                loaded.engine.call(_reader(Segment(slot, start, window.ids[start:end], rows)))
                for loaded, slot in zip((one, other), slots, strict=True)
            ]
            first, second = (call.result() for call in calls)
            given = [window.ids[start + row + 1] for row in rows]
            found += in_turn(apart_rows, first, second, given, top, vocabulary)
    return found


def _reader(segment: Segment):
    def read(runner: Runner) -> Rows:
        return runner.forward([segment])

    return read


def _slot(loaded: Loaded, length: int, ended: threading.Event, undo: contextlib.ExitStack) -> Any:
    """Room for a window, given back by `undo`; waits for what runs to make some."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        slot = loaded.engine.call(lambda runner: runner.take(length)).result()
        if slot is not None:
            undo.callback(_release, loaded, slot)
            return slot
        if ended.is_set():
            raise Left
        if time.monotonic() > deadline:
            raise MemoryError(f"{loaded.name} has no room for this text: raise --memory, or try again later.")
        time.sleep(0.05)


def _release(loaded: Loaded, slot: Any) -> None:
    # A model that was unloaded meanwhile has given back all it had; the other one's room must still be.
    with contextlib.suppress(ShuttingDown):
        loaded.engine.call(lambda runner: runner.release(slot))


@torch.inference_mode()
def apart_rows(first: Rows, second: Rows, given: list[int], top: int, vocabulary: int) -> list[Apart]:
    """Divergences of two models' rows, some rows at a time."""
    size, found = max(1, _LOGITS_AT_ONCE // vocabulary), []
    for low in range(0, len(given), size):
        high = min(low + size, len(given))
        one, other = first.logits(low, high), second.logits(low, high)
        found += apart(one[:, :vocabulary], other[:, :vocabulary].to(one.device), given[low:high], top)
    return found


def apart(one: torch.Tensor, other: torch.Tensor, given: list[int], top: int) -> list[Apart]:
    """Divergences of two sets of logits [tokens, vocabulary] for given tokens; k of the overlap is `top`."""
    ids = sent(given, one.device).unsqueeze(1)
    # A token that is ruled out has no finite logarithm.
    p, q = (logits.log_softmax(-1).clamp(min=-1e4) for logits in (one, other))
    middle = torch.logaddexp(p, q) - math.log(2)
    weights, others = p.exp(), q.exp()

    def kl(chances: torch.Tensor, apart: torch.Tensor) -> torch.Tensor:
        return (chances * apart).sum(-1, dtype=torch.float64).clamp(min=0)

    shannon = (kl(weights, p - middle) + kl(others, q - middle)) / (2 * math.log(2))
    top = min(top, one.shape[1])
    likeliest, theirs = p.topk(top, -1).indices, q.topk(top, -1).indices
    shared = (likeliest.unsqueeze(2) == theirs.unsqueeze(1)).any(-1).double().mean(-1)
    columns = (
        kl(weights, p - q).tolist(),
        kl(others, q - p).tolist(),
        shannon.clamp(max=1).tolist(),
        (p.argmax(-1) == q.argmax(-1)).tolist(),
        shared.tolist(),
        (p.gather(1, ids) - q.gather(1, ids)).squeeze(1).double().tolist(),
    )
    return [Apart(*row) for row in zip(*columns, strict=True)]
