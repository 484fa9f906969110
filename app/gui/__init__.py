"""The window: an editor of one recipe with a live preview, a 3D view and the batch export (Qt)."""
