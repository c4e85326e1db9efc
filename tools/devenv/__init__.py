"""The project's own environment: everything `make` does, in plain Python.

Only the standard library is used, because this code runs before anything is installed.
"""
