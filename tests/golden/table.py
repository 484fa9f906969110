"""Golden table: one SHA-256 for the output of every tier-A stage.

Needs numpy, the standard library and this repository, so that it runs under emulated processors.  Equal
hashes everywhere are what the program's reproducibility guarantee rests on.

    python tests/golden/table.py                       print the table as JSON
    python tests/golden/table.py --compare             compare with golden.json; exit 1 and name the stages
    python tests/golden/table.py --write               replace golden.json
    python tests/golden/table.py --negative-control    with numpy's exp in place of our own

To add a stage, write a function that returns its arrays and register it with ``@stage(name)`` (stages.py);
make its input from fixed numbers or from a stream, and keep it small: emulation is thirty times slower.
Stages that need more than numpy (whole scenes need pydantic) are left out, and named, where that is missing.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GOLDEN = HERE / "golden.json"
sys.path[:0] = [str(ROOT), str(HERE)]

from stages import NEEDS, STAGES, Arrays, spread, stage  # noqa: E402

from sim.core.canonical import array_sha256  # noqa: E402
from sim.core.types import ImageGrid, on_position_grid  # noqa: E402
from sim.imaging import gaussian, projection  # noqa: E402
from sim.labels import columns, maps, masks, objects, tables, thickness, traces  # noqa: E402
from sim.noise import chain, detector, dose, scan  # noqa: E402
from sim.noise.background import BackgroundParameters, carbon_field  # noqa: E402
from sim.noise.detector import DetectorParameters  # noqa: E402
from sim.noise.dose import ExposureParameters  # noqa: E402
from sim.noise.scan import ScanParameters  # noqa: E402
from sim.numerics import designs, detmath, neighbours, resample, rotations, samplers  # noqa: E402
from sim.numerics.streams import Stream, derive_seed  # noqa: E402
from sim.specimen import pose  # noqa: E402

# --- inputs --------------------------------------------------------------------------------------


def alloy(count: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Atomic numbers and posed positions of a spherical fcc particle of gold and silver."""
    reach = 4
    while reach * reach * reach < 3 * count:
        reach += 1
    steps = np.arange(-reach, reach + 1)
    sites = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3)
    parity = np.add(np.add(sites[:, 0], sites[:, 1]), sites[:, 2])
    sites = sites[np.equal(np.remainder(parity, 2), 0)]
    squares = np.multiply(sites, sites)
    distance = np.add(np.add(squares[:, 0], squares[:, 1]), squares[:, 2])
    sites = sites[np.argsort(distance, kind="stable")[:count]]
    positions = on_position_grid(np.multiply(sites.astype(np.float64), 2.039))
    numbers = np.array([79, 47, 79, 78])[np.remainder(np.arange(count), 4)]
    return numbers, pose.apply_pose(positions, pose.random_pose(derive_seed("golden", count)), (0.3, -0.7))


def au55() -> np.ndarray[Any, Any]:
    """Positions of the shipped disordered cluster."""
    path = ROOT / "resources" / "structures" / "au55_garzon_relaxed.xyz"
    lines = path.read_text(encoding="utf-8").splitlines()[2:]
    return np.array([[float(word) for word in line.split()[1:4]] for line in lines])


GRID = ImageGrid(96, 112, 0.25)
SCAN = ScanParameters(
    dwell_time=16.0,
    drift_x=0.3,
    drift_y=-0.2,
    slow_amplitude=0.3,
    vibration_frequencies=(30.0, 120.0, 160.0),
    vibration_amplitudes=(0.05, 0.01, 0.007),
    jitter_x=0.06,
    jitter_y=0.01,
    shear=0.01,
    scale=-0.004,
    settling_amplitude=0.4,
    settling_time=25.0,
)
NOISE = chain.NoiseParameters(
    background=BackgroundParameters(thickness=4.0),
    scan=SCAN,
    exposure=ExposureParameters(dose=3e5),
    detector=DetectorParameters(
        gain=1.4, gain_spread=0.3, afterglow_time=9.0, dark=2.0, read_noise=1.5, adc_bits=12, adc_offset=20.0
    ),
)


