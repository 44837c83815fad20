"""The BigQuery warehouse on an emulator that runs SQL."""
