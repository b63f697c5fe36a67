"""Names from elsewhere made safe: whatever a hub, a list or an archive calls a file, it stays inside the folder it is put in."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

_MAX_BYTES = 180  # leaves room for what is put before or after; file systems end at 255
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_DEVICES = re.compile(r"(?i)^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)")


def safe_name(name: str, *, fallback: str = "model") -> str:
    """One name without folders that every system takes as a plain file of this folder, and that shows what it is.

    Folders of both kinds, drives, ``..``, control and invisible characters, names of devices, leading dots, and dots and
    spaces at the end are taken away or replaced. The ending is kept where the name is too long.
    """
    name = unicodedata.normalize("NFC", name)
    name = name.replace("\\", "/").rpartition("/")[2]
    name = "".join(
        character for character in name if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    # What looks like a separator must not look like one either; "C:name" is a name in another folder.
    name = re.sub(r"[\u2044\u2215\u29f8\ufe68\uff0f\uff3c]", "_", name)
    name = _FORBIDDEN.sub("_", name).strip(" .").lstrip(".")
    if _DEVICES.match(name):
        name = "_" + name
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    while len(f"{stem}{dot}{ending}".encode()) > _MAX_BYTES and stem:
        stem = stem[:-1]
    name = f"{stem}{dot}{ending}" if stem else ending
    while len(name.encode()) > _MAX_BYTES:
        name = name[:-1]
    return name.strip(" .") or fallback


def inside(folder: Path, name: str) -> Path:
    """The path of a safe form of ``name`` directly in ``folder``."""
    path = folder / safe_name(name)
    assert path.parent == folder
    return path
