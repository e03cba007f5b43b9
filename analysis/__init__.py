"""Use cases: a file, a live stream or a whole run of files becomes stored sessions.

Joins `stream`, which finds and reads faces, with `results`, which keeps what was found. Knows neither the
command line nor the web: both call it.
"""
