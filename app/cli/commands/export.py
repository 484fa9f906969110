"""``nanophantom export``: a dataset in other formats."""

from __future__ import annotations

import argparse

from app.cli.options import add_output, add_progress
from app.cli.output import remark
from app.cli.parser import Parser
from app.cli.progress import working
from sim.core.errors import InputError, nearest
from sim.dataset.export.formats import FORMATS, METHODS

DESCRIPTION = """\
Write a dataset as .npy stacks, calibrated TIFF, HDF5, PNG previews, COCO or YOLO annotations.

    nanophantom export my_dataset --output for_training --format npy,coco --scale standardise
    nanophantom export my_dataset --output detectors --format hdf5 --arrays images,extras

With --scale standardise each image is stored as float32 with mean 0 and variance 1 over its own pixels;
its mean and variance stand in scaling.csv (and in the HDF5), so that every value can be taken back.
Images lie in folders by split; samples.csv has their truth; every array is checked on the way.
"""


def add_arguments(parser: Parser) -> None:
    parser.add_argument("dataset", metavar="DIR", help="folder of the dataset")
    add_output(parser, "folder of the export; it must be empty or new")
    parser.add_argument(
        "--format",
        metavar="NAME,...",
        default="npy",
        help=f"any of {', '.join(FORMATS)}, separated by commas (default npy)",
    )
    parser.add_argument(
        "--scale",
        choices=METHODS,
        default="none",
        help="standardise: each image to mean 0 and variance 1; percentile: its 1st and 99th percentile to 0 "
        "and 1; the constants are stored in scaling.csv (npy, tiff and hdf5; default none)",
    )
    parser.add_argument(
        "--arrays",
        metavar="NAME,...",
        help="what npy, tiff and hdf5 hold: names from nanophantom info, labels or extras for all of those; "
        "each is scaled by itself, labels never (default images, clean and labels, of which images alone "
        "become tiff and are scaled)",
    )
    add_progress(parser)


def run(arguments: argparse.Namespace) -> int:
    from sim.dataset.export.export import export_dataset

    formats = [name.strip() for name in arguments.format.split(",")]
    for name in formats:
        if name not in FORMATS:
            raise InputError(
                "--format",
                "is no export format",
                value=name,
                allowed=", ".join(FORMATS),
                remedy=nearest(name, FORMATS) or "choose some of these",
            )
    names = arguments.arrays and [name.strip() for name in arguments.arrays.split(",")]
    with working(arguments.progress) as work:
        made = export_dataset(
            arguments.dataset,
            arguments.output,
            formats,
            standardise=arguments.scale,
            arrays=names,
            progress=work.report,
            cancel=work.cancel,
        )
        splits = ", ".join(f"{count} {name}" for name, count in made.splits.items() if count)
        work.finished(
            f"{made.images} images in {made.directory} ({', '.join(made.formats)}; {splits})",
            directory=str(made.directory),
            images=made.images,
            formats=list(made.formats),
            splits=made.splits,
            warnings=list(made.warnings),
        )
    for warning in made.warnings:
        remark("warning", warning)
    return 0
