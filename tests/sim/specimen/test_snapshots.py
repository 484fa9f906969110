"""Snapshots of structures: exact, atomic, idempotent, and closed to strangers' tricks."""

from __future__ import annotations

import errno
import os

import h5py
import numpy as np
import pytest

from sim.core.errors import InputError, IntegrityError
from sim.core.types import Structure, on_position_grid
from sim.specimen import snapshots
from sim.specimen.snapshots import read_snapshot, snapshot_path, write_snapshot

CELL = np.array([[5.0, 0.1, 0.2], [0.3, 6.0, 0.4], [0.5, 0.6, 7.0]])


def structure(cell=CELL):
    positions = np.random.default_rng(1).normal(size=(7, 3)) * 5.0
    return Structure(np.array([79, 79, 47, 6, 8, 1, 118]), on_position_grid(positions), cell)


@pytest.mark.parametrize("cell", [None, CELL], ids=["particle", "cell"])
def test_round_trip(tmp_path, cell):
    original = structure(cell)
    path = write_snapshot(tmp_path, original)
    assert path == tmp_path / "structures" / f"{original.sha256}.h5"
    read = read_snapshot(path, original.sha256)
    assert read.numbers.tolist() == original.numbers.tolist()
    assert np.array_equal(read.positions, original.positions)
    assert (read.cell is None) if cell is None else np.array_equal(read.cell, cell)
    assert read.sha256 == original.sha256
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_cell_is_part_of_the_identity():
    assert structure(None).sha256 != structure().sha256


def test_sound_snapshot_is_left_alone(tmp_path):
    path = write_snapshot(tmp_path, structure())
    before = path.stat()
    assert write_snapshot(tmp_path, structure()) == path
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_damaged_snapshot_is_replaced(tmp_path):
    path = write_snapshot(tmp_path, structure())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="no structure snapshot"):
        read_snapshot(path, structure().sha256)
    write_snapshot(tmp_path, structure())
    assert read_snapshot(path, structure().sha256).sha256 == structure().sha256


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_full_disk_leaves_nothing(tmp_path, monkeypatch, call):
    def fail(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(snapshots.os, call, fail)
    with pytest.raises(OSError, match="No space left"):
        write_snapshot(tmp_path, structure())
    assert list((tmp_path / "structures").iterdir()) == []


def test_changed_value_is_noticed(tmp_path):
    """One coordinate by one grid step."""
    path = write_snapshot(tmp_path, structure())
    with h5py.File(path, "r+") as file:
        file["positions"][3, 1] += 2.0**-20
    with pytest.raises(IntegrityError, match="another structure than its hash says"):
        read_snapshot(path, structure().sha256)


def test_missing_snapshot(tmp_path):
    with pytest.raises(InputError, match="is missing.*restore"):
        read_snapshot(tmp_path / "none.h5", structure().sha256)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63])
def test_hash_cannot_be_a_path(tmp_path, name):
    with pytest.raises(InputError, match="is no SHA-256"):
        snapshot_path(tmp_path, name)


# --- strangers' files --------------------------------------------------------------------------


def plain(file, **changes):
    good = structure()
    arrays = {"numbers": good.numbers, "positions": good.positions, "cell": good.cell, **changes}
    for name, array in arrays.items():
        if array is not None:
            file[name] = array


def links_outside(file, outside):
    plain(file, positions=None)
    file["positions"] = h5py.ExternalLink(str(outside), "positions")


def soft_link(file, outside):
    plain(file, positions=None)
    file["elsewhere"] = structure().positions
    file["positions"] = h5py.SoftLink("/elsewhere")


def storage_outside(file, outside):
    """The right numbers, but in another file: reading it could read any file."""
    plain(file, positions=None)
    raw = outside.with_suffix(".raw")
    raw.write_bytes(structure().positions.astype("<f8").tobytes())
    file.create_dataset("positions", (7, 3), "<f8", external=[(str(raw), 0, 168)])


def virtual(file, outside):
    plain(file, positions=None)
    layout = h5py.VirtualLayout((7, 3), "<f8")
    layout[:] = h5py.VirtualSource(str(outside), "positions", (7, 3))
    file.create_virtual_dataset("positions", layout)


