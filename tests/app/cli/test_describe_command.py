"""``nanophantom describe`` on a small dataset of Au55 at four widths of the spot."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sim.dataset.reader import Dataset


@pytest.fixture(scope="module")
def grid(tmp_path_factory) -> Path:
    """Sixteen images: every σ and α of the shipped sweep once."""
    from app.cli.main import run

    directory = tmp_path_factory.mktemp("described") / "grid"
    words = ["--images", "16", "--set", "image.width=32", "--set", "image.height=32", "--progress", "none"]
    assert run(["run", "au55_sigma_alpha_grid", "--output", str(directory), *words]) == 0
    return directory


def table(text):
    lines = [line.split() for line in text.splitlines()]
    return lines[0], {line[0]: line for line in lines[1:]}


def test_every_number_of_the_samples_is_described(invoke, grid):
    result = invoke("describe", grid)
    assert result.code == 0 and result.err == ""
    _, rows = table(result.out)
    with Dataset(grid) as dataset:
        samples = dataset.samples()
    numeric = {
        name for name, column in samples.items() if not isinstance(column, list) and column.ndim == 1
    } - {"replicate", "repeat", "orientation_seed", "noise_seed"}
    assert numeric <= set(rows) and "quaternion[3]" in rows and "class_name" not in rows
    name, unit, n, mean, sd, low, *_, high = rows["imaging.sigma"]
    sigma = samples["imaging.sigma"]
    assert (name, unit, int(n)) == ("imaging.sigma", "Å", 16)
    assert float(mean) == pytest.approx(sigma.mean(), rel=1e-3)
    assert float(sd) == pytest.approx(sigma.std(ddof=1), rel=1e-3)
    assert (float(low), float(high)) == (sigma.min(), sigma.max())


def test_only_by_and_against(invoke, grid):
    result = invoke(
        "describe", grid, "--only", "largest_fraction,bond_length", "--by", "imaging.sigma", "--against"
    )
    headings, _ = table(result.out)
    lines = [line for line in result.out.splitlines()[1:]]
    assert headings[-2:] == ["imaging.sigma", "imaging.alpha"]
    assert (
        len(lines) == 8
        and [line.split()[0] for line in lines] == ["largest_fraction"] * 4 + ["bond_length"] * 4
    )
    # At one width of the spot the brightness rises with α alone.
    assert lines[0].split()[-2:] == ["-", "+1.000"]
    assert len(invoke("describe", grid, "--by", "class").out.splitlines()) == len(
        invoke("describe", grid).out.splitlines()
    )
    assert "train" in invoke("describe", grid, "--by", "split").out


def test_csv_and_json_hold_the_same_with_every_digit(invoke, grid, tmp_path):
    target = tmp_path / "grid.csv"
    result = invoke("describe", grid, "--against", "--csv", target, "--json")
    trees = json.loads(result.out)
    rows = list(csv.DictReader(target.open(encoding="utf-8")))
    assert [row["column"] for row in rows] == [tree["name"] for tree in trees]
    for row, tree in zip(rows, trees, strict=True):
        assert float(row["mean"]) == tree["mean"] and int(row["n"]) == tree["n"] == 16
        rank = row["spearman imaging.alpha"]
        assert (float(rank) if rank else None) == tree["against"].get("imaging.alpha")
    with Dataset(grid) as dataset:
        largest = dataset.samples()["largest_fraction"]
    found = next(tree for tree in trees if tree["name"] == "largest_fraction")
    assert found["median"] == np.median(largest) and found["against"]["imaging.alpha"] > 0.5
    assert invoke("describe", grid, "--csv", target).code == 0  # its own table may be replaced


def test_plot_is_a_picture(invoke, grid, tmp_path):
    target = tmp_path / "grid.png"
    assert invoke("describe", grid, "--plot", target).code == 0
    assert Image.open(target).size[0] > 900


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--only", "sigmaa"], "--only = 'sigmaa'"),
        (["--only", "bond_lenght"], "did you mean 'bond_length'"),
        (["--only", "a,,b"], "holds an empty name"),
        (["--by", "clas"], "did you mean 'class'"),
        (["--plot", "nowhere/there.png"], "folder that does not exist"),
        (["--plot", "picture.abc"], "names no picture format"),
    ],
)
def test_wrong_words_give_one_sentence(invoke, grid, words, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = invoke("describe", grid, *words)
    assert result.code == 2 and result.out == "" and sentence in result.err
    assert result.err.count("\n") == 1 and not list(tmp_path.iterdir())


def test_wrong_folders_and_files_in_the_way(invoke, grid, tmp_path):
    for folder in (tmp_path, tmp_path / "nothing"):
        result = invoke("describe", folder)
        assert result.code == 2 and result.err.count("\n") == 1
    notes = tmp_path / "notes.csv"
    notes.write_text("name,mass\nmine,3\n", encoding="utf-8")
    result = invoke("describe", grid, "--csv", notes)
    assert result.code == 2 and "no table of this command" in result.err
    assert notes.read_text(encoding="utf-8") == "name,mass\nmine,3\n"


def test_a_dataset_in_which_nothing_varies_has_nothing_to_correlate_with(invoke, tmp_path):
    directory = tmp_path / "four"
    words = ["--images", "4", "--set", "image.width=32", "--set", "image.height=32", "--progress", "none"]
    assert invoke("run", "au55_four_classes", "--output", directory, *words).code == 0
    result = invoke("describe", directory, "--against")
    assert result.code == 2 and "needs a setting that varies" in result.err
    assert "icosahedron" in invoke("describe", directory, "--by", "class").out
