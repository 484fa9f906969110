"""Makes ``abtem_exit_waves.npy``: exit waves of a small asymmetric object by abTEM (GPL-3).

Run by hand with a Python that has abTEM 1.0.11:  python abtem_reference.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

#: Periods x, y (Å), depth, points along x and y.
BOX = (12.8, 9.6, 8.0)
POINTS = (128, 96)
VOLTAGE = 300.0
#: Number, x, y, depth below the entrance surface (Å): no symmetry, no atom on a point.
ATOMS = (
    (79, 3.213, 2.377, 0.5),
    (79, 5.171, 2.629, 2.5),
    (34, 3.941, 6.533, 3.5),
    (14, 8.127, 3.355, 4.5),
    (6, 9.463, 7.217, 1.5),
    (6, 10.289, 1.041, 6.5),
    (48, 6.837, 5.183, 5.5),
    (8, 1.119, 8.031, 7.5),
)
#: mrad, in abTEM's sense.
TILT = (40.0, -25.0)
#: Half widths of the stored block of the spectrum along x and y: up to 1.6 Å⁻¹.
REACH = (20, 15)
FILE = Path(__file__).with_name("abtem_exit_waves.npy")


def main() -> None:
    import abtem
    from ase import Atoms

    abtem.config.set({"precision": "float64", "local_diagnostics.progress_bar": False})
    atoms = Atoms(
        numbers=[atom[0] for atom in ATOMS], positions=[atom[1:] for atom in ATOMS], cell=BOX, pbc=True
    )
    potential = abtem.Potential(atoms, gpts=POINTS, slice_thickness=1.0, parametrization="lobato")
    blocks = []
    for tilt in ((0.0, 0.0), TILT):
        wave = abtem.PlaneWave(energy=1e3 * VOLTAGE, tilt=tilt).multislice(potential).compute().array
        # abTEM: [x, y], y ascending.  Here: [row, column], row 0 at the highest y.
        image = np.asarray(wave).reshape(POINTS).T[::-1]
        spectrum = np.fft.fft2(image, norm="forward")
        blocks.append(spectrum[np.ix_(*(np.arange(-reach, reach + 1) for reach in REACH[::-1]))])
    np.save(FILE, np.array(blocks, dtype=np.complex64))


if __name__ == "__main__":
    main()
