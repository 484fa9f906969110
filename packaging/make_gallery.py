"""Make docs/prefabs.png and docs/scenes.png anew: every kind of specimen that a scene can hold.

    python packaging/make_gallery.py [FOLDER]

Every picture is made by the program itself: the noise-free Gaussian image of a recipe beside an exact
drawing of its atoms in space, and each shipped scene beside its label maps.  FOLDER is docs/ by default.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from PIL import Image, ImageDraw, ImageFont  # noqa: E402

from app.gui.structure.camera import Camera  # noqa: E402
from app.gui.structure.reference import render as drawing  # noqa: E402
from app.gui.structure.scene import Scene  # noqa: E402
from sim.core.types import AtomicSpecimen, Sample, Structure  # noqa: E402
from sim.plan.plan import Plan, collect_structures  # noqa: E402
from sim.recipe.model import Recipe  # noqa: E402
from sim.recipe.toml import RecipeText, read_recipe, shipped_recipes  # noqa: E402
from sim.render.context import RenderContext  # noqa: E402
from sim.render.render import render  # noqa: E402
from sim.render.specimen import pose_specimen  # noqa: E402

FILE = ROOT / "resources" / "structures" / "au55_garzon_relaxed.xyz"
Pixels = NDArray[np.uint8]
Table = dict[str, Any]

#: Pixels of one picture, of the words above it, and between pictures.
TILE, WORDS, GAP = 240, 34, 8
COLUMNS = 4
BACKGROUND = (30, 31, 34)
#: How the eye of the drawings is turned: about the beam, and away from it, radians.
ROLL, TILT = 0.45, 1.1
#: Colours of label values from 1 on, in turn.
COLOURS = (
    (86, 180, 233), (230, 159, 0), (0, 158, 115), (240, 228, 66), (213, 94, 0), (204, 121, 167),
    (0, 114, 178), (148, 103, 189), (140, 200, 120), (200, 200, 200),
)  # fmt: skip


@dataclass(frozen=True)
class Prefab:
    """One entry of the sheet of prefabs.

    Attributes
    ----------
    name
        As shown.
    nodes
        Of its scene.
    size
        Side of the scene, Å.
    scene
        Further settings of the scene.
    drawn
        How it is drawn in space: ``oblique``; ``aside``, from y; ``above``, along the beam; ``cut``, without
        the half that is nearer to the eye.
    """

    name: str
    nodes: Sequence[Table]
    size: float = 48.0
    scene: Table = field(default_factory=dict)
    drawn: str = "oblique"


def builtin(name: str) -> Table:
    """A crystal that comes with the program."""
    return {"kind": "builtin", "name": name}


def zone(u: float, v: float, w: float, in_plane: float = 0.0) -> Table:
    """A direction along the beam."""
    return {"kind": "zone", "u": u, "v": v, "w": w, "in_plane": in_plane}


def particle(volume: Table, crystal: str = "Au", turn: Table | None = None, **more: Any) -> Table:
    """A piece of crystal."""
    node = {"kind": "particle", "name": "particle", "crystal": builtin(crystal), "volume": volume}
    return {**node, "orientation": turn or {"kind": "none"}, **more}


def cluster(motif: str, shells: int, turn: Table | None = None, **more: Any) -> Table:
    """A cluster of complete shells."""
    node = {"kind": "cluster", "name": "cluster", "motif": motif, "shells": shells}
    return {**node, "orientation": turn or {"kind": "none"}, **more}


def faulted(kind: str, crystal: str, count: int = 1, **volume: Any) -> Table:
    """A crystal with planar faults, seen along the planes."""
    cubic = crystal in ("Au", "Cu")
    plane = {"h": 1.0, "k": -1.0, "l": 1.0} if cubic else {"h": 0.0, "k": 0.0, "l": 1.0}
    turn = zone(1.0, 1.0, 0.0, 170.26) if cubic else zone(1.0, 0.0, 0.0, -90.0)
    heights = {1: (0.0,), 2: (-6.0, 6.0)}[count]
    planes = [
        {"name": f"plane{number}", "defect": kind, "height": height} for number, height in enumerate(heights)
    ]
    return particle(
        volume or {"kind": "sphere", "radius": 17.0}, crystal, turn, defects={**plane, "planes": planes}
    )


def changed(*changes: Table, volume: Table | None = None, turn: Table | None = None) -> Table:
    """A crystal after changes."""
    return particle(volume or {"kind": "sphere", "radius": 16.0}, "Au", turn, changes=list(changes))


def film(material: str = "carbon", thickness: float = 10.0) -> Table:
    """An amorphous film."""
    return {"kind": "amorphous", "name": "film", "material": material, "thickness": thickness}


def sheet(material: str, **more: Any) -> Table:
    """Layers of a two-dimensional material."""
    return {"kind": "sheet", "name": "sheet", "material": material, **more}


def resting(node: Table, x: float = 0.0, y: float = 0.0, depth: float = 0.0) -> Table:
    """A node on whatever lies below."""
    return {**node, "placement": {"kind": "seated", "x": x, "y": y, "depth": depth}}


BALL: Table = {"kind": "sphere", "radius": 16.0}
BLOCK: Table = {"kind": "box", "size_x": 30.0, "size_y": 30.0, "size_z": 30.0}


def compound(operation: str, first: Table, second: Table, shift: float = 0.0) -> Table:
    """Two volumes put together."""
    apart = 0.5 * shift
    parts = [
        {"name": "one", "volume": first, "x": -apart},
        {"name": "two", "volume": second, "x": apart},
    ]
    return {"kind": "compound", "operation": operation, "parts": parts}


def volumes() -> Iterator[Prefab]:
    """Crystals in every kind of volume."""
    yield Prefab("sphere, CdSe [100]", [particle(BALL, "CdSe", zone(1, 0, 0))])
    ellipsoid = {"kind": "ellipsoid", "semi_x": 20.0, "semi_y": 12.0, "semi_z": 8.0}
    yield Prefab("ellipsoid", [particle(ellipsoid)])
    box = {"kind": "box", "size_x": 36.0, "size_y": 24.0, "size_z": 16.0}
    yield Prefab("box, Si", [particle(box, "Si")])
    yield Prefab("cylinder", [particle({"kind": "cylinder", "radius": 14.0, "height": 30.0})])
    yield Prefab("cone", [particle({"kind": "cone", "radius": 18.0, "top_radius": 4.0, "height": 28.0})])
    capsule = particle({"kind": "capsule", "radius": 9.0, "height": 22.0}, "Au", zone(1, 0, 0))
    yield Prefab("capsule, lying", [capsule])
    yield Prefab("half-space in a box", [particle(compound("intersection", BLOCK, {
        "kind": "half_space", "normal_x": 0.6, "normal_z": 0.8}))])  # fmt: skip
    yield Prefab("hull of points", [particle({"kind": "hull"}, "Au")])
    yield Prefab("facets {111} {100}", [particle({"kind": "facets"}, "Au", zone(1, 1, 0, 45.0))])
    yield Prefab("Wulff, Pt [110]", [particle({"kind": "wulff", "radius": 16.0}, "Pt", zone(1, 1, 0, 45.0))])
    supported = {"kind": "wulff", "radius": 17.0, "supported": True, "interface_energy": -0.4}
    down = {"kind": "plane", "downwards": True}
    yield Prefab(
        "Winterbottom on carbon",
        [resting(particle(supported, "Au", down)), film(thickness=8.0)],
        drawn="aside",
    )
    ball = {"kind": "sphere", "radius": 11.0}
    yield Prefab("union", [particle(compound("union", ball, ball, 14.0))])
    yield Prefab("intersection", [particle(compound("intersection", BALL, BALL, 14.0))])
    hole = {"kind": "cylinder", "radius": 7.0, "height": 60.0}
    yield Prefab("difference", [particle(compound("difference", BLOCK, hole))])


def particles() -> Iterator[Prefab]:
    """Clusters and particles of several crystals or grains."""
    yield Prefab("Mackay icosahedron, 561", [cluster("icosahedron", 6)], 34.0)
    yield Prefab("cuboctahedron, 561", [cluster("cuboctahedron", 6)], 34.0)
    yield Prefab("Ino decahedron", [cluster("ino_decahedron", 4, facet=4)], 34.0)
    yield Prefab("Marks decahedron", [cluster("marks_decahedron", 4, facet=3, notch=1)], 34.0)
    yield Prefab("octahedron, truncated", [cluster("octahedron", 9, notch=3)], 34.0)
    five = {"kind": "multi_twin", "name": "twin", "crystal": builtin("Au"), "volume": BALL}
    yield Prefab("five-fold twin, sphere", [five])
    yield Prefab("twenty-fold twin, sphere", [{**five, "fold": "twenty"}])
    core = {"kind": "core_shell", "name": "core", "crystal": builtin("Au"), "shell": builtin("Ag")}
    yield Prefab("core-shell, Au in Ag", [{**core, "volume": {"kind": "sphere", "radius": 11.0},
                                           "thickness": 6.0}], drawn="cut")  # fmt: skip
    alloy = {"kind": "substitute", "name": "alloy", "element": "Au", "by": "Cu", "share": 0.5}
    yield Prefab("alloy, half Cu in Au", [changed(alloy)])
    pair = {"kind": "bicrystal", "name": "grains", "crystal": builtin("Au"), "volume": BALL}
    yield Prefab("bicrystal, tilt 36.87° [001]", [pair], 38.0, drawn="above")
    yield Prefab("bicrystal, twist 36.87° (001)", [{**pair, "boundary": "twist", "h": 0.0, "l": 1.0}], 38.0)
    many = {**pair, "kind": "polycrystal", "grains": 5, "volume": {"kind": "sphere", "radius": 19.0}}
    yield Prefab("polycrystal, 5 grains", [many])


def faults() -> Iterator[Prefab]:
    """Planar defects, edge on."""
    yield Prefab("twins, Au [110]", [faulted("twin", "Au", 2)], 38.0, drawn="above")
    yield Prefab("intrinsic fault, Au [110]", [faulted("intrinsic", "Au")], 38.0, drawn="above")
    yield Prefab("extrinsic fault, Au [110]", [faulted("extrinsic", "Au")], 38.0, drawn="above")
    for kind in ("I1", "I2", "E"):
        yield Prefab(f"{kind} fault, CdSe [100]", [faulted(kind, "CdSe")], 38.0, drawn="above")


def surroundings() -> Iterator[Prefab]:
    """Supports, molecules, pores, files and groups."""
    yield Prefab("amorphous film, carbon", [film(thickness=20.0)], 40.0)
    grains = {"kind": "amorphous", "name": "silica", "material": "silica", "film": False}
    yield Prefab("amorphous sphere, silica", [{**grains, "volume": BALL, "role": "particle"}])
    yield Prefab(
        "graphene, two layers, 5°",
        [sheet("graphene", layers=2, stacking="AA", twist=5.0)],
        60.0,
        drawn="above",
    )
    yield Prefab("MoS2, rippled", [sheet("MoS2", ripple=3.0, ripple_wavelength=30.0)], 60.0)
    molecules = {"kind": "molecules", "name": "CO", "molecule": "CO", "on": "particle", "number": 40}
    yield Prefab("CO on a particle", [particle({"kind": "sphere", "radius": 12.0}), molecules])
    alone = {"kind": "molecules", "name": "C60", "molecule": "C60"}
    yield Prefab("molecule, C60", [alone], 14.0)
    pore = {"kind": "void", "name": "pore", "volume": {"kind": "cylinder", "radius": 10.0, "height": 90.0}}
    yield Prefab("void in a film", [film(thickness=20.0), pore], drawn="above")
    yield Prefab("file", [{"kind": "file", "name": "file", "path": str(FILE)}], 24.0)
    ball = {"kind": "sphere", "radius": 8.0}
    two = [
        {**particle(ball), "placement": {"kind": "fixed", "x": -9.0}},
        {**particle(ball, "Ag"), "name": "other", "placement": {"kind": "fixed", "x": 9.0}},
    ]
    turned = {"kind": "axis", "axis_y": 1.0, "axis_z": 0.0, "angle": 30.0}
    yield Prefab("group of two, turned", [{"kind": "group", "name": "group", "nodes": two,
                                           "orientation": turned}])  # fmt: skip


def altered() -> Iterator[Prefab]:
    """Changes of atoms and lattices."""
    grow = {"kind": "strain_gradient", "name": "grow", "along": "x", "across": "x", "per_nanometre": 0.06}
    yield Prefab("strain gradient", [changed(grow, volume=BLOCK)])
    bar = {"kind": "box", "size_x": 60.0, "size_y": 16.0, "size_z": 12.0}
    bend = {"kind": "bend", "name": "bend", "along": "x", "radius": 60.0}
    side = {"kind": "axis", "axis_x": 1.0, "axis_z": 0.0, "angle": 90.0}
    yield Prefab("bend, seen from the side", [changed(bend, volume=bar, turn=side)], 72.0)
    relax = {"kind": "surface_relaxation", "name": "relax", "strain": -0.1}
    yield Prefab("surface relaxation, 10 % shorter", [changed(relax)])
    shear = {"kind": "strain", "name": "shear", "xy": 0.15}
    yield Prefab("shear strain, 15 %", [changed(shear, volume=BLOCK)])
    yield Prefab("vacancies, 30 %", [changed({"kind": "vacancies", "name": "holes", "share": 0.3})])
    yield Prefab("displaced, B factor 3", [changed({"kind": "displace", "name": "heat", "b_factor": 3.0})])
    turn = {"kind": "rotate", "name": "turn", "moves": "atoms", "angle": 30.0}
    yield Prefab("lattice turned in its box", [changed(turn, volume=BLOCK)])
    mirror = {"kind": "reflect", "name": "mirror", "normal_z": 1.0, "normal_x": 0.0}
    yield Prefab("cone reflected", [changed(mirror, volume={"kind": "cone", "radius": 16.0, "height": 26.0})])


def all_prefabs() -> list[Prefab]:
    """Every entry of the sheet."""
    groups = (volumes, particles, faults, surroundings, altered)
    return [prefab for group in groups for prefab in group()]


def recipe_of(prefab: Prefab) -> Recipe:
    """The recipe of an entry: one noise-free image that is just as large as the scene."""
    specimen = {"kind": "scene", "width": prefab.size, "height": prefab.size, **prefab.scene}
    nodes = [dict(node) for node in prefab.nodes]
    side = max(float(specimen["width"]), float(specimen["height"]))
    tree = {
        "name": "gallery",
        "images": 1,
        "specimen": {**specimen, "nodes": nodes},
        "image": {"width": TILE, "height": TILE, "pixel_size": side / TILE},
        "imaging": {"sigma": 0.5, "mode": "z_power", "alpha": 1.5},
        "noise": {"preset": "none"},
        "labels": {"atoms": False, "columns": False},
    }
    return RecipeText(tree, ROOT, prefab.name).recipe()


def sample_of(recipe: Recipe, index: int = 0) -> tuple[Sample, AtomicSpecimen]:
    """One image of a recipe, and its atoms under the beam."""
    plan = Plan(recipe, collect_structures(recipe))
    context = RenderContext(structures=plan.catalogue)
    return render(plan[index], context), pose_specimen(plan[index], context)[0]


def grey(values: NDArray[Any], high: float | None = None) -> Pixels:
    """Values as greys: black at the smallest, white at the largest or at ``high``."""
    numbers = np.asarray(values, dtype=np.float64)
    low = float(numbers.min())
    top = float(np.quantile(numbers, 0.9995)) if high is None else high
    scaled = np.clip((numbers - low) / max(top - low, 1e-12), 0.0, 1.0)
    return np.repeat(np.rint(255.0 * scaled).astype(np.uint8)[:, :, np.newaxis], 3, axis=2)


def coloured(values: NDArray[Any]) -> Pixels:
    """Whole numbers as colours, 0 black."""
    table = np.array([(0, 0, 0), *COLOURS], dtype=np.uint8)
    numbers = values.astype(np.int64)
    chosen: Pixels = table[np.where(numbers > 0, 1 + (numbers - 1) % len(COLOURS), 0)]
    return chosen


def in_space(specimen: AtomicSpecimen, drawn: str = "oblique") -> Pixels:
    """An exact drawing of atoms as spheres; where there are grains or sides of planes, in their colours."""
    scene = Scene.of(Structure(specimen.numbers, specimen.positions))
    parts = [specimen.parts[name] for name in ("grain", "side") if name in specimen.parts]
    of_particle = [item.role == "particle" for item in specimen.objects]
    if parts and any(of_particle):
        domain = np.where(np.array([False, *of_particle])[specimen.parts["object"]], parts[0] + parts[1], 0)
        if drawn != "cut" and domain.max():
            several = np.isin(specimen.parts["object"], specimen.parts["object"][domain > 0])
            table = np.array(COLOURS, dtype=np.uint8)
            colours = np.where(several[:, np.newaxis], table[domain % len(COLOURS)], scene.colours)
            scene = replace(scene, colours=colours)
    camera = Camera.along("-y" if drawn == "aside" else "+z", scene.centre)
    if drawn in ("oblique", "cut"):
        camera = camera.orbit(0.0, 0.0, ROLL).orbit(0.0, -TILT)
    if drawn == "cut":
        behind = camera.to_view(scene.positions)[:, 2] < 0.0
        scene = Scene.of(Structure(specimen.numbers[behind], specimen.positions[behind]))
    return drawing(scene, camera.fit(scene, 1.0), TILE, TILE, background=BACKGROUND).rgb


def labelled(name: str, pictures: Sequence[Pixels], words: Sequence[str] = ()) -> Image.Image:
    """Pictures side by side under a name, each with words of its own where there are some."""
    width = len(pictures) * TILE + (len(pictures) - 1) * GAP
    tile = Image.new("RGB", (width, TILE + WORDS), "white")
    draw = ImageDraw.Draw(tile)
    draw.text((0, 0), name, fill="black", font=ImageFont.load_default(15))
    for number, picture in enumerate(pictures):
        left = number * (TILE + GAP)
        tile.paste(Image.fromarray(picture).resize((TILE, TILE), Image.Resampling.BICUBIC), (left, WORDS))
        if words:
            draw.text((left, 18), words[number], fill="#555555", font=ImageFont.load_default(12))
    return tile


def stacked(tiles: Sequence[Image.Image], columns: int) -> Image.Image:
    """Tiles in rows, filled up with white."""
    width, height = max(tile.width for tile in tiles), max(tile.height for tile in tiles)
    rows = -(-len(tiles) // columns)
    margin = 2 * GAP
    sheet_of_all = Image.new(
        "RGB", (columns * (width + margin) + margin, rows * (height + margin) + margin), "white"
    )
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        sheet_of_all.paste(tile, (margin + column * (width + margin), margin + row * (height + margin)))
    return sheet_of_all


def prefabs() -> Image.Image:
    """The sheet of prefabs."""
    tiles = []
    for prefab in all_prefabs():
        print(prefab.name)
        sample, specimen = sample_of(recipe_of(prefab))
        name = f"{prefab.name}: {len(specimen):,} atoms"
        tiles.append(labelled(name, [grey(sample.clean), in_space(specimen, prefab.drawn)]))
    return stacked(tiles, COLUMNS)


def scenes() -> Image.Image:
    """The sheet of shipped scenes: image, drawing of the atoms, and every label map."""
    tiles = []
    for name in sorted(name for name in shipped_recipes() if name.startswith("scene_")):
        recipe = read_recipe(name).recipe()
        sample, specimen = sample_of(recipe)
        pictures, words = [grey(sample.image), in_space(specimen)], ["image 0", f"{len(specimen):,} atoms"]
        for label, values in sample.labels.items():
            picture = grey(values) if values.dtype.kind == "f" else coloured(values)
            words.append(f"{label}, up to {values.max():.0f}")
            pictures.append(picture)
        tiles.append(labelled(name, pictures, words))
    return stacked(tiles, 1)


def main() -> int:
    """Make the sheets; the exit code."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    for make in (prefabs, scenes):
        path = folder / f"{make.__name__}.png"
        make().quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
