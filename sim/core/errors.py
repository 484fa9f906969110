"""One exception family.  Every message is one sentence that a user can act on."""

from __future__ import annotations

from typing import Any


class NanophantomError(Exception):
    """Base of everything this program raises on purpose; its text is fit to show to a user."""


class InputError(NanophantomError):
    """Something the user gave cannot be used (command line: one line, exit code 2).

    Parameters
    ----------
    parameter
        Dotted path of a setting, a command-line option, or the path of a file or folder.
    problem
        What is wrong with it.
    value
        The value given; left out of the message when not passed.
    allowed
        The allowed range or choices.
    remedy
        What to do instead.
    """

    _absent: Any = object()

    def __init__(
        self,
        parameter: str,
        problem: str,
        *,
        value: Any = _absent,
        allowed: str = "",
        remedy: str = "",
    ) -> None:
        self.parameter = parameter
        self.problem = problem
        self.value = None if value is self._absent else value
        self.allowed = allowed
        self.remedy = remedy
        head = parameter if value is self._absent else f"{parameter} = {shorten(value)}"
        parts = [problem]
        if allowed:
            parts.append(f"allowed: {allowed}")
        if remedy:
            parts.append(remedy)
        text = f"{head}: {'; '.join(parts)}"
        super().__init__(text if text.endswith("?") else f"{text}.")

    def __reduce__(self) -> tuple[Any, ...]:
        # The usual way would call the class with its text alone.
        return _unpickled, (type(self), self.args, self.__dict__)


class InputErrors(InputError):
    """Several input errors found at once; ``errors`` holds each of them, the text shows them all."""

    def __init__(self, errors: list[InputError]) -> None:
        self.errors = errors
        first = errors[0]
        super().__init__(first.parameter, first.problem, allowed=first.allowed, remedy=first.remedy)
        self.value = first.value
        self.args = ("\n".join(str(error) for error in errors),)


def renamed(error: InputError, parameter: str, problem: str = "") -> InputError:
    """The same error under another parameter, and with another problem where one is given."""
    given: dict[str, Any] = {} if error.value is None else {"value": error.value}
    return InputError(
        parameter, problem or error.problem, allowed=error.allowed, remedy=error.remedy, **given
    )


def _unpickled(kind: type[InputError], arguments: tuple[Any, ...], state: dict[str, Any]) -> InputError:
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(state)
    return error


class IntegrityError(NanophantomError):
    """A dataset is not what its manifest says (command line: exit code 1)."""


class Cancelled(NanophantomError):
    """The user asked to stop; nothing is wrong and nothing is half-written."""


def never() -> None:
    """Stands in for ``cancel`` where nobody can stop the work."""


def shorten(value: Any, limit: int = 80) -> str:
    """``repr`` of a value, cut in the middle when it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # thousands of digits, thousands of brackets
        return "..."
    if len(text) <= limit:
        return text
    half = (limit - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


def nearest(word: str, choices: Any) -> str:
    """'; did you mean X?'-style remedy: the closest of ``choices``, or an empty string."""
    import difflib

    found = difflib.get_close_matches(word, [str(choice) for choice in choices], n=1, cutoff=0.5)
    return f"did you mean {found[0]!r}?" if found else ""
