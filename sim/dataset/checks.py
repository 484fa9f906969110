"""Checks before work starts: workers, memory, disk, shard range, and whether a folder's plan is this one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.core.errors import InputError
from sim.dataset import folder, layout
from sim.dataset.journal import Header
from sim.dataset.shard import EXTRA_WIDTH, IN_MEMORY, ShardTask

#: Share of the uncompressed size that a dataset takes on disk (counts pack 3 : 1, expectations hardly).
PACKED_SHARE = 0.6
#: Bytes of one manifest line with its tables, about.
LINE_BYTES = 6_000
#: Share of the machine's memory that workers may plan to use.
MEMORY_SHARE = 0.8


def check_workers(plan: Any, workers: int) -> None:
    if not isinstance(workers, int) or isinstance(workers, bool) or workers < 1:
        raise InputError(
            "workers",
            "is not a whole number from 1",
            value=workers,
            allowed="1 to 256",
            remedy="choose 1 or more",
        )
    if workers > 256:
        raise InputError("workers", "are too many", value=workers, allowed="1 to 256", remedy="choose fewer")
    available = _physical_memory()
    needed = workers * (int(plan.memory_bytes) + extra_bytes(plan) + 2 * _largest_shard_bytes(plan))
    if workers > 1 and available and needed > MEMORY_SHARE * available:
        raise InputError(
            "workers", f"need about {needed / 2**30:.1f} GiB of memory together", value=workers,
            allowed=f"up to {MEMORY_SHARE * available / 2**30:.1f} GiB here", remedy="use fewer workers",
        )  # fmt: skip


def _physical_memory() -> int:
    from sim.plan.bounds import physical_memory

    return physical_memory()


def _largest_shard_bytes(plan: Any) -> int:
    """Bytes of the largest shard that is built in memory; others grow on disk."""
    boundaries = plan.shard_boundaries()
    images = max((stop - start for start, stop in boundaries), default=0)
    further = extra_bytes(plan)
    if images * further > IN_MEMORY:
        return IN_MEMORY
    return images * int(plan.bytes_per_image)


def extra_bytes(plan: Any) -> int:
    """Bytes of the extras of one image; ``bytes_per_image`` holds them too."""
    shapes: Mapping[str, tuple[int, ...]] = getattr(plan, "extras", {})
    return sum(EXTRA_WIDTH * math.prod(shape) for shape in shapes.values())


def disk_bytes(plan: Any, images: int) -> int:
    """Bytes that some images of a plan take on disk, about; extras are floats, which hardly pack."""
    further = extra_bytes(plan)
    return int(images * (PACKED_SHARE * (int(plan.bytes_per_image) - further) + further + LINE_BYTES))


def wanted_shards(plan: Any, shards: tuple[int, int] | None) -> range:
    count = len(plan.shard_boundaries())
    if count > layout.MOST_SHARDS:
        raise InputError(
            "dataset.images_per_shard", f"makes {count} shards", allowed=f"up to {layout.MOST_SHARDS}",
            remedy="put more images in a shard",
        )  # fmt: skip
    if shards is None:
        return range(count)
    first, end = shards
    if not 0 <= first < end <= count:
        raise InputError(
            "shards", "is no range of this dataset's shards", value=f"{first}:{end}",
            allowed=f"A:B with 0 <= A < B <= {count}", remedy="choose a range inside it",
        )  # fmt: skip
    return range(first, end)


def check_disk(plan: Any, directory: Path, tasks: Sequence[ShardTask]) -> None:
    """Refuse work whose result would not fit on the disk.

    Raises
    ------
    InputError
        With the space needed and the space there is.
    """
    images = sum(task.stop - task.start for task in tasks)
    needed = disk_bytes(plan, images)
    free = folder.free_bytes(directory)
    if needed > free:
        raise InputError(
            str(directory),
            f"the disk is too small: {images} images need about {needed / 1e9:.3g} GB, "
            f"and {free / 1e9:.3g} GB are free",
            remedy="free some space, choose another disk or make fewer or smaller images",
        )


def other_plan(directory: Path, recipe: Mapping[str, Any], header: Header) -> InputError:
    """The refusal to go on with another recipe, naming what differs."""
    before, now = _flat(recipe), _flat(header.recipe)
    paths = [path for path in sorted({*before, *now}) if before.get(path) != now.get(path)]
    if paths:
        shown = "; ".join(f"{path} was {before.get(path)!r} and is {now.get(path)!r}" for path in paths[:3])
        more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
        problem = f"was begun with another recipe: {shown}{more}"
    else:
        problem = "was begun with other structures: a structure file has changed"
    return InputError(
        str(directory),
        problem,
        remedy="go on with the old recipe, replace with --overwrite, or choose another folder",
    )


def _flat(tree: Any, path: str = "") -> dict[str, Any]:
    if isinstance(tree, Mapping) and tree:
        return {
            key: value
            for name, item in tree.items()
            for key, value in _flat(item, f"{path}.{name}".lstrip(".")).items()
        }
    if isinstance(tree, (list, tuple)) and tree and isinstance(tree[0], Mapping):
        return {
            key: value
            for position, item in enumerate(tree)
            for key, value in _flat(
                item, f"{path}.{item.get('name', position)}" if isinstance(item, Mapping) else path
            ).items()
        }
    return {path: tree}
