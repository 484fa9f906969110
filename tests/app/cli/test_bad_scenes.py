"""Scenes that cannot be: exit code 2, one sentence that names the node and the setting, and no file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli_w

Table = dict[str, Any]


def gold(**more: Any) -> Table:
    """A small particle."""
    crystal, volume = {"kind": "builtin", "name": "Au"}, {"kind": "sphere", "radius": 8.0}
    return {"kind": "particle", "name": "gold", "crystal": crystal, "volume": volume, **more}


def film(**more: Any) -> Table:
    """A thin film."""
    return {"kind": "amorphous", "name": "film", "thickness": 6.0, **more}


def cell(kind: str = "cell", **more: Any) -> Table:
    """A particle of a crystal of the user's own."""
    return gold(crystal={"kind": kind, "basis": [{"element": "Au"}], **more})


def scattered(count: int) -> Table:
    """Particles at random places."""
    return gold(count=count, placement={"kind": "scattered", "gap": 10.0})


def hull(*corners: tuple[float, float, float]) -> Table:
    """A particle between corners."""
    named = [dict(zip("xyz", corner, strict=True)) for corner in corners]
    return gold(volume={"kind": "hull", "corners": named})


def molecules(**more: Any) -> Table:
    """Molecules on the particle."""
    return {"kind": "molecules", "name": "gas", "molecule": "CO", "on": "gold", **more}


def vary(path: str, low: float = 5.0) -> list[Table]:
    """A setting that varies."""
    return [{"path": path, "law": "uniform", "low": low, "high": 9.0}]


