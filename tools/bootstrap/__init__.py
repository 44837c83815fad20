"""Installs the build tool; run by ./pants, before anything else is installed."""
