"""Stages of the golden table: whole scenes, from settings to atoms.

Their settings need pydantic.  Without a KD-tree: cell lists are the reference of every other search.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
from stages import Arrays, stage

RECIPES = Path(__file__).resolve().parents[2] / "resources" / "recipes"
#: Largest values in a small version of a recipe.
MOST = {"width": 46.0, "height": 46.0, "thickness": 7.0, "gap": 2.0, "shells": 3, "count": 2, "radius": 9.0}
CARBON = {"kind": "amorphous", "name": "film", "thickness": 6.0}
SEATED = {"kind": "seated"}
BALL = {"kind": "sphere", "radius": 9.0}

#: One node of every kind that no shipped recipe holds, and all changes, each on a film of carbon.
NODES: dict[str, dict[str, Any]] = {
    "facets": {
        "kind": "particle",
        "volume": {"kind": "facets"},
        "orientation": {"kind": "spun", "tilt": 10.0},
        "defects": {"h": 1.0, "k": 1.0, "l": 1.0, "planes": [{"defect": "twin", "height": 2.0}]},
    },
    "compound": {
        "kind": "particle",
        "volume": {
            "kind": "compound",
            "operation": "difference",
            "parts": [
                {"name": "all", "volume": BALL},
                {"name": "bite", "x": 7.0, "volume": {"kind": "sphere", "radius": 5.0}},
            ],
        },
    },
    "octahedron": {"kind": "cluster", "motif": "octahedron", "shells": 5, "notch": 1},
    "five": {"kind": "multi_twin", "volume": BALL, "orientation": {"kind": "random"}},
    "twenty": {"kind": "multi_twin", "fold": "twenty", "volume": BALL},
    "tilt": {"kind": "bicrystal", "volume": BALL, "gap": 0.5},
    "grains": {"kind": "polycrystal", "volume": BALL, "grains": 3},
    "silica": {"kind": "amorphous", "film": False, "material": "silica", "volume": BALL, "priority": 0},
    "molecules": {"kind": "molecules", "on": "film", "number": 8},
    "void": {"kind": "void", "volume": {"kind": "cylinder", "radius": 7.0, "height": 40.0}},
    "group": {
        "kind": "group",
        "nodes": [
            {"kind": "cluster", "name": "one", "shells": 2, "placement": {"kind": "fixed", "x": 7.0}},
            {"kind": "cluster", "name": "two", "shells": 2, "placement": {"kind": "fixed", "x": -7.0}},
        ],
        "orientation": {"kind": "axis", "axis_x": 1.0, "angle": 30.0},
    },
    "changed": {
        "kind": "particle",
        "volume": BALL,
        "changes": [
            {"kind": "rotate", "name": "turn", "moves": "atoms", "angle": 20.0},
            {"kind": "strain", "name": "strain", "moves": "volume", "xx": 0.2},
            {"kind": "substitute", "name": "alloy", "element": "Au", "by": "Ag"},
            {"kind": "surface_relaxation", "name": "relaxed"},
            {"kind": "vacancies", "name": "vacancies", "where": "surface", "share": 0.1},
            {"kind": "displace", "name": "warm"},
            {"kind": "strain_gradient", "name": "gradient"},
            {"kind": "bend", "name": "bent"},
        ],
    },
}


def smaller(value: Any) -> Any:
    """A recipe's tree with everything that makes it large made small."""
    if isinstance(value, dict):
        return {
            key: min(inner, MOST[key]) if key in MOST and isinstance(inner, (int, float)) else smaller(inner)
            for key, inner in value.items()
        }
    return [smaller(inner) for inner in value] if isinstance(value, list) else value


def built(name: str, tree: dict[str, Any]) -> dict[str, np.ndarray]:
    """Everything of one scene."""
    from sim.core.settings import validate
    from sim.specimen.scene.build import build_scene
    from sim.specimen.scene.members import expanded
    from sim.specimen.scene.settings import SceneSpecimen

    settings = expanded(validate(SceneSpecimen, tree, root="specimen"))
    made = build_scene(settings, {}, 20261121, search=None)
    parts = dict(made.parts)
    kinds = [made.structure.numbers, *(parts.pop(key) for key in ("object", "grain", "side"))]
    found = {"positions": made.structure.positions, "kinds": np.stack(kinds, axis=1)}
    # Small tables of the objects go into one.
    every = [parts.pop(key).reshape(len(made.parts["origins"]), -1) for key in ("motions", "placed", "radii")]
    found["objects"] = np.concatenate([parts.pop("origins"), *every], axis=1)
    found |= {key: value for key, value in parts.items() if len(value)}
    return {f"{name} {key}": np.asarray(value) for key, value in found.items()}


@stage("scene.recipes", "pydantic")
def _recipes() -> Arrays:
    found: dict[str, np.ndarray] = {}
    for path in sorted(RECIPES.glob("scene_*.toml")):
        tree = tomllib.loads(path.read_text(encoding="utf-8"))["specimen"]
        found |= built(path.stem, smaller(tree))
    return found


@stage("scene.nodes", "pydantic")
def _nodes() -> Arrays:
    found: dict[str, np.ndarray] = {}
    for name, node in NODES.items():
        placed = node if node["kind"] in {"molecules", "void"} else {"placement": SEATED, **node}
        nodes = [{"name": name, **placed}, CARBON]
        found |= built(name, {"kind": "scene", "width": 40.0, "height": 38.0, "nodes": nodes})
    return found
