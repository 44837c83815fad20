"""The wire contract as vectors, and what must hold for each of them everywhere."""
