"""Answers that must fit a grammar (JSON schema, regular expression, choice): what may come next, by llguidance."""

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper

from .tokens import Tokens

# Grammars compiled before, per model: a benchmark asks thousands of times with one schema.
_KEPT = 64
# One blank at most between the parts of a JSON text: small models otherwise write blanks until the limit.
_JSON = {"whitespace_flexible": False, "item_separator": ", ?", "key_separator": ": ?"}


# As much of what llguidance says as a client can use: it quotes whole patterns, and dumps its state after some errors.
_LONGEST = 300


class GrammarRefused(ValueError):
    """A grammar that cannot be compiled; the message says why."""


def _reason(error: str) -> str:
    told = " ".join(error.split("<state>")[0].split())
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST // 2]} ... {told[-_LONGEST // 2 :]}"


class _Vocabulary:
    """What llguidance asks of a tokenizer."""

    def __init__(self, tokens: Tokens, eos: int):
        self.eos_token_id, self.bos_token_id = eos, tokens.bos
        self.special_token_ids = sorted(tokens.special)
        self.tokens = [tokens.piece(token) for token in range(tokens.vocabulary)]
        self._tokens = tokens

    def __call__(self, text: str) -> list[int]:
        return self._tokens.encode(text, special=False)


@dataclass(frozen=True, eq=False)
class Grammar:
    """A compiled grammar; each sample that must fit it takes a matcher of its own."""

    start: LLMatcher
    vocabulary: int

    def matcher(self) -> "Matcher":
        return Matcher(self.start.deep_copy(), self.vocabulary)


class Matcher:
    """How far one sample has come in its grammar."""

    def __init__(self, state: LLMatcher, vocabulary: int):
        self._state, self._vocabulary = state, vocabulary

    def allowed(self) -> np.ndarray:
        """Which tokens may come next: bool [vocabulary]. Raises GrammarRefused when the grammar's limits are hit."""
        bits = np.frombuffer(self._state.compute_bitmask(), dtype=np.uint8)
        if self._state.is_error():
            raise GrammarRefused(_reason(self._state.get_error()))
        mask = np.zeros(self._vocabulary, dtype=bool)
        found = np.unpackbits(bits, bitorder="little")[: self._vocabulary]
        mask[: len(found)] = found
        return mask

    def take(self, token: int) -> None:
        self._state.consume_token(token)

    @property
    def ended(self) -> bool:
        """Whether nothing can follow."""
        return self._state.is_stopped()


class Grammars:
    """Compiles grammars for one model's tokens."""

    def __init__(self, tokens: Tokens, stops: frozenset[int]):
        if not stops:
            raise GrammarRefused("This model has no token that ends an answer, so no grammar can be held.")
        self._vocabulary = tokens.vocabulary
        wrapped = TokenizerWrapper(_Vocabulary(tokens, min(stops)))
        self._tokenizer = LLTokenizer(wrapped, n_vocab=tokens.vocabulary, eos_token=sorted(stops))
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Grammar] = OrderedDict()

    def json_schema(self, schema: dict[str, Any] | bool | str) -> Grammar:
        """Grammar of the JSON texts that fit a schema, given as itself or as text. Raises GrammarRefused."""
        try:
            schema = json.loads(schema) if isinstance(schema, str) else schema
            if isinstance(schema, bool):
                schema = {} if schema else {"not": {}}
            return self._compiled(LLMatcher.grammar_from_json_schema(json.dumps(schema), defaults=_JSON))
        except ValueError as error:
            raise GrammarRefused(_reason(str(error))) from None

    def regex(self, pattern: str) -> Grammar:
        """Grammar of a regular expression (Rust's dialect). Raises GrammarRefused."""
        # It would be dropped in silence.
        if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
            raise GrammarRefused("the regular expression ends in a backslash that nothing follows")
        return self._compiled(LLMatcher.grammar_from_regex(pattern))

    def choice(self, options: list[str]) -> Grammar:
        """Grammar of one text out of several. Raises GrammarRefused."""
        return self.lark("start: " + " | ".join(json.dumps(option) for option in options))

    def lark(self, grammar: str) -> Grammar:
        """Grammar in Lark's notation. Raises GrammarRefused."""
        return self._compiled(LLMatcher.grammar_from_lark(grammar))

    def _compiled(self, text: str) -> Grammar:
        with self._lock:
            kept = self._kept.get(text)
            if kept is None:
                start = LLMatcher(self._tokenizer, text, log_level=0)
                if start.is_error():
                    raise GrammarRefused(_reason(start.get_error()))
                first = start.deep_copy()
                first.compute_bitmask()
                if first.is_error():
                    raise GrammarRefused("no text fits it")
                kept = self._kept[text] = Grammar(start, self._vocabulary)
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return kept
