"""Aggregates on the command line: from plan to contact sheet, and what cannot be in one clear sentence."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from PIL import Image

Table = dict[str, Any]

SPECIMEN: Table = {
    "kind": "aggregate",
    "number": 6,
    "trials": 2,
    "first": {"material": "TiO2", "median_radius": 30.0},
    "second": {"material": "WO3", "median_radius": 34.0},
}
IMAGE: Table = {"width": 48, "height": 40, "pixel_size": 11.0}


def merged(first: Table, second: Table) -> Table:
    found = dict(first)
    for name, value in second.items():
        found[name] = merged(first[name], value) if isinstance(value, dict) and name in first else value
    return found


def recipe_of(**more: Any) -> Table:
    tree = {
        "name": "pairs",
        "seed": 4,
        "images": 3,
        "specimen": SPECIMEN,
        "pose": {"kind": "euler"},
        "image": IMAGE,
        "imaging": {"model": "mass_thickness"},
        "labels": {"instance_map": True, "semantic_map": True},
    }
    return merged(tree, more)


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def call(**more: Any) -> Path:
        path = tmp_path / "pairs.toml"
        path.write_text(tomli_w.dumps(recipe_of(**more)), encoding="utf-8")
        return path

    return call


# --- from plan to contact sheet -------------------------------------------------------------------------


def test_a_dataset_of_aggregates_from_plan_to_contact_sheet(invoke, write, tmp_path):
    path, folder = write(), tmp_path / "made"
    planned = invoke("plan", path)
    assert planned.code == 0 and "TiO2_WO3" in planned.out and "structures  0" in planned.out
    done = invoke("run", path, "--output", folder, "--workers", 1, "--progress", "none")
    assert done.code == 0, done.err
    told = invoke("info", folder)
    assert told.code == 0 and "TiO2_WO3" in told.out
    facts = json.loads(invoke("info", folder, "--json").out)
    assert facts["images"] == 3 and facts["classes"] == {"TiO2_WO3": 3}
    assert invoke("verify", folder).code == 0
    line = json.loads((folder / "manifest.jsonl").read_text().splitlines()[1])
    again = invoke("regenerate", folder, "--image-id", line["image_id"], "-o", tmp_path / "one.npy")
    assert again.code == 0 and "different" not in again.out
    assert np.load(tmp_path / "one.npy").shape == (40, 48)
    sheet = tmp_path / "sheet.png"
    drawn = invoke("contact-sheet", folder, "-o", sheet)
    assert drawn.code == 0, drawn.err
    assert Image.open(sheet).size[0] > 48


def test_what_is_amiss_with_images_is_said_when_they_are_made_and_by_info(invoke, write, tmp_path):
    path = write(specimen={"fractal_dimension": 3.0, "number": 12}, image={"width": 20})
    one = invoke("render", path, "--index", 1, "-o", tmp_path / "one.npy")
    assert one.code == 0 and "radius of gyration of TiO2_WO3_00001" in one.err
    folder = tmp_path / "made"
    done = invoke("run", path, "--output", folder, "--workers", 1, "--progress", "none")
    assert done.code == 0 and "3 of 3 images show aggregates whose radius of gyration" in done.err
    counted = json.loads(invoke("info", folder, "--json").out)["flagged"]
    assert counted["gyration_missed"] == 3 and counted["particles_cut_off"] > 0
    assert f"in {counted['particles_cut_off']} of 3 images some particles" in invoke("info", folder).out
    assert invoke("verify", folder).code == 0


def test_nothing_is_said_of_aggregates_that_are_as_asked_for(invoke, write, tmp_path):
    path = write(specimen={"trials": 16, "number": 20}, image={"width": 96, "height": 96})
    one = invoke("render", path, "--index", 0, "-o", tmp_path / "one.npy")
    assert one.code == 0 and "warning" not in one.err


def test_the_structure_of_an_aggregate_is_its_spheres(invoke, write, tmp_path):
    target = tmp_path / "spheres.csv"
    done = invoke("structure", write(), "-o", target)
    assert done.code == 0, done.err
    assert "6 particles" in done.out
    with target.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(line for line in stream if not line.startswith("#")))
    assert len(rows) == 6
    radius = next(name for name in rows[0] if "radius" in name)
    assert all(10.0 < float(row[radius]) < 90.0 for row in rows)
    materials = {value for row in rows for value in row.values()}
    assert {"TiO2", "WO3"} <= materials


def test_the_shipped_recipes_can_be_planned(invoke):
    listed = invoke("recipes").out
    for name in ("aggregates_tio2_wo3_small", "aggregates_tilt_series"):
        planned = invoke("plan", name)
        assert planned.code == 0, planned.err
        assert name in listed
    assert "aggregates_tio2_wo3 " in listed


@pytest.mark.slow
@pytest.mark.parametrize("name", ["aggregates_tio2_wo3_small", "aggregates_tilt_series"])
def test_the_shipped_recipes_are_made_and_sound(invoke, name, tmp_path):
    folder = tmp_path / "made"
    words = ["--images", 4] if name.endswith("small") else ["--images", 30]
    done = invoke("run", name, *words, "--output", folder, "--workers", 2, "--progress", "none")
    assert done.code == 0, done.err
    assert invoke("verify", folder).code == 0
    line = json.loads((folder / "manifest.jsonl").read_text().splitlines()[3])
    assert invoke("regenerate", folder, "--image-id", line["image_id"]).code == 0


# --- what cannot be -------------------------------------------------------------------------------------


def vary(path: str, *values: Any, **more: Any) -> list[Table]:
    return [{"path": path, "law": "grid", "values": list(values), **more}]


#: What is changed in the recipe, and words of the sentence: setting and value, range or reason, remedy.
CASES: dict[str, tuple[Table, tuple[str, ...]]] = {
    "unknown material": (
        {"specimen": {"first": {"material": "Unobtainium"}}},
        ("specimen.first.material = 'Unobtainium'", "no chemical formula"),
    ),
    "formula without a density": (
        {"specimen": {"second": {"material": "LaCoO3"}}},
        ("specimen.second.material = 'LaCoO3'", "no density", "specimen.second.density"),
    ),
    "negative density": (
        {"specimen": {"first": {"density": -4.0}}},
        ("specimen.first.density = -4.0", "0 to 25 g/cm³"),
    ),
    "density in kg per m³": (
        {"specimen": {"first": {"density": 4230.0}}},
        ("specimen.first.density = 4230.0", "0 to 25 g/cm³"),
    ),
    "volts": ({"imaging": {"voltage": 200_000.0}}, ("imaging.voltage", "1 to 3000 kV", "write 200")),
    "mixing above one": ({"specimen": {"mixing": 1.5}}, ("specimen.mixing = 1.5", "0 to 1")),
    "mixing in per cent": ({"specimen": {"mixing": 40.0}}, ("specimen.mixing = 40.0", "0 to 1")),
    "one particle": ({"specimen": {"number": 1}}, ("specimen.number = 1", "2 to 5,000")),
    "too many particles": ({"specimen": {"number": 6000}}, ("specimen.number = 6000", "2 to 5,000")),
    "half a particle": ({"specimen": {"number": 10.5}}, ("specimen.number = 10.5", "whole number")),
    "radius in micrometres": (
        {"specimen": {"first": {"median_radius": 0.004}}},
        ("specimen.first.median_radius = 0.004", "2 to 2000 Å"),
    ),
    "clusters of half a particle": (
        {"specimen": {"first": {"cluster_size": 0.5}}},
        ("specimen.first.cluster_size = 0.5", "1 to 1000"),
    ),
    "too much overlap": ({"specimen": {"overlap": 0.9}}, ("specimen.overlap = 0.9", "0 to 0.4")),
    "no fractal": (
        {"specimen": {"fractal_dimension": 3.4}},
        ("specimen.fractal_dimension = 3.4", "1 to 3"),
    ),
    "coordination of a lattice": (
        {"specimen": {"contacts": "rolled", "coordination": 12.0}},
        ("specimen.coordination = 12.0", "2 to 5"),
    ),
    "unknown contacts": (
        {"specimen": {"contacts": "roled"}},
        ("specimen.contacts = 'roled'", "first, rolled"),
    ),
    "holes that run into each other": (
        {"specimen": {"film": {"thickness": 50.0, "holes": "square", "hole_spacing": 1900.0}}},
        ("specimen.film.hole_spacing = 1900.0", "above 2000 Å"),
    ),
    "ring inside out": ({"imaging": {"inner": 220.0}}, ("imaging.inner = 220.0", "below 200 mrad")),
    "no bright-field disc": ({"imaging": {"collection": 0.0}}, ("imaging.collection = 0.0",)),
    "a bright-field disc within the probe's cone": (
        {"imaging": {"signal": "bf", "collection": 4.0}},
        ("imaging.collection = 4.0", "imaging.convergence"),
    ),
    "probe in pixels": ({"imaging": {"probe": -1.0}}, ("imaging.probe = -1.0", "0 to 200 Å")),
    "tilt of a random pose": ({"pose": {"kind": "random", "Phi": 30.0}}, ("pose.Phi", "shift_x, shift_y")),
    "tilt series of a random pose": (
        {"pose": {"kind": "random"}, "vary": vary("pose.Phi", 0.0, 10.0, per="image")},
        ("vary.0.path = 'pose.Phi'", "another kind of pose"),
    ),
    "specimen by image": (
        {"vary": vary("specimen.mixing", 0.2, 0.5, per="image")},
        ("vary.0.per = 'image'", "specimen.mixing belongs to the structure", "leave per out"),
    ),
    "model of atoms": (
        {"imaging": {"model": "gaussian"}},
        ("imaging.model = 'gaussian'", "mass_thickness"),
    ),
    "waves of particles": ({"imaging": {"model": "hrtem"}}, ("imaging.model = 'hrtem'", "mass_thickness")),
    "labels of atoms": (
        {"labels": {"composition_map": True}},
        ("labels.composition_map = True", "particles", "switch it off"),
    ),
    "what the bright field does not show": (
        {"imaging": {"signal": "bf"}, "labels": {"visible_mask": True}},
        ("labels.visible_mask = True", "dark", "switch it off"),
    ),
    "a film over bright field": (
        {"imaging": {"signal": "bf"}, "noise": {"background": {"thickness": 5.0}}},
        ("noise.background.thickness", "cannot be added", "set it to 0"),
    ),
    "everything out of the image": (
        {"pose": {"shift_x": 9000.0}},
        ("pose.shift_x = 9000.0", "moves all particles out of the image"),
    ),
    "lookup of a material that it has not": (
        {"specimen": {"first": {"material": "CeO2"}}, "imaging": {"constants": "lookup"}},
        ("CeO2", "cross_sections"),
    ),
    "lookup at another voltage": (
        {"imaging": {"constants": "lookup", "voltage": 120.0}},
        ("imaging.voltage = 120.0", "200"),
    ),
    "a film along the beam": (
        {"specimen": {"film": {"thickness": 40.0}}, "pose": {"Phi": 90.0}},
        ("film",),
    ),
    "more atoms than can be": (
        {
            "specimen": {
                "kind": "aggregate_atoms",
                "first": {"median_radius": 300.0},
                "second": {"median_radius": 300.0},
            },
            "imaging": {"model": "gaussian"},
            "labels": {"semantic_map": False},
        },
        ("atoms", "2,000,000"),
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("command", ["plan", "run"])
def test_what_cannot_be_is_refused_in_one_sentence(invoke, write, tmp_path, command, name):
    change, words = CASES[name]
    words_of_command = {"plan": [], "run": ["--output", tmp_path / "made", "--progress", "none"]}[command]
    done = invoke(command, write(**change), *words_of_command)
    assert done.code == 2, done
    assert "Traceback" not in done.err and done.out == ""
    text = done.err.strip()
    assert text.count("\n") == 0 and text.endswith((".", "?")), text
    for word in words:
        assert word in text, text
    assert not (tmp_path / "made").exists()


def test_a_radius_that_looks_like_nanometres_is_allowed(invoke, write, tmp_path):
    """Clusters of a few atoms have such radii; the plan tells sizes in Å."""
    small = {name: {"median_radius": 4.0} for name in ("first", "second")}
    done = invoke("plan", write(specimen=small, image={"pixel_size": 1.0}))
    assert done.code == 0, done.err
