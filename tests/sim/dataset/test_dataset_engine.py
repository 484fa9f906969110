"""The real recipe, plan and render through the dataset: structures, workers, regenerate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.core.settings import validate
from sim.dataset.info import describe
from sim.dataset.reader import Dataset
from sim.dataset.regenerate import regenerate
from sim.dataset.run import generate_dataset
from sim.dataset.verify import verify
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe

CLASSES = ["icosahedron", "cuboctahedron", "decahedron", "garzon"]


def real_plan(images: int, **sections: object) -> Plan:
    tree = {
        "name": "Au55",
        "images": images,
        "image": {"width": 48, "height": 40, "pixel_size": 0.5},
        "dataset": {"images_per_shard": 4},
        "vary": [{"path": "specimen.geometry", "law": "grid", "values": CLASSES}],
        **sections,
    }
    recipe = validate(Recipe, tree)
    return Plan(recipe, collect_structures(recipe))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return generate_dataset(real_plan(10), tmp_path_factory.mktemp("real") / "d")


def test_the_engine_makes_a_sound_dataset_of_four_classes(made):
    assert verify(made.directory).problems == ()
    found = describe(made.directory)
    assert found["classes"] == {"cuboctahedron": 3, "decahedron": 2, "garzon": 2, "icosahedron": 3}
    assert found["structures"] == 4 and found["shape"] == [40, 48]
    with Dataset(made.directory) as dataset:
        assert dataset.image(3).max() > 0
        table = dataset.table("atoms", 3)
        assert len(table["x"]) == 55 and set(table["number"]) == {79}


def test_every_image_is_the_one_the_plan_renders(made):
    """The stored image equals one rendered here without a cache: preview and export are one."""
    from sim.render.context import RenderContext
    from sim.render.render import render

    plan = real_plan(10)
    with Dataset(made.directory) as dataset:
        for index in range(10):
            sample = render(plan[index], RenderContext(structures=plan.catalogue))
            np.testing.assert_array_equal(dataset.image(index), sample.image)
            np.testing.assert_array_equal(dataset.clean(index), sample.clean)


@pytest.mark.slow
def test_two_workers_give_the_same_digest(made, tmp_path):
    assert generate_dataset(real_plan(10), tmp_path / "d", workers=2).content_sha256 == made.content_sha256


def test_growth_keeps_every_image_that_was_there(made, tmp_path):
    larger = generate_dataset(real_plan(14), tmp_path / "d")

    def hashes(directory: Path) -> dict[str, str]:
        lines = map(json.loads, (directory / "manifest.jsonl").read_text().splitlines())
        return {line["image_id"]: line["arrays"][0]["sha256"] for line in lines}

    before, after = hashes(made.directory), hashes(larger.directory)
    assert len(after) == 14 and before.items() <= after.items()


def test_regenerate_needs_only_the_line_and_the_snapshots(made):
    lines = [json.loads(line) for line in (made.directory / "manifest.jsonl").read_text().splitlines()]
    for line in lines[:4]:
        again = regenerate(made.directory, line["image_id"])
        assert again.equal and again.remark == ""
        assert [item.name for item in again.comparisons] == [record["name"] for record in line["arrays"]]


def test_files_are_imported_once_and_their_paths_stay_private(tmp_path):
    """Images can be made again after the structure files are gone; no folder of this machine is named."""
    source = tmp_path / "private_folder"
    source.mkdir()
    lines = ["3", "", "Au 0.0 0.0 0.0", "Au 2.9 0.3 0.0", "Ag 0.2 2.8 1.1"]
    (source / "trimer.xyz").write_text("\n".join(lines) + "\n")
    specimen = {
        "kind": "file",
        "structure": "trimer",
        "files": [{"name": "trimer", "path": str(source / "trimer.xyz")}],
    }
    summary = generate_dataset(real_plan(3, specimen=specimen, vary=[]), tmp_path / "d")
    (source / "trimer.xyz").unlink()
    assert verify(summary.directory).problems == ()
    first = json.loads((summary.directory / "manifest.jsonl").read_text().splitlines()[0])
    assert (first["structure_id"], first["geometry"]) == ("trimer", "trimer")
    assert regenerate(summary.directory, first["image_id"]).equal
    for path in summary.directory.rglob("*"):
        if path.is_file():
            assert b"private_folder" not in path.read_bytes(), path


@pytest.mark.slow
def test_memory_stays_flat_when_the_dataset_grows(tmp_path):
    """Peak memory of a process that makes 3000 tiny images stays near that of one that makes 300."""
    peaks = []
    for images in (300, 3000):
        script = _MEASURE.format(
            images=images, directory=str(tmp_path / str(images)), tests=str(Path(__file__).parent)
        )
        root = Path(__file__).parents[3]
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 30_000  # kB


_MEASURE = """
import resource, sys
sys.path.insert(0, {tests!r})
from dataset_fakes import fake_plan, fake_render
from sim.dataset.run import generate_dataset
generate_dataset(fake_plan(images={images}, per_shard=50), {directory!r}, render=fake_render)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""

if os.name == "nt":
    del test_memory_stays_flat_when_the_dataset_grows
