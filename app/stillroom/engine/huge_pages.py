"""Weights in huge pages: what the worker's environment says so that its C library asks the system for them."""

from __future__ import annotations

import os
from collections.abc import Mapping

_NAME = "GLIBC_TUNABLES"
_TUNABLE = "glibc.malloc.hugetlb"


def with_huge_pages(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with glibc told to ask for transparent huge pages, unless the user said something about them.

    A token reads every weight once. In pages of 4 KiB the processor spends 5 to 8 % of that time on finding the pages
    (measured on an EPYC, 92 MB of weights). Read when a process starts; other C libraries do not look at it.
    """
    said = environment.get(_NAME, os.environ.get(_NAME, ""))
    if _TUNABLE in said:
        return dict(environment)
    return {**environment, _NAME: ":".join(filter(None, (said, f"{_TUNABLE}=1")))}
