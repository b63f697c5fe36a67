"""Weights in huge pages: what the worker's environment says so that its C library asks the system for them."""

from __future__ import annotations

import os
from collections.abc import Mapping

_NAME = "GLIBC_TUNABLES"
_TUNABLE = "glibc.malloc.hugetlb"
# With huge pages glibc gives a block of some MiB back to the system each time it is freed, and gets it anew, zeroed, a
# moment later: the candidates of a token, 12 bytes for each entry of the vocabulary. Both bounds lie above such blocks.
_SETTINGS = (f"{_TUNABLE}=1", "glibc.malloc.mmap_threshold=8388608", "glibc.malloc.trim_threshold=16777216")


def with_huge_pages(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with glibc told to ask for transparent huge pages, unless the user said something about them.

    A token reads every weight once. In pages of 4 KiB the processor spends 5 to 8 % of that time on finding the pages
    (measured on an EPYC, 92 MB of weights). Read when a process starts; other C libraries do not look at it.
    """
    said = environment.get(_NAME, os.environ.get(_NAME, ""))
    if _TUNABLE in said:
        return dict(environment)
    more = [setting for setting in _SETTINGS if setting.partition("=")[0] not in said]
    return {**environment, _NAME: ":".join(filter(None, (said, *more)))}
