"""The server's state: what is loaded, who may ask, and how a request waits for the engine."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request

from . import __version__, metrics
from .checkpoint import BUILTIN_NAMES, ModelUnavailable
from .constraint import GrammarRefused
from .device import pick_device
from .encoders import Encoders
from .engine import QueueFull, ShuttingDown
from .faults import RequestFault, loading, queue_full, shutting_down
from .loading import Loaded
from .memory import OUT_OF_MEMORY, Budget, allowed, no_room
from .registry import Registry
from .settings import Settings
from .work import Job


class Service:
    """Holds the model once it is there. `state` is loading, ready, failed or stopping."""

    def __init__(self, settings: Settings, say: Callable[[str], None] = lambda _: None):
        self.settings, self._say = settings, say
        self.state, self.detail = "loading", "The model is being loaded."
        self._loaded: Loaded | None = None
        self.registry: Registry | None = None
        self.encoders = Encoders(settings)
        self._ended = threading.Event()

    def load_in_background(self) -> None:
        threading.Thread(target=self.load, name="loading", daemon=True).start()

    def load(self) -> None:
        """Load the model; a failure is kept as the state's detail and said aloud."""
        try:
            device = pick_device(self.settings)
            registry = Registry(self.settings, Budget(allowed(self.settings.memory, device)))
            self.encoders.open(device, registry.budget, self._note)
            loaded = registry.load(self.settings.model, pinned=True, say=self._note)
        except Exception as error:
            self.state = "failed"
            self.detail = (
                str(error)
                if isinstance(error, ModelUnavailable)
                else f"The model could not be loaded: {type(error).__name__}: {error}"
            )
            self._say(self.detail)
            return
        if self.state == "stopping":
            registry.stop(0)
            return
        self._loaded, self.registry = loaded, registry
        self.state, self.detail = "ready", ""
        self._say(f"{loaded.name} is ready.")

    def _note(self, text: str) -> None:
        self.detail = text
        self._say(text)

    def stop(self) -> None:
        """Refuse what comes, let what runs finish for a while."""
        self.state = "stopping"
        if self.registry:
            self.registry.stop(self.settings.patience)

    def refuse(self) -> None:
        """Refuse new requests from now on; what was accepted goes on."""
        self.state = "stopping"

    def model(self, name: str | None = None, pointer: str = "/model") -> Loaded:
        """The loaded model, or the fault that says why there is none."""
        if self.state == "stopping":
            raise shutting_down()
        if self._loaded is None:
            raise loading(self.detail)
        served = {self._loaded.name, self.settings.model} | (
            BUILTIN_NAMES if self.settings.model in BUILTIN_NAMES else set()
        )
        found = self.registry.get(self._loaded.name if name is None else name)
        if found is None and name in served:
            found = self.registry.get(self._loaded.name)
        if found is None:
            here = ", ".join(repr(one.name) for one in self.registry.all()) or "none"
            gone = self.registry.evicted.get(name or self._loaded.name)
            why = f" It made room for {gone!r}: load it again by POST /v1/assay/models/load." if gone else ""
            raise RequestFault(
                404, "model_not_found", f"There is no model {name!r} here; this server has {here}.{why}", pointer
            )
        return found

    def is_served(self, name: str) -> bool:
        """Whether a model answers to this name."""
        try:
            self.model(name)
        except RequestFault as fault:
            if fault.status == 404:
                return False
            raise
        return True

    def models(self) -> list[Loaded]:
        """All models in memory, the one that the server was started with first."""
        self.model()
        return sorted(self.registry.all(), key=lambda one: one is not self._loaded)

    def refresh_metrics(self) -> None:
        """Bring the gauges up to date with what is in memory."""
        if self.registry:
            budget = self.registry.budget
            metrics.refresh({one.name: one.engine for one in self.registry.all()}, budget.total, budget.fixed)

    def health(self) -> dict[str, Any]:
        lost = next((one.engine.lost for one in self.registry.all() if one.engine.lost), "") if self.registry else ""
        if lost and self.state == "ready":
            self.state, self.detail = "failed", lost
        return {
            "status": self.state,
            "detail": self.detail,
            "model": self._loaded.name if self._loaded else None,
            "version": __version__,
        }

    async def run(self, request: Request, jobs: list[Job], loaded: Loaded) -> list[Any]:
        """Queue jobs with a model and wait for all of them; a job's own failure takes its place in the list. When the
        client leaves, all are cancelled and their slots freed."""
        try:
            loaded.engine.submit(jobs)
        except QueueFull:
            raise queue_full() from None
        except ShuttingDown:
            raise shutting_down() from None
        work = asyncio.gather(*(asyncio.wrap_future(job.done) for job in jobs), return_exceptions=True)
        try:
            return [as_fault(result) for result in await _while_asked(request, work)]
        finally:
            for job in jobs:
                job.cancel()
            if not work.done():
                work.cancel()


async def aside(request: Request, call: Callable[..., Any], *given: Any) -> Any:
    """Run `call(*given, ended)` in a thread. When the client leaves, `ended` is set and the call raises Left at its
    next step, so that it holds nothing any longer. Raises what it raises."""
    ended = threading.Event()
    work = asyncio.ensure_future(asyncio.to_thread(call, *given, ended))
    try:
        return await _while_asked(request, work)
    finally:
        ended.set()


async def _while_asked(request: Request, work: asyncio.Future) -> Any:
    """What `work` comes to; RequestFault once the client has left, while it goes on. Raises what it raises."""
    # Asked for its end also when nobody waits any longer, or the loop would tell the log that nobody did.
    work.add_done_callback(lambda done: done.cancelled() or done.exception())
    gone = asyncio.ensure_future(_left(request.receive))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise RequestFault(499, "client_left", "The client closed the connection.")
        return work.result()
    finally:
        gone.cancel()


def as_fault(result: Any) -> Any:
    """What the engine raised, as the client is told it; anything else as it is."""
    if isinstance(result, ShuttingDown):
        return shutting_down()
    if isinstance(result, GrammarRefused):
        return RequestFault(400, "grammar_refused", str(result), "")
    if isinstance(result, OUT_OF_MEMORY):
        told = result if isinstance(result, MemoryError) else no_room()
        return RequestFault(400, "out_of_memory", str(told), "")
    if isinstance(result, BaseException) and not isinstance(result, RequestFault):
        return RequestFault(500, "internal", f"The engine failed on this request: {type(result).__name__}: {result}")
    return result


async def _left(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
