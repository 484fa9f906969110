"""The recipe and the job: what the user chose, and what one image is resolved to."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, TypeAdapter, model_validator

from sim.core.canonical import LARGEST_EXACT_INTEGER, plain
from sim.core.errors import InputError
from sim.core.settings import About, Printable, Quantity, Settings
from sim.imaging.settings import GaussianImaging, ImageSettings
from sim.labels.settings import LabelSettings
from sim.noise.settings import NoiseSettings, noise_tree
from sim.recipe.kinds import IMAGING, SPECIMENS, ImagingSettings, PoseSettings, SpecimenSettings
from sim.recipe.settings import DatasetSettings
from sim.recipe.vary import Vary
from sim.specimen.settings import POSE, ClusterSpecimen

#: Schema of recipes, jobs and manifest lines.
SCHEMA_VERSION = 1

Split = Literal["train", "validation", "test"]
CountType = Literal["uint16", "uint32", "float32"]


def _from_exact_text(value: Any) -> Any:
    """Accept large integers as JSON holds them here: as decimal text above 2⁵³."""
    if (
        isinstance(value, str)
        and value.isascii()
        and value.isdecimal()
        and len(value) <= 20
        and int(value) > LARGEST_EXACT_INTEGER
    ):
        return int(value)
    return value


LargeInteger = Annotated[int, BeforeValidator(_from_exact_text)]
Seed = Annotated[
    LargeInteger,
    Quantity(
        low=0,
        high=2**63 - 1,
        step=1,
        about="Every random choice follows from this number; another seed gives another dataset of its kind.",
    ),
]


def _usual_pose(values: dict[str, Any]) -> Any:
    """The pose of a recipe that has none: films and their particles are not turned at random."""
    specimen = values.get("specimen", ClusterSpecimen())
    return usual_pose(specimen.kind)


@cache
def usual_pose(kind: str) -> Any:
    """The pose that a specimen of a kind has where nothing else is said."""
    return TypeAdapter(PoseSettings).validate_python({"kind": SPECIMENS[kind].usual_pose})


class Recipe(Settings):
    """Everything the user chose for one dataset."""

    schema_version: Annotated[int, About("Version of the recipe format.")] = SCHEMA_VERSION
    name: Annotated[str, Printable(200), About("Short name of the recipe.")] = "untitled"
    description: Annotated[str, Printable(2000, lines=True), About("What the dataset is for.")] = ""
    seed: Seed = 42
    images: Annotated[
        int,
        Quantity(
            low=1,
            high=100_000_000,
            step=1,
            about="Number of images, spread evenly over classes and sweep points.",
        ),
    ] = 100
    repeats: Annotated[
        int,
        Quantity(
            low=1,
            high=100_000,
            step=1,
            about="Images taken of one specimen in one pose at one sweep point; they differ in their noise.",
        ),
    ] = 1
    specimen: Annotated[SpecimenSettings, About("What is imaged.", label="Structure")] = ClusterSpecimen()
    pose: Annotated[PoseSettings, POSE] = Field(default_factory=_usual_pose)
    image: Annotated[ImageSettings, About("Pixel size and number of pixels.")] = ImageSettings()
    imaging: Annotated[ImagingSettings, About("How atoms become intensity.", label="Optics")] = (
        GaussianImaging()
    )
    noise: Annotated[NoiseSettings, About("What the microscope and detector do to it.")] = NoiseSettings()
    labels: Annotated[LabelSettings, About("Which truth is stored and how it is defined.")] = LabelSettings()
    dataset: Annotated[DatasetSettings, About("Name, licence, splits and storage.")] = DatasetSettings()
    vary: Annotated[
        tuple[Vary, ...], About("What varies from image to image or from structure to structure.")
    ] = ()

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.schema_version != SCHEMA_VERSION:
            raise InputError(
                "schema_version",
                "is not a version this program writes",
                value=self.schema_version,
                allowed=str(SCHEMA_VERSION),
                remedy="open the recipe with a program version that knows it",
            )
        check_pair(self.specimen.kind, self.imaging.model)
        return self

    @property
    def dataset_version(self) -> str:
        """Name and version that manifests state: that of the default names the Gaussian model."""
        given = self.dataset.version
        usual = DatasetSettings.model_fields["version"].default
        return given if given != usual else usual.replace("gaussian", self.imaging.model)

    def sparse_tree(self) -> dict[str, Any]:
        """Plain values without those of the noise preset: setting another preset then takes effect."""
        tree = self.tree()
        tree["noise"] = noise_tree(self.noise)
        return tree


def check_pair(specimen_kind: str, imaging_model: str) -> None:
    """Refuse an imaging model that cannot image what the specimen yields."""
    yields = SPECIMENS[specimen_kind].yields
    model = IMAGING[imaging_model]
    if yields not in model.accepts:
        possible = ", ".join(name for name, entry in IMAGING.items() if yields in entry.accepts)
        raise InputError(
            "imaging.model",
            f"cannot image a specimen of kind {specimen_kind!r}",
            value=imaging_model,
            allowed=possible,
            remedy="choose one of these",
        )


class Job(Settings):
    """One image, fully resolved: with the structure snapshots it names, all that rendering needs."""

    schema_version: int = SCHEMA_VERSION
    image_id: str
    structure_id: str
    geometry: str
    class_name: str
    specimen_key: str
    image_key: str
    replicate: int
    repeat: int
    orientation_seed: LargeInteger
    noise_seed: LargeInteger
    split: Split
    count_dtype: CountType
    varied: dict[str, bool | int | float | str]
    structures: tuple[str, ...]
    specimen: SpecimenSettings
    pose: PoseSettings
    image: ImageSettings
    imaging: ImagingSettings
    noise: NoiseSettings
    labels: LabelSettings

    @cached_property
    def canonical(self) -> dict[str, Any]:
        """Plain values as they stand in the manifest and under the hash: one job, one set of arrays."""
        return {
            name: value.canonical if isinstance(value, Settings) else plain(value) for name, value in self
        }
