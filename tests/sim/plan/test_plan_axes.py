"""Axes of the arrays that detectors give."""

import pytest

from sim.core.settings import validate
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe

RING = {"kind": "annular", "name": "adf", "inner": 20.0, "outer": 40.0}
CAMERA = {"kind": "pixelated", "name": "camera", "outer": 20.0, "pixels": 8}


def plan(vary):
    tree = {
        "name": "axes",
        "images": 2,
        "specimen": {"kind": "cluster", "geometry": "decahedron"},
        "image": {"width": 32, "height": 32, "pixel_size": 0.4},
        "imaging": {"model": "stem", "detectors": [RING, CAMERA]},
        "noise": {"preset": "poisson_low"},
        "vary": vary,
    }
    recipe = validate(Recipe, tree)
    return Plan(recipe, collect_structures(recipe))


@pytest.mark.parametrize("path", ["imaging.detectors.camera.outer", "imaging.convergence"])
def test_axes_that_differ_from_image_to_image_are_not_stated(path):
    """A camera's angles in the file would be those of one image only; its pixels are those of all."""
    axes = plan([{"path": path, "law": "uniform", "low": 10.0, "high": 20.0}]).extra_axes
    if path.endswith("outer"):
        assert axes == {}
    else:
        # Half the side is 20 mrad, 8 pixels: 5 mrad each, the first row in the middle of the topmost.
        assert axes == {"detector_camera": (("angle_y", "mrad", 17.5, -5.0), ("angle_x", "mrad", -17.5, 5.0))}
