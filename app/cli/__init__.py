"""The command line.  Nothing here loads Qt, and nothing heavy is loaded before a command needs it."""
