"""From the options of OpenAI's surface, and vLLM's additions to them, to how the engine samples."""

from typing import Any

from .constraint import Grammar, GrammarRefused, Grammars
from .faults import invalid
from .loading import Loaded
from .prompts import as_list, bias, checked_ids
from .sampling import Sampling
from .shapes import SamplingFields
from .shaping import Shape


def sampling(loaded: Loaded, asked: SamplingFields, limit: int, top: int) -> Sampling:
    """Options as the engine takes them. Raises RequestFault at the field that this model cannot follow."""
    return Sampling(
        limit,
        1.0 if asked.temperature is None else asked.temperature,
        1.0 if asked.top_p is None else asked.top_p,
        asked.min_p or 0.0,
        asked.seed,
        as_list(asked.stop),
        top,
        False,
        Shape(
            bias(loaded, asked.logit_bias),
            tuple(checked_ids(loaded, asked.allowed_token_ids or [], "/allowed_token_ids")),
            asked.presence_penalty or 0.0,
            asked.frequency_penalty or 0.0,
            1.0 if asked.repetition_penalty is None else asked.repetition_penalty,
            grammar(loaded, asked),
        ),
        bool(asked.ignore_eos),
        max(0, asked.top_k or 0),
        bool(asked.include_stop_str_in_output),
        asked.skip_special_tokens is False,
        frozenset(checked_ids(loaded, asked.stop_token_ids or [], "/stop_token_ids")),
        tuple(checked_ids(loaded, asked.logprob_token_ids or [], "/logprob_token_ids")),
    )


def grammar(loaded: Loaded, asked: SamplingFields) -> Grammar | None:
    """The grammar that an answer is held to, from `response_format` or `structured_outputs`."""
    form, own = asked.response_format, asked.structured_outputs
    formed = form is not None and form.type != "text"
    kinds = own.model_dump(by_alias=True, exclude_none=True) if own else {}
    kinds = {kind: value for kind, value in kinds.items() if value is not False}
    if formed and kinds:
        raise invalid("Give either response_format or structured_outputs.", "/structured_outputs", "one_of")
    if len(kinds) > 1:
        raise invalid("Give one of json, json_object, regex, choice and grammar.", "/structured_outputs", "one_of")
    if formed:
        if form.type == "json_object":
            return _compiled(loaded, "json_object", True, "/response_format")
        if form.json_schema is None:
            raise invalid("json_schema is missing.", "/response_format/json_schema", "missing")
        return _compiled(loaded, "json", form.json_schema.schema_, "/response_format/json_schema/schema")
    for kind, value in kinds.items():
        return _compiled(loaded, kind, value, f"/structured_outputs/{kind}")
    return None


def _compiled(loaded: Loaded, kind: str, value: Any, pointer: str) -> Grammar:
    try:
        grammars: Grammars = loaded.grammars
        match kind:
            case "json_object":
                return grammars.json_schema({"type": "object"})
            case "json":
                return grammars.json_schema(value)
            case "regex":
                return grammars.regex(value)
            case "choice":
                return grammars.choice(value)
            case _:
                return grammars.lark(value)
    except GrammarRefused as error:
        raise invalid(f"This cannot be held to: {error}", pointer, "grammar_refused") from None
