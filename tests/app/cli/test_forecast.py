"""What ``plan``, ``run`` and ``generate`` say beforehand: counts, dose, time, notes and warnings."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from app import forecast
from app.amounts import estimate_text
from app.cli.making import make_plan
from app.cli.remarks import MOST_SHOWN, show_remarks
from app.remarks import split_warnings
from sim.core.errors import Cancelled, never
from sim.recipe.toml import read_recipe

SMALL = ["--set", "image.width=32", "--set", "image.height=32"]
HYPERCUBE = 'vary=[{path="imaging.sigma",law="latin_hypercube",low=0.4,high=0.8}]'


def planned(invoke, *arguments: object) -> dict:
    return json.loads(invoke("plan", *arguments, "--json").out)


def test_the_forecast_is_what_the_dataset_then_holds(invoke, tmp_path):
    command = ["au55_four_classes", "--images", "30", *SMALL]
    facts = planned(invoke, *command)
    made = invoke("run", *command, "--output", tmp_path / "made")
    document = json.loads((tmp_path / "made" / "dataset.json").read_text())
    lines = [json.loads(line) for line in (tmp_path / "made" / "manifest.jsonl").read_text().splitlines()]
    assert facts["counted"] is True
    assert facts["classes"] == document["classes"]
    for name, split in document["splits"].items():
        assert facts["splits"][name]["images"] == split["images"]
        assert facts["splits"][name]["classes"] == split["classes"]
    specimens = Counter(
        split for split, _ in {(line["split"], line["job"]["specimen_key"]) for line in lines}
    )
    assert {name: split["specimens"] for name, split in facts["splits"].items()} == dict(specimens)
    # Before and after, the same warnings.
    warnings = [line.removeprefix("warning: ") for line in made.err.splitlines()]
    assert warnings == facts["warnings"]


def test_plan_shows_classes_splits_points_and_dose(invoke):
    result = invoke(
        "plan", "au55_four_classes", "--images", "400", *SMALL, "--set", "noise.exposure.dose=2e4"
    )
    rows = {line.split("  ")[0]: line.split("  ", 1)[1].strip() for line in result.out.splitlines()}
    assert rows["classes"] == "100 cuboctahedron, 100 decahedron, 100 garzon, 100 icosahedron"
    assert rows["dose"] == "20,000 e⁻/Å²"
    counts = [int(rows[name].split()[0]) for name in ("train", "validation", "test")]
    assert sum(counts) == 400 and counts[0] > 250
    assert result.err == ""


def test_sweep_points_without_an_image_are_told(invoke):
    """16 combinations, 10 images: 6 are left out."""
    facts = planned(invoke, "au55_sigma_alpha_grid", "--images", "10", *SMALL)
    assert facts["sweep_points"] == {"used": 10, "all": 16}
    assert "10 of 16" in invoke("plan", "au55_sigma_alpha_grid", "--images", "10", *SMALL).out


def test_dose_of_a_beam_current_and_of_a_varied_dose(invoke):
    """1 pA for 1 µs are 6.2415 electrons, here on 0.04 Å²; the reference is the SI's e."""
    current = [
        "noise.exposure.source=beam_current",
        "noise.exposure.beam_current=1",
        "noise.scan.dwell_time=1",
    ]
    options = [word for text in current for word in ("--set", text)]
    facts = planned(invoke, "au55_four_classes", "--images", "4", *SMALL, *options)
    assert facts["dose"]["low"] == facts["dose"]["high"] == pytest.approx(6.241509 / 0.04, rel=1e-6)
    grid = 'vary=[{path="noise.exposure.dose",law="grid",values=[1e3,5e4]}]'
    facts = planned(invoke, "au55_four_classes", "--images", "4", *SMALL, "--set", grid)
    assert (facts["dose"]["low"], facts["dose"]["high"]) == (1e3, 5e4)
    facts = planned(invoke, "au55_sigma_alpha_grid", *SMALL)
    assert facts["dose"] is None


