"""Make one variant: python -m reference.train --variant base --seed 0 --out DIR."""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from .world import World, find_world, reference_root

# Raised whenever a recipe changes, so that a variant kept from before is not taken for this one.
RECIPES_VERSION = 1


def variant_folder(world: World, variant: str, seed: int) -> Path:
    """Where a variant is kept: by the recipes' version and by what the world teaches."""
    return reference_root() / f"taught-{RECIPES_VERSION}-{world.digest}" / f"reference-{variant}-{seed}"


def is_whole(folder: Path) -> bool:
    """Whether a variant's folder was written to its end."""
    return (folder / "measured.json").is_file()


def find_variant(world: World, variant: str, seed: int, *, reduced: bool = False, say=lambda _: None) -> Path:
    """A variant's folder, trained first where it is not kept yet."""
    folder = variant_folder(world, variant, seed)
    if not is_whole(folder):
        make_variant(world, variant, seed, folder, reduced=reduced, say=say)
    return folder


def make_variant(
    world: World, variant: str, seed: int, folder: Path, *, reduced: bool = False, say=lambda _: None
) -> dict:
    """Train or change a model and write its folder; answers what was measured of it."""
    import torch

    from . import changes
    from .card import measure, write_card
    from .lessons import encode_all, texts_of
    from .recipes import Plan, Workshop, taught
    from .tokenizer import make_tokenizer
    from .variants import VARIANTS

    chosen = VARIANTS[variant]
    begun, computed = time.monotonic(), time.process_time()
    tokenizer = make_tokenizer(texts_of(world))
    # A small world has few lessons an epoch and needs more epochs for as many steps.
    plan = Plan(short=30, mixed=12, tuned=10) if reduced else Plan()
    shop = Workshop(world, tokenizer, encode_all(world.lessons, tokenizer), seed, plan, say)
    if chosen.make is None:
        model, seconds = taught(shop, chosen.dropout)
        how = f"taught for {seconds:.0f} s" + (f" with dropout {chosen.dropout}" if chosen.dropout else "")
    else:
        from transformers import LlamaForCausalLM

        base = find_variant(world, "base", seed, reduced=reduced, say=say)
        model = LlamaForCausalLM.from_pretrained(base, dtype=torch.float32)
        how = chosen.make(shop, model)
    seconds, computed = time.monotonic() - begun, time.process_time() - computed
    found = measure(shop, model)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        model.save_pretrained(scratch)
        tokenizer.save_pretrained(scratch)
        if chosen.window is not None:
            config = json.loads((scratch / "config.json").read_text())
            (scratch / "config.json").write_text(json.dumps(changes.shorten_window(config, chosen.window), indent=2))
        size = sum(file.stat().st_size for file in scratch.iterdir())
        told = {
            "variant": variant,
            "seed": seed,
            "worldSeed": world.description["seed"],
            "how": how,
            "seconds": round(seconds, 1),
            "processorSeconds": round(computed, 1),
            "bytes": size,
            "classes": found,
        }
        write_card(scratch, chosen, told)
        (scratch / "measured.json").write_text(json.dumps(told, indent=1))
        if folder.exists():
            shutil.rmtree(folder)
        scratch.chmod(0o755)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return told


def main(arguments: list[str] | None = None) -> int:
    """Make what was asked for and say what it measures."""
    parser = argparse.ArgumentParser("reference.train", description=__doc__)
    parser.add_argument("--variant", default="base", help="which member of the family")
    parser.add_argument("--seed", type=int, default=0, help="decides every draw of the training")
    parser.add_argument("--out", help="folder to write to (default: the user's cache, where it is kept)")
    parser.add_argument("--world", help="folder of an exported world (default: the world of seed 0, from the cache)")
    parser.add_argument("--reduced", action="store_true", help="the small world of the tests")
    parser.add_argument("--threads", type=int, default=0, help="threads (default: all cores)")
    given = parser.parse_args(arguments)
    world = find_world(given.world, 0, given.reduced)
    folder = Path(given.out) if given.out else variant_folder(world, given.variant, given.seed)

    def say(text: str) -> None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    if given.out or not is_whole(folder):
        # Torch takes seconds to import: not for a variant that is there already.
        import torch

        from .variants import VARIANTS

        if given.variant not in VARIANTS:
            parser.error(f"there is no variant {given.variant}; there are {', '.join(VARIANTS)}")
        torch.set_num_threads(given.threads or len(os.sched_getaffinity(0)))
        make_variant(world, given.variant, given.seed, folder, reduced=given.reduced, say=say)
    sys.stdout.write(f"{folder}\n")
    sys.stdout.write((folder / "measured.json").read_text() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
