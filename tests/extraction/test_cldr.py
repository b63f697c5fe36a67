"""The table of what CLDR knows: it is what its script writes, and light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stillroom.extraction.candidates.cldr import cldr


def test_the_file_is_what_the_script_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "installer"))
    import collect_cldr

    assert collect_cldr.TARGET.read_text(encoding="utf-8") == collect_cldr.written(), "run installer/collect_cldr.py"


def test_words_of_many_languages_are_there() -> None:
    known = cldr()
    assert known.months["märz"] == {3: "de"}
    assert set(known.months["listopad"]) == {10, 11}
    assert known.units["monate"] == "month"
    assert known.places["US"].first == "m"
    assert known.places["DE"].decimal == ","
    assert known.decimals["KWD"] == 3
    assert "NOK" in known.signs["kr"]


def test_a_typed_date_brings_in_no_more_than_it_needs() -> None:
    """What a window pays for the first value that is typed: 77 MB and most of a second, when languages were read one by one."""
    script = """
from pathlib import Path
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4 // 1024
from stillroom.review import marked_value
from stillroom.templates.template import Field, FieldType
before = resident()
for kind in (FieldType.DATE, FieldType.MONEY, FieldType.DURATION, FieldType.TIME):
    marked_value.read_typed(Field("x", kind), "3. Mai 2025")
import sys
print(resident() - before, "babel" in sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert int(said[0]) < 20
    assert said[1] == "False"
