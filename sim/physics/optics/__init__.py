"""From the exit wave to the image: aberrations, transfer functions, image formation, calibration.

This file imports nothing: every module of the package can be used alone.
"""
