"""argparse with this program's manners: one sentence for an error, the nearest match for a misspelling."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import NoReturn

from sim.core.errors import InputError, nearest

#: A value that looks like an option to argparse: -1e-3, -.5, -inf, -nan.
NEGATIVE_VALUE = re.compile(r"-(\d|\.\d|inf|nan)", re.IGNORECASE)


class Parser(argparse.ArgumentParser):
    """An argument parser that raises :class:`InputError` and never prints its usage unasked.

    Options are never abbreviated: an option added later must not break a script.
    """

    def __init__(
        self, *, prog: str, description: str, usage: str | None = None, epilog: str | None = None
    ) -> None:
        super().__init__(
            prog=prog,
            usage=usage,
            description=description.replace("%", "%%"),
            epilog=epilog,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse, or raise one sentence.

        Raises
        ------
        InputError
            For an unknown option (naming the nearest), a missing or an unexpected value.
        """
        options, unknown = self.parse_known_args(_with_values_attached(arguments, self._options()))
        if unknown:
            self._refuse(unknown[0])
        return options

    def error(self, message: str) -> NoReturn:
        """argparse's own complaints, as one of our sentences."""
        option, colon, problem = message.removeprefix("argument ").partition(": ")
        if not colon or not message.startswith("argument "):
            option, problem = self._name, message
        raise InputError(option, problem.rstrip("."), remedy=f"see {self.prog} --help")

    @property
    def _name(self) -> str:
        """The command's own name: every message begins with the program's anyway."""
        return self.prog.removeprefix("nanophantom ")

    def _options(self) -> dict[str, argparse.Action]:
        return self._option_string_actions

    def _refuse(self, word: str) -> NoReturn:
        if word.startswith("-") and word != "-":
            name = word.partition("=")[0]
            known = [text for text in self._options() if text.startswith("--")]
            raise InputError(
                name,
                f"is no option of {self.prog}",
                remedy=nearest(name, known) or f"see {self.prog} --help",
            )
        raise InputError(
            self._name, f"does not know what to do with {word!r}", remedy=f"see {self.prog} --help"
        )


def _with_values_attached(arguments: Sequence[str], options: dict[str, argparse.Action]) -> list[str]:
    """``--sigma -inf`` as ``--sigma=-inf``, so that a wrong number is refused for what it is."""
    joined: list[str] = []
    for position, word in enumerate(arguments):
        if word == "--":
            return joined + list(arguments[position:])
        before = joined[-1] if joined else ""
        takes_value = before in options and options[before].nargs is None
        if before.startswith("--") and takes_value and NEGATIVE_VALUE.match(word):
            joined[-1] = f"{before}={word}"
        else:
            joined.append(word)
    return joined