# --- numerics ------------------------------------------------------------------------------------


@stage("numerics.exp")
def _exp() -> Arrays:
    return {
        "values": detmath.exp(spread("exp", -720.0, 720.0)),
        "small": detmath.exp(spread("exp", -2.0, 2.0)),
    }


@stage("numerics.log")
def _log() -> Arrays:
    return {
        "values": detmath.log(detmath.exp(spread("log", -700.0, 700.0))),
        "one": detmath.log(spread("log", 0.5, 2.0)),
    }


@stage("numerics.power")
def _power() -> Arrays:
    x = spread("power", 0.0, 30.0)
    return {"half": detmath.power(x, 0.5), "large": detmath.power(x, 1.7), "negative": detmath.power(x, -2.3)}


@stage("numerics.sincos_degrees")
def _sincos() -> Arrays:
    sine, cosine = detmath.sincos_degrees(spread("angle", -1e6, 1e6))
    return {"sine": sine, "cosine": cosine}


@stage("numerics.erf")
def _erf() -> Arrays:
    return {"values": detmath.erf(spread("erf", -6.5, 6.5))}


@stage("numerics.normal_quantile")
def _quantile() -> Arrays:
    return {"values": detmath.normal_quantile(Stream(2, "golden").words(20_000))}


@stage("numerics.decimal_power")
def _decimal_power() -> Arrays:
    return {"values": np.array([detmath.decimal_power(number, 1.7) for number in range(1, 119)])}


@stage("numerics.ordered_sum")
def _ordered_sum() -> Arrays:
    x = spread("sum", -1.0, 1.0, 5005).reshape(7, 715)
    return {
        "all": detmath.ordered_sum(x),
        "rows": detmath.ordered_sum(x, axis=0),
        "columns": detmath.ordered_sum(x, axis=1),
    }


@stage("numerics.streams")
def _streams() -> Arrays:
    stream = Stream(2**63 + 5, "golden", 7)
    return {
        "words": stream.words(1001, 13),
        "scattered": stream.words_at(np.multiply(np.arange(1000), 2**40 + 3)),
        "integers": stream.integers(1000, 3 * 2**61),
        "permutation": stream.permutation(1000),
        "seed": np.array([derive_seed("golden", 1, 0.5, None)], dtype=np.uint64),
    }


@stage("numerics.poisson")
def _poisson() -> Arrays:
    arrays = {}
    for expectation in (0.01, 0.5, 5.0, 11.99, 12.0, 50.0, 1e3, 1e5, 1e9):
        arrays[f"{expectation:g}"] = samplers.poisson(Stream(3, "golden"), np.full(4000, expectation))
    mixed = np.multiply(
        spread("mixed", 0.0, 1.0), np.array([0.0, 3.0, 30.0, 4000.0])[np.remainder(np.arange(20_000), 4)]
    )
    arrays["mixed"] = samplers.poisson(Stream(3, "golden"), mixed)
    return arrays


@stage("numerics.normal")
def _normal() -> Arrays:
    return {"values": samplers.normal(Stream(4, "golden"), (150, 130))}


@stage("numerics.bernoulli")
def _bernoulli() -> Arrays:
    return {"values": samplers.bernoulli(Stream(5, "golden"), (150, 130), 0.01)}


@stage("numerics.designs")
def _designs() -> Arrays:
    return {
        "sobol": designs.sobol(200, 21),
        "shifted": designs.sobol(200, 21, start=5, stream=Stream(6, "golden")),
        "latin": designs.latin_hypercube(Stream(6, "golden"), 200, 6),
    }


@stage("numerics.rotations")
def _rotations() -> Arrays:
    quaternions = [rotations.random_quaternion(Stream(7, "golden", number)) for number in range(30)]
    return {
        "random": np.stack(quaternions),
        "matrices": np.stack([rotations.quaternion_to_matrix(each) for each in quaternions]),
        "euler": rotations.euler_to_quaternion(12.5, 71.25, -133.0),
        "zone": rotations.zone_axis_to_quaternion((1.0, 2.0, -3.0), 17.0),
    }


