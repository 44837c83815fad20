"""The built programs together, as subprocesses."""
