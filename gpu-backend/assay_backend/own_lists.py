"""Lists in, lists out: every entry is prepared and fails by itself."""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import Request

from .faults import RequestFault
from .loading import Loaded
from .service import Service
from .shapes import OwnList
from .work import Job

# From an entry to its job and what presenting the answer needs.
Prepare = Callable[[Loaded, Any], tuple[Job, Any]]


def prepared(loaded: Loaded, body: OwnList, prepare: Callable[[Loaded, Any], Any]) -> list[Any]:
    """Every entry as `prepare` makes it, or the fault that it has, with the pointer to it."""
    entries = []
    for number, entry in enumerate(body.requests):
        try:
            entries.append(prepare(loaded, entry))
        except RequestFault as fault:
            entries.append(fault.under(f"/requests/{number}"))
    return entries


async def each(service: Service, request: Request, body: OwnList, prepare: Prepare, present) -> dict[str, Any]:
    """Prepare every entry, run those that are sound together, and put each answer or fault in its place."""
    loaded = service.model(body.model)
    entries = await asyncio.to_thread(prepared, loaded, body, prepare)
    sound = [entry for entry in entries if not isinstance(entry, RequestFault)]
    ran = await service.run(request, [job for job, _ in sound], loaded) if sound else []
    for fault in ran:
        # Not the entry's doing: the whole list is worth sending again.
        if isinstance(fault, RequestFault) and fault.status == 503:
            raise fault
    answers = iter(ran)

    def presented() -> list:
        results = []
        for number, entry in enumerate(entries):
            result = entry if isinstance(entry, RequestFault) else next(answers)
            if isinstance(result, RequestFault):
                results.append((result if result is entry else result.under(f"/requests/{number}")).own())
            else:
                results.append(present(loaded, *entry, result))
        return results

    return {"model": loaded.name, "results": await asyncio.to_thread(presented)}


def in_places(entries: list[Any], answers: list[Any]) -> list[Any]:
    """Answers of the sound entries, and the faults of the others, each in its place."""
    found = iter(answers)
    return [entry.own() if isinstance(entry, RequestFault) else next(found) for entry in entries]
