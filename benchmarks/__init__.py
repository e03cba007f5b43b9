"""Measurements of speed and memory: run by people, never by the tests."""
