"""Labels of scenes against the stored atoms, by scipy and numpy; keys of what the scene's settings change."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from sim.core.settings import validate
from sim.labels.objects import ROLES
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe
from sim.recipe.toml import set_path
from sim.render.cache import StageCache
from sim.render.context import RenderContext
from sim.render.render import render

PIXEL = 0.3
#: Of the nodes, in their order.
LOW, HIGH, TWO_GRAINS, CARBON, VOID, MISSING = range(1, 7)
EVERY_LABEL = {
    "particle_mask": True,
    "visible_mask": True,
    "visible_fraction": 0.01,
    "instance_map": True,
    "overlap_map": True,
    "grain_map": True,
    "domain_map": True,
    "defect_traces": True,
    "thickness_map": True,
    "composition_map": True,
    "objects": True,
    "mask_radius": 0.6,
    "column_tolerance": 0.4,
}
STILL = {"preset": "poisson_medium"}
MOVING = {"preset": "poisson_medium", "scan": {"shear": 0.06, "drift_x": 3.0}}


def tree_of(noise, **changes):
    def at(x, y, z):
        return {"kind": "fixed", "x": x, "y": y, "z": z}

    nodes = [
        {
            "kind": "particle",
            "name": "low",
            "crystal": {"kind": "builtin", "name": "Cu"},
            "volume": {"kind": "sphere", "radius": 7.0},
            "placement": at(-6.0, 3.0, 4.0),
        },
        {
            "kind": "particle",
            "name": "high",
            "crystal": {"kind": "builtin", "name": "Au"},
            "volume": {"kind": "box", "size_x": 16.0, "size_y": 12.0, "size_z": 10.0},
            "defects": {"h": 1.0, "k": -1.0, "l": 1.0, "planes": [{"name": "twin", "height": 1.0}]},
            "orientation": {"kind": "zone", "u": 1.0, "v": 1.0, "w": 0.0},
            "placement": at(2.0, -1.0, 22.0),
        },
        {
            "kind": "bicrystal",
            "name": "grains",
            "crystal": {"kind": "builtin", "name": "Ag"},
            "volume": {"kind": "sphere", "radius": 6.0},
            "placement": at(13.0, 11.0, 10.0),
        },
        {"kind": "amorphous", "name": "carbon", "material": "carbon", "thickness": 6.0},
        {
            "kind": "void",
            "name": "hole",
            "volume": {"kind": "sphere", "radius": 5.0},
            "placement": at(-16, -12, 0),
        },
        {
            "kind": "cluster",
            "name": "crowded",
            "shells": 3,
            "placement": {"kind": "scattered", "gap": 40.0},
            "count": 2,
        },
    ]
    tree = {
        "images": 1,
        "specimen": {
            "kind": "scene",
            "width": 44.0,
            "height": 38.0,
            "clearance": 0.5,
            "crowding": "keep",
            "nodes": nodes,
        },
        "pose": {"kind": "euler", "phi1": 12.0, "Phi": 3.0, "phi2": 0.0, "shift_x": 1.0, "shift_y": -0.5},
        "image": {"width": 150, "height": 130, "pixel_size": PIXEL},
        "imaging": {"sigma": 0.6, "mode": "z_power", "alpha": 1.2},
        "noise": noise,
        "labels": EVERY_LABEL,
    }
    for path, value in changes.items():
        tree = set_path(tree, path.replace("__", "."), value)
    return tree


def made(tree, cache=None):
    recipe = validate(Recipe, tree)
    plan = Plan(recipe, collect_structures(recipe))
    return plan, render(plan[0], RenderContext(plan.catalogue, cache=cache))


@pytest.fixture(scope="module", params=["still", "moving"])
def scene(request):
    _, sample = made(tree_of(STILL if request.param == "still" else MOVING))
    return request.param, sample


def pixel_points(shape):
    """The points of the specimen that the pixels of an undistorted image show."""
    rows, columns = np.indices(shape)
    x = (columns - (shape[1] - 1) / 2) * PIXEL
    y = ((shape[0] - 1) / 2 - rows) * PIXEL
    return x, y


def bond_of(atoms, number):
    own = atoms["object"] == number
    points = np.stack([atoms[axis][own] for axis in "xyz"], axis=1)
    nearest = np.sort(cKDTree(points).query(points, k=2)[0][:, 1])
    return nearest[(len(nearest) - 1) // 2]


def discs(sample):
    """x, y, z, radius and numbers of the particles' atoms, in pixels of the image."""
    atoms, objects = sample.tables["atoms"], sample.tables["objects"]
    particles = objects["number"][objects["role"] == ROLES.index("particle")]
    own = np.isin(atoms["object"], particles)
    chosen = {name: values[own] for name, values in atoms.items()}
    bonds = {int(number): bond_of(atoms, number) for number in np.unique(chosen["object"])}
    chosen["radius"] = np.array([0.6 * bonds[int(number)] for number in chosen["object"]])
    return chosen


