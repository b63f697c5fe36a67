"""What the window remembers from one start to the next: size, template, folders, appearance."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from stillroom.paths import config_dir


class WindowMemory:
    """Small values in ``window.ini`` in the settings folder. A value that cannot be read counts as not there."""

    def __init__(self, file: Path | None = None) -> None:
        path = file if file is not None else config_dir() / "window.ini"
        self._settings = QSettings(str(path), QSettings.Format.IniFormat)

    def text(self, key: str, default: str = "") -> str:
        value = self._settings.value(key, default)
        return value if isinstance(value, str) else default

    def flag(self, key: str, default: bool) -> bool:
        return self.text(key, "true" if default else "false") == "true"

    def state(self, key: str) -> QByteArray | None:
        value = self._settings.value(key)
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None

    def folder(self, key: str) -> str:
        """A remembered folder, or the home folder where it is gone."""
        remembered = self.text(key)
        return remembered if remembered and Path(remembered).is_dir() else str(Path.home())

    def numbers(self, key: str) -> set[int]:
        return {int(part) for part in self.text(key).split("/") if part.isdigit()}

    def set(self, key: str, value: object) -> None:
        if isinstance(value, bool):
            value = "true" if value else "false"
        elif isinstance(value, set):
            value = "/".join(str(item) for item in sorted(value))
        self._settings.setValue(key, value)

    def save(self) -> None:
        self._settings.sync()
