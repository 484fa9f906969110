"""What the preview's thread keeps, what it reads again, which image it finds, what a draft leaves out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.cli.main import run
from app.gui.preview import worker as worker_module
from app.gui.preview.draft import DraftPolicy, draft_job
from app.gui.preview.results import Display, Result, Selection
from app.gui.preview.worker import PreviewWorker, Request, failure_of, find_image
from sim.core.errors import Cancelled, InputError, InputErrors, never
from sim.core.settings import validate
from sim.core.types import Sample
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Job, Recipe
from sim.recipe.toml import load_recipe
from sim.render.context import RenderContext
from sim.render.render import render

TWO_ATOMS = "2\n\nAu 0 0 0\nAu 2.5 1.0 {height}\n"


def file_recipe(path: Path) -> Recipe:
    files = [{"name": "pair", "path": str(path)}]
    return validate(Recipe, {"specimen": {"kind": "file", "structure": "pair", "files": files}})


def ask(recipe: Recipe, **named: object) -> Request:
    values: dict = {"selection": Selection(), "display": Display(), **named}
    return Request(1, recipe, **values)


def made(worker: PreviewWorker, request: Request) -> Result:
    result = worker.make(request, never)
    assert result is not None
    return result


def test_a_specimen_without_a_pose_has_no_quaternion(tmp_path: Path) -> None:
    path = tmp_path / "pair.xyz"
    path.write_text(TWO_ATOMS.format(height=3.0))
    request = ask(file_recipe(path))
    assert made(PreviewWorker(), request).quaternion is not None

    def without_pose(job: Job, context: RenderContext) -> Sample:
        sample = render(job, context)
        return replace(sample, truth={key: told for key, told in sample.truth.items() if key != "quaternion"})

    assert made(PreviewWorker(without_pose), request).quaternion is None


# --- what is kept ----------------------------------------------------------------------------


def test_structures_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changing anything but the specimen's sources reads no file."""
    reads = []
    monkeypatch.setattr(
        worker_module, "collect_structures", lambda *given: reads.append(1) or collect_structures(*given)
    )
    path = tmp_path / "pair.xyz"
    path.write_text(TWO_ATOMS.format(height=3.0))
    recipe, worker = file_recipe(path), PreviewWorker()
    first = made(worker, ask(recipe))
    second = made(worker, ask(recipe.model_copy(update={"seed": 43})))
    assert len(reads) == 1
    assert second.structure is first.structure
    assert second.digest != first.digest and second.job.noise_seed != first.job.noise_seed


def test_refresh_reads_the_file_again(tmp_path: Path) -> None:
    path = tmp_path / "pair.xyz"
    path.write_text(TWO_ATOMS.format(height=3.0))
    recipe, worker = file_recipe(path), PreviewWorker()
    before = made(worker, ask(recipe))
    path.write_text(TWO_ATOMS.format(height=5.0))
    assert made(worker, ask(recipe)).structure.sha256 == before.structure.sha256
    after = made(worker, ask(recipe, reread=True))
    assert after.structure.positions[1, 2] == 5.0 and after.digest != before.digest


def test_another_specimen_is_read_at_once() -> None:
    recipe, worker = Recipe(), PreviewWorker()
    before = made(worker, ask(recipe))
    other = recipe.model_copy(
        update={"specimen": recipe.specimen.model_copy(update={"geometry": "decahedron"})}
    )
    after = made(worker, ask(other))
    assert after.job.geometry != before.job.geometry
    assert after.structure.sha256 != before.structure.sha256


def test_missing_file_fails_and_appearing_file_works(tmp_path: Path) -> None:
    path = tmp_path / "pair.xyz"
    recipe, worker = file_recipe(path), PreviewWorker()
    with pytest.raises(InputError):
        worker.make(ask(recipe), never)
    path.write_text(TWO_ATOMS.format(height=3.0))
    assert len(made(worker, ask(recipe)).structure) == 2


def test_warnings_about_a_file_are_notes(tmp_path: Path) -> None:
    path = tmp_path / "pair.xyz"
    path.write_text(TWO_ATOMS.format(height=0.1).replace("2.5 1.0", "0.3 0.1"))
    result = made(PreviewWorker(), ask(file_recipe(path)))
    plan = Plan(result.recipe, collect_structures(result.recipe))
    assert result.notes == tuple(plan.catalogue.warnings)


def test_result_holds_the_pose_of_its_structure() -> None:
    """The quaternion turns the structure into the atoms' true positions."""
    from sim.numerics.rotations import quaternion_to_matrix

    result = made(PreviewWorker(), ask(Recipe()))
    atoms = result.sample.tables["atoms"]
    posed = np.stack([atoms["x"], atoms["y"], atoms["z"]], axis=1)
    centred = result.structure.positions - result.structure.positions.mean(axis=0)
    turned = centred @ quaternion_to_matrix(result.quaternion).T
    np.testing.assert_allclose(posed - posed.mean(axis=0), turned, atol=1e-5)


def test_nothing_to_show_another_way_before_the_first_image() -> None:
    assert PreviewWorker().make(ask(Recipe(), only_display=True), never) is None


def test_cancel_is_heard_before_rendering() -> None:
    def cancel() -> None:
        raise Cancelled("newer")

    with pytest.raises(Cancelled):
        PreviewWorker().make(ask(Recipe()), cancel)


# --- bytes -----------------------------------------------------------------------------------


