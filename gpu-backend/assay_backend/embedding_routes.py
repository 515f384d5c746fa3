"""OpenAI's embeddings over a small sentence encoder."""

import base64
from typing import Any

from fastapi import APIRouter, Request

from .bodies import documented, read_json, shaped
from .embeddings import NAME
from .service import Service, aside
from .shapes import EmbeddingRequest


def routes(service: Service) -> APIRouter:
    """Routes of the embeddings surface."""
    router = APIRouter(tags=["openai"])

    @router.post("/v1/embeddings", openapi_extra=documented(EmbeddingRequest))
    async def embeddings(request: Request) -> dict[str, Any]:
        asked = shaped(EmbeddingRequest, await read_json(request))
        if asked.model is not None and asked.model != NAME:
            service.model(asked.model)
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        vectors, count = await aside(request, service.encoders.embed, texts, asked.dimensions)
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
