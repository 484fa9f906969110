"""A small plan, job and render with the real ones' names: quick, and able to fail on demand."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from sim.core.canonical import plain, sha256_of
from sim.core.types import Sample, Structure

CLASSES = ("decahedron", "icosahedron", "wire")


class Names(SimpleNamespace):
    """Settings by attribute, with the ``tree`` of real settings."""

    def tree(self) -> dict[str, Any]:
        return {key: value.tree() if isinstance(value, Names) else value for key, value in vars(self).items()}

    @property
    def canonical(self) -> dict[str, Any]:
        return plain(self.tree())

    @property
    def digest(self) -> str:
        return sha256_of(self.tree())


@dataclass(frozen=True)
class FakeCatalogue(Mapping[str, Structure]):
    """Structures by hash, in memory."""

    structures: dict[str, Structure] = field(default_factory=dict)

    def with_snapshots(self, directory: Path) -> FakeCatalogue:
        return self

    def __getitem__(self, key: str) -> Structure:
        return self.structures[key]

    def __iter__(self):
        return iter(self.structures)

    def __len__(self) -> int:
        return len(self.structures)


@dataclass(frozen=True)
class FakeRecipe:
    """What a plan is made of."""

    images: int = 23
    seed: int = 7
    per_shard: int = 5
    height: int = 12
    width: int = 16
    pixel_size: float = 0.2
    name: str = "fake"
    dtype: str = "uint16"
    vary: tuple[Any, ...] = ()
    memory_bytes: int = 1 << 20

    @property
    def dataset_version(self) -> str:
        return str(self.dataset.version)

    @property
    def image(self) -> Names:
        return Names(pixel_size=self.pixel_size, width=self.width, height=self.height)

    @property
    def noise(self) -> Names:
        mode = "none" if self.dtype == "float32" else "poisson"
        return Names(preset="poisson_medium", exposure=Names(mode=mode))

    @property
    def dataset(self) -> Names:
        return Names(version="fake_v1", licence="CC-BY-4.0", citation="")

    def tree(self) -> dict[str, Any]:
        return {
            "name": self.name, "description": "", "images": self.images, "seed": self.seed,
            "dataset": {**self.dataset.tree(), "images_per_shard": self.per_shard},
            "image": self.image.tree(), "noise": self.noise.tree(),
        }  # fmt: skip


class FakeJob(Names):
    """One image's settings."""


