"""Leaders: dots and rules between a label and its value ("Total ........ 12.00"), and rules to write on ("Name ____Ann Berg____")."""

from __future__ import annotations

import re

# No rule stands within a word: "Foo___Bar", "a----b".
_RULE = r"(?<![^\W_])_{2,}|_{2,}(?![^\W_])|(?<!\S)[-=]{4,}|[-=]{4,}(?!\S)"
_LEADER = re.compile(rf"{_RULE}|\.{{4,}}|(?<=\s)(?:\.[ \t]){{3,}}\.?|[·…]{{2,}}")
_RULES = re.compile(_RULE)
_LETTER = re.compile(r"[^\W_]")


def without_leaders(text: str) -> str:
    """The text with spaces in the place of leaders: every other character stays where it is.

    A rule that is a line of its own stays: it parts what is above from what is below.
    """
    if not _LEADER.search(text):
        return text
    return "\n".join(
        _LEADER.sub(lambda found: " " * len(found.group()), line) if _LETTER.search(line) else line
        for line in text.split("\n")
    )


def holds_rule(text: str) -> bool:
    """Whether a text goes across a rule; dots may be its own."""
    return _RULES.search(text) is not None
