"""The kinds of specimens, poses and imaging models that a recipe can choose from.

The recipe's unions, the panel, the option and the page of help all come from the tables; plan and render
look up the entry and never name a kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sim.core.kinds import Kinds
from sim.recipe.imaging_entry import ImagingModel, Yield
from sim.recipe.imaging_models import IMAGING
from sim.recipe.specimen_entry import Naming, SpecimenKind
from sim.recipe.specimen_kinds import SPECIMENS
from sim.specimen.settings import EulerPose, RandomPose, ZoneAxisPose

if TYPE_CHECKING:
    from sim.imaging.hrtem.settings import HrtemImaging
    from sim.imaging.settings import GaussianImaging
    from sim.imaging.stem.settings import ProbeImaging, StemImaging
    from sim.imaging.thickness.settings import MassThicknessImaging
    from sim.specimen.aggregate.atomic_settings import AtomicAggregateSpecimen
    from sim.specimen.aggregate.settings import AggregateSpecimen
    from sim.specimen.scene.settings import SceneSpecimen
    from sim.specimen.settings import ClusterSpecimen, FileSpecimen

__all__ = [
    "IMAGING",
    "ImagingModel",
    "ImagingSettings",
    "Naming",
    "PoseSettings",
    "RANDOM_POSES",
    "SPECIMENS",
    "SpecimenKind",
    "SpecimenSettings",
    "Yield",
]

# --- specimens -------------------------------------------------------------------------------

if TYPE_CHECKING:
    SpecimenSettings = (
        ClusterSpecimen | FileSpecimen | SceneSpecimen | AggregateSpecimen | AtomicAggregateSpecimen
    )
else:
    SpecimenSettings = Kinds("kind", {word: kind.settings for word, kind in SPECIMENS.items()})
#: Poses that differ from replicate to replicate.
RANDOM_POSES = ("random",)
PoseSettings = Annotated[RandomPose | EulerPose | ZoneAxisPose, Field(discriminator="kind")]


# --- imaging ---------------------------------------------------------------------------------

if TYPE_CHECKING:
    ImagingSettings = GaussianImaging | HrtemImaging | StemImaging | ProbeImaging | MassThicknessImaging
else:
    ImagingSettings = Kinds(
        "model", {word: model.settings for word, model in IMAGING.items()}, default="gaussian"
    )
