"""Parameter panels, generated from the settings' own descriptions."""
