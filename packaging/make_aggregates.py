"""Make docs/aggregates.png and docs/descriptors.png anew: hetero-aggregates and what their descriptors do.

    python packaging/make_aggregates.py [FOLDER] [--images | --charts]

The first shows the aggregates of the window's menu with their label maps, a tilt series, and one aggregate
imaged in several ways; the second shows descriptors of many aggregates against the parameters of the model,
whose numbers are printed as tables.  Some minutes on one core.  FOLDER is docs/ by default.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from sim.core.threads import one_thread_each  # noqa: E402

one_thread_each()

import numpy as np  # noqa: E402
from descriptor_laws import measured, sheet  # noqa: E402
from make_gallery import BACKGROUND, TILE, Pixels, coloured, grey, labelled, stacked  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from PIL import Image, ImageDraw, ImageFont  # noqa: E402

from app.gui.frame.aggregates import AGGREGATES, Aggregate  # noqa: E402
from app.gui.preview.label_values import LABEL_VALUES  # noqa: E402
from app.gui.structure.camera import Camera  # noqa: E402
from app.gui.structure.particles import scene_of  # noqa: E402
from app.gui.structure.reference import render as drawing  # noqa: E402
from app.gui.structure.scene import Scene  # noqa: E402
from sim.core.types import AtomicSpecimen, Particles, ParticleSpecimen, Sample, Structure  # noqa: E402
from sim.dataset.sheet_drawing import TEXT_SIZE, scale_bar, text_width, write  # noqa: E402
from sim.imaging.thickness.probe import width  # noqa: E402
from sim.plan.plan import Plan, collect_structures  # noqa: E402
from sim.recipe.model import Job, Recipe  # noqa: E402
from sim.recipe.toml import RecipeText, read_recipe, set_path  # noqa: E402
from sim.render.context import RenderContext  # noqa: E402
from sim.render.render import render  # noqa: E402
from sim.render.specimen import pose_specimen  # noqa: E402
from sim.specimen.settings import EulerPose  # noqa: E402

Table = dict[str, Any]

SEED = 20
#: Height of a line below a row of pictures.
LINE = 20
#: Room around an aggregate in its image, as a share of its extent.
RIM = 0.05
#: Room around an atom, Å.
ATOM = 2.0
#: Grey of particles below the marks of contacts.
DIMMED = (70, 72, 78)
#: Images of the tilt series that are shown, and their angles, degrees.
TILTS = {2: -60, 8: -30, 14: 0, 20: 30, 26: 60}
#: Semiangle that shows how deep the focus is, mrad.
DEEP_CONVERGENCE = 40.0
#: Maps of the aggregates of the menu.
MAPS = ("particle_mask", "semantic_map", "instance_map", "contact_map", "material_maps")


# --- recipes -----------------------------------------------------------------------------------


def recipe_of(values: Mapping[str, Any]) -> Recipe:
    """One image of an aggregate; ``values`` by their paths."""
    tree: Table = {
        "name": "aggregates",
        "seed": SEED,
        "images": 1,
        "specimen": {"kind": "aggregate"},
        "pose": {"kind": "euler"},
        "image": {"width": TILE, "height": TILE},
        "imaging": {"model": "mass_thickness", "constants": "lookup", "probe": 4.0},
        "noise": {
            "preset": "mixed_medium",
            "background": {"thickness": 0.0},
            "exposure": {"source": "beam_current", "beam_current": 100.0},
        },
    }
    for path, value in values.items():
        tree = set_path(tree, path, value)
    return RecipeText(tree, ROOT, "aggregates").recipe()


def made(recipe: Recipe, index: int = 0) -> tuple[Job, Sample, Any]:
    """One image, and its specimen under the beam."""
    plan = Plan(recipe, collect_structures(recipe))
    context = RenderContext(structures=plan.catalogue)
    job = plan[index]
    return job, render(job, context), pose_specimen(job, context)[0]


def fitting(values: Mapping[str, Any]) -> Table:
    """Pixel size and shift, Å, with which an aggregate fills its image, by their paths."""
    recipe = recipe_of(values)
    plan = Plan(recipe, collect_structures(recipe))
    specimen = pose_specimen(plan[0], RenderContext(structures=plan.catalogue))[0]
    if isinstance(specimen, AtomicSpecimen):
        places, reach = specimen.positions[:, :2], np.full((len(specimen), 1), ATOM)
    else:
        places, reach = specimen.centres[:, :2], specimen.radii[:, np.newaxis]
    low, high = (places - reach).min(axis=0), (places + reach).max(axis=0)
    extent = float((high - low).max()) * (1.0 + 2.0 * RIM)
    x, y = (-0.5 * (low + high)).tolist()
    return {"image.pixel_size": round(extent / TILE, 3), "pose.shift_x": x, "pose.shift_y": y}


# --- pictures ----------------------------------------------------------------------------------


def spheres(specimen: ParticleSpecimen, field: float) -> Pixels:
    """Particles in the colours of their materials, seen along the beam in a field of so many Å."""
    bare = Particles(specimen.centres, specimen.radii, specimen.species, specimen.contacts)
    camera = Camera.along("+z", np.zeros(3), field)
    return drawing(scene_of(bare), camera, TILE, TILE, background=BACKGROUND).rgb


def bright(values: NDArray[Any]) -> Pixels:
    """A dark-field image; the few thickest places are white, so that the light material is seen too."""
    return grey(values, float(np.quantile(values, 0.995)))


def named(values: NDArray[Any], label: str) -> Pixels:
    """A label image in the colours that the window gives its values."""
    table = np.array([(0, 0, 0), *(colour for _, colour in LABEL_VALUES[label])], dtype=np.uint8)
    chosen: Pixels = table[values]
    return chosen


def marked_contacts(sample: Sample) -> Pixels:
    """The contact map before the dimmed particles."""
    contacts = named(sample.labels["contact_map"], "contact_map")
    below = np.where(sample.labels["particle_mask"][..., np.newaxis] > 0, DIMMED, (0, 0, 0))
    return np.where(sample.labels["contact_map"][..., np.newaxis] > 0, contacts, below).astype(np.uint8)


def with_bar(picture: Pixels, pixel_size: float) -> Pixels:
    """An image with a scale bar; ``pixel_size`` in Å of a pixel of the picture."""
    image = Image.fromarray(picture).resize((TILE, TILE), Image.Resampling.BICUBIC)
    per_pixel = pixel_size * picture.shape[1] / TILE
    font = ImageFont.load_default(TEXT_SIZE)
    scale_bar(ImageDraw.Draw(image), font, (10, TILE - 12), TILE, per_pixel)
    return np.asarray(image)


def captioned(row: Image.Image, lines: Sequence[str]) -> Image.Image:
    """A row of pictures with lines of words below."""
    font = ImageFont.load_default(13)
    width = max(row.width, *(int(text_width(line, font)) + 1 for line in lines))
    whole = Image.new("RGB", (width, row.height + 4 + LINE * len(lines)), "white")
    whole.paste(row, (0, 0))
    pen = ImageDraw.Draw(whole)
    for number, line in enumerate(lines):
        write(pen, (0.0, row.height + 4.0 + LINE * number), line, font)
    return whole


# --- rows --------------------------------------------------------------------------------------


def preset(aggregate: Aggregate) -> Image.Image:
    """One of the window's aggregates with its maps and numbers."""
    values = aggregate.values() | {f"labels.{name}": True for name in MAPS}
    job, sample, specimen = made(recipe_of(values | fitting(values)))
    pixel_size = job.image.pixel_size
    pictures = [
        spheres(specimen, TILE * pixel_size),
        with_bar(bright(sample.image), pixel_size),
        named(sample.labels["semantic_map"], "semantic_map"),
        coloured(sample.labels["instance_map"]),
        marked_contacts(sample),
        grey(sample.labels["thickness_first"]),
        grey(sample.labels["thickness_second"]),
    ]
    thick = [sample.labels[f"thickness_{name}"].max() / 10.0 for name in ("first", "second")]
    words = [
        "TiO2 blue, WO3 orange, from the source",
        "dark field with noise",
        "semantic map: both materials green",
        "instance map",
        "contacts: unlike red, like yellow",
        f"thickness of TiO2, up to {thick[0]:.1f} nm",
        f"thickness of WO3, up to {thick[1]:.1f} nm",
    ]
    row = labelled(f"{aggregate.title}: {aggregate.caption}", pictures, words)
    return captioned(row, [numbers(sample.truth)])


