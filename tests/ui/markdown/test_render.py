"""Markdown as HTML: readable, and nothing in it is run or fetched."""

from __future__ import annotations

import pytest

from stillroom.ui.markdown.render import formula_text, render
from stillroom.ui.theme import DARK, LIGHT


def test_tables_code_and_lists() -> None:
    found = render("| a | b |\n|---|--:|\n| 1 | **2** |\n\n```python\nx = 1\n```\n\n- one\n- two", LIGHT)
    assert '<td align="right"><strong>2</strong></td>' in found.html
    assert found.code == ("x = 1",)
    assert 'href="copy:0"' in found.html
    assert "<li>one</li>" in found.html


def test_nothing_is_run_or_fetched() -> None:
    found = render(
        "<script>alert(1)</script>\n\n![picture](http://example.org/x.png)\n\n[js](javascript:alert(1))", LIGHT
    )
    assert "<script" not in found.html
    assert "<img" not in found.html
    assert 'href="javascript' not in found.html


@pytest.mark.parametrize(
    "text", ["", "```", "```python\nunfinished", "| a |\n|", "$x", "\\(", "*" * 500, "> " * 200, "\x00\ud800"]
)
def test_what_is_half_written_is_shown(text: str) -> None:
    for shown in (LIGHT, DARK):
        assert isinstance(render(text.encode("utf-8", "replace").decode(), shown).html, str)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("x^2", "x²"),
        (r"\frac{a}{b}", "a/b"),
        (r"\pi r^{2}", "πr²"),
        (r"a_i", "aᵢ"),
        (r"\sum_{k=1}^{n} k", "∑ₖ₌₁ⁿ k"),
        (r"\unknown{x}", r"\unknown{x}"),
    ],
)
def test_formulas_become_readable(formula: str, text: str) -> None:
    assert formula_text(formula).strip() in (text, "x" if "unknown" in formula else text)


def test_prices_are_no_formulas() -> None:
    assert "costs $5 and $6" in render("It costs $5 and $6.", LIGHT).html
