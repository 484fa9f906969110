"""Snapshots of a dataset as structure files of a recipe."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.errors import InputError, IntegrityError
from sim.core.types import Structure
from sim.specimen.catalogue import Catalogue, Source
from sim.specimen.snapshots import write_snapshot


@pytest.fixture
def structure() -> Structure:
    return Structure(
        np.array([79, 6]), np.array([[0.0, 0.0, 0.0], [1.5, 0.25, -2.0]]), np.diag([9.0, 8.0, 7.0])
    )


def test_a_snapshot_is_known_by_its_name(structure, tmp_path):
    path = str(write_snapshot(tmp_path, structure))
    read = Source("file:a", path, path=path).load()
    assert read.sha256 == structure.sha256
    np.testing.assert_array_equal(read.positions, structure.positions)
    np.testing.assert_array_equal(read.cell, structure.cell)
    (found,) = Catalogue.collect([Source("file:a", path, path=path)])
    assert found == structure.sha256


def test_a_renamed_snapshot_needs_format_and_hash(structure, tmp_path):
    path = write_snapshot(tmp_path, structure).rename(tmp_path / "gold.h5")
    text = str(path)
    source = Source("file:a", text, path=text, format="snapshot", sha256=structure.sha256)
    assert source.load().sha256 == structure.sha256
    with pytest.raises(InputError, match="hash is not known; give its sha256"):
        Source("file:a", text, path=text, format="snapshot").load()
    with pytest.raises(IntegrityError, match="another structure"):
        Source("file:a", text, path=text, format="snapshot", sha256="0" * 64).load()
    # An ordinary .h5 file is no structure file, whatever it holds.
    with pytest.raises(InputError, match="does not say which format"):
        Source("file:a", text, path=text).load()


def test_a_snapshot_that_is_none(tmp_path):
    path = tmp_path / f"{'a' * 64}.h5"
    path.write_text("3\n\nAu 0 0 0\n")
    with pytest.raises(InputError, match="is no structure snapshot"):
        Source("file:a", str(path), path=str(path)).load()


def test_warnings_name_the_file(tmp_path):
    for name, distance in (("first", 2.8), ("second", 0.28)):
        (tmp_path / f"{name}.xyz").write_text(f"2\n\nAu 0 0 0\nAu {distance} 0 0\n")
    paths = [str(tmp_path / f"{name}.xyz") for name in ("first", "second")]
    catalogue = Catalogue.collect([Source(f"file:{path}", path, path=path) for path in paths])
    (warning,) = catalogue.warnings
    assert warning.startswith(f"{paths[1]}: ")