def numbers(truth: Mapping[str, Any]) -> str:
    """What the truth says of an aggregate, in one line."""
    return (
        f"{truth['particles']} particles, {truth['contacts']} contacts, {truth['hetero_contacts']} of them "
        f"unlike;  mean coordination {truth['coordination_mean']:.2f};  "
        f"hetero-coordination of TiO2 {truth['hetero_coordination_first']:.2f}, "
        f"of WO3 {truth['hetero_coordination_second']:.2f};  "
        f"hetero fraction {truth['hetero_fraction']:.2f};  "
        f"radius of gyration {truth['gyration_radius'] / 10.0:.1f} nm of "
        f"{truth['gyration_target'] / 10.0:.1f} nm wanted ({100.0 * truth['gyration_ratio'] - 100.0:+.2f} %)"
    )


def tilt_series() -> Image.Image:
    """Images of the shipped tilt series, between drawings of the particles at both ends."""
    recipe = read_recipe("aggregates_tilt_series").recipe()
    pictures, words = [], []
    ends: list[Pixels] = []
    for index, angle in TILTS.items():
        job, sample, specimen = made(recipe, index)
        assert isinstance(job.pose, EulerPose) and round(job.pose.Phi) == angle
        pictures.append(with_bar(grey(sample.image), job.image.pixel_size))
        words.append(f"{angle}°")
        ends.append(spheres(specimen, float(sample.image.shape[0] * job.image.pixel_size)))
    pictures = [ends[0], *pictures, ends[-1]]
    words = ["-60°, the particles", *words, "60°, the particles"]
    title = "Tilt series, recipe aggregates_tilt_series: particles on holey carbon, about the horizontal axis"
    return captioned(labelled(title, pictures, words), [numbers(sample.truth)])


