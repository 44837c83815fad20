"""A small fake of BigQuery's REST interface, to test against without Google."""
