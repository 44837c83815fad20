"""The drain: moves what the spool holds to the warehouse, in a process of its own."""
