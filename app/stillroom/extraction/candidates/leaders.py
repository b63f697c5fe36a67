"""Leaders: dots and rules between a label and its value ("Total ........ 12.00"), and rules to write on ("Name ____Ann Berg____")."""

from __future__ import annotations

import re

_LEADER = re.compile(r"(?<![^\W_])_{2,}|_{2,}(?![^\W_])|_{3,}|\.{4,}|(?<=\s)(?:\.[ \t]){3,}\.?|[·…]{2,}|-{4,}|={4,}")


def without_leaders(text: str) -> str:
    """The text with spaces in the place of leaders: every other character stays where it is."""
    return _LEADER.sub(lambda found: " " * len(found.group()), text)


def holds_leader(text: str) -> bool:
    return _LEADER.search(text) is not None
