"""Recipes: round trips, presets, bad input, schema versions."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import InputError
from sim.core.settings import Settings, model_fields, validate
from sim.noise.presets import presets
from sim.recipe import toml
from sim.recipe.kinds import IMAGING, SPECIMENS
from sim.recipe.model import Recipe


def recipe(**tree):
    return validate(Recipe, tree)


printable_alphabet = st.characters().filter(str.isprintable)
printable = st.text(printable_alphabet, max_size=20)
values = st.fixed_dictionaries(
    {},
    optional={
        "seed": st.integers(0, 2**63 - 1),
        "images": st.integers(1, 10**6),
        "name": printable,
        "description": st.text(printable_alphabet | st.sampled_from("\r\n"), max_size=20),
        "imaging": st.fixed_dictionaries(
            {"model": st.just("gaussian")},
            optional={
                "sigma": st.floats(0.05, 5),
                "alpha": st.floats(0, 5),
                "mode": st.sampled_from(["linear", "z_power"]),
            },
        ),
        "image": st.fixed_dictionaries(
            {}, optional={"width": st.integers(8, 500) | st.just("auto"), "pixel_size": st.floats(0.01, 10)}
        ),
        "noise": st.fixed_dictionaries({"preset": st.sampled_from(sorted(presets()))}),
        "vary": st.lists(
            st.fixed_dictionaries(
                {
                    "path": st.just("imaging.sigma"),
                    "law": st.just("grid"),
                    "values": st.lists(st.floats(0.1, 4), min_size=1, max_size=3, unique=True),
                }
            ),
            max_size=1,
        ),
    },
)


@given(values)
@settings(deadline=None)
def test_a_recipe_survives_toml(tree):
    original = recipe(**tree)
    again = toml.parse_recipe(toml.dump_recipe(original).encode(), directory=toml.Path("/")).recipe()
    assert again == original
    assert again.digest == original.digest


def test_changing_the_preset_of_a_saved_recipe_takes_effect():
    """Only differences from the preset are written, or the old numbers would override the new preset."""
    saved = toml.dump_recipe(recipe(noise={"preset": "poisson_low", "exposure": {"dose": 123.0}}))
    changed = (
        toml.parse_recipe(saved.encode(), toml.Path("/")).with_value("noise.preset", "titan_scan").recipe()
    )
    fresh = recipe(noise={"preset": "titan_scan", "exposure": {"dose": 123.0}})
    assert changed.noise == fresh.noise


@pytest.mark.parametrize("name", toml.shipped_recipes())
def test_shipped_recipes_load_and_round_trip(name):
    original = toml.load_recipe(name)
    assert original.description
    assert toml.parse_recipe(toml.dump_recipe(original).encode(), toml.Path("/")).recipe() == original


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"imaging": {"model": "gaussian", "sigma": -1}}, ["imaging.sigma = -1", "0.05 to 5 Å"]),
        ({"imaging": {"model": "gaussian", "alpha": 5.5}}, ["imaging.alpha = 5.5", "0 to 5"]),
        ({"imaging": {"model": "gaussian", "sigma": "0,6"}}, ["imaging.sigma = '0,6'", "not a number"]),
        ({"imagin": {}}, ["imagin: unknown key", "did you mean 'imaging'?"]),
        ({"imaging": {"model": "multislic"}}, ["imaging.model", "multislic", "gaussian"]),
        (
            {"specimen": {"kind": "cluster", "geometry": "icosahedrn"}},
            ["specimen.geometry", "did you mean 'icosahedron'?"],
        ),
        ({"specimen": {"kind": "clustr"}}, ["specimen.kind", "did you mean 'cluster'?"]),
        (
            {"specimen": {"kind": "cluster", "geometry": "garzon", "form": "ideal"}},
            ["specimen.form", "disordered", "relaxed"],
        ),
        ({"noise": {"preset": "poison_low"}}, ["noise.preset", "poisson_low"]),
        ({"images": 0}, ["images = 0", "1 to 100,000,000"]),
        ({"images": 2.0}, ["images = 2.0", "whole number"]),
        ({"seed": -3}, ["seed = -3"]),
        ({"schema_version": 99}, ["schema_version = 99", "newer version", "update"]),
        ({"schema_version": 0}, ["schema_version = 0"]),
        ({"schema_version": "1"}, ["schema_version = '1'"]),
        ({"dataset": {"split": {"train": 0.9}}}, ["dataset.split", "add up to 1"]),
        (
            {"vary": [{"path": "imaging.sigma", "law": "unform", "low": 1.0, "high": 2.0}]},
            ["law", "did you mean 'uniform'?"],
        ),
        (
            {"specimen": {"kind": "file", "structure": "b", "files": [{"name": "a", "path": "a.xyz"}]}},
            ["specimen.structure", "'b'"],
        ),
    ],
)
def test_bad_recipes_get_one_sentence(tree, words):
    text = toml.RecipeText(tree, toml.Path("/"), "test")
    with pytest.raises(InputError) as caught:
        built = text.recipe()
        for source in SPECIMENS[built.specimen.kind].sources(built.specimen):
            source.load()
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"images = 3\nseed = x\n", ["valid TOML", "line 2"]),
        (b"\xff\xfe\x00", ["UTF-8"]),
        (b"seed = 1\nseed = 2", ["valid TOML"]),
        (b"seed = nan", ["seed", "nan"]),
        (b"seed = 2020-01-01", ["seed = '2020-01-01'", "date"]),
        (b"[imaging]\nsigma = 07:32:00", ["imaging.sigma = '07:32:00'", "time"]),
        (
            b"[[vary]]\npath = 'imaging.sigma'\nvalues = [0.5, 1979-05-27T07:32:00Z]",
            ["vary.0.values.1", "date"],
        ),
        (b"seed = " + b"9" * 5001, ["recipe", "too many digits"]),
        (b"seed = 0x" + b"f" * 5001, ["seed", "too many digits"]),
        (b"schema_version = 0x" + b"f" * 5001, ["schema_version", "newer"]),
        (b"seed = 0x" + b"f" * 3000, ["seed", "0 to"]),
        (b"seed = " + b"[" * 5000 + b"]" * 5000, ["recipe", "nested too deeply"]),
        (b"seed = " + b"[" * 250 + b"]" * 250, ["recipe", "nested too deeply"]),
        (b"seed = " + b"{a = " * 5000 + b"1" + b"}" * 5000, ["recipe", "nested too deeply"]),
        (b"a." * 5000 + b"b = 1", ["recipe", "nested too deeply"]),
        (b"a." * 300 + b"b = 1", ["recipe", "nested too deeply"]),
        (b"[" + b"a." * 5000 + b"b]", ["recipe", "nested too deeply"]),
        (b'name = "a\\u0007b"', ["name", "cannot be printed"]),
        (
            "seed = '\uff13\uff10000000000000000'".encode(),
            ["seed", "whole number"],
        ),
        ("seed = '\u0663\u0660000000000000000'".encode(), ["seed", "whole number"]),
    ],
)
def test_text_that_is_no_recipe_is_refused(content, words):
    with pytest.raises(InputError) as caught:
        toml.parse_recipe(content, toml.Path("/")).recipe()
    sentence = str(caught.value)
    for word in words:
        assert word in sentence
    assert "\n" not in sentence and len(sentence) < 400


def test_a_missing_or_misspelt_recipe_names_the_nearest(tmp_path):
    with pytest.raises(InputError, match="did you mean 'au55_four_classes'"):
        toml.read_recipe("au55_four_clases")
    with pytest.raises(InputError, match="no such recipe"):
        toml.read_recipe(tmp_path / "none.toml")
    with pytest.raises(InputError, match="folder"):
        toml.read_recipe(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("imaging.sigma=0.9", ("imaging.sigma", 0.9)),
        ("image.width=auto", ("image.width", "auto")),
        ("images = 7", ("images", 7)),
        ('name="a=b"', ("name", "a=b")),
        ("labels.visible_mask=true", ("labels.visible_mask", True)),
        ("noise.preset=poisson_low", ("noise.preset", "poisson_low")),
        ("imaging.sigma=0,6", ("imaging.sigma", "0,6")),
    ],
)
def test_assignments_are_toml_values_or_bare_words(text, expected):
    assert toml.parse_assignment(text) == expected


def test_set_reaches_members_of_lists_by_name():
    tree = {"specimen": {"files": [{"name": "a", "path": "x"}, {"name": "b", "path": "y"}]}}
    changed = toml.set_path(tree, "specimen.files.b.path", "z")
    assert [entry["path"] for entry in changed["specimen"]["files"]] == ["x", "z"]
    assert tree["specimen"]["files"][1]["path"] == "y"
    with pytest.raises(InputError, match="no member named 'c'"):
        toml.set_path(tree, "specimen.files.c.path", "z")


def test_relative_structure_paths_start_at_the_recipe_file(tmp_path):
    folder = tmp_path / "sub"
    folder.mkdir()
    path = folder / "r.toml"
    path.write_text('[specimen]\nkind = "file"\nstructure = "a"\nfiles = [{name = "a", path = "a.xyz"}]\n')
    assert toml.load_recipe(path).specimen.files[0].path == str(folder.resolve() / "a.xyz")


def test_saving_is_all_or_nothing(tmp_path):
    path = tmp_path / "r.toml"
    toml.save_recipe(recipe(seed=7), path)
    assert toml.load_recipe(path).seed == 7
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.toml"]
    with pytest.raises(InputError, match="cannot be written"):
        toml.save_recipe(recipe(), tmp_path / "no" / "r.toml")


def test_every_setting_is_described():
    """Panel, tooltip, schema and help read the description; without one a field would be mute there."""
    mute = [
        leaf.path
        for leaf in model_fields(Recipe)
        if leaf.description is None and not leaf.path.endswith((".kind", ".law", ".model"))
    ]
    assert mute == []


def test_every_kind_is_reachable_from_the_union():
    schema = json.dumps(Recipe.model_json_schema())
    for entry in (*SPECIMENS.values(), *IMAGING.values()):
        assert issubclass(entry.model, Settings)
        assert f'"{entry.model.__name__}"' in schema


def test_a_recipe_imports_the_settings_of_its_own_kind_only(repository):
    program = (
        "import sys\n"
        "from sim.recipe.model import Recipe\n"
        "from sim.recipe.toml import load_recipe\n"
        "load_recipe('au55_four_classes')\n"
        "found = [any(name.startswith('sim.specimen.scene.') for name in sys.modules)]\n"
        'specimen = Recipe.model_validate_json(\'{"specimen": {"kind": "scene"}}\').specimen\n'
        "print(*found, type(specimen).__module__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=repository, check=True
    )
    assert done.stdout.split() == ["False", "sim.specimen.scene.settings"]


@pytest.mark.parametrize(
    "name",
    ["a" * 5000, "a" * 5000 + ".toml", "no\0body", "no\0body.toml", "a/" * 3000 + "b.toml", "a\nb", "\udcff"],
)
def test_impossible_file_names_are_refused(name):
    with pytest.raises(InputError) as caught:
        toml.read_recipe(name)
    assert "\n" not in str(caught.value) and "\0" not in str(caught.value)


def test_a_text_of_two_settings_is_no_assignment():
    """The second setting would be dropped without a word."""
    for text in ("seed=1\nimages=5", "seed=1\n[image]\nwidth=8"):
        with pytest.raises(InputError, match="--set seed.*more than one value") as caught:
            path, value = toml.parse_assignment(text)
            raise AssertionError((path, value))
        assert "\n" not in str(caught.value)


def test_a_text_of_several_lines_is_one_value():
    assert toml.parse_assignment("description=two\nlines") == ("description", "two\nlines")
    assert toml.parse_assignment('description="""a\nb"""') == ("description", "a\nb")
    with pytest.raises(InputError, match="--set"):
        toml.parse_assignment("se\ned=1")


@pytest.mark.parametrize("text", ["seed=" + "9" * 5001, "seed=" + "[" * 5000 + "]" * 5000])
def test_endless_assignments_are_refused(text):
    with pytest.raises(InputError, match="--set seed"):
        toml.parse_assignment(text)


def test_a_path_of_endless_levels_is_refused():
    with pytest.raises(InputError, match="too many levels"):
        toml.RecipeText({}, toml.Path("/"), "test").with_value("a." * 5000 + "b", 1)


@pytest.mark.parametrize("breaks", ["\n", "\r\n", "\r", "\r\n\n\r"])
def test_line_breaks_of_a_text_survive_toml(tmp_path, breaks):
    text = f'first{breaks}"second" \\r C:\\run{breaks}'
    original = recipe(description=text, dataset={"citation": text})
    toml.save_recipe(original, tmp_path / "r.toml")
    assert toml.load_recipe(tmp_path / "r.toml") == original


def test_ordinary_texts_of_several_lines_stay_readable():
    assert '"""\nfirst\nsecond"""' in toml.dump_recipe(recipe(description="first\nsecond"))


@pytest.mark.parametrize(
    "path", ["name", "description", "dataset.version", "dataset.licence", "dataset.citation"]
)
def test_texts_are_short_and_printable(path):
    longest, lines = (2000, True) if path in ("description", "dataset.citation") else (200, False)

    def given_text(text):
        return toml.RecipeText({}, toml.Path("/"), "test").with_value(path, text).recipe()

    assert given_text("é" * longest)
    with pytest.raises(InputError, match=f"^{path} = .*is too long; allowed: up to {longest:,} printable"):
        given_text("é" * (longest + 1))
    for bad in ("a\0b", "a\x1b[2Jb", "a\u202eb", "a\tb", "\u2028"):
        with pytest.raises(InputError, match=f"^{path} = .*cannot be printed") as caught:
            given_text(bad)
        assert "\n" not in str(caught.value)
    if lines:
        assert given_text("a\r\nb\n")
    else:
        with pytest.raises(InputError, match=f"^{path} = .*cannot be printed"):
            given_text("a\nb")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            [1, 2],
            "vary.0.values.1 = [1, 2]: is neither true or false, a whole number, a number nor text in quotes",
        ),
        ({"a": 1}, "vary.0.values.1 = {'a': 1}: is neither true or false"),
        (float("inf"), "vary.0.values.1 = inf: not a finite number"),
    ],
)
def test_a_bad_choice_gets_one_sentence(value, words):
    with pytest.raises(InputError) as caught:
        recipe(vary=[{"path": "imaging.sigma", "law": "grid", "values": [0.5, value]}])
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(words)


def test_the_version_names_the_model_unless_one_is_given():
    given = validate(Recipe, {"imaging": {"model": "hrtem"}, "dataset": {"version": "mine_v2"}})
    assert validate(Recipe, {}).dataset_version == "nc_projection_gaussian_v1"
    assert validate(Recipe, {"imaging": {"model": "hrtem"}}).dataset_version == "nc_projection_hrtem_v1"
    assert given.dataset_version == "mine_v2"
