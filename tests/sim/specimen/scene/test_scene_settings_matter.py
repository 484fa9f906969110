"""Every setting of a scene changes what is built, or is refused by name: none is quietly ignored.

The cases are made from the settings themselves, so that a new one comes here without being listed.  Tables
below say in which surroundings a setting shows, and which few belong to others than the builder.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any, Literal, get_args, get_origin

import numpy as np
import pytest

from sim.core.canonical import sha256_of
from sim.core.errors import InputError
from sim.core.settings import Quantity, Settings, validate
from sim.core.types import Structure
from sim.recipe.kinds import SPECIMENS
from sim.specimen.scene import changes, crystals, nodes, orientations, planes, volumes
from sim.specimen.scene.build import build_scene
from sim.specimen.scene.members import expanded
from sim.specimen.scene.resolving import sources
from sim.specimen.scene.settings import SceneSpecimen

pytestmark = pytest.mark.slow

# --- building -------------------------------------------------------------------------------------

SCENE = {"kind": "scene", "width": 46.0, "height": 40.0, "clearance": 1.5}
#: Large enough to show every facet, small enough to be built in a few milliseconds.
SPHERE = {"kind": "sphere", "radius": 8.0}
BOX = {"kind": "box", "size_x": 14.0, "size_y": 10.0, "size_z": 12.0}
CONE = {"kind": "cone", "radius": 11.0, "height": 14.0}
FILM = {"kind": "amorphous", "name": "film", "thickness": 6.0}
HOST = {"kind": "particle", "name": "host", "volume": SPHERE, "crystal": {"kind": "builtin", "name": "Cu"}}
BESIDE = {**HOST, "name": "beside", "placement": {"kind": "fixed", "x": 14.0}}


def structure_of(text: str) -> Structure:
    """Another small orthorhombic crystal for every text."""
    edges = 3.0 + np.frombuffer(hashlib.sha256(text.encode()).digest()[:3], dtype=np.uint8) / 256.0
    places = np.array([[0.0, 0.0, 0.0], [0.5, 0.4, 0.1], [0.1, 0.6, 0.7], [0.8, 0.2, 0.45]]) * edges * 1.5
    return Structure(np.array([29, 47, 79, 8], dtype=np.int64), places, np.diag(edges * 1.5))


def settings_of(scene: dict[str, Any]) -> SceneSpecimen:
    return validate(SceneSpecimen, {**SCENE, **scene}, root="specimen")


def fingerprint(scene: dict[str, Any]) -> str:
    """What is built of a scene: its atoms with their objects, grains and sides, and its defect planes."""
    settings = expanded(settings_of(scene))
    structures = {source.key: structure_of(source.key) for source in sources(settings)}
    built = build_scene(settings, structures, 7)
    parts = [built.parts[name].tolist() for name in ("object", "grain", "side", "planes")]
    return sha256_of([built.structure.sha256, parts])


# --- what there is ----------------------------------------------------------------------------------


def groups_in(annotation: Any) -> tuple[type[Settings], ...]:
    """The settings classes that a field may hold, in lists as well."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return (annotation,)
    found = [group for part in get_args(annotation) for group in groups_in(part)]
    return tuple(dict.fromkeys(found))


@cache
def every_class() -> tuple[type[Settings], ...]:
    """The scene's settings and all that they hold."""
    found: list[type[Settings]] = [SceneSpecimen]
    for model in found:
        for info in model.model_fields.values():
            found += [group for group in groups_in(info.annotation) if group not in found]
    return tuple(found)


NODES = groups_in(nodes.NodeSettings)
VOLUMES = groups_in(volumes.VolumeSettings)
CHANGES = groups_in(changes.ChangeSettings)
CRYSTALS = groups_in(crystals.CrystalSettings)
ORIENTATIONS = groups_in(orientations.OrientationSettings)
PLACEMENTS = groups_in(orientations.PlacementSettings)
_POINT = {"kind": "compound", "operation": "intersection"}

