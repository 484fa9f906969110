"""``nanophantom schema`` teaches every setting and every law, whole."""

from __future__ import annotations

import io
import tomllib
from contextlib import redirect_stdout
from typing import get_args

import pytest

from app.cli.examples import VARY
from app.cli.making import make_plan
from app.cli.output import print_table
from sim.core.description import members_of
from sim.core.errors import never
from sim.core.settings import model_fields
from sim.recipe import vary
from sim.recipe.model import Recipe
from sim.recipe.toml import read_recipe, setting_paths

LAWS = {get_args(entry.model_fields["law"].annotation)[0]: entry for entry in members_of(vary.Vary)}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def on_terminal(columns: int, rows, monkeypatch, **options) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    with redirect_stdout(Terminal()) as screen:
        print_table(rows, **options)
    return screen.getvalue().splitlines()


def test_no_choice_is_hidden(invoke):
    out = invoke("schema").out
    for leaf in model_fields(Recipe):
        line = next(line for line in out.splitlines() if line.split()[0] == leaf.path)
        assert all(str(word) in line for word in leaf.choices if word != ""), leaf.path
    assert "icosahedron | cuboctahedron | decahedron | garzon" in out


def test_no_choice_is_hidden_on_a_terminal(invoke, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    out = invoke("schema", "specimen").out
    assert "garzon" in out and max(map(len, out.splitlines())) <= 100
    assert "garzon" in " ".join(invoke("schema", "specimen.geometry").out.split())


def test_wide_cells_are_folded_and_nothing_is_lost(monkeypatch):
    words = [f"word{number}" for number in range(12)]
    rows = [("path", " | ".join(words), "a default", "meaning " * 10), ("other", "", "", "")]
    for columns in (40, 60, 90, 200):
        lines = on_terminal(columns, rows, monkeypatch, widest=(10, 26, 14))
        shown = " ".join(lines).split()
        assert [word for word in shown if word.startswith("word")] == words
        assert shown.count("meaning") == 10 and "other" in shown
        assert max(map(len, lines)) <= max(columns, 60)


def test_kinds_are_merged_and_told_apart():
    leaves = {leaf.path: leaf for leaf in model_fields(Recipe)}
    assert leaves["pose.kind"].choices == ("random", "euler", "zone_axis")
    assert leaves["specimen.kind"].choices == ("cluster", "file", "scene", "aggregate", "aggregate_atoms")
    assert leaves["pose.phi1"].only_if == "pose.kind = euler"
    assert leaves["pose.in_plane"].only_if == "pose.kind = zone_axis"
    assert leaves["pose.shift_x"].only_if == ""
    assert leaves["specimen.files"].only_if == "specimen.kind = file"
    assert leaves["specimen.geometry"].only_if == "specimen.kind = cluster"
    assert leaves["imaging.sigma"].only_if == "imaging.model = gaussian"
    assert leaves["imaging.beam.voltage"].only_if == "imaging.model = hrtem or stem or probe"


def test_kinds_are_shown(invoke):
    out = invoke("schema", "pose").out
    assert "random | euler | zone_axis" in out
    assert "(pose.kind = euler)" in next(line for line in out.splitlines() if line.startswith("pose.Phi "))
    shown = invoke("schema", "pose.kind").out
    assert "Bunge" in shown and "zone_axis" in shown


def test_lists_offer_the_models_of_their_entries_and_stay_one_path():
    leaves = {leaf.path: leaf for leaf in model_fields(Recipe)}
    assert set(leaves["vary"].groups) == set(LAWS.values())
    assert [group.__name__ for group in leaves["specimen.files"].groups] == ["StructureFile"]
    assert not [path for path in setting_paths() if path.startswith(("vary.", "specimen.files."))]


def test_every_law_is_listed_with_its_keys(invoke):
    out = invoke("schema", "vary").out
    everywhere, *sections = out.split('\nlaw = "')
    assert [section.partition('"')[0] for section in sections] == list(LAWS)
    assert "Dotted path" in everywhere and "image | structure | instance" in everywhere
    for section in sections:
        entry = LAWS[section.partition('"')[0]]
        for name, info in entry.model_fields.items():
            if name in ("path", "law", "per"):
                continue
            line = next(line for line in section.splitlines() if line.split()[:1] == [name])
            assert info.metadata[0].about in line
            assert ("(required)" in line) == info.is_required(), (entry, name)
        assert "[[vary]]" in section


@pytest.mark.parametrize("law", LAWS)
def test_every_example_plans_as_it_is_printed(invoke, law):
    section = invoke("schema", "vary").out.partition(f'\nlaw = "{law}"')[2].partition("\nlaw = ")[0]
    (entry,) = tomllib.loads(section[section.index("[[vary]]") :])["vary"]
    assert entry["law"] == law and VARY[law].count("\n") + 1 == len(entry)
    recipe = read_recipe("au55_four_classes").with_value("vary", [entry]).with_value("images", 12).recipe()
    values = [job.varied[entry["path"]] for job in make_plan(recipe, never)]
    assert len(values) == 12 and len(set(values)) > 1


def test_members_of_the_files_are_listed(invoke):
    out = invoke("schema", "specimen.files").out
    for name in ("name", "path", "format", "structure_id", "geometry", "sha256"):
        assert any(line.split()[:1] == [name] for line in out.splitlines()), name
    assert "prismatic | cif" in out and "snapshot" in out and "[[specimen.files]]" in out
