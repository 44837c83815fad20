"""Kubeconfigs, read as kubectl reads them, or refused in one line that quotes no secret."""