#: A value of each class at which its settings show; where none is given the defaults do.
EXAMPLES: dict[type[Settings], dict[str, Any]] = {
    nodes.Particle: {"volume": BOX},
    nodes.Cluster: {"shells": 3},
    nodes.MultiTwin: {"volume": {**BOX, "size_z": 16.0}},
    nodes.CoreShell: {"volume": BOX, "thickness": 4.0},
    nodes.Bicrystal: {"volume": BOX},
    nodes.Polycrystal: {"volume": BOX, "grains": 3},
    nodes.Amorphous: {"film": False, "volume": BOX},
    nodes.Sheet: {"layers": 2},
    nodes.Molecules: {"molecule": "H2O"},
    nodes.File: {"path": "some.cif"},
    nodes.Void: {"volume": BOX},
    nodes.Group: {
        "nodes": [{**HOST, "name": "inner", "volume": BOX, "placement": {"kind": "fixed", "x": 3.0}}]
    },
    volumes.SphereVolume: {"radius": 8.0},
    volumes.EllipsoidVolume: {"semi_x": 10.0, "semi_y": 8.0, "semi_z": 7.0},
    volumes.BoxVolume: {"size_x": 18.0, "size_y": 16.0, "size_z": 14.0},
    volumes.CylinderVolume: {"radius": 8.0, "height": 15.0},
    volumes.ConeVolume: {"radius": 11.0, "top_radius": 4.0, "height": 15.0},
    volumes.CapsuleVolume: {"radius": 7.0, "height": 9.0},
    volumes.HalfSpaceVolume: {"normal_x": 0.3, "normal_y": 0.5, "height": 1.0},
    volumes.FacetsVolume: {"facets": [{"distance": 9.0}, {"h": 1.0, "k": 0.0, "l": 0.0, "distance": 11.0}]},
    volumes.WulffVolume: {"radius": 9.0},
    volumes.CompoundVolume: {
        "parts": [
            {"name": "one", "volume": {"kind": "box", "size_x": 15.0, "size_y": 14.0, "size_z": 13.0}},
            {"name": "two", "x": 4.0, "y": 3.0, "z": 2.0, "volume": SPHERE},
        ]
    },
    volumes.Corner: {"x": -12.0, "y": -13.0, "z": -11.0},
    volumes.Facet: {"h": 1.0, "k": 1.0, "l": 0.0, "distance": 10.0},
    volumes.SurfaceEnergy: {"h": 1.0, "k": 1.0, "l": 0.0, "energy": 1.3},
    volumes.PlainPart: {"volume": SPHERE},
    crystals.BuiltinCrystal: {"name": "CdSe"},
    crystals.CellCrystal: {"b": 5.0, "c": 6.0, "alpha": 80.0, "basis": [{}, {"x": 0.5, "y": 0.5}]},
    crystals.SpacegroupCrystal: {"basis": [{"element": "Cu", "x": 0.1, "y": 0.2, "z": 0.3}], "group": 1},
    crystals.FileCrystal: {"path": "some.cif"},
    crystals.BasisAtom: {"element": "Cu", "x": 0.5, "y": 0.4, "z": 0.3},
    changes.Translate: {"x": 1.0, "y": 0.7, "z": 0.4},
    changes.Rotate: {"axis_x": 0.5, "axis_y": 0.3, "angle": 20.0},
    changes.Reflect: {"normal_x": 0.7, "normal_y": 0.5, "normal_z": 0.2},
    changes.Strain: {"xx": 0.02, "yy": 0.01, "xy": 0.03},
    changes.Substitute: {"element": "Cu"},
    changes.Vacancies: {"share": 0.3},
    orientations.SpunOrientation: {"u": 1.0, "v": 2.0},
    orientations.EulerOrientation: {"phi1": 10.0, "Phi": 25.0, "phi2": 40.0},
    orientations.AxisOrientation: {"axis_x": 0.5, "axis_y": 0.3, "angle": 20.0},
    orientations.ZoneOrientation: {"u": 1.0, "v": 2.0},
    orientations.AlignedOrientation: {"to": "host", "other_u": 2.0, "other_v": -1.0, "other_w": -1.0},
    orientations.FixedPlace: {"x": 1.5, "y": 2.5, "z": 3.5},
    orientations.SeatedPlace: {"x": 1.5, "y": 2.5, "depth": 3.0},
    orientations.ScatteredPlace: {"gap": 0.0, "depth": 3.0},
    planes.DefectSettings: {"planes": [{"name": "one"}]},
    planes.DefectPlane: {},
}

