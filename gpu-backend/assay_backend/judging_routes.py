"""The own surface between texts and between models: compare, entail, embed."""

import asyncio
import math
from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import APIRouter, Request

from . import own_answers as answers
from .bodies import documented, read_json, shaped
from .compare import Apart, compare, same_tokens
from .engine import QueueFull
from .entail import judge_job, judged
from .faults import RequestFault, invalid
from .loading import Loaded
from .own_lists import each, in_places, prepared
from .own_shapes import CompareList, CompareRequest, EmbedList, EmbedRequest, EntailList, EntailRequest
from .placing import named
from .service import Service, as_fault, aside
from .tokens import Encoding
from .work import ScoreJob

Result = TypeVar("Result")
_BY = {"by": {"type": "string", "description": "The cross-encoder, or judge:<model> when the language model judges."}}


def routes(service: Service) -> APIRouter:
    """Routes of what stands between texts or models."""
    router = APIRouter(prefix="/v1/assay", tags=["assay"])

    @router.post(
        "/compare",
        summary="Divergence of two loaded models along texts",
        openapi_extra=documented(
            CompareList,
            CompareRequest,
            answers.answer_schema(answers.CompareResult, {"reference": {"type": "string"}}),
            (answers.CompareResult, answers.FailedResult),
        ),
    )
    async def comparison(request: Request) -> dict[str, Any]:
        body = shaped(CompareList, await read_json(request))
        model, reference = service.model(body.model), service.model(body.reference, "/reference")
        entries = await asyncio.to_thread(prepared, model, body, _compare_entry)
        sound = [entry for entry in entries if not isinstance(entry, RequestFault)]
        if not await asyncio.to_thread(same_tokens, model.tokens, reference.tokens):
            raise await _tokenizers_differ(service, request, model, reference, [text for text, _, _ in sound])
        ids = [_begun(model, encoding.ids) for _, encoding, _ in sound]
        top = [k for _, _, k in sound]
        found = await _told(request, compare, model, reference, ids, top) if sound else []
        results = [_compared(model, encoding, apart) for (_, encoding, _), apart in zip(sound, found, strict=True)]
        return {"model": model.name, "reference": reference.name, "results": in_places(entries, results)}

    @router.post(
        "/entail",
        summary="Whether premises entail hypotheses",
        openapi_extra=documented(
            EntailList,
            EntailRequest,
            answers.answer_schema(answers.EntailResult, _BY),
            (answers.EntailResult, answers.FailedResult),
        ),
    )
    async def entailment(request: Request) -> dict[str, Any]:
        body = shaped(EntailList, await read_json(request))
        cross = service.encoders.cross
        if cross is None:
            found = await each(service, request, body, _judge_entry, lambda *given: _three(judged(given[-1])))
            return {"by": f"judge:{found['model']}", **found}
        model = service.model(body.model)
        entries = await asyncio.to_thread(prepared, model, body, lambda _, entry: shaped(EntailRequest, entry))
        pairs = [(entry.premise, entry.hypothesis) for entry in entries if isinstance(entry, EntailRequest)]
        found = await _told(request, service.encoders.entail, pairs) if pairs else []
        return {"model": model.name, "by": cross.name, "results": in_places(entries, list(map(_three, found)))}

    @router.post(
        "/embed",
        summary="Sentence embeddings",
        openapi_extra=documented(
            EmbedList,
            EmbedRequest,
            answers.answer_schema(answers.EmbedResult),
            (answers.EmbedResult, answers.FailedResult),
        ),
    )
    async def embedding(request: Request) -> dict[str, Any]:
        body = shaped(EmbedList, await read_json(request))
        model = service.model(body.model)
        entries = prepared(model, body, lambda _, entry: shaped(EmbedRequest, entry))
        texts = [entry.text for entry in entries if isinstance(entry, EmbedRequest)]
        vectors, _ = await _told(request, service.encoders.embed, texts, None) if texts else ([], 0)
        results = [{"embedding": vector.tolist()} for vector in vectors]
        return {"model": model.name, "results": in_places(entries, results)}

    return router