def variants() -> Image.Image:
    """One aggregate imaged in several ways, and a small one of atoms."""
    values = AGGREGATES[0].values()
    values |= fitting(values)
    size = values["image.pixel_size"]
    near = {"image.pixel_size": 0.45 * size, "imaging.convergence": DEEP_CONVERGENCE}
    film = {"material": "C", "thickness": 150.0, "holes": "hexagonal"}
    film |= {"hole_radius": 32.0 * size, "hole_spacing": 80.0 * size}
    on_film = {f"specimen.film.{name}": value for name, value in film.items()} | {"pose.Phi": 30.0}
    ways: list[tuple[str, Table]] = [
        ("bright field, 10 mrad", {"imaging.signal": "bf", "noise": {"preset": "poisson_medium"}}),
        (f"{DEEP_CONVERGENCE:g} mrad, focus at the middle", near),
        (f"{DEEP_CONVERGENCE:g} mrad, focus 50 nm deeper", {**near, "imaging.defocus": 500.0}),
        (f"{DEEP_CONVERGENCE:g} mrad, focus 50 nm higher", {**near, "imaging.defocus": -500.0}),
        ("on holey carbon, tilted by 30°", on_film),
    ]
    pictures, words = [], []
    for word, more in ways:
        job, sample, _ = made(recipe_of({**values, **more}))
        picture = grey(sample.image) if "bright field" in word else bright(sample.image)
        pictures.append(with_bar(picture, job.image.pixel_size))
        words.append(word)
    for word, picture in of_atoms():
        pictures.append(picture)
        words.append(word)
    blur = width(0.0, DEEP_CONVERGENCE, 100.0) / 10.0
    below = (
        f"At {DEEP_CONVERGENCE:g} mrad the probe's standard deviation grows by {blur:g} nm for every 10 nm "
        "from the focus.  Bright field with counted electrons only."
    )
    row = labelled("The well-mixed aggregate in other ways, and one of atoms", pictures, words)
    return captioned(row, [below])


def of_atoms() -> list[tuple[str, Pixels]]:
    """A small aggregate of atoms: drawn, and imaged by the fast model of the atoms' columns."""
    values: Table = {
        "specimen.kind": "aggregate_atoms",
        "specimen.number": 7,
        "specimen.first.median_radius": 11.0,
        "specimen.second.median_radius": 11.0,
        "specimen.contacts": "rolled",
        "imaging": {"model": "probe"},
        "noise": {"preset": "poisson_medium"},
        "labels.atoms": False,
        "labels.columns": False,
    }
    job, sample, specimen = made(recipe_of(values | fitting(values)))
    pixel_size = job.image.pixel_size
    scene = Scene.of(Structure(specimen.numbers, specimen.positions))
    camera = Camera.along("+z", np.zeros(3), TILE * pixel_size)
    return [
        (f"{len(specimen):,} atoms, from the source", drawing(scene, camera, TILE, TILE, BACKGROUND).rgb),
        ("their dark-field image, model probe", with_bar(grey(sample.image), pixel_size)),
    ]


def aggregates() -> Image.Image:
    """The sheet of aggregates."""
    rows = []
    for aggregate in AGGREGATES:
        print(aggregate.title, flush=True)
        rows.append(preset(aggregate))
    print("tilt series", flush=True)
    rows.append(tilt_series())
    print("other ways", flush=True)
    rows.append(variants())
    return stacked(rows, 1)


def main() -> int:
    """Make the sheets; the exit code."""
    wanted = sys.argv[1:]
    places = [word for word in wanted if not word.startswith("--")]
    folder = Path(places[0]) if places else ROOT / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    made_of: dict[str, Any] = {}
    if "--charts" not in wanted:
        made_of["aggregates"] = aggregates
    if "--images" not in wanted:
        made_of["descriptors"] = lambda: sheet(measured())
    for name, make in made_of.items():
        path = folder / f"{name}.png"
        make().quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
