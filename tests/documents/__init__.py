"""The documents tell the truth: their commands are run, their names and links exist."""
