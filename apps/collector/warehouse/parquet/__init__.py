"""A folder of Parquet files as a warehouse: one folder a UTC day of receipt, immutable files."""
