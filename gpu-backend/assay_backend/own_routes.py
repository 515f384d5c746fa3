"""Assay's own surface: lists in, lists out; an entry that fails carries its error in its own place."""

import math
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic.alias_generators import to_camel

from . import __version__
from . import own_answers as answers
from .bodies import documented, read_json, shaped
from .dropout import DropoutJob, Spread
from .dropout_generic import NoPlaces, PlainDropout
from .faults import RequestFault, invalid
from .llama import Llama
from .loading import Loaded
from .mirostat import MirostatOptions
from .own_lists import each
from .own_streams import own_stream
from .placing import Placed, named, place, token_of, written
from .prompts import fitting, render, with_beginning
from .sampling import Measured, Sampling
from .service import Service
from .shapes import DropoutList, DropoutRequest, GenerateList, GenerateRequest, Own, ScoreList, ScoreRequest
from .work import Choice, GenerateJob, Job, ScoreJob


def _documented(body: type[Own], entry: type[Own], result: type[Own]) -> dict[str, Any]:
    return documented(body, entry, answers.answer_schema(result), (result, answers.FailedResult))


CAPABILITIES = ["text", "logprobs", "prompt_logprobs", "full", "entail", "embed", "dropout", "compare", "states"]
# Each holds a whole distribution while the passes are made.
MOST_DROPPED = 512


def routes(service: Service) -> APIRouter:
    """Routes under /v1/assay."""
    router = APIRouter(prefix="/v1/assay", tags=["assay"])

    @router.get("/info", summary="What is loaded, and what it can do")
    async def info(model: str | None = None) -> dict[str, Any]:
        loaded = service.model(model)
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

    @router.post(
        "/generate",
        summary="Continue prompts",
        openapi_extra=_documented(GenerateList, GenerateRequest, answers.GenerateResult),
        response_model=None,
    )
    async def generate(request: Request) -> dict[str, Any] | StreamingResponse:
        body = shaped(GenerateList, await read_json(request))
        if body.stream:
            return await own_stream(service, body, _generate_job)
        return await each(service, request, body, _generate_job, _generated)

    @router.post(
        "/score",
        summary="Log-probabilities of given text",
        openapi_extra=_documented(ScoreList, ScoreRequest, answers.ScoreResult),
    )
    async def score(request: Request) -> dict[str, Any]:
        body = shaped(ScoreList, await read_json(request))
        return await each(service, request, body, _score_job, _scored)

    @router.post(
        "/dropout",
        summary="Entropies under Monte-Carlo dropout",
        openapi_extra=_documented(DropoutList, DropoutRequest, answers.DropoutResult),
    )
    async def dropout(request: Request) -> dict[str, Any]:
        body = shaped(DropoutList, await read_json(request))
        return await each(service, request, body, _dropout_job, _dropped)

    return router


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
        1.0 if asked.mirostat else asked.temperature,
        asked.top_p,
        asked.min_p,
        asked.seed,
        tuple(asked.stop),
        asked.top_logprobs,
        asked.entropy,
        top_k=asked.top_k,
        seeds=_seeds(asked),
        terms=asked.terms,
        mirostat=_mirostat(asked),
    )
    return GenerateJob(prompt=ids, sampling=sampling, n=asked.n), None


def _seeds(asked: GenerateRequest) -> tuple[int, ...]:
    """A seed for each sample, where they are given."""
    if asked.seeds is None:
        return ()
    if asked.seed is not None:
        raise invalid("Give either seed or seeds.", "/seeds", "one_of")
    if len(asked.seeds) != asked.n:
        raise invalid(f"There are {len(asked.seeds)} seeds for {asked.n} samples: give one for each.", "/seeds")
    return tuple(asked.seeds)


def _mirostat(asked: GenerateRequest) -> MirostatOptions | None:
    """Options of mirostat, which shapes the distribution by itself."""
    if asked.mirostat is None:
        return None
    others = {"temperature": 1, "top_p": 1, "min_p": 0, "top_k": 0}
    for name in others.keys() & asked.model_fields_set:
        if getattr(asked, name) != others[name]:
            raise invalid("Mirostat takes the place of this option: leave it out.", f"/{to_camel(name)}")
    options = asked.mirostat
    return MirostatOptions(options.version, options.tau, options.eta, options.m)


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