def packed(file, outside):
    """A few bytes that unpack to gigabytes."""
    plain(file, positions=None)
    file.create_dataset("positions", (100_000, 3), "<f8", chunks=(100_000, 3), compression="gzip")


def unallocated(file, outside):
    """A terabyte that takes no room in the file."""
    plain(file, positions=None)
    file.create_dataset("positions", (4 * 10**10, 3), "<f8")


def group_instead(file, outside):
    plain(file, positions=None)
    file.create_group("positions")


def words(file, outside):
    plain(file, numbers=None)
    file["numbers"] = ["Au"] * 7


def single_precision(file, outside):
    plain(file, positions=structure().positions.astype("<f4"))


def flat(file, outside):
    plain(file, positions=structure().positions[:, :2])


def not_a_number(file, outside):
    positions = structure().positions
    positions[2, 1] = np.nan
    plain(file, positions=positions)


def no_element(file, outside):
    plain(file, numbers=np.array([0, 1, 1, 1, 1, 1, 1]))


def no_atoms(file, outside):
    plain(file, numbers=np.zeros(0, np.int64), positions=np.zeros((0, 3)))


def unequal(file, outside):
    plain(file, numbers=np.array([79, 79]))


def stowaway(file, outside):
    plain(file)
    file["code"] = np.zeros(3)


def empty(file, outside):
    pass


@pytest.mark.parametrize(
    "trick",
    [
        links_outside,
        soft_link,
        storage_outside,
        virtual,
        packed,
        unallocated,
        group_instead,
        words,
        single_precision,
        flat,
        not_a_number,
        no_element,
        no_atoms,
        unequal,
        stowaway,
        empty,
    ],
)
def test_strangers_tricks_are_refused(tmp_path, trick):
    outside = tmp_path / "outside.h5"
    with h5py.File(outside, "w") as file:
        plain(file)
    path = tmp_path / "snapshot.h5"
    with h5py.File(path, "w") as file:
        trick(file, outside)
    with pytest.raises(InputError, match=r"snapshot\.h5: is no structure snapshot \(.*restore"):
        read_snapshot(path, structure().sha256)


@pytest.mark.parametrize("content", [b"", b"not HDF5 at all", b"\x89HDF\r\n\x1a\n" + b"\0" * 500])
def test_what_is_no_hdf5(tmp_path, content):
    path = tmp_path / "a.h5"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is no structure snapshot"):
        read_snapshot(path, structure().sha256)


def test_every_damaged_byte_is_noticed_or_harmless(tmp_path):
    """A flipped byte never gives another structure and never another exception."""
    path = write_snapshot(tmp_path, structure())
    content = bytearray(path.read_bytes())
    for place in range(0, len(content), 17):
        content[place] ^= 0xFF
        path.write_bytes(content)
        content[place] ^= 0xFF
        try:
            assert read_snapshot(path, structure().sha256).sha256 == structure().sha256
        except (InputError, IntegrityError):
            continue


def test_links_pipes_and_folders_are_not_followed(tmp_path):
    good = write_snapshot(tmp_path, structure())
    (tmp_path / "link.h5").symlink_to(good)
    os.mkfifo(tmp_path / "pipe.h5")
    (tmp_path / "folder.h5").mkdir()
    for name in ("link.h5", "pipe.h5", "folder.h5"):
        with pytest.raises(InputError, match="is no ordinary file"):
            read_snapshot(tmp_path / name, structure().sha256)


def test_file_of_a_terabyte(tmp_path):
    with (tmp_path / "a.h5").open("wb") as stream:
        stream.truncate(2**30)
    with pytest.raises(InputError, match="too large"):
        read_snapshot(tmp_path / "a.h5", structure().sha256)


def test_largest_structure_fits(tmp_path):
    positions = on_position_grid(np.random.default_rng(2).uniform(-500, 500, (100_000, 3)))
    large = Structure(np.full(100_000, 79), positions)
    assert len(read_snapshot(write_snapshot(tmp_path, large), large.sha256)) == 100_000
