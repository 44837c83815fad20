"""HTTP: what is accepted, from whom, and what is answered."""
