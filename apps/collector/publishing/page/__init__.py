"""The page that shows releases: made of them alone, once, as bytes."""
