"""The promise of anonymity, from the Kubernetes API's JSON to the bytes that would be posted."""
