"""Tests of the build: pins that hold, artifacts that are the same everywhere."""
