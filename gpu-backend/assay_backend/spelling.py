"""The text that tokens spell: where in it each token begins, which stop string cuts it, and how much may be told."""

import codecs
from bisect import bisect_left
from dataclasses import dataclass, field

from .tokens import Tokens

_Decoder = codecs.getincrementaldecoder("utf-8")


@dataclass
class Spelling:
    """Text of tokens as they come; bytes that are no UTF-8 become U+FFFD. `offsets` are where each token begins, in
    characters; one that goes on with a character that another began has that character's. A stop string ends the text,
    which keeps it only with `keep_stop`; tokens that mark structure are spelled only with `special`."""

    tokens: Tokens
    stops: tuple[str, ...] = ()
    keep_stop: bool = False
    special: bool = False
    text: str = ""
    offsets: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._decoder = _Decoder("replace")
        self._longest = max(map(len, self.stops), default=0)

    def add(self, token: int, last: bool = False) -> str | None:
        """Spell one more token, `last` where no other follows; answers the stop string that ends the text."""
        shown = self.special or token not in self.tokens.special
        begun = self._decoder.getstate()[0].decode("utf-8", "replace")
        before = len(self.text)
        self.text += self._decoder.decode(self.tokens.piece(token) if shown else b"", last)
        # What was begun and came to nothing stands before this token.
        self.offsets.append(before + (len(begun) if begun and self.text.startswith(begun, before) else 0))
        return self._stopped(before)

    def close(self) -> str | None:
        """Spell what is left of bytes; answers the stop string that ends the text."""
        before = len(self.text)
        self.text += self._decoder.decode(b"", True)
        return self._stopped(before)

    def _stopped(self, before: int) -> str | None:
        start = max(0, before - self._longest)
        hits = [(at, stop) for stop in self.stops if (at := self.text.find(stop, start)) >= 0]
        if not hits:
            return None
        at, stop = min(hits)
        self.text = self.text[: at + (len(stop) if self.keep_stop else 0)]
        # Tokens that begin at or after the cut are no part of the text.
        del self.offsets[bisect_left(self.offsets, len(self.text)) :]
        return stop

    def sure(self) -> tuple[int, int]:
        """How many characters, and how many tokens, no stop string can take back any more."""
        if not self.stops:
            return len(self.text), len(self.offsets)
        lengths = (k for stop in self.stops for k in range(1, len(stop)) if self.text.endswith(stop[:k]))
        end = len(self.text) - max(lengths, default=0)
        return end, bisect_left(self.offsets, end)


def spelled(tokens: Tokens, ids: list[int], text: str | None = None) -> tuple[str, list[int]]:
    """A prompt's text, by its tokens where it was given as ids, and where in it each token begins. Tokens that frame a
    given text, such as a beginning one, cover nothing of it."""
    spelling = Spelling(tokens, special=True)
    for token in ids:
        spelling.add(token)
    spelling.close()
    if text is None:
        return spelling.text, spelling.offsets
    lead = max(0, spelling.text.find(text))
    return text, [min(max(0, offset - lead), len(text)) for offset in spelling.offsets]
