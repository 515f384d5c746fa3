"""The models in memory: several at once within one budget, the least recently used out first."""

import gc
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import replace

from . import metrics
from .checkpoint import ModelUnavailable
from .compute import apart
from .engine import ShuttingDown
from .loading import Loaded, build, plan
from .memory import GIB, Budget, give_back_cached
from .settings import Settings

# Kept prefixes get a quarter of a model's share, and no more than this.
_MOST_PREFIX = 4 * GIB


class Busy(Exception):
    """What would have to make room is at work."""


class Registry:
    """Loads and unloads models. The one that the server was started with stays; of the others the least recently used
    idle one goes when another needs its room."""

    def __init__(self, settings: Settings, budget: Budget, patience: float = 30.0):
        self.settings, self.budget, self.patience = settings, budget, patience
        self._models: OrderedDict[str, Loaded] = OrderedDict()
        self._pinned: set[str] = set()
        self._loading = threading.Lock()
        # Guards the table alone, so that requests find their model while another is being loaded.
        self._table = threading.Lock()
        self.evicted: dict[str, str] = {}

    def all(self) -> list[Loaded]:
        """What is loaded, least recently used first."""
        with self._table:
            return list(self._models.values())

    def get(self, name: str) -> Loaded | None:
        """A model by name, which is then the most recently used."""
        with self._table:
            if name in self._models and name not in self._pinned:
                self._models.move_to_end(name)
            return self._models.get(name)

    def is_pinned(self, name: str) -> bool:
        return name in self._pinned

    def load(
        self,
        model: str,
        name: str | None = None,
        dtype: str | None = None,
        pinned: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> Loaded:
        """Bring a model into memory under `name` (its own, where None), making room where need be.

        Raises ModelUnavailable where it cannot be had and Busy where what holds its room is at work.
        """
        with self._loading:
            planned = plan(replace(self.settings, model=model, dtype=dtype or self.settings.dtype), say)
            if name is not None:
                planned = replace(planned, checkpoint=replace(planned.checkpoint, name=name))
            name = planned.checkpoint.name
            if name in self._models:
                raise ModelUnavailable(f"{name} is loaded already: unload it first, or give another id.")
            self._make_room(name, planned.needed)
            try:
                kv, prefix = self._shares(len(self._models) + 1)
                self._confine(self.all(), kv, prefix)
                loaded = apart(build, planned, self.settings, kv, prefix, say)
            except BaseException:
                self.budget.release(name)
                self._share_out()
                raise
            with self._table:
                self._models[name] = loaded
                if pinned:
                    self._pinned.add(name)
                self.evicted.pop(name, None)
            metrics.loads.inc()
            return loaded

    def unload(self, name: str, reason: str = "asked", patience: float = 0.0) -> None:
        """Take a model out of memory; what it works on gets `patience` seconds to end. Raises KeyError."""
        with self._loading:
            self._unload(name, reason, patience)
            self._share_out()

    def _unload(self, name: str, reason: str, patience: float) -> None:
        with self._table:
            loaded = self._models.pop(name)
            self._pinned.discard(name)
        loaded.engine.stop(patience)
        device = loaded.runner.device
        # Engine and schedule know each other, so that their weights would stay until some later collection.
        del loaded
        gc.collect()
        give_back_cached(device)
        self.budget.release(name)
        metrics.unloads.labels(reason).inc()

    def _make_room(self, name: str, needed: int) -> None:
        while not self.budget.reserve(name, needed):
            others = {one.name: one.engine.idle for one in self.all() if one.name not in self._pinned}
            if not others:
                raise ModelUnavailable(
                    f"Not enough memory: {name} needs about {needed / GIB:.1f} GiB "
                    f"and {max(self.budget.left, 0) / GIB:.1f} GiB may be used. "
                    "Close other programs, raise --memory, or give a smaller model."
                )
            idle = next((other for other, rests in others.items() if rests), None)
            if idle is None:
                raise Busy(f"{name} needs the room of a model that is at work: try again when it has ended.")
            self.evicted[idle] = name
            self._unload(idle, "evicted", 0.0)

    def _shares(self, count: int) -> tuple[int, int]:
        """Bytes for keys and values, and for prefixes, of each of `count` models."""
        share = max(self.budget.left, 0) // max(count, 1)
        prefix = min(share // 4, _MOST_PREFIX)
        return share - prefix, prefix

    def _share_out(self) -> None:
        models = self.all()
        kv, prefix = self._shares(len(models))
        for one in models:
            try:
                one.engine.resize(kv, prefix)
            except ShuttingDown:
                continue

    def _confine(self, models: Iterable[Loaded], kv: int, prefix: int) -> None:
        """Bring models within smaller shares before their room is given away."""
        deadline = time.monotonic() + self.patience
        for one in models:
            one.engine.resize(kv, prefix).result(self.patience)
            while one.engine.held_bytes > kv + prefix:
                if time.monotonic() > deadline:
                    raise Busy(f"{one.name} is at work with the memory that another model needs: try again later.")
                time.sleep(0.02)

    def stop(self, patience: float) -> None:
        """End all models at once; what they work on gets `patience` seconds."""
        threads = [threading.Thread(target=one.engine.stop, args=(patience,)) for one in self.all()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
