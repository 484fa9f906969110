"""What an export is to do, as values, and the command lines that do it.  No Qt."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sim.core.places import state_folder
from sim.recipe.model import Recipe

StepKind = Literal["run", "export", "sheet", "verify"]

#: Recipes of interrupted runs that are kept.
MOST_RECIPES = 20
#: The console program beside a frozen window.
CONSOLE_PROGRAM = "nanophantom-console"
#: Where the packages app, sim and resources lie.
PACKAGE_ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class RunSpec:
    """One export as the user asked for it.

    Attributes
    ----------
    recipe
        With absolute paths of structure files.
    output
        Folder of the dataset.
    workers
        Worker processes; the result does not depend on them.
    resume, overwrite
        Go on with an unfinished dataset; replace what is in the folder.
    formats, scale
        What to write beside the dataset afterwards (npy, tiff, png, coco, yolo), and how images
        are scaled there (none, standardise, percentile).
    contact_sheet
        Draw an overview picture beside the folder afterwards.
    verify_after
        Hash the finished dataset again.
    """

    recipe: Recipe
    output: Path
    workers: int = 1
    resume: bool = False
    overwrite: bool = False
    formats: tuple[str, ...] = ()
    scale: str = "none"
    contact_sheet: bool = False
    verify_after: bool = False

    @property
    def images(self) -> int:
        """Number of images of the dataset."""
        return self.recipe.images

    def steps(self) -> tuple[Step, ...]:
        """What has to be done, in order."""
        kinds: list[StepKind] = ["run"]
        if self.formats:
            kinds.append("export")
        if self.contact_sheet:
            kinds.append("sheet")
        if self.verify_after:
            kinds.append("verify")
        return tuple(Step(kind, self.output, self) for kind in kinds)


@dataclass(frozen=True)
class Step:
    """One command line of a chain.

    Attributes
    ----------
    dataset
        Folder of the dataset it makes or reads.
    spec
        What it belongs to; None for a verification of its own.
    """

    kind: StepKind
    dataset: Path
    spec: RunSpec | None = None
    workers: int = 1

    @property
    def title(self) -> str:
        """What is going on while it runs."""
        return {
            "run": "Rendering",
            "export": "Writing other formats",
            "sheet": "Drawing the contact sheet",
            "verify": "Verifying",
        }[self.kind]

    @property
    def reports(self) -> bool:
        """Whether it prints progress and obeys lines on stdin."""
        return self.kind != "sheet"

    def arguments(self, *, resume: bool = False) -> list[str]:
        """The command line after the program's name.

        Parameters
        ----------
        resume
            Go on with what an earlier attempt has left.
        """
        dataset, spec = str(self.dataset), self.spec
        if self.kind == "verify":
            workers = self.workers if spec is None else spec.workers
            return ["verify", dataset, "--workers", str(workers), "--progress", "json"]
        assert spec is not None
        if self.kind == "sheet":
            return ["contact-sheet", dataset, "--output", str(sheet_path(self.dataset))]
        if self.kind == "export":
            return [
                "export", dataset, "--output", str(export_folder(self.dataset)),
                "--format", ",".join(spec.formats), "--scale", spec.scale, "--progress", "json",
            ]  # fmt: skip
        words = ["run", str(recipe_file(self.dataset)), "--output", dataset, "--workers", str(spec.workers)]
        words += ["--resume"] if spec.resume or resume else []
        # A replacement that was interrupted is gone on with by both words.
        words += ["--overwrite"] if spec.overwrite else []
        return [*words, "--progress", "json"]


def recipe_file(output: Path) -> Path:
    """Where the recipe of a run is kept while it is going on: one file for every output folder."""
    name = hashlib.sha256(os.fsencode(output)).hexdigest()[:24]
    return state_folder() / "runs" / f"{name}.toml"


def write_recipe(spec: RunSpec) -> Path:
    """Put the recipe where the child process reads it; recipes of long-forgotten runs are removed.

    Raises
    ------
    InputError
        If the program's own folder cannot be written.
    """
    from sim.recipe.toml import save_recipe

    path = recipe_file(spec.output)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = sorted(path.parent.glob("*.toml"), key=lambda item: item.stat().st_mtime, reverse=True)
        for old in kept[MOST_RECIPES:]:
            old.unlink(missing_ok=True)
    except OSError:
        pass  # where nothing can be written, saving says so
    save_recipe(spec.recipe, path)
    return path


def sheet_path(dataset: Path) -> Path:
    """The overview picture beside a dataset."""
    return dataset.with_name(f"{dataset.name}.png")


def export_folder(dataset: Path) -> Path:
    """The first new or empty folder beside a dataset for its other formats."""
    folder, number = dataset.with_name(f"{dataset.name}_export"), 1
    while os.path.lexists(folder) and not _is_empty(folder):
        number += 1
        folder = dataset.with_name(f"{dataset.name}_export_{number}")
    return folder


def _is_empty(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return False


def command(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Program and arguments of a command line of this very program.

    ``-P`` and PYTHONPATH (see :func:`environment`) together make sure that our ``app`` is started,
    whatever lies in the current folder.
    """
    if getattr(sys, "frozen", False):
        ending = ".exe" if sys.platform == "win32" else ""
        return str(Path(sys.executable).with_name(f"{CONSOLE_PROGRAM}{ending}")), list(arguments)
    return sys.executable, ["-P", "-m", "app", *arguments]


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The child's environment: our packages first, text in UTF-8."""
    before = variables.get("PYTHONPATH", "")
    path = os.pathsep.join([str(PACKAGE_ROOT), *([before] if before else [])])
    return {**variables, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
