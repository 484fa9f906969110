"""Plans: identity of randomness, growth, variation, bounds, shards."""

from __future__ import annotations

import pickle
from collections import Counter
from importlib.resources import files

import pytest
import scipy.stats

from sim.core.errors import InputError
from sim.core.settings import validate
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Job, Recipe

FOLDER = str(files("resources") / "recipes" / "gold_silver")
FOUR = ["icosahedron", "cuboctahedron", "decahedron", "garzon"]


def make(**tree):
    recipe = validate(Recipe, tree)
    return Plan(recipe, collect_structures(recipe))


def grid(path, *values, **more):
    return {"path": path, "law": "grid", "values": list(values), **more}


def jobs_by_id(plan):
    jobs = {job.image_id: job for job in plan}
    assert len(jobs) == len(plan)
    return jobs


def test_a_job_round_trips_and_its_hash_with_it():
    job = make(images=3, seed=2**62)[1]
    again = Job.model_validate(validate(Job, job.canonical))
    assert again == job
    assert again.digest == job.digest
    assert isinstance(job.canonical["orientation_seed"], str)


def test_planning_twice_gives_the_same_jobs():
    tree = {"images": 20, "vary": [grid("specimen.geometry", *FOUR)]}
    assert [job.digest for job in make(**tree)] == [job.digest for job in make(**tree)]


def test_growing_the_dataset_changes_nothing_that_was_there():
    tree = {
        "vary": [
            grid("specimen.geometry", *FOUR),
            grid("imaging.alpha", 0.5, 1.0, 1.5),
            {"path": "imaging.sigma", "law": "normal", "mean": 0.6, "deviation": 0.2},
            {"path": "noise.exposure.dose", "law": "uniform", "low": 1e3, "high": 1e5},
        ]
    }
    small, large = jobs_by_id(make(images=17, **tree)), jobs_by_id(make(images=61, **tree))
    assert set(small) <= set(large)
    assert all(large[key].digest == job.digest for key, job in small.items())


def test_more_sweep_points_change_nothing_that_was_there():
    before = jobs_by_id(
        make(
            images=8,
            vary=[grid("specimen.geometry", "icosahedron", "garzon"), grid("imaging.alpha", 0.5, 1.5)],
        )
    )
    after = jobs_by_id(
        make(
            images=36,
            vary=[
                grid("specimen.geometry", "decahedron", "icosahedron", "garzon"),
                grid("imaging.alpha", 0.2, 0.5, 1.0, 1.5),
            ],
        )
    )
    assert set(before) <= set(after)
    assert all(after[key].digest == job.digest for key, job in before.items())


def test_another_law_does_not_disturb_the_draws_of_the_first():
    one = {"path": "imaging.sigma", "law": "uniform", "low": 0.4, "high": 0.8}
    two = {"path": "imaging.alpha", "law": "uniform", "low": 0.5, "high": 1.5}
    alone, both = make(images=9, vary=[one]), make(images=9, vary=[two, one])
    assert [job.imaging.sigma for job in alone] == [job.imaging.sigma for job in both]


def test_a_series_shares_its_specimen_and_not_its_noise():
    plan = make(images=8, vary=[grid("noise.exposure.dose", 1e3, 1e4, 1e5, 2e5)])
    first, second = list(plan)[:4], list(plan)[4:]
    assert len({job.orientation_seed for job in first}) == 1
    assert len({job.specimen_key for job in first}) == 1
    assert len({job.split for job in first}) == 1
    assert len({job.noise_seed for job in plan}) == 8
    assert {job.orientation_seed for job in first}.isdisjoint(job.orientation_seed for job in second)


def test_repeats_share_the_specimen_and_differ_in_noise():
    plan = make(images=6, repeats=3)
    assert [job.repeat for job in plan] == [0, 1, 2, 0, 1, 2]
    assert len({job.orientation_seed for job in plan}) == 2
    assert len({job.noise_seed for job in plan}) == 6