_FACETED = {"volume": {"kind": "facets"}}
_MISSING = {"changes": [{"kind": "displace"}]}
_LYING = {"h": 0.0, "k": 0.0, "l": 1.0}
_SIDE = {"h": 1.0, "k": 0.0, "l": 0.0}
_ALONG_X, _ALONG_Y = {"u": 1.0, "v": 0.0, "w": 0.0}, {"u": 0.0, "v": 1.0, "w": 0.0}


def _planes_and_directions(model: type[Settings], before: str = "") -> dict[Any, dict[str, Any]]:
    """Planes and directions in them at which one index can change without leaving the plane."""

    def named(values: dict[str, float]) -> dict[str, float]:
        return {before + name: value for name, value in values.items()}

    return {
        (model, f"{before}h"): named(_LYING | _ALONG_Y),
        (model, f"{before}k"): named(_LYING | _ALONG_X),
        (model, f"{before}l"): named(_SIDE | _ALONG_Y),
        (model, f"{before}u"): named(_LYING | _ALONG_Y),
        (model, f"{before}v"): named(_LYING | _ALONG_X),
        (model, f"{before}w"): named(_SIDE | _ALONG_Y),
    }


#: What must be set besides for one setting to show.
BESIDES: dict[tuple[type[Settings], str], dict[str, Any]] = {
    **_planes_and_directions(nodes.Bicrystal),
    **_planes_and_directions(orientations.PlaneOrientation),
    **_planes_and_directions(orientations.AlignedOrientation),
    **_planes_and_directions(orientations.AlignedOrientation, "other_"),
    (nodes.Cluster, "notch"): {"motif": "marks_decahedron"},
    (nodes.Cluster, "facet"): {"motif": "ino_decahedron"},
    (nodes.Amorphous, "film"): {"thickness": 6.0},
    (nodes.Amorphous, "thickness"): {"film": True, "thickness": 6.0},
    (nodes.Sheet, "ripple_wavelength"): {"ripple": 1.0},
    (nodes.Sheet, "stacking"): {"layers": 3},
    (nodes.Molecules, "number"): {"on": "beside"},
    (nodes.Molecules, "height"): {"on": "beside"},
    (nodes.Molecules, "gap"): {"on": "beside", "number": 5},
    **{
        (volumes.WulffVolume, name): {"supported": True, "interface_energy": 0.3}
        for name in ("interface_h", "interface_k", "interface_l", "interface_energy")
    },
    (orientations.SpunOrientation, "tilt"): {"tilt": 1.0},
    (orientations.ScatteredPlace, "z"): {"seated": False},
    **{(planes.DefectSettings, name): {**_LYING, "planes": []} for name in ("I1", "I2", "E")},
    (planes.DefectSettings, "minimum_separation"): {"twins": 2, "planes": []},
    (crystals.SpacegroupCrystal, "setting"): {"group": 227, "basis": [{"element": "Si"}]},
}

