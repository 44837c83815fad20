"""A report: who it comes from, what it is made of, what it would say, and when it is made."""
