"""The text of the help on theory.  No Qt.

Formulas are a shipped text; symbols and references come from the settings themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib import resources

from sim.core.description import Quantity
from sim.core.settings import Leaf, model_fields
from sim.recipe.model import Recipe


def theory_html() -> str:
    """Formulas, the table of symbols and the list of references, as HTML."""
    formulas = (resources.files("resources") / "help" / "theory.html").read_text(encoding="utf-8")
    leaves = list(model_fields(Recipe))
    return f"{formulas}\n{_symbols(leaves)}\n{_references(leaves)}"


def _symbols(leaves: list[Leaf]) -> str:
    rows = []
    for leaf in leaves:
        about = leaf.description
        if isinstance(about, Quantity) and about.symbol:
            cells = (about.symbol, leaf.path, about.unit, about.about)
            rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    head = "<tr><th>Symbol</th><th>Parameter</th><th>Unit</th><th>Meaning</th></tr>"
    return f'<h2>Symbols</h2><table class="wide">{head}{"".join(rows)}</table>'


def _references(leaves: list[Leaf]) -> str:
    items = [
        f"<li>{escape(reference)}<br/><small>{escape(', '.join(paths))}</small></li>"
        for reference, paths in references(leaves)
    ]
    return f"<h2>References</h2><ol>{''.join(items)}</ol>"


def references(leaves: list[Leaf] | None = None) -> Iterator[tuple[str, list[str]]]:
    """Every reference that a setting names, once, with the paths of the settings."""
    found: dict[str, list[str]] = {}
    for leaf in model_fields(Recipe) if leaves is None else leaves:
        reference = leaf.description.reference if leaf.description is not None else ""
        if reference:
            found.setdefault(reference, []).append(leaf.path)
    yield from found.items()
