"""Settings of specimens and poses: what is accepted, refused, and described."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.core.settings import About, Quantity, model_fields, validate
from sim.specimen.pose import euler_pose, random_pose, zone_axis_pose
from sim.specimen.settings import (
    ClusterSpecimen,
    EulerPose,
    FileSpecimen,
    RandomPose,
    StructureFile,
    ZoneAxisPose,
)

ALL = [ClusterSpecimen, FileSpecimen, StructureFile, RandomPose, EulerPose, ZoneAxisPose]
FILES = [
    {"name": "a", "path": "a.xyz"},
    {"name": "b", "path": "b.cif", "structure_id": "B1", "geometry": "slab"},
]


@pytest.mark.parametrize("model", ALL)
def test_every_field_is_described(model):
    for leaf in model_fields(model):
        if leaf.path != "kind":
            assert isinstance(leaf.description, (Quantity, About)), leaf.path
            assert leaf.description.about


@pytest.mark.parametrize("model", [ClusterSpecimen, RandomPose, EulerPose, ZoneAxisPose])
def test_round_trip_through_json(model):
    settings = model()
    assert validate(model, settings.tree()) == settings


def test_names_of_a_cluster():
    specimen = ClusterSpecimen(geometry="decahedron", form="ideal")
    assert specimen.chosen_names() == ("decahedron", "Au55", "decahedron")


def test_names_of_a_file_are_its_own_unless_given():
    first = validate(FileSpecimen, {"files": FILES, "structure": "a"})
    assert first.chosen_names() == ("a", "a", "a")
    second = validate(FileSpecimen, {"files": FILES, "structure": "b"})
    assert second.chosen_names() == ("b", "B1", "slab")
    assert second.chosen().path == "b.cif"


def test_first_file_is_taken_when_none_is_named():
    assert validate(FileSpecimen, {"files": FILES}).chosen().name == "a"
    assert FileSpecimen(files=(StructureFile(name="z"), StructureFile(name="y"))).chosen_names()[0] == "z"


@pytest.mark.parametrize(
    ("model", "tree", "sentence"),
    [
        (ClusterSpecimen, {"geometry": "decahedrn"}, "did you mean 'decahedron'"),
        (
            ClusterSpecimen,
            {"geometry": "garzon", "form": "ideal"},
            "specimen.form = 'ideal'.*allowed: relaxed",
        ),
        (ClusterSpecimen, {"sha256": "abc"}, "is no SHA-256"),
        (FileSpecimen, {"files": []}, "specimen.files: is empty"),
        (FileSpecimen, {"files": [FILES[0], FILES[0]]}, "two files have one name"),
        (FileSpecimen, {"files": FILES, "structure": "c"}, "no file of the recipe has this name"),
        (FileSpecimen, {"files": [{"name": "a", "format": "xzy"}]}, "did you mean 'xyz'"),
        (StructureFile, {"name": ""}, "is empty"),
        (StructureFile, {"name": "a\nb"}, "unprintable"),
        (StructureFile, {"name": "a" * 201}, "up to 200"),
        (EulerPose, {"Phi": 361}, "-360 to 360 °"),
        (EulerPose, {"phi1": "0,6"}, "not a number"),
        (EulerPose, {"phi": 1}, "unknown key"),
        (RandomPose, {"shift_x": float("nan")}, "not a finite number"),
        (RandomPose, {"shift_y": 10001}, "-10000 to 10000 Å"),
        (ZoneAxisPose, {"w": 0}, r"\[0 0 0\] is no direction"),
    ],
)
def test_refused(model, tree, sentence):
    with pytest.raises(InputError, match=sentence):
        validate(model, tree)


def test_poses_give_their_quaternions():
    cell = np.array([[4.0, 0.0, 0.0], [1.0, 5.0, 0.0], [0.5, 0.25, 6.0]])
    assert np.array_equal(RandomPose().quaternion(11, cell), random_pose(11))
    assert np.array_equal(
        EulerPose(phi1=10.0, Phi=20.0, phi2=30.0).quaternion(11, cell), euler_pose(10, 20, 30)
    )
    zone = ZoneAxisPose(u=1.0, v=2.0, w=0.0, in_plane=15.0)
    assert np.array_equal(zone.quaternion(11, cell), zone_axis_pose((1.0, 2.0, 0.0), 15.0, cell))
    assert not np.array_equal(zone.quaternion(11, cell), zone.quaternion(11, None))
