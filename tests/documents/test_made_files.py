"""Three hundred made files over all formats: what was put into them is in what a reader found, or it says that it was not read."""

from __future__ import annotations

import pytest
from tests.documents.made_files import FORMATS, HOW_MANY, made

from stillroom.documents.formats import inside, pdf
from stillroom.documents.read_file import read_source
from stillroom.documents.source import Source
from stillroom.errors import DocumentError

_NOTHING_SHOWN = "show no text"
_OTHERS = 10


@pytest.fixture(autouse=True)
def no_recognition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words of pictures are none of these marks."""
    for module in (inside, pdf):
        monkeypatch.setattr(module, "available", lambda: False)


def test_there_are_three_hundred() -> None:
    assert sum(HOW_MANY.get(kind, _OTHERS) for kind in FORMATS) >= 300


@pytest.mark.parametrize("kind", FORMATS)
def test_what_was_put_in_is_found_or_said(kind: str) -> None:
    wrong: list[str] = []
    marks = 0
    for number in range(HOW_MANY.get(kind, _OTHERS)):
        file = made(kind, number)
        marks += len(file.marks)
        try:
            document = read_source(Source(file.name, file.data))
        except DocumentError as error:
            if _NOTHING_SHOWN not in error.message or any(not mark.hidden for mark in file.marks):
                wrong.append(f"{file.name}: {error.message}")
            continue
        text = "\n".join(page.text for part in document.walk() for page in part.pages)
        said = "\n".join(note for part in document.walk() for note in part.notes)
        for mark in file.marks:
            found = mark.text in text
            if mark.hidden and found:
                wrong.append(f"{file.name}: {mark.text} is hidden and was read (place {mark.place})")
            elif not found and not (mark.hidden and not mark.said) and not (mark.said and mark.said in said):
                wrong.append(f"{file.name}: {mark.text} is neither found nor said (place {mark.place})")
    assert marks > 40
    assert wrong == []


def test_a_file_is_the_same_each_time() -> None:
    assert made("docx", 3).marks == made("docx", 3).marks
    assert made("docx", 3).marks != made("docx", 4).marks
