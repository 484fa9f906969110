"""Aggregates through dataset, verify, regenerate, resume and export: ragged tables, tilt series, flags."""

from __future__ import annotations

import json
import shutil
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image

from sim.core.errors import Cancelled
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

TREE: dict[str, Any] = {
    "name": "pairs",
    "seed": 2,
    "images": 8,
    "specimen": {
        "kind": "aggregate",
        "number": 6,
        "trials": 2,
        "first": {"material": "TiO2", "median_radius": 30.0, "cluster_size": 2.0},
        "second": {"material": "WO3", "median_radius": 34.0},
        "film": {"thickness": 40.0},
    },
    "pose": {"kind": "euler"},
    "image": {"width": 44, "height": 36, "pixel_size": 11.0},
    "imaging": {"model": "mass_thickness"},
    "noise": {"preset": "poisson_medium", "scan": {"shear": 0.03}},
    "dataset": {"images_per_shard": 4},
    "labels": {
        "instance_map": True,
        "overlap_map": True,
        "semantic_map": True,
        "contact_map": True,
        "thickness_map": True,
        "material_maps": True,
    },
    # Other numbers of particles make ragged tables; each aggregate is seen from two sides.
    "vary": [
        {"path": "specimen.number", "law": "grid", "values": [4, 9]},
        {"path": "pose.Phi", "law": "grid", "values": [0.0, 50.0], "per": "image"},
    ],
}
IMAGES = {
    "particle_mask": "uint8",
    "instance_map": "uint16",
    "overlap_map": "uint8",
    "semantic_map": "uint8",
    "contact_map": "uint8",
    "thickness_first": "float32",
    "thickness_second": "float32",
    "thickness_particles": "float32",
    "thickness_total": "float32",
}
TABLES = ("particles", "contacts", "clusters")


