"""Aggregates filled with atoms: spheres, necks, distances, densities and what labels need to know."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial import cKDTree

from sim.core.errors import InputError
from sim.core.settings import validate
from sim.core.types import POSITION_GRID, Built
from sim.physics.elements import symbol_of
from sim.specimen.aggregate.atomic_settings import MOST_ATOMS, AtomicAggregateSpecimen
from sim.specimen.aggregate.atoms import build_atoms, objects
from sim.specimen.aggregate.build import build_aggregate
from sim.specimen.aggregate.filled_size import atoms_at_most, outline
from sim.specimen.aggregate.filling import DENSEST, USUAL, filling_of
from sim.specimen.amorphous.materials import AMORPHOUS
from sim.specimen.crystal.table import BUILTIN

SEED = 7


def specimen(
    number: int = 6, radius: float = 14.0, deviation: float = 0.25, **more
) -> AtomicAggregateSpecimen:
    species = {"median_radius": radius, "deviation": deviation}
    tree = {
        "number": number,
        "first": {"material": "TiO2", **species, **more.pop("first", {})},
        "second": {"material": "WO3", **species, **more.pop("second", {})},
        **more,
    }
    return validate(AtomicAggregateSpecimen, {"kind": "aggregate_atoms", **tree}, root="specimen")


@pytest.fixture(scope="module")
def necked() -> Built:
    return build_atoms(specimen(overlap=0.25), SEED)


def of_object(built: Built, number: int) -> np.ndarray:
    return np.flatnonzero(built.parts["object"] == number)


def test_atoms_lie_in_their_own_sphere(necked: Built) -> None:
    """Every atom within the radius of the particle that owns it, and near its surface at some place."""
    away = np.linalg.norm(
        necked.structure.positions - necked.parts["origins"][necked.parts["object"] - 1], axis=1
    )
    radii = necked.parts["radii"][necked.parts["object"] - 1]
    assert (away <= radii + 1e-5).all()
    for number in range(1, 7):
        own = of_object(necked, number)
        assert away[own].max() > radii[own][0] - 1.5


def test_the_particles_are_those_of_the_spheres(necked: Built) -> None:
    """The same settings and seed give the same aggregate, filled or not."""
    spheres = build_aggregate(specimen(overlap=0.25).parameters(), SEED)
    np.testing.assert_array_equal(necked.parts["origins"], spheres.centres)
    np.testing.assert_array_equal(necked.parts["motions"][:, :, 3], spheres.centres)
    np.testing.assert_array_equal(necked.parts["radii"], spheres.radii)
    np.testing.assert_array_equal(necked.parts["contacts"], spheres.contacts)
    np.testing.assert_array_equal(necked.parts["species"], spheres.species)
    assert set(spheres.species.tolist()) == {0, 1}
    for number, species in enumerate(spheres.species.tolist(), start=1):
        elements = set(necked.structure.numbers[of_object(necked, number)].tolist())
        assert elements == ({8, 22} if species == 0 else {8, 74})


def test_what_two_spheres_share_belongs_to_the_earlier(necked: Built) -> None:
    """No atom lies in the sphere of a particle with a smaller number; the shared lenses are not empty."""
    positions, owner = necked.structure.positions, necked.parts["object"]
    in_shared = 0
    for number in range(1, 7):
        inside = (
            np.linalg.norm(positions - necked.parts["origins"][number - 1], axis=1)
            < necked.parts["radii"][number - 1] - 1e-5
        )
        assert not (inside & (owner > number)).any()
        in_shared += int((inside & (owner < number)).sum())
    assert in_shared > 100


def test_atoms_of_two_particles_keep_the_clearance() -> None:
    """Spheres that touch without a neck: the same aggregate without clearance has nearer atoms."""

    def nearest(clearance: float) -> float:
        built = build_atoms(specimen(number=8, radius=18.0, clearance=clearance), SEED)
        owner, positions = built.parts["object"], built.structure.positions
        return min(
            cKDTree(positions[owner == number]).query(positions[owner != number])[0].min()
            for number in range(1, 9)
        )

    assert nearest(3.0) >= 3.0 - 2.0**-15
    assert nearest(0.0) < 2.0


def test_atoms_stand_on_the_grid_in_the_order_of_their_particles(necked: Built) -> None:
    steps = necked.structure.positions / POSITION_GRID
    np.testing.assert_array_equal(steps, np.round(steps))
    assert (np.diff(necked.parts["object"]) >= 0).all()
    assert necked.parts["planes"].shape == (0, 8)
    assert necked.parts["placed"].tolist() == [1] * 6


def test_every_particle_has_its_own_turn(necked: Built) -> None:
    """Rotations, all different; undone, all particles of a species show one lattice."""
    matrices = necked.parts["motions"][:, :, :3]
    np.testing.assert_allclose(matrices @ matrices.transpose(0, 2, 1), [np.eye(3)] * 6, atol=1e-12)
    assert all(np.abs(one - two).max() > 0.1 for one, two in pairwise(matrices))
    cell = BUILTIN["TiO2_anatase"].cell
    for number in np.flatnonzero(necked.parts["species"] == 0).tolist():
        own = of_object(necked, number + 1)
        titanium = own[necked.structure.numbers[own] == 22]
        local = (necked.structure.positions[titanium] - necked.parts["origins"][number]) @ matrices[number]
        # Body-centred: each titanium lies on one of four sites of one lattice.
        sites = np.array([[0, 0, 0], [0, 0.5, 0.25], [0.5, 0.5, 0.5], [0.5, 0, 0.75]])
        from_first = (local - local[0]) @ np.linalg.inv(cell)
        apart = from_first[:, np.newaxis] - np.concatenate([sites, -sites])
        nearest = np.abs(apart - np.round(apart)).max(axis=2).min(axis=1)
        assert nearest.max() < 1e-5


@pytest.mark.parametrize(
    ("material", "crystal", "grams"),
    [("TiO2", "", 3.89), ("WO3", "", 7.27), ("SiO2", "", 2.20), ("C", "", 2.2)],
)
def test_large_particles_have_the_density_of_their_material(
    material: str, crystal: str, grams: float
) -> None:
    """Mass over the sphere's volume within 1 % at r = 40 Å."""
    from ase.data import atomic_masses

    both = {"material": material, "crystal": crystal}
    built = build_atoms(specimen(2, 40.0, 0.0, first=both, second=both, clearance=0.0), SEED)
    volume = 2 * 4.0 / 3.0 * np.pi * 40.0**3
    mass = atomic_masses[built.structure.numbers].sum() * 1.66054
    assert mass / volume == pytest.approx(grams, rel=0.01)
    # What thickness and volume labels add up.
    assert built.parts["volumes"].sum() == pytest.approx(volume, rel=0.01)


