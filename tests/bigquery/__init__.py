"""The BigQuery database on an emulator that runs SQL."""
