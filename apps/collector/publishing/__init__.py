"""Publishing what the census says: making releases, keeping them, and showing them."""
