"""Laws as the panel offers them: what it starts with is valid, and summaries say what happens."""

from __future__ import annotations

import pytest

from app.gui.document.document import RecipeDocument
from app.gui.document.fields import Field, field_of, fields_of
from app.gui.panels import laws
from app.gui.panels.number_list import format_list, parse_list
from app.gui.panels.problems import place_of
from sim.core.errors import InputError
from sim.specimen.settings import EulerPose, ZoneAxisPose


def documents() -> list[RecipeDocument]:
    """One for each kind of pose, so that every setting of a pose is there once."""
    plain = RecipeDocument()
    return [plain, *(RecipeDocument(plain.recipe.model_copy(update={"pose": pose()})) for pose in
                     (EulerPose, ZoneAxisPose))]  # fmt: skip


@pytest.mark.parametrize("key", list(laws.laws()))
def test_every_law_starts_with_an_entry_that_the_recipe_takes(key: str) -> None:
    law = laws.laws()[key]
    tried = 0
    for document in documents():
        for field in fields_of(document.recipe):
            if not field.can_vary or law not in laws.laws_for(field):
                continue
            entry = laws.first_entry(field, law, document.value(field.path), field.choices)
            if field.path == "specimen.form":
                # Fits only clusters that have both forms: the panel shows the planner's sentence then.
                continue
            document.set_vary(field.path, entry)
            assert document.vary(field.path) is not None
            assert laws.summary(entry, field)
            document.set_vary(field.path, None)
            tried += 1
    assert tried > 10


def test_values_start_around_the_present_one() -> None:
    entry = laws.first_entry(field_of("imaging.sigma"), laws.laws()["even"], 0.6)
    assert entry == {"law": "grid", "start": 0.4, "stop": 0.8, "count": 5}


def test_first_values_keep_to_the_range() -> None:
    field = field_of("imaging.collected_fraction")  # above 0 and up to 1
    entry = laws.first_entry(field, laws.laws()["uniform"], 1.0)
    assert 0 < entry["low"] < entry["high"] == 1.0


def test_another_law_keeps_the_ends() -> None:
    field = field_of("imaging.sigma")
    grid = {"law": "grid", "start": 0.3, "stop": 1.2, "count": 4, "values": (), "per": None}
    uniform = laws.converted(field, laws.laws()["uniform"], grid, 0.6)
    assert uniform == {"law": "uniform", "low": 0.3, "high": 1.2}
    listed = {"law": "grid", "values": (0.3, 0.9), "per": "structure"}
    assert laws.converted(field, laws.laws()["even"], listed, 0.6) == {
        "law": "grid", "start": 0.3, "stop": 0.9, "count": 2, "per": "structure",
    }  # fmt: skip
    normal = laws.converted(field, laws.laws()["normal"], uniform, 0.6)
    assert normal == {"law": "normal", "mean": 0.75, "deviation": 0.225}
    assert laws.converted(field, laws.laws()["list"], grid, 0.6)["values"] == [0.3, 0.6, 0.9, 1.2]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"law": "grid", "start": 0.4, "stop": 0.8, "count": 5}, "0.4 … 0.8 Å, 5 values"),
        ({"law": "grid", "values": [0.3, 0.6]}, "0.3, 0.6 Å"),
        ({"law": "uniform", "low": 0.4, "high": 0.8}, "0.4 … 0.8 Å, uniform"),
        ({"law": "normal", "mean": 0.6, "deviation": 0.05}, "0.6 ± 0.05 Å, normal"),
        (
            {"law": "truncated_normal", "mean": 0.6, "deviation": 0.1, "low": 0.4, "high": 0.9},
            "0.6 ± 0.1 Å, normal within 0.4 … 0.9",
        ),
        ({"law": "log_normal", "median": 0.6, "deviation": 0.2}, "0.6 Å ×/÷ e^0.2, log-normal"),
        ({"law": "choice", "values": [0.3, 0.6]}, "0.3, 0.6 Å, at random"),
        ({"law": "sobol", "low": 0.4, "high": 0.8}, "0.4 … 0.8 Å, Sobol points"),
        ({"law": "grid", "values": [1.0, 2.0, 3.0, 4.0, 5.0]}, "1, 2, 3, …, 5 Å"),
    ],
)
def test_summary(entry: dict[str, object], words: str) -> None:
    assert laws.summary(entry, field_of("imaging.sigma")) == words


def test_footer_multiplies_grids_and_counts_draws() -> None:
    grid = {"law": "grid", "start": 0.4, "stop": 0.8, "count": 5}
    listed = {"law": "grid", "values": [1, 2, 3, 4]}
    drawn = {"law": "uniform", "low": 0.0, "high": 1.0}
    assert laws.footer([grid, listed]) == "5 × 4 = 20 combinations"
    assert laws.footer([grid, drawn]) == "5 sweep points; 1 drawn at random"
    assert laws.footer([]).startswith("Nothing varies")


def test_only_listed_laws_for_settings_that_are_no_numbers() -> None:
    geometry: Field = field_of("specimen.geometry")
    assert [law.key for law in laws.laws_for(geometry)] == ["list", "choice"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("50, 100 Hz", [50.0, 100.0]),
        ("0.05 kHz, 100 Hz", [50.0, 100.0]),
        ("0,5; 2 kHz", [500.0, 2000.0]),
        ("", []),
        ("none", []),
        ("7", [7.0]),
        ("1e3, 2e3", [1000.0, 2000.0]),
    ],
)
def test_lists_of_numbers(text: str, values: list[float]) -> None:
    assert parse_list(text, "Hz") == values


@pytest.mark.parametrize("text", ["50,100", "50, x", "50, 3 nm"])
def test_lists_that_cannot_be_read(text: str) -> None:
    with pytest.raises(InputError):
        parse_list(text, "Hz")


def test_lists_are_read_back() -> None:
    values = [30.0, 120.5, 2725.0, 1e-7]
    assert parse_list(format_list(values, "Hz", None), "Hz") == values


def test_where_errors_belong() -> None:
    varied = ("imaging.alpha", "imaging.sigma")
    assert place_of("imaging.sigma").path == "imaging.sigma"
    assert place_of("specimen.files.name").path == "specimen.files"
    assert place_of("vary.1.low", varied) == place_of("vary (imaging.sigma).values", varied)
    assert place_of("vary.1.low", varied).varies and not place_of("imaging.sigma").varies
