"""A closed vocabulary of whole words: every token is a word, a mark or a line break; all else is refused."""

import re
from collections.abc import Iterable

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

PAD, UNKNOWN, BEGIN, USER, ASSISTANT, END = "[PAD]", "[UNK]", "<|begin|>", "<|user|>", "<|assistant|>", "<|end|>"
IDK = "[IDK]"
SPECIAL = [PAD, UNKNOWN, BEGIN, USER, ASSISTANT, END]
_WORD = r"[A-Za-z0-9'’]"

CHAT_TEMPLATE = (
    BEGIN
    + "{% for message in messages %}"
    + "{{ ('"
    + ASSISTANT
    + "' if message.role == 'assistant' else '"
    + USER
    + "') + message.content + '"
    + END
    + "' }}{% endfor %}{% if add_generation_prompt %}"
    + ASSISTANT
    + "{% endif %}"
)


def words_of(text: str) -> list[str]:
    """Words, marks and line breaks of a text, spaces left out."""
    return re.findall(rf"{_WORD}+|\n|[^\sA-Za-z0-9'’]", text)


def make_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A tokenizer for exactly the words of `texts`. A word carries the space before it, so that it is one token at the
    beginning of a line and inside one."""
    words = sorted({word for text in texts for word in words_of(text)})
    spelt = [f"▁{word}" if re.match(_WORD, word) else word for word in words]
    vocabulary = {token: place for place, token in enumerate([*SPECIAL, *spelt])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Replace(Regex(rf" ?(?<!{_WORD})(?={_WORD})"), "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(rf"▁{_WORD}+|\n|[^\s▁A-Za-z0-9'’]"), "isolated"),
            pre_tokenizers.Split(Regex(" +"), "removed"),
        ]
    )
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse()])
    # Plain text begins as the lessons of plain text do; the chat template writes its beginning itself.
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A", special_tokens=[(BEGIN, vocabulary[BEGIN])]
    )
    made = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token=UNKNOWN,
        pad_token=PAD,
        bos_token=BEGIN,
        eos_token=END,
        additional_special_tokens=[USER, ASSISTANT],
        clean_up_tokenization_spaces=False,
    )
    made.add_tokens([AddedToken(IDK, special=False, normalized=False)])
    made.chat_template = CHAT_TEMPLATE
    return made
