"""Tokenizers that do not cut a text as it stands: Llama 2's, which writes a space before it and spaces as signs, and
Qwen's, which composes accents."""

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from assay_backend.tokens import Tokens


@pytest.fixture(scope="module")
def spaced(tmp_path_factory) -> Tokens:
    """Laid out as the tokenizer.json of Llama 2 and Mistral: no pre-tokenizer, bytes as a fallback."""
    names = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    names += ["▁", "T", "h", "e", "▁T", "▁Th", "▁The", "c", "▁c", "a", "▁ca", "t", "▁cat"]
    merges = [("▁", "T"), ("▁T", "h"), ("▁Th", "e"), ("▁", "c"), ("▁c", "a"), ("▁ca", "t")]
    vocabulary = {name: at for at, name in enumerate(names)}
    made = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    folder = tmp_path_factory.mktemp("spaced")
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    PreTrainedTokenizerFast(tokenizer_object=made, **special).save_pretrained(folder)
    return Tokens(folder)


@pytest.fixture(scope="module")
def composing(tmp_path_factory) -> Tokens:
    """Byte-level, after composing accents."""
    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(["a"], trainers.BpeTrainer(initial_alphabet=alphabet, special_tokens=["<e>"]))
    folder = tmp_path_factory.mktemp("composing")
    PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<e>").save_pretrained(folder)
    return Tokens(folder)


def test_spaces_written_as_signs_are_spaces(spaced):
    ids = spaced.encode("The cat é😀")
    assert [spaced.piece(token) for token in ids[:3]] == [b" The", b" cat", b" "]
    assert spaced.decode(ids) == " The cat é😀" and spaced.piece(ids[3]) == "é".encode()[:1]


def test_a_space_before_every_text_covers_nothing(spaced):
    encoding = spaced.encode_spans("The é cat")
    assert (encoding.starts, encoding.ends) == ([0, 3, 4, 5, 6], [3, 4, 5, 6, 10])
    encoding = spaced.encode_spans("😀")
    assert (encoding.starts, encoding.ends) == ([0, 0, 1, 2, 3], [0, 1, 2, 3, 4])


def test_tokens_of_one_character_share_its_bytes_after_a_rewrite(composing):
    for text, ranges in (
        ("e\u0301😀", [(0, 1), (1, 3), (3, 4), (4, 5), (5, 6), (6, 7)]),
        ("\u212ba", [(0, 1), (1, 3), (3, 4)]),
    ):
        encoding = composing.encode_spans(text)
        found = list(zip(encoding.starts, encoding.ends, strict=True))
        assert found == ranges and found[-1][1] == len(text.encode())