async def _told(request: Request, call: Callable[..., Result], *given: Any) -> Result:
    try:
        return await aside(request, call, *given)
    except RequestFault:
        raise
    except Exception as error:
        raise as_fault(error) from None


def _compare_entry(model: Loaded, entry: Any) -> tuple[str, Encoding, int]:
    asked = shaped(CompareRequest, entry)
    encoding = model.tokens.encode_spans(asked.text)
    if len(_begun(model, encoding.ids)) < 2:
        raise invalid("Nothing precedes the only token, so nothing can be compared.", "/text")
    return asked.text, encoding, asked.top_k


def _begun(model: Loaded, ids: list[int]) -> list[int]:
    """The tokens, after the one that begins a text where the tokenizer has it."""
    bos = model.tokens.bos
    return ids if bos is None or ids[:1] == [bos] else [bos, *ids]


def _compared(model: Loaded, encoding: Encoding, apart: list[Apart]) -> dict[str, Any]:
    # Without a beginning token the first one has nothing before it.
    skipped = len(encoding.ids) - len(apart)
    tokens = [
        {
            **named(model.tokens, encoding.ids[at]),
            "start": encoding.starts[at],
            "end": encoding.ends[at],
            "klForward": one.forward,
            "klBackward": one.backward,
            "jensenShannon": one.jensen_shannon,
            "topAgree": one.top_agree,
            "topKOverlap": one.overlap,
            "logprobDelta": one.delta,
        }
        for at, one in enumerate(apart, skipped)
    ]

    def mean(name: str) -> float | None:
        return sum(token[name] for token in tokens) / len(tokens) if tokens else None

    return {
        "tokens": tokens,
        "meanKlForward": mean("klForward"),
        "meanKlBackward": mean("klBackward"),
        "meanJensenShannon": mean("jensenShannon"),
        "topAgreement": mean("topAgree"),
        "meanTopKOverlap": mean("topKOverlap"),
        "meanLogprobDelta": mean("logprobDelta"),
    }


async def _tokenizers_differ(
    service: Service, request: Request, model: Loaded, reference: Loaded, texts: list[str]
) -> RequestFault:
    """The refusal, with what can be compared instead: bits per byte of the same texts under either model."""
    bits = {}
    for name, loaded in (("model", model), ("reference", reference)):
        lists = [_begun(loaded, loaded.tokens.encode(text, special=False)) for text in texts]
        try:
            scored = await service.run(request, [ScoreJob(texts=[ids], firsts=[0]) for ids in lists], loaded)
        except QueueFull:
            scored = []
        bits[name] = _bits_per_byte(loaded, scored)
    return RequestFault(
        400,
        "tokenizers_differ",
        f"{model.name} and {reference.name} cut texts into different tokens, so their distributions cannot be set side "
        "by side. bitsPerByte compares them over the same bytes instead.",
        "/reference",
        more={"bitsPerByte": bits},
    )


def _bits_per_byte(loaded: Loaded, scored: list[Any]) -> float | None:
    """Surprisal of all texts over the bytes whose tokens were scored."""
    nats = size = 0.0
    for result in scored:
        if isinstance(result, RequestFault):
            return None
        for token in result[0]:
            if token.logprob is not None:
                nats -= token.logprob
                size += len(loaded.tokens.piece(token.id))
    return nats / math.log(2) / size if size else None


def _judge_entry(model: Loaded, entry: Any) -> tuple[ScoreJob, None]:
    asked = shaped(EntailRequest, entry)
    job = judge_job(model, asked.premise, asked.hypothesis)
    if max(map(len, job.texts)) > model.runner.context:
        raise invalid("Premise and hypothesis do not fit the model's context.", "/premise", "context_length_exceeded")
    return job, None


def _three(chances: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("entail", "neutral", "contradict"), chances, strict=True))
