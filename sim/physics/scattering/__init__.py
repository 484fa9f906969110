"""How atoms scatter fast electrons: factors, potentials and cross-sections from published tables."""
