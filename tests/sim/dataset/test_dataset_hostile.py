"""What is refused before a value is read from a foreign HDF5 file."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from sim.core.errors import IntegrityError
from sim.dataset.hostile import check_regular, opened


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as opened_file:
        yield opened_file


def refusal(file) -> str:
    name = file.filename
    file.close()
    from pathlib import Path

    path = Path(name)
    with pytest.raises(IntegrityError) as caught, opened(path, path.parent):
        pass
    return str(caught.value)


def test_external_links_are_refused(file):
    file.create_group("dataset")["images"] = h5py.ExternalLink("/etc/passwd", "/x")
    assert "x.h5: /dataset/images: is a link to another file" in refusal(file)


def test_external_storage_is_refused(file, tmp_path):
    (tmp_path / "raw").write_bytes(b"secret--")
    file.create_dataset("data", (8,), "u1", external=[(str(tmp_path / "raw"), 0, 8)])
    assert "keeps its values in another file" in refusal(file)


def test_virtual_data_are_refused_in_a_shard(file):
    plan = h5py.VirtualLayout((3,), "u1")
    plan[:] = h5py.VirtualSource("shards/000000.h5", "x", (3,))
    file.create_virtual_dataset("data", plan)
    assert "is a virtual dataset" in refusal(file)


@pytest.mark.parametrize(
    "source", ["../shards/000000.h5", "/tmp/x.h5", "shards/../x.h5", "shards/000000.h5/../y", "."]
)
def test_virtual_sources_outside_the_shards_are_refused(file, source):
    plan = h5py.VirtualLayout((3,), "u1")
    plan[:] = h5py.VirtualSource(source, "x", (3,))
    file.create_virtual_dataset("data", plan)
    from pathlib import Path

    path = Path(file.filename)
    file.close()
    with pytest.raises(IntegrityError, match="outside shards/"), opened(path, path.parent, master=True):
        pass


def test_other_filters_are_refused(file):
    file.create_dataset("data", data=np.arange(100), chunks=(10,), compression="lzf")
    assert "unexpected filter" in refusal(file)


def test_reference_and_compound_types_are_refused(file):
    file.create_dataset("data", data=np.zeros(3, dtype=[("a", "f8"), ("b", "i4")]))
    assert "has a type that a dataset never holds" in refusal(file)


def test_references_are_refused(file):
    file.create_dataset("data", (2,), dtype=h5py.ref_dtype)
    assert "has a type that a dataset never holds" in refusal(file)


def test_an_array_that_claims_a_terabyte_is_refused(file):
    file.create_dataset("data", (1 << 20, 1 << 20), "u1", chunks=(1, 1 << 10))
    assert "claims 1099511627776 bytes where 0 are stored" in refusal(file)


def test_named_types_are_refused(file):
    file["kind"] = np.dtype("f8")
    assert "is neither a group nor an array" in refusal(file)


def test_groups_in_a_circle_end(file):
    group = file.create_group("a")
    group["again"] = file["/"]
    file.create_dataset("a/data", data=np.arange(3))
    from pathlib import Path

    path = Path(file.filename)
    file.close()
    with opened(path, path.parent) as found:
        assert found["a/data"].shape == (3,)


def test_paths_that_leave_the_dataset_are_refused(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside").write_text("x")
    with pytest.raises(IntegrityError, match="outside the dataset"):
        check_regular(inside / ".." / "outside", inside)
    with pytest.raises(IntegrityError, match="outside the dataset"):
        check_regular(tmp_path / "outside", inside)
    with pytest.raises(IntegrityError, match="is missing"):
        check_regular(inside / "nothing", inside)
    with pytest.raises(IntegrityError, match="not a regular file"):
        check_regular(inside, tmp_path)
