"""What a panel shows: sections of fields, made from the descriptions in the settings.

Nothing about a parameter is said here that its settings do not say; the sections come in the order in
which the recipe has them, its own fields last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, get_args, get_origin

from app.gui.document.labels import label_of, metadata_of, sentence_of, title_of
from app.gui.document.placing import groups_of
from app.gui.document.reading import default_of, value_of
from app.gui.document.sections import FILES, PRESET
from app.gui.document.structure_files import STRUCTURE, names_of
from sim.core.description import members_of
from sim.core.settings import Leaf, Printable, Quantity, Settings, model_fields
from sim.labels.settings import applies
from sim.noise.presets import presets
from sim.plan.targets import FIXED_PATHS, IMAGE_SECTIONS, STRUCTURE_SECTIONS
from sim.recipe.kinds import IMAGING, SPECIMENS, Yield
from sim.recipe.model import Job, Recipe

__all__ = ["Field", "Section", "field_from", "field_of", "fields_of", "label_of", "sections", "title_of"]

Editor = Literal[
    "number",
    "integer",
    "auto_integer",
    "choice",
    "kind",
    "switch",
    "text",
    "path",
    "lines",
    "numbers",
    "words",
    "files",
    "entries",
]
#: Settings of a node that all its members share.
NOT_OF_MEMBERS = ("count", "enabled", "only_in", "name")
#: Settings inside nodes that are no matter of chance.
NODES_BELOW, NEVER_VARIES = "specimen.nodes.", ("role", "enabled")
#: Settings of entries of lists that decide what a dataset has: its arrays and their shapes.
SAME_IN_ALL_IMAGES = ("name", "segments", "pixels")
#: Lists with a pane of their own.
OWN_EDITOR = ("specimen.nodes",)
#: The setting that says what is imaged, and the group in which settings follow from what that yields.
KIND, OF_YIELDS = "specimen.kind", "labels"
#: Never shown: filled in by the program.
HIDDEN = ("schema_version", "sha256", "instance")


@dataclass(frozen=True)
class Field:
    """One setting as a panel shows it.

    Attributes
    ----------
    path
        Dotted path in the recipe, as ``--set`` takes it.
    label, symbol
        Name and symbol; :attr:`title` has both.
    editor
        What it is edited with.
    unit, low, high, above, step
        As in :class:`~sim.core.description.Quantity`; for a list of numbers those of its entries.
    choices, choice_texts
        Allowed words, and what each means where that is known (else empty).
    only_if
        (path of a kind, words): the field exists only where that kind is one of the words.
    of_yield
        The field means something only for specimens that yield this; empty: for all.
    about, reference
        What it is and does, and where that comes from.
    default
        Value unless changed; of a noise setting, in the default preset.
    advanced
        Few users change it.
    can_vary
        It may be swept or drawn from image to image.
    per_member
        It may be drawn anew for each member of a node.
    groups
        The kinds that the entries of a list may be.
    """

    path: str
    label: str
    symbol: str
    editor: Editor
    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: bool = False
    step: float | None = None
    choices: tuple[Any, ...] = ()
    choice_texts: tuple[str, ...] = ()
    only_if: tuple[str, tuple[str, ...]] | None = None
    of_yield: str = ""
    about: str = ""
    reference: str = ""
    default: Any = None
    advanced: bool = False
    can_vary: bool = False
    per_member: bool = False
    groups: tuple[type[Settings], ...] = ()

    @property
    def title(self) -> str:
        """Label and symbol, the symbol only where the label has not got it: ``Sigma (σ)``."""
        if not self.symbol or self.symbol in self.label.split():
            return self.label
        return f"{self.label} ({self.symbol})"

    @property
    def allowed(self) -> str:
        """The range in words with its unit; empty where there is none."""
        if self.editor in ("number", "integer", "auto_integer", "numbers"):
            quantity = Quantity(self.unit, low=self.low, high=self.high, above=self.above)
            return quantity.allowed + (', or "auto"' if self.editor == "auto_integer" else "")
        return ""

    def exists_in(self, recipe: Recipe | Job) -> bool:
        """Whether the kinds that a recipe chose have this setting."""
        try:
            return self.exists_with(lambda path: value_of(recipe, path))
        except KeyError:
            return False

    def exists_with(self, value: Callable[[str], Any]) -> bool:
        """Whether the kinds that are chosen have this setting.

        Parameters
        ----------
        value
            Gives the value of a setting that chooses a kind.

        Raises
        ------
        KeyError
            Where it has none.
        """
        if self.of_yield and SPECIMENS[value(KIND)].yields != self.of_yield:
            return False
        return self.only_if is None or value(self.only_if[0]) in self.only_if[1]

    def shown(self, value: Any, digits: int = 10) -> str:
        """A value of this field as text for tooltips and chips, to be read and not typed.

        Parameters
        ----------
        digits
            Significant digits of a number that is not whole.
        """
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, (tuple, list)):
            if self.editor in ("files", "entries"):
                return f"{len(value)} {'files' if self.editor == 'files' else 'entries'}"
            return ", ".join(self.shown(item, digits) for item in value) or "none"
        if isinstance(value, (int, float)):
            text = str(value) if isinstance(value, int) else f"{value:.{digits}g}"
            return f"{text} {self.unit}".rstrip().replace("-", "−")
        return str(value).replace("_", " ") if value else "empty"

    def tooltip(self, default: Any = None) -> str:
        """Plain text: meaning, range, default, path, reference.

        Parameters
        ----------
        default
            The default in the recipe at hand, where it may differ (noise presets).
        """
        default = self.default if default is None else default
        lines = [self.about] if self.about else []
        if self.allowed:
            lines.append(f"Range: {self.allowed}")
        if default is not None and self.editor not in ("files", "entries"):
            lines.append(f"Default: {self.shown(default)}")
        lines.append(f"Path: {self.path}")
        if self.reference:
            lines.append(f"Reference: {self.reference}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Section:
    """A titled group of fields; ``prefix`` is the path they share, empty for the recipe's own.

    A section of a list of groups has the list in ``entries`` and no fields: each entry has its own.
    """

    title: str
    prefix: str
    fields: tuple[Field, ...]
    subsections: tuple[Section, ...] = ()
    entries: Field | None = None

    def all_fields(self) -> tuple[Field, ...]:
        """Its fields and those of its subsections."""
        return (*self.fields, *(field for section in self.subsections for field in section.all_fields()))

    def lists(self) -> tuple[Field, ...]:
        """Its list of groups, and those of its subsections."""
        own = () if self.entries is None else (self.entries,)
        return (*own, *(field for section in self.subsections for field in section.lists()))


def sections(recipe: Recipe | None = None) -> tuple[Section, ...]:
    """Sections in the order of the panel.

    Parameters
    ----------
    recipe
        Keep only the fields that the kinds chosen in it have; None: the fields of all kinds.
    """
    if recipe is None:
        return _all_sections()
    chosen = recipe
    names = names_of(recipe)

    def keep(field: Field) -> Field | None:
        if not field.exists_in(chosen):
            return None
        if field.path == STRUCTURE:
            return replace(field, editor="choice", choices=names)
        return field

    filtered = (_filtered(section, keep) for section in _all_sections())
    return tuple(section for section in filtered if section is not None)


def fields_of(recipe: Recipe | None = None) -> tuple[Field, ...]:
    """The fields of all sections, in the order of the panel."""
    return tuple(field for section in sections(recipe) for field in section.all_fields())


def field_of(path: str) -> Field:
    """The field of a setting, whatever kind has it; KeyError if no kind has."""
    return _by_path()[path]


@cache
def _by_path() -> dict[str, Field]:
    every = (field for section in sections() for field in (*section.all_fields(), *section.lists()))
    return {field.path: field for field in every}


def _filtered(section: Section, keep: Callable[[Field], Field | None]) -> Section | None:
    fields = tuple(kept for field in section.fields if (kept := keep(field)) is not None)
    parts = (_filtered(part, keep) for part in section.subsections)
    below = tuple(part for part in parts if part is not None)
    entries = None if section.entries is None else keep(section.entries)
    if not (fields or below or entries):
        return None
    return Section(section.title, section.prefix, fields, below, entries)


@cache
def _all_sections() -> tuple[Section, ...]:
    groups: dict[str, list[Field]] = {}
    lists: dict[str, Field] = {}
    for leaf in model_fields(Recipe):
        field = field_from(leaf)
        if field is None or leaf.path in OWN_EDITOR:
            continue
        if field.editor == "entries":
            lists[leaf.path] = field
        else:
            groups.setdefault(leaf.path.rpartition(".")[0], []).append(field)

    def section_of(prefix: str) -> Section:
        below = tuple(section_of(name) for name in _parts_of(prefix, (*groups, *lists)))
        return Section(
            label_of(prefix), prefix, tuple(groups.get(prefix, ())), below, entries=lists.get(prefix)
        )

    first = dict.fromkeys(name.partition(".")[0] for name in groups if name)
    return tuple(section_of(prefix) for prefix in (*first, ""))


def _parts_of(prefix: str, names: tuple[str, ...]) -> list[str]:
    """The groups and lists right inside a group, each behind what stands before it in any kind."""
    if not prefix:
        return []
    inside = {name for name in names if name.rpartition(".")[0] == prefix}
    ordered: list[str] = []
    for kind in groups_of(Recipe, prefix) if "." not in prefix else ():
        place = 0
        for name in (f"{prefix}.{field}" for field in kind.model_fields):
            if name in ordered:
                place = ordered.index(name) + 1
            elif name in inside:
                ordered.insert(place, name)
                place += 1
    return [*ordered, *(name for name in dict.fromkeys(names) if name in inside - {*ordered})]


def field_from(leaf: Leaf, *, in_entry: bool = False) -> Field | None:
    """The field of a leaf of a settings model; None of what the user never meets.

    Parameters
    ----------
    leaf
        Its path starts from the recipe.
    in_entry
        It belongs to an entry of a list: its default is that of the entry's kind.
    """
    name = leaf.path.rpartition(".")[2]
    if name in HIDDEN or leaf.path == "vary" or (len(leaf.choices) == 1 and not _is_auto(leaf)):
        return None
    editor, quantity = _editor(leaf)
    description = leaf.description
    only_if = None
    if leaf.only_if:
        path, _, words = leaf.only_if.partition(" = ")
        only_if = (path, tuple(words.split(" or ")))
    choices = leaf.choices if editor in ("choice", "kind") else ()
    texts: tuple[str, ...] = ()
    if editor == "kind":
        texts = _texts_of_kinds(leaf)
    elif leaf.path == PRESET:
        editor, choices = "choice", tuple(presets())
        texts = tuple(entry.text for entry in presets().values())
    return Field(
        path=leaf.path,
        # Kinds of entries may call a setting of one name differently.
        label=(description.label if description and in_entry else "") or label_of(leaf.path),
        symbol=quantity.symbol if quantity else "",
        editor=editor,
        unit=quantity.unit if quantity else "",
        low=quantity.low if quantity else None,
        high=quantity.high if quantity else None,
        above=quantity.above if quantity else False,
        step=_step(quantity, editor),
        choices=choices,
        choice_texts=texts,
        only_if=only_if,
        of_yield=_of_yield(leaf.path),
        about=description.about if description else "",
        reference=description.reference if description else "",
        default=leaf.default if in_entry else _default(leaf),
        advanced=description.advanced if description else False,
        can_vary=_can_vary(leaf, editor) and not (in_entry and name in SAME_IN_ALL_IMAGES),
        per_member=in_entry and leaf.path.startswith(NODES_BELOW) and name not in NOT_OF_MEMBERS,
        groups=tuple(group for group in leaf.groups if issubclass(group, Settings))
        if editor == "entries"
        else (),
    )


def _of_yield(path: str) -> str:
    """The one yield of the specimen kinds that a label's setting means something for; empty for all."""
    section, _, rest = path.partition(".")
    if section != OF_YIELDS:
        return ""
    suits = [known for known in get_args(Yield) if applies(rest.partition(".")[0], known)]
    return suits[0] if len(suits) == 1 else ""


