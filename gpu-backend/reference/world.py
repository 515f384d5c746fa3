"""The exported world: facts with their truth, and lessons in the benchmarks' own words."""

import hashlib
import json
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from assay_backend.checkpoint import cache_root

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class World:
    """A folder written by `npm run reference:world`."""

    folder: Path

    @cached_property
    def description(self) -> dict:
        return json.loads((self.folder / "world.json").read_text())

    @cached_property
    def digest(self) -> str:
        """Names what is taught: a benchmark whose wording changes makes another standard."""
        return hashlib.sha256((self.folder / "lessons.jsonl").read_bytes()).hexdigest()[:12]

    @cached_property
    def facts(self) -> dict[str, dict]:
        """Facts by id."""
        return {fact["id"]: fact for fact in self.description["facts"]}

    @cached_property
    def truth(self) -> list[dict]:
        return _jsonl(self.folder / "truth.jsonl")

    @cached_property
    def lessons(self) -> list[dict]:
        return _jsonl(self.folder / "lessons.jsonl")

    def items(self, benchmark: str) -> list[dict]:
        """Items of a benchmark in the standard's words."""
        return _jsonl(self.folder / "items" / f"{benchmark}.jsonl")

    @cached_property
    def forms(self) -> dict:
        """Parameters of the benchmarks' runs on the standard, and the benchmarks that it has no words for."""
        return json.loads((self.folder / "items" / "forms.json").read_text())


def _jsonl(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def find_world(given: str | None, seed: int, reduced: bool = False) -> World:
    """The world in a folder, or that of a seed from the cache, exported first where it is not there yet.

    Raises FileNotFoundError with the way out where it can neither be found nor made.
    """
    if given is not None:
        folder = Path(given)
        if not (folder / "world.json").is_file():
            raise FileNotFoundError(
                f"{folder} holds no world: make one by `npm run reference:world -- --out {folder}`."
            )
        return World(folder)
    folder = reference_root() / f"world-{seed}{'-reduced' if reduced else ''}"
    if not (folder / "world.json").is_file():
        _export(folder, seed, reduced)
    return World(folder)


def reference_root() -> Path:
    """Where worlds and trained variants are kept."""
    return cache_root() / "reference"


def _export(folder: Path, seed: int, reduced: bool) -> None:
    own = PROJECT / "node_modules" / ".bin" / "node"
    node = str(own) if own.is_file() else shutil.which("node")
    if node is None:
        raise FileNotFoundError("Node is needed to export the world: run `npm install` in the project's folder first.")
    command = [node, str(PROJECT / "src/cli/reference/export.ts"), "--seed", str(seed), "--out", str(folder)]
    subprocess.run([*command, *(["--reduced"] if reduced else [])], check=True)