FLAT = [(0.0, 0.0, 0.0), (9.0, 0.0, 0.0), (0.0, 9.0, 0.0), (9.0, 9.0, 0.0)]
NODE = "specimen.nodes."
#: Nodes, and the words that the sentence must have.
CASES: dict[str, tuple[list[Table], tuple[str, ...]]] = {
    "amorphous material": ([film(material="carbn")], (f"{NODE}film.material = 'carbn'", "'carbon'")),
    "crystal": (
        [gold(crystal={"kind": "builtin", "name": "CdSee"})],
        (f"{NODE}gold.crystal.name = 'CdSee'", "'CdSe'"),
    ),
    "shell": (
        [{"kind": "core_shell", "name": "core", "shell": {"kind": "builtin", "name": "Agg"}}],
        (f"{NODE}core.shell.name = 'Agg'", "'Ag'"),
    ),
    "scene without material": (
        [gold(crystal={"kind": "builtin", "name": "scene"})],
        (f"{NODE}gold.crystal.name", "the scene has none"),
    ),
    "sheet": (
        [{"kind": "sheet", "name": "sheet", "material": "graphen"}],
        (f"{NODE}sheet.material", "'graphene'"),
    ),
    "molecule": ([gold(), molecules(molecule="C06")], (f"{NODE}gas.molecule = 'C06'", "C60")),
    "element": (
        [{"kind": "cluster", "name": "cluster", "element": "Xx"}],
        (f"{NODE}cluster.element = 'Xx'", "is no chemical element"),
    ),
    "element of a change": (
        [gold(changes=[{"kind": "substitute", "name": "alloy", "by": "Zz"}])],
        (f"{NODE}gold.changes.alloy.by = 'Zz'", "is no chemical element"),
    ),
    "element of a cell": (
        [cell(basis=[{"element": "Qq"}])],
        (f"{NODE}gold.crystal.basis = 'Qq'", "is no chemical element"),
    ),
    "too many particles": (
        [scattered(30)],
        (f"{NODE}gold#", "finds no room", "of 30 placed", "64 × 64 Å", "smaller"),
    ),
    "outside the box": (
        [gold(placement={"kind": "fixed", "x": 90.0})],
        (f"{NODE}gold.placement.x", "lies outside the scene", "-32 to 32 Å"),
    ),
    "a film beside the box": (
        [film(placement={"kind": "fixed", "y": 9.0})],
        (f"{NODE}film.placement.y = 9.0", "has no place in its plane"),
    ),
    "density far above saturation": (
        [film(density=0.9)],
        (f"{NODE}film.density = 0.9", "up to about 0.2", "lower the density"),
    ),
    "density above saturation": ([film(density=0.3)], (f"{NODE}film.density", "only ", "up to 0.2")),
    "plane that misses": (
        [gold(defects={"planes": [{"name": "twin", "height": 20.0}]})],
        (f"{NODE}gold.defects.planes.twin.height = 20.0", "misses the particle", "between -7.99"),
    ),
    "boundary that misses": (
        [{"kind": "bicrystal", "name": "pair", "height": 50.0}],
        (f"{NODE}pair.height = 50.0", "misses the particle"),
    ),
    "too many planes": (
        [gold(defects={"twins": 50})],
        (f"{NODE}gold.defects", "50 defect planes at least 5 Å apart do not fit", "at most 2"),
    ),
    "fault of another crystal": (
        [gold(defects={"planes": [{"name": "fault", "defect": "I1"}]})],
        (f"{NODE}gold.defects", "'I1'", "wurtzite"),
    ),
    "negative radius": (
        [gold(volume={"kind": "sphere", "radius": -3.0})],
        (f"{NODE}gold.volume.radius = -3.0", "above 0"),
    ),
    "endless radius": (
        [gold(volume={"kind": "sphere", "radius": float("nan")})],
        (f"{NODE}gold.volume.radius = nan", "not a finite number"),
    ),
    "support of another name": (
        [gold(placement={"kind": "seated", "on": "flim"}), film()],
        (f"{NODE}gold.placement.on = 'flim'", "names no other node", "'film'"),
    ),
    "support that is itself": (
        [gold(placement={"kind": "seated", "on": "gold"}), film()],
        (f"{NODE}gold.placement.on = 'gold'", "names no other node"),
    ),
    "each on the other": (
        [
            gold(placement={"kind": "seated", "on": "other"}),
            gold(name="other", placement={"kind": "seated", "on": "gold"}),
        ],
        (f"{NODE}gold.placement.on", "rests on a node that rests on it"),
    ),
    "molecules on a hole": (
        [gold(), {"kind": "void", "name": "hole"}, molecules(on="hole")],
        (f"{NODE}gas.on = 'hole'", "without atoms"),
    ),
    "too many molecules": (
        [gold(), molecules(number=5000)],
        (f"{NODE}gas.number = 5000", "more molecules are asked for than there are surface atoms"),
    ),
    "two of one name": ([gold(), gold()], ("specimen.nodes = 'gold'", "two nodes have one name")),
    "a name with a space": ([gold(name="my gold")], ("'my gold'", "is no usable name")),
    "space group 231": (
        [cell("spacegroup", group=231)],
        (f"{NODE}gold.crystal.group = 231", "1 to 230"),
    ),
    "empty basis": ([cell(basis=[])], (f"{NODE}gold.crystal.basis", "is empty")),
    "two atoms at one place": (
        [cell(basis=[{"element": "Au"}, {"element": "Au", "x": 1.0}])],
        (f"{NODE}gold.crystal.basis", "two atoms lie at one place"),
    ),
    "angles of no cell": (
        [cell(alpha=170.0, beta=10.0, gamma=10.0)],
        (f"{NODE}gold.crystal", "are the angles of no cell"),
    ),
    "file not there": (
        [{"kind": "file", "name": "mine", "path": "nothing.xyz"}],
        ("nothing.xyz", "there is no such file"),
    ),
    "crystal file not there": (
        [gold(crystal={"kind": "file", "path": "nothing.cif"})],
        ("nothing.cif", "there is no such file"),
    ),
    "file without a name": ([{"kind": "file", "name": "mine"}], (f"{NODE}mine.path", "names no file")),
    "nothing switched on": (
        [gold(count=0), film(enabled=False)],
        ("specimen.nodes: has no node that is switched on", "raise its count"),
    ),
    "another variant": ([gold(only_in=["other"])], ("has no node that is switched on in this variant",)),
    "no node": ([], ("specimen.nodes: is empty",)),
    "corners in one plane": (
        [hull(*FLAT)],
        (f"{NODE}gold.volume.corners", "all corners lie in one plane"),
    ),
    "three corners": ([hull(*FLAT[:3])], (f"{NODE}gold.volume.corners", "at least four")),
    "facets that enclose nothing": (
        [gold(volume={"kind": "facets", "facets": [{"h": 1.0, "k": 0.0, "l": 0.0, "family": False}]})],
        (f"{NODE}gold.volume.facets", "at least four planes"),
    ),
    "half a world": ([gold(volume={"kind": "half_space"})], (f"{NODE}gold.volume", "has no end")),
    "an empty compound": ([gold(volume={"kind": "compound"})], (f"{NODE}gold.volume.parts", "is empty")),
    "a volume between the atoms": (
        [gold(volume={"kind": "sphere", "radius": 0.4}, origin_a=0.25)],
        (f"{NODE}gold", "holds no atom"),
    ),
    "all inside another": (
        [gold(), {"kind": "void", "name": "hole", "volume": {"kind": "sphere", "radius": 40.0}}],
        (f"{NODE}gold.priority", "none of its atoms is left"),
    ),
    "more grains than room": (
        [{"kind": "polycrystal", "name": "many", "grains": 900, "volume": {"kind": "sphere", "radius": 8.0}}],
        (f"{NODE}many.grains", "do not fit", "fitted"),
    ),
    "surface energies nobody knows": (
        [gold(crystal={"kind": "builtin", "name": "CdSe"}, volume={"kind": "wulff"})],
        (f"{NODE}gold.volume.energies", "are not known for CdSe"),
    ),
    "no direction": (
        [gold(orientation={"kind": "zone", "u": 0.0, "v": 0.0, "w": 0.0})],
        (f"{NODE}gold.orientation", "only indices of 0"),
    ),
    "unknown kind": (
        [{"kind": "partcle", "name": "gold"}],
        (f"{NODE}gold.kind = 'partcle'", "'particle'"),
    ),
    "unknown key": ([gold(radius=3.0)], (f"{NODE}gold.radius", "unknown key")),
}
VARIED = {
    "another node": (vary(f"{NODE}silver.volume.radius"), ("silver.volume.radius", "is no setting")),
    "another setting": (vary(f"{NODE}gold.volume.side"), ("gold.volume.side", "is no setting")),
    "out of range": (
        vary(f"{NODE}gold.volume.radius", -5.0),
        (f"no value that {NODE}gold.volume.radius may have", "-5.0"),
    ),
}


