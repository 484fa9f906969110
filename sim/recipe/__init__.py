"""The recipe: everything the user chose, and the job that one image is resolved to."""
