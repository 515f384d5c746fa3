"""Assay's own surface: lists in, lists out; an entry that fails carries its error in its own place."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from . import __version__
from .bodies import documented, read_json, shaped
from .faults import RequestFault
from .loading import Loaded
from .prompts import fitting, render, with_beginning
from .sampling import Measured, Sampling
from .service import Service
from .shapes import Conversation, GenerateList, GenerateRequest, ScoreList, ScoreRequest
from .tokens import Tokens
from .work import Choice, GenerateJob, Job, ScoreJob

CAPABILITIES = ["text", "logprobs", "prompt_logprobs", "full"]


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
    answers = iter(await service.run(request, [job for job, _ in sound]) if sound else [])

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
                "tokens": [token_of(loaded.tokens, token) for token in choice.tokens],
            }
            for choice in choices
        ],
        "usage": {
            "promptTokens": len(job.prompt),
            "completionTokens": sum(len(choice.tokens) for choice in choices),
        },
    }


def token_of(tokens: Tokens, measured: Measured) -> dict[str, Any]:
    """One token as the own surface tells it; `bytes` only where the token alone is no UTF-8."""
    entry = {
        **_named(tokens, measured.id),
        "logprob": measured.logprob,
        "rank": measured.rank,
        "entropy": measured.entropy,
    }
    entry["top"] = [{**_named(tokens, token), "logprob": logprob} for token, logprob in measured.top]
    return entry


def _named(tokens: Tokens, token: int) -> dict[str, Any]:
    piece = tokens.piece(token)
    try:
        return {"token": piece.decode(), "id": token}
    except UnicodeDecodeError:
        return {"token": piece.decode("utf-8", "replace"), "id": token, "bytes": list(piece)}


class _Scoring:
    """Where the continuations lie within their token lists."""

    def __init__(self, bos: bool, ranges: list[list[tuple[int, int]]]):
        self.bos, self.ranges = bos, ranges


def _score_job(loaded: Loaded, entry: Any) -> tuple[Job, _Scoring]:
    asked = shaped(ScoreRequest, entry)
    tokens = loaded.tokens
    conversation = isinstance(asked.prompt, Conversation)
    prompt = render(loaded, asked.prompt.messages, asked.prompt.answer_prefix) if conversation else asked.prompt
    head = len(prompt.encode())
    texts, firsts, ranges, bos = [], [], [], False
    for number, continuation in enumerate(asked.continuations):
        if not continuation:
            raise RequestFault(
                400, "empty_continuation", "A continuation must not be empty.", f"/continuations/{number}"
            )
        encoding = tokens.encode_spans(prompt + continuation, special=not conversation and asked.bos is not False)
        ids, starts, ends = encoding.ids, encoding.starts, encoding.ends
        if tokens.bos is not None and (asked.bos or (asked.bos is None and not prompt)) and ids[:1] != [tokens.bos]:
            ids, starts, ends = [tokens.bos, *ids], [0, *starts], [0, *ends]
        bos = tokens.bos is not None and ids[0] == tokens.bos and ends[0] == 0
        # A token that crosses the border belongs to the continuation; a framing token at the end covers nothing.
        mine = [at for at in range(len(ids)) if ends[at] > head]
        first, last = mine[0], mine[-1] + 1
        texts.append(ids[:last])
        firsts.append(first)
        ranges.append([(max(0, starts[at] - head), max(0, ends[at] - head)) for at in range(first, last)])
    return ScoreJob(texts=texts, firsts=firsts, top=asked.top_logprobs, entropy=asked.entropy), _Scoring(bos, ranges)


def _scored(loaded: Loaded, job: ScoreJob, where: _Scoring, results: list[list[Measured]]) -> dict[str, Any]:
    found = []
    for measured, ranges in zip(results, where.ranges, strict=True):
        entries = []
        for token, (start, end) in zip(measured, ranges, strict=True):
            entry = token_of(loaded.tokens, token)
            entries.append({"token": entry.pop("token"), "id": entry.pop("id"), "start": start, "end": end, **entry})
        scored = [entry for entry in entries if entry["logprob"] is not None]
        found.append(
            {
                "tokens": entries,
                "logprob": sum(entry["logprob"] for entry in scored),
                "scoredTokens": len(scored),
                "scoredBytes": sum(entry["end"] - entry["start"] for entry in scored),
                "bos": where.bos,
            }
        )
    return {"continuations": found}