#: Other values than the next step.
OTHERS: dict[tuple[type[Settings], str], Any] = {
    (SceneSpecimen, "material"): "Ag",
    (SceneSpecimen, "variant"): "b",
    (SceneSpecimen, "crowding"): "keep",
    (nodes.Cluster, "element"): "Ag",
    (nodes.Amorphous, "material"): "silica",
    (nodes.Amorphous, "density"): 0.06,
    (nodes.Amorphous, "minimum_distance"): 1.6,
    (nodes.Molecules, "molecule"): "CO",
    (nodes.Molecules, "on"): "beside",
    (nodes.File, "path"): "other.cif",
    (nodes.File, "sha256"): "a" * 64,
    (nodes.Bicrystal, "height"): 3.0,
    (crystals.BuiltinCrystal, "name"): "Au",
    (crystals.FileCrystal, "path"): "other.cif",
    (crystals.FileCrystal, "sha256"): "a" * 64,
    (crystals.SpacegroupCrystal, "setting"): 2,
    (crystals.SpacegroupCrystal, "group"): 2,
    (volumes.SurfaceEnergy, "l"): 2.0,
    (volumes.SurfaceEnergy, "energy"): 1.8,
    (orientations.ScatteredPlace, "gap"): 12.0,
    (crystals.BasisAtom, "element"): "Ag",
    (changes.Substitute, "element"): "Zn",
    (changes.Substitute, "by"): "Pt",
    (changes.Vacancies, "element"): "Zn",
    (orientations.AlignedOrientation, "to"): "beside",
    (orientations.SeatedPlace, "on"): "film",
    (orientations.ScatteredPlace, "on"): "film",
}


def test_every_class_is_in_the_tables():
    """What is walked below is everything that a scene can hold."""
    reached = {*NODES, *VOLUMES, *CHANGES, *CRYSTALS, *ORIENTATIONS, *PLACEMENTS}
    assert reached < set(every_class())


# --- surroundings -----------------------------------------------------------------------------------

#: Settings that are not the builder's, and whose they are.
ELSEWHERE = {
    "instance": "filled in by planning",
    "role": "what labels take the atoms for",
    "format": "how a file is read, when a catalogue is made",
}
#: Names that are nothing but names.
NAMES = {
    (SceneSpecimen, "name"): "class of the scene in the dataset",
    (volumes.PlainPart, "name"): "of a part",
    (planes.DefectPlane, "name"): "of a plane",
    **{
        (model, "name"): "of a change without random words"
        for model in (
            *(changes.Translate, changes.Rotate, changes.Reflect, changes.Invert),
            *(changes.Strain, changes.StrainGradient, changes.SurfaceRelaxation, changes.Bend),
        )
    },
}


def kind_of(model: type[Settings]) -> dict[str, Any]:
    info = model.model_fields.get("kind")
    return {} if info is None else {"kind": info.default}


def example(model: type[Settings], field: str = "") -> dict[str, Any]:
    """A value of a class at which a setting shows."""
    return {**kind_of(model), **EXAMPLES.get(model, {}), **BESIDES.get((model, field), {})}


def particle(**values: Any) -> dict[str, Any]:
    return {"kind": "particle", "name": "p", "volume": BOX, **values}


