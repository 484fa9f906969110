"""Validating only what was touched gives exactly what validating the whole recipe would."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.gui.document import fields, sections
from app.gui.document.document import RecipeDocument
from app.gui.document.opening import with_structures
from sim.core.errors import InputError
from sim.core.settings import validate
from sim.recipe.model import Recipe
from sim.recipe.toml import set_path

FILES = with_structures(Recipe(), [Path("/data/gold.xyz"), Path("/data/silver.cif"), Path("/data/c.pdb")])
EULER = sections.with_values(Recipe(), {"pose.kind": "euler", "noise.preset": "titan_scan"})
RECIPES = (Recipe(), FILES, EULER)

plain = (
    st.booleans()
    | st.integers(-10, 20000)
    | st.sampled_from([2**63 - 1, 2**63, 10**400])
    | st.floats(-10, 10)
    | st.sampled_from([math.nan, math.inf, None, "", "auto", "silver", "gold", "a\x00b", "x" * 300])
    | st.lists(st.floats(0, 10), max_size=3)
    | st.dictionaries(st.sampled_from(["a", "name"]), st.integers(), max_size=2)
)


@st.composite
def edits(draw):
    recipe = draw(st.sampled_from(RECIPES))
    known = [
        field
        for field in fields.fields_of(recipe)
        if field.editor != "kind" and field.path not in (sections.PRESET, sections.FILES)
    ]
    extra = [
        "imaging.sgima",
        "nothing",
        "seed.deep",
        "specimen.files.gold.geometry",
        "specimen.files.gold.format",
    ]
    values = {}
    for _ in range(draw(st.integers(1, 3))):
        field = draw(st.sampled_from(known))
        fitting = plain
        if field.choices:
            fitting = st.sampled_from(field.choices) | plain
        elif field.low is not None:
            fitting = st.floats(float(field.low), min(float(field.high), 1e9)) | plain
        values[field.path] = draw(fitting)
    if draw(st.integers(0, 4)) == 0:
        values[draw(st.sampled_from(extra))] = draw(plain)
    return recipe, values


def whole(recipe, values):
    tree = recipe.sparse_tree()
    for path, value in values.items():
        tree = set_path(tree, path, value)
    return validate(Recipe, tree)


def outcome(make, *arguments):
    try:
        return make(*arguments)
    except InputError as error:
        return error


@settings(max_examples=150, deadline=None)
@given(edits())
def test_sections_agree_with_the_whole(edit):
    recipe, values = edit
    expected, found = outcome(whole, recipe, values), outcome(sections.with_values, recipe, values)
    assert isinstance(found, InputError) == isinstance(expected, InputError), (found, expected)
    if isinstance(expected, Recipe):
        assert found == expected
        assert found.tree() == expected.tree()
        assert found.digest == expected.digest


@pytest.mark.parametrize(
    ("recipe", "path", "value"),
    [
        (Recipe(), "imaging.sigma", -1.0),
        (Recipe(), "imaging.mode", "linaer"),
        (Recipe(), "images", 1.5),
        (Recipe(), "seed", "42"),
        (Recipe(), "image.width", "large"),
        (Recipe(), "labels.atoms", 1),
        (Recipe(), "noise.scan.vibration_frequencies", [1.0, -1.0]),
        (Recipe(), "imaging.sigma", math.nan),
        (Recipe(), "specimen.form", "ideel"),
        (FILES, "specimen.structure", "golf"),
        (FILES, "specimen.structure", 3),
        (FILES, "specimen.files.gold.geometry", " padded"),
    ],
)
def test_the_same_sentence(recipe, path, value):
    expected = outcome(whole, recipe, {path: value}) if "files" not in path else None
    found = outcome(sections.with_values, recipe, {path: value})
    assert isinstance(found, InputError)
    assert expected is None or str(found) == str(expected)
    assert found.parameter.startswith(path.rpartition(".files.")[0] or path)


def test_one_entry_of_a_list_by_its_name():
    found = sections.with_values(FILES, {"specimen.files.silver.geometry": "fcc"})
    assert [entry.geometry for entry in found.specimen.files] == ["", "fcc", ""]
    assert found.specimen.files[0] is FILES.specimen.files[0]
    with pytest.raises(InputError, match="no member named 'lead'"):
        sections.with_values(FILES, {"specimen.files.lead.geometry": "fcc"})
    with pytest.raises(InputError, match=r"files\.format|unknown choice"):
        sections.with_values(FILES, {"specimen.files.gold.format": "doc"})


def test_files_that_did_not_change_are_taken_as_they_are():
    document = RecipeDocument(FILES)
    entries = list(document.value("specimen.files"))
    document.set(
        "specimen.files", [{**entries[1], "geometry": "fcc"}, entries[0], {"name": "new", "path": "/n.xyz"}]
    )
    files = document.recipe.specimen.files
    assert [(entry.name, entry.geometry) for entry in files] == [("silver", "fcc"), ("gold", ""), ("new", "")]
    assert files[1] is FILES.specimen.files[0]
    tree = document.recipe.sparse_tree()
    assert validate(Recipe, tree) == document.recipe
    with pytest.raises(InputError, match="two files have one name"):
        document.set("specimen.files", [entries[0], entries[0]])
    with pytest.raises(InputError, match="unknown key"):
        document.set("specimen.files", [entries[0], {**entries[1], "colour": "grey"}])
    for nonsense in ([entries[0], 3], "gold", None, [{}], []):
        with pytest.raises(InputError):
            document.set("specimen.files", nonsense)
    assert document.recipe.specimen.files == files


def test_imaging_and_specimen_must_go_together(monkeypatch):
    asked = []
    monkeypatch.setattr(sections, "check_pair", lambda *pair: asked.append(pair))
    sections.with_values(FILES, {"specimen.kind": "cluster"})
    sections.with_values(FILES, {"imaging.sigma": 0.7})
    sections.with_sections(FILES, {"specimen": {"kind": "cluster"}})
    assert asked == [("cluster", "gaussian"), ("file", "gaussian"), ("cluster", "gaussian")]


def test_two_files_may_not_get_one_name():
    with pytest.raises(InputError, match="two files have one name"):
        sections.with_values(FILES, {"specimen.files.silver.name": "gold"})


@pytest.fixture(scope="module")
def many() -> Recipe:
    files = [Path(f"/data/particle_{i:05}.xyz") for i in range(5_000)]
    return sections.with_values(with_structures(Recipe(), files), {"specimen.structure": "particle_00007"})


@pytest.fixture(scope="module")
def entire(many) -> float:
    """Seconds of validating the whole recipe; the machine may be busy, so that only ratios count."""
    tree = many.sparse_tree()
    taken = []
    for _ in range(4):
        begin = time.thread_time()
        validate(Recipe, tree)
        taken.append(time.thread_time() - begin)
    return min(taken)


@pytest.mark.parametrize(
    ("path", "value", "part"),
    [
        ("imaging.sigma", 0.7, 50),
        ("noise.exposure.dose", 5.0, 50),
        ("seed", 5, 50),
        ("specimen.structure", "", 5),
    ],
)
def test_an_edit_does_not_cost_what_thousands_of_files_do(many, entire, path, value, part):
    document = RecipeDocument(many)
    taken = []
    for _ in range(9):
        begin = time.thread_time()
        document.set(path, value)
        taken.append(time.thread_time() - begin)
        document.undo()
    assert min(taken) < entire / part, (taken, entire)


def test_what_a_recipe_remembers_of_itself_is_no_setting():
    """Rendering asks recipes for their digest, which stays beside their fields."""
    for recipe in RECIPES:
        fresh = validate(Recipe, recipe.sparse_tree())
        for part in (fresh, fresh.pose, fresh.specimen, fresh.noise, fresh.noise.scan):
            assert part.digest
        document = RecipeDocument(fresh)
        for values in ({"pose.kind": "zone_axis"}, {"specimen.kind": "cluster"}, {"noise.preset": "none"}):
            document.set_many(values, label="Kind")
        assert document.recipe.digest == validate(Recipe, document.recipe.sparse_tree()).digest
        assert not any("digest" in path for path in document.overridden("noise"))
