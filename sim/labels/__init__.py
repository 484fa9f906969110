"""Ground truth derived from the posed specimen: atomic columns, masks, tables."""
