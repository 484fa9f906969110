"""How settings and sections are called in the window; whatever is not listed is called by its own name."""

from __future__ import annotations

from collections.abc import Mapping

#: Sections in the order of the panel: the group of the recipe and its title.
SECTION_TITLES: Mapping[str, str] = {
    "specimen": "Structure",
    "pose": "Orientation",
    "image": "Image",
    "imaging": "Optics",
    "noise": "Noise",
    "labels": "Labels",
    "dataset": "Dataset",
    "": "Recipe",
}

SUBSECTION_TITLES: Mapping[str, str] = {
    "noise.background": "Background",
    "noise.scan": "Scan",
    "noise.exposure": "Dose",
    "noise.detector": "Detector",
    "dataset.split": "Split",
}

LABELS: Mapping[str, str] = {
    "specimen.files": "Structure files",
    "specimen.geometry": "Geometry",
    "pose.kind": "Orientation",
    "pose.phi1": "Angle φ₁",
    "pose.Phi": "Angle Φ",
    "pose.phi2": "Angle φ₂",
    "pose.u": "Zone axis u",
    "pose.v": "Zone axis v",
    "pose.w": "Zone axis w",
    "pose.in_plane": "Turn in the plane",
    "imaging.model": "Imaging model",
    "noise.background.thickness": "Carbon thickness",
    "noise.background.scattering": "Carbon scattering",
    "noise.background.roughness": "Carbon roughness",
    "noise.scan.slow_frequency": "Wander frequency",
    "noise.scan.slow_amplitude": "Wander amplitude",
    "noise.scan.jitter_x": "Line jitter x",
    "noise.scan.jitter_y": "Line jitter y",
    "noise.scan.shear": "Shear",
    "noise.scan.scale": "Stretch",
    "noise.exposure.mode": "Counting",
    "noise.exposure.source": "Dose from",
    "noise.detector.dark": "Dark signal",
    "noise.detector.adc_bits": "ADC bits",
    "noise.detector.adc_gain": "ADC gain",
    "noise.detector.adc_offset": "ADC offset",
    "labels.atoms": "Atom table",
    "labels.columns": "Column table",
    "dataset.split.train": "Training",
    "dataset.split.split_by": "Kept whole",
    "dataset.version": "Name and version",
}

#: Preferences: what stands before the value, or beside the tick.
PREFERENCES: Mapping[str, str] = {
    "theme": "Theme",
    "structure_view": "Structure is drawn",
    "colour_map": "Colours of the preview",
    "live_preview": "Render after every change",
    "autosave": "Keep a copy of unsaved changes",
    "autosave_seconds": "Copy them every",
    "restore_workspace": "Begin with the work of the last time",
    "confirm_discard": "Ask before unsaved changes are given up",
    "confirm_close_during_run": "Ask before closing while a dataset is being made",
    "export_workers": "Processes of an export",
}

#: Settings that few users change: shown on demand.
ADVANCED = frozenset(
    {
        "noise.background.scattering",
        "noise.background.roughness",
        "noise.background.shortest_wavelength",
        "noise.scan.flyback_time",
        "noise.scan.slow_frequency",
        "noise.scan.slow_amplitude",
        "noise.scan.vibration_frequencies",
        "noise.scan.vibration_amplitudes",
        "noise.scan.jitter_y",
        "noise.scan.shear",
        "noise.scan.scale",
        "noise.scan.settling_amplitude",
        "noise.scan.settling_time",
        "noise.detector.gain",
        "noise.detector.gain_spread",
        "noise.detector.afterglow_time",
        "noise.detector.adc_bits",
        "noise.detector.adc_gain",
        "noise.detector.adc_offset",
        "labels.column_tolerance",
        "labels.resolution_factor",
        "dataset.split.split_by",
        "dataset.citation",
        "dataset.images_per_shard",
    }
)


def label_of(path: str) -> str:
    """The name of a setting, a section or a subsection: ``noise.scan.dwell_time`` is the dwell time."""
    for titles in (LABELS, SECTION_TITLES, SUBSECTION_TITLES):
        if path in titles:
            return titles[path]
    return words_of(path.rpartition(".")[2])


def words_of(name: str) -> str:
    """A name of the program as people write it: ``dwell_time`` is ``Dwell time``."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]