def scene_with(model: type[Settings], tree: dict[str, Any], field: str = "") -> dict[str, Any]:
    """A scene around a value of a class."""
    if model is SceneSpecimen:
        return tree
    if model in NODES:
        return _around_node(model, {"name": "p", **tree}, field)
    if model in VOLUMES:
        # Cut to a box: a half-space has no end.
        box = {"name": "bound", "volume": {"kind": "box", "size_x": 30.0, "size_y": 29.0, "size_z": 28.0}}
        return {"nodes": [particle(volume={**_POINT, "parts": [box, {"name": "own", "volume": tree}]})]}
    if model in CRYSTALS:
        return {"nodes": [particle(crystal=tree)]}
    if model in CHANGES:
        crystal = {"kind": "builtin", "name": "Cu" if tree["kind"] == "substitute" else "CdSe"}
        name = tree.get("name", "change")
        return {"nodes": [particle(crystal=crystal, volume=CONE, changes=[{**tree, "name": name}])]}
    if model in ORIENTATIONS:
        turned = {"kind": "euler", "phi1": 20.0, "Phi": 35.0}
        others = [{**HOST, "placement": {"kind": "fixed", "x": 16.0, "y": 8.0}, "volume": BOX},
                  {**BESIDE, "orientation": turned, "placement": {"kind": "fixed", "x": -16.0}}]  # fmt: skip
        return {"nodes": [*others, particle(orientation=tree)]}
    if model in PLACEMENTS:
        # What is lower than the film but higher up: what a node rests on shows.
        roof = {
            **HOST,
            "placement": {"kind": "fixed", "z": 2.0},
            "volume": {**BOX, "size_x": 44.0, "size_y": 38.0},
        }
        count = 2 if tree["kind"] == "scattered" else 1
        return {"nodes": [FILM, roof, particle(placement=tree, priority=5, count=count)]}
    if model is volumes.Corner:
        corners = [{"x": 15.0, "y": -12.0, "z": -11.0}, {"y": 14.0, "z": -12.0}, {"z": 15.0}]
        return {"nodes": [particle(volume={"kind": "hull", "corners": [tree, *corners]})]}
    if model is volumes.Facet:
        closing = [{"distance": 11.0}, {"h": 1.0, "k": 0.0, "l": 0.0, "distance": 12.0}]
        return {"nodes": [particle(volume={"kind": "facets", "facets": [*closing, tree]})]}
    if model is volumes.SurfaceEnergy:
        return {
            "nodes": [particle(volume={"kind": "wulff", "radius": 11.0, "energies": [{"energy": 1.4}, tree]})]
        }
    if model is volumes.PlainPart:
        box = {"name": "bound", "volume": {"kind": "box", "size_x": 9.0, "size_y": 9.0, "size_z": 9.0}}
        return {"nodes": [particle(volume={"kind": "compound", "parts": [box, {"name": "own", **tree}]})]}
    if model is crystals.BasisAtom:
        cell = {"kind": "cell", "b": 5.0, "c": 6.0, "basis": [{}, tree]}
        return {"nodes": [particle(crystal=cell)]}
    if model is planes.DefectSettings:
        name = "CdSe" if field in ("I1", "I2", "E") else "Au"
        tall = {**BOX, "size_x": 20.0, "size_z": 30.0}
        return {"nodes": [particle(defects=tree, crystal={"kind": "builtin", "name": name}, volume=tall)]}
    if model is planes.DefectPlane:
        return {"nodes": [particle(defects={"planes": [tree]}, volume={**BOX, "size_z": 30.0})]}
    raise AssertionError(f"{model.__name__} has no place in these scenes")


def _around_node(model: type[Settings], tree: dict[str, Any], field: str) -> dict[str, Any]:
    film = model is nodes.Sheet or (model is nodes.Amorphous and tree.get("film", True))
    pierced = {**FILM, "name": "pierced", "priority": -30, "thickness": 12.0}
    scene: dict[str, Any] = {"nodes": [tree, BESIDE]}
    if model is nodes.Void:
        scene = {"nodes": [pierced, BESIDE, {**tree, "priority": tree.get("priority", -20)}]}
    if field == "name":
        # Names key what is random.
        random = {"orientation": {"kind": "random"}} if model in (nodes.Void, nodes.Group) else _MISSING
        scene["nodes"] = [
            {**node, **random} if node["name"] == tree["name"] else node for node in scene["nodes"]
        ]
    if field == "count" and not film:
        place = {"kind": "scattered", "gap": 0.0, "seated": False}
        scene["nodes"] = [
            {**node, "placement": place} if node["name"] == tree["name"] else node for node in scene["nodes"]
        ]
    if field == "only_in":
        scene["variant"] = "a"
    if field == "priority" and model is not nodes.Void:
        # Overlapping, the rival not within the node.
        reach = 5.0 if model in (nodes.Molecules, nodes.File) else 11.0
        rival = {**HOST, "name": "rival", "volume": BOX, "priority": -30}
        scene["nodes"] = [{**rival, "placement": {"kind": "fixed", "x": reach, "y": 1.0}}, tree]
    return scene