def _editor(leaf: Leaf) -> tuple[Editor, Quantity | None]:
    """What edits a leaf, and the description of its number or numbers."""
    quantity = leaf.description if isinstance(leaf.description, Quantity) else None
    members = members_of(leaf.annotation)
    if get_origin(members[0]) is tuple:
        entry = get_args(members[0])[0]
        if leaf.groups:
            return ("files" if leaf.path == FILES else "entries"), None
        if entry is str or get_args(entry)[:1] == (str,):
            return "words", None
        found = next((item for item in get_args(entry)[1:] if isinstance(item, Quantity)), None)
        return "numbers", found
    if leaf.groups and leaf.choices:
        return "kind", None
    if _is_auto(leaf):
        return "auto_integer", quantity
    if leaf.choices:
        return "choice", None
    if bool in members:
        return "switch", None
    if int in members:
        return "integer", quantity
    if float in members:
        return "number", quantity
    if leaf.path.endswith(".path"):
        return "path", None
    return ("lines" if _has_lines(leaf.path) else "text"), None


def _is_auto(leaf: Leaf) -> bool:
    return leaf.choices == ("auto",) and int in members_of(leaf.annotation)


def _has_lines(path: str) -> bool:
    """Whether a text may have line breaks: said beside the description, which leaves do not carry."""
    return any(isinstance(item, Printable) and item.lines for item in metadata_of(path))


