"""What everything else stands on: settings, errors, canonical form, data types.

This file imports nothing, so that tier-A modules can use ``sim.core.types`` and
``sim.core.canonical`` on a machine that has only numpy.
"""
