"""What a running collector can be asked to do by those who may look into its data directory.

A Unix socket there, open to nobody else (0600): raw reports are never behind HTTP. The process
that drains the spool listens, because it has the database open.
"""
