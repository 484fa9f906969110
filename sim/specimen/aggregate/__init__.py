"""Aggregates of spherical particles of two materials: settings and the stochastic model that builds them."""
