"""Assay's own surface: lists in, lists out; an entry that fails carries its error in its own place."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from . import __version__
from .bodies import documented, read_json, shaped
from .dropout import DropoutJob, Spread
from .faults import RequestFault, invalid
from .loading import Loaded
from .placing import Placed, named, place, token_of, written
from .prompts import fitting, render, with_beginning
from .sampling import Measured, Sampling
from .service import Service
from .shapes import DropoutList, DropoutRequest, GenerateList, GenerateRequest, ScoreList, ScoreRequest
from .work import Choice, GenerateJob, Job, ScoreJob

CAPABILITIES = ["text", "logprobs", "prompt_logprobs", "full"]
# Each holds a whole distribution while the passes are made.
MOST_DROPPED = 512


def routes(service: Service) -> APIRouter:
    """Routes under /v1/assay."""
    router = APIRouter(prefix="/v1/assay", tags=["assay"])

    @router.get("/info", summary="What is loaded, and what it can do")
    async def info() -> dict[str, Any]:
        loaded = service.model()
        bos = loaded.tokens.bos
        return {
            "model": loaded.name,
            "device": str(loaded.runner.device),
            "dtype": str(loaded.runner.dtype).removeprefix("torch."),
            "contextLength": loaded.runner.context,
            "vocabSize": loaded.runner.vocabulary,
            "bosToken": None if bos is None else loaded.tokens.piece(bos).decode("utf-8", "replace"),
            "fingerprint": loaded.fingerprint,
            "capabilities": CAPABILITIES,
            "batchInvariant": loaded.invariant,
            "version": __version__,
        }

    @router.post("/generate", summary="Continue prompts", openapi_extra=documented(GenerateList))
    async def generate(request: Request) -> dict[str, Any]:
        body = shaped(GenerateList, await read_json(request))
        return await _each(service, request, body, _generate_job, _generated)

    @router.post("/score", summary="Log-probabilities of given text", openapi_extra=documented(ScoreList))
    async def score(request: Request) -> dict[str, Any]:
        body = shaped(ScoreList, await read_json(request))
        return await _each(service, request, body, _score_job, _scored)

    @router.post("/dropout", summary="Entropies under Monte-Carlo dropout", openapi_extra=documented(DropoutList))
    async def dropout(request: Request) -> dict[str, Any]:
        body = shaped(DropoutList, await read_json(request))
        return await _each(service, request, body, _dropout_job, _dropped)

    return router


async def _each(service: Service, request: Request, body: GenerateList, prepare, present) -> dict[str, Any]:
    """Prepare every entry, run those that are sound together, and put each answer or fault in its place."""
    loaded = service.model(body.model)

    def prepared() -> list:
        entries = []
        for number, entry in enumerate(body.requests):
            try:
                entries.append(prepare(loaded, entry))
            except RequestFault as fault:
                entries.append(fault.under(f"/requests/{number}"))
        return entries

    entries = await asyncio.to_thread(prepared)
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


def _generate_job(loaded: Loaded, entry: Any) -> tuple[Job, None]:
    asked = shaped(GenerateRequest, entry)
    if (asked.messages is None) == (asked.prompt is None):
        raise RequestFault(400, "one_of", "Give either messages or prompt.", "/messages")
    if asked.messages is not None:
        where, ids = (
            "/messages",
            loaded.tokens.encode(render(loaded, asked.messages, asked.answer_prefix), special=False),
        )
    else:
        where, ids = "/prompt", loaded.tokens.encode(asked.prompt + asked.answer_prefix)
    ids = with_beginning(loaded, ids, where)
    sampling = Sampling(
        fitting(loaded, ids, asked.max_tokens, where, "/maxTokens"),
        asked.temperature,
        asked.top_p,
        asked.min_p,
        asked.seed,
        tuple(asked.stop),
        asked.top_logprobs,
        asked.entropy,
    )
    return GenerateJob(prompt=ids, sampling=sampling, n=asked.n), None


def _generated(loaded: Loaded, job: GenerateJob, _: None, choices: list[Choice]) -> dict[str, Any]:
    return {
        "choices": [
            {
                "text": choice.text,
                "finishReason": choice.finish,
                "tokens": [written(loaded.tokens, token) for token in choice.tokens],
            }
            for choice in choices
        ],
        "usage": {
            "promptTokens": len(job.prompt),
            "completionTokens": sum(len(choice.tokens) for choice in choices),
        },
    }


def _score_job(loaded: Loaded, entry: Any) -> tuple[Job, list[Placed]]:
    asked = shaped(ScoreRequest, entry)
    placed = []
    for number, continuation in enumerate(asked.continuations):
        placed.append(place(loaded, asked.prompt, continuation, asked.bos, f"/continuations/{number}"))
    texts, firsts = [one.ids for one in placed], [one.first for one in placed]
    return ScoreJob(texts=texts, firsts=firsts, top=asked.top_logprobs, entropy=asked.entropy), placed


def _scored(loaded: Loaded, job: ScoreJob, where: list[Placed], results: list[list[Measured]]) -> dict[str, Any]:
    found = []
    for measured, placed in zip(results, where, strict=True):
        entries = []
        for token, (start, end) in zip(measured, placed.ranges, strict=True):
            entry = token_of(loaded.tokens, token)
            entries.append({"token": entry.pop("token"), "id": entry.pop("id"), "start": start, "end": end, **entry})
        scored = [entry for entry in entries if entry["logprob"] is not None]
        found.append(
            {
                "tokens": entries,
                "logprob": sum(entry["logprob"] for entry in scored),
                "scoredTokens": len(scored),
                "scoredBytes": sum(entry["end"] - entry["start"] for entry in scored),
                "bos": placed.bos,
            }
        )
    return {"continuations": found}


def _dropout_job(loaded: Loaded, entry: Any) -> tuple[Job, Placed]:
    asked = shaped(DropoutRequest, entry)
    if not loaded.runner.shares_prefixes:
        raise RequestFault(
            400, "unsupported", "Dropout needs a Llama-like model; this one runs through transformers.", ""
        )
    placed = place(loaded, asked.prompt, asked.continuation, None, "/continuation")
    if len(placed.ids) > loaded.runner.context:
        raise invalid(
            f"The text has {len(placed.ids)} tokens, the context holds {loaded.runner.context}.", "/continuation"
        )
    if len(placed.ids) - placed.first > MOST_DROPPED:
        raise invalid(f"Dropout reports on at most {MOST_DROPPED} tokens of a continuation.", "/continuation")
    # The first token of all has no distribution before it.
    first = max(1, placed.first)
    if first >= len(placed.ids):
        raise invalid("Nothing precedes the only token, so nothing can be said of it.", "/continuation")
    job = DropoutJob(ids=placed.ids, first=first, passes=asked.passes, rate=asked.rate, seed=asked.seed)
    return job, placed


def _dropped(loaded: Loaded, job: DropoutJob, placed: Placed, spreads: list[Spread]) -> dict[str, Any]:
    ranges = placed.ranges[len(placed.ranges) - len(spreads) :]
    tokens = [
        {
            **named(loaded.tokens, spread.id),
            "start": start,
            "end": end,
            "logprob": spread.logprob,
            "predictiveEntropy": spread.predictive,
            "aleatoricEntropy": spread.aleatoric,
            "epistemicEntropy": spread.epistemic,
        }
        for spread, (start, end) in zip(spreads, ranges, strict=True)
    ]
    # Llama-like checkpoints carry no dropout of their own.
    return {"tokens": tokens, "passes": job.passes, "rate": job.rate, "inserted": True, "bos": placed.bos}
