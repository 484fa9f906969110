"""Aggregates in the document: a kind brings what goes with it, a preset is one step, labels that apply."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.gui.document import fields
from app.gui.document.document import RecipeDocument
from app.gui.document.opening import recipe_of
from app.gui.frame.aggregates import AGGREGATES
from sim.core.errors import InputError
from sim.labels.settings import OF_ATOMS, OF_PARTICLES
from sim.recipe.kinds import IMAGING, SPECIMENS
from sim.recipe.model import Recipe


def test_particles_bring_a_model_a_scale_a_dose_and_labels_in_one_step() -> None:
    document = RecipeDocument(Recipe())
    before = document.recipe
    document.set("specimen.kind", "aggregate")
    recipe = document.recipe
    assert recipe.imaging.model == "mass_thickness"
    assert (recipe.image.pixel_size, recipe.image.width, recipe.image.height) == (10.0, 256, 256)
    assert recipe.noise.exposure.source == "beam_current"
    assert recipe.labels.semantic_map and recipe.labels.contact_map
    assert recipe.pose.kind == SPECIMENS["aggregate"].usual_pose
    document.undo()
    assert document.recipe is before and not document.can_undo


@pytest.mark.parametrize("kind", ["cluster", "scene"])
def test_atoms_take_all_of_it_back(kind: str) -> None:
    document = RecipeDocument(Recipe())
    if kind != "cluster":
        document.set("specimen.kind", kind)
    before = document.recipe
    document.set("specimen.kind", "aggregate")
    document.set("specimen.kind", kind)
    assert document.recipe == before


def test_what_the_user_chose_stays() -> None:
    document = RecipeDocument(Recipe())
    document.set("image.pixel_size", 4.0)
    document.set("image.width", 200)
    document.set("imaging.model", "hrtem")
    document.set("specimen.kind", "aggregate")
    recipe = document.recipe
    assert recipe.image.pixel_size == 4.0 and recipe.image.width == 200
    # But no model of atoms can image particles.
    assert recipe.imaging.model == "mass_thickness"
    document.set("labels.semantic_map", False)
    document.set("noise.exposure.source", "dose")
    document.set("specimen.kind", "cluster")
    assert document.recipe.imaging.model == "gaussian"
    assert not document.recipe.labels.contact_map and document.recipe.image.width == 200


def test_aggregates_of_atoms_are_imaged_as_atoms() -> None:
    document = RecipeDocument(Recipe())
    document.set("specimen.kind", "aggregate")
    document.set("specimen.number", 12)
    document.set("specimen.kind", "aggregate_atoms")
    recipe = document.recipe
    assert recipe.specimen.number == 12 and "atoms" in IMAGING[recipe.imaging.model].accepts
    assert recipe.image.pixel_size == Recipe().image.pixel_size


def test_a_model_of_atoms_is_refused_for_particles_in_a_sentence() -> None:
    document = RecipeDocument(Recipe())
    document.set("specimen.kind", "aggregate")
    with pytest.raises(InputError, match="cannot image") as refused:
        document.set("imaging.model", "gaussian")
    assert refused.value.parameter == "imaging.model"


@pytest.mark.parametrize("aggregate", AGGREGATES, ids=lambda aggregate: aggregate.name)
def test_a_preset_is_one_valid_step(aggregate) -> None:
    document = RecipeDocument(Recipe())
    document.set_many(aggregate.values(), label=aggregate.label)
    assert document.undo_label == aggregate.label
    for path, value in aggregate.values().items():
        assert document.value(path) == value, path
    assert document.recipe.imaging.model == "mass_thickness"
    document.undo()
    assert document.recipe == Recipe()


def test_presets_differ_and_stay_where_the_law_is_kept() -> None:
    trees = [tuple(sorted(aggregate.values().items())) for aggregate in AGGREGATES]
    assert len(set(map(str, trees))) == len(AGGREGATES)
    assert all(1.6 <= aggregate.fractal_dimension <= 2.2 for aggregate in AGGREGATES)
    assert [aggregate.label for aggregate in AGGREGATES] == [
        "TiO2/WO3 well mixed",
        "TiO2/WO3 segregated",
        "TiO2/WO3 sparse",
        "TiO2/WO3 compact",
    ]


def test_labels_are_offered_where_they_mean_something() -> None:
    atoms, particles = RecipeDocument(Recipe()), RecipeDocument(Recipe())
    particles.set("specimen.kind", "aggregate")
    of_atoms, of_particles = (
        {field.path for field in fields.fields_of(document.recipe) if field.path.startswith("labels.")}
        for document in (atoms, particles)
    )
    assert of_particles - of_atoms == {f"labels.{name}" for name in OF_PARTICLES}
    assert of_atoms - of_particles == {f"labels.{name}" for name in OF_ATOMS} - {"labels.phase_blurs"}
    assert "labels.particle_mask" in of_atoms & of_particles
    lists = {section.title for section in fields.sections(particles.recipe)[5].subsections}
    assert "Phase blurs" not in lists


def test_the_model_of_particles_is_their_default() -> None:
    document = RecipeDocument(Recipe())
    document.set("specimen.kind", "aggregate")
    assert document.default("imaging.model") == "mass_thickness" and document.is_default("imaging.model")
    document.set("imaging.inner", 60.0)
    document.reset_section("imaging")
    assert document.recipe.imaging.model == "mass_thickness" and document.overridden("imaging") == ()


def test_a_section_of_particles_can_be_reset_to_the_usual_specimen() -> None:
    document = RecipeDocument(Recipe())
    document.set("specimen.kind", "aggregate")
    document.reset_section("specimen")
    assert document.recipe == Recipe()


def test_structure_files_take_the_place_of_particles(tmp_path: Path) -> None:
    document = RecipeDocument(Recipe())
    document.set("specimen.kind", "aggregate")
    path = tmp_path / "one.xyz"
    path.write_text("1\n\nAu 0 0 0\n", encoding="utf-8")
    opened = recipe_of([path], document.recipe)
    assert opened.recipe.specimen.kind == "file" and opened.recipe.imaging.model == "gaussian"
    assert opened.recipe.image.pixel_size == Recipe().image.pixel_size
