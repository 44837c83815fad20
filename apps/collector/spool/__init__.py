"""The spool: where a report is on disk before it is acknowledged."""
