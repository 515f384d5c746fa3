"""Expected readings of trained variants: python -m reference.expect FOLDER ... [--items N] --out expected.json.

Answers are enumerated and probabilities exact; nothing is sampled."""

import argparse
import json
import sys
from pathlib import Path

from .world import World, find_world


def expected(folder: Path, world: World, chosen: dict[str, list[str]] | None = None) -> dict:
    """Per benchmark: the metrics of the chosen items (those that a trial asks) and of all items of the world."""
    from .exact import ExactModel
    from .readings import READINGS

    model = ExactModel(folder)
    found = {}
    for benchmark, make in READINGS.items():
        reading = make(model, world)
        asked = (chosen or {}).get(benchmark)
        found[benchmark] = {
            "exact": reading.exact,
            "asked": {name: _json(value) for name, value in reading.of(asked).items()},
            "all": {name: _json(value) for name, value in reading.of().items()},
            "items": len(asked) if asked is not None else len(reading.records),
            "of": len(reading.records),
        }
    return found


def _json(value: float | None) -> float | None:
    return None if value is None else float(value)


def chosen_items(world: World, count: int | None) -> dict[str, list[str]] | None:
    """The items that a trial of `count` asks: an even spread over each benchmark's items, classes kept in shares."""
    if count is None:
        return None
    from .readings import READINGS

    found = {}
    for benchmark in READINGS:
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
    Path(given.out).write_text(json.dumps({"items": chosen, "unfixed": UNFIXED, "variants": variants}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
