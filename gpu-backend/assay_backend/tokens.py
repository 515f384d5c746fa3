"""Text to token ids and back, with the exact bytes of each token."""

import json
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

from transformers import AutoTokenizer

from .faults import invalid


def _byte_of_character() -> dict[str, int]:
    """The byte that each printable stand-in of byte-level BPE means (GPT-2's table, inverted)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {chr(byte): byte for byte in plain}
    spare = 0
    for byte in range(256):
        if byte not in plain:
            table[chr(256 + spare)] = byte
            spare += 1
    return table


@dataclass(frozen=True)
class Encoding:
    """Token ids of a text, and for each the byte range of the text that it covers."""

    ids: list[int]
    starts: list[int]
    ends: list[int]


class Tokens:
    """A fast tokenizer with byte-exact pieces and its chat template."""

    def __init__(self, folder: Path, vocabulary: int | None = None):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        if not self.tokenizer.is_fast:
            raise ValueError("The model's tokenizer has no fast version, which offsets need.")
        self.vocabulary = vocabulary or len(self.tokenizer)
        backend = json.loads(self.tokenizer.backend_tokenizer.to_str())
        kinds = json.dumps([backend.get("decoder"), backend.get("pre_tokenizer")], ensure_ascii=False)
        self._scheme = (
            "bytes" if '"ByteLevel"' in kinds else "spaces" if "\u2581" in kinds or '"Metaspace"' in kinds else "plain"
        )
        self._pieces: dict[int, bytes] = {}
        # A vocabulary of whole words is closed: what it lacks would all be read as one and the same unknown word.
        closed = backend.get("model", {}).get("type") == "WordLevel"
        self._unknown: int | None = self.tokenizer.unk_token_id if closed else None

    @cached_property
    def _added(self) -> dict[int, str]:
        return {index: token.content for index, token in self.tokenizer.added_tokens_decoder.items()}

    @cached_property
    def special(self) -> frozenset[int]:
        """Ids that mark structure and never count as text."""
        return frozenset(self.tokenizer.all_special_ids)

    @property
    def bos(self) -> int | None:
        """Id of the token that begins a text, when the tokenizer has one."""
        return self.tokenizer.bos_token_id

    def piece(self, token: int) -> bytes:
        """The bytes that a token stands for (its literal name for a special token)."""
        found = self._pieces.get(token)
        if found is None:
            found = self._pieces[token] = self._spell(token)
        return found

    def _spell(self, token: int) -> bytes:
        if token in self._added:
            return self._added[token].encode()
        name = self.tokenizer.convert_ids_to_tokens(token) if token < len(self.tokenizer) else None
        if name is None:
            return b""
        if self._scheme == "bytes":
            try:
                return bytes(_STAND_INS[character] for character in name)
            except KeyError:
                return name.encode()
        if self._scheme == "spaces":
            if len(name) == 6 and name.startswith("<0x") and name.endswith(">"):
                return bytes([int(name[3:5], 16)])
            return name.replace("\u2581", " ").encode()
        return self.tokenizer.decode([token]).encode()

    def decode(self, ids: list[int], keep_special: bool = False) -> str:
        """Text of the tokens; bytes that are no UTF-8 become U+FFFD."""
        kept = ids if keep_special else [token for token in ids if token not in self.special]
        return b"".join(map(self.piece, kept)).decode("utf-8", "replace")

    def encode(self, text: str, special: bool | None = None) -> list[int]:
        """Ids of a text; `special` adds the tokenizer's own frame (such as BOS), by default as the tokenizer does."""
        ids = self.tokenizer.encode(text, add_special_tokens=special is not False)
        if self._unknown is not None and self._unknown in ids:
            self._refuse(text)
        return ids

    def encode_spans(self, text: str, special: bool = False) -> Encoding:
        """Ids of a text with byte ranges; tokens that the frame adds cover nothing."""
        encoded = self.tokenizer(
            text, add_special_tokens=special, return_offsets_mapping=True, return_special_tokens_mask=True
        )
        ids, offsets = encoded["input_ids"], encoded["offset_mapping"]
        if self._unknown is not None and self._unknown in ids:
            self._refuse(text)
        data = text.encode()
        framed = [low == high for low, high in offsets]
        pieces = [
            b"" if empty and token in self.special else self.piece(token)
            for token, empty in zip(ids, framed, strict=True)
        ]
        spelt = b"".join(pieces)
        if spelt not in (data, b" " + data):
            return Encoding(ids, *_by_characters(text, offsets, pieces))
        # A space that the tokenizer puts before every text covers nothing of it.
        starts, ends, at = [], [], len(data) - len(spelt)
        for piece in pieces:
            starts.append(max(0, at))
            at += len(piece)
            ends.append(max(0, at))
        return Encoding(ids, starts, ends)

    def _refuse(self, text: str) -> None:
        """Tell the words that a closed vocabulary lacks."""
        encoded = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        spans = zip(encoded["input_ids"], encoded["offset_mapping"], strict=True)
        lacking = list(dict.fromkeys(text[low:high].strip() for token, (low, high) in spans if token == self._unknown))
        shown = ", ".join(map(repr, lacking[:5])) + (" and others" if len(lacking) > 5 else "")
        raise invalid(f"This model's closed vocabulary lacks {shown}.", "", "out_of_vocabulary")

    def render(
        self, messages: list[dict], answer_prefix: str = "", generation: bool = True, go_on: bool = False
    ) -> str:
        """The conversation by the model's chat template, up to the answer and its forced beginning; with `go_on` up to
        the end of the last message's text, without what the template puts before or after an answer."""
        if not self.tokenizer.chat_template:
            raise ValueError("This model has no chat template: ask it by prompt instead of messages.")
        text = self.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=generation and not go_on, continue_final_message=go_on
        )
        return text + answer_prefix


def _by_characters(text: str, offsets: list[tuple[int, int]], pieces: list[bytes]) -> tuple[list[int], list[int]]:
    """Byte ranges for a tokenizer that rewrites its text (folds an accent, drops a space) and so knows characters only.
    Tokens that share a character share its bytes: by their own where these are as many, else evenly."""
    reach = [0]
    for character in text:
        reach.append(reach[-1] + len(character.encode()))
    starts, ends = [], []
    for span, run in groupby(zip(offsets, pieces, strict=True), key=lambda pair: pair[0]):
        low, high = span
        while low < high < len(text) and unicodedata.combining(text[high]):
            # A mark that was drawn into the character before it.
            high += 1
        sizes = [len(piece) for _, piece in run]
        whole = reach[high] - reach[low]
        edges = [sum(sizes[:at]) for at in range(len(sizes) + 1)]
        if edges[-1] != whole:
            edges = [at * whole // len(sizes) for at in range(len(sizes) + 1)]
        starts += [reach[low] + edge for edge in edges[:-1]]
        ends += [reach[low] + edge for edge in edges[1:]]
    return starts, ends


_STAND_INS = _byte_of_character()
