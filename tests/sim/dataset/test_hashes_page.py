"""docs/hashes.md: the program on the page recomputes every hash, with numpy and h5py alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import h5py
import pytest
from dataset_fakes import extra_plan, extra_render

from sim.dataset.differences import TOLERANCE
from sim.dataset.run import generate_dataset


@pytest.fixture(scope="module")
def program(repository) -> str:
    page = (repository / "docs" / "hashes.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert set(re.findall(r"^import (.*)$", block, re.MULTILINE)) == {
        "hashlib, json, sys",
        "h5py, numpy as np",
    }
    return block


def check(program, dataset, folder):
    return subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", program, str(dataset)],
        capture_output=True,
        text=True,
        cwd=folder,
    )


def test_an_outsider_finds_the_same_hashes(program, pristine, tmp_path):
    done = check(program, pristine.directory, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"content_sha256 {pristine.content_sha256}\n"


def test_an_outsider_finds_the_hashes_of_further_arrays(program, tmp_path):
    made = generate_dataset(extra_plan(images=2), tmp_path / "d", render=extra_render)
    done = check(program, made.directory, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"content_sha256 {made.content_sha256}\n"


def test_the_page_states_the_tolerance_of_tier_b(repository):
    assert TOLERANCE in " ".join((repository / "docs" / "hashes.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize("name", ["images/data", "labels/column_ids/data", "atoms/x", "columns/xy"])
def test_an_outsider_finds_a_changed_value(program, damaged, tmp_path, name):
    with h5py.File(damaged / "shards/000001.h5", "r+") as file:
        data = file["dataset"][name]
        data[(1,) * data.ndim] += 1
    done = check(program, damaged, tmp_path)
    assert done.returncode == 1 and "AssertionError: ('" in done.stderr
    assert name.removesuffix("/data") in done.stderr


@pytest.mark.parametrize(("field", "key"), [("job", "noise_seed"), ("truth", "electrons")])
def test_an_outsider_finds_changed_settings_and_truth(program, damaged, tmp_path, field, key):
    manifest = damaged / "manifest.jsonl"
    lines = [json.loads(text) for text in manifest.read_text(encoding="utf-8").splitlines()]
    lines[3][field][key] = 1.5
    manifest.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    done = check(program, damaged, tmp_path)
    assert done.returncode == 1 and lines[3]["image_id"] in done.stderr


def test_datasets_say_where_their_hashes_are_described(pristine, repository):
    assert "docs/hashes.md" in pristine.document["hashes"]
    assert (repository / "docs/hashes.md").is_file()
