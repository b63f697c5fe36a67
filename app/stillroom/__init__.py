"""Stillroom: checked data out of files, with a local model."""

__version__ = "0.1.0"