def test_preview_is_the_command_lines_image(tmp_path: Path) -> None:
    """GUI and script give the same result: ``nanophantom render`` of the same recipe and index."""
    recipe = load_recipe("au55_four_classes")
    result = made(PreviewWorker(), ask(recipe, selection=Selection(7)))
    for flag, array in (((), result.sample.image), (("--clean",), result.sample.clean)):
        target = tmp_path / "image.npy"
        assert run(["render", "au55_four_classes", "--index", "7", "-o", str(target), *flag]) == 0
        stored = np.load(target)
        assert stored.dtype == array.dtype and stored.tobytes() == array.tobytes()
        target.unlink()


# --- which image -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def four_classes() -> Plan:
    recipe = load_recipe("au55_four_classes")
    return Plan(recipe, collect_structures(recipe))


@pytest.mark.parametrize("steps", [0, 1, 3, -1, -2, 10**6, -(10**6)])
@pytest.mark.parametrize("start", [0, 37])
def test_steps_go_through_the_images_of_a_class(four_classes: Plan, start: int, steps: int) -> None:
    wanted = four_classes.class_names[1]
    members = [index for index, job in enumerate(four_classes) if job.class_name == wanted]
    first = next(place for place, index in enumerate(members) if index >= start)
    expected = members[min(max(first + steps, 0), len(members) - 1)]
    assert find_image(four_classes, start, wanted, steps, never) == expected


def test_nearest_image_of_a_class_may_lie_before(four_classes: Plan) -> None:
    last = len(four_classes) - 1
    wanted = next(name for name in four_classes.class_names if name != four_classes.class_name(last))
    found = find_image(four_classes, last, wanted, 0, never)
    assert found < last and four_classes.class_name(found) == wanted


# --- drafts ----------------------------------------------------------------------------------


def test_draft_is_the_same_expectation_without_noise(four_classes: Plan) -> None:
    job, context = four_classes[3], RenderContext(structures=four_classes.catalogue)
    exact, draft = render(job, context), render(draft_job(job), context)
    np.testing.assert_array_equal(draft.clean, exact.clean)
    assert draft.image.dtype == exact.image.dtype
    assert not np.array_equal(draft.image, exact.image)
    assert not draft.labels and not draft.tables


def test_draft_has_no_noise_of_the_detector(four_classes: Plan) -> None:
    """Another noise seed gives the same draft, with spread pulses and read noise in the recipe."""
    job, context = four_classes[3], RenderContext(structures=four_classes.catalogue)
    detector = job.noise.detector.model_copy(update={"gain_spread": 0.5, "read_noise": 3.0})
    noise = job.noise.model_copy(update={"detector": detector})
    drafts = [
        render(draft_job(job.model_copy(update={"noise": noise, "noise_seed": seed})), context)
        for seed in (1, 2)
    ]
    np.testing.assert_array_equal(drafts[0].image, drafts[1].image)


def test_draft_keeps_the_labels_on_screen(four_classes: Plan) -> None:
    kept = draft_job(four_classes[0], {"particle_mask"}).labels
    assert (kept.particle_mask, kept.atoms, kept.columns) == (True, False, False)


def test_draft_leaves_out_every_label_that_a_recipe_can_store(four_classes: Plan) -> None:
    labels = four_classes[0].labels
    switches = {name: True for name, value in labels if isinstance(value, bool)}
    everything = four_classes[0].model_copy(update={"labels": labels.model_copy(update=switches)})
    drafted = draft_job(everything).labels
    assert switches and not any(getattr(drafted, name) for name in switches)
    assert drafted.visible_fraction == labels.visible_fraction


@pytest.mark.parametrize(
    ("shown", "switch"),
    [
        ("thickness_total", "thickness_map"),
        ("composition_79", "composition_map"),
        ("planes", "objects"),
        ("objects", "objects"),
        ("grain_map", "grain_map"),
    ],
)
def test_draft_keeps_what_makes_a_map_on_screen(four_classes: Plan, shown: str, switch: str) -> None:
    labels = four_classes[0].labels
    switches = {name: True for name, value in labels if isinstance(value, bool)}
    everything = four_classes[0].model_copy(update={"labels": labels.model_copy(update=switches)})
    drafted = draft_job(everything, {shown}).labels
    assert [name for name in switches if getattr(drafted, name)] == [switch]


def test_draft_adds_no_label_that_the_recipe_leaves_out(four_classes: Plan) -> None:
    assert not four_classes[0].labels.visible_mask
    assert not draft_job(four_classes[0], {"visible_mask"}).labels.visible_mask


def test_draft_without_dose_keeps_none(four_classes: Plan) -> None:
    job = four_classes[0]
    exposure = job.noise.exposure.model_copy(update={"mode": "none"})
    bare = job.model_copy(update={"noise": job.noise.model_copy(update={"exposure": exposure})})
    assert draft_job(bare).noise.exposure.mode == "none"


def test_drafts_begin_where_exact_images_are_slow() -> None:
    policy = DraftPolicy()
    assert not policy.wants_draft(1024 * 1024)  # nothing is known yet
    policy.note_exact(256 * 256, 0.01)
    assert not policy.wants_draft(256 * 256)
    assert policy.wants_draft(1024 * 1024)
    policy.note_exact(256 * 256, 0.03)
    assert policy.wants_draft(256 * 256)


# --- failures --------------------------------------------------------------------------------


def test_several_errors_name_the_first_setting() -> None:
    errors = [InputError("imaging.sigma", "is too large"), InputError("seed", "is no number")]
    failure = failure_of(4, InputErrors(errors))
    assert failure.parameter == "imaging.sigma" and "seed" in failure.message and failure.token == 4


def test_missing_memory_is_no_bug() -> None:
    failure = failure_of(1, MemoryError())
    assert failure.unexpected is None and "memory" in failure.message
