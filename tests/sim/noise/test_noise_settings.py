"""Presets, merging, and the description of every noise parameter."""

from __future__ import annotations

import json
import tomllib
from importlib import resources

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from sim.core.errors import InputError
from sim.core.settings import About, Quantity, model_fields, validate
from sim.noise.presets import preset, presets
from sim.noise.settings import NoiseSettings, noise_tree

NAMES = {
    "poisson_low", "poisson_medium", "poisson_high", "gaussian_low", "gaussian_medium", "gaussian_high",
    "mixed_low", "mixed_medium", "mixed_high", "titan_scan", "fast_scan", "none",
    "hrtem_k2", "hrtem_k3", "hrtem_falcon3ec", "hrtem_falcon4ec",
}  # fmt: skip


def settings(**tree: object) -> NoiseSettings:
    return validate(NoiseSettings, tree)


def test_shipped_presets() -> None:
    assert set(presets()) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_preset_file_is_a_complete_dictionary(name: str) -> None:
    """Every leaf of the settings stands in the file, so that none depends on a default."""
    file = resources.files("resources") / "presets" / "noise" / f"{name}.toml"
    written = tomllib.loads(file.read_text(encoding="utf-8"))["settings"]
    found = {f"{group}.{key}" for group, values in written.items() for key in values}
    assert found == {leaf.path for leaf in model_fields(NoiseSettings)} - {"preset"}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_preset_survives_toml_and_json(name: str) -> None:
    chosen = settings(preset=name)
    assert noise_tree(chosen) == {"preset": name}
    assert validate(NoiseSettings, tomllib.loads(tomli_w.dumps(chosen.tree()))) == chosen
    assert NoiseSettings.model_validate_json(json.dumps(chosen.tree())) == chosen


@pytest.mark.parametrize("name", sorted(NAMES - {"none"}))
def test_a_preset_states_its_dose(name: str) -> None:
    chosen = settings(preset=name)
    assert chosen.exposure.source == "dose"
    stated = f"{chosen.exposure.dose:.1e}".replace("e+0", "e").replace(".0e", "e")
    assert f"{stated} e⁻/Å²" in preset(name).text


def test_poisson_levels_name_the_noise_not_the_dose() -> None:
    """Low, medium and high noise are 1e6, 1e5 and 1e4 electrons per Å², and the texts say so."""
    doses = {level: settings(preset=f"poisson_{level}").exposure.dose for level in ("low", "medium", "high")}
    assert doses == {"low": 1e6, "medium": 1e5, "high": 1e4}
    for level in doses:
        for family in ("poisson", "gaussian", "mixed"):
            assert preset(f"{family}_{level}").text.startswith(f"{level.capitalize()} noise")


def test_gaussian_presets_have_no_shot_noise_and_say_so() -> None:
    for level in ("low", "medium", "high"):
        chosen = settings(preset=f"gaussian_{level}")
        assert chosen.exposure.mode == "expected" and chosen.detector.read_noise > 0.0
        assert "no Poisson" in preset(f"gaussian_{level}").text


def test_titan_scan_is_the_published_measurement() -> None:
    """Parameters of the Voyles group's STEM distortion simulator (UW Titan), in the image's unit, Å."""
    scan = settings(preset="titan_scan").scan
    assert (scan.dwell_time, scan.flyback_time) == (16.0, 60.0)
    assert (scan.drift_x, scan.drift_y, scan.slow_frequency, scan.slow_amplitude) == (0.007, 0.007, 0.08, 0.3)
    assert scan.vibration_frequencies == (30.0, 120.0, 160.0, 430.0, 1000.0, 2725.0)
    assert scan.vibration_amplitudes == (0.015, 0.010, 0.007, 0.004, 0.004, 0.004)
    assert settings(preset="fast_scan").scan.vibration_amplitudes == (0.05, 0.01, 0.007, 0.01, 0.004, 0.004)


def test_defaults_are_the_default_preset() -> None:
    """Panels read the defaults of single fields; they must agree with a recipe that names no preset."""
    default = NoiseSettings()
    assert default == settings(preset="poisson_medium")
    for group in ("background", "scan", "exposure", "detector", "camera"):
        assert getattr(default, group) == type(getattr(default, group))()


def test_given_keys_win_over_the_preset() -> None:
    changed = settings(preset="titan_scan", scan={"drift_x": 1.5}, exposure={"dose": 2e4})
    assert changed.scan.drift_x == 1.5 and changed.scan.drift_y == 0.007 and changed.exposure.dose == 2e4
    assert noise_tree(changed) == {
        "preset": "titan_scan",
        "scan": {"drift_x": 1.5},
        "exposure": {"dose": 2e4},
    }


def test_merging_leaves_the_preset_as_it_was() -> None:
    settings(preset="titan_scan", scan={"vibration_frequencies": [1.0], "vibration_amplitudes": [0.1]})
    assert settings(preset="titan_scan").scan.vibration_frequencies[0] == 30.0


@given(
    name=st.sampled_from(sorted(NAMES)),
    dose=st.floats(0, 1e9),
    jitter=st.floats(0, 10),
    bits=st.sampled_from([0, 8, 12, 14, 16]),
    lines=st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 50)), max_size=4),
)
def test_smallest_tree_gives_the_settings_back(
    name: str, dose: float, jitter: float, bits: int, lines: list[tuple[float, float]]
) -> None:
    chosen = settings(
        preset=name,
        exposure={"dose": dose},
        scan={
            "jitter_y": jitter,
            "vibration_frequencies": [frequency for frequency, _ in lines],
            "vibration_amplitudes": [amplitude for _, amplitude in lines],
        },
        detector={"adc_bits": bits},
    )
    assert validate(NoiseSettings, tomllib.loads(tomli_w.dumps(noise_tree(chosen)))) == chosen


def test_every_parameter_is_described() -> None:
    for leaf in model_fields(NoiseSettings):
        assert isinstance(leaf.description, (Quantity, About)), leaf.path
        assert leaf.description.about.endswith("."), leaf.path
        if isinstance(leaf.description, Quantity):
            assert leaf.description.low is not None and leaf.description.high is not None, leaf.path


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"preset": "poison_medium"}, ("noise.preset", "poison_medium", "did you mean 'poisson_medium'")),
        ({"preset": 3}, ("noise.preset", "text")),
        ({"exposure": {"dosis": 1.0}}, ("noise.exposure.dosis", "did you mean 'dose'")),
        ({"exposure": {"dose": -1.0}}, ("noise.exposure.dose = -1.0", "0 to 1e+09 e⁻/Å²")),
        ({"exposure": {"dose": "1,0"}}, ("noise.exposure.dose", "not a number")),
        ({"exposure": {"dose": float("nan")}}, ("noise.exposure.dose", "finite")),
        ({"detector": {"adc_bits": 10}}, ("noise.detector.adc_bits", "8, 12, 14, 16")),
        ({"scan": {"vibration_amplitudes": [-1.0]}}, ("noise.scan.vibration_amplitudes.0", "0 to 100 Å")),
        ({"scan": {"vibration_amplitudes": [1.0]}}, ("noise.scan", "one amplitude for each frequency")),
        ({"scan": 3}, ("noise.scan",)),
    ],
)  # fmt: skip
def test_bad_input_is_named(tree: dict[str, object], words: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as caught:
        validate(NoiseSettings, tree, root="noise")
    for word in words:
        assert word in str(caught.value)
