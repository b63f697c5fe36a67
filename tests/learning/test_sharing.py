"""A template in one file: what it learned goes along, the words of the documents only where that is wanted."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.learning import test_classifier
from tests.learning.test_memory import TEMPLATE, right, shift, truth

from stillroom.errors import StillroomError
from stillroom.extraction.subject import Embedding
from stillroom.learning.memory import TemplateMemory
from stillroom.learning.sharing import pack, unpack
from stillroom.templates.toml_file import parse_template
from stillroom.templates.toml_writing import template_to_toml


@pytest.fixture
def memory(tmp_path: Path) -> TemplateMemory:
    made = TemplateMemory(TEMPLATE, tmp_path / "one")
    for number in range(6):
        made.take(shift(number), truth(number))
    return made


def test_what_it_learned_is_of_use_elsewhere(memory: TemplateMemory, tmp_path: Path) -> None:
    shared = unpack(pack(template_to_toml(TEMPLATE), memory.kept(), with_text=False))
    fields = parse_template(shared.toml, "shared").fields
    assert [(each.name, each.type) for each in fields] == [(each.name, each.type) for each in TEMPLATE.fields]
    other = TemplateMemory(TEMPLATE, tmp_path / "two")
    other.put(shared.documents)
    assert other.learned().documents == 6
    # The words that all these sheets have are the form's.
    assert right(other.learned(), range(20, 30)) > right(None, range(20, 30))


def _everything(content: bytes) -> str:
    told = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.endswith(".npz"):
                with np.load(io.BytesIO(archive.read(name))) as data:
                    told.append(data["facts"].tobytes().decode())
    return "".join(told).casefold()


def test_values_and_rare_words_stay_behind(memory: TemplateMemory) -> None:
    bare = _everything(pack("", memory.kept(), with_text=False))
    whole = _everything(pack("", memory.kept(), with_text=True))
    for word in ("cx-301", "14:40"):
        assert word in whole
        assert word not in bare
    assert "quendle" in bare
    assert not set(unpack(pack("", memory.kept(), with_text=True)).documents) & set(memory.documents())


def test_what_a_model_made_of_a_text_stays_behind(tmp_path: Path) -> None:
    notes = TemplateMemory(test_classifier.TEMPLATE, tmp_path)
    said = Embedding("m", np.ones(4), mean=np.ones(4))
    notes.take(test_classifier.document(test_classifier.GARDEN[0]), {"desk": "north"}, lambda *_, **__: said)

    def arrays(*, with_text: bool) -> set[str]:
        (kept,) = unpack(pack("", notes.kept(), with_text=with_text)).documents.values()
        with np.load(io.BytesIO(kept)) as data:
            return set(data.files)

    assert {"subject", "wording", "parts"} <= arrays(with_text=True)
    assert arrays(with_text=False) == {"facts"}


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 broken"])
def test_what_is_no_shared_template_is_refused(content: bytes) -> None:
    with pytest.raises(StillroomError, match="no shared template"):
        unpack(content)


def test_other_files_and_bombs_are_refused() -> None:
    def archive(name: str, content: bytes) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as one:
            one.writestr("template.toml", "name = 'x'")
            one.writestr(name, content)
        return made.getvalue()

    with pytest.raises(StillroomError, match="no shared template has"):
        unpack(archive("../../escape.npz", b"x"))
    with pytest.raises(StillroomError, match="more than"):
        unpack(archive(f"documents/{'0' * 64}.npz", bytes(70 << 20)))
    # What cannot be read is passed over, the template still serves.
    assert unpack(archive(f"documents/{'0' * 64}.npz", b"no array")).documents == {}