# --- one setting after another ------------------------------------------------------------------------


def other_values(model: type[Settings], field: str) -> list[Any]:
    """Values of a setting that are not the one of its example."""
    info = model.model_fields[field]
    here = example(model, field).get(field, info.default)
    if (model, field) in OTHERS:
        return [OTHERS[model, field]]
    if field == "name":
        return ["another"]
    if field == "only_in":
        return [["b"]]
    if field == "count" and model in (nodes.Amorphous, nodes.Sheet):
        return [0]
    if field == "priority":
        return [-40]
    if isinstance(here, bool):
        return [not here]
    if get_origin(info.annotation) is Literal:
        return [word for word in get_args(info.annotation) if word != here]
    quantity = next(item for item in info.metadata if isinstance(item, Quantity))
    if isinstance(here, int):
        return [here + 1 if here + 1 <= quantity.high else here - 1]
    step = (quantity.step or 0.1) * (1.0 if quantity.step == 1.0 and not quantity.unit else 5.0)
    return [here + step if here + step <= quantity.high else here - step]


def plain_fields() -> list[tuple[type[Settings], str]]:
    return [
        (model, field)
        for model in every_class()
        for field, info in model.model_fields.items()
        if not groups_in(info.annotation)
        and not (field == "kind" and get_origin(info.annotation) is Literal)
        and field not in ELSEWHERE
        and (model, field) not in NAMES
        and model is not SceneSpecimen
    ]


def outcome(scene: dict[str, Any]) -> str:
    """What is built, or which setting is refused."""
    try:
        return fingerprint(scene)
    except InputError as error:
        return f"refused: {error.parameter}"


@pytest.mark.parametrize(("model", "field"), plain_fields(), ids=lambda part: getattr(part, "__name__", part))
def test_every_setting_changes_the_scene(model, field):
    """Another value makes another scene, or is refused by the name of that very setting."""
    found = [fingerprint(scene_with(model, example(model, field), field))]
    for value in other_values(model, field):
        tree = {**example(model, field), field: value}
        found.append(outcome(scene_with(model, tree, field)))
    built = [result for result in found if not result.startswith("refused")]
    assert len(set(built)) == len(built), f"{field} of {model.__name__} is ignored"
    refused = {result for result in found if result.startswith("refused")}
    assert all(result.endswith(f".{field}") for result in refused), refused


# --- every kind of a group in every node ----------------------------------------------------------------

#: Kinds of a group that a node cannot use: the setting whose refusal says so.
FILM_ONLY = {"kind": "amorphous", "film": True, "volume": SPHERE, "thickness": 6.0}


def group_fields() -> list[tuple[type[Settings], str]]:
    return [(model, field) for model in NODES for field, info in model.model_fields.items()
            if groups_in(info.annotation) and field not in ("nodes", "defects")]  # fmt: skip


def settings_named(scene: dict[str, Any]) -> set[str]:
    """Every path of a setting in a scene, with entries of lists by their names."""
    found: set[str] = set()

    def walk(value: Any, path: str) -> None:
        found.add(path)
        if isinstance(value, Settings):
            for name in type(value).model_fields:
                walk(getattr(value, name), f"{path}.{name}")
        elif isinstance(value, tuple):
            for position, entry in enumerate(value):
                walk(entry, f"{path}.{getattr(entry, 'name', position)}")

    walk(settings_of(scene), "specimen")
    return found


