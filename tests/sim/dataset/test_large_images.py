"""Images whose arrays are larger than the chunks that an unknown file may have."""

from __future__ import annotations

from sim.core.settings import validate
from sim.dataset.run import generate_dataset
from sim.dataset.verify import verify
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe


def test_a_dataset_of_images_of_seventeen_megapixels_is_finished_and_verified(tmp_path):
    recipe = validate(
        Recipe,
        {
            "name": "large",
            "images": 1,
            "image": {"width": 4104, "height": 4112, "pixel_size": 0.05},
            "noise": {"preset": "none"},
            "labels": {"atoms": False, "columns": False},
        },
    )
    generate_dataset(Plan(recipe, collect_structures(recipe)), tmp_path / "d")
    assert verify(tmp_path / "d").problems == ()
