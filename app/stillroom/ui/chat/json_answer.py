"""An answer that is nothing but JSON, as it is shown: a code block, one value a line."""

from __future__ import annotations

import json
import re

_PARTS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def shown(content: str) -> str:
    """Markdown. The values stay as they were written: ``14.10`` is not made ``14.1``."""
    text = content.strip()
    if not text.startswith("{"):
        return content
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return content
    lines, depth = [""], 0
    for part in _PARTS.findall(text):
        if part in "}]":
            depth -= 1
            if lines[-1].strip():
                lines.append("  " * depth)
            else:
                lines[-1] = "  " * depth
        lines[-1] += ": " if part == ":" else part
        if part in "{[":
            depth += 1
        if part in "{[,":
            lines.append("  " * depth)
    body = "\n".join(lines)
    return "```json\n" + re.sub(r"([{\[])\n\s*([}\]])", r"\1\2", body) + "\n```"
