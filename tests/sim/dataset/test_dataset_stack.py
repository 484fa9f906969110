"""Chunks compressed by this program read back with plain HDF5, and lines composed of texts are canonical."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from sim.core.canonical import canonical_json, plain_json
from sim.core.errors import IntegrityError
from sim.dataset.manifest import line_text
from sim.dataset.nodes import Stack, stacked

SHAPE = (3, 17, 23)


def pictures(dtype):
    """Noise that cannot be compressed, a constant and a ramp."""
    generator = np.random.default_rng(5)
    noise = np.frombuffer(generator.bytes(17 * 23 * np.dtype(dtype).itemsize), dtype).reshape(SHAPE[1:])
    noise = np.nan_to_num(noise) if noise.dtype.kind == "f" else noise
    ramp = np.arange(17 * 23).reshape(SHAPE[1:]).astype(dtype)
    return [noise, np.full(SHAPE[1:], 7, dtype), ramp.T.copy().T]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "float32"])
def test_plain_h5py_reads_what_was_written(tmp_path, dtype):
    with h5py.File(tmp_path / "stack.h5", "w") as file:
        stack = Stack(stacked(SHAPE, np.dtype(dtype))(file))
        for position in (2, 0, 1):
            stack.write(position, pictures(dtype)[position])
    with h5py.File(tmp_path / "stack.h5") as file:
        data = file["data"]
        assert (data.compression, data.compression_opts, data.shuffle) == ("gzip", 1, True)
        for found, expected in zip(data[...], pictures(dtype), strict=True):
            assert found.tobytes() == np.ascontiguousarray(expected).tobytes()
        # The constant and the ramp are small: the filters were applied, not skipped.
        assert data.id.get_storage_size() < 2.2 * pictures(dtype)[0].nbytes


@pytest.mark.parametrize("wrong", [np.zeros((17, 23), np.int16), np.zeros((23, 17), np.uint16)])
def test_an_image_of_another_kind_is_refused(tmp_path, wrong):
    with h5py.File(tmp_path / "stack.h5", "w") as file:
        stack = Stack(stacked(SHAPE, np.dtype(np.uint16))(file))
        with pytest.raises(IntegrityError, match="an image is"):
            stack.write(0, wrong)


def test_a_line_composed_of_texts_is_the_canonical_one():
    job = {"z": [1, 2.5], "a": {"ü": "Å", "b": True}}
    line = {"shard": 3, "job_sha256": "ab", "job": job, "image_id": "x", "arrays": [], "truth": {"atoms": 55}}
    assert line_text(line, plain_json(job)) == canonical_json(line)
