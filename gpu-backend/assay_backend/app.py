"""The HTTP application, built by one function for the command line and for tests alike."""

import asyncio
import contextlib
import hmac
import logging
import time
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException

from . import (
    __version__,
    embedding_routes,
    judging_routes,
    metrics,
    model_routes,
    openai_routes,
    own_routes,
    state_routes,
)
from .bodies import complete
from .faults import RequestFault
from .service import Service

_OPEN_PATHS = {"/healthz", "/metrics"}
_CODES = {404: "not_found", 405: "method_not_allowed"}
_log = logging.getLogger("uvicorn.error")


def create_app(service: Service) -> FastAPI:
    """Routes, faults and key check around a service. The model is loaded in the background when the app starts."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if service.state == "loading":
            service.load_in_background()
        yield
        await asyncio.to_thread(service.stop)

    app = FastAPI(title="Assay backend", version=__version__, lifespan=lifespan)
    generated = app.openapi
    app.openapi = lambda: complete(generated())
    app.include_router(openai_routes.routes(service))
    app.include_router(embedding_routes.routes(service))
    app.include_router(own_routes.routes(service))
    app.include_router(state_routes.routes(service))
    app.include_router(judging_routes.routes(service))
    app.include_router(model_routes.routes(service))

    @app.get("/healthz", tags=["operation"])
    async def health() -> JSONResponse:
        """200 when the model answers, else 503 with what is being waited for."""
        told = service.health()
        return JSONResponse(told, 200 if told["status"] == "ready" else 503)

    @app.get("/metrics", tags=["operation"])
    async def prometheus() -> Response:
        """Prometheus metrics."""
        service.refresh_metrics()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @app.exception_handler(RequestFault)
    async def faulty(request: Request, fault: RequestFault) -> JSONResponse:
        return fault.response(own=request.url.path.startswith("/v1/assay"))

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        code = _CODES.get(error.status_code, "refused")
        fault = RequestFault(error.status_code, code, str(error.detail), None, dict(error.headers or {}))
        return fault.response(own=request.url.path.startswith("/v1/assay"))

    @app.middleware("http")
    async def keyed_and_counted(request: Request, call_next) -> Response:
        path, started = request.url.path, time.perf_counter()
        key = service.settings.key
        if key and path not in _OPEN_PATHS and not _has_key(request, key):
            fault = RequestFault(
                401, "invalid_api_key", "Send the server's key as `Authorization: Bearer <key>`.", None
            )
            response: Response = fault.response(own=path.startswith("/v1/assay"))
        else:
            try:
                response = await call_next(request)
            except Exception as error:
                # Nobody foresaw it: told in the surface's own shape all the same, and in the log with where.
                _log.exception("%s failed", path)
                told = f"The server failed on this request: {type(error).__name__}."
                response = RequestFault(500, "internal", told, None).response(own=path.startswith("/v1/assay"))
        route = request.scope.get("route")
        name = getattr(route, "path", "other")
        metrics.requests.labels(name, str(response.status_code)).inc()
        metrics.latency.labels(name).observe(time.perf_counter() - started)
        return response

    return app


def _has_key(request: Request, key: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), key.encode())
