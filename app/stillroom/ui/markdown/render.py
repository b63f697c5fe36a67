"""Markdown as HTML for QTextDocument: nothing is fetched, nothing is run, code is coloured, formulas become readable text."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.texmath import texmath_plugin

from stillroom.ui.theme import Colours

_LONGEST_FORMULA = 2000
_CITED = re.compile(r"\[(\d{1,4})(?:, page \d+)?\]")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text as HTML, and the code blocks in it; ``copy:N`` is the address of the N-th one's copy link."""

    html: str
    code: tuple[str, ...]


@dataclass(slots=True)
class _Page:
    colours: Colours
    copy: str
    sources: int
    doubtful: re.Pattern[str] | None = None
    code: list[str] = field(default_factory=list)


def render(text: str, colours: Colours, copy: str = "Copy", sources: int = 0, doubtful: Sequence[str] = ()) -> Rendered:
    """A text of a model or a person as HTML.

    Args:
        copy: the words of a code block's link.
        sources: how many the text has; ``[2]`` in it becomes a link to ``source:1``.
        doubtful: figures that are marked wherever they stand.
    """
    page = _Page(colours, copy, sources, _any_of(doubtful))
    parser = _parser()
    body = parser.renderer.render(parser.parse(text), parser.options, {"page": page})
    return Rendered(body, tuple(page.code))


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False)
    parser.use(texmath_plugin, delimiters="brackets")
    assert isinstance(parser.renderer, RendererHTML)
    own: dict[str, Any] = {
        "text": _text,
        "fence": _code,
        "code_block": _code,
        "code_inline": _code_inline,
        "table_open": _table,
        "th_open": _cell,
        "td_open": _cell,
        "blockquote_open": _quote,
        "link_open": _link,
        "math_inline": _formula,
        "math_inline_double": _formula,
        "math_block": _formula_block,
        "math_block_label": _formula_block,
        "math_block_eqno": _formula_block,
        "math_single": _formula,
    }
    parser.renderer.rules.update(own)
    return parser


def _text(tokens: Sequence[Token], index: int, _options: Any, env: dict[str, Any]) -> str:
    page: _Page = env["page"]
    text = _marked(tokens[index].content, page)
    if not page.sources or "[" not in text:
        return text

    def cite(match: re.Match[str]) -> str:
        number = int(match[1])
        if not 0 < number <= page.sources:
            return match[0]
        return f'<a href="source:{number - 1}" style="color:{page.colours.accent};text-decoration:none">{match[0]}</a>'

    return _CITED.sub(cite, text)


def _any_of(texts: Sequence[str]) -> re.Pattern[str] | None:
    either = "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True) if text)
    return re.compile(rf"(?<![\w])(?:{either})(?![\w])") if either else None


def _marked(text: str, page: _Page) -> str:
    """A text as HTML, with doubtful figures in it marked: by a line below them too, not by colour alone."""
    if page.doubtful is None:
        return html.escape(text)
    style = f"background-color:{page.colours.warn_soft};color:{page.colours.warn};text-decoration:underline"
    parts, at = [], 0
    for match in page.doubtful.finditer(text):
        parts.append(html.escape(text[at : match.start()]))
        parts.append(f'<span style="{style}">{html.escape(match[0])}</span>')
        at = match.end()
    return "".join([*parts, html.escape(text[at:])])


def _code(tokens: Sequence[Token], index: int, _options: Any, env: dict[str, Any]) -> str:
    page: _Page = env["page"]
    token = tokens[index]
    language = token.info.split()[0] if token.info.strip() else ""
    number = len(page.code)
    page.code.append(token.content.rstrip("\n"))
    shown = page.colours
    return (
        f'<table width="100%" cellpadding="0" cellspacing="0" style="margin-top:6px"><tr><td bgcolor="{shown.hover}" '
        f'style="padding:5px 10px"><table width="100%" cellpadding="0"><tr>'
        f'<td><span style="color:{shown.muted};font-size:8pt">{html.escape(language)}</span></td>'
        f'<td align="right"><a href="copy:{number}" style="color:{shown.accent};font-size:8pt;text-decoration:none">'
        f"{html.escape(page.copy)}</a></td></tr></table></td></tr>"
        f'<tr><td bgcolor="{shown.hover}" style="padding:0 10px 8px 10px">'
        f'<pre style="margin:0;white-space:pre-wrap">{_coloured(token.content, language, shown)}</pre></td></tr></table>'
    )


