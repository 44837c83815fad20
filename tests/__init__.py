"""Tests that no single package owns."""
