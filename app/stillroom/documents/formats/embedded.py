"""Files that were put into an office file: taken out of what its program wrapped them in."""

from __future__ import annotations

import io
import struct
from pathlib import PurePosixPath

from olefile import OleFileIO

from stillroom.documents import left_out
from stillroom.documents.formats.inside import Inside
from stillroom.documents.formats.office_package import OfficePackage

_NATIVE = "\x01Ole10Native"
_WHOLE = ("Package", "CONTENTS")


def add_embedded(package: OfficePackage, part: str, inside: Inside) -> None:
    """Read an embedded file as a further document, or count it where it cannot be taken out."""
    if inside.attachments.full:
        return
    name = PurePosixPath(part).name
    try:
        data = package.read(part)
        if data.startswith(b"\xd0\xcf\x11\xe0"):
            name, data = _unwrapped(name, data)
    except (KeyError, OSError, ValueError, IndexError, struct.error, EOFError):
        inside.left_out.add(left_out.EMBEDDED_FILE)
        return
    inside.attachments.add(name, data)


def _unwrapped(name: str, data: bytes) -> tuple[str, bytes]:
    """Name and content of what an OLE object holds; the object itself where it is a file of its own (DOC, XLS)."""
    with OleFileIO(io.BytesIO(data)) as ole:
        if ole.exists(_NATIVE):
            return _native(ole.openstream(_NATIVE).read())
        for stream in _WHOLE:
            if ole.exists(stream):
                return name, ole.openstream(stream).read()
    return name, data


def _native(stream: bytes) -> tuple[str, bytes]:
    """The file in an object of the Packager: a label, two paths, then the bytes."""
    position = 6
    label, position = _text(stream, position)
    _, position = _text(stream, position)
    position += 4
    (length,) = struct.unpack_from("<I", stream, position)
    position += 4 + length
    (size,) = struct.unpack_from("<I", stream, position)
    content = stream[position + 4 : position + 4 + size]
    if not content:
        raise ValueError("empty object")
    return label.rsplit("\\", 1)[-1] or "embedded file", content


def _text(stream: bytes, position: int) -> tuple[str, int]:
    end = stream.index(b"\0", position)
    return stream[position:end].decode("cp1252", "replace"), end + 1
