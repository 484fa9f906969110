"""A finished fake dataset for tests that read or damage one."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # worker processes import dataset_fakes by name

from dataset_fakes import fake_plan, fake_render

from sim.dataset.run import Summary, generate_dataset


@pytest.fixture(scope="session", autouse=True)
def quick_disk():
    """No waiting for the disk in this process: tests kill processes, not the power supply."""
    patch = pytest.MonkeyPatch()
    patch.setattr(os, "fsync", lambda descriptor: os.fstat(descriptor) and None)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """A finished dataset of 23 images in 5 shards; nobody writes to it."""
    return generate_dataset(fake_plan(), tmp_path_factory.mktemp("pristine") / "data", render=fake_render)


@pytest.fixture
def damaged(pristine: Summary, tmp_path: Path) -> Path:
    """A copy of the pristine dataset to be damaged."""
    return Path(shutil.copytree(pristine.directory, tmp_path / "copy"))
