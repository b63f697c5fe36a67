"""A template out of a conversation."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from stillroom.chat.conversation import Role, Turn
from stillroom.chat.templating import template_of
from stillroom.errors import StillroomError
from stillroom.templates.template import FieldType
from stillroom.templates.toml_file import check_file
from stillroom.templates.toml_writing import template_to_toml

ANSWER = """Here it is:
```json
{"seller": "North Wind", "sold": "2024-05-03", "mail": "a@b.example", "total": 14.1, "count": 2, "paid": true,
 "items": [{"what": "rope", "price": 3.5}], "tags": ["a"]}
```"""


def turn(content: str, role: Role = Role.ASSISTANT) -> Turn:
    return Turn(0, 1, None, role, content, datetime.now(UTC))


def test_the_last_json_answer_gives_the_fields(tmp_path: Path) -> None:
    template = template_of(
        [turn('{"old": 1}'), turn(ANSWER), turn('{"mine": 1}', Role.USER), turn("{broken}")], "Rope sales"
    )
    assert template.name == "rope-sales"
    assert {field.name: field.type for field in template.fields} == {
        "seller": FieldType.LINE, "sold": FieldType.DATE, "mail": FieldType.EMAIL, "total": FieldType.NUMBER,
        "count": FieldType.INTEGER, "paid": FieldType.YES_NO, "items": FieldType.TABLE, "tags": FieldType.LIST,
    }  # fmt: skip
    (tmp_path / "t.toml").write_text(template_to_toml(template))
    assert check_file(tmp_path / "t.toml") == []


@pytest.mark.parametrize(
    ("answer", "names", "said"),
    [
        ("1. Company\n2. **Date**: when it was paid\n3. Total (with tax)\n\nAll.", ["company", "date", "total"], "when it was paid"),
        ("| Name | Phone |\n|---|---|\n| Ada | 1 |\n", ["name", "phone"], ""),
        ("- Invoice no – the number\n- Net\n", ["invoice_no", "net"], ""),
        ("- Поставщик\n- Дата: когда\n- Numéro de facture\n", ["field", "field_2", "numero_de_facture"], "когда"),
        ("| 供应商 | 日期 |\n|---|---|\n| a | b |\n", ["field", "field_2"], ""),
    ],
)  # fmt: skip
def test_a_list_or_a_table_names_the_fields(answer: str, names: list[str], said: str, tmp_path: Path) -> None:
    template = template_of([turn('{"old": 1}'), turn(answer)], "Bills")
    assert [field.name for field in template.fields] == names
    assert template.fields[1].description == said
    (tmp_path / "t.toml").write_text(template_to_toml(template))
    assert check_file(tmp_path / "t.toml") == []


@pytest.mark.parametrize(
    "answer", ["- one thing alone", "1. This is a whole sentence about the matter.\n2. And so is this one, too.", "- …\n- —"]
)  # fmt: skip
def test_what_lists_no_names_gives_no_fields(answer: str) -> None:
    with pytest.raises(StillroomError, match="no fields"):
        template_of([turn(answer), turn("1. a\n2. b", Role.USER)], "x")


def test_without_json_it_is_said() -> None:
    with pytest.raises(StillroomError, match="JSON"):
        template_of([turn("Nothing of the kind."), turn("{}")], "x")
