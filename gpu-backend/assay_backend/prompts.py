"""From what a client sends to token ids, with the checks that both surfaces share."""

import jinja2

from .faults import invalid
from .loading import Loaded
from .shapes import Message

# Answers of unlimited length are cut here, so that one forgotten limit does not hold a slot of the whole context.
DEFAULT_ANSWER = 1024


def render(loaded: Loaded, messages: list[Message], answer_prefix: str = "", generation: bool = True) -> str:
    """A conversation as text by the model's own template."""
    try:
        return loaded.tokens.render([message.plain() for message in messages], answer_prefix, generation)
    except (ValueError, jinja2.TemplateError) as error:
        raise invalid(
            f"The model's chat template refuses this conversation: {error}", "/messages", "template_refused"
        ) from None


def checked_ids(loaded: Loaded, ids: list[int], pointer: str) -> list[int]:
    """Token ids that exist in the vocabulary."""
    for at, token in enumerate(ids):
        if not 0 <= token < loaded.runner.vocabulary:
            raise invalid(
                f"Token id {token} is outside the vocabulary of {loaded.runner.vocabulary}.",
                f"{pointer}/{at}",
                "token_out_of_range",
            )
    return ids


def with_beginning(loaded: Loaded, ids: list[int], pointer: str) -> list[int]:
    """Ids to continue: never empty, since a model needs something to go on from."""
    if ids:
        return ids
    if loaded.tokens.bos is None:
        raise invalid("The prompt is empty and this model has no token that begins a text.", pointer, "empty_prompt")
    return [loaded.tokens.bos]


def fitting(loaded: Loaded, ids: list[int], wanted: int | None, prompt_pointer: str, limit_pointer: str) -> int:
    """How many tokens to generate at most. Raises when prompt and answer cannot both fit the context."""
    room = loaded.runner.context - len(ids)
    if room < 1:
        raise invalid(
            f"The prompt has {len(ids)} tokens; this model's context holds {loaded.runner.context}, the answer included.",
            prompt_pointer,
            "context_length_exceeded",
        )
    if wanted is None:
        return min(room, DEFAULT_ANSWER)
    if wanted > room:
        raise invalid(
            f"The prompt has {len(ids)} tokens, so at most {room} of the asked {wanted} can be generated within {loaded.runner.context}.",
            limit_pointer,
            "context_length_exceeded",
        )
    return wanted


def bias(loaded: Loaded, given: dict[str, float] | None) -> dict[int, float]:
    """OpenAI's logit_bias with its keys as ids."""
    found = {}
    for key, value in (given or {}).items():
        if not key.isdecimal() or int(key) >= loaded.runner.vocabulary:
            raise invalid(f"{key!r} is no token id of this model.", f"/logit_bias/{key}", "token_out_of_range")
        found[int(key)] = value
    return found


def as_list(stop: str | list[str] | None) -> tuple[str, ...]:
    return (stop,) if isinstance(stop, str) else tuple(stop or ())
