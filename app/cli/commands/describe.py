"""``nanophantom describe``: distributions of what a dataset's images hold."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.output import print_table, remark, save_picture
from app.cli.parser import Parser
from app.cli.streams import show
from sim.core.errors import InputError

if TYPE_CHECKING:
    from sim.dataset.column_statistics import Columns, Summary

DESCRIPTION = """\
Describe every number that is stored with the images: settings that vary, and truths such as descriptors.

    nanophantom describe my_dataset --by class
    nanophantom describe my_dataset --only hetero_fraction,mixing_index --against --plot hetero.png

For each it says how many images have it, mean, standard deviation, smallest value, quartiles and largest
value, each with its unit.  Lists of more than four numbers are described number by number when --only names
them, and in full by --csv and --json.
"""

#: Statistics in the order of the table.
_HEADINGS = ("n", "mean", "sd", "min", "25 %", "median", "75 %", "max")
_CSV_BEGINS = "column,group,unit,"
_FIELDS = ("n", "mean", "sd", "minimum", "quartile_1", "median", "quartile_3", "maximum")


def add_arguments(parser: Parser) -> None:
    parser.add_argument("dataset", metavar="DIR", help="folder of the dataset")
    parser.add_argument(
        "--only", metavar="NAME,...", action="append", default=[],
        help="these columns, separated by commas (repeatable)",
    )  # fmt: skip
    parser.add_argument(
        "--by", metavar="COLUMN", default="",
        help="one line for each split, class, or value of a column; a column of many numbers is divided into "
        "four groups of equal size",
    )  # fmt: skip
    parser.add_argument(
        "--against", action="store_true",
        help="Spearman's rank correlation with every varied setting that is a number (-1 to 1)",
    )  # fmt: skip
    parser.add_argument(
        "--plot", metavar="FILE", help="picture of histograms, and of the columns against the varied settings"
    )
    parser.add_argument("--csv", metavar="FILE", help="the same numbers as a table with every digit")
    parser.add_argument("--json", action="store_true", help="the same numbers as JSON")


def run(arguments: argparse.Namespace) -> int:
    from sim.dataset.column_statistics import read_columns, summaries

    names = [name.strip() for text in arguments.only for name in text.split(",")]
    if "" in names:
        raise InputError("--only", "holds an empty name", remedy="separate names by single commas")
    for option in ("plot", "csv"):
        _check_place(option, getattr(arguments, option))
    if arguments.csv and not _is_free(Path(arguments.csv)):
        raise InputError("--csv", "is there already and is no table of this command", value=arguments.csv,
                         remedy="choose another name")  # fmt: skip
    columns = read_columns(Path(arguments.dataset))
    if arguments.against and not columns.varied:
        raise InputError("--against", "needs a setting that varies", remedy="leave it out for this dataset")
    full = names or [*columns.values]
    printed = columns.chosen(names)
    wanted = (
        list(dict.fromkeys([*printed, *columns.chosen(full)])) if arguments.csv or arguments.json else printed
    )
    found = summaries(columns, wanted, arguments.by, against=arguments.against)
    if arguments.plot:
        from sim.dataset.statistics_drawing import plot_columns

        save_picture(plot_columns(columns, names, arguments.by), Path(arguments.plot))
    if arguments.csv:
        _write_csv(Path(arguments.csv), found, columns)
    if arguments.json:
        show(json.dumps([summary.tree() for summary in found], indent=2, ensure_ascii=False))
    else:
        print_table(_rows([summary for summary in found if summary.name in set(printed)], columns, arguments))
        if not names and columns.hidden():
            remark("note", f"lists are not shown: {', '.join(columns.hidden())}; name them with --only")
    return 0


def _check_place(option: str, target: str | None) -> None:
    """Before a large dataset is read: the folder of what shall be written is there."""
    if target and not Path(target).absolute().parent.is_dir():
        raise InputError(
            f"--{option}",
            "lies in a folder that does not exist",
            value=target,
            remedy="make the folder first",
        )


def _is_free(target: Path) -> bool:
    """Whether nothing but an earlier table would be replaced."""
    if not target.exists() and not target.is_symlink():
        return True
    if not target.is_file():
        return False
    with target.open("rb") as stream:
        begin = stream.read(len(_CSV_BEGINS))
    return begin in (b"", _CSV_BEGINS.encode())


def _rows(found: Sequence[Summary], columns: Columns, arguments: argparse.Namespace) -> list[list[str]]:
    from sim.dataset.column_statistics import shown

    grouped, against = bool(arguments.by), columns.varied if arguments.against else ()
    rows = [["column", *(["group"] if grouped else []), "unit", *_HEADINGS, *against]]
    for summary in found:
        numbers = [shown(getattr(summary, name)) for name in _FIELDS]
        ranks = [_rank(summary.against.get(setting)) for setting in against]
        group = [summary.group] if grouped else []
        rows.append([summary.name, *group, summary.unit or "-", *numbers, *ranks])
    return rows


def _rank(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


def _write_csv(target: Path, found: Sequence[Summary], columns: Columns) -> None:
    """One line for each column and group; what is not there is empty."""
    from sim.core.atomic import whole_file

    against = [f"spearman {setting}" for setting in columns.varied] if found and found[0].against else []
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["column", "group", "unit", *_FIELDS, *against])
    for summary in found:
        values = [getattr(summary, name) for name in _FIELDS]
        ranks = [summary.against.get(setting) for setting in columns.varied] if against else []
        writer.writerow([summary.name, summary.group, summary.unit, *map(_exact, [*values, *ranks])])
    try:
        with whole_file(target) as stream:
            stream.write(text.getvalue().encode("utf-8"))
    except OSError as error:
        raise InputError(
            str(target), f"cannot be written ({error.strerror or error})", remedy="choose another place"
        ) from None


def _exact(value: float | None) -> str:
    return "" if value is None else repr(value)
