"""Names and numbers of a dataset folder: the one place that says what lies where.

::

    my_dataset/
      dataset.json        what the dataset is; written last, so that its presence means "complete"
      manifest.jsonl      one line an image
      structures/<sha256>.h5
      shards/000000.h5 …  (and 000000.jsonl, the manifest lines of a shard, until the end of the run)
      stack.h5            all shards as one file
      croissant.json
      journal.jsonl       the shards that are safe on disk, until the end of the run
      lock                held by the run under way; empty
      .next/              a replacement being built (``overwrite``)
"""

from __future__ import annotations

import re

#: What dataset.json and the journal call themselves.
FORMAT = "nanophantom dataset"
#: Version of the layout; readers refuse a newer one.
SCHEMA_VERSION = 1

#: Where dataset.json says that its hashes are described.
HASHES = "SHA-256 of decoded values, as described in docs/hashes.md of the program's repository"

DATASET = "dataset.json"
MANIFEST = "manifest.jsonl"
MASTER = "stack.h5"
CROISSANT = "croissant.json"
JOURNAL = "journal.jsonl"
LOCK = "lock"
SHARDS = "shards"
STRUCTURES = "structures"
REPLACEMENT = ".next"

#: Every entry a finished dataset may replace or be replaced by, dataset.json last.
ENTRIES = (SHARDS, STRUCTURES, MANIFEST, MASTER, CROISSANT, JOURNAL, DATASET)

SHARD_FILE = re.compile(r"\d{6}\.h5")
PART_FILE = re.compile(r"\d{6}\.jsonl")
SNAPSHOT_FILE = re.compile(r"[0-9a-f]{64}\.h5")

#: Largest number of shards that six digits can name.
MOST_SHARDS = 1_000_000

# Inside a shard and inside the master file.
ROOT = "dataset"
IMAGES = "images"
CLEAN = "clean"
LABELS = "labels"
SAMPLES = "samples"

#: Longest side of an array, along any dimension.
LONGEST_SIDE = 1 << 20

#: Field of dataset.json: images that are not quite what was asked for, by the name of the truth that says so;
#: where there are some.
FLAGGED = "flagged"
#: Truth that is not 0 where something is amiss.
FLAGS = ("phase_mask_empty", "gyration_missed", "coordination_missed", "particles_cut_off")
#: Name of the manifest's record that covers the truth of an image.
TRUTH = "truth"

#: Tables and columns may be called so; the name becomes an HDF5 name and a CSV header.
COLUMN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,199}")

#: gzip level 1 with shuffle: ratio 3 on counts, and every HDF5 reader has it.
DEFLATE_LEVEL = 1
COMPRESSION = {"compression": "gzip", "compression_opts": DEFLATE_LEVEL, "shuffle": True}


def shard_name(number: int) -> str:
    """File name of a shard: six digits."""
    return f"{number:06d}.h5"


def shard_path(number: int) -> str:
    """Path of a shard relative to the dataset, with a slash on every platform."""
    return f"{SHARDS}/{shard_name(number)}"


def part_name(number: int) -> str:
    """File name of the manifest lines of one shard while a run is going on."""
    return f"{number:06d}.jsonl"


def snapshot_path(sha256: str) -> str:
    """Path of a structure snapshot relative to the dataset."""
    return f"{STRUCTURES}/{sha256}.h5"
