"""Where something would go, in the words of the consent."""

from __future__ import annotations

from urllib.parse import urlsplit

from PySide6.QtCore import QCoreApplication

from stillroom.remote.engines import RemoteEngine, proxy_of


def tr(text: str) -> str:
    return QCoreApplication.translate("destination", text)


def where_text(engine: RemoteEngine) -> str:
    """``in the local network``, or ``in the cloud, through the proxy P``."""
    text = tr("in the local network") if engine.is_local else tr("in the cloud")
    proxy = proxy_of(engine)
    if proxy:
        text += tr(", through the proxy %1").replace("%1", urlsplit(proxy).hostname or proxy)
    return text
