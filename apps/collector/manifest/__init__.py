"""What runs the collector in a cluster, as YAML."""
