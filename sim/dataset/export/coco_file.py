"""A COCO file of one split that grows image by image, so that many particles take no memory."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from sim.core.atomic import whole_file
from sim.dataset.export.annotations import Region, coco_annotation, coco_head


class CocoFile:
    """Annotations go to the file at once; the images, few words each, are kept for its end."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._images: list[dict[str, Any]] = []
        self._annotations = 0
        stream.write(b'{"annotations": [')

    def add(self, file_name: str, category: int, particles: Sequence[Region]) -> None:
        """Enter an image and its particles.

        Parameters
        ----------
        file_name
            Of the image, in the folder of images.
        category
            Number of the class, from 1 on.
        """
        height, width = particles[0].shape
        image = len(self._images) + 1
        self._images.append(
            {"id": image, "file_name": file_name, "width": width, "height": height, "license": 1}
        )
        for particle in particles:
            annotation = coco_annotation(self._annotations + 1, image, category, particle)
            if annotation is not None:
                between = ",\n" if self._annotations else "\n"
                self._stream.write(f"{between}{_text(annotation)}".encode())
                self._annotations += 1

    def finish(self, head: dict[str, Any]) -> None:
        """Write the rest."""
        rest = _text({**head, "images": self._images})
        self._stream.write(f"],\n{rest[1:]}\n".encode())


@contextlib.contextmanager
def coco_file(path: Path, document: dict[str, Any], classes: Sequence[str]) -> Iterator[CocoFile]:
    """A file that gets its name when the block ends.

    Parameters
    ----------
    document
        dataset.json.
    classes
        Names of the categories, which are numbered from 1 on.
    """
    with whole_file(path) as stream:
        file = CocoFile(stream)
        yield file
        file.finish(coco_head(document, classes))


def _text(tree: dict[str, Any]) -> str:
    return json.dumps(tree, ensure_ascii=False, allow_nan=False)
