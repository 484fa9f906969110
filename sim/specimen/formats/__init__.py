"""Readers of structure files, one module a family of formats.

Each takes a :class:`sim.specimen.formats.source.StructureText` and gives
:class:`sim.specimen.formats.source.FileAtoms`; none of them opens a file, and none guesses.
"""
