"""Measurements of the product, by hand and for docs/performance.md."""
