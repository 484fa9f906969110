"""Values put into a recipe by their paths, validating only the sections they touch.

A recipe may list ten thousand structure files; a step of a slider must not read them all again.
What comes out is what validating the whole recipe would give.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import ValidationError, create_model

from app.gui.document.naming import by_name, renamed
from app.gui.document.placing import plain_value, put, usual
from sim.core.description import is_settings, members_of, tag_of
from sim.core.errors import InputError, nearest
from sim.core.sentences import input_error, no_json, too_deep
from sim.core.settings import Settings, model_fields, validate
from sim.noise.settings import NoiseSettings, noise_tree
from sim.recipe.model import Recipe, check_pair
from sim.recipe.toml import setting_paths

#: By section, the setting that says which kind it is of, and so which other settings it has: every
#: section that is a choice of several kinds in the recipe's own model.
KIND_PATHS: Mapping[str, str] = {
    name: tag for name, info in Recipe.model_fields.items() if (tag := tag_of(info))
}
PRESET = "noise.preset"
FILES = "specimen.files"
#: Settings of groups that are the same in all kinds, whatever their defaults.
OF_THE_MICROSCOPE = ("voltage",)


def with_values(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """The recipe with some settings changed.

    A changed kind keeps what both kinds share; a changed noise preset drops what differed from the
    old one; both take effect before any other of the values.

    Raises
    ------
    InputError
        Exactly where validating the whole recipe would.
    """
    by_section: dict[str, dict[str, Any]] = {}
    for path, value in values.items():
        by_section.setdefault(path.partition(".")[0], {})[path] = value
    changed = {name: _section(recipe, name, own) for name, own in by_section.items()}
    result = recipe.model_copy(update=changed)
    if "specimen" in changed or "imaging" in changed:
        check_pair(result.specimen.kind, result.imaging.model)
    return result


def with_sections(recipe: Recipe, trees: Mapping[str, Any]) -> Recipe:
    """The recipe with whole sections given as trees of plain values (kinds and presets included)."""
    changed = {name: validated(name, tree) for name, tree in trees.items()}
    result = recipe.model_copy(update=changed)
    check_pair(result.specimen.kind, result.imaging.model)
    return result


def validated(name: str, tree: Any) -> Any:
    """One field of the recipe from its plain value."""
    return getattr(_validated(_holder(name), {name: tree}), name)


def _validated(holder: type[Settings], tree: Any) -> Settings:
    """Settings from a tree; errors call the entries of lists by their names."""
    try:
        return validate(holder, tree)
    except InputError as error:
        raise renamed(error, by_name(tree)) from None


def section_tree(recipe: Recipe, name: str) -> Any:
    """The plain value of one field of the recipe; of the noise only what differs from the preset."""
    value = getattr(recipe, name)
    if isinstance(value, NoiseSettings):
        return noise_tree(value)
    return value.tree() if isinstance(value, Settings) else value


def _section(recipe: Recipe, name: str, values: Mapping[str, Any]) -> Any:
    if name not in Recipe.model_fields:
        raise _unknown(next(iter(values)))
    present = getattr(recipe, name)
    if not isinstance(present, Settings):
        unknown = next((path for path in values if path != name), "")
        if unknown:
            raise _unknown(unknown)
        return validated(name, values[name])
    tree = noise_tree(present) if isinstance(present, NoiseSettings) else _shallow(present)
    first = (f"{name}.{KIND_PATHS.get(name, '')}", PRESET)
    for path in (path for path in first if path in values):
        tree = _of_kind(present, name, path, values[path])
    tag = KIND_PATHS.get(name)
    model = kinds_of(name).get(tree.get(tag)) if tag else type(present)
    for path, value in values.items():
        if path not in first:
            tree = put(tree, path.partition(".")[2], value, model, path)
    return _with_kept_entries(name, tree, values) if _entries(tree) else validated(name, tree)


def _with_kept_entries(name: str, tree: dict[str, Any], values: Mapping[str, Any]) -> Any:
    """Validate a section of which a list has validated entries: these are not looked at again."""
    model = kinds_of(name).get(tree.get(KIND_PATHS.get(name, "")))
    for field, entries in _entries(tree).items():
        # By type, for asking ten thousand entries one by one takes longer than all the rest.
        kinds = set(map(type, entries))
        if model is None or not all(issubclass(kind, (Settings, dict)) for kind in kinds):
            return validated(name, {**tree, field: [_as_tree(entry) for entry in entries]})
        if dict in kinds:
            given = [entry for entry in entries if isinstance(entry, dict)]
            holder = _entry_holder(name, model, field)
            new = iter(getattr(getattr(_validated(holder, {name: {field: given}}), name), field))
            tree = {**tree, field: tuple(next(new) if isinstance(item, dict) else item for item in entries)}
    assert model is not None
    _refuse_no_json(values)
    holder = _loose_holder(name, model)
    try:
        found = getattr(holder.model_validate({name: _frozen(tree)}), name)
    except ValidationError as failure:
        raise input_error(failure, holder, {name: tree}) from None
    return model.model_construct(**{field: getattr(found, field) for field in model.model_fields})


@cache
def _entry_holder(name: str, model: type[Settings], field: str) -> type[Settings]:
    """A model of one list of a section, without the checks of the section."""
    entries: dict[str, Any] = {field: (model.model_fields[field].rebuild_annotation(), ...)}
    holder: dict[str, Any] = {name: (create_model(model.__name__, __base__=Settings, **entries), ...)}
    return create_model(f"Section_{name}", __base__=Settings, **holder)


@cache
def _loose_holder(name: str, model: type[Settings]) -> type[Settings]:
    """A model of one section with all its checks but those of the entries of its lists."""
    lists: dict[str, Any] = {
        field: (tuple[Any, ...], ...)
        for field in model.model_fields
        if any(leaf.path == field and leaf.groups for leaf in model_fields(model))
    }
    loose = create_model(model.__name__, __base__=model, **lists)
    holder: dict[str, Any] = {name: (loose, ...)}
    return create_model(f"Section_{name}", __base__=Settings, **holder)


def _entries(tree: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    """Lists of a section that hold validated entries."""
    return {
        field: value
        for field, value in tree.items()
        if isinstance(value, (list, tuple))
        and any(issubclass(kind, Settings) for kind in set(map(type, value)))
    }


def _as_tree(entry: Any) -> Any:
    return entry.tree() if isinstance(entry, Settings) else entry


@cache
def _holder(name: str) -> type[Settings]:
    """A model with one field of the recipe: what is wrong with it is said with its whole path."""
    info = Recipe.model_fields[name]
    # With the field as it is: its annotation alone has lost what tells the kinds apart.
    fields: dict[str, Any] = {name: (info.annotation, info)}
    return create_model(f"Section_{name}", __base__=Settings, **fields)


def members(section: Settings) -> Iterator[tuple[str, Any]]:
    """Its fields and their values; a model's own iteration also gives what it remembers of itself."""
    for name in type(section).model_fields:
        yield name, getattr(section, name)


