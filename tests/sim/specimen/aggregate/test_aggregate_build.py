"""Building: reproducible, centred, on the grid, stoppable; settings; the film below."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.core.errors import Cancelled, InputError
from sim.core.settings import validate
from sim.core.types import on_position_grid
from sim.specimen.aggregate.build import build_aggregate
from sim.specimen.aggregate.film import film_part
from sim.specimen.aggregate.settings import AggregateSpecimen, FilmSettings, SecondSpeciesSettings

SPECIMEN = AggregateSpecimen(
    number=50,
    mixing=0.4,
    second=SecondSpeciesSettings(median_radius=25.0, deviation=0.4, cluster_size=3.0),
)
PARAMETERS = SPECIMEN.parameters()


def test_settings_become_parameters():
    assert PARAMETERS.radii == ((40.0, 0.25), (25.0, 0.4))
    assert PARAMETERS.cluster_sizes == (1.0, 3.0)
    assert not PARAMETERS.rolled
    rolled = SPECIMEN.model_copy(update={"contacts": "rolled", "coordination": 4.5, "overlap": 0.1})
    assert rolled.parameters() == replace(PARAMETERS, rolled=True, coordination=4.5, overlap=0.1)


@pytest.mark.parametrize(
    ("path", "value"),
    [("number", 1), ("number", 5001), ("overlap", 0.5), ("coordination", 6.0), ("fractal_dimension", 0.9)],
)
def test_values_out_of_range_are_refused(path, value):
    with pytest.raises(InputError, match=f"specimen.{path}"):
        validate(AggregateSpecimen, {path: value}, root="specimen")


def test_holes_that_run_into_each_other_are_refused():
    with pytest.raises(InputError, match="run into each other"):
        FilmSettings(thickness=50.0, holes="square", hole_radius=100.0, hole_spacing=200.0)
    assert FilmSettings(thickness=50.0, holes="none", hole_radius=100.0, hole_spacing=200.0)


@pytest.mark.parametrize("rolled", [False, True])
def test_same_seed_same_aggregate(rolled):
    parameters = replace(PARAMETERS, rolled=rolled)
    one, two, other = (build_aggregate(parameters, seed) for seed in (5, 5, 6))
    assert one.centres.tobytes() == two.centres.tobytes()
    assert one.radii.tobytes() == two.radii.tobytes()
    assert not np.array_equal(one.centres, other.centres)
    assert not np.array_equal(one.radii, other.radii)


def test_places_lie_on_the_grid_about_the_centre_of_mass():
    made = build_aggregate(PARAMETERS, 1)
    np.testing.assert_array_equal(made.centres, on_position_grid(made.centres))
    np.testing.assert_array_equal(made.radii, on_position_grid(made.radii))
    centre = np.average(made.centres, axis=0, weights=made.radii**3)
    np.testing.assert_allclose(centre, 0.0, atol=2e-6)
    assert made.species.tolist() == sorted(made.species.tolist())


def test_progress_rises_to_one_and_the_work_can_be_stopped():
    told: list[float] = []
    build_aggregate(PARAMETERS, 1, progress=told.append)
    assert told == sorted(told) and told[-1] == 1.0 and len(told) == 49

    def stop() -> None:
        if len(told) > 5:
            raise Cancelled("stopped")

    told.clear()
    with pytest.raises(Cancelled):
        build_aggregate(PARAMETERS, 1, progress=told.append, cancel=stop)
    assert len(told) < 10


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("rolled", [False, True])
def test_few_particles(number, rolled):
    """Small numbers have few ways to touch: no merge may ask for more than there are."""
    made = build_aggregate(replace(PARAMETERS, number=number, rolled=rolled, coordination=5.0), 3)
    assert number - 1 <= len(made.contacts) <= number * (number - 1) // 2
    assert len(made) == number


@pytest.mark.parametrize("trials", [1, 40])
def test_any_number_of_trials(trials):
    made = build_aggregate(replace(PARAMETERS, trials=trials), 2)
    assert float(made.parts["fact.gyration_ratio"]) == pytest.approx(1.0, abs=0.01)


def test_film_lies_under_the_lowest_sphere():
    made = build_aggregate(PARAMETERS, 1)
    film = FilmSettings(thickness=120.0)
    part = film_part(SPECIMEN.model_copy(update={"film": film}), made, 1)
    assert part.tolist() == [120.0, 0.0, 0.0, 0.0, 0.0, 0.0, min(made.centres[:, 2] - made.radii)]


@pytest.mark.parametrize("holes", ["square", "hexagonal"])
def test_holes_lie_anywhere_in_a_cell_of_their_lattice(holes):
    """In units of the lattice's vectors both coordinates are spread evenly from 0 to 1."""
    made = build_aggregate(replace(PARAMETERS, number=2), 1)
    film = FilmSettings(thickness=30.0, holes=holes, hole_radius=40.0, hole_spacing=300.0)
    settings = SPECIMEN.model_copy(update={"film": film})
    parts = np.array([film_part(settings, made, seed) for seed in range(300)])
    assert set(map(tuple, parts[:, :4])) == {(30.0, 40.0, 300.0, float(holes == "hexagonal"))}
    second = (150.0, 300.0 * np.sqrt(0.75)) if holes == "hexagonal" else (0.0, 300.0)
    shares = np.linalg.solve(np.array([[300.0, 0.0], second]).T, parts[:, 4:6].T)
    assert shares.min() > -1e-6 and shares.max() < 1.0 + 1e-6
    np.testing.assert_allclose(shares.mean(axis=1), 0.5, atol=0.06)
    np.testing.assert_allclose(shares.std(axis=1), np.sqrt(1.0 / 12.0), atol=0.03)


def test_aggregates_are_as_often_long_in_any_direction():
    """Mean tensor of gyration over many: a third of its trace along each axis, to four standard errors."""
    model = AggregateSpecimen(number=20, trials=4).parameters()
    shares = []
    for seed in range(120):
        made = build_aggregate(model, seed)
        masses = made.radii**3
        spread = made.centres - np.average(made.centres, axis=0, weights=masses)
        moments = np.average(spread**2, axis=0, weights=masses)
        shares.append(moments / moments.sum())
    found = np.array(shares)
    errors = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    assert np.all(np.abs(found.mean(axis=0) - 1.0 / 3.0) < 4.0 * errors), (found.mean(axis=0), errors)
