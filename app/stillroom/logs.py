"""The log, which is for developers."""

from __future__ import annotations

import logging
import os


def set_up() -> None:
    """Write it to standard error where ``STILLROOM_LOG`` names a level (``info``, ``debug``), else nowhere."""
    level = logging.getLevelNamesMapping().get(os.environ.get("STILLROOM_LOG", "").upper())
    if level is None:
        logging.getLogger().addHandler(logging.NullHandler())
    else:
        logging.basicConfig(level=level, format="%(name)s: %(message)s")
