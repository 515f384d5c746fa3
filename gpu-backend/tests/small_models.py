"""More tiny random models: Llamas, a GPT-2 with dropout of its own, a Gemma without, a BERT classifier."""

import shutil
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    GemmaConfig,
    GemmaForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from tests.conftest import PROSE, make_tokenizer, spread


def copy_tokenizer(source: Path, target: Path) -> int:
    """Put one folder's tokenizer beside another model; answers its size."""
    target.mkdir(parents=True)
    for file in source.iterdir():
        if file.name.startswith(("tokenizer", "special_tokens", "chat_template")):
            shutil.copy(file, target / file.name)
    return len(AutoTokenizer.from_pretrained(target))


def make_llama(folder: Path, size: int, seed: int, layers: int = 2) -> Path:
    """A Llama with other weights."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=size, hidden_size=32, intermediate_size=64, num_hidden_layers=layers, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=192, bos_token_id=1, eos_token_id=2, tie_word_embeddings=False,
    )  # fmt: skip
    LlamaForCausalLM(config).eval().save_pretrained(folder)
    return folder


def make_gpt2(folder: Path, size: int) -> Path:
    """A GPT-2: attention and residual dropout of its own."""
    config = GPT2Config(
        vocab_size=size, n_positions=128, n_embd=32, n_layer=2, n_head=4, bos_token_id=1, eos_token_id=2
    )  # fmt: skip
    spread(GPT2LMHeadModel(config)).save_pretrained(folder)
    return folder


def make_gemma(folder: Path, size: int) -> Path:
    """A Gemma: runs through transformers, and its blocks have no dropout but in attention."""
    config = GemmaConfig(
        vocab_size=size, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, max_position_embeddings=128, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    spread(GemmaForCausalLM(config)).save_pretrained(folder)
    return folder


def make_other_tokenizer(folder: Path) -> int:
    """A tokenizer that cuts texts otherwise."""
    folder.mkdir(parents=True)
    size = make_tokenizer(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["capital of France"])
    tokenizer.save_pretrained(folder)
    return size + 1


def make_classifier(folder: Path, labels: list[str]) -> Path:
    """A BERT that tells pairs of texts apart, with labels in the order given."""
    folder.mkdir(parents=True)
    words = sorted({word.strip(".,?").lower() for word in PROSE.split()})
    vocabulary = {word: at for at, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        model_max_length=64, model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    ).save_pretrained(folder)  # fmt: skip
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=64, num_labels=len(labels), id2label=dict(enumerate(labels)),
        label2id={label: at for at, label in enumerate(labels)},
    )  # fmt: skip
    spread(BertForSequenceClassification(config)).save_pretrained(folder)
    return folder
