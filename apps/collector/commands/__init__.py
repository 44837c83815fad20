"""The commands of the collector: one module and one function each, whose parameters are its flags.

Typer makes a command line of each signature. A function returns its exit status, None for 0, and
raises a `CollectorError` for what is one line on standard error.
"""
