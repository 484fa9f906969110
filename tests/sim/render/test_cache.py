"""The stage cache never changes a result: off, cold, warm or damaged, the bytes are the same."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

from sim.render.cache import Stage, StageCache

COSTLY = Stage("wave", 1, on_disk=True)
CHEAP = Stage("blur", 1)


class Work:
    """A computation that counts how often it runs."""

    def __init__(self, seed=0):
        self.seed = seed
        self.runs = 0

    def __call__(self):
        self.runs += 1
        generator = np.random.default_rng(self.seed)
        return {
            "image": generator.random((3, 4)),
            "ids": generator.integers(0, 9, 5).astype(np.uint16),
            "none": np.empty((0, 2)),
            "one": np.array(1.5),
        }


def equal(left, right):
    return left.keys() == right.keys() and all(
        left[name].dtype == right[name].dtype and np.array_equal(left[name], right[name]) for name in left
    )


def only_file(folder):
    (found,) = [path for path in folder.rglob("*") if path.is_file()]
    return found


def test_a_second_call_takes_the_result_from_memory():
    cache, work = StageCache(), Work()
    first = cache.get(CHEAP, "key", work)
    assert cache.get(CHEAP, "key", work) is first
    assert work.runs == 1


def test_results_survive_on_disk_with_type_and_shape(tmp_path):
    work = Work()
    first = StageCache(directory=tmp_path).get(COSTLY, "key", work)
    again = StageCache(directory=tmp_path).get(COSTLY, "key", work)
    assert work.runs == 1
    assert equal(first, again)


def test_cheap_stages_leave_nothing_on_disk(tmp_path):
    StageCache(directory=tmp_path).get(CHEAP, "key", Work())
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "foreign", "swapped", "pickle"])
def test_a_damaged_entry_is_computed_again_and_replaced(tmp_path, damage):
    reference = Work()()
    StageCache(directory=tmp_path).get(COSTLY, "key", Work())
    path = only_file(tmp_path)
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[-9] ^= 1
    elif damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "empty":
        content = bytearray()
    elif damage == "pickle":
        content = bytearray(b"\x80\x04N.")
    elif damage == "foreign":
        content = bytearray(os.urandom(500))
    elif damage == "swapped":
        other = tmp_path / "other"
        StageCache(directory=other).get(COSTLY, "another key", Work(seed=5))
        content = bytearray(only_file(other).read_bytes())
        only_file(other).unlink()
    path.write_bytes(content)
    work = Work()
    assert equal(StageCache(directory=tmp_path).get(COSTLY, "key", work), reference)
    assert work.runs == 1
    assert equal(StageCache(directory=tmp_path).get(COSTLY, "key", work), reference)
    assert work.runs == 1


def test_memory_stays_bounded_and_the_oldest_goes_first():
    cache = StageCache(memory_bytes=1000)
    calls = []

    def work(name):
        def compute():
            calls.append(name)
            return {"a": np.zeros(50)}

        return compute

    for name in ("one", "two", "one", "three", "one"):
        cache.get(CHEAP, name, work(name))
    assert calls == ["one", "two", "three"]
    cache.get(CHEAP, "two", work("two"))
    assert calls[-1] == "two"


def test_disk_stays_bounded(tmp_path):
    cache = StageCache(memory_bytes=0, directory=tmp_path, disk_bytes=5000)
    for index in range(20):
        cache.get(COSTLY, f"key{index}", lambda: {"a": np.zeros(100)})
    total = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert 0 < total <= 5000


def test_a_full_or_forbidden_disk_is_only_slower(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert equal(StageCache(directory=blocked).get(COSTLY, "key", Work()), Work()())


def test_results_are_read_only():
    array = StageCache().get(CHEAP, "key", Work())["image"]
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0] = 1.0


@pytest.mark.parametrize(
    "other",
    [
        Stage("wave", 2, on_disk=True).key({"a": 1}, "up", 3),
        Stage("waves", 1, on_disk=True).key({"a": 1}, "up", 3),
        COSTLY.key({"a": 2}, "up", 3),
        COSTLY.key({"a": 1}, "down", 3),
        COSTLY.key({"a": 1}, "up", 4),
    ],
)
def test_everything_a_result_depends_on_is_in_its_key(other):
    assert COSTLY.key({"a": 1}, "up", 3) != other


def test_many_threads_share_one_cache():
    cache = StageCache(memory_bytes=3000)
    wrong = []

    def run(seed):
        generator = np.random.default_rng(seed)
        for index in generator.integers(0, 12, 200).tolist():
            array = cache.get(CHEAP, str(index), lambda value=index: {"a": np.full(20, value)})["a"]
            if not np.all(array == index):
                wrong.append(index)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
