"""What stands around candidates is the same however it is kept: as words, or as numbers that documents share."""

from __future__ import annotations

import hashlib
import random
import zlib
from typing import Any

import numpy as np

from stillroom.documents.document import Document, Page, Span
from stillroom.extraction.around import Places, Words, pack_around, unpack_around
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.kept_seen import KeptDocument
from stillroom.learning.surroundings import Book, around, surroundings, surroundings_in

_WORDS = ("Total", "due:", "12.50", "EUR", "№", "A-17", "ship", "to", "Müller", "=", "", "#4", "x" * 130)


def made(number: int) -> Document:
    chance = random.Random(number)
    pages = []
    for page in (1, 2):
        lines = [" ".join(chance.choices(_WORDS, k=chance.randrange(6))) for _ in range(chance.randrange(1, 12))]
        pages.append(Page(page, "\n".join(lines)))
    return Document("d.txt", "txt", hashlib.sha256(bytes([number])).hexdigest(), tuple(pages), 2)


def candidates_of(document: Document, number: int, count: int = 30) -> list[Candidate]:
    chance = random.Random(number)
    found = []
    for _ in range(count):
        page = chance.choice(document.pages)
        start = chance.randrange(len(page.text) + 1)
        span = Span(page.number, start, min(len(page.text), start + chance.randrange(12)))
        text = page.text[span.start : span.end]
        found.append(Candidate(span, text, text.strip() or "NONE"))
    return found


def test_numbers_and_words_are_held_against_a_book_alike() -> None:
    documents = [made(number) for number in range(6)]
    candidates = [candidates_of(document, number) for number, document in enumerate(documents)]
    right = [np.arange(30) % 11 == number for number in range(6)]
    told = [surroundings(document, own) for document, own in zip(documents, candidates, strict=True)]
    words = Words()
    counted = [around(own, Places(document, words)) for document, own in zip(documents, candidates, strict=True)]
    books = [Book(told[:4], right[:4]), Book(counted[:4], right[:4]), Book([*told[:2], *counted[2:4]], right[:4])]
    wanted = [[books[0].columns(number, range(4)) for number in range(4)], [books[0].columns_of(told[4])]]
    for book in books:
        assert all(np.array_equal(book.columns(number, range(4)), wanted[0][number]) for number in range(4))
        for these in (told[4], counted[4], around(candidates[4], Places(documents[4], Words()))):
            assert np.array_equal(book.columns_of(these), wanted[1][0])
    # Words that came after the book was first asked are known to it as well, where it has them.
    later = around(candidates[5], Places(documents[5], words))
    assert all(np.array_equal(book.columns_of(later), books[0].columns_of(told[5])) for book in books)


def test_of_a_kept_document_they_are_reckoned_once() -> None:
    document = made(1)
    kept = KeptDocument(document.name, document.kind, document.sha256, document.pages, 2)
    own = candidates_of(document, 1)
    first = surroundings_in(kept, own, "total")
    assert surroundings_in(kept, list(own), "total") is first
    assert surroundings_in(kept, own[:3], "total") is not first


def test_packed_they_are_the_same_and_need_no_text() -> None:
    documents = [made(number) for number in range(6)]
    candidates = [candidates_of(document, number) for number, document in enumerate(documents)]
    right = [np.arange(30) % 11 == number for number in range(6)]
    told = [surroundings(document, own) for document, own in zip(documents, candidates, strict=True)]
    book = Book(told[:4], right[:4])
    for document, own in zip(documents, candidates, strict=True):
        packed = pack_around(document, {"total": own, "none": []})
        kept = KeptDocument("d.txt", "txt", document.sha256, (), 2, around=packed, offered={"total": own, "none": []})
        some = [3, 7, 29]
        wanted = book.columns_of(surroundings(document, own))
        assert np.array_equal(book.columns_of(surroundings_in(kept, own, "total")), wanted)
        assert np.array_equal(book.columns_of(surroundings_in(kept, own, "total", some)), wanted[some])
        bare = KeptDocument("d.txt", "txt", document.sha256, (), 2, around=packed, offered={"total": own, "none": []})
        assert np.array_equal(book.columns_of(surroundings_in(bare, own, "total", some)), wanted[some])
        assert len(surroundings_in(kept, [], "none")) == 0


def test_documents_of_one_run_have_their_rows_numbered_together() -> None:
    documents = [made(number) for number in range(7)]
    candidates = [candidates_of(document, number) for number, document in enumerate(documents)]
    right = [np.arange(30) % 11 == number for number in range(4)]
    told = [surroundings(document, own) for document, own in zip(documents, candidates, strict=True)]
    together: dict[str, Any] = {}
    kept = [KeptDocument("d.txt", "txt", each.sha256, each.pages, 2, together=together) for each in documents]
    counted = [surroundings_in(each, own, "total") for each, own in zip(kept, candidates, strict=True)]
    assert len({id(each.distinct) for each in counted}) == 1
    for book in (Book(counted[:4], right), Book(told[:4], right)):
        for these, wanted in zip(counted, told, strict=True):
            assert np.array_equal(book.columns_of(these), book.columns_of(wanted))
        # Another run's are held apart from these.
        other = KeptDocument("d.txt", "txt", documents[5].sha256, documents[5].pages, 2)
        assert np.array_equal(book.columns_of(surroundings_in(other, candidates[5], "total")), book.columns_of(told[5]))
        assert np.array_equal(book.columns_of(counted[6].only([4, 2])), book.columns_of(told[6])[[4, 2]])


def test_what_is_damaged_or_of_other_candidates_is_looked_up_in_the_text() -> None:
    document = made(2)
    own = candidates_of(document, 2)
    told = surroundings(document, own)
    book = Book([told], [np.arange(30) < 3])
    packed = pack_around(document, {"total": own})
    assert unpack_around(packed, Words()) is not None
    chance = random.Random(1)
    for damaged in [b"", packed[:-9], *(_changed(packed, chance) for _ in range(40))]:
        for offered in ({"total": own}, {"total": list(own)}):
            kept = KeptDocument(
                "d.txt", "txt", document.sha256, document.pages, 2, around=damaged, offered=dict(offered)
            )
            if unpack_around(damaged, Words()) is None or offered["total"] is not own:
                assert np.array_equal(book.columns_of(surroundings_in(kept, own, "total")), book.columns_of(told))


def _changed(content: bytes, chance: random.Random) -> bytes:
    """What is packed, with one byte of another value inside."""
    plain = bytearray(zlib.decompress(content))
    plain[chance.randrange(len(plain))] ^= 1 << chance.randrange(8)
    return zlib.compress(bytes(plain))


def test_a_field_may_be_called_as_anything_else_that_is_reckoned() -> None:
    document = made(1)
    own = candidates_of(document, 1)
    for around_kept in (b"", pack_around(document, {"total": own})):
        kept = KeptDocument(document.name, document.kind, document.sha256, document.pages, 2, around=around_kept)
        for name in ("places", "around", "total", "some of total"):
            for among in ([2, 5], None):
                found = surroundings_in(kept, own, name, among)
                assert len(found) == (30 if among is None else 2)
                assert surroundings_in(kept, own, name, among) is found
