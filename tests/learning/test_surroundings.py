"""What stands around candidates is the same however it is kept: as words, or as numbers that documents share."""

from __future__ import annotations

import hashlib
import random

import numpy as np

from stillroom.documents.document import Document, Page, Span
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.kept_seen import KeptDocument
from stillroom.learning.surroundings import Book, Places, Words, around, surroundings, surroundings_in

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
