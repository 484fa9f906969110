"""The recipe as a document, and what the program remembers between starts: no Qt here."""
