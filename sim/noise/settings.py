"""What the user chooses about noise: a preset, and whatever differs from it.

Every field is described once, here.  The functions that do the work take the plain dataclasses that
``plain()`` makes of these settings.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import model_validator

from sim.core.settings import About, Quantity, Settings
from sim.noise import presets
from sim.noise.background import BackgroundParameters
from sim.noise.camera import CameraParameters, Curve
from sim.noise.chain import NoiseParameters
from sim.noise.detector import DetectorParameters
from sim.noise.dose import ExposureParameters
from sim.noise.scan import ScanParameters

_TITAN = "Scan instabilities measured on a Titan (Voyles group, STEM distortion simulator, 2014)"
_JONES = "L. Jones, Scan-noise and drift correction in the STEM, Microscopy Today, May 2014"
_RUTHERFORD = "Screened Rutherford cross-section of carbon, 110 atoms/nm³, integrated over the detector"
_CURVES = "Two Gaussians fitted to published curves at 300 kV, largest error 0.02"


class BackgroundSettings(Settings):
    """An amorphous carbon film under the specimen."""

    thickness: Annotated[float, Quantity(
        "nm", low=0.0, high=200.0, step=1.0, symbol="t",
        about="Thickness of the carbon film, which adds a grey, slightly grainy background; 0 means none.",
        label="Carbon thickness",
    )] = 0.0  # fmt: skip
    scattering: Annotated[float, Quantity(
        "1/nm", low=0.0, high=0.01, step=1e-5, symbol="κ_C", reference=_RUTHERFORD,
        about="Fraction of the beam that one nanometre of carbon sends to the detector; 1.1e-4 for an "
        "annular detector of 80 to 200 mrad at 200 kV, more at smaller angles.",
        label="Carbon scattering", advanced=True,
    )] = 1.1e-4  # fmt: skip
    roughness: Annotated[float, Quantity(
        low=0.0, high=0.3, step=0.01,
        about="Standard deviation of the film's thickness relative to its mean.",
        label="Carbon roughness", advanced=True,
    )] = 0.1  # fmt: skip
    shortest_wavelength: Annotated[float, Quantity(
        "Å", low=0.5, high=1000.0, step=0.5,
        about="The film's thickness varies in no wave shorter than this.",
        advanced=True,
    )] = 5.0  # fmt: skip

    def plain(self) -> BackgroundParameters:
        """The values as the background stage takes them."""
        return BackgroundParameters(**self.tree())


class ScanSettings(Settings):
    """The scan clock, and everything that moves the beam against the specimen."""

    dwell_time: Annotated[float, Quantity(
        "µs", low=0.01, high=1e6, step=1.0, symbol="τ",
        about="Time the beam spends on one pixel. It sets how far drift and vibration get during the frame, "
        "how strong the afterglow is, and the dose where a beam current is given.",
    )] = 20.0  # fmt: skip
    flyback_time: Annotated[float, Quantity(
        "µs", low=0.0, high=1e6, step=10.0, reference=_TITAN,
        about="Time from the end of one row to the start of the next.",
        advanced=True,
    )] = 60.0  # fmt: skip
    drift_x: Annotated[float, Quantity(
        "Å/s", low=-1000.0, high=1000.0, step=0.01, symbol="v_x", reference=_TITAN,
        about="Steady drift of the beam against the specimen along x (right): the image is sheared.",
    )] = 0.0  # fmt: skip
    drift_y: Annotated[float, Quantity(
        "Å/s", low=-1000.0, high=1000.0, step=0.01, symbol="v_y", reference=_TITAN,
        about="Steady drift of the beam against the specimen along y (up): the image is stretched, or "
        "squeezed if negative.",
    )] = 0.0  # fmt: skip
    slow_frequency: Annotated[float, Quantity(
        "Hz", low=0.0, high=1000.0, step=0.01, reference=_TITAN,
        about="Frequency of a slow wander of the specimen, less than one period a frame.",
        label="Wander frequency", advanced=True,
    )] = 0.08  # fmt: skip
    slow_amplitude: Annotated[float, Quantity(
        "Å", low=0.0, high=100.0, step=0.05, reference=_TITAN,
        about="Amplitude of the slow wander, in x and in y with a random phase each; 0 means none.",
        label="Wander amplitude", advanced=True,
    )] = 0.0  # fmt: skip
    vibration_frequencies: Annotated[
        tuple[Annotated[float, Quantity("Hz", low=0.0, high=1e7)], ...],
        About(
            "Frequencies of vibrations and stray fields, Hz, for example mains and its harmonics.",
            _TITAN,
            advanced=True,
        ),
    ] = ()
    vibration_amplitudes: Annotated[
        tuple[Annotated[float, Quantity("Å", low=0.0, high=100.0)], ...],
        About(
            "Amplitude of each vibration, Å, in x and in y with a random phase each.", _TITAN, advanced=True
        ),
    ] = ()
    vibration_scale: Annotated[float, Quantity(
        low=0.0, high=100.0, step=0.1,
        about="Multiplies the amplitudes of all vibrations; 0 switches them off.",
    )] = 1.0  # fmt: skip
    jitter_x: Annotated[float, Quantity(
        "Å", low=0.0, high=10.0, step=0.01, symbol="s", reference=_JONES,
        about="Line jitter: each row is displaced as a whole along x by a normal number of this deviation.",
        label="Line jitter x",
    )] = 0.0  # fmt: skip
    jitter_y: Annotated[float, Quantity(
        "Å", low=0.0, high=10.0, step=0.01, reference=_JONES,
        about="Line jitter along y: each row shows the specimen at a slightly wrong height.",
        label="Line jitter y", advanced=True,
    )] = 0.0  # fmt: skip
    shear: Annotated[float, Quantity(
        low=-0.2, high=0.2, step=0.001,
        about="Linear drift along x as a fraction of the height: x error = shear · y, centre fixed.",
        advanced=True,
    )] = 0.0  # fmt: skip
    scale: Annotated[float, Quantity(
        low=-0.2, high=0.2, step=0.001,
        about="Linear drift along y as a fraction of the height: y error = scale · y, centre fixed.",
        label="Stretch", advanced=True,
    )] = 0.0  # fmt: skip
    settling_amplitude: Annotated[float, Quantity(
        "Å", low=-100.0, high=100.0, step=0.1, symbol="b", reference=_JONES,
        about="Flyback settling: x error at the start of each row, fading along it as b exp(−t/T).",
        advanced=True,
    )] = 0.0  # fmt: skip
    settling_time: Annotated[float, Quantity(
        "µs", low=0.001, high=1e6, step=1.0, symbol="T",
        about="Time T in which the flyback error fades to 1/e.",
        advanced=True,
    )] = 20.0  # fmt: skip

    @model_validator(mode="after")
    def _lists_match(self) -> Self:
        frequencies, amplitudes = len(self.vibration_frequencies), len(self.vibration_amplitudes)
        if frequencies != amplitudes:
            raise ValueError(
                f"vibration_frequencies has {frequencies} entries and vibration_amplitudes {amplitudes}; "
                "give one amplitude for each frequency"
            )
        return self

    def plain(self) -> ScanParameters:
        """The values as the scan stage takes them."""
        return ScanParameters(**self.tree())


class ExposureSettings(Settings):
    """How many electrons."""

    mode: Annotated[Literal["none", "expected", "poisson"], About(
        "none: no dose, the image is the detected fraction of the beam; expected: expected counts without "
        "shot noise; poisson: counted electrons.",
        label="Counting",
    )] = "poisson"  # fmt: skip
    source: Annotated[Literal["dose", "beam_current"], About(
        "Whether the dose itself is given, or follows from beam current, dwell time and pixel size.",
        label="Dose from",
    )] = "dose"  # fmt: skip
    dose: Annotated[float, Quantity(
        "e⁻/Å²", low=0.0, high=1e9, step=1e4, symbol="D",
        about="Incident electrons per area, where source is dose. More dose, less shot noise.",
    )] = 1e5  # fmt: skip
    beam_current: Annotated[float, Quantity(
        "pA", low=0.0, high=1e5, step=1.0, symbol="I",
        about="Incident current, where source is beam_current. 30 pA for 20 µs are 3745 electrons.",
    )] = 30.0  # fmt: skip

    def plain(self) -> ExposureParameters:
        """The values as the dose stage takes them."""
        return ExposureParameters(**self.tree())


class DetectorSettings(Settings):
    """The detector and its electronics; a perfect counter unless told otherwise."""

    gain: Annotated[float, Quantity(
        low=0.0, high=1e6, above=True, step=0.1, symbol="g",
        about="Mean pulse height of one detected electron, in units of the signal.",
        advanced=True,
    )] = 1.0  # fmt: skip
    gain_spread: Annotated[float, Quantity(
        low=0.0, high=3.0, step=0.05, symbol="s",
        about="Relative spread of the pulse height from electron to electron; DQE(0) = 1/(1 + s²).",
        advanced=True,
    )] = 0.0  # fmt: skip
    afterglow_time: Annotated[float, Quantity(
        "µs", low=0.0, high=1e6, step=0.1, symbol="T",
        about="1/e decay time of scintillator and amplifier; bright columns trail to the right; 0: none.",
        advanced=True,
    )] = 0.0  # fmt: skip
    dark: Annotated[float, Quantity(
        low=0.0, high=1e6, step=1.0, symbol="µ",
        about="Mean dark signal of a pixel, in units of the signal.",
        label="Dark signal",
    )] = 0.0  # fmt: skip
    read_noise: Annotated[float, Quantity(
        low=0.0, high=1e6, step=0.5, symbol="s_r",
        about="Standard deviation of the electronic noise of a pixel, in units of the signal. Counts cannot "
        "be negative: use a converter with an offset, or the noise is cut off at 0.",
    )] = 0.0  # fmt: skip
    adc_bits: Annotated[Literal[0, 8, 12, 14, 16], About(
        "Bits of the analogue-to-digital converter; 0 means none, the signal is rounded to whole counts.",
        label="ADC bits", advanced=True,
    )] = 0  # fmt: skip
    adc_gain: Annotated[float, Quantity(
        low=0.0, high=1e6, above=True, step=0.1, about="Converter units per unit of signal.",
        label="ADC gain", advanced=True,
    )] = 1.0  # fmt: skip
    adc_offset: Annotated[float, Quantity(
        low=0.0, high=65535.0, step=10.0, about="Converter units of zero signal; it stays in the data.",
        label="ADC offset", advanced=True,
    )] = 0.0  # fmt: skip

    def plain(self) -> DetectorParameters:
        """The values as the detector stages take them."""
        return DetectorParameters(**self.tree())


def _weight(curve: str) -> Quantity:
    return Quantity(
        low=0.0, high=1.0, step=0.01, symbol="w", reference=_CURVES,
        about=f"Share of the first Gaussian in the {curve} transfer function "
        "w exp(−(q/a)²) + (1 − w) exp(−(q/b)²)"
        + (", by which an integrating camera damps the shot noise." if curve == "noise" else "."),
        advanced=True,
    )  # fmt: skip


def _width(curve: str, which: str, symbol: str) -> Quantity:
    return Quantity(
        "cycles/px", low=0.001, high=100.0, step=0.01, symbol=symbol, reference=_CURVES,
        about=f"Width of the {which} Gaussian of the {curve} transfer function, where it falls to 1/e.",
        advanced=True,
    )  # fmt: skip


class CameraSettings(Settings):
    """A camera that sees the whole image at once, as high-resolution TEM has; scanning images have none."""

    kind: Annotated[Literal["none", "integrating", "counting"], About(
        "none: every pixel is a detector of its own; integrating: the signal of an electron spreads over "
        "pixels, and signals add up; counting: every electron is found and counted in one pixel.",
        label="Camera",
    )] = "none"  # fmt: skip
    mtf_weight: Annotated[float, _weight("modulation")] = 1.0
    mtf_first: Annotated[float, _width("modulation", "first", "a")] = 0.5
    mtf_second: Annotated[float, _width("modulation", "second", "b")] = 0.05
    ntf_weight: Annotated[float, _weight("noise")] = 1.0
    ntf_first: Annotated[float, _width("noise", "first", "a")] = 0.5
    ntf_second: Annotated[float, _width("noise", "second", "b")] = 0.05
    efficiency: Annotated[float, Quantity(
        low=0.0, high=1.0, above=True, step=0.05,
        about="Share of the electrons that the camera registers at all. With the detector's gain spread s, "
        "DQE(0) = efficiency/(1 + s²), and DQE(q) falls with (MTF/NTF)², of a counting camera with MTF².",
        label="Camera efficiency", advanced=True,
    )] = 1.0  # fmt: skip
    hot_pixels: Annotated[float, Quantity(
        low=0.0, high=0.1, step=1e-5,
        about="Share of pixels that are hot; 1e-5 to 1e-4 is usual. Which they are differs from image to "
        "image, as in images that were corrected for known ones.",
        advanced=True,
    )] = 0.0  # fmt: skip
    hot_signal: Annotated[float, Quantity(
        low=0.0, high=1e6, step=10.0, about="What a hot pixel adds, in units of the signal.", advanced=True,
    )] = 0.0  # fmt: skip
    dead_pixels: Annotated[float, Quantity(
        low=0.0, high=0.1, step=1e-5,
        about="Share of pixels that see no electrons; 1e-5 to 1e-4 is usual.",
        advanced=True,
    )] = 0.0  # fmt: skip

    def plain(self) -> CameraParameters | None:
        """The values as the chain takes them; None without a camera."""
        if self.kind == "none":
            return None
        return CameraParameters(
            self.kind,
            Curve(self.mtf_weight, self.mtf_first, self.mtf_second),
            Curve(self.ntf_weight, self.ntf_first, self.ntf_second),
            self.efficiency,
            self.hot_pixels,
            self.hot_signal,
            self.dead_pixels,
        )


class NoiseSettings(Settings):
    """What microscope and detector do to the ideal image: a preset and whatever differs from it.

    Keys that are not given come from the preset, so ``{"preset": "titan_scan"}`` is complete.
    """

    preset: Annotated[str, About(
        "Named set of noise settings; the settings given beside it override its own.",
    )] = presets.DEFAULT_PRESET  # fmt: skip
    background: Annotated[BackgroundSettings, About("Carbon film under the specimen.")] = BackgroundSettings()
    scan: Annotated[ScanSettings, About("Scan clock and scan distortion.")] = ScanSettings()
    exposure: Annotated[ExposureSettings, About("Dose and shot noise.", label="Dose")] = ExposureSettings()
    detector: Annotated[DetectorSettings, About("Detector and electronics.")] = DetectorSettings()
    camera: Annotated[CameraSettings, About("Camera of a TEM image.")] = CameraSettings()

    @model_validator(mode="before")
    @classmethod
    def _lay_over_preset(cls, given: Any) -> Any:
        # A preset that is no text is left for the field itself to refuse.
        if isinstance(given, dict) and isinstance(given.get("preset", ""), str):
            return presets.merged(given)
        return given

    def plain(self) -> NoiseParameters:
        """The values as the chain takes them."""
        return NoiseParameters(
            self.background.plain(),
            self.scan.plain(),
            self.exposure.plain(),
            self.detector.plain(),
            self.camera.plain(),
        )


def noise_tree(settings: NoiseSettings) -> dict[str, Any]:
    """The smallest tree that gives these settings: the preset and the differences from it."""
    return presets.differences(settings.tree())