def test_per_structure_values_are_shared_by_the_images_of_a_structure():
    plan = make(
        images=12,
        vary=[
            grid("imaging.alpha", 0.5, 1.0, 1.5),
            {"path": "imaging.sigma", "law": "uniform", "low": 0.4, "high": 0.8, "per": "structure"},
        ],
    )
    by_specimen = {}
    for job in plan:
        by_specimen.setdefault(job.specimen_key, set()).add(job.imaging.sigma)
    assert len(by_specimen) == 4
    assert all(len(sigmas) == 1 for sigmas in by_specimen.values())


def test_a_drawn_imaging_value_leaves_the_pose_alone():
    fixed, drawn = (
        make(images=5),
        make(images=5, vary=[{"path": "imaging.sigma", "law": "uniform", "low": 0.4, "high": 0.8}]),
    )
    assert [job.orientation_seed for job in fixed] == [job.orientation_seed for job in drawn]


@pytest.mark.parametrize("images", [1, 3, 4, 5, 7, 30])
def test_images_are_spread_evenly_over_classes(images):
    plan = make(images=images, vary=[grid("specimen.geometry", *FOUR), grid("imaging.alpha", 0.5, 1.0, 1.5)])
    counts = Counter(job.class_name for job in plan)
    assert max(counts.values()) - min(counts.get(name, 0) for name in FOUR) <= 1


def test_splits_follow_their_shares_and_keep_specimens_whole():
    plan = make(images=3000, repeats=2, image={"width": 16, "height": 16})
    splits = {}
    for job in plan:
        splits.setdefault(job.specimen_key, set()).add(job.split)
    assert all(len(split) == 1 for split in splits.values())
    counts = Counter(split for (split,) in splits.values())
    observed = [counts["train"], counts["validation"], counts["test"]]
    assert scipy.stats.chisquare(observed, [1200, 150, 150]).pvalue > 1e-3


def test_another_seed_gives_other_images():
    first, second = make(images=5, seed=1), make(images=5, seed=2)
    assert not {job.image_id for job in first} & {job.image_id for job in second}
    assert {job.noise_seed for job in first}.isdisjoint({job.noise_seed for job in second})


def test_designs_fill_their_ranges():
    vary = [
        {"path": "imaging.sigma", "law": "latin_hypercube", "low": 0.4, "high": 0.8},
        {"path": "imaging.alpha", "law": "latin_hypercube", "low": 0.0, "high": 2.0},
    ]
    plan = make(images=40, vary=vary)
    for path, low, high in (("imaging.sigma", 0.4, 0.8), ("imaging.alpha", 0.0, 2.0)):
        strata = sorted(int((job.varied[path] - low) / (high - low) * 40) for job in plan)
        assert strata == list(range(40))


def test_sobol_designs_are_stable_under_growth_and_even():
    vary = [
        {"path": "imaging.sigma", "law": "sobol", "low": 0.4, "high": 0.8},
        {"path": "imaging.alpha", "law": "sobol", "low": 0.0, "high": 2.0},
    ]
    small, large = make(images=16, vary=vary), make(images=64, vary=vary)
    assert [job.varied for job in small] == [job.varied for job in large][:16]
    quarters = Counter((job.imaging.sigma > 0.6, job.imaging.alpha > 1.0) for job in large)
    assert set(quarters.values()) == {16}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (grid("imaging.sigma", 0.5, 9.0), ["imaging.sigma", "9.0", "0.05 to 5 Å"]),
        (grid("imaging.sgma", 0.5), ["vary.0.path", "did you mean 'imaging.sigma'?"]),
        (grid("image.width", 64, 128), ["vary.0.path", "may not vary", "one dataset for each value"]),
        (grid("seed", 1, 2), ["vary.0.path"]),
        (grid("noise.exposure", 1), ["vary.0.path", "group"]),
        (grid("noise.preset", "poisson_low", "poisson_lowest"), ["poisson_lowest"]),
        (grid("noise.preset", "poisson_low", "none"), ["expectation images", "two datasets"]),
        ({"path": "noise.preset", "law": "uniform", "low": 0.0, "high": 1.0}, ["no number", "grid, choice"]),
        (
            {"path": "imaging.sigma", "law": "uniform", "low": 0.9, "high": 0.5},
            ["vary.0.low", "larger than high"],
        ),
        (
            {"path": "imaging.sigma", "law": "uniform", "low": 0.0, "high": 0.5},
            ["vary.0.low = 0.0", "0.05 to 5 Å"],
        ),
        (grid("specimen.geometry", "garzon", per="image"), ["vary.0.per", "belongs to the structure"]),
        (grid("imaging.sigma", 0.5, per="instance"), ["vary.0.per", "no instances"]),
    ],
)
def test_bad_variations_are_refused_before_any_work(entry, words):
    with pytest.raises(InputError) as caught:
        make(images=4, vary=[entry])
    for word in words:
        assert word in str(caught.value)