@stage("numerics.resample")
def _resample() -> Arrays:
    image = spread("image", 0.0, 9.0, 60 * 70).reshape(60, 70)
    rows, across = spread("rows", -4.0, 64.0, 8000), spread("columns", -4.0, 74.0, 8000)
    return {
        "cubic": resample.sample_cubic(image, rows, across),
        "nearest": resample.sample_nearest(np.floor(image).astype(np.uint8), rows, across),
    }


@stage("numerics.neighbours")
def _neighbours() -> Arrays:
    _, positions = alloy(800)
    first, second = neighbours.pairs_within(positions, 3.0)
    return {"first": first, "second": second, "nearest": neighbours.nearest_distance(positions)}


# --- specimen ------------------------------------------------------------------------------------


@stage("specimen.pose")
def _pose() -> Arrays:
    positions = au55()
    quaternion = pose.random_pose(42)
    cell = np.array([[4.0, 0.0, 0.0], [-1.0, 3.5, 0.0], [0.3, 0.4, 5.1]])
    return {
        "quaternion": quaternion,
        "positions": pose.apply_pose(positions, quaternion, (0.31, -1.7)),
        "zone": pose.zone_axis_pose((1.0, 1.0, 2.0), 12.0, cell),
        "bond": np.array([pose.bond_length(positions)]),
    }


# --- imaging -------------------------------------------------------------------------------------


@stage("imaging.gaussian")
def _gaussian() -> Arrays:
    numbers, positions = alloy(120)
    arrays = {}
    for mode in ("z_power", "linear", "column_gamma"):
        for sigma in (0.12, 0.6, 1.2):
            for alpha in (0.5, 1.7):
                arrays[f"{mode} {sigma:g} {alpha:g}"] = gaussian.model_intensity(
                    positions, numbers, GRID, sigma, alpha, mode, "peak"
                )
    arrays["area"] = gaussian.model_intensity(positions, numbers, GRID, 0.7, 1.0, "z_power", "area")
    return arrays


@stage("imaging.large")
def _large() -> Arrays:
    _, positions = alloy(1500)
    heights = spread("heights", 0.5, 2.0, 1500)
    grid = ImageGrid(200, 180, 0.2)
    return {"image": projection.project(positions, heights, grid, 0.6, integrate=False)}


def fraction(grid: ImageGrid) -> np.ndarray[Any, Any]:
    """The ideal image that the noise stages start from."""
    numbers, positions = alloy(120)
    return gaussian.beam_fraction(
        positions,
        numbers,
        grid,
        sigma=0.6,
        alpha=1.0,
        mode="z_power",
        normalisation="peak",
        collected_fraction=0.0066,
    )


@stage("imaging.beam_fraction")
def _fraction() -> Arrays:
    image = fraction(GRID)
    return {"float64": image, "float32": image.astype(np.float32)}


# --- noise ---------------------------------------------------------------------------------------


@stage("noise.background")
def _background() -> Arrays:
    return {"field": carbon_field(GRID, 5.0, Stream(8, "golden"))}


@stage("noise.scan")
def _scan() -> Arrays:
    dx, dy = scan.displacement(GRID, SCAN, Stream(9, "golden"))
    return {"dx": dx, "dy": dy}


@stage("noise.warp")
def _warp() -> Arrays:
    field = chain.warp_field(GRID, NOISE, 10)
    assert field is not None
    _, positions = alloy(120)
    points = field.points(positions[:, 0], positions[:, 1])
    padded = GRID.padded(field.margin)
    image = fraction(padded)
    return {
        "image": field.image(image),
        "labels": field.labels(masks.visible_mask(image, 0.3)),
        "x": points.x,
        "y": points.y,
    }


@stage("noise.dose")
def _dose() -> Arrays:
    expected = dose.expectation(fraction(GRID), dose.electrons_per_pixel(ExposureParameters(), 20.0, 0.25))
    return {"expected": expected, "grid": dose.on_relative_grid(expected)}


