"""Where this cluster stands in a census: a release is read, and nothing is sent."""