def test_amorphous_particles_keep_their_distances_and_differ() -> None:
    """Silica: no two atoms nearer than its table allows, at particles larger than the block too."""
    silica = {"material": "SiO2", "median_radius": 55.0, "deviation": 0.0}
    built = build_atoms(specimen(2, first=silica, second={**silica, "material": "C"}), SEED)
    numbers, positions = built.structure.numbers, built.structure.positions
    silicon, oxygen = positions[numbers == 14], positions[numbers == 8]
    assert cKDTree(silicon).query(silicon, k=2)[0][:, 1].min() > 2.5 - 1e-5
    assert cKDTree(oxygen).query(oxygen, k=2)[0][:, 1].min() > 2.1 - 1e-5
    assert cKDTree(oxygen).query(silicon)[0].min() > 1.5 - 1e-5
    # No crystal: the distances to neighbours scatter.
    assert cKDTree(oxygen).query(silicon, k=4)[0][:, 3].std() > 0.1


def test_an_aggregate_is_made_again_and_each_seed_makes_another() -> None:
    settings = specimen(number=4, first={"material": "SiO2"})
    one, same, other = (build_atoms(settings, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.structure.positions, same.structure.positions)
    np.testing.assert_array_equal(one.structure.numbers, same.structure.numbers)
    for name, part in one.parts.items():
        np.testing.assert_array_equal(part, same.parts[name])
    assert one.structure.positions.shape != other.structure.positions.shape or not np.array_equal(
        one.structure.positions, other.structure.positions
    )


def test_building_is_stopped_by_cancel() -> None:
    class Stopped(Exception):
        pass

    calls = 0

    def cancel() -> None:
        nonlocal calls
        calls += 1
        if calls > 12:
            raise Stopped

    with pytest.raises(Stopped):
        build_atoms(specimen(number=10), SEED, cancel=cancel)


def test_objects_are_the_particles() -> None:
    named = objects(specimen(number=3))
    assert [item.name for item in named] == ["particle#1", "particle#2", "particle#3"]
    assert {item.role for item in named} == {"particle"}


@pytest.mark.parametrize(
    "settings",
    [
        specimen(),
        specimen(3, 10.0, 0.0),
        specimen(20, 20.0, 0.5),
        specimen(5, mixing=1.0),
        specimen(12, 15.0, overlap=0.3),
        specimen(4, first={"material": "C"}, second={"median_radius": 30.0}),
    ],
)
def test_outlines_bound_what_is_built(settings: AtomicAggregateSpecimen) -> None:
    """Atoms of every element over six seeds; not so loose that bounds say nothing."""
    bound = outline(settings)
    counts = dict(bound.composition)
    assert bound.atoms == sum(counts.values()) == atoms_at_most(settings)
    for seed in range(6):
        built = build_atoms(settings, seed)
        numbers, found = np.unique(built.structure.numbers, return_counts=True)
        assert all(found[k] <= counts[number] for k, number in enumerate(numbers.tolist()))
        if seed == 0:
            assert len(built.structure) > 0.02 * bound.atoms
        assert np.linalg.norm(built.structure.positions, axis=1).max() <= bound.radius


def test_too_many_atoms_are_refused_in_the_settings() -> None:
    """The sentence names number, radii and estimate; before anything is built."""
    with pytest.raises(InputError, match=r"300 particles of median radii 60 and 60 Å .* atoms") as refused:
        specimen(300, 60.0)
    assert refused.value.parameter == "specimen.number"
    assert refused.value.allowed == f"up to {MOST_ATOMS:,} atoms"


@pytest.mark.parametrize(
    ("species", "parameter", "words"),
    [
        ({"crystal": "Au"}, "crystal", "does not consist of TiO2"),
        ({"crystal": "TiO2_rutil"}, "crystal", "did you mean 'TiO2_rutile'"),
        ({"crystal": "amorphous"}, "crystal", "amorphous TiO2 is not known"),
        ({"density": 3.9}, "density", "a crystal has its own density"),
        ({"material": "SiO2", "density": 9.0}, "density", "cannot be packed"),
        ({"material": "SiO2_quartz"}, "crystal", "no crystal is usual for SiO2_quartz"),
        ({"material": "Qx2"}, "material", "no chemical element"),
        ({"material": "La0.8Sr0.2MnO3", "density": 6.0}, "crystal", "no crystal is usual"),
    ],
)
def test_fillings_that_cannot_be_are_refused(species: dict, parameter: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        specimen(first=species)
    assert refused.value.parameter == f"specimen.first.{parameter}"
    assert words in str(refused.value)


def test_crystals_follow_from_the_material_or_are_named() -> None:
    assert filling_of("TiO2", 0.0, "", "s").name == "TiO2_anatase"
    assert filling_of("TiO2", 0.0, "TiO2_rutile", "s").name == "TiO2_rutile"
    assert filling_of("GaAs", 0.0, "", "s").crystal is BUILTIN["GaAs"]
    assert filling_of("SiO2", 0.0, "", "s").amorphous is AMORPHOUS["silica"]
    assert filling_of("Al2O3", 2.9, "amorphous", "s").densities[0][0] == 13
    heavier = filling_of("SiO2", 2.31, "", "s")
    assert heavier.density == pytest.approx(1.05 * sum(amount for _, amount in AMORPHOUS["silica"].species))


@pytest.mark.parametrize("name", USUAL)
def test_usual_phases_consist_of_their_materials(name: str) -> None:
    assert filling_of(name, 0.0, "", "s").density > 0.02


@pytest.mark.parametrize("name", AMORPHOUS)
def test_the_densest_amorphous_solids_can_be_packed(name: str) -> None:
    """What settings admit does not fail when it is built."""
    from sim.numerics.streams import Stream

    counts = [
        amount / min(amount for _, amount in AMORPHOUS[name].species) for _, amount in AMORPHOUS[name].species
    ]
    formula = "".join(
        f"{symbol_of(number)}{count:.2f}"
        for (number, _), count in zip(AMORPHOUS[name].species, counts, strict=True)
    )
    dense = filling_of(formula, DENSEST * AMORPHOUS[name].density, "amorphous", "s")
    block = dense.lattice(12.0, Stream(1, "block"))
    assert block.density == pytest.approx(dense.density, rel=1e-3)
