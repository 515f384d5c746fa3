"""Where a continuation lies within the tokens of prompt and continuation, and how its tokens are told."""

from dataclasses import dataclass
from typing import Any

from .faults import RequestFault
from .loading import Loaded
from .prompts import render
from .sampling import Measured
from .shapes import Conversation
from .tokens import Tokens


@dataclass(frozen=True)
class Placed:
    """Tokens of prompt and continuation; those from `first` on are the continuation's, with byte ranges in it."""

    ids: list[int]
    first: int
    ranges: list[tuple[int, int]]
    bos: bool


def place(loaded: Loaded, prompt: str | Conversation, continuation: str, bos: bool | None, pointer: str) -> Placed:
    """Tokenise jointly. A token that crosses the border belongs to the continuation.

    `bos` forces or forbids a beginning token; by default an empty prompt gets one when the tokenizer has it.
    """
    tokens = loaded.tokens
    conversation = isinstance(prompt, Conversation)
    head_text = render(loaded, prompt.messages, prompt.answer_prefix) if conversation else prompt
    head = len(head_text.encode())
    encoding = tokens.encode_spans(head_text + continuation, special=not conversation and bos is not False)
    ids, starts, ends = encoding.ids, encoding.starts, encoding.ends
    if tokens.bos is not None and (bos or (bos is None and not head_text)) and ids[:1] != [tokens.bos]:
        ids, starts, ends = [tokens.bos, *ids], [0, *starts], [0, *ends]
    # A framing token at the end covers nothing and is not scored.
    mine = [at for at in range(len(ids)) if ends[at] > head]
    if not mine:
        raise RequestFault(400, "empty_continuation", "The continuation has no tokens.", pointer)
    first, last = mine[0], mine[-1] + 1
    begun = tokens.bos is not None and ids[0] == tokens.bos and ends[0] == 0
    ranges = [(max(0, starts[at] - head), max(0, ends[at] - head)) for at in range(first, last)]
    return Placed(ids[:last], first, ranges, begun)


def named(tokens: Tokens, token: int) -> dict[str, Any]:
    """A token's text and id; `bytes` only where the token alone is no UTF-8."""
    piece = tokens.piece(token)
    try:
        return {"token": piece.decode(), "id": token}
    except UnicodeDecodeError:
        return {"token": piece.decode("utf-8", "replace"), "id": token, "bytes": list(piece)}


def token_of(tokens: Tokens, measured: Measured) -> dict[str, Any]:
    """One token as the own surface tells it."""
    entry = named(tokens, measured.id)
    entry |= {"logprob": measured.logprob, "rank": measured.rank, "entropy": measured.entropy}
    if measured.terms:
        terms = measured.terms
        entry["terms"] = {
            "renyi": terms.renyi,
            "fisherRao": terms.fisher_rao,
            "selfCertainty": terms.self_certainty,
        }
    entry["top"] = [{**named(tokens, token), "logprob": logprob} for token, logprob in measured.top]
    return entry


def written(tokens: Tokens, measured: Measured) -> dict[str, Any]:
    """One generated token; one that marks structure leaves no text, so that the tokens' texts make up the answer's."""
    entry = token_of(tokens, measured)
    if measured.id in tokens.special:
        entry["token"] = ""
    if measured.trace:
        trace = measured.trace
        entry |= {"surprise": trace.surprise, "mu": trace.mu, "drawnFrom": trace.drawn_from}
    return entry