def plan(**more: Any) -> Plan:
    recipe = validate(Recipe, {**TREE, **more})
    return Plan(recipe, collect_structures(recipe))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Made by two worker processes."""
    target = tmp_path_factory.mktemp("aggregates") / "d"
    return generate_dataset(plan(), target, workers=2).directory


def test_it_is_sound_and_images_are_made_again_alike(made):
    assert verify(made).problems == ()
    for line in map(json.loads, (made / "manifest.jsonl").read_text().splitlines()[::3]):
        again = regenerate(made, line["image_id"])
        assert again.equal and again.remark == ""
        assert {item.tier for item in again.comparisons} <= {"A", ""}


def test_labels_tables_and_truth_come_back_as_they_were_rendered(made):
    source = plan()
    with Dataset(made) as dataset:
        assert set(IMAGES) == set(dataset.label_names())
        for index in range(len(source)):
            sample = render(source[index], RenderContext(source.catalogue))
            np.testing.assert_array_equal(dataset.image(index), sample.image)
            for name, dtype in IMAGES.items():
                stored = dataset.label(name, index)
                assert stored.dtype == np.dtype(dtype)
                np.testing.assert_array_equal(stored, sample.labels[name])
            for name in TABLES:
                table = dataset.table(name, index)
                assert set(table) == set(sample.tables[name])
                for column, values in table.items():
                    assert values.dtype == sample.tables[name][column].dtype
                    np.testing.assert_array_equal(values, sample.tables[name][column], err_msg=column)
            assert set(dataset.line(index)["truth"]) == set(sample.truth)


def test_tables_are_as_long_as_the_aggregates_are_large(made):
    with Dataset(made) as dataset:
        numbers = [len(dataset.table("particles", index)["number"]) for index in range(8)]
        assert sorted(numbers) == [4] * 4 + [9] * 4
        for index, number in enumerate(numbers):
            assert len(dataset.table("contacts", index)["first"]) == number - 1
            sizes = dataset.table("clusters", index)["size"]
            assert sizes.sum() == number
            assert dataset.label("instance_map", index).max() <= number
        samples = dataset.samples()
    assert samples["particles"].tolist() == samples["theta_number"].tolist() == numbers
    first = samples["particles_first"] * samples["hetero_coordination_first"]
    second = samples["particles_second"] * samples["hetero_coordination_second"]
    np.testing.assert_allclose(first, samples["hetero_contacts"], rtol=1e-15)
    np.testing.assert_allclose(second, samples["hetero_contacts"], rtol=1e-15)
    assert samples["pair_correlation"].shape == (8, 24)
    assert samples["hetero_histogram_first"].shape == (8, 13)


def test_both_images_of_an_aggregate_have_its_descriptors_and_split(made):
    with Dataset(made) as dataset:
        lines, samples = list(dataset.lines()), dataset.samples()
    groups: dict[str, list[int]] = {}
    for index, line in enumerate(lines):
        groups.setdefault(line["job"]["specimen_key"], []).append(index)
    assert [len(members) for members in groups.values()] == [2] * 4
    for one, other in groups.values():
        assert lines[one]["job"]["split"] == lines[other]["job"]["split"]
        assert lines[one]["job"]["pose"]["Phi"] != lines[other]["job"]["pose"]["Phi"]
        for name in ("hetero_fraction", "contacts", "gyration_target", "gyration_missed"):
            assert samples[name][one] == samples[name][other]
        for name in ("solid_volume", "gyration_radius", "anisotropy", "packing"):
            assert samples[name][one] == pytest.approx(samples[name][other], rel=1e-6)
        assert samples["projected_area"][one] != samples["projected_area"][other]


def test_columns_have_their_units(made):
    for name in ("stack.h5", "shards/000000.h5"):
        with h5py.File(made / name) as file:
            root = file["dataset"]
            units = {label: root["labels"][label]["data"].attrs["units"] for label in root["labels"]}
            assert units["thickness_first"] == units["thickness_total"] == "Å"
            assert units["semantic_map"] == units["contact_map"] == units["instance_map"] == ""
            assert root["particles/sphere_radius"].attrs["units"] == "Å"
            assert root["particles/row"].attrs["units"] == root["contacts/column"].attrs["units"] == "px"
            assert root["contacts/z"].attrs["units"] == "Å"


def test_describing_and_drawing_know_aggregates(made):
    found = describe(made)
    assert found["images"] == 8 and {f"{name}/number" for name in ("particles", "clusters")} <= {
        entry["name"] for entry in found["arrays"]
    }
    assert dataset_sheet(made).size[0] > 44
    fields = json.loads((made / "croissant.json").read_text())["recordSet"][0]["field"]
    names = {field["name"] for field in fields}
    assert {"truth/hetero_fraction", "truth/theta_mixing", "truth/gyration_missed"} <= names


# --- resume ----------------------------------------------------------------------------------------


def test_resume_after_cancelling_equals_an_unbroken_run(made, tmp_path):
    done = []

    def stopping(job, structures, cancel):
        if len(done) == 6:
            raise Cancelled("stopped")
        done.append(job.image_id)
        return render(job, RenderContext(structures, cancel=cancel))

    with pytest.raises(Cancelled):
        generate_dataset(plan(), tmp_path / "d", render=stopping)
    assert not (tmp_path / "d/dataset.json").exists() and len(list((tmp_path / "d/shards").glob("*.h5"))) == 1
    summary = generate_dataset(plan(), tmp_path / "d", resume=True)
    assert summary.complete and summary.made == 4
    whole = json.loads((made / "dataset.json").read_text())
    assert summary.content_sha256 == whole["content_sha256"]
    assert verify(tmp_path / "d").problems == ()


# --- flags -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def flagged(tmp_path_factory):
    """Too dense to be reached, and images too small for the larger aggregates."""
    specimen = {**TREE["specimen"], "fractal_dimension": 2.9, "number": 10}
    image = {**TREE["image"], "width": 26, "height": 24}
    vary = [{"path": "specimen.fractal_dimension", "law": "grid", "values": [1.8, 2.9]}]
    recipe = plan(specimen=specimen, image=image, vary=vary, images=6)
    return generate_dataset(recipe, tmp_path_factory.mktemp("flagged") / "d").directory


def test_images_that_are_not_as_asked_for_are_counted(flagged):
    truths = [json.loads(line)["truth"] for line in (flagged / "manifest.jsonl").read_text().splitlines()]
    expected = {
        "gyration_missed": sum(truth["gyration_missed"] for truth in truths),
        "particles_cut_off": sum(truth["particles_cut_off"] > 0 for truth in truths),
    }
    assert 0 < expected["gyration_missed"] < 6 and expected["particles_cut_off"] > 0
    assert json.loads((flagged / "dataset.json").read_text())["flagged"] == expected
    assert describe(flagged)["flagged"] == expected
    assert verify(flagged).problems == ()


@pytest.mark.parametrize(("name", "change"), [("gyration_missed", "wrong"), ("particles_cut_off", "gone")])
def test_a_wrong_count_of_flagged_images_does_not_pass(flagged, tmp_path, name, change):
    copy = shutil.copytree(flagged, tmp_path / "copy")
    document = json.loads((copy / "dataset.json").read_text())
    if change == "wrong":
        document["flagged"][name] += 1
    else:
        del document["flagged"][name]
    (copy / "dataset.json").write_text(json.dumps(document, indent=2))
    assert any("flagged" in problem for problem in verify(copy).problems)


def test_a_dataset_without_flags_has_no_such_field(made):
    document = json.loads((made / "dataset.json").read_text())
    truths = [json.loads(line)["truth"] for line in (made / "manifest.jsonl").read_text().splitlines()]
    missed = sum(truth["gyration_missed"] for truth in truths)
    assert document.get("flagged", {}).get("gyration_missed", 0) == missed
    assert "particles_cut_off" not in document.get("flagged", {})


# --- export ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported(made, tmp_path_factory):
    output = tmp_path_factory.mktemp("exported") / "out"
    formats = ("npy", "tiff", "hdf5", "png", "coco", "yolo")
    assert export_dataset(made, output, formats).images == 8
    return output


def test_exported_arrays_are_those_of_the_dataset(made, exported):
    """Every format holds images and labels with their types, in the order of its own list of images."""
    with Dataset(made) as dataset:
        stored = {line["image_id"]: index for index, line in enumerate(dataset.lines())}
        kept = {name: [dataset.label(name, index) for index in range(8)] for name in IMAGES}
        images = [dataset.image(index) for index in range(8)]
    for name, dtype in IMAGES.items():
        arrays = [np.load(path) for path in sorted((exported / "npy").rglob(f"{name}.npy"))]
        assert sum(map(len, arrays)) == 8 and {array.dtype.name for array in arrays} == {dtype}
        found = np.concatenate(arrays)
        assert sorted(array.tobytes() for array in found) == sorted(array.tobytes() for array in kept[name])
    held = []
    for path in (exported / "hdf5").glob("*.h5"):
        with h5py.File(path) as file:
            held += list(file["labels/instance_map"])
            assert file["labels/instance_map"].dtype == np.uint16
    assert sorted(array.tobytes() for array in held) == sorted(
        array.tobytes() for array in kept["instance_map"]
    )
    tiffs = {path.stem: path for path in (exported / "tiff").rglob("*.tif") if path.stem in stored}
    assert set(tiffs) == set(stored)
    for image_id, path in tiffs.items():
        np.testing.assert_array_equal(tifffile.imread(path), images[stored[image_id]])
    previews = {path.stem for path in (exported / "images").rglob("*.png")}
    assert set(stored) <= previews
    path = next(path for path in (exported / "images").rglob("*.png") if path.stem in stored)
    assert Image.open(path).size == (44, 36)


def test_annotations_are_one_a_particle_that_is_seen(made, exported):
    with Dataset(made) as dataset:
        stored = {line["image_id"]: index for index, line in enumerate(dataset.lines())}
        maps = [dataset.label("instance_map", index) for index in range(8)]
        tables = [dataset.table("particles", index) for index in range(8)]
    seen = 0
    for path in (exported / "annotations").glob("*.json"):
        tree = json.loads(path.read_text())
        for image in tree["images"]:
            name = image["file_name"].rpartition("/")[2].removesuffix(".png")
            index = stored[name]
            own = [entry for entry in tree["annotations"] if entry["image_id"] == image["id"]]
            visible = tables[index]["visible_pixels"]
            assert [entry["area"] for entry in own] == visible[visible > 0].tolist()
            numbers = tables[index]["number"][visible > 0]
            for number, entry in zip(numbers, own, strict=True):
                rows, columns = np.nonzero(maps[index] == number)
                left, top, width, height = entry["bbox"]
                assert (left, top) == (columns.min(), rows.min())
                assert (left + width - 1, top + height - 1) == (columns.max(), rows.max())
            text = next((exported / "labels").rglob(f"{name}.txt")).read_text()
            assert len(text.splitlines()) == len(numbers)
            seen += len(numbers)
    assert seen > 40
