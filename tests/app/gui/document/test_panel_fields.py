"""Fields and sections: complete, agreeing with the plan, and readable."""

from __future__ import annotations

import pytest

from app.gui.document import fields, reading, sections
from app.gui.document.opening import with_structures
from sim.core.errors import InputError
from sim.core.settings import model_fields
from sim.labels.settings import OF_PARTICLES
from sim.noise.presets import presets
from sim.plan.targets import find_target
from sim.recipe.model import Recipe
from sim.recipe.toml import setting_paths


def kinds() -> list[Recipe]:
    from pathlib import Path

    recipe = Recipe()
    files = with_structures(recipe, [Path("/d/gold.xyz"), Path("/d/silver.xyz")])
    return [
        files,
        *(sections.with_values(recipe, {"pose.kind": word}) for word in ("random", "euler", "zone_axis")),
    ]


def test_every_setting_has_its_field():
    shown = {field.path for field in fields.fields_of()}
    hidden = set(setting_paths()) - shown
    # The nodes of a scene have a tree of their own, other lists of groups a section each.
    lists = {"imaging.detectors", "imaging.phonons.elements", "labels.phase_blurs"}
    assert hidden == {"schema_version", "vary", "specimen.sha256", "specimen.nodes"} | lists
    assert len(fields.fields_of()) == len(shown)


def test_order_and_titles_of_sections():
    titles = [section.title for section in fields.sections()]
    assert titles == ["Structure", "Orientation", "Image", "Optics", "Noise", "Labels", "Dataset", "Recipe"]
    noise = fields.sections()[4]
    assert [field.path for field in noise.fields] == ["noise.preset"]
    assert [part.title for part in noise.subsections] == ["Background", "Scan", "Dose", "Detector", "Camera"]
    assert [part.title for part in fields.sections()[6].subsections] == ["Split"]


@pytest.mark.parametrize("recipe", kinds(), ids=["files", "random", "euler", "zone axis"])
def test_fields_of_a_recipe_are_its_settings(recipe):
    shown = {field.path for field in fields.fields_of(recipe)}
    own = {path for path, _ in reading.all_leaves(recipe)}
    of_others = {f"labels.{name}" for name in OF_PARTICLES}
    assert shown == own - {"specimen.sha256", "labels.phase_blurs"} - of_others


@pytest.mark.parametrize("recipe", kinds(), ids=["files", "random", "euler", "zone axis"])
def test_can_vary_is_what_the_plan_allows(recipe):
    for field in fields.fields_of(recipe):
        try:
            find_target(recipe, field.path, "vary")
            allowed = True
        except InputError:
            allowed = False
        assert field.can_vary == allowed, field.path


@pytest.mark.parametrize(
    ("path", "editor"),
    [
        ("imaging.sigma", "number"),
        ("seed", "integer"),
        ("image.width", "auto_integer"),
        ("imaging.mode", "choice"),
        ("noise.preset", "choice"),
        ("noise.detector.adc_bits", "choice"),
        ("pose.kind", "kind"),
        ("labels.atoms", "switch"),
        ("dataset.licence", "text"),
        ("description", "lines"),
        ("dataset.citation", "lines"),
        ("noise.scan.vibration_frequencies", "numbers"),
        ("specimen.files", "files"),
    ],
)
def test_editors(path, editor):
    assert fields.field_of(path).editor == editor


def test_a_number_has_its_description():
    field = fields.field_of("imaging.sigma")
    assert (field.title, field.unit, field.low, field.high, field.step, field.default) == (
        "Sigma (σ)",
        "Å",
        0.05,
        5.0,
        0.05,
        0.6,
    )
    assert fields.field_of("noise.detector.gain").above
    assert fields.field_of("noise.scan.vibration_frequencies").unit == "Hz"
    assert fields.field_of("pose.phi1").title == "Angle φ₁"
    assert (
        fields.field_of("noise.exposure.dose").default
        == presets()["poisson_medium"].settings["exposure"]["dose"]
    )


def test_tooltip_says_all():
    tip = fields.field_of("pose.phi1").tooltip()
    assert "Range: -360 to 360 °" in tip and "Path: pose.phi1" in tip and "Bunge" in tip
    assert "Default: 0 °" in tip and "<" not in tip
    assert "Default: 3 °" in fields.field_of("pose.phi1").tooltip(3.0)
    assert '8 to 16384 px, or "auto"' in fields.field_of("image.width").tooltip().replace(",384", "384")


def test_choices_have_words():
    kind = fields.field_of("specimen.kind")
    assert kind.choices == ("cluster", "file", "scene", "aggregate", "aggregate_atoms") and all(
        kind.choice_texts
    )
    pose = fields.field_of("pose.kind")
    assert len(pose.choice_texts) == 3 and pose.choice_texts[1].startswith("A fixed orientation by Euler")
    preset = fields.field_of("noise.preset")
    assert preset.choices == tuple(presets()) and all(preset.choice_texts)


def test_structures_of_the_recipe_are_the_choices():
    structure = next(field for field in fields.fields_of(kinds()[0]) if field.path == "specimen.structure")
    assert structure.editor == "choice" and structure.choices == ("gold", "silver")


def test_every_field_reads_well():
    for field in fields.fields_of():
        assert field.about, field.path
        assert field.label and "_" not in field.label and field.label[0].isupper(), field.path
        if field.editor in ("number", "integer"):
            assert field.step, field.path


def test_every_choice_of_kinds_in_the_recipe_is_known_as_one():
    """A later union (imaging models) must be found without a line here."""
    assert dict(sections.KIND_PATHS) == {
        leaf.path.partition(".")[0]: leaf.path.partition(".")[2]
        for leaf in model_fields(Recipe)
        if leaf.groups and leaf.choices
    }
