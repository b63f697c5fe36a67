"""What a child does about itself, first of all."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
from typing import BinaryIO

_log = logging.getLogger(__name__)


def die_with_parent() -> None:
    """Ask the system to end this process when its owner dies. Call it first in a child.

    Linux only; elsewhere (and if it fails) the end of standard input says the same a little later.
    """
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        try:
            ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, int(signal.SIGKILL), 0, 0, 0)
        except (OSError, AttributeError):
            _log.warning("this system cannot end a child with its parent")


def private_stdout() -> BinaryIO:
    """Take standard output for messages alone: what anything else prints goes to standard error from now on."""
    if sys.stdout is not None:
        sys.stdout.flush()
    private = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(private, "wb")
