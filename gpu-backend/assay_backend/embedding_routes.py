"""OpenAI's embeddings over a small sentence encoder."""

import asyncio
import base64
from typing import Any

from fastapi import APIRouter, Request

from .bodies import documented, read_json, shaped
from .embeddings import NAME, Embedder
from .faults import RequestFault
from .service import Service
from .shapes import EmbeddingRequest


def routes(service: Service) -> APIRouter:
    """Routes of the embeddings surface; the encoder is loaded when it is first asked for."""
    router = APIRouter(tags=["openai"])
    held: dict[str, Embedder] = {}
    lock = asyncio.Lock()

    @router.post("/v1/embeddings", openapi_extra=documented(EmbeddingRequest))
    async def embeddings(request: Request) -> dict[str, Any]:
        asked = shaped(EmbeddingRequest, await read_json(request))
        if asked.model is not None and asked.model != NAME:
            service.model(asked.model)
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        async with lock:
            if "encoder" not in held:
                held["encoder"] = await asyncio.to_thread(_load, service.settings.embeddings)
            encoder = held["encoder"]
            if asked.dimensions and asked.dimensions > encoder.size:
                raise RequestFault(400, "invalid_value", f"This encoder has {encoder.size} dimensions.", "/dimensions")
            vectors, count = await asyncio.to_thread(encoder.embed, texts, asked.dimensions)
        data = []
        for index, vector in enumerate(vectors):
            packed = (
                base64.b64encode(vector.tobytes()).decode() if asked.encoding_format == "base64" else vector.tolist()
            )
            data.append({"object": "embedding", "index": index, "embedding": packed})
        return {
            "object": "list",
            "data": data,
            "model": NAME,
            "usage": {"prompt_tokens": count, "total_tokens": count},
        }

    return router


def _load(which: str) -> Embedder:
    try:
        return Embedder.load(which)
    except (OSError, ValueError) as error:
        raise RequestFault(501, "embeddings_unavailable", str(error), None) from None
