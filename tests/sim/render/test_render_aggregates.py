"""Aggregates through render: every setting shows, labels agree with each other and with the tables, truth."""

from __future__ import annotations

from functools import cache as once
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, binary_erosion

from sim.core.errors import InputError
from sim.core.settings import Leaf, Quantity, model_fields, validate
from sim.labels.settings import applies
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Job, Recipe
from sim.recipe.toml import set_path
from sim.render.cache import Stage, StageCache
from sim.render.context import RenderContext
from sim.render.render import render

PIXEL = 8.0
EVERY_LABEL = {
    "particle_mask": True,
    "visible_mask": True,
    "visible_fraction": 0.2,
    "instance_map": True,
    "overlap_map": True,
    "thickness_map": True,
    "particles": True,
    "semantic_map": True,
    "contact_map": True,
    "material_maps": True,
}
SCAN = {"shear": 0.1, "drift_x": 9.0, "scale": -0.09}
FILM = {"material": "C", "thickness": 60.0}
HOLES = {**FILM, "holes": "square", "hole_radius": 70.0, "hole_spacing": 200.0}

#: Recipes to start from: what they have beside the common part.
BASES: dict[str, dict[str, Any]] = {
    "tree": {"specimen": {"film": FILM}},
    "rolled": {
        "specimen": {"contacts": "rolled", "overlap": 0.05, "film": HOLES},
        "imaging": {"constants": "lookup", "vacuum_level": 0.002},
        "noise": {"scan": SCAN},
    },
    "bright": {"imaging": {"signal": "bf", "collection": 30.0}, "labels": {"visible_mask": False}},
    "given": {"specimen": {"film": FILM}, "imaging": {"constants": "given"}},
}


def merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Groups of both, the second's values where both have one."""
    found = dict(first)
    for name, value in second.items():
        found[name] = merged(first[name], value) if isinstance(value, dict) and name in first else value
    return found


def recipe_of(**more: Any) -> dict[str, Any]:
    common = {
        "name": "aggregates",
        "seed": 3,
        "images": 1,
        "specimen": {
            "kind": "aggregate",
            "number": 9,
            "trials": 2,
            "first": {"material": "TiO2", "median_radius": 30.0},
            "second": {"material": "WO3", "median_radius": 36.0},
        },
        "pose": {"kind": "euler", "phi1": 20.0, "Phi": 30.0, "phi2": -40.0, "shift_x": 20.0, "shift_y": 33.0},
        "image": {"width": 66, "height": 62, "pixel_size": PIXEL},
        "imaging": {"model": "mass_thickness", "probe": 9.0, "convergence": 20.0, "defocus": 300.0},
        "noise": {"preset": "poisson_medium"},
        "labels": EVERY_LABEL,
    }
    return merged(common, more)


def job_of(**more: Any) -> Job:
    recipe = validate(Recipe, recipe_of(**more))
    return Plan(recipe, collect_structures(recipe))[0]


def made(job: Job, cache: Any = None) -> Any:
    return render(job, RenderContext({}, cache=cache))


def differences(one: Any, other: Any) -> list[str]:
    """Names of arrays and scalars that two samples do not share to the bit."""
    first, second = (
        {record.name: record for record in sample.records()} | dict(sample.truth) for sample in (one, other)
    )
    return [name for name in {**first, **second} if first.get(name) != second.get(name)]


def arrays(sample: Any) -> dict[str, str]:
    return {record.name: record.sha256 for record in sample.records()}


@once
def sample_of(base: str) -> Any:
    return made(job_of(**BASES[base]))


# --- every setting --------------------------------------------------------------------------------

