"""The front door of the Valence Detector: the command line and the public Python API."""

__version__ = "0.1.0"
