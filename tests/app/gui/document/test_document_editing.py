"""Editing by paths: values, defaults, kinds, presets, what varies, and what listeners hear."""

from __future__ import annotations

import pytest

from app.gui.document.document import Change, RecipeDocument
from sim.core.errors import InputError
from sim.recipe.model import Recipe


@pytest.fixture
def document() -> RecipeDocument:
    return RecipeDocument()


def heard(document: RecipeDocument) -> list[Change]:
    changes: list[Change] = []
    document.changed.connect(changes.append)
    return changes


def test_one_setting(document):
    changes = heard(document)
    document.set("imaging.sigma", 0.8)
    assert document.value("imaging.sigma") == 0.8 == document.recipe.imaging.sigma
    assert changes == [Change(("imaging.sigma",), "Sigma")]
    assert not document.is_default("imaging.sigma")
    assert document.overridden("imaging") == ("imaging.sigma",)
    assert document.dirty


def test_refused_value_changes_nothing(document):
    changes = heard(document)
    before = document.recipe
    with pytest.raises(InputError, match=r"imaging.sigma = -1.*0.05 to 5 Å") as caught:
        document.set("imaging.sigma", -1)
    assert caught.value.parameter == "imaging.sigma"
    assert document.recipe is before and not changes and not document.can_undo


def test_several_settings_all_or_none(document):
    before = document.recipe
    with pytest.raises(InputError):
        document.set_many({"imaging.sigma": 0.7, "imaging.alpha": 99.0}, label="Both")
    assert document.recipe is before
    document.set_many({"imaging.sigma": 0.7, "pose.shift_x": 1.5, "seed": 7}, label="Three")
    assert (document.value("imaging.sigma"), document.value("pose.shift_x"), document.value("seed")) == (
        0.7,
        1.5,
        7,
    )
    document.undo()
    assert document.recipe == before


def test_checks_of_the_whole_section_hold(document):
    document.set("specimen.form", "ideal")
    with pytest.raises(InputError, match="disordered cluster has no ideal form"):
        document.set("specimen.geometry", "garzon")
    with pytest.raises(InputError, match="three shares do not add up"):
        document.set("dataset.split.train", 0.5)
    document.set_many({"dataset.split.train": 0.5, "dataset.split.test": 0.4}, label="Split")
    with pytest.raises(InputError, match="one amplitude for each frequency"):
        document.set("noise.scan.vibration_frequencies", [50.0])


@pytest.mark.parametrize("path", ["imaging.sgima", "nothing", "seed.low", "pose.phi1", "imaging"])
def test_paths_that_are_no_setting(document, path):
    with pytest.raises(KeyError):
        document.value(path)
    with pytest.raises(KeyError):
        document.default(path)
    with pytest.raises(InputError):
        document.set(path, 1.0)


def test_kind_keeps_what_both_share_and_drops_what_varies_no_longer(document):
    document.set("pose.shift_x", 2.0)
    document.set("pose.kind", "euler")
    assert document.value("pose.shift_x") == 2.0 and document.value("pose.phi1") == 0.0
    document.set_many({"pose.phi1": 10.0, "pose.shift_y": -1.0}, label="Pose")
    document.set_vary("pose.phi1", {"law": "grid", "values": [0.0, 10.0]})
    document.set_vary("pose.shift_x", {"law": "grid", "values": [0.0, 1.0]})
    changes = heard(document)
    document.set("pose.kind", "zone_axis")
    assert (document.value("pose.shift_x"), document.value("pose.shift_y")) == (2.0, -1.0)
    assert document.varied_paths() == ("pose.shift_x",)
    assert {"pose.kind", "pose.phi1", "pose.u", "vary"} <= set(changes[0].paths)
    assert "pose.shift_x" not in changes[0].paths
    document.undo()
    assert document.varied_paths() == ("pose.phi1", "pose.shift_x") and document.value("pose.phi1") == 10.0


def test_kind_and_its_settings_in_one_step(document):
    document.set_many({"pose.phi1": 5.0, "pose.kind": "euler", "pose.Phi": 6.0}, label="View")
    assert (document.value("pose.phi1"), document.value("pose.Phi")) == (5.0, 6.0)
    with pytest.raises(InputError, match=r"pose.kind = 'sideways'"):
        document.set("pose.kind", "sideways")
    with pytest.raises(InputError, match=r"specimen.files: is empty"):
        document.set("specimen.kind", "file")


