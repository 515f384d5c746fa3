"""Reading a request's body into its shape, with faults that name the field."""

import json
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from .faults import RequestFault, from_validation

Shape = TypeVar("Shape", bound=BaseModel)
_LARGEST = 64 << 20


async def read_json(request: Request) -> Any:
    """The body as JSON. Bytes that are packed, no UTF-8, no JSON, or too many are refused."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise RequestFault(415, "unsupported_encoding", "Send the body without Content-Encoding.", "")
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > _LARGEST:
            raise RequestFault(
                413,
                "body_too_large",
                f"The body is larger than {_LARGEST >> 20} MiB: send shorter lists.",
                "",
            )
        parts.append(part)
    try:
        return json.loads(b"".join(parts).decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise RequestFault(400, "not_utf8", "The body is not UTF-8.", "") from None
    except (ValueError, RecursionError) as error:
        raise RequestFault(400, "not_json", f"The body is not JSON: {error}.", "") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def shaped(shape: type[Shape], value: Any) -> Shape:
    """The value as `shape`, or a RequestFault at the first field that does not fit."""
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        raise from_validation(error) from None


# Shapes that the OpenAPI document refers to, by name.
components: dict[str, Any] = {}


def _schema(shape: type[BaseModel]) -> dict[str, Any]:
    schema = shape.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
    components.update(schema.pop("$defs", {}))
    return schema


def documented(
    shape: type[BaseModel],
    entry: type[BaseModel] | None = None,
    answer: dict[str, Any] | type[BaseModel] | None = None,
    told: tuple[type[BaseModel], ...] = (),
) -> dict[str, Any]:
    """OpenAPI for a body that is read by hand: its shape, that of the entries of its `requests`, and the answer's, with
    the shapes that the answer's schema refers to."""
    schema = _schema(shape)
    if entry is not None:
        components[entry.__name__] = _schema(entry)
        schema["properties"]["requests"]["items"] = {"$ref": f"#/components/schemas/{entry.__name__}"}
    for one in told:
        components[one.__name__] = _schema(one)
    found: dict[str, Any] = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    if answer is not None:
        content = answer if isinstance(answer, dict) else _schema(answer)
        found["responses"] = {"200": {"description": "OK", "content": {"application/json": {"schema": content}}}}
    return found


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI document with the shapes that it refers to."""
    document.setdefault("components", {}).setdefault("schemas", {}).update(components)
    return document
