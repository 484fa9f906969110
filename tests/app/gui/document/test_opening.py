"""What is opened or dropped, and the recipe that comes of it; saving a document."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from app.dataset_recipe import dataset_recipe
from app.gui.document import opening
from app.gui.document.document import RecipeDocument
from sim.core.errors import InputError
from sim.dataset.run import generate_dataset
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe
from sim.recipe.toml import load_recipe, save_recipe

SHIPPED = Path(__file__).parents[4] / "resources" / "recipes" / "gold_silver"


def planned(recipe: Recipe) -> Plan:
    return Plan(recipe, collect_structures(recipe))


@pytest.fixture
def structures(tmp_path) -> list[Path]:
    folder = tmp_path / "structures"
    shutil.copytree(SHIPPED, folder)
    return [folder / "silver.xyz", folder / "gold.xyz"]


def test_what_paths_are(tmp_path, structures):
    save_recipe(Recipe(), tmp_path / "r.toml")
    (tmp_path / "r.json").write_text("{}")
    assert opening.classify(tmp_path / "r.toml") == "recipe"
    assert opening.classify(tmp_path / "r.json") == "recipe"
    assert opening.classify(structures[0]) == "structure"
    assert opening.classify(structures[0].parent) == "structures"
    poscar = tmp_path / "POSCAR_a"
    poscar.write_text("")
    assert opening.classify(poscar) == "structure"


@pytest.mark.parametrize("name", ["picture.png", "manifest.jsonl", "gold.xyz.gz", "README"])
def test_what_cannot_be_opened(tmp_path, name):
    (tmp_path / name).write_text("x")
    with pytest.raises(InputError, match=r"no file that can be opened; open a recipe"):
        opening.classify(tmp_path / name)


def test_missing_and_empty(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        opening.classify(tmp_path / "gone.toml")
    with pytest.raises(InputError, match="neither a dataset nor structure files"):
        opening.classify(tmp_path)
    with pytest.raises(InputError):
        opening.recipe_of([], Recipe())


def test_one_structure_keeps_the_other_settings(structures):
    document = RecipeDocument()
    document.set("imaging.sigma", 0.9)
    document.set_vary("specimen.geometry", {"law": "grid", "values": ["icosahedron", "garzon"]})
    document.set_vary("imaging.alpha", {"law": "grid", "values": [1.0, 2.0]})
    opened = opening.recipe_of([structures[1]], document.recipe)
    assert not opened.new_document and opened.path is None and opened.label == "Open gold.xyz"
    assert opened.recipe.imaging.sigma == 0.9
    assert [entry.path for entry in opened.recipe.vary] == ["imaging.alpha"]
    assert opened.recipe.specimen.files[0].path == str(structures[1])
    assert planned(opened.recipe.model_copy(update={"images": 4}))[0].class_name == "gold"


def test_several_structures_are_gone_through(structures):
    opened = opening.recipe_of(structures, Recipe(images=4))
    assert opened.label == "Open 2 structures"
    assert [entry.values for entry in opened.recipe.vary] == [("silver", "gold")]
    assert {job.class_name for job in planned(opened.recipe)} == {"gold", "silver"}
    folder = opening.recipe_of([structures[0].parent], Recipe())
    assert [entry.name for entry in folder.recipe.specimen.files] == ["gold", "silver"]
    assert all(Path(entry.path).is_file() for entry in folder.recipe.specimen.files)


def test_two_files_of_one_name_get_two(tmp_path, structures):
    other = tmp_path / "other" / "gold.xyz"
    other.parent.mkdir()
    shutil.copy(structures[1], other)
    opened = opening.recipe_of([structures[1], other, structures[1]], Recipe())
    assert [entry.name for entry in opened.recipe.specimen.files] == ["gold", "gold 2"]


def test_mixed_paths_are_refused(tmp_path, structures):
    save_recipe(Recipe(), tmp_path / "r.toml")
    with pytest.raises(InputError, match="are not all structures"):
        opening.recipe_of([tmp_path / "r.toml", structures[0]], Recipe())


def test_recipe_files(tmp_path):
    recipe = Recipe(name="mine", seed=5)
    save_recipe(recipe, tmp_path / "r.toml")
    opened = opening.recipe_of([tmp_path / "r.toml"], Recipe())
    assert (opened.recipe, opened.path, opened.new_document) == (recipe, tmp_path / "r.toml", True)
    (tmp_path / "r.json").write_text(RecipeDocument(recipe).parameters_json())
    opened = opening.recipe_of([tmp_path / "r.json"], Recipe())
    assert opened.recipe == recipe and opened.path is None
    (tmp_path / "x.json").write_text('{"numbers": [1, 2]}')
    with pytest.raises(InputError, match="is no recipe"):
        opening.recipe_of([tmp_path / "x.json"], Recipe())


def test_dataset_gives_the_recipe_of_its_command(tmp_path, structures, capsys):
    from app.cli.main import run

    recipe = opening.with_structures(Recipe(images=4), structures)
    folder = tmp_path / "data"
    generate_dataset(planned(recipe), folder)
    for path in (folder, folder / "manifest.jsonl", folder / "dataset.json"):
        assert opening.classify(path) == "dataset"
    opened = opening.recipe_of([folder / "manifest.jsonl"], Recipe())
    assert opened.new_document and opened.path is None and opened.label == "Open data"
    assert run(["info", str(folder), "--recipe"]) == 0
    (tmp_path / "told.toml").write_text(capsys.readouterr().out)
    assert opened.recipe == load_recipe(tmp_path / "told.toml") == dataset_recipe(folder)
    assert planned(opened.recipe)[0].specimen == planned(recipe)[0].specimen


def test_save_names_files_relative_to_the_recipe(tmp_path, structures):
    document = RecipeDocument(opening.with_structures(Recipe(), structures))
    document.set("seed", 4)
    path = tmp_path / "r.toml"
    document.save(path)
    assert 'path = "structures/gold.xyz"' in path.read_text()
    assert not document.dirty and document.path == path and document.title == "r.toml"
    # The document goes on with absolute paths, and the folder can be moved.
    assert document.recipe.specimen.files[0].path == str(structures[0])
    moved = tmp_path.parent / f"{tmp_path.name}-moved"
    tmp_path.rename(moved)
    assert load_recipe(moved / "r.toml").specimen.files[0].path == str(moved / "structures" / "silver.xyz")
    moved.rename(tmp_path)
    again = RecipeDocument()
    again.open(path)
    assert again.recipe == document.recipe and not again.can_undo


def test_save_elsewhere_keeps_absolute_paths(tmp_path, structures):
    document = RecipeDocument(opening.with_structures(Recipe(), structures))
    (tmp_path / "deep").mkdir()
    document.save(tmp_path / "deep" / "r.toml")
    assert load_recipe(tmp_path / "deep" / "r.toml") == document.recipe


def test_failed_save_changes_nothing(tmp_path):
    document = RecipeDocument()
    document.set("seed", 4)
    with pytest.raises(InputError, match="has no file yet"):
        document.save()
    with pytest.raises(InputError, match="cannot be written"):
        document.save(tmp_path / "missing" / "r.toml")
    assert document.dirty and document.path is None


def test_failed_open_changes_nothing(tmp_path):
    document = RecipeDocument(Recipe(seed=7))
    (tmp_path / "bad.toml").write_text("seed = [")
    with pytest.raises(InputError):
        document.open(tmp_path / "bad.toml")
    assert document.value("seed") == 7 and document.path is None


def test_restored_changes_are_dirty(tmp_path):
    document = RecipeDocument()
    document.restore(Recipe(seed=3), tmp_path / "r.toml", dirty=True)
    assert document.dirty and document.title == "r.toml" and not document.can_undo
    document.new(Recipe(name="fresh"))
    assert not document.dirty and document.title == "fresh" and document.path is None


def test_parameters_travel_by_the_clipboard(structures):
    source = RecipeDocument(opening.with_structures(Recipe(seed=2**62 + 1), structures))
    source.set("noise.exposure.dose", 12.5)
    source.set_vary("imaging.sigma", {"law": "normal", "mean": 1.0, "deviation": 0.1})
    text = source.parameters_json()
    assert json.loads(text)["noise"] == {"preset": "poisson_medium", "exposure": {"dose": 12.5}}
    target = RecipeDocument(Recipe(name="target"))
    target.paste_parameters(text)
    assert target.recipe == source.recipe and target.undo_label == "Paste parameters"
    target.undo()
    assert target.recipe == Recipe(name="target")


def test_some_parameters_are_laid_over():
    document = RecipeDocument()
    document.set_many({"imaging.alpha": 2.0, "noise.exposure.dose": 9.0, "pose.shift_x": 1.0}, label="Start")
    document.paste_parameters('{"imaging": {"sigma": 0.8}, "noise": {"scan": {"shear": 0.1}}}')
    values = [document.value(path) for path in ("imaging.alpha", "imaging.sigma", "noise.exposure.dose")]
    assert values == [2.0, 0.8, 9.0] and document.value("noise.scan.shear") == 0.1
    document.paste_parameters('{"noise": {"preset": "none"}, "pose": {"kind": "euler", "phi1": 3.0}}')
    assert document.overridden("noise.scan") == () and document.value("pose.phi1") == 3.0


@pytest.mark.parametrize(
    "text", ["", "hello", "[1]", "{}", "3", '{"imaging": {"sigma": 99}}', '{"sigma": 1}']
)
def test_text_that_is_no_parameters(text):
    document = RecipeDocument()
    with pytest.raises(InputError):
        document.paste_parameters(text)
    assert not document.can_undo


def test_the_list_of_files_takes_the_sweep_along(structures):
    document = RecipeDocument(opening.recipe_of([structures[1]], Recipe()).recipe)
    entry = {"name": "silver", "path": str(structures[0])}
    document.set("specimen.files", [*document.value("specimen.files"), entry])
    assert document.vary("specimen.structure").values == ("gold", "silver")
    document.set("specimen.structure", "silver")
    document.set("specimen.files", [document.value("specimen.files")[0]])
    assert document.value("specimen.structure") == "" and document.varied_paths() == ()
    assert document.recipe.specimen.chosen().name == "gold"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are text there")
def test_a_file_name_that_is_not_utf8_is_named(structures):
    named = structures[0].rename(os.fsdecode(os.fsencode(structures[0].parent) + b"/g\xfcld.xyz"))
    with pytest.raises(InputError) as refusal:
        opening.recipe_of([named], Recipe())
    assert "ld.xyz" in str(refusal.value) and "rename the file" in str(refusal.value)
    assert str(refusal.value).isprintable()
