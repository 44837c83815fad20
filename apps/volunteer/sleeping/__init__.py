"""The time between two reports, and the process that is almost nothing meanwhile."""
