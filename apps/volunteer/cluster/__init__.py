"""Looking at a cluster through the Kubernetes API, a page at a time."""
