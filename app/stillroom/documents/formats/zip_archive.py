"""ZIP: every file in it a further document."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from stillroom.documents.document import Page
from stillroom.documents.formats.inside import Attachments
from stillroom.documents.source import Content, Source
from stillroom.documents.text import decode
from stillroom.errors import DocumentError

FILES = 500
"""Files of an archive after this one are left unread, and said to be."""
_UTF8 = 0x800
_ENCRYPTED = 0x1
_LITTER = ("thumbs.db", "desktop.ini", ".ds_store")


def read(source: Source) -> Content:
    """An empty page, and what is in the archive as further documents. Raises DocumentError where nothing can be read.

    How much it unpacks to was checked when it was looked at (sniff.py); zipfile unpacks no more of a file than is said there.
    """
    inside = Attachments(source, most=FILES, what="packed file")
    with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
        infos = [info for info in archive.infolist() if _is_wanted(info.filename) and not info.is_dir()]
        if not infos:
            raise DocumentError("The ZIP archive is empty. There is nothing to read in it.")
        for info in infos:
            if inside.full:
                break
            _add(archive, info, source, inside)
    if not inside.documents:
        raise DocumentError(f"Nothing in the ZIP archive could be read. {inside.notes[0]}")
    count = len(inside.documents)
    rows = "files in it have rows of their own" if count > 1 else "file in it has a row of its own"
    note = f"This is an archive; {count:,} {rows}."
    return Content((Page(1, ""),), 1, (note, *inside.notes), tuple(inside.documents))


def _add(archive: zipfile.ZipFile, info: zipfile.ZipInfo, source: Source, inside: Attachments) -> None:
    name = _name(info)
    try:
        password = source.password.encode() if source.password and info.flag_bits & _ENCRYPTED else None
        data = archive.read(info, password)
    except RuntimeError:  # a password is missing or wrong
        inside.skip(name, "It is protected with a password: unpack the archive and add the files in it.")
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError):
        inside.skip(name, "It is damaged, or packed in a way that is not known here: unpack the archive and add it.")
    else:
        inside.add(name, data)


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    return path.name.lower() not in _LITTER and "__MACOSX" not in path.parts and not path.name.startswith("~$")


def _name(info: zipfile.ZipInfo) -> str:
    """The file's name with its folders; old programs write it in a code page of their own."""
    if info.flag_bits & _UTF8 or info.filename.isascii():
        return info.filename
    try:
        return decode(info.filename.encode("cp437"))[0]
    except (UnicodeEncodeError, DocumentError):
        return info.filename