def law(path, name, **numbers):
    return {"path": path, "law": name, **numbers}


FILES = [{"name": name, "path": f"{FOLDER}/{name}.xyz"} for name in ("gold", "silver")]


@pytest.mark.parametrize("path", ["specimen.files.gold.path", "specimen.files.gold.sha256", "specimen.files"])
def test_what_a_name_stands_for_may_not_vary(path):
    """Both jobs would carry one structure under the name of two."""
    with pytest.raises(InputError, match=r"vary\.0\.path.*specimen\.structure"):
        make(specimen={"kind": "file", "structure": "gold", "files": FILES}, vary=[grid(path, "a", "b")])


@pytest.mark.parametrize("path", ["specimen.kind", "pose.kind", "imaging.model"])
def test_kinds_may_not_vary(path):
    with pytest.raises(InputError, match="decides which other settings"):
        make(vary=[grid(path, "x")])


@pytest.mark.parametrize("values", [[1, 1.0], [0.0, -0.0]])
def test_one_number_written_in_two_ways_is_one_value(values):
    with pytest.raises(InputError, match=r"vary\.0\.values.*twice"):
        make(vary=[grid("imaging.alpha", *values)])


def test_a_published_recipe_loads_and_names_no_path():
    plan = make(
        specimen={"kind": "file", "structure": "gold", "files": FILES},
        vary=[grid("specimen.structure", "silver")],
    )
    published = plan.published_recipe()
    again = validate(Recipe, published.tree())
    assert again.specimen.structure == "silver"
    assert FOLDER not in str(published.tree())


def test_a_fixed_pose_makes_one_specimen_that_no_split_divides():
    plan = make(images=60, pose={"kind": "zone_axis"})
    assert len({job.specimen_key for job in plan}) == 1
    assert len({job.split for job in plan}) == 1
    assert len({job.noise_seed for job in plan}) == 60


def test_values_that_only_go_together_are_not_refused_alone():
    plan = make(images=2, pose={"kind": "zone_axis"}, vary=[grid("pose.u", 1.0, 2.0), grid("pose.w", 0.0)])
    assert {job.pose.u for job in plan} == {1.0, 2.0}
    with pytest.raises(InputError, match=r"specimen\.form.*disordered"):
        make(vary=[grid("specimen.geometry", *FOUR), grid("specimen.form", "relaxed", "ideal")])


def test_open_laws_are_bounded_by_what_they_can_draw():
    small = law("noise.scan.drift_x", "normal", mean=0.0, deviation=0.01)
    assert len(make(images=1, vary=[small])) == 1
    assert (
        len(
            make(
                images=1, vary=[law("imaging.collected_fraction", "log_normal", median=0.0066, deviation=0.1)]
            )
        )
        == 1
    )
    auto = {"width": "auto", "height": "auto"}
    shifted = make(images=1, image=auto, vary=[law("pose.shift_x", "normal", mean=0.0, deviation=0.5)])
    still = make(images=1, image=auto)
    assert shifted.shape[0] == still.shape[0]
    assert 0 <= shifted.shape[1] - still.shape[1] - 2 * 8.5 * 0.5 / 0.2 < 16


def test_the_field_grows_with_a_fixed_shift():
    auto = {"width": "auto", "height": "auto"}
    plain, shifted = make(image=auto), make(image=auto, pose={"kind": "random", "shift_y": -6.4})
    assert shifted.shape == (plain.shape[0] + 64, plain.shape[1])