@stage("noise.detector")
def _detector() -> Arrays:
    electrons = np.floor(spread("electrons", 0.0, 900.0, 80 * 90)).reshape(80, 90)
    gained = detector.gain_spread(electrons, 1.3, 0.4, Stream(11, "golden"))
    glowing = detector.afterglow(gained, 12.0, 20.0, 60.0)
    read = detector.dark_and_read(glowing, 3.0, 2.5, Stream(12, "golden"))
    return {
        "gain": gained,
        "afterglow": glowing,
        "read": read,
        "converted": detector.convert(read, 12, 0.9, 25.0),
        "stored": detector.stored(detector.whole_counts(read), "uint16"),
    }


@stage("noise.chain")
def _chain() -> Arrays:
    """The whole way from atoms to stored counts."""
    field = chain.warp_field(GRID, NOISE, 2024)
    assert field is not None
    padded = GRID.padded(field.margin)
    image = field.image(chain.add_background(fraction(padded), padded, NOISE, 2024))
    expected = chain.expectation(image, NOISE, GRID.pixel_size)
    counts = chain.detect(expected, NOISE, 2024)
    plain = chain.NoiseParameters(exposure=ExposureParameters(dose=1e5))
    perfect = chain.detect(chain.expectation(image, plain, GRID.pixel_size), plain, 2024)
    return {
        "clean": expected.astype(np.float32),
        "counts": chain.stored(counts, "uint16"),
        "poisson only": chain.stored(perfect, "uint16"),
    }


# --- labels --------------------------------------------------------------------------------------


@stage("labels.columns")
def _columns() -> Arrays:
    arrays = {}
    for count in (120, 600):
        numbers, positions = alloy(count)
        found = columns.find_columns(positions[:, 0], positions[:, 1], 0.5)
        rows, across = GRID.rows_of(positions[:, 1]), GRID.columns_of(positions[:, 0])
        resolved = columns.resolved(found, 0.4)
        for name, table in (
            ("columns", tables.column_table(found, rows, across, resolved, GRID)),
            ("atoms", tables.atom_table(numbers, positions, rows, across, found.index, GRID)),
        ):
            arrays.update({f"{count} {name} {key}": value for key, value in table.items()})
    return arrays


@stage("labels.masks")
def _masks() -> Arrays:
    _, positions = alloy(120)
    x, y = positions[:, 0], positions[:, 1]
    dx, dy = scan.displacement(GRID, SCAN, Stream(9, "golden"))
    sample_x = np.add(GRID.x_of(np.arange(GRID.width, dtype=np.float64))[None, :], dx)
    sample_y = np.add(GRID.y_of(np.arange(GRID.height, dtype=np.float64))[:, None], dy)
    return {
        "discs": masks.particle_mask(x, y, 1.44, GRID),
        "distorted": masks.particle_mask(x, y, 1.44, GRID, sample_x=sample_x, sample_y=sample_y),
        "visible": masks.visible_mask(fraction(GRID), 0.2),
    }


# --- specimens, scenes and aggregates have modules of their own ----------------------------------

import aggregates  # noqa: E402, F401
import scenes  # noqa: E402, F401
import specimens  # noqa: E402, F401


@stage("labels.maps")
def _maps() -> Arrays:
    _, positions = alloy(120)
    x, y, z = positions[:, 0], positions[:, 1], positions[:, 2]
    dx, dy = scan.displacement(GRID, SCAN, Stream(9, "golden"))
    sample_x = np.add(GRID.x_of(np.arange(GRID.width, dtype=np.float64))[None, :], dx)
    sample_y = np.add(GRID.y_of(np.arange(GRID.height, dtype=np.float64))[:, None], dy)
    owner, domain = np.arange(120) % 3 + 1, np.arange(120) // 60
    radius = np.add(1.2, np.multiply(0.1, owner))
    planes = np.array([[1, 0, 0.6, 0.0, 0.8, 0.2, 0.1, 0.3], [2, 11, 0.0, 0.0, 1.0, 0.0, 0.0, 0.5]])
    bonds = np.array([2.9, 3.1, 2.7])
    volumes = np.add(9.0, owner)

    def spread(places: Any, amounts: Any) -> Any:
        return projection.project(
            places, amounts, GRID, 1.5, integrate=False, normalisation="area", reach=5.0
        )

    row, column = GRID.rows_of(planes[:, 6]), GRID.columns_of(planes[:, 5])
    arrays = {
        "topmost": maps.topmost_atom(x, y, z, radius, GRID),
        "topmost distorted": maps.topmost_atom(x, y, z, radius, GRID, sample_x=sample_x, sample_y=sample_y),
        "overlap": maps.overlap_map(x, y, radius, owner, GRID, sample_x=sample_x, sample_y=sample_y),
        "grains": maps.grain_numbers(owner, domain),
        "traces": traces.beside_planes(positions, owner, domain, planes, bonds),
        "thickness": thickness.thickness(positions, volumes, np.greater(owner, 1), spread),
    }
    arrays.update(
        {f"plane {key}": values for key, values in objects.plane_table(planes, row, column, GRID).items()}
    )
    return arrays


