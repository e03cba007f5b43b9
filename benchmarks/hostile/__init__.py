"""Hostile inputs by the thousand, for the command line and the upload, and what became of them.

`python -m benchmarks.hostile --help`
"""