#: Where a setting shows; all others in the first recipe.
WHERE = {
    "specimen.coordination": "rolled",
    "specimen.film.holes": "rolled",
    "specimen.film.hole_radius": "rolled",
    "specimen.film.hole_spacing": "rolled",
    "imaging.phase": "rolled",
    "imaging.collection": "bright",
    "imaging.given_first": "given",
    "imaging.given_second": "given",
    "imaging.given_film": "given",
}
#: Values that are not one step further.
OTHERS: dict[str, Any] = {
    "specimen.first.material": "Au",
    "specimen.second.material": "Au",
    "specimen.film.material": "SiO2",
    "specimen.film.hole_radius": 80.0,
    "image.width": 68,
    "image.height": 57,
}
#: Decides which settings there are.
KINDS = {"specimen.kind", "imaging.model", "pose.kind"}
#: Beside the settings.
SEEDS = {"orientation_seed": 8, "noise_seed": 9}
#: What moves or covers the image: other stages lie before the particles' own.
AROUND = {
    "noise.scan.shear": 0.03,
    "noise.scan.drift_x": 2.0,
    "noise.background.thickness": 4.0,
    "noise.exposure.dose": 2e4,
}


def leaves() -> list[Leaf]:
    """Settings that an aggregate, its pose, its image and its labels have."""
    found = []
    for leaf in model_fields(Job):
        section, _, rest = leaf.path.partition(".")
        kinds = leaf.only_if.partition(" = ")[2].split(" or ")
        own = {
            "specimen": "aggregate" in kinds,
            "imaging": not leaf.only_if or "mass_thickness" in kinds,
            "pose": not leaf.only_if or "euler" in kinds,
            "image": True,
            "labels": applies(rest, "particles"),
        }
        if own.get(section, False) and leaf.path not in KINDS:
            found.append(leaf)
    return found


def other_value(leaf: Leaf, here: Any) -> Any:
    if leaf.path in OTHERS:
        return OTHERS[leaf.path]
    if isinstance(here, bool):
        return not here
    if leaf.choices:
        return next(word for word in leaf.choices if word != here)
    quantity = leaf.description
    assert isinstance(quantity, Quantity), leaf.path
    if leaf.path.endswith(".density"):
        return 5.5
    step = int(quantity.step) if isinstance(here, int) else 5.0 * quantity.step
    return here + step if here + step <= quantity.high else here - step


def cases() -> list[tuple[str, str, Any]]:
    listed = [(WHERE.get(leaf.path, "tree"), leaf.path, leaf) for leaf in leaves()]
    listed += [("tree", path, value) for path, value in SEEDS.items()]
    return listed + [("rolled", path, value) for path, value in AROUND.items()]


@once
def tree_of(base: str) -> dict[str, Any]:
    return dict(job_of(**BASES[base]).canonical)


def str_or_nothing(part: Any) -> str:
    return part if isinstance(part, str) else ""


@pytest.fixture(scope="module")
def warm() -> StageCache:
    """A cache that has seen all jobs that are started from."""
    kept = StageCache()
    for base in BASES:
        for _ in range(2):
            assert differences(made(validate(Job, tree_of(base)), kept), sample_of(base)) == []
    return kept


@pytest.mark.parametrize(("base", "path", "value"), cases(), ids=str_or_nothing)
def test_every_setting_changes_the_sample_and_its_keys(base, path, value, warm):
    """Another value gives other arrays (not only another parameter in the truth), cached or not."""
    tree = tree_of(base)
    if isinstance(value, Leaf):
        here: Any = tree
        for name in path.split("."):
            here = here[name]
        value = other_value(value, here)
    job = validate(Job, set_path(tree, path, value))
    fresh = made(job)
    assert arrays(fresh) != arrays(sample_of(base)), f"{path} is ignored"
    for _ in range(2):
        assert differences(made(job, warm), fresh) == []


def test_what_is_tried_is_what_there_is():
    """The walk above finds the groups' settings; names that stand in a table are settings."""
    paths = {leaf.path for leaf in leaves()}
    for section, least in (("specimen", 24), ("imaging", 14), ("labels", 10), ("pose", 5)):
        assert sum(path.startswith(f"{section}.") for path in paths) >= least, section
    assert set(WHERE) | set(OTHERS) <= paths
    assert {"labels.semantic_map", "labels.thickness_map", "specimen.film.hole_radius"} <= paths
    assert not {"labels.columns", "labels.grain_map", "imaging.sigma", "specimen.nodes"} & paths


