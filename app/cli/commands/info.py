"""``nanophantom info``: what a dataset holds."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from app.amounts import bytes_text
from app.cli.output import print_table
from app.cli.parser import Parser
from app.cli.streams import show
from app.dataset_recipe import runnable
from app.remarks import flag_warnings

DESCRIPTION = """\
Say what a dataset holds: images, classes, splits, recipe, versions.

Nothing is hashed; nanophantom verify does that.  With its recipe a dataset can be made larger:

    nanophantom info my_dataset --recipe > larger.toml
    nanophantom run larger.toml --images 10000 --output larger
"""


def add_arguments(parser: Parser) -> None:
    parser.add_argument("dataset", metavar="DIR", help="folder of the dataset")
    parser.add_argument("--json", action="store_true", help="dataset.json as it stands")
    parser.add_argument(
        "--recipe", action="store_true",
        help="the recipe as TOML, ready for nanophantom run; structures are read from this dataset's own "
        "snapshots, by their absolute paths",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    from sim.dataset.info import describe

    facts = describe(Path(arguments.dataset))
    if arguments.json:
        show(json.dumps(facts, indent=2, ensure_ascii=False))
    elif arguments.recipe:
        from sim.recipe.toml import dump_recipe

        show(dump_recipe(runnable(Path(arguments.dataset), facts["recipe"])).rstrip())
    else:
        print_table(_rows(facts))
    return 0


def _rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    height, width = facts["shape"]
    software = facts["software"]
    recipe = facts["recipe"]
    pixel = "varies" if facts["pixel_size"] is None else f"{facts['pixel_size']:g} Å"
    rows = [
        ("name", facts["name"]),
        ("description", recipe.get("description", "")),
        ("version", facts["dataset_version"]),
        ("images", f"{facts['images']} of {height} x {width} px, {facts['dtype']}, pixel {pixel}"),
    ]
    if facts["state"] == "unfinished":
        rows.append(("unfinished", f"{facts['done']} images are made; go on with --resume"))
    else:
        rows.append(("classes", _counts(facts["classes"])))
        for name, split in facts["splits"].items():
            if split["images"]:
                rows.append((name, f"{split['images']} images ({_counts(split['classes'])})"))
        rows.append(("arrays", ", ".join(entry["name"] for entry in facts["arrays"])))
        extras = (f"{name} {_sides(shape)}" for name, shape in facts["extras"].items())
        rows.append(("extras", ", ".join(extras)))
        rows.append(("tier B", ", ".join(entry["name"] for entry in facts["arrays"] if entry["tier"] == "B")))
        rows += [("flagged", sentence) for sentence in flag_warnings(facts["flagged"], facts["images"])]
        rows += [("made with", _environment(entry["environment"])) for entry in facts["environments"]]
    rows += [
        ("varied", ", ".join(entry["path"] for entry in recipe.get("vary", [])) or "nothing"),
        ("noise", facts["noise"]),
        ("seed", str(recipe["seed"])),
        ("on disk", f"{bytes_text(facts['bytes'])} in {facts['shards']} shards"),
        ("licence", facts.get("licence", "")),
        (
            "made",
            f"{facts['created_at']} by {software['name']} {software['version']} ({software['git_tag']})",
        ),
        ("content_sha256", facts.get("content_sha256", "")),
    ]
    return [(name, text) for name, text in rows if text]


def _sides(shape: list[int]) -> str:
    return " x ".join(map(str, shape))


def _environment(found: dict[str, Any]) -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in found.get("libraries", {}).items())
    return f"{libraries} on {found.get('machine', '?')}"


def _counts(classes: dict[str, int], most: int = 12) -> str:
    shown = [f"{count} {name}" for name, count in list(classes.items())[:most]]
    return ", ".join(shown) + (f" and {len(classes) - most} more classes" if len(classes) > most else "")
