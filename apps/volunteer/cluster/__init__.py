"""A cluster, observed through the Kubernetes API a page at a time."""
