"""The commands of the collector: one module, one class of settings and one function each.

Typer makes a command line of the settings. A function returns its exit status, None for 0, and
raises a `CollectorError` for what is one line on standard error.
"""
