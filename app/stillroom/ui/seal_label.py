"""The seal, as one line: sealed, or what is open and to where."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QLocale, QObject, QSize, Qt, QTime, Signal

from stillroom.privacy.seal import Seal
from stillroom.ui.controls import IconButton, describe


class _Relay(QObject):
    """A carrier of a change from whichever thread made it to the window's."""

    changed = Signal()


class SealLabel(IconButton):
    """The state of a seal in words. Clicking it is for the page that tells more."""

    def __init__(self, seal: Seal, *, narrow: bool = False) -> None:
        """``narrow``: one word below the picture; the tooltip has the rest."""
        super().__init__("sealed", "", "nav" if narrow else "flat", text=" ")
        self._seal, self._narrow = seal, narrow
        self._relay = _Relay()
        self._relay.changed.connect(self.show_state, Qt.ConnectionType.QueuedConnection)
        style = Qt.ToolButtonStyle
        self.setToolButtonStyle(style.ToolButtonTextUnderIcon if narrow else style.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(20, 20) if narrow else QSize(16, 16))
        seal.subscribe(self._tell)
        self.destroyed.connect(lambda: seal.unsubscribe(self._tell))
        self.show_state()

    def _tell(self) -> None:
        try:
            self._relay.changed.emit()
        except RuntimeError:
            self._seal.unsubscribe(self._tell)  # the window is gone

    def show_state(self) -> None:
        openings = self._seal.openings
        hosts = ", ".join(self._seal.hosts[-5:])
        if openings:
            word, text = self.tr("Open"), self.tr("Open: %1").replace("%1", openings[-1].reason)
            tip = "\n".join(f"{opening.reason}: {opening.destination}" for opening in openings)
            if openings[-1].until is not None:
                clock = QLocale().toString(QTime(*_clock(openings[-1].until)), QLocale.FormatType.ShortFormat)
                text += " " + self.tr("until %1").replace("%1", clock)
        elif self._seal.sealed:
            word, text = self.tr("Sealed"), self.tr("Sealed: no connections")
            tip = self.tr("Stillroom opens no connection to any network. Details are in Settings, Privacy.")
        else:
            word = text = self.tr("Not sealed")
            tip = self.tr("Connections are not refused. The seal can be put on in Settings, Privacy.")
        if hosts:
            tip += "\n" + self.tr("Connected to since the start: %1").replace("%1", hosts)
        self.setText(word if self._narrow else text)
        self.set_icon_name("sealed" if self._seal.holds else "open", "good" if self._seal.holds else "warn")
        describe(self, text, f"{text}\n{tip}" if self._narrow else tip)


def _clock(moment: datetime) -> tuple[int, int]:
    """Hour and minute, here."""
    here = moment.astimezone()
    return here.hour, here.minute
