"""Server-sent events of OpenAI's surface."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi.responses import StreamingResponse

from .engine import QueueFull, ShuttingDown
from .faults import RequestFault, queue_full, shutting_down
from .loading import Loaded
from .openai_answers import chat_logprobs, completion_logprobs, usage
from .sampling import Measured
from .service import Service, as_fault
from .shapes import ChatRequest, CompletionRequest
from .work import GenerateJob


async def stream(
    service: Service,
    loaded: Loaded,
    jobs: list[GenerateJob],
    frame: dict[str, Any],
    asked: ChatRequest | CompletionRequest,
    chat: bool,
) -> StreamingResponse:
    """Start the jobs and answer with their tokens as they come; a client that leaves ends them."""
    loop = asyncio.get_running_loop()
    events: asyncio.Queue = asyncio.Queue()
    first = 0
    for job in jobs:

        def told(index: int, text: str, fresh: list[Measured], finish: str | None, first: int = first) -> None:
            loop.call_soon_threadsafe(events.put_nowait, (first + index, text, fresh, finish))

        job.on_text = told
        job.done.add_done_callback(lambda done: _report(loop, events, done))
        first += job.n
    try:
        loaded.engine.submit(jobs)
    except QueueFull:
        raise queue_full() from None
    except ShuttingDown:
        raise shutting_down() from None
    return StreamingResponse(_events(loaded, jobs, frame, asked, chat, events, first), media_type="text/event-stream")


def _report(loop: asyncio.AbstractEventLoop, events: asyncio.Queue, done) -> None:
    if not done.cancelled() and done.exception() is not None:
        loop.call_soon_threadsafe(events.put_nowait, as_fault(done.exception()))


async def _events(loaded, jobs, frame, asked, chat, events, total) -> AsyncIterator[str]:
    def line(body: dict[str, Any]) -> str:
        return f"data: {json.dumps(body, ensure_ascii=False, allow_nan=False)}\n\n"

    options = asked.stream_options
    include_usage = bool(options and options.include_usage)
    running_usage = include_usage and options.continuous_usage_stats
    extra = {"usage": None} if include_usage else {}
    by_id = bool(asked.return_tokens_as_token_ids)
    open_choices = total
    counts, lengths = [0] * total, [0] * total
    owners = [(job, place) for job in jobs for place in range(job.n)]

    def chunk(entry: dict[str, Any], **more: Any) -> str:
        if running_usage:
            index = entry["index"]
            read = len(owners[index][0].prompt)
            more["usage"] = {
                "prompt_tokens": read,
                "completion_tokens": counts[index],
                "total_tokens": read + counts[index],
            }
        return line({**frame, "choices": [entry], **extra, **more})

    try:
        if chat:
            # As vLLM tells it: the prompt's ids once, in the first chunk.
            ids = {"prompt_token_ids": jobs[0].prompt} if asked.return_token_ids else {}
            for index in range(total):
                delta = {"role": "assistant", "content": ""}
                entry = {"index": index, "delta": delta, "logprobs": None, "finish_reason": None}
                yield chunk(entry, **(ids if index == 0 else {}))
        while open_choices:
            event = await events.get()
            if isinstance(event, RequestFault):
                yield line(event.openai())
                return
            index, text, fresh, finish = event
            open_choices -= finish is not None
            entry: dict[str, Any] = {"index": index, "finish_reason": finish, "logprobs": None}
            job, place = owners[index]
            choice = job.choices[place]
            if finish:
                entry["stop_reason"] = choice.stopped
            told, counts[index] = counts[index], counts[index] + len(fresh)
            if chat:
                entry["delta"] = {"content": text} if text or not finish else {}
                if asked.logprobs and fresh:
                    entry["logprobs"] = chat_logprobs(loaded.tokens, fresh, by_id)
            else:
                entry["text"] = text
                offsets = choice.offsets[told : told + len(fresh)]
                if finish and choice.ending:
                    fresh, offsets = [*fresh, choice.ending], [*offsets, lengths[index] + len(text)]
                if asked.logprobs is not None and fresh:
                    entry["logprobs"] = completion_logprobs(loaded.tokens, fresh, offsets, by_id)
                if asked.return_token_ids and not (told or lengths[index]):
                    entry["prompt_token_ids"] = job.prompt
            lengths[index] += len(text)
            if asked.return_token_ids:
                entry["token_ids"] = [token.id for token in fresh]
            yield chunk(entry)
        if include_usage:
            counted = usage(sum(len(job.prompt) for job in jobs), [choice for job in jobs for choice in job.choices])
            yield line({**frame, "choices": [], "usage": counted})
        yield "data: [DONE]\n\n"
    finally:
        for job in jobs:
            job.cancel()
