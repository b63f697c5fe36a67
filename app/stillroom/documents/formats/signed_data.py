"""Signed files and messages (PKCS #7: .p7m): what was signed, read as the file it is."""

from __future__ import annotations

import binascii
from pathlib import PurePath

from asn1crypto import cms, pem

from stillroom.documents.read_file import read_source
from stillroom.documents.source import Content, Source
from stillroom.errors import DocumentError

_DAMAGED = "The signed file is damaged or incomplete. Get it again."
NOT_CHECKED = "The digital signature was not checked."


def read(source: Source) -> Content:
    """What the signed file holds. Raises DocumentError."""
    name = source.name.rsplit(" › ", 1)[-1]
    stem = PurePath(name)
    inner = stem.stem if stem.suffix.lower() in (".p7m", ".p7s", ".p7c", ".pkcs7") else name
    document = read_source(Source(inner, signed(source.data), source.password, source.depth, source.effort))
    notes = (NOT_CHECKED, *document.notes)
    return Content(document.pages, document.page_count, notes, document.attachments, document.stated)


def signed(data: bytes) -> bytes:
    """The bytes that were signed. Raises DocumentError where they are encrypted, lie elsewhere, or the file is damaged."""
    try:
        data = data.lstrip(b"\xef\xbb\xbf \t\r\n")
        if pem.detect(data):
            _, _, data = pem.unarmor(data)
        elif not data.startswith(b"\x30"):
            data = binascii.a2b_base64(data)
        content = cms.ContentInfo.load(data)
        kind = content["content_type"].native
        if kind in ("enveloped_data", "authenticated_enveloped_data", "encrypted_data"):
            raise DocumentError(
                "The content is encrypted. Open it in the program it was sent to, save it unencrypted and add that."
            )
        if kind == "compressed_data":
            inner: bytes | None = content["content"].decompressed
        elif kind == "signed_data":
            found = content["content"]["encap_content_info"]["content"]
            inner = found.native if found is not None else None
        else:
            raise DocumentError("This is a certificate or a key. It cannot be read as a document.")
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error) as error:
        raise DocumentError(_DAMAGED, type(error).__name__) from error
    if not isinstance(inner, bytes) or not inner:
        raise DocumentError("This is a signature only; what was signed is another file. Add that.")
    # A file signed twice holds a signed file.
    return signed(inner) if inner[:1] == b"\x30" and b"\x2a\x86\x48\x86\xf7\x0d\x01\x07" in inner[:32] else inner
