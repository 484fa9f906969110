"""What an export may be asked for, by name: read by the command line and the window before any work."""

from __future__ import annotations

from typing import Literal, get_args

Method = Literal["none", "standardise", "percentile"]

FORMATS = ("npy", "tiff", "hdf5", "png", "coco", "yolo")
#: Formats whose images may be scaled, and how.
SCALED = ("npy", "tiff", "hdf5")
METHODS: tuple[Method, ...] = get_args(Method)
#: Formats that come with 8-bit previews, and among them those made from the particle mask.
WITH_PREVIEWS = ("png", "coco", "yolo")
FROM_MASK = ("coco", "yolo")
