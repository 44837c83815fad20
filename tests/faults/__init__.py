"""Faults that are really made: what the collector keeps when its world breaks."""
