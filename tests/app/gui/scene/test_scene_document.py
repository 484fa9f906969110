"""Settings inside entries of lists are edited as any others are."""

from __future__ import annotations

import time
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.gui.document import entry_fields, fields, sections
from app.gui.document.document import Change, RecipeDocument
from app.gui.document.reading import leaves
from app.gui.preview.varied_values import varied_chips
from sim.core.errors import InputError
from sim.core.settings import validate
from sim.recipe.model import Job, Recipe
from sim.recipe.toml import set_path
from sim.specimen.scene.changes import Rotate, Translate
from sim.specimen.scene.nodes import Amorphous, Group, Molecules, Particle
from sim.specimen.scene.orientations import AlignedOrientation, SeatedPlace
from sim.specimen.scene.volumes import FacetsVolume
from tests.yardstick import slowness

NODE = "specimen.nodes.cdse"
OTHER = "specimen.nodes.other"
NODES = (
    Amorphous(name="film"),
    Particle(
        name="cdse",
        placement=SeatedPlace(on="film"),
        changes=(Translate(name="shift", x=3.0), Rotate(name="turn", angle=10.0)),
    ),
    Group(
        name="pair", nodes=(Particle(name="left", volume=FacetsVolume()), Molecules(name="gas", on="cdse"))
    ),
    Particle(name="other", orientation=AlignedOrientation(to="cdse")),
)


@pytest.fixture
def document() -> RecipeDocument:
    base = sections.with_values(Recipe(), {"specimen.kind": "scene", "specimen.nodes": NODES})
    return RecipeDocument(base, clock=count().__next__)


def heard(document: RecipeDocument) -> list[Change]:
    found: list[Change] = []
    document.changed.connect(found.append)
    return found


@pytest.mark.parametrize(
    ("path", "before", "after", "name"),
    [
        (f"{NODE}.volume.radius", 15.0, 22.5, "cdse: Radius"),
        (f"{NODE}.changes.turn.angle", 10.0, -30.0, "cdse, turn: Angle"),
        ("specimen.nodes.pair.nodes.left.volume.facets.1.distance", 17.0, 19.0, "left, Facets 2: Distance"),
        ("specimen.nodes.film.thickness", 50.0, 30.0, "film: Thickness"),
    ],
)
def test_edited_at_any_depth(document, path, before, after, name):
    changes = heard(document)
    assert document.value(path) == before
    document.set(path, after)
    assert document.value(path) == after
    assert changes[-1].paths == (path,), "what else is shown need not be touched"
    assert document.undo_label == name and not document.is_default(path)
    document.reset(path)
    assert document.is_default(path)
    document.undo()
    document.undo()
    assert document.value(path) == before


def test_default_is_that_of_the_place(document):
    # A multiply twinned particle begins with a larger sphere than a plain one.
    document.set(f"{NODE}.kind", "multi_twin")
    assert document.default(f"{NODE}.volume.radius") == 20.0
    document.set(f"{NODE}.volume.kind", "cylinder")
    assert document.default(f"{NODE}.volume.radius") == 15.0
    assert document.default(f"{NODE}.volume.kind") == "sphere" and not document.is_default(
        f"{NODE}.volume.kind"
    )


def test_another_kind_keeps_what_both_have(document):
    document.set(f"{NODE}.volume.radius", 22.5)
    document.set_vary(f"{NODE}.volume.radius", {"law": "uniform", "low": 5.0, "high": 9.0, "per": "instance"})
    document.set(f"{NODE}.volume.kind", "cylinder")
    assert document.value(f"{NODE}.volume.radius") == 22.5
    assert document.varied_paths() == (f"{NODE}.volume.radius",)
    document.set(f"{NODE}.volume.kind", "box")
    assert document.varied_paths() == ()
    document.undo()
    assert document.varied_paths() == (f"{NODE}.volume.radius",)


def test_another_kind_of_node_takes_its_own_role(document):
    document.set(f"{NODE}.count", 3)
    document.set(f"{NODE}.kind", "amorphous")
    assert document.value(f"{NODE}.role") == "support" and document.value(f"{NODE}.priority") == -10
    assert document.value(f"{NODE}.count") == 3 and document.value(f"{NODE}.placement.on") == "film"


def test_new_name_is_followed(document):
    document.set_vary(f"{NODE}.volume.radius", {"law": "uniform", "low": 5.0, "high": 9.0})
    document.set_vary(f"{NODE}.changes.turn.angle", {"law": "grid", "values": [1.0, 2.0]})
    document.set(f"{NODE}.name", "dot")
    assert document.varied_paths() == (
        "specimen.nodes.dot.volume.radius",
        "specimen.nodes.dot.changes.turn.angle",
    )
    assert document.value("specimen.nodes.other.orientation.to") == "dot"
    assert document.value("specimen.nodes.pair.nodes.gas.on") == "dot"
    document.set("specimen.nodes.dot.changes.turn.name", "spin")
    assert "specimen.nodes.dot.changes.spin.angle" in document.varied_paths()
    document.undo()
    document.undo()
    assert document.value("specimen.nodes.other.orientation.to") == "cdse"


