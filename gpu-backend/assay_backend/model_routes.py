"""The own surface for models: what is loaded, loading, unloading, and how a model cuts texts into tokens."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from . import own_answers as answers
from .bodies import documented, read_json, shaped
from .checkpoint import ModelUnavailable
from .engine import ShuttingDown
from .faults import RequestFault, invalid, shutting_down
from .loading import Loaded
from .own_lists import in_places, prepared
from .own_shapes import LoadRequest, TokenizeList, TokenizeRequest, UnloadRequest
from .placing import named
from .registry import Busy
from .service import Service


def routes(service: Service) -> APIRouter:
    """Routes of models and tokens."""
    router = APIRouter(prefix="/v1/assay", tags=["assay"])

    @router.get("/models", summary="Models in memory, and the budget they share", response_model=answers.ModelList)
    async def models() -> dict[str, Any]:
        service.model()
        budget = service.registry.budget
        return {
            "models": [_entry(service, one) for one in service.registry.all()],
            "budgetBytes": budget.total,
            "leftBytes": budget.left,
        }

    @router.post(
        "/models/load",
        summary="Bring a model into memory",
        openapi_extra=documented(LoadRequest, answer=answers.ModelEntry),
    )
    async def load(request: Request) -> dict[str, Any]:
        asked = shaped(LoadRequest, await read_json(request))
        if asked.path and asked.hub:
            raise invalid("Give a path or a hub id, not both.", "/hub", "one_of")
        service.model()
        if service.is_served(asked.id):
            raise RequestFault(409, "model_loaded", f"{asked.id} is loaded already.", "/id")
        pointer = "/path" if asked.path else "/hub" if asked.hub else "/id"
        try:
            loaded = await asyncio.to_thread(
                service.registry.load, asked.path or asked.hub or asked.id, asked.id, asked.dtype
            )
        except Busy as busy:
            raise RequestFault(503, "models_busy", str(busy), "/id", {"Retry-After": "10"}) from None
        except ModelUnavailable as error:
            raise invalid(str(error), pointer, "model_unavailable") from None
        except ShuttingDown:
            raise shutting_down() from None
        # A folder is anything: readers of weights, tokenizers and configs each have their own ways to fail.
        except Exception as error:
            told = f"The model could not be loaded: {type(error).__name__}: {error}"
            raise invalid(told, pointer, "model_unavailable") from None
        return _entry(service, loaded)

    @router.post(
        "/models/unload",
        summary="Take a model out of memory",
        openapi_extra=documented(UnloadRequest, answer=answers.ModelList),
    )
    async def unload(request: Request) -> dict[str, Any]:
        asked = shaped(UnloadRequest, await read_json(request))
        loaded = service.model(asked.id, "/id")
        if service.registry.is_pinned(loaded.name):
            raise RequestFault(
                409, "model_pinned", "The model that the server was started with stays for as long as it runs.", "/id"
            )
        try:
            await asyncio.to_thread(service.registry.unload, loaded.name, "asked", service.settings.patience)
        except KeyError:
            raise RequestFault(
                404, "model_not_found", f"There is no model {asked.id!r} here any more.", "/id"
            ) from None
        return await models()

    @router.post(
        "/tokenize",
        summary="Tokens of texts with their byte ranges",
        openapi_extra=documented(
            TokenizeList,
            TokenizeRequest,
            answers.answer_schema(answers.TokenizeResult),
            (answers.TokenizeResult, answers.FailedResult),
        ),
    )
    async def tokenize(request: Request) -> dict[str, Any]:
        body = shaped(TokenizeList, await read_json(request))
        loaded = service.model(body.model)
        entries = await asyncio.to_thread(prepared, loaded, body, _tokens)
        sound = [entry for entry in entries if not isinstance(entry, RequestFault)]
        return {"model": loaded.name, "results": in_places(entries, sound)}

    return router


def _entry(service: Service, loaded: Loaded) -> dict[str, Any]:
    return {
        "id": loaded.name,
        "device": str(loaded.runner.device),
        "dtype": str(loaded.runner.dtype).removeprefix("torch."),
        "contextLength": loaded.runner.context,
        "vocabSize": loaded.runner.vocabulary,
        "fingerprint": loaded.fingerprint,
        "batchInvariant": loaded.invariant,
        "pinned": service.registry.is_pinned(loaded.name),
        "fixedBytes": service.registry.budget.fixed.get(loaded.name, 0),
        "heldBytes": loaded.engine.held_bytes,
        "busy": not loaded.engine.idle,
    }


def _tokens(loaded: Loaded, entry: Any) -> dict[str, Any]:
    asked = shaped(TokenizeRequest, entry)
    encoding = loaded.tokens.encode_spans(asked.text, special=asked.special)
    spans = zip(encoding.ids, encoding.starts, encoding.ends, strict=True)
    return {"tokens": [{**named(loaded.tokens, token), "start": start, "end": end} for token, start, end in spans]}
