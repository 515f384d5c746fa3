"""OpenAI's answer shapes for log-probabilities, and vLLM's additions to them."""

from dataclasses import replace
from typing import Any

from .prompts import Prompt
from .sampling import Measured
from .shapes import ChatRequest, CompletionRequest
from .spelling import spelled
from .tokens import Tokens
from .work import Choice


def text_of(tokens: Tokens, token: int) -> str:
    """A token as text; bytes that are no UTF-8 by themselves become U+FFFD."""
    return tokens.piece(token).decode("utf-8", "replace")


def name_of(tokens: Tokens, token: int, by_id: bool) -> str:
    """A token as log-probabilities name it: its text, or vLLM's `token_id:<id>`, which no two tokens share."""
    return f"token_id:{token}" if by_id else text_of(tokens, token)


def chat_logprobs(tokens: Tokens, measured: list[Measured], by_id: bool = False) -> dict[str, Any]:
    """`logprobs` of a chat choice."""

    def entry(token: int, logprob: float) -> dict[str, Any]:
        return {"token": name_of(tokens, token, by_id), "logprob": logprob, "bytes": list(tokens.piece(token))}

    return {
        "content": [
            {**entry(token.id, token.logprob), "top_logprobs": [entry(*pair) for pair in token.top]}
            for token in measured
        ],
        "refusal": None,
    }


def completion_logprobs(
    tokens: Tokens, measured: list[Measured], offsets: list[int], by_id: bool = False
) -> dict[str, Any]:
    """`logprobs` of a plain completion: parallel lists; the first token of an echoed prompt has none. `offsets` are
    where each token begins in the choice's text, in characters."""
    names, tops = [], []
    for token in measured:
        name = name_of(tokens, token.id, by_id)
        names.append(name)
        if token.logprob is None:
            tops.append(None)
        else:
            top = {name_of(tokens, other, by_id): logprob for other, logprob in reversed(token.top)}
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


def usage(read: int, choices: list[Choice]) -> dict[str, int]:
    """Tokens read and written."""
    written = sum(len(choice.tokens) for choice in choices)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def chat_answer(
    tokens: Tokens, asked: ChatRequest, ids: list[int], choices: list[Choice], given: list[Measured] | None
) -> dict[str, Any]:
    """A chat's choices and usage; `given` are the prompt's tokens where their log-probabilities were asked for."""
    answers = []
    for index, choice in enumerate(choices):
        shown = chat_logprobs(tokens, choice.tokens, bool(asked.return_tokens_as_token_ids))
        answer = {
            "index": index,
            "message": {"role": "assistant", "content": choice.text, "refusal": None},
            "logprobs": shown if asked.logprobs else None,
            "finish_reason": choice.finish,
            "stop_reason": choice.stopped,
        }
        if asked.return_token_ids:
            answer["token_ids"] = [token.id for token in choice.tokens]
        answers.append(answer)
    found: dict[str, Any] = {"choices": answers, "usage": usage(len(ids), choices)}
    if given is not None:
        found["prompt_logprobs"] = prompt_logprobs(tokens, given)
    if asked.return_token_ids:
        found["prompt_token_ids"] = ids
    return found


def completion_choices(
    tokens: Tokens, asked: CompletionRequest, prompt: Prompt, choices: list[Choice | None], given: list[Measured] | None
) -> list[dict[str, Any]]:
    """Choices of one prompt, without their index; None stands for an answer of no tokens."""
    found = []
    top = asked.logprobs or 0
    echoed, begins = spelled(tokens, prompt.ids, prompt.text) if asked.echo else ("", [])
    for choice in choices:
        measured = with_ending(choice) if choice else []
        entry: dict[str, Any] = {
            "text": echoed + (choice.text if choice else ""),
            "finish_reason": choice.finish if choice else "length",
            "stop_reason": choice.stopped if choice else None,
            "logprobs": None,
        }
        if asked.logprobs is not None:
            shown = [*_cut(given or [], top), *measured] if asked.echo else measured
            offsets = [*begins, *(len(echoed) + offset for offset in (offsets_of(choice) if choice else []))]
            entry["logprobs"] = completion_logprobs(tokens, shown, offsets, bool(asked.return_tokens_as_token_ids))
        if asked.prompt_logprobs is not None:
            entry["prompt_logprobs"] = prompt_logprobs(tokens, _cut(given or [], asked.prompt_logprobs))
        if asked.return_token_ids:
            entry["token_ids"], entry["prompt_token_ids"] = [token.id for token in measured], prompt.ids
        found.append(entry)
    return found


def offsets_of(choice: Choice) -> list[int]:
    """Where in a choice's text each of its tokens begins; the one that ended it stands at its end."""
    return [*choice.offsets, *([len(choice.text)] if choice.ending else [])]


def with_ending(choice: Choice) -> list[Measured]:
    """A completion's tokens and the one that ended it: as vLLM, and as lm-evaluation-harness counts on, the number of
    tokens told does not depend on which they are."""
    return [*choice.tokens, *([choice.ending] if choice.ending else [])]


def _cut(measured: list[Measured], top: int) -> list[Measured]:
    return [replace(token, top=token.top[:top]) for token in measured]
