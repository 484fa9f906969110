"""Makes ``abtem_hrtem.npy`` and ``abtem_stem.npy``: images of a small asymmetric object by abTEM (GPL-3).

Run by hand with a Python that has abTEM 1.0.11:  python abtem_images.py

abTEM's arrays are [x, y] with y ascending; what is stored is transposed and turned over to [row, column]
with row 0 at the highest y.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

#: Periods x, y and depth, Å.
BOX = (12.8, 9.6, 10.0)
#: Number, x, y, depth below the top of the box, Å: no symmetry.  On points of abTEM's grid, since potentials
#: off it lose power at high angles, and in the middle of its slices.
ATOMS = (
    (79, 3.2, 2.4, 1.125),
    (79, 5.175, 2.65, 3.125),
    (34, 3.95, 6.525, 4.125),
    (14, 8.125, 3.35, 5.125),
    (6, 9.475, 7.225, 2.125),
    (48, 6.825, 5.175, 6.125),
    (8, 1.125, 8.025, 9.125),
)
SLICE = 0.25
#: Coefficients, Å and degrees, beside C10.
ABERRATIONS = {
    "C12": (60.0, 25.0),
    "C21": (2500.0, 70.0),
    "C23": (2000.0, -20.0),
    "C30": (1e5, 0.0),
}
#: High-resolution TEM: kV, 1/e focal spread, depth of the plane in focus (Å), rows and columns of pixels.
HRTEM = {"voltage": 300.0, "focal_spread": 60.0, "depth": -70.0, "shape": (48, 64)}
#: Scanning TEM: kV, semiangle, depth of the focus, ring (mrad), rows and columns.
STEM = {"voltage": 200.0, "convergence": 25.0, "depth": 30.0, "ring": (40.0, 90.0), "shape": (12, 16)}
FOLDER = Path(__file__).parent


def main() -> None:
    import abtem
    from ase import Atoms

    abtem.config.set({"precision": "float64", "local_diagnostics.progress_bar": False})
    atoms = Atoms(
        numbers=[atom[0] for atom in ATOMS], positions=[atom[1:] for atom in ATOMS], cell=BOX, pbc=True
    )
    coefficients = {name: size for name, (size, _) in ABERRATIONS.items()}
    coefficients |= {
        f"phi{name[1:]}": np.radians(azimuth) for name, (_, azimuth) in ABERRATIONS.items() if azimuth
    }

    potential = abtem.Potential(atoms, sampling=0.025, slice_thickness=SLICE, parametrization="lobato")
    wave = abtem.PlaneWave(energy=1e3 * HRTEM["voltage"]).multislice(potential)
    # A slice acts where the wave enters it: the atoms lie half a slice deeper on average.
    behind = BOX[2] + 0.5 * SLICE
    transfer = abtem.CTF(
        energy=1e3 * HRTEM["voltage"],
        semiangle_cutoff=1e3,
        C10=-(behind - HRTEM["depth"]),
        focal_spread=HRTEM["focal_spread"],
        **coefficients,
    )
    image = wave.apply_ctf(transfer).intensity().compute().array
    rows, columns = HRTEM["shape"]
    step = 512 // columns
    assert image.shape == (512, 384)
    image = image[step // 2 :: step, step // 2 :: step].T[::-1]
    np.save(FOLDER / "abtem_hrtem.npy", image.astype(np.float32))

    probe = abtem.Probe(
        energy=1e3 * STEM["voltage"],
        semiangle_cutoff=STEM["convergence"],
        C10=-(STEM["depth"] - 0.5 * SLICE),
        **coefficients,
    )
    rows, columns = STEM["shape"]
    pixel = BOX[0] / columns
    scan = abtem.GridScan(
        start=(0.5 * pixel, 0.5 * pixel),
        end=(BOX[0] + 0.5 * pixel, BOX[1] + 0.5 * pixel),
        gpts=(columns, rows),
        endpoint=False,
    )
    detector = abtem.AnnularDetector(*STEM["ring"])
    signal = probe.scan(potential, scan=scan, detectors=detector).compute().array
    np.save(FOLDER / "abtem_stem.npy", signal.T[::-1].astype(np.float32))


if __name__ == "__main__":
    main()
