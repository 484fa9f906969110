"""What ``regenerate`` says and returns for arrays of tier B."""

from __future__ import annotations

import pytest

from sim.dataset import regenerate as regenerating
from sim.dataset.differences import TOLERANCE, Difference
from sim.dataset.regenerate import Comparison, Regenerated


def result(measured, *, elsewhere=True):
    return Regenerated(
        "image_7", None, 0.2,  # type: ignore[arg-type]
        (
            Comparison("labels/mask", "A", "aa", "aa"),
            Comparison("clean", "B", "bb", "cc", measured, elsewhere),
        ),
        "made elsewhere",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "code", "words"),
    [
        (
            result(Difference(0.5, 1e-5, whole=False)),
            3,
            "within the tolerance of tier B (made elsewhere)",
        ),
        (result(Difference(0.5, 0.1, whole=False)), 1, "NOT equal to the manifest"),
        (result(Difference(0.5, 1e-5, whole=False), elsewhere=False), 1, "NOT equal to the manifest"),
        (result(None), 1, "NOT equal to the manifest"),
    ],
)
def test_exit_codes_tell_near_from_different(invoke, monkeypatch, found, code, words):
    monkeypatch.setattr(regenerating, "regenerate", lambda *rest, **options: found)
    shown = invoke("regenerate", "somewhere", "--image-id", "image_7")
    assert shown.code == code and words in shown.out.splitlines()[-1]
    row = next(line for line in shown.out.splitlines() if line.startswith("clean"))
    measured = found.comparisons[1].measured
    assert measured is None or str(measured) in row
    assert ("within tolerance" in row) == (code == 3)


def test_help_states_the_tolerance(invoke):
    assert TOLERANCE in " ".join(invoke("regenerate", "--help").out.split())
