"""What may be used of the memory, who holds how much of it, and what is done when a pass finds none."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch

from . import metrics
from .compute import in_turn
from .segments import Rows, Runner, Segment
from .work import Left

GIB = 1 << 30
# A part of a text shorter than this is not split further: what fails then fails for want of real memory.
_SMALLEST = 16
OUT_OF_MEMORY = (torch.OutOfMemoryError, MemoryError)


def give_back_cached(device: torch.device) -> None:
    """After a want of memory: let the allocator join what it keeps in pieces. Not within the handler of the exception,
    whose frames still hold the failed tensors."""
    if device.type == "cuda":
        torch.cuda.empty_cache()


def no_room() -> MemoryError:
    """What a request is told that finds no memory even alone."""
    return MemoryError("There is not enough memory for this request: shorten it, or raise --memory.")


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


def allowed(asked: int, device: torch.device) -> int:
    """Bytes that may be used: what was asked for, else nine tenths of what is free less half a GiB. On CUDA what was
    asked for is also told to the allocator, which then refuses more."""
    if asked and device.type == "cuda":
        whole = torch.cuda.get_device_properties(device).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, asked / whole), device)
    return asked or max(0, int(free_memory(device) * 0.9) - GIB // 2)


class Budget:
    """Bytes of everything that is loaded. Fixed parts (weights) are reserved by name; what is left is shared equally by
    the models for their running sequences and prefixes."""

    def __init__(self, total: int):
        self.total = total
        self._fixed: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def fixed(self) -> dict[str, int]:
        """Bytes reserved, by name."""
        with self._lock:
            return dict(self._fixed)

    @property
    def left(self) -> int:
        """Bytes that no fixed part holds."""
        return self.total - sum(self.fixed.values())

    def reserve(self, name: str, size: int) -> bool:
        """Set `size` bytes aside; answers whether there was room."""
        with self._lock:
            if sum(self._fixed.values()) + size > self.total:
                return False
            self._fixed[name] = size
            return True

    def release(self, name: str) -> None:
        with self._lock:
            self._fixed.pop(name, None)


@dataclass
class Joined:
    """Rows of several passes, one after another."""

    parts: list[Rows]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def logits(self, start: int, end: int) -> torch.Tensor:
        found, at = [], 0
        for part in self.parts:
            low, high = max(start - at, 0), min(end - at, len(part))
            if low < high:
                found.append(part.logits(low, high))
            at += len(part)
        return torch.cat(found) if len(found) != 1 else found[0]


def in_batches(
    lengths: list[int], most: int, run: Callable[[list[int]], None], ended: threading.Event | None = None
) -> None:
    """Call `run` with places of texts, batched by padded tokens (longest times count at most `most`), short texts
    first. A batch that finds no memory is split; a single text that does raises MemoryError. Raises Left
    between batches once `ended` is set."""
    waiting: list[list[int]] = []
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[place] * (len(batch) + 1) > most:
            waiting.append(batch)
            batch = []
        batch.append(place)
    waiting.append(batch)
    waiting.reverse()
    while waiting:
        batch = waiting.pop()
        if ended is not None and ended.is_set():
            raise Left
        try:
            in_turn(run, batch)
            continue
        except OUT_OF_MEMORY:
            metrics.out_of_memory.inc()
        if len(batch) < 2:
            raise MemoryError("There is not enough memory for this text: shorten it, or raise --memory.")
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        middle = len(batch) // 2
        waiting += [batch[middle:], batch[:middle]]


class NoRoom(MemoryError):
    """Even one small part of a sequence found no memory; `slot` is that sequence's."""

    def __init__(self, slot: object):
        super().__init__(*no_room().args)
        self.slot = slot


def frugal_forward(runner: Runner, segments: list[Segment]) -> tuple[Rows, bool]:
    """One pass; where memory runs out, the batch is split in halves, and a lone segment within itself. Answers the rows
    and whether anything was split. A segment may be read again after a failure: it writes the same keys and values in
    the same places. Raises NoRoom when the smallest part finds no memory either."""
    try:
        return runner.forward(segments), False
    except OUT_OF_MEMORY:
        metrics.out_of_memory.inc()
    give_back_cached(runner.device)
    first, second = _halves(segments)
    return Joined([frugal_forward(runner, first)[0], frugal_forward(runner, second)[0]]), True


def _halves(segments: list[Segment]) -> tuple[list[Segment], list[Segment]]:
    if len(segments) > 1:
        middle = len(segments) // 2
        return segments[:middle], segments[middle:]
    (whole,) = segments
    # A branch leaves no trace in its slot, so its second half could not read its first.
    if whole.branch or len(whole.ids) < 2 * _SMALLEST:
        raise NoRoom(whole.slot)
    middle = len(whole.ids) // 2
    before = [row for row in whole.rows if row < middle]
    after = [row - middle for row in whole.rows if row >= middle]
    return (
        [Segment(whole.slot, whole.start, whole.ids[:middle], before)],
        [Segment(whole.slot, whole.start + middle, whole.ids[middle:], after)],
    )
