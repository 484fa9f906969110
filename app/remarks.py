"""What a user should know of a recipe or a dataset though nothing is wrong with it: notes and warnings.

The command line and the window say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.core.types import Sample
    from sim.plan.plan import Plan
    from sim.recipe.model import Recipe

_TOO_THIN = "too thin or too light to turn the phase by labels.phase_threshold"
_FLAGS = {
    "phase_mask_empty": "the phase mask is empty in {count} of {images} images: their particles are "
    f"{_TOO_THIN}, or lie beyond the image",
    "gyration_missed": "{count} of {images} images show aggregates whose radius of gyration is more than 1 % "
    "off what specimen.fractal_dimension asks for (truth gyration_ratio)",
    "coordination_missed": "{count} of {images} images show aggregates whose mean coordination number is "
    "more than 2 % off what specimen.coordination asks for (truth coordination_mean, coordination_target)",
    "particles_cut_off": "in {count} of {images} images some particles reach beyond the image (truth "
    "particles_cut_off)",
}
#: Share of saturated pixels from which on it is said.
MUCH_SATURATED = 0.02
#: Classes named in one sentence.
MOST_NAMED = 6


def notes_of(plan: Plan) -> list[str]:
    """What is odd about the structures, and what growing the dataset would change."""
    return [*plan.catalogue.warnings, *design_notes(plan.recipe)]


def design_notes(recipe: Recipe) -> list[str]:
    """A sentence where a larger dataset would not keep the images of a smaller one."""
    paths = [entry.path for entry in recipe.vary if entry.law == "latin_hypercube"]
    if not paths:
        return []
    return [
        f"{', '.join(paths)}: in a latin_hypercube every value changes with the number of images, so a "
        "larger dataset keeps no image of a smaller one (law sobol does)"
    ]


def sample_warnings(sample: Sample, image_id: str) -> list[str]:
    """A sentence where a label of an image holds nothing, or an aggregate is not as it was asked for."""
    return [
        *_saturation_warnings(sample, image_id),
        *_mask_warnings(sample, image_id),
        *_aggregate_warnings(sample, image_id),
    ]


def _saturation_warnings(sample: Sample, image_id: str) -> list[str]:
    share = sample.truth.get("saturated_pixels", 0) / max(sample.image.size, 1)
    if share < MUCH_SATURATED:
        return []
    return [
        f"{share:.0%} of the pixels of {image_id} are at the end of the detector's scale: a lower dose "
        "(noise.exposure) or gain (noise.detector) would show more"
    ]


def _aggregate_warnings(sample: Sample, image_id: str) -> list[str]:
    truth = sample.truth
    sentences = []
    if truth.get("gyration_missed"):
        apart = truth["gyration_ratio"] - 1.0
        sentences.append(
            f"the radius of gyration of {image_id} is {abs(apart):.1%} {'above' if apart > 0 else 'below'} "
            "what specimen.fractal_dimension asks for: spheres that touch came no nearer to it"
        )
    if truth.get("coordination_missed"):
        sentences.append(
            f"the mean coordination number of {image_id} is {truth['coordination_mean']:.2f} instead of "
            f"{truth['coordination_target']:.2f} (specimen.coordination, specimen.overlap)"
        )
    if truth.get("particles_cut_off"):
        sentences.append(
            f"{truth['particles_cut_off']} of {truth['particles']} particles of {image_id} reach beyond the "
            "image: descriptors of the image are of what it shows, all others of the whole aggregate"
        )
    return sentences


def _mask_warnings(sample: Sample, image_id: str) -> list[str]:
    if not sample.truth.get("phase_mask_empty"):
        return []
    if not sample.truth["particle_mask_area"]:
        return [f"the phase mask of {image_id} is empty: no particle lies in the image"]
    return [f"the phase mask of {image_id} is empty: its particles are {_TOO_THIN}"]


def flag_warnings(flagged: Mapping[str, int], images: int) -> list[str]:
    """A sentence for everything that is amiss with some images of a dataset.

    Parameters
    ----------
    flagged
        Truth that says so → images that have it; as dataset.json counts them.
    """
    return [
        _FLAGS[name].format(count=count, images=images)
        for name, count in flagged.items()
        if count and name in _FLAGS
    ]


def split_warnings(
    splits: Mapping[str, Mapping[str, Any]], classes: Sequence[str], shares: Mapping[str, Any]
) -> list[str]:
    """A sentence for every split that was asked for and is empty, or lacks a class.

    Parameters
    ----------
    splits
        Name -> ``images`` and ``classes`` (images by class).
    classes
        The classes of the whole dataset.
    shares
        The recipe's ``dataset.split``: share by name, and ``split_by``.
    """
    sentences = []
    for name, split in splits.items():
        share = float(shares.get(name, 0))
        if share <= 0:
            continue
        lacking = [word for word in classes if not split["classes"].get(word)]
        if not split["images"]:
            sentences.append(f"split {name} is empty, though its share is {share:g}: too few specimens")
        # Split by file, a split holds whole classes, and lacks the others on purpose.
        elif lacking and shares.get("split_by") != "file":
            named = ", ".join(lacking[:MOST_NAMED]) + (", ..." if len(lacking) > MOST_NAMED else "")
            sentences.append(
                f"split {name} lacks {len(lacking)} of {len(classes)} classes ({named}): too few specimens"
            )
    return sentences
