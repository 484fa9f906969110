"""Help, versions, misspelt words, encodings, pipes: the manners of the command line."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from app.cli.main import COMMANDS
from tests.yardstick import slowness

HEAVY = (
    "numpy",
    "scipy",
    "ase",
    "pydantic",
    "h5py",
    "PIL",
    "numba",
    "PySide6",
    "shiboken6",
    "pyqtgraph",
    "OpenGL",
)


def loaded_after(*arguments: str, repository) -> list[str]:
    """Heavy modules that a command line loads, in a fresh interpreter."""
    program = (
        "import sys, contextlib, io, json\n"
        "from app.cli.main import run\n"
        f"with contextlib.redirect_stdout(io.StringIO()): run({list(arguments)!r})\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=repository, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["verify", "--help"]])
def test_help_loads_nothing_heavy(arguments, repository):
    assert loaded_after(*arguments, repository=repository) == []


def test_no_command_loads_qt(repository):
    """``generate --help`` and ``schema`` read the settings, and still no Qt and no scipy or ase."""
    for arguments in (["generate", "--help"], ["schema"], ["presets"], ["recipes"]):
        loaded = loaded_after(*arguments, repository=repository)
        assert not {"PySide6", "shiboken6", "pyqtgraph", "OpenGL", "scipy", "ase"} & set(loaded), arguments


def test_help_takes_half_a_second(repository):
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "app", "--help"], cwd=repository, capture_output=True, check=True
        )
        best = min(best, time.perf_counter() - started)
    assert best <= 0.5 * slowness()


def test_help_names_every_command(invoke):
    result = invoke("--help")
    assert result.code == 0 and result.err == ""
    for name, command in COMMANDS.items():
        assert f"  {name} " in result.out and command.about in result.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(invoke, name):
    result = invoke(name, "--help")
    assert result.code == 0 and result.err == ""
    assert result.out.startswith(f"usage: nanophantom {name}")


def test_no_command_shows_the_overview_and_fails(invoke):
    result = invoke()
    assert result.code == 2 and result.out == "" and "commands:" in result.err


def test_version_is_the_one_of_the_package(invoke):
    from sim.core.version import __version__

    assert invoke("--version").out.startswith(f"nanophantom {__version__} (")


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (["genrate"], "did you mean 'generate'?"),
        (["run", "au55_four_classes", "--output", "x", "--worker", "2"], "did you mean '--workers'?"),
        (["run", "au55_four_clases", "--output", "x"], "did you mean 'au55_four_classes'?"),
        (["run", "au55_four_classes", "--output", "x", "--set", "imaging.sgma=1"], "did you mean 'sigma'?"),
        (["run", "au55_four_classes", "--output", "x", "--set", "noise.preset=titanscan"], "'titan_scan'?"),
        (["presets", "titanscan"], "did you mean 'titan_scan'?"),
        (["schema", "imagin.sigma"], "did you mean 'imaging.sigma'?"),
        (["verify", "there", "--fast"], "see nanophantom verify --help"),
        (["run"], "the following arguments are required"),
        (["run", "au55_four_classes", "--output"], "expected one argument"),
        (["run", "au55_four_classes", "--output", "x", "--progress", "jsn"], "invalid choice"),
        (["info", "one", "two"], "does not know what to do with 'two'"),
    ],
)  # fmt: skip
def test_misspelt_words_get_one_sentence(invoke, tmp_path, monkeypatch, arguments, nearest):
    monkeypatch.chdir(tmp_path)
    result = invoke(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert nearest in result.err
    assert len(result.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "surroundings",
    [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "ascii"}],
)
def test_angstroms_are_spelled_where_they_cannot_be_written(start, surroundings):
    out, err = start("schema", "imaging.sigma", env=surroundings).communicate(timeout=60)
    assert err == ""
    assert "0.05 to 5 A" in out


def test_angstroms_are_written_where_they_can_be(start):
    out, _ = start("schema", "imaging.sigma", env={"PYTHONIOENCODING": "utf-8"}).communicate(timeout=60)
    assert "0.05 to 5 Å" in out


def test_a_reader_that_leaves_early_is_no_error(start):
    """As in ``nanophantom schema --json | head -1``; the schema is longer than a pipe's buffer."""
    process = start("schema", "--json")
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) in (0, 141)
    process.stderr.close()


def test_schema_is_json_schema(invoke):
    schema = json.loads(invoke("schema", "--json").out)
    assert schema["type"] == "object"
    sigma = schema["$defs"]["GaussianImaging"]["properties"]["sigma"]
    assert (sigma["minimum"], sigma["maximum"], sigma["unit"]) == (0.05, 5.0, "Å")


def test_schema_lists_every_setting(invoke):
    from sim.core.settings import model_fields
    from sim.recipe.model import Recipe

    lines = invoke("schema").out.splitlines()
    assert [line.split()[0] for line in lines] == [leaf.path for leaf in model_fields(Recipe)]


def test_presets_are_listed_and_shown(invoke):
    names = [line.split()[0] for line in invoke("presets").out.splitlines()]
    assert {"none", "poisson_low", "titan_scan"} <= set(names)
    shown = invoke("presets", "titan_scan").out
    assert "[noise.scan]" in shown and "dwell_time" in shown
    assert json.loads(invoke("presets", "titan_scan", "--json").out)["settings"]["preset"] == "titan_scan"


def test_shipped_recipes_are_listed_and_shown(invoke):
    names = [line.split()[0] for line in invoke("recipes").out.splitlines()]
    assert {"au55_four_classes", "au55_sigma_alpha_grid"} <= set(names)
    assert 'path = "specimen.geometry"' in invoke("recipes", "au55_four_classes").out
