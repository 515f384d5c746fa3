"""The own surface of hidden states."""

from typing import Any

from fastapi import APIRouter, Request

from . import own_answers as answers
from .bodies import documented, read_json, shaped
from .faults import invalid
from .hidden import HiddenJob, layers_of
from .loading import Loaded
from .own_lists import each
from .own_shapes import StatesList, StatesRequest
from .placing import place
from .service import Service


def routes(service: Service) -> APIRouter:
    """The route of hidden states."""
    router = APIRouter(prefix="/v1/assay", tags=["assay"])

    @router.post(
        "/states",
        summary="Hidden states of given text",
        openapi_extra=documented(
            StatesList,
            StatesRequest,
            answers.answer_schema(answers.StatesResult),
            (answers.StatesResult, answers.FailedResult),
        ),
    )
    async def states(request: Request) -> dict[str, Any]:
        body = shaped(StatesList, await read_json(request))
        return await each(service, request, body, _job, _told)

    return router


def _job(loaded: Loaded, entry: Any) -> tuple[HiddenJob, int]:
    asked = shaped(StatesRequest, entry)
    layers = layers_of(loaded.runner)
    layer = layers // 2 if asked.layer is None else asked.layer
    if layer > layers:
        raise invalid(f"The model has {layers} blocks.", "/layer")
    placed = []
    for number, text in enumerate(asked.continuations):
        where = f"/continuations/{number}"
        placed.append(place(loaded, asked.prompt, text, None, where))
        if len(placed[-1].ids) > loaded.runner.context:
            raise invalid(
                f"The text has {len(placed[-1].ids)} tokens, the context holds {loaded.runner.context}.", where
            )
    job = HiddenJob(
        texts=[one.ids for one in placed], firsts=[one.first for one in placed], layer=layer, pool=asked.pool
    )
    return job, layers


def _told(_: Loaded, job: HiddenJob, layers: int, found: list[list[float]]) -> dict[str, Any]:
    return {"states": found, "layer": job.layer, "layers": layers, "pool": job.pool}