def test_preset_drops_overrides_and_sets_defaults(document):
    document.set("noise.exposure.dose", 777.0)
    assert document.overridden("noise") == ("noise.exposure.dose",)
    document.set("noise.preset", "titan_scan")
    assert document.overridden("noise.exposure") == ()
    assert document.default("noise.scan.dwell_time") == document.value("noise.scan.dwell_time")
    changes = heard(document)
    document.set_many({"noise.exposure.dose": 5.0, "noise.preset": "none"}, label="Both")
    assert document.value("noise.exposure.dose") == 5.0
    assert document.default("noise.exposure.dose") != 5.0
    # The default of every noise setting is another one now, and a row shows it.
    assert "noise.detector.adc_gain" in changes[0].paths


def test_reset_takes_the_preset_s_value(document):
    document.set("noise.preset", "poisson_low")
    low = document.value("noise.exposure.dose")
    assert low != Recipe().noise.exposure.dose
    document.set("noise.exposure.dose", 3.0)
    document.reset("noise.exposure.dose")
    assert document.value("noise.exposure.dose") == low and document.is_default("noise.exposure.dose")
    assert document.undo_label == "Reset Dose"


def test_reset_of_sections(document):
    document.set("imaging.sigma", 0.9)
    document.set("noise.exposure.dose", 3.0)
    document.set_many({"noise.scan.shear": 0.1, "noise.scan.jitter_x": 0.2, "seed": 3}, label="Several")
    document.reset_section("noise.scan")
    assert document.overridden("noise") == ("noise.exposure.dose",)
    document.reset_section("")
    assert document.value("seed") == 42 and document.value("imaging.sigma") == 0.9
    document.set("pose.kind", "euler")
    document.set_vary("pose.phi1", {"law": "grid", "values": [0.0, 1.0]})
    document.reset_section("pose")
    assert document.value("pose.kind") == "random" and document.varied_paths() == ()
    document.reset_section("imaging")
    assert document.overridden("imaging") == ()


def test_vary_entries_keep_their_place(document):
    document.set_vary("imaging.sigma", {"law": "grid", "values": [0.4, 0.6]})
    document.set_vary("imaging.alpha", {"law": "uniform", "low": 1.0, "high": 2.0})
    changes = heard(document)
    document.set_vary("imaging.sigma", {"law": "grid", "start": 0.4, "stop": 0.8, "count": 5})
    assert document.varied_paths() == ("imaging.sigma", "imaging.alpha")
    assert document.vary("imaging.sigma").count == 5
    assert set(changes[0].paths) == {"vary", "imaging.sigma"}
    document.set_vary("imaging.sigma", None)
    assert document.vary("imaging.sigma") is None and document.varied_paths() == ("imaging.alpha",)
    assert document.undo_label == "Fix Sigma"


@pytest.mark.parametrize(
    ("path", "tree", "parameter"),
    [
        ("imaging.sigma", {"law": "grid", "values": [0.4, 99.0]}, "vary (imaging.sigma).values"),
        ("imaging.sigma", {"law": "grid", "values": [0.4, 0.4]}, "vary (imaging.sigma).values"),
        (
            "imaging.sigma",
            {"law": "normal", "mean": 1.0, "deviation": -1.0},
            "vary (imaging.sigma).deviation",
        ),
        ("imaging.sigma", {"law": "gird"}, "vary (imaging.sigma).law"),
        ("image.width", {"law": "grid", "values": [64, 128]}, "vary (image.width).path"),
        ("pose.phi1", {"law": "grid", "values": [0.0, 1.0]}, "vary (pose.phi1).path"),
    ],
)
def test_vary_entry_that_does_not_suit(document, path, tree, parameter):
    document.set_vary("imaging.alpha", {"law": "grid", "values": [1.0, 2.0]})
    before = document.recipe
    with pytest.raises(InputError) as caught:
        document.set_vary(path, tree)
    assert caught.value.parameter == parameter and parameter in str(caught.value)
    assert document.recipe is before


def test_same_value_is_no_change(document):
    changes = heard(document)
    document.set("imaging.sigma", 0.6)
    document.set("noise.preset", document.value("noise.preset"))
    document.set("pose.kind", "random")
    assert not changes and not document.can_undo and not document.dirty


def test_default_does_not_depend_on_the_present_value(document):
    document.set("pose.kind", "euler")
    assert document.default("pose.kind") == "random" and document.default("specimen.kind") == "cluster"
    document.set("image.width", "auto")
    assert document.default("image.width") == 128


def test_a_failing_listener_does_not_stop_the_others(document):
    calls = []
    document.changed.connect(lambda change: 1 / 0)
    document.changed.connect(calls.append)
    document.state_changed.connect(lambda: calls.append("state"))
    with pytest.raises(ZeroDivisionError):
        document.set("seed", 1)
    assert len(calls) == 2 and document.value("seed") == 1
