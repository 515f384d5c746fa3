"""Expected readings of trained variants: python -m reference.expect FOLDER ... [--items N] --out expected.json.

Answers are enumerated and probabilities exact; nothing is sampled."""

import argparse
import json
import sys
from pathlib import Path

from .world import World, find_world

# Passes with dropout are many: they are read on the model that was taught with it, and on one that was not.
_ONLY = {"dropout-uncertainty": ("reference-base-0", "reference-dropout-0")}


def expected(folder: Path, world: World, chosen: dict[str, list[str]] | None = None) -> dict:
    """Per benchmark: the metrics of the chosen items (those that a trial asks) and of all items of the world."""
    from .exact import ExactModel
    from .readings import READINGS

    model = ExactModel(folder)
    wanted = {name: make for name, make in READINGS.items() if folder.name in _ONLY.get(name, (folder.name,))}
    return {name: _told(make(model, world), (chosen or {}).get(name)) for name, make in wanted.items()}


def expected_jointly(folders: list[Path], world: World, chosen: dict[str, list[str]] | None = None) -> dict:
    """The same of benchmarks that ask several models at once."""
    from .exact import ExactModel
    from .readings import JOINT_READINGS

    models = [ExactModel(folder) for folder in folders]
    return {name: _told(make(models, world), (chosen or {}).get(name)) for name, make in JOINT_READINGS.items()}


def _told(reading, asked: list[str] | None) -> dict:
    """`reach`: from where to where a metric of the asked items may lie by the rounding of float32 alone."""
    return {
        "drawn": sorted(reading.drawn),
        "asked": {name: _json(value) for name, value in reading.of(asked).items()},
        "reach": reading.reach(asked),
        "all": {name: _json(value) for name, value in reading.of().items()},
        "items": len(asked) if asked is not None else len(reading.records),
        "of": len(reading.records),
    }


def _json(value: float | None) -> float | None:
    return None if value is None else float(value)


def chosen_items(world: World, count: int | None) -> dict[str, list[str]] | None:
    """The items that a trial of `count` asks: an even spread over each benchmark's items, classes kept in shares."""
    if count is None:
        return None
    from .readings import JOINT_READINGS, READINGS

    found = {}
    for benchmark in (*READINGS, *JOINT_READINGS):
        items = world.items(benchmark)
        step = max(1, len(items) // count)
        found[benchmark] = [item["id"] for item in items[::step]]
    return found


def main(arguments: list[str] | None = None) -> int:
    """Write the expected readings of each folder, by its name."""
    import torch

    from .readings import UNFIXED

    parser = argparse.ArgumentParser("reference.expect", description=__doc__)
    parser.add_argument("folders", nargs="+", help="variants' folders")
    parser.add_argument("--world", help="folder of the world they were taught (default: seed 0, from the cache)")
    parser.add_argument("--reduced", action="store_true", help="the small world of the tests")
    parser.add_argument("--items", type=int, help="items of each benchmark that a trial asks (default: all)")
    parser.add_argument("--ensemble", help="folders of models that are asked together, divided by commas")
    parser.add_argument("--out", required=True, help="file to write")
    given = parser.parse_args(arguments)
    # So small a model gains nothing from a second thread, and loses much where cores are shared.
    torch.set_num_threads(1)
    world = find_world(given.world, 0, given.reduced)
    chosen = chosen_items(world, given.items)
    variants = {}
    for folder in map(Path, given.folders):
        variants[folder.name] = expected(folder, world, chosen)
        sys.stderr.write(f"{folder.name}\n")
    if given.ensemble:
        seeds = given.ensemble.split(",")
        variants["ensemble"] = expected_jointly([Path(folder) for folder in seeds], world, chosen)
    Path(given.out).write_text(json.dumps({"items": chosen, "unfixed": UNFIXED, "variants": variants}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
