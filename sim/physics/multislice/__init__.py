"""Multislice: waves of fast electrons through atoms, slice by slice."""
