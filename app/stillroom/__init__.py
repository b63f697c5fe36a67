"""Stillroom: checked data out of files, with a local model."""

import os

__version__ = "0.1.0"

# Numpy's matrices here are small: its library's own threads would only wait for each other, and for the model's.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