@pytest.mark.parametrize("name", ["film", "two words", ""])
def test_unusable_name_changes_nothing(document, name):
    before = document.recipe
    with pytest.raises(InputError):
        document.set(f"{NODE}.name", name)
    assert document.recipe is before


def test_error_names_the_setting(document):
    with pytest.raises(InputError) as caught:
        document.set(f"{NODE}.changes.turn.angle", 1e6)
    assert caught.value.parameter == f"{NODE}.changes.turn.angle"
    with pytest.raises(InputError) as caught:
        document.set("specimen.nodes.pair.nodes.left.volume.facets.1.distance", -1.0)
    assert caught.value.parameter == "specimen.nodes.pair.nodes.left.volume.facets.1.distance"


def test_members_of_one_scene_draw(document):
    path = f"{NODE}.volume.radius"
    document.set_vary(path, {"law": "uniform", "low": 5.0, "high": 9.0, "per": "instance"})
    assert document.vary(path).per == "instance"
    assert entry_fields.field_in(document.recipe, path).per_member
    assert not entry_fields.field_in(document.recipe, f"{NODE}.count").per_member
    with pytest.raises(InputError, match="members of one scene"):
        document.set_vary(path, {"law": "grid", "values": [5.0, 6.0], "per": "instance"})


def test_positions_can_vary(document):
    path = "specimen.nodes.pair.nodes.left.volume.facets.0.distance"
    document.set_vary(path, {"law": "uniform", "low": 10.0, "high": 12.0})
    assert document.vary(path) is not None
    with pytest.raises(InputError):
        document.set_vary(path.replace(".0.", ".9."), {"law": "uniform", "low": 10.0, "high": 12.0})


def test_scene_comes_in_its_own_pose():
    document = RecipeDocument(clock=count().__next__)
    document.set("specimen.kind", "scene")
    assert document.value("pose.kind") == "euler"
    document.undo()
    document.set("pose.kind", "zone_axis")
    document.set("specimen.kind", "scene")
    assert document.value("pose.kind") == "zone_axis", "a pose that was chosen stays"


def test_every_leaf_of_every_node_has_a_field(document):
    for word in ("particle", "cluster", "core_shell", "bicrystal", "sheet", "molecules", "void", "group"):
        document.set(f"{OTHER}.kind", word)
        entry = entry_fields.entry_at(document.recipe, OTHER)
        shown = {
            field.path
            for section in entry_fields.entry_sections(type(entry.settings), OTHER, entry.kinds)
            for part in entry_fields.all_sections(section)
            for field in (*part.fields, *((part.entries,) if part.entries else ()))
            if field.exists_in(document.recipe)
        }
        there = {path for path, _ in leaves(document.recipe, OTHER)}
        left = {path for path in there - shown if path.rpartition(".")[2] not in fields.HIDDEN}
        assert not left and shown <= there


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        [
            f"{NODE}.volume.radius",
            f"{NODE}.count",
            f"{NODE}.changes.turn.angle",
            f"{NODE}.placement.on",
            "specimen.nodes.pair.nodes.left.volume.facets.1.distance",
            "specimen.nodes.pair.nodes.left.volume.facets.7.distance",
            "specimen.nodes.film.thickness",
            "specimen.nodes.nobody.thickness",
            "specimen.width",
        ]
    ),
    st.floats(-10, 2000) | st.integers(-5, 20000) | st.sampled_from(["film", "cdse", None, True]),
)
def test_agrees_with_the_whole(path, value):
    recipe = sections.with_values(Recipe(), {"specimen.kind": "scene", "specimen.nodes": NODES})

    def outcome(make):
        try:
            return make()
        except InputError as error:
            return error

    expected = outcome(lambda: validate(Recipe, set_path(recipe.sparse_tree(), path, value)))
    found = outcome(lambda: sections.with_values(recipe, {path: value}))
    assert isinstance(found, InputError) == isinstance(expected, InputError), (found, expected)
    if isinstance(expected, Recipe):
        assert found == expected and found.digest == expected.digest


def test_edit_costs_little(document):
    """A slider at 125 Hz over a scene of a hundred nodes: 4 ms an edit."""
    nodes = tuple(Particle(name=f"p{number}") for number in range(100))
    document.change(sections.with_values(document.recipe, {"specimen.nodes": nodes}), label="many")
    document.begin_gesture()
    times = []
    for step in range(40):
        begin = time.thread_time()
        document.set("specimen.nodes.p50.volume.radius", 10.0 + step)
        times.append(time.thread_time() - begin)
    document.end_gesture()
    assert min(times) < 0.004 * slowness()


def test_values_of_nodes_are_told(document):
    """A chip of the browser says which node a value belongs to."""

    job = Job.model_construct(varied={f"{NODE}.volume.radius": 12.5}, specimen=document.recipe.specimen)
    assert [text for text, _ in varied_chips(job)] == ["cdse r 12.5 Å"]
