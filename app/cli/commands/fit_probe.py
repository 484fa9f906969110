"""``nanophantom fit-probe``: the linear dark-field model fitted to multislice, with its error."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from app.cli.making import make_plan
from app.cli.options import add_recipe, chosen_recipe, whole_number
from app.cli.parser import Parser
from app.cli.progress import working
from sim.core.errors import InputError

if TYPE_CHECKING:
    from sim.imaging.stem.settings import ProbeImaging, StemImaging
    from sim.recipe.model import Job

DESCRIPTION = """\
Fit the fast model 'probe' to a multislice image of the same specimen, and say how well it does.

    nanophantom fit-probe haadf_au55_small --index 0

The recipe's imaging model is 'stem' with an annular first detector, or 'probe'.  What is printed goes into
the [imaging] section of a recipe.  1 − R² and RMS/sd are those of the image fitted to, and of a second image
(--check) that the fit has not seen.
"""


def add_arguments(parser: Parser) -> None:
    add_recipe(parser)
    parser.add_argument("--index", metavar="I", default="0", help="image to fit to, from 0 (default: 0)")
    parser.add_argument("--check", metavar="J", help="image to test the fit on, such as another class's")


def run(arguments: argparse.Namespace) -> int:
    from sim.imaging.stem.linear import fitted, model_of, parameters_of
    from sim.imaging.stem.model import project
    from sim.physics.stem.linear import assess
    from sim.render.context import RenderContext
    from sim.render.specimen import pose_specimen

    recipe = chosen_recipe(arguments)
    with working("none") as work:
        plan = make_plan(recipe, work.cancel)
        context = RenderContext(structures=plan.catalogue, cancel=work.cancel)
        wanted = [whole_number("--index", arguments.index, 0, len(plan) - 1)]
        if arguments.check is not None:
            wanted.append(whole_number("--check", arguments.check, 0, len(plan) - 1))
        lines: list[str] = []
        settings: ProbeImaging | None = None
        for index in wanted:
            job = plan[index]
            exact, linear = _pair(job)
            specimen, _ = pose_specimen(job, context)
            grid = _grid(job)
            around = _around(job, work.cancel)
            image = project(specimen, grid, exact, around).fraction
            if settings is None:
                settings, fit = fitted(specimen, grid, linear, image, around)
                what = "fitted to"
            else:
                model = model_of(specimen, grid, settings, around)
                fit = assess(model, parameters_of(settings), image, *grid.centres())
                what = "not fitted to"
            lines.append(
                f"# {what} {job.image_id}: 1 − R² = {fit.unexplained:.4f}, RMS/sd = {fit.rms_over_sd:.3f}"
            )
    assert settings is not None
    print("\n".join(lines))
    print("[imaging]")
    print('model = "probe"')
    for name in ("convergence", "source_size", "inner", "outer"):
        print(f"{name} = {getattr(settings, name)!r}")
    for name in ("scale", "exponent", "focusing", "saturation", "spread"):
        print(f"{name} = {getattr(settings, name):.4g}")
    print(f"\n[imaging.beam]\nvoltage = {settings.beam.voltage!r}")
    _print_changed(settings)
    return 0


def _print_changed(settings: ProbeImaging) -> None:
    """Focus, aberrations and thermal motion, where they are not as they are by themselves."""
    import tomli_w

    usual = type(settings)().tree()
    for group in ("focus", "aberrations", "phonons"):
        given = settings.tree()[group]
        changed = {name: value for name, value in given.items() if value != usual[group][name]}
        if changed:
            print("\n" + tomli_w.dumps({"imaging": {group: changed}}).rstrip())


def _pair(job: Job) -> tuple[StemImaging, ProbeImaging]:
    """The multislice and the linear settings of a job, for the same probe and detector."""
    from sim.imaging.stem.settings import (
        AnnularDetector,
        ProbeImaging,
        ScanBeamSettings,
        StemImaging,
        linear_of,
        moving,
    )

    given: Any = job.imaging
    if isinstance(given, StemImaging):
        ring = given.detectors[0]
        if not isinstance(ring, AnnularDetector):
            raise InputError(
                f"imaging.detectors.{ring.name}",
                "is no annular detector, and the linear model knows no other",
                value=ring.kind,
                remedy="put an annular detector first",
            )
        return given.model_copy(update={"detectors": (ring,)}), linear_of(given, ring)
    if isinstance(given, ProbeImaging):
        ring = AnnularDetector(name="ring", inner=given.inner, outer=given.outer)
        exact = StemImaging(
            convergence=given.convergence,
            source_size=given.source_size,
            focus=given.focus,
            aberrations=given.aberrations,
            beam=ScanBeamSettings(voltage=given.beam.voltage),
            detectors=(ring,),
            phonons=moving(given.phonons),
        )
        return exact, given
    raise InputError(
        "imaging.model",
        "has no probe",
        value=given.model,
        allowed="stem, probe",
        remedy="use a recipe with one of these models, or --set imaging.model=probe",
    )


def _grid(job: Job) -> Any:
    from sim.core.types import ImageGrid

    return ImageGrid(int(job.image.height), int(job.image.width), job.image.pixel_size)


def _around(job: Job, cancel: Any) -> Any:
    import os

    from sim.imaging.model import Surroundings

    return Surroundings(seed=job.orientation_seed, cancel=cancel, workers=min(4, os.cpu_count() or 1))