def test_a_large_plan_is_estimated_not_counted(monkeypatch):
    recipe = read_recipe("au55_four_classes").with_value("images", 3000).recipe()
    plan = make_plan(recipe, never)
    exact = forecast.forecast(plan, never)
    monkeypatch.setattr(forecast, "MOST_COUNTED", 2999)
    rough = forecast.forecast(plan, never)
    assert exact.exact and not rough.exact
    assert rough.points_used is None and rough.splits["train"]["specimens"] is None
    for name, count in exact.classes.items():
        assert rough.classes[name] == pytest.approx(count, rel=0.15)
    for name, split in exact.splits.items():
        assert rough.splits[name]["images"] == pytest.approx(split["images"], abs=90)


def test_estimates_look_everywhere_and_follow_no_period():
    """A stride would meet one class only wherever it is a multiple of the plan's own period."""
    for total in (20_001, 10**6, 10**8):
        indices = list(forecast._spread(total))
        assert min(indices) >= 0 and max(indices) < total
        halves = sum(index < total // 2 for index in indices)
        assert abs(halves - forecast.SAMPLES / 2) < 20
        for period in (2, 4, 5, 7, 100):
            residues = Counter(index % period for index in indices)
            assert len(residues) == period and max(residues.values()) < 2 * forecast.SAMPLES / period


def test_a_plan_of_a_hundred_million_images_answers(invoke):
    assert planned(invoke, "au55_four_classes", "--images", "100000000", *SMALL)["counted"] is False


def test_counting_can_be_stopped():
    plan = make_plan(read_recipe("au55_four_classes").with_value("images", 20_000).recipe(), never)
    calls = 0

    def cancel() -> None:
        nonlocal calls
        calls += 1
        if calls > 5:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        forecast.forecast(plan, cancel)


def test_warnings_of_splits():
    splits = {
        "train": {"images": 9, "classes": {"a": 5, "b": 4}},
        "validation": {"images": 2, "classes": {"a": 2}},
        "test": {"images": 0, "classes": {}},
    }
    shares = {"train": 0.8, "validation": 0.1, "test": 0.1, "split_by": "specimen"}
    first, second = split_warnings(splits, ["a", "b"], shares)
    assert "validation lacks 1 of 2 classes (b)" in first and "test is empty" in second
    assert split_warnings(splits, ["a", "b"], {**shares, "test": 0.0, "validation": 0.0}) == []
    # By file, a split lacks classes on purpose, but it may not be empty.
    (only,) = split_warnings(splits, ["a", "b"], {**shares, "split_by": "file"})
    assert "test is empty" in only


def test_latin_hypercubes_are_noted(invoke, tmp_path):
    command = ["au55_four_classes", "--images", "4", *SMALL, "--set", HYPERCUBE]
    for result in (invoke("plan", *command), invoke("run", *command, "--output", tmp_path / "made")):
        (note,) = [line for line in result.err.splitlines() if line.startswith("note: ")]
        assert "imaging.sigma" in note and "every value changes with the number of images" in note
    assert len(planned(invoke, *command)["notes"]) == 1
    assert "note:" not in invoke("plan", "au55_four_classes", "--images", "4", *SMALL).err


def test_odd_structures_are_noted_by_name(invoke, tmp_path):
    """Coordinates in nanometres: the nearest atoms are 0.28 Å apart."""
    folder = tmp_path / "structures"
    folder.mkdir()
    (folder / "nanometres.xyz").write_text("2\n\nAu 0 0 0\nAu 0.28 0 0\n")
    (folder / "fine.xyz").write_text("2\n\nAu 0 0 0\nAu 2.8 0 0\n")
    (folder / "notes.txt").write_text("not a structure")
    recipe = tmp_path / "mine.toml"
    options = ["--images-per-structure", "2", "--size", "16", "--write-recipe", recipe]
    made = invoke("generate", "--xyz-dir", folder, "--output", tmp_path / "made", *options)
    for result in (made, invoke("plan", recipe), invoke("run", recipe, "--output", tmp_path / "again")):
        assert result.code == 0
        (note,) = [line for line in result.err.splitlines() if "nanometres?" in line]
        assert note.startswith("note: ") and "nanometres.xyz: " in note
        assert not any("fine.xyz" in line for line in result.err.splitlines())
    assert "note: leaving out notes.txt" in made.err


def test_many_notes_are_counted(capsys):
    show_remarks("note", [f"sentence {number}\nof two lines" for number in range(500)])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == MOST_SHOWN + 1 and lines[-1] == f"note: and {500 - MOST_SHOWN} more"


@pytest.mark.parametrize(("seconds", "text"), [
    (0.2, "less than a second"), (3.4, "about 3 s"), (6978, "about 1 h 56 min"), (200, "about 3 min"),
    (3599, "about 1 h"), (7200, "about 2 h"), (100_000, "about 28 h"), (1e6, "about 12 days"),
])  # fmt: skip
def test_times_are_no_finer_than_they_are_known(seconds, text):
    assert estimate_text(seconds) == text


def test_plan_says_the_time_once(invoke):
    out = invoke("plan", "au55_sigma_alpha_grid", *SMALL).out
    assert "about less" not in out and "less than a second on one processor" in out


# --- generate: --set and --write-recipe ------------------------------------------------------


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "structures"
    folder.mkdir()
    for number in range(5):
        (folder / f"p{number}.xyz").write_text(f"2\n\nAu 0 0 0\nAu {2.6 + 0.1 * number} 0.3 0\n")
    return folder


def test_generate_takes_assignments(invoke, folder, tmp_path):
    options = ["--images-per-structure", "1", "--size", "16", "--set", "imaging.mode=linear",
               "--set", "noise.exposure.dose=5e3", "--noise-preset", "poisson_low"]  # fmt: skip
    result = invoke("generate", "--xyz-dir", folder, "--output", tmp_path / "made", *options)
    assert result.code == 0, result.err
    recipe = json.loads((tmp_path / "made" / "dataset.json").read_text())["recipe"]
    assert recipe["imaging"]["mode"] == "linear" and recipe["noise"]["exposure"]["dose"] == 5e3
    assert recipe["noise"]["preset"] == "poisson_low"
    wrong = invoke("generate", "--xyz-dir", folder, "--output", tmp_path / "no", "--set", "imaging.sgma=1")
    assert wrong.code == 2 and "did you mean 'sigma'?" in wrong.err and not (tmp_path / "no").exists()


def test_the_written_recipe_makes_the_same_dataset(invoke, folder, tmp_path):
    recipe = tmp_path / "mine.toml"
    command = ["generate", "--xyz-dir", folder, "--images-per-structure", "2", "--size", "16", "--seed", "9",
               "--name", "five", "--write-recipe", recipe]  # fmt: skip
    alone = invoke(*command)
    assert alone.code == 0 and str(recipe) in alone.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.toml", "structures"]
    assert recipe.read_text().count(".xyz") == 5
    assert invoke(*command, "--output", tmp_path / "one").code == 0
    assert invoke("run", recipe, "--output", tmp_path / "two").code == 0
    digests = [json.loads((tmp_path / name / "dataset.json").read_text()) for name in ("one", "two")]
    assert digests[0]["content_sha256"] == digests[1]["content_sha256"]


def test_an_edited_recipe_is_not_replaced(invoke, folder, tmp_path):
    recipe = tmp_path / "mine.toml"
    recipe.write_text("# hours of work\n")
    command = ["generate", "--xyz-dir", folder, "--write-recipe", recipe]
    refused = invoke(*command)
    assert refused.code == 2 and "is there already" in refused.err
    assert recipe.read_text() == "# hours of work\n"
    assert invoke(*command, "--overwrite").code == 0 and recipe.read_text().count(".xyz") == 5


@pytest.mark.parametrize(("options", "word"), [
    ([], "--write-recipe FILE"),
    (["--write-recipe", "."], "is a folder"),
    (["--write-recipe", "nowhere/mine.toml"], "no such folder"),
])  # fmt: skip
def test_generate_needs_somewhere_to_write(invoke, folder, tmp_path, monkeypatch, options, word):
    monkeypatch.chdir(tmp_path)
    result = invoke("generate", "--xyz-dir", folder, *options)
    assert result.code == 2 and word in result.err and len(result.err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["structures"]