def test_every_setting_counts_however_many_vary():
    """Thirteen varied numbers must not hide the largest dose or a mode without counts."""
    names = ["drift_x", "drift_y", "jitter_x", "jitter_y", "shear", "scale", "settling_amplitude"]
    many = [law(f"noise.scan.{name}", "uniform", low=0.0, high=1e-4) for name in names]
    many += [law(f"imaging.{name}", "uniform", low=0.5, high=1.0) for name in ("sigma", "alpha")]
    many += [
        law("image.pixel_size", "uniform", low=0.2, high=0.4),
        law("pose.shift_x", "uniform", low=0.0, high=1.0),
    ]
    dose = law("noise.exposure.dose", "uniform", low=1e3, high=2e7)
    assert make(images=1, vary=[*many, dose]).count_dtype == "uint32"
    with pytest.raises(InputError, match="two datasets"):
        make(vary=[*many, law("noise.exposure.mode", "choice", values=["poisson", "none"])])


def test_too_many_to_foresee_is_refused():
    numbers = ("dose", "beam_current")
    entries = [law(f"noise.exposure.{name}", "uniform", low=1.0, high=2.0) for name in numbers]
    detector = ("gain", "gain_spread", "afterglow_time", "dark", "read_noise", "adc_gain", "adc_offset")
    entries += [law(f"noise.detector.{name}", "uniform", low=0.5, high=0.75) for name in detector]
    film = ("thickness", "roughness", "scattering", "cutoff")
    with pytest.raises(InputError, match="too many to foresee|is no setting"):
        make(
            vary=[
                *entries,
                *(law(f"noise.background.{name}", "uniform", low=0.001, high=0.002) for name in film),
                *(
                    grid(f"noise.{p}", *v)
                    for p, v in {
                        "exposure.mode": ("poisson", "expected"),
                        "exposure.source": ("dose", "beam_current"),
                        "detector.adc_bits": (8, 12),
                    }.items()
                ),
            ]
        )


def test_numbers_of_a_short_list_take_no_law():
    with pytest.raises(InputError, match=r"vary\.0\.law.*grid, choice"):
        make(vary=[law("noise.detector.adc_bits", "uniform", low=8, high=16)])


def test_tables_count_in_the_size_of_an_image():
    with_tables, without = make(), make(labels={"atoms": False, "columns": False})
    assert with_tables.bytes_per_image - without.bytes_per_image == 55 * (46 + 38)


def test_a_film_brighter_than_the_beam_is_refused():
    with pytest.raises(InputError, match=r"noise\.background\.thickness"):
        make(noise={"preset": "poisson_medium", "background": {"thickness": 200.0, "scattering": 0.01}})


@pytest.mark.parametrize("count", [22])
def test_designs_that_cannot_be_made_are_refused_before_any_job(count, monkeypatch):
    monkeypatch.setattr("sim.plan.designed.designs.MOST_DIMENSIONS", 1)
    entries = [law(f"imaging.{name}", "sobol", low=0.5, high=1.0) for name in ("sigma", "alpha")]
    with pytest.raises(InputError, match="2 sobol entries"):
        make(vary=entries)
    monkeypatch.setattr("sim.plan.designed.LARGEST_DESIGN", 10)
    with pytest.raises(InputError, match="Latin hypercube of 22"):
        make(images=count, vary=[law("imaging.sigma", "latin_hypercube", low=0.5, high=1.0)])


def test_designs_beside_grids_are_stable_under_growth():
    vary = [
        grid("specimen.geometry", "icosahedron", "garzon"),
        grid("imaging.alpha", 0.5, 1.0, 1.5),
        law("imaging.sigma", "sobol", low=0.4, high=0.8),
        law("pose.shift_x", "sobol", low=-1.0, high=1.0),
    ]
    small, large = jobs_by_id(make(images=8, vary=vary)), jobs_by_id(make(images=31, vary=vary))
    assert set(small) <= set(large)
    assert all(large[key].digest == job.digest for key, job in small.items())


