"""The built-in templates are right; a person's own are found, and take precedence."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillroom import paths
from stillroom.errors import TemplateError
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.template import FieldType

SMALL = 'name = "{}"\n[[fields]]\nname = "total"\ntype = "money"\n'


def test_the_built_in_templates() -> None:
    library = TemplateLibrary([paths.resources_dir() / "templates"])
    assert library.problems() == []
    names = {template.name: [field.name for field in template.fields] for template in library.templates()}
    assert names["receipt"] == ["company", "date", "address", "total"]
    assert names["invoice"] == ["issuer", "invoice_number", "date", "amount", "currency"]
    assert names["contract"] == ["effective_date", "jurisdiction", "party", "term"]
    assert names["email-triage"] == ["topic", "urgency", "sender", "summary", "needs_reply"]
    assert names["meeting-notes"] == ["date", "attendees", "decisions", "action_items", "summary"]
    for template in library.templates():
        assert template.description
        for field in template.fields:
            assert field.description, (template.name, field.name)


def test_currencies_have_their_signs() -> None:
    currency = TemplateLibrary().find("invoice").field("currency")
    assert currency.type is FieldType.CHOICE
    synonyms = {option.value: option.synonyms for option in currency.options}
    expected = {"USD", "EUR", "GBP", "INR", "PLN", "CHF", "JPY", "CNY", "CAD", "AUD", "MYR", "SGD", "SEK", "NOK", "DKK"}
    assert expected <= set(synonyms)
    assert all(code in words for code, words in synonyms.items())
    signs = [word for words in synonyms.values() for word in words]
    assert len(signs) == len(set(signs)), "a sign is evidence for one currency only"


def test_an_own_template_takes_the_place_of_the_built_in_one(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(SMALL.format("receipt"), "utf-8")
    library = TemplateLibrary([paths.resources_dir() / "templates", tmp_path])
    assert [field.name for field in library.find("receipt").fields] == ["total"]
    assert [template.name for template in library.templates()].count("receipt") == 1


def test_wrong_files_are_problems_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SMALL.format("a"), "utf-8")
    (tmp_path / "b.toml").write_text(SMALL.format("a"), "utf-8")
    (tmp_path / "c.toml").write_text("name = \n", "utf-8")
    (tmp_path / ".d.toml").write_text("hidden", "utf-8")
    library = TemplateLibrary([tmp_path, tmp_path / "missing"])
    assert [template.name for template in library.templates()] == ["a"]
    first, second = (problem.message for problem in library.problems())
    assert first == 'b.toml line 1: the name "a" is used already in a.toml; choose another.'
    assert second.startswith("c.toml line 1: ")
    with pytest.raises(TemplateError, match=r"c\.toml line 1"):
        library.find("c")


def test_finding_by_path_and_by_a_wrong_name(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SMALL.format("a"), "utf-8")
    library = TemplateLibrary()
    assert library.find(str(tmp_path / "a.toml")).name == "a"
    with pytest.raises(TemplateError, match=r'There is no template "reciept"\. Did you mean "receipt"'):
        library.find("reciept")
    with pytest.raises(TemplateError, match="no template file"):
        library.find(str(tmp_path / "b.toml"))
