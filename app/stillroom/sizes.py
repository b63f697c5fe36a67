"""Bytes as people read them: in powers of 1024, as the system's own memory display has them."""

from __future__ import annotations


def size_text(size: float) -> str:
    """``512 KB``, ``427 MB`` or ``1.4 GB``."""
    if size < 1 << 20:
        return f"{max(0, round(size / 1024))} KB"
    if size < 1 << 30:
        return f"{round(size / (1 << 20))} MB"
    return f"{size / (1 << 30):.1f} GB"
