"""A release never changes, whatever happens around the programs that make it."""
