"""Colours, spacing and the style sheet, for light and dark."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from stillroom.paths import resources_dir
from stillroom.ui.style_sheet import STYLE_SHEET
from stillroom.ui.window_memory import WindowMemory

GRID = 8  # every margin and gap is a multiple of half of this


@dataclass(frozen=True, slots=True)
class Colours:
    """The roles a colour can have.

    ``window`` lies behind, ``surface`` carries content, ``raised`` is a control. The ``…_soft`` ones are backgrounds on
    which the plain one can be read (contrast of at least 4.5).
    """

    window: str
    surface: str
    raised: str
    hover: str
    border: str
    strong_border: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    accent_soft: str
    on_accent: str
    good: str
    good_soft: str
    warn: str
    warn_soft: str
    bad: str
    bad_soft: str
    mark: str
    selection: str


LIGHT = Colours(
    window="#f4f5f3", surface="#ffffff", raised="#ffffff", hover="#eceeea", border="#e0e3de", strong_border="#c3c9c1",
    text="#1d2420", muted="#5f6b64", accent="#16695a", accent_hover="#115548", accent_soft="#e2f0ec",
    on_accent="#ffffff", good="#1c7448", good_soft="#e4f3ea", warn="#8a5a00", warn_soft="#fdf3dc", bad="#b3261e",
    bad_soft="#fcebe9", mark="#ffe08a", selection="#d9ebe6",
)  # fmt: skip
DARK = Colours(
    window="#171b19", surface="#1f2422", raised="#2a302d", hover="#323936", border="#333b37", strong_border="#4a544f",
    text="#e6ebe8", muted="#9aa8a1", accent="#5cc2ac", accent_hover="#78d3bf", accent_soft="#203a34",
    on_accent="#0b201b", good="#7fcf9f", good_soft="#1d3327", warn="#e8bd63", warn_soft="#3a301a", bad="#f2938b",
    bad_soft="#412422", mark="#6b5413", selection="#2a463f",
)  # fmt: skip


def colours() -> Colours:
    """Those of the appearance that is shown (a widget's own palette may be the style sheet's)."""
    return DARK if QApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


class Theme(QObject):
    """Light or dark: as the system says, or as the user chose.

    Signals:
        changed: another appearance was applied.
    """

    changed = Signal()
    MODES = ("system", "light", "dark")

    def __init__(self, application: QApplication, memory: WindowMemory) -> None:
        super().__init__()
        self._application = application
        self._memory = memory
        self._applied: Colours | None = None
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._apply)
        self.set_mode(memory.text("appearance", "system"))

    @property
    def mode(self) -> str:
        return self._mode

    def set_mode(self, mode: str) -> None:
        self._mode = mode if mode in self.MODES else "system"
        self._memory.set("appearance", self._mode)
        scheme = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(self._mode, Qt.ColorScheme.Unknown)
        self._application.styleHints().setColorScheme(scheme)
        self._apply()

    def _apply(self) -> None:
        # The platform may not know schemes at all, so the user's choice counts before what it reports.
        dark = self._mode == "dark" or (
            self._mode == "system" and self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark
        )
        chosen = DARK if dark else LIGHT
        if chosen is self._applied:
            return
        self._applied = chosen
        self._application.setPalette(_palette(chosen))
        self._application.setStyleSheet(_fill(STYLE_SHEET, chosen))
        self.changed.emit()


def _fill(sheet: str, chosen: Colours) -> str:
    names = asdict(chosen)
    tick = resources_dir() / "icons" / ("check-dark.png" if chosen is DARK else "check-light.png")
    sheet = sheet.replace("@check", tick.as_posix())
    for name in sorted(names, key=len, reverse=True):
        sheet = sheet.replace(f"@{name};", f"{names[name]};").replace(f"@{name} ", f"{names[name]} ")
    return sheet


def _palette(chosen: Colours) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for key, value in {
        role.Window: chosen.window, role.WindowText: chosen.text, role.Base: chosen.surface,
        role.AlternateBase: chosen.window, role.Text: chosen.text, role.Button: chosen.raised,
        role.ButtonText: chosen.text, role.BrightText: chosen.on_accent, role.Highlight: chosen.selection,
        role.HighlightedText: chosen.text, role.ToolTipBase: chosen.raised, role.ToolTipText: chosen.text,
        role.PlaceholderText: chosen.muted, role.Link: chosen.accent, role.LinkVisited: chosen.accent,
        role.Mid: chosen.border, role.Dark: chosen.strong_border, role.Light: chosen.raised,
        role.Midlight: chosen.hover, role.Shadow: chosen.strong_border, role.Accent: chosen.accent,
    }.items():  # fmt: skip
        palette.setColor(key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(chosen.muted))
    return palette
