"""Sections of a recipe with varied values put in and validated again, remembered by value.

A grid of a thousand points over one setting validates a thousand small sections, not a thousand
recipes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import create_model

from sim.core.canonical import canonical_json
from sim.core.settings import Settings, validate
from sim.plan.targets import IMAGE_SECTIONS, STRUCTURE_SECTIONS
from sim.plan.variation import Point
from sim.recipe.kinds import SPECIMENS
from sim.recipe.model import Recipe
from sim.recipe.toml import set_path

#: Validated sections kept; a drawn value is used once, a grid value again and again.
MOST_REMEMBERED = 4096


@cache
def _section_model(name: str) -> type[Settings]:
    info = Recipe.model_fields[name]
    # With the field's own record, which tells the members of a union apart: one error then, not one a member.
    fields: dict[str, Any] = {name: (info.annotation, info)}
    return create_model(f"Section_{name}", __base__=Settings, **fields)


class Sections:
    """Validated sections of one recipe."""

    def __init__(self, recipe: Recipe) -> None:
        self._tree = recipe.sparse_tree()
        self._models = {name: _section_model(name) for name in STRUCTURE_SECTIONS + IMAGE_SECTIONS}
        self._narrow: Callable[[dict[str, Any]], dict[str, Any]] = SPECIMENS[recipe.specimen.kind].narrower(
            self._tree["specimen"]
        )
        self._base = {name: getattr(recipe, name) for name in self._models}
        self._remembered: OrderedDict[str, Settings] = OrderedDict()

    def section(self, name: str, values: Point) -> Any:
        """The section with those of ``values`` that belong to it put in.

        Raises
        ------
        InputError
            If a value does not suit its setting or the settings beside it.
        """
        own = [(path, value) for path, value in values if path.partition(".")[0] == name]
        if not own:
            return self._base[name]
        key = name + canonical_json(own)
        if key in self._remembered:
            self._remembered.move_to_end(key)
            return self._remembered[key]
        tree: dict[str, Any] = {name: self._tree[name]}
        if name == "specimen":
            # The chosen structure first: only then is it known which entries matter.
            for path, value in own:
                if path.count(".") == 1:
                    tree = set_path(tree, path, value)
            tree = {name: self._narrow(tree[name])}
        for path, value in own:
            tree = set_path(tree, path, value)
        section: Settings = getattr(validate(self._models[name], tree), name)
        self._remembered[key] = section
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        return section
