"""Line icons, drawn for a 24 × 24 grid and coloured when they are asked for."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from stillroom.paths import resources_dir

_SHAPES = {
    "extract": '<path d="M4 5h16M4 10h9M4 15h6"/><path d="M17 9v9m0 0-3-3m3 3 3-3"/>',
    "review": '<path d="M13 20.5H5V3.5h10l4 4V11M15 3.5v4h4M8 11.5h5M8 15h3"/><path d="m14.5 17.3 2.3 2.3 4.2-4.8"/>',
    "add-files": '<path d="M13 3H6v18h12V8z"/><path d="M13 3v5h5M12 11.5v6M9 14.5h6"/>',
    "folder": '<path d="M3 6h6l2 2.5h10V19H3z"/>',
    "play": '<path d="M8 5.5v13l10.5-6.5z" fill="C"/>',
    "stop": '<rect x="6.5" y="6.5" width="11" height="11" rx="1.5" fill="C"/>',
    "export": '<path d="M12 14V3.5m0 0L8 7.5m4-4 4 4M4.5 13v7h15v-7"/>',
    "retry": '<path d="M19 12a7 7 0 1 1-2.2-5.1"/><path d="M19.5 3.5v4.5H15"/>',
    "panel": '<rect x="3.5" y="4.5" width="17" height="15" rx="2"/><path d="M14.5 4.5v15"/>',
    "columns": '<rect x="3.5" y="4.5" width="17" height="15" rx="2"/><path d="M12 4.5v15"/>',
    "appearance": '<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="C"/>',
    "close": '<path d="m6.5 6.5 11 11m0-11-11 11"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "copy": '<rect x="8" y="8" width="12" height="12" rx="2"/><path d="M16 8V4H4v12h4"/>',
    "remove": '<path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13"/>',
    "drop": '<path d="M12 3v11m0 0-4.5-4.5M12 14l4.5-4.5"/><path d="M4 15v5.5h16V15"/>',
    "sample": '<path d="M9.5 3h5M10.5 3v6l-5.7 9.6A1.6 1.6 0 0 0 6.2 21h11.6a1.6 1.6 0 0 0 1.4-2.4L13.5 9V3"/>'
    '<path d="M7.6 15h8.8"/>',
    "back": '<path d="M19 12H6m0 0 5-5m-5 5 5 5"/>',
    "chat": '<path d="M4 5h16v11H10l-4.5 4v-4H4z"/><path d="M8 9.2h8M8 12.4h5"/>',
    "templates": '<rect x="4" y="4" width="16" height="16" rx="1.5"/><path d="M4 9h16M9 9v11M12 13h5m-5 3.5h3"/>',
    "evaluate": '<path d="M4 20h16M7 16v-5m5 5V5m5 11V9" stroke-width="2"/>',
    "models": '<path d="M12 3 20 7.5v9L12 21l-8-4.5v-9z"/><path d="M4.3 7.6 12 12l7.7-4.4M12 12v8.7"/>',
    "settings": '<circle cx="12" cy="12" r="3"/><path d="M12 3.5v3M12 17.5v3M3.5 12h3M17.5 12h3M6 6l2.1 2.1M15.9 15.9 18 18'
    'M18 6l-2.1 2.1M8.1 15.9 6 18"/>',
    "pin": '<path d="M9 4h6l-1 6 3 3H7l3-3zM12 13v7"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6"/><path d="m15 15 5 5"/>',
    "attach": '<path d="m19 11-7.5 7.5a4.6 4.6 0 0 1-6.5-6.5L13 4a3.1 3.1 0 0 1 4.4 4.4l-7.9 7.9a1.6 1.6 0 0 1-2.2-2.2L14.5 7"/>',
    "send": '<path d="M12 19V5.5m0 0L6 11.5m6-6 6 6"/>',
    "picture": '<rect x="3.5" y="5" width="17" height="14" rx="2"/><path d="m4 17 5-5 4 4 2.5-2.5 4.5 4.5"/>'
    '<circle cx="15.5" cy="9.5" r="1.4"/>',
    "sealed": '<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5"/>',
    "open": '<rect x="5" y="10.5" width="14" height="9.5" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 7.6-1.8"/>',
    "next": '<path d="M5 12h13m0 0-5-5m5 5-5 5"/>',
    "down": '<path d="m7 10 5 5 5-5"/>',
    "up": '<path d="m7 14 5-5 5 5"/>',
    "clock": '<circle cx="12" cy="12" r="8"/><path d="M12 7.5V12l3 2"/>',
    # States: each has a shape of its own, so that none needs its colour to be told from the others.
    "sure": '<circle cx="12" cy="12" r="9" fill="C"/><path d="m8 12.3 2.8 2.8L16 9.6" stroke="K" stroke-width="2.2"/>',
    "checked": '<rect x="4" y="4" width="16" height="16" rx="3"/><path d="m8 12.3 2.8 2.8L16.2 9"/>',
    "likely": '<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 0 0 16z" fill="C"/>',
    "unsure": '<circle cx="12" cy="12" r="8.5"/><path d="M9.6 9.8a2.4 2.4 0 1 1 3.3 2.2c-.6.3-.9.7-.9 1.4"/>'
    '<circle cx="12" cy="16.4" r=".6" fill="C"/>',
    "problem": '<path d="M12 4 21 19.5H3z"/><path d="M12 10v4.5"/><circle cx="12" cy="17" r=".5" fill="C"/>',
    "absent": '<path d="M7 12h10"/>',
    "unread": '<circle cx="12" cy="12" r="8" stroke-dasharray="3 3"/>',
    "generated": '<path d="m5 19 1-4L16 5l3 3L9 18z"/>',
    "failed": '<path d="M8.2 3h7.6L21 8.2v7.6L15.8 21H8.2L3 15.8V8.2z"/><path d="m9 9 6 6m0-6-6 6"/>',
    "waiting": '<circle cx="7" cy="12" r=".8" fill="C"/><circle cx="12" cy="12" r=".8" fill="C"/>'
    '<circle cx="17" cy="12" r=".8" fill="C"/>',
    "working": '<path d="M12 4a8 8 0 1 1-8 8"/>',
    "ready": '<circle cx="12" cy="12" r="7.5"/>',
    "stopped": '<path d="M9 6.5v11M15 6.5v11"/>',
}


def _svg(name: str, colour: str, knockout: str) -> QByteArray:
    shape = _SHAPES[name].replace('"C"', f'"{colour}"').replace('"K"', f'"{knockout}"')
    return QByteArray(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{colour}" '
        f'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">{shape}</svg>'.encode()
    )


@lru_cache(maxsize=512)
def pixmap(name: str, colour: str, size: int, ratio: float = 1.0, knockout: str = "#ffffff") -> QPixmap:
    """The icon ``name`` as a square of ``size`` logical pixels."""
    image = QPixmap(round(size * ratio), round(size * ratio))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(_svg(name, colour, knockout)).render(painter, QRectF(0, 0, image.width(), image.height()))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


@lru_cache(maxsize=256)
def icon(name: str, colour: str, disabled: str, size: int = 18) -> QIcon:
    """The icon in all the sizes screens ask for, and in the colour of a disabled control."""
    result = QIcon()
    # What is cut out of a filled shape stays seen in a light colour, too.
    knockout = "#ffffff" if QColor(colour).lightness() < 160 else "#1d2120"
    for ratio in (1.0, 1.5, 2.0, 3.0):
        result.addPixmap(pixmap(name, colour, size, ratio, knockout))
        result.addPixmap(pixmap(name, disabled, size, ratio), QIcon.Mode.Disabled)
    return result


def application_icon() -> QIcon:
    """The application's own icon; empty where the resources were not installed."""
    folder = Path(resources_dir()) / "icons"
    for name in ("stillroom.svg", "stillroom.png"):
        if (folder / name).is_file():
            return QIcon(str(folder / name))
    return QIcon()
