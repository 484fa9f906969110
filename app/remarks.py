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
    """A sentence where a label of an image holds nothing."""
    if not sample.truth.get("phase_mask_empty"):
        return []
    if not sample.truth["particle_mask_area"]:
        return [f"the phase mask of {image_id} is empty: no particle lies in the image"]
    return [f"the phase mask of {image_id} is empty: its particles are {_TOO_THIN}"]


def mask_warnings(empty: int, images: int) -> list[str]:
    """A sentence where some images of a dataset have an empty phase mask."""
    if not empty:
        return []
    return [
        f"the phase mask is empty in {empty} of {images} images: their particles are {_TOO_THIN}, or lie "
        "beyond the image"
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
