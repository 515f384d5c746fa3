"""OpenAI's answer shapes for log-probabilities, and vLLM's additions to them."""

from typing import Any

from .sampling import Measured
from .tokens import Tokens


def text_of(tokens: Tokens, token: int) -> str:
    """A token as text; bytes that are no UTF-8 by themselves become U+FFFD."""
    return tokens.piece(token).decode("utf-8", "replace")


def chat_logprobs(tokens: Tokens, measured: list[Measured]) -> dict[str, Any]:
    """`logprobs` of a chat choice."""

    def entry(token: int, logprob: float) -> dict[str, Any]:
        return {"token": text_of(tokens, token), "logprob": logprob, "bytes": list(tokens.piece(token))}

    return {
        "content": [
            {**entry(token.id, token.logprob), "top_logprobs": [entry(*pair) for pair in token.top]}
            for token in measured
        ],
        "refusal": None,
    }


def completion_logprobs(tokens: Tokens, measured: list[Measured], offset: int = 0) -> dict[str, Any]:
    """`logprobs` of a plain completion: parallel lists; the first token of an echoed prompt has none."""
    names, offsets, tops = [], [], []
    for token in measured:
        name = text_of(tokens, token.id)
        names.append(name)
        offsets.append(offset)
        offset += len(name)
        if token.logprob is None:
            tops.append(None)
        else:
            top = {text_of(tokens, other): logprob for other, logprob in reversed(token.top)}
            # As vLLM does, the token itself is always among them.
            tops.append({**top, name: token.logprob})
    return {
        "tokens": names,
        "token_logprobs": [t.logprob for t in measured],
        "top_logprobs": tops,
        "text_offset": offsets,
    }


def prompt_logprobs(tokens: Tokens, measured: list[Measured]) -> list[dict[str, Any] | None]:
    """vLLM's `prompt_logprobs`: by token id, the given token and the likeliest ones; null for the first token."""
    found: list[dict[str, Any] | None] = []
    for token in measured:
        if token.logprob is None:
            found.append(None)
            continue
        entries = {token.id: (token.logprob, token.rank)}
        for rank, (other, logprob) in enumerate(token.top, 1):
            entries.setdefault(other, (logprob, rank))
        found.append(
            {
                str(other): {"logprob": logprob, "rank": rank, "decoded_token": text_of(tokens, other)}
                for other, (logprob, rank) in entries.items()
            }
        )
    return found
