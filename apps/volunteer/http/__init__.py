"""HTTP in both directions: which way a request takes, how long it may, and what went wrong."""
