"""The real collector under fire, and held to its own description of itself."""