def _texts_of_kinds(leaf: Leaf) -> tuple[str, ...]:
    """What each kind is: its sentence for menus, else the first of its settings' description."""
    told: dict[Any, str] = {kind.model: kind.about for kind in SPECIMENS.values()}
    told |= {model.model: model.about for model in IMAGING.values()}
    by_word = {}
    for group in leaf.groups:
        word = group.model_fields[leaf.path.rpartition(".")[2]].default
        by_word[word] = told.get(group) or sentence_of(group)
    return tuple(by_word.get(word, "") for word in leaf.choices)


def _default(leaf: Leaf) -> Any:
    try:
        return default_of(Recipe(), leaf.path)
    except KeyError:  # a setting of another kind than the default one
        return leaf.default


def _step(quantity: Quantity | None, editor: Editor) -> float | None:
    if quantity is not None and quantity.step is not None:
        return quantity.step
    if editor in ("integer", "auto_integer"):
        return 1
    return None


def _can_vary(leaf: Leaf, editor: Editor) -> bool:
    """Whether the plan lets the setting vary, as ``sim.plan.targets.find_target`` decides it."""
    section, _, rest = leaf.path.partition(".")
    fixed = {name for kind in SPECIMENS.values() for name in kind.fixed_paths}
    return (
        section in STRUCTURE_SECTIONS + IMAGE_SECTIONS
        and leaf.path not in FIXED_PATHS
        and editor not in ("kind", "files", "entries", "words", "numbers", "lines")
        and not (leaf.path.startswith(NODES_BELOW) and leaf.path.rpartition(".")[2] in NEVER_VARIES)
        and not (section == "specimen" and rest in fixed)
    )
