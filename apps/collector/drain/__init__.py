"""The drain: carries what the spool holds to the warehouse, in a process of its own."""
