"""Telling what a file is takes a moment, whatever is repeated in it."""

from __future__ import annotations

import contextlib
import time

import pytest

from stillroom.documents.e_invoice import is_e_invoice
from stillroom.documents.sniff import sniff
from stillroom.documents.source import Source
from stillroom.errors import DocumentError

REPEATED = (
    b"<!--", b"<!-- -->", b"<!-- --> <!--", b"<?x ", b"<?x ?>", b"<", b"<!DOCTYPE ", b"<!DOCTYPE [", b"<?xml ", b"a: ", b"From: x\n",
    b"Content-Type: ", b"{", b"[", b'"', b"\\", b" a", b"From ", b"BEGIN:", b"\n\n", b"%PDF", b"PK\x03",
)  # fmt: skip


@pytest.mark.parametrize("piece", REPEATED, ids=repr)
def test_what_is_repeated_does_not_keep_it(piece: bytes) -> None:
    began = time.process_time()
    with contextlib.suppress(DocumentError):
        sniff(Source("x", piece * (2_000_000 // len(piece))))
    assert time.process_time() - began < 3


def test_an_invoice_is_found_behind_what_may_stand_before_it() -> None:
    root = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">'
    for before in (
        b"",
        b"<?xml version='1.0'?>",
        b"<?xml?>\n<!-- a > b -->\n<!DOCTYPE Invoice [<!ENTITY a 'b'>]>\n",
        b"<!DOCTYPE x>",
    ):
        assert is_e_invoice(b"\xef\xbb\xbf" + before + root)
    assert not is_e_invoice(b"<!-- " + root)
    assert not is_e_invoice(b"text " + root)
