"""Tier-A mathematics, keyed random streams and samplers: the same bits on every IEEE-754 machine."""