def test_planning_does_not_slow_down_with_the_length_of_a_grid():
    """One job of a long even grid reads one value of it."""
    plan = make(images=3, vary=[law("imaging.sigma", "grid", start=0.1, stop=4.0, count=5_000)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.recipe.vary.VaryGrid.points", None)
        assert plan[2].imaging.sigma > 0.1


def test_varying_a_path_twice_is_refused():
    with pytest.raises(InputError, match="twice"):
        make(vary=[grid("imaging.sigma", 0.5), grid("imaging.sigma", 0.6)])


def test_varied_presets_keep_the_users_own_values():
    plan = make(
        images=2,
        noise={"exposure": {"dose": 777.0}},
        vary=[grid("noise.preset", "poisson_low", "poisson_high")],
    )
    assert [job.noise.exposure.dose for job in plan] == [777.0, 777.0]
    plan = make(images=2, vary=[grid("noise.preset", "poisson_low", "poisson_high")])
    assert [job.noise.exposure.dose for job in plan] == [1e6, 1e4]


def test_the_count_type_follows_from_the_laws_and_not_from_the_draws():
    vary = [{"path": "noise.exposure.dose", "law": "uniform", "low": 1e3, "high": 5e8}]
    assert {make(images=count, vary=vary).count_dtype for count in (1, 50)} == {"uint32"}
    assert make(images=1).count_dtype == "uint16"
    assert make(images=1, noise={"preset": "none"}).count_dtype == "float32"


def test_automatic_size_fits_the_structure_and_is_shared():
    plan = make(images=2, image={"width": "auto", "height": "auto", "pixel_size": 0.1})
    height, width = plan.shape
    radius = max(info.radius for info in plan.catalogue.infos.values())
    assert width * 0.1 >= 2 * radius
    assert width * 0.1 <= 2 * radius + 2 * 3 * 0.6 + 1.6 + 0.1
    assert (plan[0].image.height, plan[0].image.width) == (height, width)


def test_images_that_do_not_fit_in_memory_are_refused(monkeypatch):
    monkeypatch.setattr("sim.plan.bounds.physical_memory", lambda: 2**30)
    with pytest.raises(InputError, match=r"GiB of memory"):
        make(image={"width": 16384, "height": 16384})


def test_shards_cover_the_images_once_and_do_not_depend_on_their_number():
    small, large = make(images=100), make(images=1000)
    assert small.images_per_shard == large.images_per_shard
    for plan in (small, large):
        covered = [index for start, stop in plan.shard_boundaries() for index in range(start, stop)]
        assert covered == list(range(len(plan)))


def test_images_of_one_specimen_share_a_shard():
    plan = make(images=2000, vary=[grid("imaging.alpha", *[0.1 * k for k in range(1, 8)])])
    for start, _ in plan.shard_boundaries():
        assert start % 7 == 0


def test_a_plan_travels_to_other_processes():
    plan = make(images=5, vary=[grid("specimen.geometry", *FOUR)])
    again = pickle.loads(pickle.dumps(plan))
    assert [job.digest for job in again] == [job.digest for job in plan]


def test_image_ids_are_safe_as_file_names_and_say_what_they_show():
    from sim.plan.plan import image_id

    assert image_id("Au55", "icosahedron", 3, "0123456789abcdef") == "Au55_icosahedron_00003_0123456789ab"
    assert image_id("a/b ..\\c", "é", 0, "f" * 64) == "a-b-..-c_00000_ffffffffffff"
    assert image_id("///", "///", 0, "f" * 64) == "structure_00000_ffffffffffff"


def test_changing_the_recipe_changes_the_plan_hash():
    assert make(images=5).sha256 == make(images=5).sha256
    assert make(images=5).sha256 != make(images=6).sha256


@pytest.mark.parametrize("value", [10**400, 1e309, float("nan")])
def test_numbers_beyond_all_floats_get_a_sentence(value):
    with pytest.raises(InputError, match=r"vary"):
        make(vary=[grid("imaging.alpha", value)])