def _score_job(loaded: Loaded, entry: Any) -> tuple[Job, tuple[ScoreRequest, list[Placed]]]:
    asked = shaped(ScoreRequest, entry)
    if asked.continuations is None and asked.phrases is None:
        raise invalid("Give continuations, phrases, or both.", "/continuations", "one_of")
    placed = []
    for field, texts in (("continuations", asked.continuations), ("phrases", asked.phrases)):
        for number, text in enumerate(texts or []):
            placed.append(place(loaded, asked.prompt, text, asked.bos, f"/{field}/{number}"))
    window = min(asked.window or loaded.runner.context, loaded.runner.context)
    if asked.stride is not None and asked.stride >= window:
        raise invalid(f"The window of {window} tokens must move by less than itself.", "/stride")
    job = ScoreJob(
        texts=[one.ids for one in placed],
        firsts=[one.first for one in placed],
        top=asked.top_logprobs,
        entropy=asked.entropy,
        terms=asked.terms,
        window=window,
        stride=asked.stride or 0,
    )
    return job, (asked, placed)


def _scored(
    loaded: Loaded, job: ScoreJob, given: tuple[ScoreRequest, list[Placed]], results: list[list[Measured]]
) -> dict[str, Any]:
    asked, placed = given
    found: dict[str, Any] = {}
    count = len(asked.continuations or [])
    if asked.continuations is not None:
        pairs = zip(results[:count], placed[:count], strict=True)
        found["continuations"] = [_continuation(loaded, measured, where) for measured, where in pairs]
    if asked.phrases is not None:
        logprobs = [sum(token.logprob or 0.0 for token in measured) for measured in results[count:]]
        found |= phrase_mass(asked.phrases, logprobs)
    return found


def _continuation(loaded: Loaded, measured: list[Measured], placed: Placed) -> dict[str, Any]:
    entries = []
    for token, (start, end) in zip(measured, placed.ranges, strict=True):
        entry = token_of(loaded.tokens, token)
        entries.append({"token": entry.pop("token"), "id": entry.pop("id"), "start": start, "end": end, **entry})
    scored = [entry for entry in entries if entry["logprob"] is not None]
    size = sum(entry["end"] - entry["start"] for entry in scored)
    return {
        "tokens": entries,
        "logprob": sum(entry["logprob"] for entry in scored),
        "scoredTokens": len(scored),
        "scoredBytes": size,
        "bytesPerToken": size / len(scored) if scored else None,
        "bos": placed.bos,
    }


def phrase_mass(phrases: list[str], logprobs: list[float]) -> dict[str, Any]:
    """Each phrase's probability as what comes next, and that of any of them: a phrase that another begins is part of
    that other's event and adds nothing. At most 1."""
    total = 0.0
    for at, (phrase, logprob) in enumerate(zip(phrases, logprobs, strict=True)):
        begun = any(
            phrase.startswith(other) and (other != phrase or place < at)
            for place, other in enumerate(phrases)
            if place != at
        )
        total += 0.0 if begun else math.exp(logprob)
    told = [
        {"phrase": phrase, "logprob": logprob, "mass": math.exp(logprob)}
        for phrase, logprob in zip(phrases, logprobs, strict=True)
    ]
    return {"phrases": told, "mass": min(1.0, total)}


def _dropout_job(loaded: Loaded, entry: Any) -> tuple[Job, tuple[Placed, bool]]:
    asked = shaped(DropoutRequest, entry)
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
    try:
        inserted = isinstance(loaded.runner, Llama) or PlainDropout(loaded.runner.model).inserted
    except NoPlaces as error:
        raise RequestFault(400, "unsupported", str(error), "") from None
    job = DropoutJob(ids=placed.ids, first=first, passes=asked.passes, rate=asked.rate, seed=asked.seed)
    return job, (placed, inserted)


def _dropped(loaded: Loaded, job: DropoutJob, given: tuple[Placed, bool], spreads: list[Spread]) -> dict[str, Any]:
    placed, inserted = given
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
            "expectedPairwiseKl": spread.pairwise,
            "reverseMutualInformation": spread.reverse,
            "probabilityVariance": spread.variance,
            "groupEpistemicEntropies": spread.groups,
        }
        for spread, (start, end) in zip(spreads, ranges, strict=True)
    ]
    return {"tokens": tokens, "passes": job.passes, "rate": job.rate, "inserted": inserted, "bos": placed.bos}