def seen(sample, x, y):
    """Index of the seen atom by pixel, −1 for none; and which pixels are certain (not on a rim)."""
    own = discs(sample)
    away = np.sqrt((x[..., None] - own["x"]) ** 2 + (y[..., None] - own["y"]) ** 2) - own["radius"]
    covers = away <= 0.0
    best = np.argmax(np.where(covers, own["z"], -np.inf), axis=-1)
    return own, covers, np.where(covers.any(axis=-1), best, -1), np.abs(away).min(axis=-1) > 2e-5


def test_maps_show_the_particle_nearest_to_the_source():
    _, sample = made(tree_of(STILL))
    x, y = pixel_points(sample.image.shape)
    own, covers, best, certain = seen(sample, x, y)
    assert certain.mean() > 0.999
    labels = sample.labels

    def expected(values):
        return np.append(values, 0)[best]

    pairs = sorted(set(zip(own["object"].tolist(), own["grain"].tolist(), strict=True)))
    grain = np.array([pairs.index(pair) + 1 for pair in zip(own["object"], own["grain"], strict=True)])
    layers = sum(
        covers[..., own["object"] == number].any(axis=-1).astype(int) for number in np.unique(own["object"])
    )
    for name, values in (
        ("particle_mask", (best >= 0).astype(int)),
        ("instance_map", expected(own["object"])),
        ("grain_map", expected(grain)),
        ("domain_map", expected(own["side"] + 1)),
        ("overlap_map", layers),
    ):
        np.testing.assert_array_equal(labels[name][certain], values[certain], err_msg=name)
    assert {LOW, HIGH, TWO_GRAINS} <= set(np.unique(labels["instance_map"]).tolist())
    assert CARBON not in labels["instance_map"]
    assert labels["overlap_map"].max() >= 2 and labels["domain_map"].max() == 2
    assert len(np.unique(labels["grain_map"])) > 5
    # Where the two overlap, the upper one is seen.
    both = covers[..., own["object"] == LOW].any(-1) & covers[..., own["object"] == HIGH].any(-1)
    assert both.any() and (labels["instance_map"][both & certain & (layers == 2)] == HIGH).all()
    kinds = {name: labels[name].dtype.name for name in labels}
    assert kinds["instance_map"] == kinds["grain_map"] == "uint16"
    assert kinds["thickness_total"] == kinds["composition_79"] == "float32"


def test_distorted_maps_show_each_atom_where_the_table_has_it(scene):
    """The pixel over the highest atom of its surroundings shows that atom's object."""
    which, sample = scene
    own = discs(sample)
    shift = np.hypot(
        sample.tables["atoms"]["column"] - (sample.tables["atoms"]["x"] / PIXEL + 74.5),
        sample.tables["atoms"]["row"] - (64.5 - sample.tables["atoms"]["y"] / PIXEL),
    )
    assert (shift.max() > 1.0) == (which == "moving")
    inside = own["in_field"]
    rows, columns = np.rint(own["row"][inside]).astype(int), np.rint(own["column"][inside]).astype(int)
    away = np.hypot(own["x"][inside][:, None] - own["x"], own["y"][inside][:, None] - own["y"])
    higher = (away < own["radius"] + PIXEL) & (own["z"] > own["z"][inside][:, None])
    top = ~higher.any(axis=1)
    assert top.sum() > 50
    np.testing.assert_array_equal(sample.labels["overlap_map"] > 0, sample.labels["particle_mask"] > 0)
    for name, values in (("instance_map", own["object"]), ("domain_map", own["side"] + 1)):
        np.testing.assert_array_equal(sample.labels[name][rows[top], columns[top]], values[inside][top])


def test_traces_follow_the_planes(scene):
    """The twin's trace lies along its plane, the boundary's along its own, and both are numbered."""
    _, sample = scene
    traces, planes = sample.labels["defect_traces"], sample.tables["planes"]
    assert planes["object"].tolist() == [HIGH, TWO_GRAINS]
    assert set(np.unique(traces)) == {0, 1, 11}
    for number, kind in enumerate(planes["kind"].tolist()):
        rows, columns = np.nonzero(traces == kind + 1)
        normal = np.array([planes["normal_x"][number], planes["normal_y"][number]]) * 1.0
        across = (columns - planes["column"][number]) * normal[0] - (rows - planes["row"][number]) * normal[1]
        instance = sample.labels["instance_map"][rows, columns]
        assert (instance == planes["object"][number]).mean() > 0.8
        if planes["edge_on"][number]:
            assert np.abs(across * PIXEL).max() < 0.75 * 2.89 + 0.6 * 2.89 + 1.5


