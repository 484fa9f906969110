"""What goes with a specimen or an imaging model of another kind, unless the user chose otherwise.

A specimen brings its pose and its image size, and where it yields something else than the one before, a model
that can image it, its scale, dose and labels; the annular detector is called otherwise in the fast model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.gui.document.placing import usual
from app.gui.document.reading import default_of
from app.gui.document.sections import PRESET, kinds_of
from sim.imaging.settings import ImageSettings
from sim.labels.settings import LabelSettings
from sim.recipe.kinds import IMAGING, SPECIMENS, Yield
from sim.recipe.model import Recipe, usual_pose

#: The setting that says what is imaged.
KIND = "specimen.kind"
MODEL = "imaging.model"
#: The kind of specimen that has a size of its own in the image plane.
SCENE = "scene"
SIDES = ("width", "height")
#: What the dose is counted from, and the word for the beam's current.
SOURCE, CURRENT = "noise.exposure.source", "beam_current"


@dataclass(frozen=True)
class Scale:
    """How what a specimen yields is usually imaged.

    Attributes
    ----------
    pixel_size
        Å.
    side
        Pixels along either side of the image.
    labels
        Labels that are switched on beside those that always are.
    current
        Electrons are counted from the beam's current: a dose for pixels of atoms' size would be far too much
        for large ones.
    """

    pixel_size: float
    side: int
    labels: tuple[str, ...] = ()
    current: bool = False


_IMAGE = ImageSettings()
assert isinstance(_IMAGE.width, int)
SCALES: Mapping[Yield, Scale] = {
    "atoms": Scale(_IMAGE.pixel_size, _IMAGE.width),
    "particles": Scale(10.0, 256, ("semantic_map", "contact_map"), current=True),
}


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
    # The image of a scene is as large as the scene; others lie in the middle of an image of any size.
    old, new = _usual_size(before), _usual_size(after)
    if old != new and all(getattr(recipe.image, side) == old[side] for side in SIDES):
        found |= {f"image.{side}": new[side] for side in SIDES}
    return {**found, **_for_yield(recipe, values, after), **values}


def _for_yield(recipe: Recipe, values: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Model, pixel size and labels for a kind that yields something else than the recipe's."""
    before, after = SPECIMENS[recipe.specimen.kind].yields, SPECIMENS[kind].yields
    if before == after:
        return {}
    found: dict[str, Any] = {}
    model = values.get(MODEL, recipe.imaging.model)
    if model in IMAGING and after not in IMAGING[model].accepts:
        found[MODEL] = next(name for name, entry in IMAGING.items() if after in entry.accepts)
    old, new = SCALES[before], SCALES[after]
    if recipe.image.pixel_size == old.pixel_size:
        found["image.pixel_size"] = new.pixel_size
    if old.current != new.current and PRESET not in values:
        usual_source = default_of(recipe, SOURCE)
        if recipe.noise.exposure.source == (CURRENT if old.current else usual_source):
            found[SOURCE] = CURRENT if new.current else usual_source
    fields = LabelSettings.model_fields
    for name in dict.fromkeys((*old.labels, *new.labels)):
        if getattr(recipe.labels, name) == (fields[name].default or name in old.labels):
            found[f"labels.{name}"] = name in new.labels
    return found


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
    side = SCALES[SPECIMENS[kind].yields].side
    return {name: "auto" if kind == SCENE else side for name in SIDES}
