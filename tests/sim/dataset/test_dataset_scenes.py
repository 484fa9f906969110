"""Scenes with every label through dataset, verify, regenerate and export: numbers, lengths, empty tables."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest

from sim.core.settings import validate
from sim.dataset.contact_sheet import dataset_sheet
from sim.dataset.export.export import export_dataset
from sim.dataset.info import describe
from sim.dataset.reader import Dataset
from sim.dataset.regenerate import regenerate
from sim.dataset.run import generate_dataset
from sim.dataset.verify import verify
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe
from sim.render.context import RenderContext
from sim.render.render import render

TREE = {
    "name": "pair",
    "images": 5,
    "image": {"width": 90, "height": 70, "pixel_size": 0.5},
    "noise": {"preset": "poisson_medium", "scan": {"shear": 0.03}},
    "imaging": {"mode": "z_power"},
    "dataset": {"images_per_shard": 2},
    "specimen": {
        "kind": "scene",
        "name": "pair",
        "width": 40.0,
        "height": 32.0,
        "crowding": "keep",
        "nodes": [
            {
                "kind": "particle",
                "name": "gold",
                "count": 3,
                "crystal": {"kind": "builtin", "name": "Au"},
                "volume": {"kind": "sphere", "radius": 5.5},
                "placement": {"kind": "scattered", "gap": 1.0},
            },
            {"kind": "amorphous", "name": "film", "material": "silica", "thickness": 5.0},
        ],
    },
    "labels": {
        "instance_map": True,
        "grain_map": True,
        "overlap_map": True,
        "defect_traces": True,
        "thickness_map": True,
        "composition_map": True,
        "objects": True,
        "columns": False,
    },
    "vary": [{"path": "specimen.nodes.gold.defects.twins", "law": "grid", "values": [0, 1]}],
}
WIDE = {
    "instance_map": "uint16",
    "grain_map": "uint16",
    "overlap_map": "uint8",
    "defect_traces": "uint8",
    "thickness_particles": "float32",
    "thickness_total": "float32",
    "composition_8": "float32",
    "composition_14": "float32",
    "composition_79": "float32",
}


def plan():
    recipe = validate(Recipe, TREE)
    return Plan(recipe, collect_structures(recipe))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return generate_dataset(plan(), tmp_path_factory.mktemp("scenes") / "d").directory


def test_it_is_sound_and_made_again_alike(made):
    assert verify(made).problems == ()
    for line in map(json.loads, (made / "manifest.jsonl").read_text().splitlines()):
        again = regenerate(made, line["image_id"])
        assert again.equal and again.remark == ""


def test_labels_come_back_as_they_were_rendered(made):
    source = plan()
    with Dataset(made) as dataset:
        assert set(WIDE) < set(dataset.label_names())
        for index in range(len(source)):
            sample = render(source[index], RenderContext(source.catalogue))
            for name, dtype in WIDE.items():
                stored = dataset.label(name, index)
                assert stored.dtype == np.dtype(dtype)
                np.testing.assert_array_equal(stored, sample.labels[name])
            for name in ("objects", "planes", "atoms"):
                table = dataset.table(name, index)
                assert set(table) == set(sample.tables[name])
                for column, values in table.items():
                    np.testing.assert_array_equal(values, sample.tables[name][column], err_msg=column)
        twins = [len(dataset.table("planes", index)["kind"]) for index in range(len(source))]
        assert 0 in twins and max(twins) >= 2
        samples = dataset.samples()
        assert samples["requested"].tolist() == [3] * 5 and samples["objects"].tolist() == [4] * 5
        assert (samples["placed"] <= 3).all()
        assert dataset.label("instance_map", 0).max() >= 2


def test_lengths_have_their_unit_in_every_file(made):
    for name in ("stack.h5", "shards/000000.h5"):
        with h5py.File(made / name) as file:
            labels = file["dataset/labels"]
            units = {label: labels[label]["data"].attrs["units"] for label in labels}
            assert units["thickness_total"] == units["composition_79"] == "Å"
            assert units["instance_map"] == units["particle_mask"] == ""
            assert file["dataset/objects/radius"].attrs["units"] == "px"
            assert file["dataset/objects/z"].attrs["units"] == "Å"


def test_a_dataset_without_any_plane_is_sound(tmp_path):
    """The table is there in every shard, without rows."""
    recipe = validate(Recipe, {**TREE, "images": 3, "vary": []})
    directory = generate_dataset(Plan(recipe, collect_structures(recipe)), tmp_path / "d").directory
    assert verify(directory).problems == ()
    with Dataset(directory) as dataset:
        assert dataset.table("planes", 2)["normal_x"].shape == (0,)


def test_describing_and_drawing_know_the_labels(made):
    found = describe(made)
    assert found["images"] == 5
    assert dataset_sheet(made).size[0] > 90
    croissant = json.loads((made / "croissant.json").read_text())
    names = {field["name"] for field in croissant["recordSet"][0]["field"]}
    assert {"truth/placed", "truth/requested", "truth/objects"} <= names


def test_exports_hold_numbers_lengths_and_one_annotation_a_particle(made, tmp_path):
    output = tmp_path / "out"
    done = export_dataset(made, output, ("npy", "coco", "yolo"))
    assert done.images == 5
    with Dataset(made) as dataset:
        places = {line["image_id"]: index for index, line in enumerate(dataset.lines())}
        instances = [dataset.label("instance_map", index) for index in range(len(dataset))]
    arrays = list((output / "npy").rglob("thickness_total.npy"))
    assert sum(len(np.load(path)) for path in arrays) == 5
    assert {np.load(path).dtype.name for path in (output / "npy").rglob("instance_map.npy")} == {"uint16"}
    seen = 0
    for path in (output / "annotations").glob("*.json"):
        tree = json.loads(path.read_text())
        for image in tree["images"]:
            index = places[image["file_name"].rpartition("/")[2].removesuffix(".png")]
            own = [entry for entry in tree["annotations"] if entry["image_id"] == image["id"]]
            numbers, areas = np.unique(instances[index][instances[index] > 0], return_counts=True)
            assert [entry["area"] for entry in own] == areas.tolist()
            text = next(
                (output / "labels").rglob(f"{image['file_name'].rpartition('/')[2][:-4]}.txt")
            ).read_text()
            assert len(text.splitlines()) == len(numbers)
            seen += len(numbers)
    assert seen > 5
