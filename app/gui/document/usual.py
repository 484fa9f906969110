"""What goes with a specimen of another kind, unless the user chose otherwise: its pose, its image size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.imaging.settings import ImageSettings
from sim.recipe.kinds import SPECIMENS
from sim.recipe.model import Recipe, usual_pose

#: The setting that says what is imaged.
KIND = "specimen.kind"
#: The kind of specimen that has a size of its own in the image plane.
SCENE = "scene"
SIDES = ("width", "height")


def with_usual(recipe: Recipe, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Values that are set, with what is usual for the kind of specimen that they choose.

    Parameters
    ----------
    recipe
        The recipe before; what is not as usual in it was chosen, and stays.
    values
        By path.
    """
    before, after = recipe.specimen.kind, values.get(KIND)
    if after not in SPECIMENS or after == before:
        return values
    found: dict[str, Any] = {}
    pose = usual_pose(before)
    chosen = any(path.startswith("pose.") for path in values)
    if not chosen and recipe.pose == pose and pose.kind != usual_pose(after).kind:
        found["pose.kind"] = usual_pose(after).kind
    # The image of a scene is as large as the scene; a cluster lies in the middle of an image of any size.
    old, new = _usual_size(before), _usual_size(after)
    if old != new and all(getattr(recipe.image, side) == old[side] for side in SIDES):
        found |= {f"image.{side}": new[side] for side in SIDES}
    return {**found, **values}


def _usual_size(kind: str) -> dict[str, Any]:
    """Width and height of images of a kind of specimen where nothing else is said."""
    fields = ImageSettings.model_fields
    return {side: "auto" if kind == SCENE else fields[side].default for side in SIDES}