def _coloured(code: str, language: str, shown: Colours) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.lexers.special import TextLexer
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False) if language else TextLexer(stripnl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False)
    dark = int(shown.window[1:3], 16) < 128
    formatter = HtmlFormatter(noclasses=True, nowrap=True, style="native" if dark else "friendly")
    return str(highlight(code.rstrip("\n"), lexer, formatter)).rstrip("\n")


def _code_inline(tokens: Sequence[Token], index: int, _options: Any, env: dict[str, Any]) -> str:
    background = env["page"].colours.hover
    return f'<code style="background-color:{background}">{html.escape(tokens[index].content)}</code>'


def _table(_tokens: Sequence[Token], _index: int, _options: Any, env: dict[str, Any]) -> str:
    border = env["page"].colours.strong_border
    return f'<table border="1" cellspacing="0" cellpadding="5" style="border-collapse:collapse;border-color:{border};margin-top:6px">'


def _cell(tokens: Sequence[Token], index: int, _options: Any, env: dict[str, Any]) -> str:
    style = str(tokens[index].attrGet("style") or "")
    align = style.removeprefix("text-align:") if style.startswith("text-align:") else "left"
    if tokens[index].tag == "th":
        return f'<th align="{align}" bgcolor="{env["page"].colours.hover}">'
    return f'<td align="{align}">'


def _quote(_tokens: Sequence[Token], _index: int, _options: Any, env: dict[str, Any]) -> str:
    return f'<blockquote style="color:{env["page"].colours.muted};margin-left:16px">'


def _link(tokens: Sequence[Token], index: int, _options: Any, env: dict[str, Any]) -> str:
    address = html.escape(str(tokens[index].attrGet("href") or ""))
    return f'<a href="{address}" title="{address}" style="color:{env["page"].colours.accent}">'


def _formula(tokens: Sequence[Token], index: int, _options: Any, _env: dict[str, Any]) -> str:
    return f'<span style="font-family:serif">{html.escape(formula_text(tokens[index].content))}</span>'


def _formula_block(tokens: Sequence[Token], index: int, _options: Any, _env: dict[str, Any]) -> str:
    text = html.escape(formula_text(tokens[index].content)).replace("\n", "<br>")
    return f'<p align="center" style="font-family:serif">{text}</p>'


@lru_cache(maxsize=512)
def formula_text(formula: str) -> str:
    """A formula of LaTeX in Unicode: ``\\frac{a}{b^2}`` as ``a/b²``; as it was where it cannot be read."""
    from pylatexenc.latex2text import LatexNodes2Text

    if len(formula) > _LONGEST_FORMULA:
        return formula
    try:
        text = LatexNodes2Text(math_mode="text", fill_text=False).latex_to_text(_raised(formula.strip()))
    except Exception:  # noqa: BLE001 - a parser's errors are many, and the formula itself can be shown
        return formula
    return _raised(text).replace("{}", "")


_SCRIPTS = {
    "^": (str.maketrans("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ"), "0123456789+-=()ni"),
    "_": (str.maketrans("0123456789+-=()aeijkmnpstx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑᵢⱼₖₘₙₚₛₜₓ"), "0123456789+-=()aeijkmnpstx"),
}


def _raised(text: str) -> str:
    def put(match: re.Match[str]) -> str:
        table, known = _SCRIPTS[match[1]]
        content = match[2] if match[2] is not None else match[3]
        if not all(character in known for character in content):
            return match[0]
        return f"{{}}{content.translate(table)}"  # so that a command before it ends

    return re.sub(r"([\^_])(?:\{([^{}]*)\}|(\w))", put, text)