@pytest.mark.parametrize(("model", "field"), group_fields(), ids=lambda part: getattr(part, "__name__", part))
def test_every_kind_of_a_group_matters(model, field):
    """Each volume, crystal, change, orientation and place makes a scene of its own in each node.

    What a node cannot use is refused, by the path of a setting that is there.
    """
    seen: dict[str, str] = {}
    plain = scene_with(model, example(model))
    listed = "tuple" in str(get_origin(model.model_fields[field].annotation))
    if listed:
        seen[fingerprint(plain)] = "none"
    for group in groups_in(model.model_fields[field].annotation):
        tree = {**kind_of(group), **EXAMPLES.get(group, {})}
        if group is volumes.HalfSpaceVolume:
            box = {"name": "bound", "volume": BOX}
            tree = {**_POINT, "parts": [box, {"name": "own", "volume": tree}]}
        scene = scene_with(model, {**example(model), field: [tree] if listed else tree})
        below = {"priority": -60, "placement": {"kind": "fixed", "x": -15.0}}
        scene["nodes"].insert(0, {**HOST, **below})
        try:
            built = fingerprint(scene)
        except InputError as error:
            assert error.parameter in settings_named(scene), error
            assert error.parameter.startswith(f"specimen.nodes.p.{field}"), error
            continue
        assert built not in seen, f"{group.__name__} is as good as {seen[built]} in {model.__name__}"
        seen[built] = group.__name__


# --- what a kind of node has no use for --------------------------------------------------------------


@pytest.mark.parametrize("moves", ["atoms", "volume"])
@pytest.mark.parametrize("model", [model for model in NODES if model is not nodes.Group])
def test_what_a_change_moves_matters(model, moves):
    """The lattice inside a volume, the volume alone, both: three scenes, or a refusal by name."""
    results = []
    for word in ("both", moves):
        change = {"kind": "translate", "name": "way", "x": 1.1, "y": 0.6, "moves": word}
        results.append(outcome(scene_with(model, {**example(model), "changes": [change]})))
    refused = "refused: specimen.nodes.p.changes.way.moves"
    assert not results[0].startswith("refused")
    assert results[1] == refused if results[1].startswith("refused") else results[1] != results[0]


@pytest.mark.parametrize(
    ("setting", "value", "refused"),
    [
        ("orientation", {"kind": "random"}, "orientation.kind"),
        ("placement", {"kind": "seated"}, "placement"),
        ("placement", {"kind": "fixed", "z": 3.0}, "placement"),
        ("changes", [{"kind": "displace"}], "changes"),
    ],
)
def test_molecules_on_a_surface_lie_as_it_has_them(setting, value, refused):
    on_host = {"kind": "molecules", "name": "p", "on": "host", "number": 5}
    fingerprint({"nodes": [HOST, on_host]})
    assert outcome({"nodes": [HOST, {**on_host, setting: value}]}) == f"refused: specimen.nodes.p.{refused}"


# --- the scene itself -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "scene"),
    [
        (
            "material",
            "Ag",
            {"nodes": [particle(crystal={"kind": "builtin", "name": "scene"})], "material": "Au"},
        ),
        ("variant", "b", {"nodes": [BESIDE, particle(only_in=["a"])], "variant": "a"}),
        ("width", 40.0, {"nodes": [FILM]}),
        ("height", 44.0, {"nodes": [FILM]}),
        ("clearance", 3.0, {"nodes": [FILM, particle(priority=1)]}),
    ],
)
def test_every_setting_of_the_scene_changes_it(field, value, scene):
    assert fingerprint(scene) != fingerprint({**scene, field: value})


def test_crowding_decides_what_becomes_of_those_without_room():
    many = {"nodes": [particle(count=9, placement={"kind": "scattered"})]}
    assert outcome(many).startswith("refused: specimen.nodes.p#") and outcome(many).endswith(".placement")
    assert not outcome({**many, "crowding": "keep"}).startswith("refused")


def test_what_labels_read_changes_no_atom_but_the_objects():
    """Roles are not the builder's: they name the objects."""
    for model in NODES:
        if "role" not in model.model_fields:
            continue
        trees = [{**example(model), "role": role} for role in ("particle", "matrix")]
        found = [SPECIMENS["scene"].objects(settings_of(scene_with(model, tree))) for tree in trees]
        assert found[0] != found[1]
        assert fingerprint(scene_with(model, trees[0])) == fingerprint(scene_with(model, trees[1]))
