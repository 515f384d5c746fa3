"""From what a client sends to token ids, with the checks that both surfaces share."""

from dataclasses import dataclass
from typing import Any

from .faults import invalid
from .loading import Loaded
from .shapes import Message

# Answers of unlimited length are cut here, so that one forgotten limit does not hold a slot of the whole context.
DEFAULT_ANSWER = 1024
MOST_PROMPTS = 2048


def render(
    loaded: Loaded, messages: list[Message], answer_prefix: str = "", generation: bool = True, go_on: bool = False
) -> str:
    """A conversation as text by the model's own template."""
    try:
        return loaded.tokens.render([message.plain() for message in messages], answer_prefix, generation, go_on)
    # A template is the checkpoint's own program: it may raise anything.
    except Exception as error:
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


@dataclass(frozen=True)
class Prompt:
    """One prompt of a completion: its tokens, the pointer to it, and its text where it was given as one."""

    ids: list[int]
    pointer: str
    text: str | None


def prompt_lists(loaded: Loaded, prompt: Any, special: bool) -> list[Prompt]:
    """OpenAI's `prompt`: text, ids, or a list of either."""
    single = isinstance(prompt, str) or (isinstance(prompt, list) and prompt and _is_id(prompt[0]))
    if not single and (not isinstance(prompt, list) or not 0 < len(prompt) <= MOST_PROMPTS):
        raise invalid(f"Give text, token ids, or a list of 1 to {MOST_PROMPTS} of either.", "/prompt")
    found = []
    for number, one in enumerate([prompt] if single else prompt):
        pointer = "/prompt" if single else f"/prompt/{number}"
        if isinstance(one, str):
            ids = loaded.tokens.encode(encodable(one, pointer), special)
        elif isinstance(one, list) and one and all(map(_is_id, one)):
            ids = checked_ids(loaded, one, pointer)
        else:
            raise invalid("A prompt is text or a list of token ids.", pointer)
        text = one if isinstance(one, str) else None
        found.append(Prompt(with_beginning(loaded, ids, pointer), pointer, text))
    return found


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def encodable(text: str, pointer: str) -> str:
    """The text, unless it holds half of a surrogate pair, which no tokenizer can read."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise invalid("The text holds half of a surrogate pair, which is no character.", pointer) from None
    return text


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
            f"The prompt has {len(ids)} tokens; the context holds {loaded.runner.context}, the answer included.",
            prompt_pointer,
            "context_length_exceeded",
        )
    if wanted is None:
        return min(room, DEFAULT_ANSWER)
    if wanted > room:
        raise invalid(
            f"The prompt has {len(ids)} of the context's {loaded.runner.context} tokens: "
            f"at most {room} of the asked {wanted} can be generated.",
            limit_pointer,
            "context_length_exceeded",
        )
    return wanted


def bias(loaded: Loaded, given: dict[str, float] | None) -> dict[int, float]:
    """OpenAI's logit_bias with its keys as ids."""
    found = {}
    for key, value in (given or {}).items():
        plain = key.isascii() and len(key) <= 20
        if not (plain and key.isdecimal() and int(key) < loaded.runner.vocabulary):
            # A key that is no text, or endless, cannot be pointed at.
            pointer = f"/logit_bias/{key}" if plain else "/logit_bias"
            raise invalid(f"{key[:20]!r} is no token id of this model.", pointer, "token_out_of_range")
        found[int(key)] = value
    return found


def as_list(stop: str | list[str] | None) -> tuple[str, ...]:
    return (stop,) if isinstance(stop, str) else tuple(stop or ())
