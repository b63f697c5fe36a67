"""JSON that earlier versions kept beside the database opens with everything in it; what is damaged is refused, or passed over whole.

The files in ``kept`` were written by those versions; the others are short enough to stand here as they were written.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stillroom import paths
from stillroom.engine.protocol import Adapter
from stillroom.learning.kept import unpacked
from stillroom.machine import memory_speed
from stillroom.models import adapters, projectors, records
from stillroom.models.fit import gpu_process, planned_before
from stillroom.privacy.audit import AuditLog
from stillroom.storage import checksums

_KEPT = Path(__file__).parent / "kept"
_DIGEST = "0123456789abcdef" * 4
_GOLDEN: dict[str, tuple[str, Callable[[], Path], Callable[[], Any], Any]] = {
    "checksums": (
        f'{{\n "model.gguf|8|17": "{_DIGEST}",\n "caf\\udce9.gguf|8|17": "{_DIGEST}",\n "cut": "0123"\n}}',
        checksums._file,
        checksums._load,
        {"model.gguf|8|17": _DIGEST, "caf\udce9.gguf|8|17": _DIGEST},
    ),
    "memory speed": (
        '{\n "a machine": 21474836480.5,\n "another": 12000000000,\n "none": 0\n}',
        memory_speed._file_path,
        memory_speed._load,
        {"a machine": 21474836480.5, "another": 12e9},
    ),
    "gpu": ('{\n "H100|H100": 524288000\n}', gpu_process._file, gpu_process._load, {"H100|H100": 524288000}),
    "tried": ('[\n "0.1.0|model.gguf|8|17"\n]', planned_before._file, planned_before._load, ["0.1.0|model.gguf|8|17"]),
    "projectors": (
        '{\n "/models/a.gguf": "/models/projectors/a.gguf"\n}',
        lambda: paths.models_dir() / projectors.PROJECTORS / projectors._RECORD,
        projectors._load,
        {"/models/a.gguf": "/models/projectors/a.gguf"},
    ),
    "adapters": (
        '{\n "/models/a.gguf": [\n  {\n   "path": "/models/adapters/b.gguf",\n   "scale": 0.5\n  }\n ]\n}',
        lambda: paths.models_dir() / adapters.ADAPTERS / adapters._RECORD,
        adapters._load,
        {"/models/a.gguf": (Adapter("/models/adapters/b.gguf", 0.5),)},
    ),
}


@pytest.mark.parametrize("name", sorted(_GOLDEN))
def test_what_an_earlier_version_kept_opens_and_what_is_damaged_is_as_if_there_were_none(name: str) -> None:
    text, place, load, wanted = _GOLDEN[name]
    assert not load()
    place().parent.mkdir(parents=True, exist_ok=True)
    place().write_text(text, encoding="utf-8")
    assert load() == wanted
    for damaged in (text[:-1], "", "[1]", '{"a": [NaN]}', "null", "\x00"):
        place().write_text(damaged, encoding="utf-8")
        assert not load()


def test_the_records_of_model_files(tmp_path: Path) -> None:
    kept = (
        '{\n "a.gguf": {\n  "sha256": "'
        + _DIGEST
        + '",\n  "size": 8,\n  "source": "imported",\n  "from_a_later_version": 1\n }\n}'
    )
    (tmp_path / records._NAME).write_text(kept, encoding="utf-8")
    assert records._load(tmp_path)["a.gguf"].sha256 == _DIGEST


def test_the_chain_of_an_earlier_version_holds_and_goes_on(tmp_path: Path) -> None:
    for name in ("audit-000001.jsonl", "head"):
        shutil.copy(_KEPT / name, tmp_path / name)
    log = AuditLog(tmp_path)
    found = log.verify()
    assert (found.lines, found.problems, found.exported) == (2, (), frozenset({"a" * 64}))
    assert log.record("read").number == 3
    assert log.verify().problems == ()
    lines = (tmp_path / "audit-000001.jsonl").read_bytes().split(b"\n")
    changed = [lines[0].replace(b'"rows":3', b'"rows":3.0'), *lines[1:]]
    (tmp_path / "audit-000001.jsonl").write_bytes(b"\n".join(changed))
    assert "line 1" in log.verify().problems[0]


def test_what_a_template_learned_of_a_document() -> None:
    content = (_KEPT / "learned.json").read_bytes()
    facts = unpacked(np.frombuffer(content, dtype=np.uint8))
    assert (facts.version, facts.signs[:2]) == (1, ("own_inline", "rival_inline"))
    total, people = facts.fields["total"], facts.fields["people"]
    assert (total.type, total.several, total.missing, total.candidates) == ("money", False, False, 2)
    assert (total.around[0].value, total.around[0].left, total.around[0].place) == ("10.00", ("net",), 0.25)
    assert total.around[0].marks[3] == ("corner", "shop")
    assert people.several
    assert facts.choices.fields["desk"].strengths == {"north": 0.0, "south": 0.0}
    nothing_chosen = content.replace(content[content.index(b'"choices"') : -2], b'"choices": {}')
    assert unpacked(np.frombuffer(nothing_chosen, dtype=np.uint8)).choices.fields == {}
    for damaged in (content[:-3], content.replace(b'"candidates": 2', b'"candidates": "2"'), b"{}"):
        with pytest.raises(ValueError, match=r"\S"):
            unpacked(np.frombuffer(damaged, dtype=np.uint8))