# --- the table -----------------------------------------------------------------------------------


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ImportError:
        return False


def make_table() -> tuple[dict[str, str], list[str]]:
    """SHA-256 of every array of every stage that can run here, and the names of those that cannot.

    ``total`` is the hash of all hashes of stages that need numpy alone.
    """
    hashes: dict[str, str] = {}
    plain: dict[str, str] = {}
    left_out = []
    for name, function in STAGES.items():
        if not all(_installed(package) for package in NEEDS.get(name, ())):
            left_out.append(name)
            continue
        made = {f"{name}/{key}": array_sha256(np.asarray(array)) for key, array in function().items()}
        hashes |= made
        if name not in NEEDS:
            plain |= made
    together = json.dumps(plain, sort_keys=True).encode("utf-8")
    hashes["total"] = hashlib.sha256(together).hexdigest()
    return hashes, left_out


def use_numpy_exp() -> None:
    """The negative control: every module that imported our exp gets numpy's."""

    def exp(x: Any, out: Any = None) -> Any:
        return np.asarray(np.exp(x, out=out))

    ours = detmath.exp
    for name, module in list(sys.modules.items()):
        if name.startswith("sim."):
            for attribute in [key for key, value in vars(module).items() if value is ours]:
                setattr(module, attribute, exp)


def differences(hashes: Mapping[str, str], golden: Mapping[str, str], left_out: Sequence[str]) -> list[str]:
    """Names under which two tables differ, ``total`` and stages left out aside."""
    names = [name for name in dict.fromkeys([*golden, *hashes]) if name.partition("/")[0] not in left_out]
    return [name for name in names if name != "total" and hashes.get(name) != golden.get(name)]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--compare", action="store_true", help="compare with golden.json")
    parser.add_argument("--write", action="store_true", help="replace golden.json")
    parser.add_argument("--negative-control", action="store_true", help="use numpy's exp")
    options = parser.parse_args(arguments)
    if options.negative_control:
        use_numpy_exp()
    begin = time.perf_counter()
    hashes, left_out = make_table()
    seconds = time.perf_counter() - begin
    if options.write:
        if left_out:
            parser.error(f"cannot be made here: {', '.join(left_out)}")
        GOLDEN.write_text(json.dumps(hashes, indent=1) + "\n", encoding="utf-8")
    if not options.compare:
        print(json.dumps(hashes, indent=1))
        return 0
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    different = differences(hashes, golden, left_out)
    where = (
        f"{platform.machine()}, numpy {np.__version__}, Python {platform.python_version()}, {seconds:.1f} s"
    )
    count = sum(name.partition("/")[0] not in left_out for name in golden) - 1
    verdict = f"{len(different)} of {count} differ" if different else f"all {count} equal"
    if left_out:
        verdict += f", {len(golden) - 1 - count} left out (not installed: what {', '.join(left_out)} need)"
    print(f"golden table {hashes['total'][:16]}: {verdict} ({where})")
    for name in different:
        print(f"  different: {name}")
    return 1 if different or hashes["total"] != golden["total"] else 0


if __name__ == "__main__":
    sys.exit(main())
