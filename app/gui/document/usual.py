"""What goes with a specimen or an imaging model of another kind, unless the user chose otherwise.

A specimen brings its pose and its image size; the annular detector is called otherwise in the fast model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.gui.document.placing import usual
from app.gui.document.sections import kinds_of
from sim.imaging.settings import ImageSettings
from sim.recipe.kinds import SPECIMENS
from sim.recipe.model import Recipe, usual_pose

#: The setting that says what is imaged.
KIND = "specimen.kind"
MODEL = "imaging.model"
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
        By path; ``specimen.kind`` or ``imaging.model`` among them bring more.
    """
    values = {**_ring(recipe, values), **values}
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


def _ring(recipe: Recipe, values: Mapping[str, Any]) -> dict[str, Any]:
    """The angles of the annular detector under the names that another imaging model has for them."""
    imaging, model = recipe.imaging, values.get(MODEL)
    if imaging.model == "stem" and model == "probe":
        first = imaging.detectors[0]
        if first.kind == "annular":
            return {"imaging.inner": first.inner, "imaging.outer": first.outer}
    if imaging.model == "probe" and model == "stem":
        (detector,) = usual(kinds_of("imaging")["stem"], "detectors")
        ring = detector.model_copy(update={"inner": imaging.inner, "outer": imaging.outer})
        return {"imaging.detectors": [ring.tree()]}
    return {}


def _usual_size(kind: str) -> dict[str, Any]:
    """Width and height of images of a kind of specimen where nothing else is said."""
    fields = ImageSettings.model_fields
    return {side: "auto" if kind == SCENE else fields[side].default for side in SIDES}
