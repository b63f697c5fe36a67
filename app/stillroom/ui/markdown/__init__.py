"""Markdown as the window shows it."""