@pytest.fixture
def refused(invoke, tmp_path: Path):
    """Try to write the structure of a recipe; the sentence."""

    def attempt(text: str) -> str:
        path, target = tmp_path / "scene.toml", tmp_path / "out.xyz"
        path.write_text(text, encoding="utf-8")
        done = invoke("structure", path, "-o", target)
        assert done.code == 2, done
        assert len(done.err.splitlines()) == 1 and done.out == "", done
        assert "unexpected error" not in done.err
        assert not target.exists() and sorted(tmp_path.iterdir()) == [path]
        sentence: str = done.err
        return sentence

    return attempt


def text_of(nodes: list[Table], **more: Any) -> str:
    """A recipe."""
    specimen = {"kind": "scene", "width": 64.0, "height": 64.0, "nodes": nodes}
    image = {"width": 64, "height": 64, "pixel_size": 1.0}
    return tomli_w.dumps({"name": "scene", "images": 2, "specimen": specimen, "image": image, **more})


@pytest.mark.parametrize("case", CASES)
def test_a_scene_that_cannot_be_is_refused_in_one_sentence(refused, case):
    nodes, words = CASES[case]
    sentence = refused(text_of(nodes))
    for word in words:
        assert word in sentence, sentence


@pytest.mark.parametrize("case", VARIED)
def test_what_varies_has_to_be_there(refused, case):
    law, words = VARIED[case]
    sentence = refused(text_of([gold()], vary=law))
    for word in words:
        assert word in sentence, sentence


def test_groups_in_groups_without_end(refused):
    """Written as text: the writer of TOML itself cannot nest as deeply."""
    node = '{kind="particle",name="gold"}'
    for number in range(500):
        node = f'{{kind="group",name="g{number}",nodes=[{node}]}}'
    text = text_of([]).replace("nodes = []", f"nodes = [{node}]")
    assert "nested too deeply" in refused(text)


def test_render_refuses_with_the_same_sentence(invoke, tmp_path):
    path, target = tmp_path / "scene.toml", tmp_path / "out.png"
    path.write_text(text_of([scattered(30)]), encoding="utf-8")
    done = invoke("render", path, "--index", "0", "-o", target)
    assert done.code == 2 and not target.exists()
    assert len(done.err.splitlines()) == 1 and "finds no room" in done.err