def _shallow(section: Settings) -> dict[str, Any]:
    """A section's tree in which lists of groups keep their validated entries."""
    tree: dict[str, Any] = {}
    for name, value in members(section):
        tree[name] = _shallow(value) if isinstance(value, Settings) else value
    return tree


def _of_kind(present: Settings, section: str, path: str, word: Any) -> dict[str, Any]:
    """The tree to start from where the kind or the preset changes."""
    if path == PRESET:
        return {"preset": word}
    tag = KIND_PATHS[section]
    if word == getattr(present, tag):
        return _shallow(present)
    shared = kinds_of(section).get(word)
    tree = _shallow(present)
    if shared is None:
        return {**tree, tag: word}
    kept = {}
    for name, value in members(present):
        if name not in shared.model_fields:
            continue
        group: Any = shared.model_fields[name].annotation
        if isinstance(value, Settings) and is_settings(group) and type(value) is not group:
            kept[name] = _handed_over(value, group)
        else:
            kept[name] = tree[name]
    return {**kept, tag: word}


def _handed_over(group: Settings, other: type[Settings]) -> dict[str, Any]:
    """What a group hands over to the group of its name in another kind.

    A default that is another one there was chosen for the kind, not by the user: it stays behind.
    """
    kept = {}
    for name, value in members(group):
        if name not in other.model_fields:
            continue
        old, new = usual(type(group), name), usual(other, name)
        if not (old == new or value != old or name in OF_THE_MICROSCOPE):
            continue
        plain = plain_value(value)
        # A word that the other kind has not, a number out of its range.
        with contextlib.suppress(InputError):
            validate(other, {name: plain})
            kept[name] = plain
    return kept


def kinds_of(section: str) -> dict[Any, type[Settings]]:
    """The models of a section by the word that chooses them."""
    tag = KIND_PATHS[section]
    models = members_of(Recipe.model_fields[section].annotation)
    return {model.model_fields[tag].default: model for model in models}


def _frozen(value: Any) -> Any:
    """Lists as tuples: strict settings take them for tuples only straight from JSON."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return value


def _refuse_no_json(values: Mapping[str, Any]) -> None:
    for path, value in values.items():
        try:
            json.dumps(value, default=lambda item: None if isinstance(item, Settings) else item)
        except RecursionError:
            raise too_deep("") from None
        except (TypeError, ValueError) as error:
            raise no_json({path: value}, "", error) from None


def _unknown(path: str) -> InputError:
    return InputError(
        path, "is no setting of the recipe", remedy=nearest(path, setting_paths()) or "check the path"
    )


def laid_over(tree: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe's tree with what is given in its place; another kind or preset starts afresh."""
    result = dict(tree)
    for name, value in given.items():
        present = result.get(name)
        tag = "preset" if name == "noise" else KIND_PATHS.get(name, "")
        if (
            isinstance(present, Mapping)
            and isinstance(value, Mapping)
            and value.get(tag, present.get(tag)) == (present.get(tag))
        ):
            result[name] = laid_over(present, value)
        else:
            result[name] = value
    return result