def test_a_setting_of_particles_moves_no_other_stage():
    """Labels may be switched on and off without a change in the image or in another label."""
    whole = arrays(sample_of("rolled"))
    for name, value in EVERY_LABEL.items():
        if value is True:
            few = arrays(made(job_of(**merged(BASES["rolled"], {"labels": {name: False}}))))
            assert set(few) < set(whole) and all(whole[key] == few[key] for key in few)


# --- cache ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["tree", "rolled"])
def test_the_cache_never_changes_a_byte(base, tmp_path, monkeypatch):
    """Off, cold, warm in memory, warm on disk and damaged on disk; truth too."""
    stages = {
        "render": ("PROJECTION", "SCAN", "FRACTION"),
        "particles": ("SPECIMEN", "POSE"),
        "particle_truth": ("MAPS", "CONTACTS", "THICKNESS", "DESCRIPTORS", "CLUSTERS"),
        "appearance": ("BARE",),
    }
    for module, names in stages.items():
        for name in names:
            stage = getattr(__import__(f"sim.render.{module}", fromlist=[name]), name)
            kept = Stage(stage.name, stage.revision, on_disk=True)
            monkeypatch.setattr(f"sim.render.{module}.{name}", kept)
    job, plain = job_of(**BASES[base]), sample_of(base)
    cache = StageCache(directory=tmp_path)
    assert differences(made(job, cache), plain) == []
    assert differences(made(job, cache), plain) == []
    assert differences(made(job, StageCache(directory=tmp_path)), plain) == []
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len({path.parent.name for path in files}) >= 9
    for path in files:
        content = bytearray(path.read_bytes())
        content[len(content) * 2 // 3] ^= 0xFF
        path.write_bytes(content)
    assert differences(made(job, StageCache(directory=tmp_path)), plain) == []


@pytest.mark.parametrize("base", BASES)
def test_every_array_is_the_same_on_every_computer(base):
    sample = sample_of(base)
    assert sample.tier == "A" and set(sample.tiers.values()) <= {"A"}
    assert {record.tier for record in sample.records()} == {"A"} and sample.tier_of("truth") == "A"


# --- labels -----------------------------------------------------------------------------------------


def still(**more: Any) -> Any:
    return made(job_of(**merged({"specimen": {"film": FILM}}, more)))


def pixel_points(shape: tuple[int, int]) -> tuple[Any, Any]:
    rows, columns = np.indices(shape)
    return (columns - (shape[1] - 1) / 2) * PIXEL, ((shape[0] - 1) / 2 - rows) * PIXEL


def surfaces(table: Any, x: Any, y: Any) -> Any:
    """(…, N) height of each sphere's upper surface at points, −inf beside it."""
    away = (x[..., None] - table["x"]) ** 2 + (y[..., None] - table["y"]) ** 2
    square = table["sphere_radius"] ** 2 - away
    return np.where(square >= 0.0, table["z"] + np.sqrt(np.maximum(square, 0.0)), -np.inf)


@pytest.mark.parametrize("base", BASES)
def test_labels_agree_with_each_other(base):
    sample = sample_of(base)
    labels, table = sample.labels, sample.tables["particles"]
    mask = labels["particle_mask"]
    for name in ("instance_map", "semantic_map", "overlap_map"):
        np.testing.assert_array_equal(labels[name] > 0, mask > 0, err_msg=name)
    assert 0 < mask.mean() < 1
    seen = np.bincount(labels["instance_map"].ravel(), minlength=len(table["number"]) + 1)[1:]
    np.testing.assert_array_equal(table["visible_pixels"], seen)
    # Where one particle lies alone, its material does; two materials need two particles.
    species = np.append(0, table["species"])[labels["instance_map"]]
    alone = labels["overlap_map"] == 1
    np.testing.assert_array_equal(labels["semantic_map"][alone], species[alone])
    assert ((labels["semantic_map"] & species) == species).all()
    assert (labels["overlap_map"][labels["semantic_map"] == 3] >= 2).all()
    for first, whole in (("particle_mask", "uint8"), ("instance_map", "uint16"), ("semantic_map", "uint8")):
        assert labels[first].dtype.name == whole


@pytest.mark.parametrize("base", BASES)
def test_thicknesses_add_up(base):
    labels = sample_of(base).labels
    both = labels["thickness_first"].astype(float) + labels["thickness_second"]
    np.testing.assert_allclose(both, labels["thickness_particles"], rtol=1e-6, atol=1e-4)
    film = labels["thickness_total"].astype(float) - labels["thickness_particles"]
    slanted = FILM["thickness"] / np.cos(np.radians(30.0))
    if base == "bright":
        assert (film == 0.0).all()
    elif base == "rolled":
        # Under the distortion, rims of holes overshoot a little.
        assert film.min() == pytest.approx(0.0, abs=1e-3) and film.max() < 1.1 * slanted
        assert np.median(film) == pytest.approx(slanted, rel=1e-3)
    else:
        np.testing.assert_allclose(film, slanted, rtol=1e-5)


def test_maps_are_those_of_the_spheres_in_the_table():
    """Written again from the table: which sphere is highest at each pixel's middle, how many there are."""
    sample = still()
    table = sample.tables["particles"]
    heights = surfaces(table, *pixel_points(sample.image.shape))
    covered = heights > -np.inf
    top = np.where(covered.any(-1), np.argmax(heights, axis=-1) + 1, 0)
    np.testing.assert_array_equal(sample.labels["instance_map"], top)
    np.testing.assert_array_equal(sample.labels["overlap_map"], covered.sum(-1))
    materials = [covered[..., table["species"] == number].any(-1) for number in (1, 2)]
    np.testing.assert_array_equal(sample.labels["semantic_map"], materials[0] + 2 * materials[1])
    assert sample.labels["overlap_map"].max() >= 2 and set(np.unique(sample.labels["semantic_map"])) >= {
        0,
        1,
        2,
    }


def test_thickness_over_the_pixels_is_the_solid_volume():
    """Of particles that touch in points: the whole spheres, of each material and together."""
    sample = still()
    table, labels = sample.tables["particles"], sample.labels
    assert sample.truth["particles_cut_off"] == 0
    spheres = 4.0 / 3.0 * np.pi * table["sphere_radius"] ** 3
    for name, own in (("first", table["species"] == 1), ("second", table["species"] == 2)):
        volume = labels[f"thickness_{name}"].sum(dtype=float) * PIXEL**2
        assert volume == pytest.approx(spheres[own].sum(), rel=1e-3)
    assert sample.truth["solid_volume"] == pytest.approx(spheres.sum(), rel=1e-9)


def test_necks_are_counted_once():
    """Overlapping particles: less than the spheres' volumes by the lenses that they share."""
    sample = still(specimen={"overlap": 0.2, "number": 2})
    table, contacts = sample.tables["particles"], sample.tables["contacts"]
    r, s = table["sphere_radius"]
    assert len(contacts["first"]) == 1
    apart = np.sqrt(sum((table[axis][0] - table[axis][1]) ** 2 for axis in "xyz"))
    assert apart == pytest.approx(0.8 * (r + s), abs=1e-5)
    lens = np.pi * (r + s - apart) ** 2 * (apart**2 + 2 * apart * (r + s) - 3 * (r - s) ** 2) / (12 * apart)
    volume = sample.labels["thickness_particles"].sum(dtype=float) * PIXEL**2
    assert volume == pytest.approx(4 / 3 * np.pi * (r**3 + s**3) - lens, rel=1e-3)


def test_contacts_are_where_the_table_has_them():
    sample = still(pose={"Phi": 0.0})
    check_contacts(sample)


def check_contacts(sample: Any) -> None:
    contacts, particles = sample.tables["contacts"], sample.tables["particles"]
    shown = sample.labels["contact_map"]
    assert contacts["in_field"].all() and len(contacts["first"]) >= 8
    species = np.append(0, particles["species"])
    mixed = species[contacts["first"]] != species[contacts["second"]]
    np.testing.assert_array_equal(contacts["hetero"], mixed)
    assert mixed.any() and not mixed.all()
    rows, columns = np.rint(contacts["row"]).astype(int), np.rint(contacts["column"]).astype(int)
    assert (shown[rows[mixed], columns[mixed]] == 2).all()
    assert (shown[rows, columns] > 0).all()
    # Of equal materials, unless a disc of a mixed contact lies over it (at most 0.3 of a radius wide).
    reach = 0.3 * particles["sphere_radius"].max() / PIXEL + 1.5
    away = np.hypot(rows[:, None] - rows[mixed], columns[:, None] - columns[mixed])
    plain = ~mixed & (away > 2 * reach).all(axis=1)
    assert (shown[rows[plain], columns[plain]] == 1).all()
    at_contacts = np.zeros(shown.shape, dtype=bool)
    at_contacts[rows, columns] = True
    wide = binary_dilation(at_contacts, np.ones((3, 3)), iterations=int(np.ceil(reach)))
    assert not shown[~wide].any()


# --- scan distortion ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pair() -> tuple[Any, Any]:
    """The same particles without a film, still and under a strong distortion."""
    plain = {"specimen": {"film": {"thickness": 0.0}}}
    return made(job_of(**plain)), made(job_of(**plain, noise={"scan": SCAN}))


def test_distortion_moves_tables_but_not_the_specimen(pair):
    one, two = (sample.tables for sample in pair)
    for name in ("x", "y", "z", "sphere_radius", "coordination", "cluster"):
        np.testing.assert_array_equal(one["particles"][name], two["particles"][name])
    moved = np.hypot(
        one["particles"]["row"] - two["particles"]["row"],
        one["particles"]["column"] - two["particles"]["column"],
    )
    assert moved.max() > 2.0 and np.ptp(moved) > 0.5
    straight = one["particles"]
    np.testing.assert_allclose(straight["column"], straight["x"] / PIXEL + 32.5)
    np.testing.assert_allclose(straight["row"], 30.5 - straight["y"] / PIXEL)


def test_distorted_maps_show_each_particle_where_the_table_has_it(pair):
    """The pixel over a particle's centre shows it, unless a higher one lies over it."""
    for sample in pair:
        table = sample.tables["particles"]
        rows, columns = np.rint(table["row"]).astype(int), np.rint(table["column"]).astype(int)
        away = np.hypot(table["x"][:, None] - table["x"], table["y"][:, None] - table["y"])
        near = (away < table["sphere_radius"] + 1.5 * PIXEL) & ~np.eye(len(away), dtype=bool)
        # Surely seen: no neighbour reaches as high as this particle's surface half a pixel beside its centre.
        own_height = table["z"] + 0.7 * table["sphere_radius"]
        higher = near & (table["z"] + table["sphere_radius"] > own_height[:, None])
        top = ~higher.any(axis=1)
        assert top.sum() >= 3
        np.testing.assert_array_equal(
            sample.labels["instance_map"][rows[top], columns[top]], table["number"][top]
        )
        check_contacts(sample)


def test_distorted_image_and_labels_stay_together(pair):
    for sample in pair:
        mask = sample.labels["particle_mask"] > 0
        for image in (sample.clean.astype(float), sample.labels["thickness_particles"].astype(float)):
            middle = np.median(image[binary_erosion(mask, np.ones((3, 3)))])
            outside = image[~binary_dilation(mask, np.ones((3, 3)), iterations=2)]
            assert outside.max() < 0.01 * middle
            assert (image[binary_erosion(mask, np.ones((3, 3)), iterations=2)] > 0.03 * middle).all()
        visible = sample.labels["visible_mask"] > 0
        assert (visible & ~binary_dilation(mask, np.ones((3, 3)), iterations=2)).sum() == 0
    one, two = (sample.labels for sample in pair)
    assert (one["particle_mask"] != two["particle_mask"]).mean() > 0.015


def test_the_visible_mask_is_of_the_particles_alone():
    """A film thick enough to be brighter than the threshold everywhere leaves it as it is."""
    bare, filmed = (still(specimen={"film": {"thickness": thick}}) for thick in (0.0, 4000.0))
    assert filmed.clean.min() > 0.3 * filmed.clean.max()
    np.testing.assert_array_equal(bare.labels["visible_mask"], filmed.labels["visible_mask"])
    assert 0.3 < bare.labels["visible_mask"].mean() / bare.labels["particle_mask"].mean() <= 1.1


# --- truth --------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", BASES)
def test_numbers_of_contacts_hold_exactly(base):
    """N_A · HCN_A = N_B · HCN_B = contacts between materials, from truth and from the tables."""
    sample = sample_of(base)
    truth, particles, contacts = sample.truth, sample.tables["particles"], sample.tables["contacts"]
    mixed = int(contacts["hetero"].sum())
    assert truth["hetero_contacts"] == mixed > 0
    for name, number in (("first", 1), ("second", 2)):
        own = particles["species"] == number
        assert truth[f"particles_{name}"] == own.sum()
        assert particles["hetero_coordination"][own].sum() == mixed
        assert truth[f"hetero_coordination_{name}"] == mixed / int(own.sum())
        assert truth[f"coordination_{name}"] == particles["coordination"][own].sum() / own.sum()
    assert truth["contacts"] == len(contacts["first"]) == particles["coordination"].sum() / 2
    assert truth["hetero_fraction"] == mixed / len(contacts["first"])
    if base != "rolled":
        assert truth["contacts"] == truth["particles"] - 1
    else:
        assert truth["contacts"] > truth["particles"] - 1
    sizes = sample.tables["clusters"]["size"]
    assert sizes.sum() == truth["particles"] and particles["cluster"].max() == len(sizes)
    np.testing.assert_array_equal(np.bincount(particles["cluster"])[1:], sizes)


def test_truth_has_the_parameters_of_the_job():
    chosen = {
        "number": 11,
        "mixing": 0.35,
        "fractal_dimension": 1.9,
        "prefactor": 1.2,
        "trials": 3,
        "contacts": "rolled",
        "coordination": 2.4,
        "overlap": 0.03,
        "first": {"median_radius": 28.0, "deviation": 0.15, "cluster_size": 2.0},
        "second": {"median_radius": 33.0, "deviation": 0.3, "cluster_size": 3.0},
    }
    truth = still(specimen=chosen).truth
    for name in ("number", "mixing", "fractal_dimension", "prefactor", "trials", "coordination", "overlap"):
        assert truth[f"theta_{name}"] == chosen[name]
    for species in ("first", "second"):
        for name, value in chosen[species].items():
            assert truth[f"theta_{name}_{species}"] == value
    assert truth["particles"] == 11 and truth["particles_first"] == 4
    assert all(isinstance(value, float) for name, value in truth.items() if name.startswith("theta_"))
    assert still().truth["theta_coordination"] == 2.0 - 2.0 / 9.0


@pytest.mark.parametrize(("dimension", "missed"), [(1.8, False), (2.8, True)])
def test_a_radius_of_gyration_that_was_not_reached_is_flagged(dimension, missed):
    truth = still(
        specimen={"number": 14, "fractal_dimension": dimension, "prefactor": 1.3, "trials": 8}
    ).truth
    assert truth["gyration_missed"] is missed
    ratio = truth["gyration_ratio"]
    assert truth["gyration_radius"] / truth["gyration_target"] == pytest.approx(ratio, rel=1e-8)
    assert (abs(ratio - 1.0) > 0.01) is missed


def test_particles_beyond_the_image_are_counted():
    """Of each particle: whether its disc reaches over an edge."""
    assert sample_of("tree").truth["particles_cut_off"] == 0
    sample = still(image={"width": 24, "height": 30}, labels={"contact_map": False})
    truth, table = sample.truth, sample.tables["particles"]
    reach = table["sphere_radius"] / PIXEL
    out = (table["row"] - reach < -0.5) | (table["row"] + reach > 29.5)
    out |= (table["column"] - reach < -0.5) | (table["column"] + reach > 23.5)
    assert truth["particles_cut_off"] == out.sum() > 0
    assert truth["particles_in_field"] == table["in_field"].sum() < truth["particles"]
    whole = sample_of("tree").truth
    assert truth["hetero_fraction"] == whole["hetero_fraction"]
    assert truth["projected_area"] < whole["projected_area"]


# --- orientation --------------------------------------------------------------------------------


def test_the_image_has_x_to_the_right_and_y_up():
    """The particle with the largest y is in the top rows; a shift moves everything right and up."""
    centred = still(pose={"shift_x": 0.0, "shift_y": 0.0})
    moved = still(pose={"shift_x": 5 * PIXEL, "shift_y": 3 * PIXEL})
    table = centred.tables["particles"]
    highest, rightmost = table["y"] + table["sphere_radius"], table["x"] + table["sphere_radius"]
    rows, columns = np.nonzero(centred.labels["particle_mask"])
    assert rows.min() == pytest.approx(30.5 - highest.max() / PIXEL, abs=1.0)
    assert columns.max() == pytest.approx(32.5 + rightmost.max() / PIXEL, abs=1.0)
    lowest, leftmost = table["y"] - table["sphere_radius"], table["x"] - table["sphere_radius"]
    assert abs(lowest.min() + highest.max()) > PIXEL or abs(leftmost.min() + rightmost.max()) > PIXEL
    np.testing.assert_allclose(moved.clean[:-3, 5:], centred.clean[3:, :-5], rtol=1e-5)
    np.testing.assert_array_equal(
        moved.labels["instance_map"][:-3, 5:], centred.labels["instance_map"][3:, :-5]
    )
    assert (moved.clean[:, 5:] != centred.clean[:, :-5]).any()
    np.testing.assert_allclose(moved.tables["particles"]["row"], table["row"] - 3, atol=1e-6)
    np.testing.assert_allclose(moved.tables["particles"]["column"], table["column"] + 5, atol=1e-6)


def test_a_pose_turns_the_particles_as_it_says():
    """phi1 = 90° after nothing: x goes to y (counter-clockwise in the image), z stays."""
    flat = {"phi1": 0.0, "Phi": 0.0, "phi2": 0.0, "shift_x": 0.0, "shift_y": 0.0}
    before = still(pose=flat).tables["particles"]
    after = still(pose={**flat, "phi1": 90.0}).tables["particles"]
    np.testing.assert_allclose(after["x"], -before["y"], atol=1e-5)
    np.testing.assert_allclose(after["y"], before["x"], atol=1e-5)
    np.testing.assert_allclose(after["z"], before["z"], atol=1e-5)
    tilted = made(job_of(pose={**flat, "Phi": 90.0})).tables["particles"]
    np.testing.assert_allclose(tilted["x"], before["x"], atol=1e-5)
    np.testing.assert_allclose(tilted["z"], before["y"], atol=1e-5)


def test_bright_field_is_dark_where_the_particles_are():
    sample = sample_of("bright")
    mask = sample.labels["particle_mask"] > 0
    thick = sample.labels["thickness_particles"]
    inside = sample.clean[binary_erosion(mask, np.ones((3, 3)))]
    assert inside.mean() < 0.97 * np.median(sample.clean[~mask])
    assert np.corrcoef(thick[mask], sample.clean[mask])[0, 1] < -0.5
    assert np.corrcoef(thick[mask], sample_of("tree").clean[mask])[0, 1] > 0.5


def test_an_image_without_particles_is_refused():
    with pytest.raises(InputError, match="no particle of .* lies in the field"):
        made(job_of(image={"width": 8, "height": 8}, pose={"shift_x": 200.0, "shift_y": 200.0}))
