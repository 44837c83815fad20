"""The drain: carries what the spool holds to the database, in a process of its own."""
