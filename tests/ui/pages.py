"""Pages of the window by what stands on their button: another page between them changes no test."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from stillroom.ui.main_window import MainWindow


def show(window: MainWindow, title: str) -> QWidget:
    """Show a page, and return it."""
    titles = [entry.title for entry in window._entries()]
    return window.show_page(titles.index(title))
