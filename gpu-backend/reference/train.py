"""Make variants: python -m reference.train --variant base --seed 0 --out DIR."""

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
RECIPES_VERSION = 2


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
        make_variant(open_shop(world, seed, reduced=reduced, say=say), variant, folder)
    return folder


def open_shop(world: World, seed: int, *, reduced: bool = False, say=lambda _: None):
    """Lessons, vocabulary and plan of a seed, for as many variants as are made of it."""
    from .lessons import encode_all, texts_of
    from .recipes import Plan, Workshop
    from .tokenizer import make_tokenizer

    tokenizer = make_tokenizer(texts_of(world))
    # A small world has few lessons an epoch and needs more epochs for as many steps.
    plan = Plan(short=30, mixed=12, tuned=10) if reduced else Plan()
    return Workshop(world, tokenizer, encode_all(world.lessons, tokenizer), seed, plan, say)


def make_variant(shop, variant: str, folder: Path) -> dict:
    """Train or change a model and write its folder; answers what was measured of it."""
    import torch
    from transformers import LlamaForCausalLM

    from . import changes
    from .card import measure, write_card
    from .recipes import taught
    from .variants import VARIANTS

    chosen = VARIANTS[variant]
    begun, computed = time.monotonic(), time.process_time()
    if chosen.make is None:
        model, _ = taught(shop, chosen.dropout, chosen.in_pairs)
        how = "taught from the beginning"
        how += f" with dropout {chosen.dropout}" if chosen.dropout else " with pairs of answers" * chosen.in_pairs
    else:
        base = variant_folder(shop.world, "base", shop.seed)
        if not is_whole(base):
            make_variant(shop, "base", base)
        model = LlamaForCausalLM.from_pretrained(base, dtype=torch.float32)
        how = chosen.make(shop, model)
    seconds, computed = time.monotonic() - begun, time.process_time() - computed
    found = measure(shop, model)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        model.save_pretrained(scratch)
        shop.tokenizer.save_pretrained(scratch)
        if chosen.window is not None:
            config = json.loads((scratch / "config.json").read_text())
            (scratch / "config.json").write_text(json.dumps(changes.shorten_window(config, chosen.window), indent=2))
        told = {
            "variant": variant,
            "seed": shop.seed,
            "worldSeed": shop.world.description["seed"],
            "how": how,
            "seconds": round(seconds, 1),
            "processorSeconds": round(computed, 1),
            "bytes": sum(file.stat().st_size for file in scratch.iterdir()),
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
    parser.add_argument("--variant", default="base", help="members of the family, divided by commas")
    parser.add_argument("--seed", type=int, default=0, help="decides every draw of the training")
    parser.add_argument("--out", help="folder to write to (default: the user's cache, where it is kept)")
    parser.add_argument("--world", help="folder of an exported world (default: the world of seed 0, from the cache)")
    parser.add_argument("--reduced", action="store_true", help="the small world of the tests")
    parser.add_argument("--threads", type=int, default=0, help="threads (default: all cores)")
    given = parser.parse_args(arguments)
    world = find_world(given.world, 0, given.reduced)
    names = given.variant.split(",")
    if given.out and len(names) > 1:
        parser.error("--out takes one variant")
    folders = {name: Path(given.out) if given.out else variant_folder(world, name, given.seed) for name in names}
    wanted = [name for name in names if given.out or not is_whole(folders[name])]

    def say(text: str) -> None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    if wanted:
        # Torch takes seconds to import: not for variants that are there already.
        import torch

        from .variants import VARIANTS

        for name in wanted:
            if name not in VARIANTS:
                parser.error(f"there is no variant {name}; there are {', '.join(VARIANTS)}")
        torch.set_num_threads(given.threads or len(os.sched_getaffinity(0)))
        shop = open_shop(world, given.seed, reduced=given.reduced, say=say)
        for name in wanted:
            say(name)
            make_variant(shop, name, folders[name])
    for folder in folders.values():
        sys.stdout.write(f"{folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
