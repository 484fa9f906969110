"""The batch export dialog and the run panel; the work itself is the command line in a child process."""