class FakePlan:
    """The names of :class:`sim.plan.plan.Plan`."""

    def __init__(self, recipe: FakeRecipe, catalogue: FakeCatalogue | None = None) -> None:
        self.recipe = recipe
        self.catalogue = catalogue if catalogue is not None else FakeCatalogue()
        self.shape = (recipe.height, recipe.width)
        self.count_dtype = recipe.dtype
        self.memory_bytes = recipe.memory_bytes
        self.bytes_per_image = recipe.height * recipe.width * 7

    def __len__(self) -> int:
        return self.recipe.images

    def __getitem__(self, index: int) -> FakeJob:
        recipe = self.recipe
        name = CLASSES[index % len(CLASSES)]
        return FakeJob(
            image_id=f"{name}_{index:05d}",
            structure_id=name,
            geometry=name,
            class_name=name,
            specimen_key=sha256_of([recipe.seed, index // 2]),
            image_key=sha256_of([recipe.seed, index]),
            replicate=index // len(CLASSES),
            repeat=0,
            orientation_seed=2**62 + index,
            noise_seed=recipe.seed * 1000 + index,
            split=("train", "train", "validation", "test")[index % 4],
            count_dtype=recipe.dtype,
            varied={"imaging.sigma": 0.5 + index / 8, "noise.preset": ("a", "b")[index % 2]},
            structures=tuple(self.catalogue),
            image=recipe.image,
            imaging=Names(model="gaussian", sigma=0.5 + index / 8, alpha=1.0),
            noise=recipe.noise,
        )

    def shard_boundaries(self) -> list[tuple[int, int]]:
        step = self.recipe.per_shard
        return [(start, min(start + step, len(self))) for start in range(0, len(self), step)]

    def published_recipe(self) -> FakeRecipe:
        return self.recipe

    @property
    def sha256(self) -> str:
        return sha256_of([self.recipe.tree(), list(self.catalogue)])


def fake_render(job: Any, structures: Mapping[str, Structure], cancel: Any) -> Sample:
    """Arrays that follow from the job alone; the number of atoms differs from image to image."""
    cancel()
    height, width = job.image.height, job.image.width
    generator = np.random.default_rng(job.noise_seed)
    image = generator.integers(0, 1000, (height, width)).astype(job.count_dtype)
    atoms = job.noise_seed % 4  # none at all in every fourth image
    return Sample(
        image=image,
        clean=(image * np.float32(0.5)).astype(np.float32),
        labels={
            "particle_mask": (image > 400).astype(np.uint8),
            "column_ids": (image // 3).astype(np.uint16),
        },
        tables={
            "atoms": {
                "x": generator.normal(size=atoms),
                "number": np.full(atoms, 79, dtype=np.int64),
            },
            "columns": {
                "xy": generator.normal(size=(atoms + 1, 2)),
                "resolved": np.arange(atoms + 1) % 2 == 0,
            },
        },
        truth={
            "quaternion": (0.5, 0.5, -0.5, float(job.replicate)),
            "electrons": float(image.sum()),
            "seated": True,
        },
    )


@dataclass(frozen=True)
class Rendering:
    """:func:`fake_render` with a delay, a crash or an error for chosen images.

    Attributes
    ----------
    seconds
        Time every image takes.
    kill
        Image ids at which the process kills itself.
    marks
        Folder where a crash leaves a mark; with ``once`` a marked image does not crash again.
    error
        Image id → (exception, its arguments) to raise; not every exception itself can be pickled.
    """

    seconds: float = 0.0
    kill: tuple[str, ...] = ()
    once: bool = False
    marks: str = ""
    error: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def __call__(self, job: Any, structures: Mapping[str, Structure], cancel: Any) -> Sample:
        time.sleep(self.seconds)
        if job.image_id in self.kill:
            mark = Path(self.marks) / job.image_id
            if not (self.once and mark.exists()):
                with mark.open("ab") as stream:
                    stream.write(b"x")
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        if job.image_id in self.error:
            kind, *arguments = self.error[job.image_id]
            raise kind(*arguments)
        return fake_render(job, structures, cancel)


def fake_plan(**changes: Any) -> FakePlan:
    """A plan of the fake recipe with some fields changed."""
    return FakePlan(replace(FakeRecipe(), **changes))


class ExtraPlan(FakePlan):
    """A plan whose images come with further arrays: a detector, its segments, an exit wave, 4D data."""

    def __init__(self, recipe: FakeRecipe, catalogue: FakeCatalogue | None = None) -> None:
        super().__init__(recipe, catalogue)
        frame = self.shape
        self.extras = {
            "detector_bright_field": frame,
            "detector_segments": (*frame, 4),
            "diffraction": (*frame, 6, 10),
            "exit_wave_phase": frame,
            "mean_pattern": (6, 10),
        }
        self.extra_axes = {"diffraction": (("qy", "mrad", 12.5, -5.0), ("qx", "mrad", -22.5, 5.0))}
        self.bytes_per_image += 4 * sum(int(np.prod(shape)) for shape in self.extras.values())


def extra_plan(**changes: Any) -> ExtraPlan:
    """An :class:`ExtraPlan` with some fields of its recipe changed."""
    return ExtraPlan(replace(FakeRecipe(), **changes))


def extra_render(job: Any, structures: Mapping[str, Structure], cancel: Any) -> Sample:
    """:func:`fake_render` as a wave model would give it: tier B but for labels and atoms; with extras."""
    sample = fake_render(job, structures, cancel)
    generator = np.random.default_rng(job.noise_seed + 1)
    frame = sample.image.shape
    return replace(
        sample,
        tier="B",
        tiers={"labels": "A", "atoms": "A"},
        extras={
            "detector_bright_field": generator.random(frame, dtype=np.float32),
            "detector_segments": generator.random((*frame, 4), dtype=np.float32),
            "diffraction": generator.random((*frame, 6, 10), dtype=np.float32),
            "exit_wave_phase": generator.random(frame, dtype=np.float32) * np.float32(6) - np.float32(3),
            "mean_pattern": generator.random((6, 10), dtype=np.float32),
        },
    )
