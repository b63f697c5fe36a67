"""Settings: general ones, privacy, keys, what this is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from stillroom.ui.banner import BannerArea
from stillroom.ui.controls import label
from stillroom.ui.parts import Parts
from stillroom.ui.remote.section import RemoteSection
from stillroom.ui.settings.about import AboutSection
from stillroom.ui.settings.general import GeneralSection
from stillroom.ui.settings.privacy import KeysSection, PrivacySection
from stillroom.ui.theme import GRID

_WIDTH = 820


class SettingsPage(QWidget):
    """Sections, one below the other."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(label(self.tr("Settings"), "title"))
        self.banners = BannerArea(self)
        content, cards = QWidget(), QWidget()
        # Beside a stretch and not limited one by one: a card that is narrower than its column would be given the height of
        # the column's width, in which its words take fewer lines.
        cards.setMaximumWidth(_WIDTH)
        around = QHBoxLayout(content)
        around.setContentsMargins(0, 0, GRID, 0)
        around.setSpacing(0)
        around.addWidget(cards, 1)
        around.addStretch(0)
        inner = QVBoxLayout(cards)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(2 * GRID)
        self.privacy = PrivacySection(parts, self._say)
        self.keys = KeysSection(parts, self._say)
        self.general = GeneralSection(parts.settings, self._say)
        self.remote = RemoteSection(parts, self._say)
        for section in (self.privacy, self.keys, self.remote, self.general, AboutSection(parts.engine_version)):
            inner.addWidget(section)
        inner.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setWidget(content)
        self._area.setAccessibleName(self.tr("Settings"))
        column.addWidget(self._area, 1)
        self.keys.look()

    def show_seal(self) -> None:
        """Bring the seal into view, with the keyboard on it."""
        self._area.ensureWidgetVisible(self.privacy.sealed, 0, 200)
        self.privacy.sealed.setFocus(Qt.FocusReason.OtherFocusReason)

    def _say(self, text: str, kind: str) -> None:
        """``kind``: ``stay`` stays until the next is said; ``info`` goes by itself."""
        shown = "info" if kind == "stay" else kind
        self.banners.show_message(text, shown, key="said", seconds=8.0 if kind == "info" else 0.0)
