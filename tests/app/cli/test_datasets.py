"""The commands that make, read and check datasets, from the command line to the bytes on disk."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

SMALL = ["--set", "image.width=32", "--set", "image.height=32"]


def digest(directory: Path) -> str:
    return json.loads((directory / "dataset.json").read_text())["content_sha256"]


@pytest.fixture(scope="module")
def four_classes(tmp_path_factory) -> Path:
    """A dataset of eight small images."""
    from app.cli.main import run

    directory = tmp_path_factory.mktemp("made") / "four"
    assert run(["run", "au55_four_classes", "--output", str(directory), "--images", "8", *SMALL]) == 0
    return directory


@pytest.fixture
def structures(tmp_path) -> Path:
    """Two structure files that no one can confuse: three gold atoms, and two carbon atoms."""
    folder = tmp_path / "structures"
    folder.mkdir()
    (folder / "bent.xyz").write_text("3\nthree gold atoms\nAu 0 0 0\nAu 2.8 0 0\nAu 0 3.1 0.4\n")
    (folder / "dimer.xyz").write_text("2\nC2\nC 0 0 0\nC 1.3 0 0\n")
    (folder / "notes.txt").write_text("not a structure")
    return folder


# --- demo ------------------------------------------------------------------------------------


def test_demo_makes_a_dataset_and_a_picture_and_is_the_same_again(invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = invoke("demo")
    assert first.code == 0 and first.err == ""
    directory, picture = tmp_path / "nanophantom-demo", tmp_path / "nanophantom-demo.png"
    assert str(directory) in first.out and str(picture) in first.out
    assert set(json.loads((directory / "dataset.json").read_text())["classes"]) == {
        "icosahedron", "cuboctahedron", "decahedron", "garzon",
    }  # fmt: skip
    assert Image.open(picture).width > 1000
    before = digest(directory)
    again = invoke("demo")
    assert again.code == 0 and "already" in again.out
    assert digest(directory) == before
    replaced = invoke("demo", "--overwrite")
    assert replaced.code == 0 and digest(directory) == before


def test_demo_leaves_a_folder_of_somebody_else_alone(invoke, tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    result = invoke("demo", "--output", tmp_path)
    assert result.code == 2 and len(result.err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


# --- run, info, verify, regenerate -----------------------------------------------------------


def test_run_says_the_digest_that_is_in_the_dataset(invoke, tmp_path):
    directory = tmp_path / "grid"
    result = invoke("run", "au55_sigma_alpha_grid", "--output-dir", directory, *SMALL)
    assert result.code == 0
    assert result.err == ""
    assert result.out == f"16 images in {directory}, content_sha256 {digest(directory)}\n"


def test_one_specimen_leaves_two_splits_empty_and_the_run_says_so(invoke, tmp_path):
    shares = ("--set", "dataset.split.train=0.8", "--set", "dataset.split.validation=0.1")
    command = ("run", "au55_sigma_alpha_grid", "--output", tmp_path / "d", *SMALL)
    result = invoke(*command, *shares, "--set", "dataset.split.test=0.1")
    assert result.code == 0
    assert sum(line.startswith("warning: split ") for line in result.err.splitlines()) == 2


def test_a_second_run_needs_resume_or_overwrite(invoke, four_classes):
    before = {path: path.read_bytes() for path in four_classes.rglob("*") if path.is_file()}
    command = ["run", "au55_four_classes", "--output", four_classes, "--images", "8", *SMALL]
    refused = invoke(*command)
    assert refused.code == 2 and "--overwrite" in refused.err
    assert len(refused.err.splitlines()) == 1
    resumed = invoke(*command, "--resume")
    assert resumed.code == 0 and "is complete" in resumed.out
    assert {path: path.read_bytes() for path in four_classes.rglob("*") if path.is_file()} == before


def test_workers_and_parts_give_the_same_digest(invoke, four_classes, tmp_path):
    command = ["run", "au55_four_classes", "--images", "8", *SMALL]
    # images_per_shard belongs to the recipe, so the reference is made with it too.
    several = [*command, "--set", "dataset.images_per_shard=2"]
    assert invoke(*several, "--output", tmp_path / "one").code == 0
    assert invoke(*several, "--output", tmp_path / "two", "--workers", "2").code == 0
    assert digest(tmp_path / "two") == digest(tmp_path / "one") == digest(four_classes)
    assert "a part" in invoke(*several, "--output", tmp_path / "part0", "--shards", "0:3").out
    assert invoke(*several, "--output", tmp_path / "part1", "--shards", "3:4").code == 0
    merged = invoke("merge", tmp_path / "part0", tmp_path / "part1", "--output", tmp_path / "whole")
    assert merged.code == 0
    assert digest(tmp_path / "whole") == digest(four_classes)


def test_info_says_what_there_is(invoke, four_classes):
    out = invoke("info", four_classes).out
    assert "8 of 32 x 32 px, uint16, pixel 0.2 Å" in out
    assert "2 icosahedron" in out
    assert json.loads(invoke("info", four_classes, "--json").out)["images"] == 8


def test_the_recipe_of_a_dataset_makes_it_again(invoke, four_classes, tmp_path):
    recipe = tmp_path / "again.toml"
    recipe.write_text(invoke("info", four_classes, "--recipe").out, encoding="utf-8")
    assert invoke("run", recipe, "--output", tmp_path / "again").code == 0
    assert digest(tmp_path / "again") == digest(four_classes)


def test_verify_passes_and_catches_a_changed_pixel(invoke, tmp_path, monkeypatch):
    directory = tmp_path / "small"
    assert invoke("run", "au55_four_classes", "--output", directory, "--images", "4", *SMALL).code == 0
    sound = invoke("verify", directory)
    assert sound.code == 0 and "is sound" in sound.out
    with h5py.File(directory / "shards" / "000000.h5", "r+") as file:
        file["dataset/images/data"][2, 5, 7] += 1
    changed = invoke("verify", directory)
    assert changed.code == 1 and "Traceback" not in changed.err
    assert any("shards/000000.h5" in line for line in changed.err.splitlines())
    monkeypatch.setattr("app.cli.progress.obey_lines", lambda request: None)
    events = [json.loads(line) for line in invoke("verify", directory, "--progress", "json").out.splitlines()]
    assert events[-1]["event"] == "finished" and events[-1]["sound"] is False and events[-1]["problems"]


def test_regenerate_compares_and_writes_the_image(invoke, four_classes, tmp_path):
    line = json.loads((four_classes / "manifest.jsonl").read_text().splitlines()[3])
    target = tmp_path / "three.npy"
    result = invoke("regenerate", four_classes, "--image-id", line["image_id"], "-o", target)
    assert result.code == 0 and "are equal" in result.out and "DIFFERENT" not in result.out
    with h5py.File(four_classes / "stack.h5") as stack:
        np.testing.assert_array_equal(np.load(target), stack["images"][3])


def test_regenerate_of_an_unknown_image(invoke, four_classes):
    result = invoke("regenerate", four_classes, "--image-id", "Au55_cube_00000_000000000000")
    assert result.code == 2 and len(result.err.splitlines()) == 1


@pytest.mark.parametrize("command", ["info", "verify", "contact-sheet"])
def test_a_folder_without_a_dataset_is_refused(invoke, tmp_path, command):
    result = invoke(command, tmp_path / "nothing")
    assert result.code == 2 and len(result.err.splitlines()) == 1


# --- render and plan -------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["npy", "tif"])
def test_render_gives_the_bytes_of_the_dataset(invoke, four_classes, tmp_path, ending):
    import tifffile

    target = tmp_path / f"x.{ending}"
    result = invoke("render", "au55_four_classes", "--images", "8", *SMALL, "--index", "5", "-o", target)
    assert result.code == 0
    values = np.load(target) if ending == "npy" else tifffile.imread(target)
    with h5py.File(four_classes / "stack.h5") as stack:
        np.testing.assert_array_equal(values, stack["images"][5])
        assert values.dtype == stack["images"].dtype


def test_rendered_tiff_is_calibrated(invoke, tmp_path):
    """0.2 Å a pixel is 50 pixels a nanometre, which is how ImageJ counts."""
    import tifffile

    target = tmp_path / "x.tif"
    assert invoke("render", "au55_four_classes", "--index", "0", "-o", target).code == 0
    with tifffile.TiffFile(target) as file:
        numerator, denominator = file.pages[0].tags["XResolution"].value
        assert file.imagej_metadata["unit"] == "nm"
    assert numerator / denominator == pytest.approx(50.0, rel=1e-6)


def test_render_by_image_id_and_as_png(invoke, four_classes, tmp_path):
    line = json.loads((four_classes / "manifest.jsonl").read_text().splitlines()[6])
    by_id = [*SMALL, "--images", "8", "--image-id", line["image_id"]]
    assert invoke("render", "au55_four_classes", *by_id, "-o", tmp_path / "x.png").code == 0
    with h5py.File(four_classes / "stack.h5") as stack:
        values = stack["images"][6].astype(float)
    picture = np.asarray(Image.open(tmp_path / "x.png"))
    assert picture.shape == (32, 32) and picture.dtype == np.uint8
    # Of several pixels that share the darkest grey, the darkest is one.
    assert picture.ravel()[values.argmin()] == picture.min()
    assert picture.ravel()[values.argmax()] == picture.max()
    assert np.corrcoef(picture.ravel(), values.ravel())[0, 1] > 0.99


@pytest.mark.parametrize(("arguments", "word"), [
    (["--index", "8", "-o", "x.png"], "0 to 7"),
    (["--index", "-1", "-o", "x.png"], "0 to 7"),
    (["--index", "1.5", "-o", "x.png"], "not a whole number"),
    (["--index", "1", "-o", "x.bmp"], "its ending names no format"),
    (["--index", "1", "-o", "nowhere/x.png"], "no such folder"),
    (["--image-id", "Au55", "-o", "x.png"], "no such image"),
    (["-o", "x.png"], "one of the arguments --index --image-id is required"),
])  # fmt: skip
def test_render_refuses_in_one_sentence(invoke, tmp_path, monkeypatch, arguments, word):
    monkeypatch.chdir(tmp_path)
    result = invoke("render", "au55_four_classes", "--images", "8", *arguments)
    assert result.code == 2 and word in result.err
    assert len(result.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_plan_writes_nothing_and_counts_right(invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    facts = json.loads(invoke("plan", "au55_four_classes", "--images", "1000", *SMALL, "--json").out)
    assert (facts["images"], facts["height"], facts["width"], facts["dtype"]) == (1000, 32, 32, "uint16")
    assert facts["structures"] == 4 and facts["varied"] == ["specimen.geometry"]
    assert facts["bytes"] == 1000 * facts["bytes_per_image"] and facts["seconds"] > 0
    assert "1000 of 32 x 32 px" in invoke("plan", "au55_four_classes", "--images", "1000", *SMALL).out
    assert list(tmp_path.iterdir()) == []


# --- export ----------------------------------------------------------------------------------


def test_export_writes_what_is_in_the_dataset(invoke, four_classes, tmp_path):
    output = tmp_path / "out"
    result = invoke("export", four_classes, "--output", output, "--format", "npy,png")
    assert result.code == 0 and "8 images" in result.out
    with h5py.File(four_classes / "stack.h5") as stack:
        images = stack["images"][:]
        splits = stack["dataset/samples/split"].asstr()[:]
    np.testing.assert_array_equal(np.load(output / "npy" / "train" / "images.npy"), images[splits == "train"])
    assert len(list(output.rglob("*.png"))) == 8


@pytest.mark.parametrize(("arguments", "word"), [
    (["--format", "tif"], "did you mean 'tiff'?"),
    (["--scale", "minmax"], "invalid choice"),
    ([], "is not empty"),
])  # fmt: skip
def test_export_refuses_in_one_sentence(invoke, four_classes, tmp_path, arguments, word):
    (tmp_path / "there").write_text("already")
    result = invoke("export", four_classes, "--output", tmp_path, *arguments)
    assert result.code == 2 and word in result.err and len(result.err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


# --- generate --------------------------------------------------------------------------------


def test_generate_from_files(invoke, structures, tmp_path):
    directory = tmp_path / "made"
    result = invoke(
        "generate", "--xyz-dir", structures, "--output-dir", directory, "--sigma", "0.5", "--alpha", "1.5",
        "--pixel-size", "0.25", "--seed", "7", "--images-per-structure", "3", "--size", "24x32",
        "--noise-preset", "poisson_low", "--geometry", "dimer=chain",
    )  # fmt: skip
    assert result.code == 0
    assert "notes.txt" in result.err
    lines = [json.loads(line) for line in (directory / "manifest.jsonl").read_text().splitlines()]
    assert len(lines) == 6
    assert sorted({(line["structure_id"], line["geometry"]) for line in lines}) == [
        ("bent", "bent"),
        ("dimer", "chain"),
    ]
    first = lines[0]["simulation_params"]
    assert (first["sigma"], first["alpha"], first["pixel_size"], first["noise_preset"]) == (
        0.5,
        1.5,
        0.25,
        "poisson_low",
    )
    assert first["dose"] == 1e6
    with h5py.File(directory / "stack.h5") as stack:
        assert stack["images"].shape == (6, 24, 32)
    # The original files are no longer needed.
    for path in structures.iterdir():
        path.unlink()
    assert invoke("verify", directory).code == 0
    assert invoke("regenerate", directory, "--image-id", lines[4]["image_id"]).code == 0


def test_one_geometry_for_all_files(invoke, structures, tmp_path):
    directory = tmp_path / "made"
    command = [
        "generate",
        "--xyz-dir",
        structures,
        "--output",
        directory,
        "--images-per-structure",
        "1",
        "--size",
        "16",
    ]
    assert invoke(*command, "--geometry", "molecule").code == 0
    lines = [json.loads(line) for line in (directory / "manifest.jsonl").read_text().splitlines()]
    assert [line["geometry"] for line in lines] == ["molecule", "molecule"]
    assert {line["structure_id"] for line in lines} == {"bent", "dimer"}


@pytest.mark.parametrize(("option", "value", "words"), [
    ("--sigma", "0,6", ("0.05 to 5 Å", "0,6")),
    ("--sigma", "-1", ("0.05 to 5 Å",)),
    ("--sigma", "0", ("0.05 to 5 Å",)),
    ("--sigma", "nan", ("0.05 to 5 Å", "not a finite number")),
    ("--sigma", "inf", ("0.05 to 5 Å", "not a finite number")),
    ("--sigma", "-inf", ("0.05 to 5 Å",)),
    ("--sigma", "true", ("0.05 to 5 Å",)),
    ("--sigma", "", ("0.05 to 5 Å", "is empty")),
    ("--sigma", "[0.6]", ("0.05 to 5 Å",)),
    ("--alpha", "6", ("0 to 5",)),
    ("--alpha", "one", ("0 to 5",)),
    ("--pixel-size", "0", ("0.01 to 100 Å/px",)),
    ("--seed", "-3", ("at least 0", "0 to")),
    ("--seed", "1.5", ("whole number",)),
    ("--seed", "9223372036854775808", ("0 to", "outside")),
    ("--noise-preset", "poison_low", ("did you mean 'poisson_low'?",)),
    ("--images-per-structure", "0", ("1 to 100000000",)),
    ("--images-per-structure", "many", ("not a whole number",)),
    ("--size", "12O", ("is no image size",)),
    ("--size", "4", ("8 to 16",)),
    ("--size", "32x99999", ("8 to 16",)),
    ("--workers", "0", ("1 to 256",)),
    ("--geometry", "benz=molecule", ("did you mean 'bent'?",)),
    ("--xyz-dir", "/nowhere/at/all", ("there is no such folder",)),
])  # fmt: skip
def test_wrong_values_get_one_sentence_and_leave_no_trace(invoke, structures, tmp_path, option, value, words):
    directory = tmp_path / "made"
    result = invoke("generate", "--xyz-dir", structures, "--output", directory, option, value)
    assert result.code == 2
    assert not directory.exists()
    sentences = [line for line in result.err.splitlines() if "leaving out" not in line]
    assert len(sentences) == 1, result.err
    assert any(word in sentences[0] for word in words), sentences
    if option != "--xyz-dir":
        assert option in sentences[0]


def test_generate_help_reads_the_settings(invoke):
    out = " ".join(invoke("generate", "--help").out.split())
    assert "0.05 to 5 Å; default 0.6" in out
    assert "default poisson_medium" in out


def test_an_unusable_structure_file_is_named(invoke, structures, tmp_path):
    (structures / "huge.xyz").write_text("1000000000000\n\nAu 0 0 0\n")
    result = invoke("generate", "--xyz-dir", structures, "--output", tmp_path / "made")
    assert result.code == 2 and "huge.xyz" in result.err
    assert not (tmp_path / "made").exists()


def test_a_mistake_of_ours_gives_a_sentence_and_a_file(invoke, tmp_path, monkeypatch, own_home):
    """Whatever goes wrong inside, the user sees no traceback, and the developer gets one."""
    import sim.dataset.info

    def broken(directory):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(sim.dataset.info, "describe", broken)
    result = invoke("info", tmp_path)
    assert result.code == 1 and "Traceback" not in result.err
    (report,) = [path for path in (own_home / "log").iterdir() if "by nothing" in path.read_text()]
    assert str(report) in result.err and "Traceback" in report.read_text()


def test_verify_mentions_a_strange_file_and_still_calls_the_dataset_sound(invoke, tmp_path):
    directory = tmp_path / "d"
    assert invoke("run", "au55_four_classes", "--images", "4", "--output", directory, *SMALL).code == 0
    (directory / "notes.txt").write_text("mine")
    result = invoke("verify", directory)
    assert result.code == 0
    assert result.err.startswith("note: ") and "notes.txt" in result.err
