"""What a client is told when something is wrong: what, where, and what to do."""

from typing import Any

from fastapi.responses import JSONResponse
from pydantic import ValidationError


class RequestFault(Exception):
    """A request that cannot be answered. `pointer` is a JSON pointer to the field at fault."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        pointer: str | None = None,
        headers: dict[str, str] | None = None,
        more: dict[str, Any] | None = None,
    ):
        super().__init__(message)
        self.status, self.code, self.message, self.pointer = status, code, message, pointer
        self.headers, self.more = headers or {}, more or {}

    def under(self, prefix: str) -> "RequestFault":
        """The same fault, its pointer within a larger document."""
        return RequestFault(
            self.status, self.code, self.message, prefix + (self.pointer or ""), self.headers, self.more
        )

    def own(self) -> dict[str, Any]:
        """As Assay's own surface says it, also in the place of a failed entry of a list."""
        return {"error": {"code": self.code, "message": self.message, "pointer": self.pointer, **self.more}}

    def openai(self) -> dict[str, Any]:
        """As OpenAI's surface says it."""
        kind = "invalid_request_error" if self.status < 500 and self.status != 429 else "server_error"
        kind = "rate_limit_error" if self.status == 429 else kind
        param = self.pointer.strip("/").replace("/", ".") if self.pointer else None
        return {"error": {"message": self.message, "type": kind, "param": param or None, "code": self.code}}

    def response(self, own: bool) -> JSONResponse:
        return JSONResponse(self.own() if own else self.openai(), self.status, self.headers)


def invalid(message: str, pointer: str, code: str = "invalid_value") -> RequestFault:
    """A 400 for one field."""
    return RequestFault(400, code, message, pointer)


def from_validation(error: ValidationError) -> RequestFault:
    """The first thing that a shape refused. Where a field may have several types, pydantic tells of each that failed,
    under the type's own tag: the one that got furthest, and there one of the right type, is what the client meant."""
    found = []
    for told in error.errors(include_url=False, include_context=False, include_input=False):
        path = [part for part in told["loc"] if not (isinstance(part, str) and ("[" in part or part in _TAGS))]
        found.append((path, told))
    alike = [one for one in found if one[0][:1] == found[0][0][:1]]
    path, told = max(alike, key=lambda one: (len(one[0]), not one[1]["type"].endswith("_type")))
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return invalid(f"{pointer or 'The body'}: {told['msg']}.", pointer, told["type"])


_TAGS = {"str", "int", "float", "bool", "dict", "list", "nullable", "Conversation"}


def queue_full() -> RequestFault:
    return RequestFault(
        429,
        "queue_full",
        "The queue is full: send again after the time in Retry-After.",
        None,
        {"Retry-After": "2"},
    )


def shutting_down() -> RequestFault:
    return RequestFault(
        503,
        "shutting_down",
        "The server is stopping, or this model is being unloaded: send again later.",
        None,
        {"Retry-After": "10"},
    )


def loading(detail: str) -> RequestFault:
    return RequestFault(503, "loading", detail, None, {"Retry-After": "2"})