def test_thickness_is_volume_over_area():
    """Gold's map holds the volume of its atoms; films have their thickness; elements add up to all matter."""
    _, sample = made(tree_of(STILL))
    labels, atoms = sample.labels, sample.tables["atoms"]
    gold = np.count_nonzero(atoms["number"] == 79) * 4.0782**3 / 4
    own = int(np.count_nonzero(atoms["object"] == HIGH))
    assert own * 4.0782**3 / 4 == pytest.approx(16 * 12 * 10, rel=0.15)
    clusters = np.count_nonzero(np.isin(atoms["object"], [MISSING, MISSING + 1]))
    gold += clusters * (2.884**3 / np.sqrt(2) - 4.0782**3 / 4)
    assert labels["composition_79"].sum(dtype=float) * PIXEL**2 == pytest.approx(gold, rel=1e-4)
    elements = [name for name in labels if name.startswith("composition_")]
    assert elements == ["composition_6", "composition_29", "composition_47", "composition_79"]
    total = sum(labels[name].astype(float) for name in elements)
    np.testing.assert_allclose(total, labels["thickness_total"], rtol=1e-5, atol=1e-5)
    particles = total - labels["composition_6"]
    np.testing.assert_allclose(particles, labels["thickness_particles"], rtol=1e-5, atol=1e-4)
    # Carbon seen through a field of its own: 6 Å where nothing else is.
    free = gaussian_filter((labels["particle_mask"] > 0).astype(float), 5) < 1e-3
    rows, columns = np.indices(free.shape)
    objects = sample.tables["objects"]
    free &= np.hypot(rows - objects["row"][VOID - 1], columns - objects["column"][VOID - 1]) > 32
    free[:15], free[-15:], free[:, :15], free[:, -15:] = False, False, False, False
    assert free.sum() > 200
    assert labels["composition_6"][free].mean() == pytest.approx(6.0, rel=0.15)


def test_distorted_thickness_moves_with_the_image():
    """The same matter a few pixels further: as much of it, and where the particles are seen."""
    _, still = made(tree_of(STILL))
    _, moved = made(tree_of(MOVING))
    one, two = (sample.labels["thickness_particles"].astype(float) for sample in (still, moved))
    assert two.sum() == pytest.approx(one.sum(), rel=0.02)
    assert np.abs(two - one).max() > 1.0
    shown = moved.labels["particle_mask"] == 1
    assert two[shown].mean() > 5 * two[~shown].mean()


def test_the_table_of_objects_and_the_truth(scene):
    _, sample = scene
    objects, atoms, truth = sample.tables["objects"], sample.tables["atoms"], sample.truth
    words = [ROLES[role] for role in objects["role"]]
    assert words == ["particle", "particle", "particle", "support", "", "particle", "particle"]
    assert objects["number"].tolist() == list(range(1, 8))
    np.testing.assert_array_equal(objects["atoms"], np.bincount(atoms["object"], minlength=8)[1:])
    assert (truth["objects"], truth["requested"]) == (7, 5)
    assert truth["placed"] == int(objects["placed"][np.array(words) == "particle"].sum()) < 5
    assert np.isnan(objects["row"][~objects["placed"]]).all()
    own = atoms["object"] == HIGH
    middle = np.array([atoms["row"][own].mean(), atoms["column"][own].mean()])
    assert np.hypot(*(middle - [objects["row"][HIGH - 1], objects["column"][HIGH - 1]])) < 3.0
    away = np.hypot(atoms["x"][own] - atoms["x"][own].mean(), atoms["y"][own] - atoms["y"][own].mean())
    assert objects["radius"][HIGH - 1] * PIXEL == pytest.approx(away.max(), abs=1.5)


def test_columns_are_those_of_the_particles(scene):
    """Atoms of the film belong to no column and move none."""
    _, sample = scene
    atoms, columns = sample.tables["atoms"], sample.tables["columns"]
    film = atoms["object"] == CARBON
    assert film.any() and (atoms["column_index"][film] == -1).all()
    index = atoms["column_index"][~film]
    np.testing.assert_array_equal(np.bincount(index), columns["count"])
    means = np.bincount(index, weights=atoms["x"][~film]) / columns["count"]
    np.testing.assert_allclose(means, columns["x"], atol=1e-9)
    for name in ("row", "column"):
        means = np.bincount(index, weights=atoms[name][~film]) / columns["count"]
        np.testing.assert_allclose(means, columns[name], atol=1e-9)


