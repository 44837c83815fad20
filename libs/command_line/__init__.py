"""The command line of a program: its flags, its commands and its errors, declared once.

A command is a Struct, whose fields are its flags (`command_line.flags`), and a function that takes
one. `command_line.program` makes help, completion and error messages of them with Typer.
"""
