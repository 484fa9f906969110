"""What every window needs: actions as data, theme, icons, dialogs for help and errors."""