def test_the_visible_mask_is_of_the_particles(scene):
    """The film alone is brighter than the fraction of the maximum; it is not looked at."""
    _, sample = scene
    visible, mask = sample.labels["visible_mask"], sample.labels["particle_mask"]
    assert 0.3 < visible.mean() / mask.mean() < 3.0
    assert visible[gaussian_filter(mask.astype(float), 5) < 1e-4].sum() == 0


def test_a_structure_without_parts_is_one_particle():
    _, sample = made(
        {
            "images": 1,
            "image": {"width": 110, "height": 100, "pixel_size": 0.3},
            "specimen": {"kind": "cluster", "geometry": "decahedron"},
            "pose": {"kind": "euler", "shift_x": 2.0, "shift_y": -1.0},
            "labels": EVERY_LABEL,
        }
    )
    labels = sample.labels
    for name in ("instance_map", "grain_map", "domain_map", "overlap_map"):
        np.testing.assert_array_equal(labels[name], labels["particle_mask"])
    assert labels["particle_mask"].any() and not labels["defect_traces"].any()
    volume = 55 * sample.truth["bond_length"] ** 3 / np.sqrt(2.0)
    for name in ("thickness_total", "thickness_particles", "composition_79"):
        assert labels[name].sum(dtype=float) * 0.09 == pytest.approx(volume, rel=1e-5)
    objects = sample.tables["objects"]
    assert (objects["number"].tolist(), objects["role"].tolist(), objects["atoms"].tolist()) == (
        [1],
        [1],
        [55],
    )
    assert objects["column"][0] == pytest.approx(54.5 + 2.0 / 0.3)
    assert objects["row"][0] == pytest.approx(49.5 + 1.0 / 0.3)
    atoms = sample.tables["atoms"]
    away = np.hypot(atoms["x"] - 2.0, atoms["y"] + 1.0).max()
    assert objects["radius"][0] == pytest.approx(away / 0.3, abs=1e-6)
    assert len(sample.tables["planes"]["kind"]) == 0
    assert "objects" not in sample.truth and "object" not in atoms


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("specimen.nodes.low.volume.radius", 7.5),
        ("specimen.nodes.high.defects.planes.twin.height", 4.0),
        ("specimen.nodes.high.placement.z", 24.0),
        ("specimen.nodes.high.role", "matrix"),
        ("specimen.nodes.carbon.thickness", 7.0),
        ("specimen.nodes.hole.volume.radius", 6.0),
        ("specimen.width", 45.0),
        ("specimen.clearance", 2.0),
        ("labels.mask_radius", 0.7),
        ("labels.thickness_blur", 2.0),
        ("labels.elements", [6, 79]),
        ("image.pixel_size", 0.31),
        ("pose.Phi", 4.0),
        ("seed", 5),
    ],
)
def test_a_changed_setting_of_a_scene_is_not_served_from_the_cache(path, value, warm):
    tree, cache = warm
    changed = set_path(tree, path, value)
    fresh = hashes(made(changed)[1])
    assert fresh != hashes(made(tree)[1]), "the change changes nothing, so it tests nothing"
    assert hashes(made(changed, cache)[1]) == fresh
    assert hashes(made(changed, cache)[1]) == fresh


@pytest.fixture(scope="module")
def warm():
    """A cache that has seen the scene that is started from."""
    cache, tree = StageCache(), tree_of(MOVING)
    expected = hashes(made(tree)[1])
    for _ in range(2):
        assert hashes(made(tree, cache)[1]) == expected
    return tree, cache


def hashes(sample):
    return {record.name: record.sha256 for record in sample.records()} | dict(sample.truth)


def test_one_label_does_not_change_another():
    _, every = made(tree_of(MOVING))
    found = {record.name: record.sha256 for record in every.records()}
    for name in ("instance_map", "thickness_map", "composition_map", "grain_map", "defect_traces", "objects"):
        alone = {"particle_mask": False, "atoms": False, "columns": False, name: True, "mask_radius": 0.6}
        _, sample = made({**tree_of(MOVING), "labels": alone})
        records = {record.name: record.sha256 for record in sample.records()}
        assert len(records) > 2 and records.items() <= found.items(), name
