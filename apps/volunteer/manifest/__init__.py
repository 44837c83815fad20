"""The YAML that installs the volunteer in a cluster, and its command."""
