"""Where a report goes, and how it gets there."""
