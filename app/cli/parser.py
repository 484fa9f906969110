"""argparse with this program's manners: one sentence for an error, the nearest match for a misspelling."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator, Sequence
from typing import NoReturn

from sim.core.errors import InputError, nearest, shorten

#: A longer word is cut in the middle where an error names it.
LONGEST_NAME = 80
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
            For an unknown option (naming the nearest), a missing, an unexpected or an empty value, or
            one that is no text.
        """
        for name, text in self._given(arguments):
            _check_text(name, text)
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

    def _given(self, arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Every value with what it is given for: an option, or the command's own argument."""
        options = self._options()
        places = [action for action in self._actions if not action.option_strings]
        place = str(places[0].metavar) if places else self._name
        waiting = ""  # an option whose value comes next
        separated = False
        for word in arguments:
            name, equals, value = word.partition("=")
            if separated:
                yield place, word
            elif word == "--":
                separated = True
                waiting = ""
            elif waiting and not word.startswith("--"):
                yield waiting, word
                waiting = ""
            elif equals and name in options and options[name].nargs is None:
                if value == "--":  # argparse takes this away as if it stood alone
                    raise InputError(name, "is given no value", remedy=f"see {self.prog} --help")
                yield name, value
            elif word[2:] == "--" and word[:2] in options:  # -o--
                raise InputError(word[:2], "is given no value", remedy=f"see {self.prog} --help")
            else:
                waiting = word if word in options and options[word].nargs is None else ""
                if not waiting:
                    yield place, word

    def _refuse(self, word: str) -> NoReturn:
        if word.startswith("-") and word != "-":
            name = word.partition("=")[0]
            known = [text for text in self._options() if text.startswith("--")]
            raise InputError(
                name if len(name) <= LONGEST_NAME else shorten(name),
                f"is no option of {self.prog}",
                remedy=nearest(name, known) or f"see {self.prog} --help",
            )
        raise InputError(
            self._name, f"does not know what to do with {shorten(word)}", remedy=f"see {self.prog} --help"
        )


def _check_text(name: str, text: str) -> None:
    """Refuse a value that is empty or no text: neither names a file, a dataset or a number."""
    if not text:
        raise InputError(name, "is empty", remedy="give it a value")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        try:
            os.fsencode(text).decode("utf-8")
        except UnicodeError:
            raise InputError(name, "is not UTF-8 text", value=text, remedy="use a name in UTF-8") from None
        raise InputError(
            name, "has letters that this locale does not know", value=text, remedy="set LC_ALL=C.UTF-8"
        ) from None


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
