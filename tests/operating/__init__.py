"""What watches a collector, held against the metrics that it has."""
