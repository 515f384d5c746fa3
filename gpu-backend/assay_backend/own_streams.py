"""Server-sent events of the own surface's generation."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi.responses import StreamingResponse

from .engine import QueueFull, ShuttingDown
from .faults import RequestFault, queue_full, shutting_down
from .loading import Loaded
from .own_lists import Prepare, prepared
from .placing import written
from .sampling import Measured
from .service import Service, as_fault
from .shapes import GenerateList
from .work import GenerateJob


async def own_stream(service: Service, body: GenerateList, prepare: Prepare) -> StreamingResponse:
    """Start every sound entry and tell its tokens as they come: events of {request, choice, text, tokens,
    finishReason}, then one of {request, usage} for each entry; {request, error} for one that fails; at last [DONE]. A
    client that leaves ends what runs."""
    loaded = service.model(body.model)
    entries = await asyncio.to_thread(prepared, loaded, body, prepare)
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[tuple[int, Any]] = asyncio.Queue()
    jobs: dict[int, GenerateJob] = {}
    for number, entry in enumerate(entries):
        if isinstance(entry, RequestFault):
            events.put_nowait((number, entry))
            continue
        jobs[number] = entry[0]
        _listen(number, entry[0], loop, events)
    try:
        loaded.engine.submit(jobs.values())
    except QueueFull:
        raise queue_full() from None
    except ShuttingDown:
        raise shutting_down() from None
    return StreamingResponse(_events(loaded, jobs, events, len(entries)), media_type="text/event-stream")


def _listen(number: int, job: GenerateJob, loop: asyncio.AbstractEventLoop, events: asyncio.Queue) -> None:
    def told(choice: int, text: str, fresh: list[Measured], finish: str | None) -> None:
        loop.call_soon_threadsafe(events.put_nowait, (number, (choice, text, fresh, finish)))

    def ended(done: Any) -> None:
        if done.cancelled():
            return
        result = as_fault(done.exception()) if done.exception() else None
        fault = result.under(f"/requests/{number}") if isinstance(result, RequestFault) else None
        loop.call_soon_threadsafe(events.put_nowait, (number, fault))

    job.on_text = told
    job.done.add_done_callback(ended)


async def _events(
    loaded: Loaded, jobs: dict[int, GenerateJob], events: asyncio.Queue, still: int
) -> AsyncIterator[str]:
    def line(body: dict[str, Any]) -> str:
        return f"data: {json.dumps(body, ensure_ascii=False, allow_nan=False)}\n\n"

    try:
        while still:
            number, event = await events.get()
            if isinstance(event, RequestFault):
                still -= 1
                yield line({"request": number, **event.own()})
            elif event is None:
                still -= 1
                job = jobs[number]
                counted = sum(len(choice.tokens) for choice in job.choices)
                usage = {"promptTokens": len(job.prompt), "completionTokens": counted}
                yield line({"request": number, "usage": usage})
            else:
                choice, text, fresh, finish = event
                tokens = [written(loaded.tokens, token) for token in fresh]
                told = {"request": number, "choice": choice, "text": text, "tokens": tokens, "finishReason": finish}
                yield line(told)
        yield "data: [DONE]\n\n"
    finally:
        for job in jobs.values():
            job.cancel()
