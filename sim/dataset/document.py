"""dataset.json: every field that reading relies on is there and of the right type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sim.core.errors import IntegrityError
from sim.dataset import layout
from sim.dataset.form import is_extra

#: Dtypes that an array of a dataset may have.
DTYPES = (
    "bool", "b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8",
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
)  # fmt: skip

Check = Callable[[Any], bool]


def check_document(document: Mapping[str, Any]) -> None:
    """Check the types of all fields, once, so that no reader meets another.

    Fields that this version does not know are let pass; the document's own hash covers them.

    Raises
    ------
    IntegrityError
        Naming the first field that is missing or mistyped.
    """
    for name, check in _FIELDS.items():
        if name not in document:
            raise IntegrityError(f"{layout.DATASET}: lacks what reading needs ({name}).")
        if not _holds(check, document[name]):
            raise IntegrityError(
                f"{layout.DATASET}: lacks what reading needs ({name} is not of the right type)."
            )
    for name, check in _OPTIONAL.items():
        if name in document and not _holds(check, document[name]):
            raise IntegrityError(f"{layout.DATASET}: {name} is not of the right type.")
    _check_extras(document)


def _check_extras(document: Mapping[str, Any]) -> None:
    """The arrays that are no image, label or table are those of the form, in the same shapes."""
    stated = {name: facts["shape"] for name, facts in document["form"].get("extras", {}).items()}
    found = {
        item["name"]: item["shape"]
        for item in document["arrays"]
        if "/" not in item["name"] and item["name"] not in (layout.IMAGES, layout.CLEAN)
    }
    if stated != found:
        names = sorted({*stated, *found}, key=lambda name: (stated.get(name) == found.get(name), name))
        raise IntegrityError(
            f"{layout.DATASET}: the array {names[0][:200]!r} is not as its form says: "
            f"{found.get(names[0], 'missing')} and {stated.get(names[0], 'missing')}."
        )


def _holds(check: Check, value: Any) -> bool:
    try:
        return check(value)
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError):
        return False


def _text(value: Any) -> bool:
    return isinstance(value, str)


def whole(value: Any) -> bool:
    """Whether a value is a count: a whole number from 0 that fits 63 bits."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(_holds(check, item) for item in value)


def _map_of(check: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(_holds(check, item) for item in value.values())


def _with(**fields: Check) -> Check:
    return lambda value: (
        isinstance(value, dict) and all(_holds(check, value[name]) for name, check in fields.items())
    )


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _dtype(value: Any) -> bool:
    return isinstance(value, str) and value in DTYPES and np.dtype(value).hasobject is False


def _side(value: Any) -> bool:
    return whole(value) and 1 <= value <= layout.LONGEST_SIDE


def _array(item: Any) -> bool:
    shape = item["shape"]
    sides = shape[1:] if shape[:1] == ["n"] else shape
    return (
        _text(item["name"]) and _dtype(item["dtype"]) and _text(item["tier"])
        and isinstance(shape, list) and all(_side(length) for length in sides)
        and ("/" in item["name"] or shape[:1] != ["n"])
    )  # fmt: skip


def _kind(value: Any) -> bool:
    return value == "text" or _dtype(value)


def _section(tree: Any) -> bool:
    """A recipe: its sections are objects, its noise has a preset, its variations have a path."""
    sections = ("specimen", "pose", "image", "imaging", "noise", "labels", "dataset")
    vary = tree.get("vary", [])
    return (
        isinstance(tree, dict)
        and _text(tree["noise"]["preset"])
        and all(isinstance(tree.get(name, {}), dict) for name in sections)
        and isinstance(vary, list)
        and all(isinstance(entry, dict) and _text(entry["path"]) for entry in vary)
    )


def is_form(tree: Any) -> bool:
    """Whether a tree can be a :class:`sim.dataset.form.Form`."""
    texts = ("image_units", "clean_units", "title")
    size = tree.get("pixel_size")
    return (
        all(_text(tree[name]) for name in texts)
        and _side(tree["height"]) and _side(tree["width"]) and _dtype(tree["dtype"])
        and (size is None or (_number(size) and 0.0 < size < 1e9))
        and isinstance(tree.get("acquisition", {}), dict)
        and _map_of(_text)(tree.get("units", {}))
        and all(
            _extra(name, facts, [tree["height"], tree["width"]])
            for name, facts in tree.get("extras", {}).items()
        )
    )  # fmt: skip


def _extra(name: Any, facts: Any, frame: list[int]) -> bool:
    """Whether an entry of a form's extras is of the right form, and no larger than an extra may be."""
    shape, axes = facts["shape"], facts["axes"]
    own = 2 if shape[:2] == frame else 0
    return (
        isinstance(shape, list) and all(_side(length) for length in shape) and is_extra(name, tuple(shape))
        and _text(facts["units"]) and isinstance(axes, list) and len(axes) == len(shape) - own
        and all(_extra_axis(*axis) for axis in axes)
        and len({"x", "y", "index", "data", *(axis[0] for axis in axes)}) == 4 + len(axes)
    )  # fmt: skip


def _extra_axis(name: Any, unit: Any, first: Any, step: Any) -> bool:
    return (
        _text(name) and _AXIS.fullmatch(name) is not None and _text(unit)
        and _number(first) and abs(first) < 1e9 and _number(step) and 0.0 < abs(step) < 1e9
    )  # fmt: skip


#: Names of axes; ``dim0`` and so on are the arrays that they point to.
_AXIS = re.compile(r"(?!dim\d)[A-Za-z][A-Za-z0-9_]{0,49}")


_facts = _with(bytes=whole, sha256=_text)

_FIELDS: dict[str, Check] = {
    **dict.fromkeys(
        ("name", "description", "dataset_version", "licence", "citation", "created_at", "content_sha256",
         "recipe_sha256", "plan_sha256", "document_sha256"),
        _text,
    ),
    "images": whole,
    "software": _with(version=_text, git_tag=_text),
    "form": is_form,
    "arrays": lambda value: _list_of(_array)(value) and len({item["name"] for item in value}) == len(value),
    "columns": _map_of(_with(kind=_kind, length=whole, unit=_text)),
    "classes": _map_of(whole),
    "splits": _map_of(_with(images=whole, classes=_map_of(whole))),
    "recipe": _section,
    "structures": _list_of(_text),
    "shards": lambda value: value != [] and _list_of(
        _with(file=_text, start=whole, stop=whole, bytes=whole, sha256=_text)
    )(value),
    "files": _map_of(_facts),
}  # fmt: skip

#: Fields that not every dataset has.
_OPTIONAL: dict[str, Check] = {
    layout.FLAGGED: _map_of(whole),
    "environments": _list_of(
        _with(
            environment=lambda value: isinstance(value, dict),
            shards=lambda value: (
                isinstance(value, list) and all(whole(first) and whole(end) for first, end in value)
            ),
        )
    ),
}
