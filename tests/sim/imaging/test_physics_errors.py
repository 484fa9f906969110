"""What the physics refuses reaches the user under the name of a setting of the recipe."""

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.core.types import AtomicSpecimen, ImageGrid
from sim.imaging import naming
from sim.imaging.hrtem.settings import HrtemImaging
from sim.imaging.model import Surroundings
from sim.imaging.stem.model import project
from sim.imaging.stem.settings import AnnularDetector, ProbeImaging, ScanMultisliceSettings, StemImaging
from sim.labels.settings import LabelSettings

RING = AnnularDetector(name="adf", inner=40.0, outer=60.0)


@pytest.fixture
def atoms():
    """Two gold atoms, not above each other."""
    return AtomicSpecimen(np.array([79, 79]), np.array([[0.3, -0.2, 0.0], [-1.4, 0.9, 2.1]]), 2.88)


def scan(**settings):
    coarse = ScanMultisliceSettings(sampling=0.1, padding=0.0)
    return StemImaging(**{"multislice": coarse, "detectors": (RING,), **settings})


@pytest.mark.parametrize(
    ("settings", "parameter"),
    [
        # 0.5 mrad are a fifth of the frequencies' spacing in a field of 8 Å.
        ({"convergence": 0.5}, "imaging.convergence"),
        ({"convergence": 99.0}, "imaging.convergence"),
        ({"detectors": (RING.model_copy(update={"outer": 40.01}),)}, "imaging.detectors.adf"),
        (
            {"detectors": (RING.model_copy(update={"outer": 400.0}),)},
            "imaging.detectors.adf.outer",
        ),
    ],
)
def test_the_physics_names_settings(atoms, settings, parameter):
    with pytest.raises(InputError) as found:
        project(atoms, ImageGrid(32, 32, 0.25), scan(**settings), Surroundings())
    assert found.value.parameter == parameter
    assert str(found.value).startswith(parameter)


def test_every_name_leads_to_a_setting():
    """Paths that no recipe has would send the user looking for what is not there."""
    sections = {"imaging": (HrtemImaging(), StemImaging(), ProbeImaging()), "labels": (LabelSettings(),)}
    for path in naming._SETTINGS.values():
        section, *parts = path.split(".")
        if section in sections:
            assert any(_has(settings, parts) for settings in sections[section]), path
        else:
            assert path in ("specimen", "specimen.width", "specimen.height", "image.width")


def test_the_rest_of_a_path_is_kept_and_a_foreign_name_as_it_is():
    assert naming.setting("aberrations.C31") == "imaging.aberrations.C31"
    assert naming.setting("phonons.rms") == "imaging.phonons.rms"
    assert naming.setting("cell.padding") == "imaging.multislice.padding"
    assert naming.setting("image.width") == "image.width"


def _has(settings, parts):
    for part in parts:
        if not hasattr(settings, part):
            return False
        settings = getattr(settings, part)
    return True
