"""A template in one file, with what it learned: the TOML text and what is kept of each document, in a ZIP.

Without the documents' text only their forms, places and figures go along, and the words that stand around the values of several
documents: those are the form's, not one document's. What is within values, and choices' texts, stay behind.
"""

from __future__ import annotations

import hashlib
import io
import secrets
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from stillroom.errors import StillroomError
from stillroom.extraction.around import MARKS
from stillroom.learning.kept import ChoicesFacts, DocumentFacts, packed, unpacked
from stillroom.learning.surroundings import Surroundings

Arrays = dict[str, npt.NDArray[Any]]

_TEMPLATE = "template.toml"
_DOCUMENTS = "documents/"
_MOST_FILES = 201
_MOST_BYTES = 64 << 20
_SEVERAL = 3  # documents that have a word before it is the form's
_OF_CANDIDATES = (".signs", ".like", ".right")  # arrays of a field: signs, likelihoods and rightness, no words
_FREE_OF_TEXT = frozenset({"form", "top", "end", "alone", "shape"})  # of MARKS
_AROUND = frozenset({"left", "left_two", "behind", "above", "below", "line"})


@dataclass(frozen=True, slots=True)
class SharedTemplate:
    """What a shared file holds: the TOML text, and what is kept of each document, by its number."""

    toml: str
    documents: Mapping[str, bytes]


def pack(toml: str, documents: Sequence[bytes], *, with_text: bool) -> bytes:
    """The file. ``with_text``: words and values of the documents go along. What cannot be read is passed over."""
    read = [found for found in map(_read, documents) if found is not None]
    if not with_text:
        counted = Counter(word for facts, _ in read for word in _words(facts))
        common = {word for word, count in counted.items() if count >= _SEVERAL}
        read = [_without_text(facts, arrays, common) for facts, arrays in read]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_TEMPLATE, toml)
        for facts, arrays in read:
            inner = io.BytesIO()
            np.savez_compressed(inner, allow_pickle=False, **{**arrays, "facts": packed(facts)})
            # Another number than the file's checksum, by which the file could be known again.
            archive.writestr(f"{_DOCUMENTS}{hashlib.sha256(secrets.token_bytes(32)).hexdigest()}.npz", inner.getvalue())
    return content.getvalue()


def unpack(content: bytes) -> SharedTemplate:
    """What a shared file holds. Raises StillroomError where it is none, or holds more than one may."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_FILES or sum(each.file_size for each in entries) > _MOST_BYTES:
                raise StillroomError("This file holds more than a shared template may. It is left alone.")
            toml = archive.read(_TEMPLATE).decode("utf-8")
            documents = {}
            for each in entries:
                number = each.filename.removeprefix(_DOCUMENTS).removesuffix(".npz")
                if each.filename == _TEMPLATE:
                    continue
                if len(number) != 64 or set(number) - set("0123456789abcdef"):
                    raise StillroomError("This file holds something that no shared template has. It is left alone.")
                data = archive.read(each)
                if _read(data) is not None:
                    documents[number] = data
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError, OSError, NotImplementedError, RuntimeError) as error:
        raise StillroomError("This is no shared template, or the file is damaged.", details=repr(error)) from error
    return SharedTemplate(toml, documents)


def _read(content: bytes) -> tuple[DocumentFacts, Arrays] | None:
    """Facts and arrays of what is kept of a document; None where it cannot be read or unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(each.file_size for each in archive.infolist()) > _MOST_BYTES:
                return None
        with np.load(io.BytesIO(content), allow_pickle=False) as data:
            arrays = {name: data[name] for name in data.files}
        return unpacked(arrays.pop("facts")), arrays
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None


def _words(facts: DocumentFacts) -> set[str]:
    """The words around the candidates of a document that have no figure in them."""
    found: set[str] = set()
    for own in facts.fields.values():
        for around in own.around:
            found.update((*around.left, *around.behind, *around.above))
            for name, words in zip(MARKS, around.marks, strict=False):
                if name in _AROUND:
                    found.update(words)
    return {word for word in found if not any(map(str.isdigit, word))}


def _without_text(facts: DocumentFacts, arrays: Arrays, common: set[str]) -> tuple[DocumentFacts, Arrays]:
    fields = {
        name: replace(own, around=tuple(_bare(around, common) for around in own.around))
        for name, own in facts.fields.items()
    }
    # Named are those that go along: what else a document is kept with is of its text, as its embeddings are.
    kept = {name: array for name, array in arrays.items() if name == "facts" or name.endswith(_OF_CANDIDATES)}
    return replace(facts, fields=fields, choices=ChoicesFacts()), kept


def _bare(around: Surroundings, common: set[str]) -> Surroundings:
    def only(words: Sequence[str]) -> tuple[str, ...]:
        return tuple(word if word in common else "" for word in words)

    marks = tuple(
        words if name in _FREE_OF_TEXT else only(words) if name in _AROUND else ("",)
        for name, words in zip(MARKS, around.marks, strict=False)
    )
    return replace(
        around,
        left=only(around.left),
        behind=only(around.behind),
        above=only(around.above),
        value="",
        marks=marks,
    )
