"""Templates read from TOML text, with the line of every mistake."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

from stillroom.errors import TemplateError
from stillroom.templates.checks import Problem, TemplateChecker
from stillroom.templates.positions import Positions
from stillroom.templates.template import Template
from stillroom.toml_text import line_of_long_number

_LARGEST_FILE = 1 << 20


def load_template(path: Path) -> Template:
    """The template of a TOML file. Raises TemplateError: "receipt.toml line 12: type "mony" is not known; …"."""
    template, problems = _checked(_read(path), path.name)
    return _or_raise(template, problems)


@functools.lru_cache(maxsize=64)
def _checked(content: bytes, source: str) -> tuple[Template | None, tuple[Problem, ...]]:
    """The same as ``check_template``: every list of templates reads each file, which is seldom another one than before."""
    template, problems = check_template(content, source)
    return template, tuple(problems)


def parse_template(text: str, source: str) -> Template:
    """The template of a TOML text. ``source`` names it in errors. Raises TemplateError."""
    template, problems = check_template(text.encode("utf-8"), source)
    return _or_raise(template, problems)


@functools.lru_cache(maxsize=256)
def title_of(text: str, name: str) -> str:
    """What the template of a TOML text is called by people; made of its name where it does not say, or cannot be read."""
    try:
        title = tomllib.loads(text).get("title")
    except (ValueError, RecursionError):
        title = None
    return title if isinstance(title, str) and title else name.replace("-", " ").capitalize()


def check_file(path: Path) -> list[str]:
    """Everything that is wrong with a template file, a sentence each, by line; empty where it is right."""
    try:
        content = _read(path)
    except TemplateError as error:
        return [error.message]
    return [problem.sentence for problem in check_template(content, path.name)[1]]


def check_template(content: bytes, source: str) -> tuple[Template | None, list[Problem]]:
    """The template of a file's bytes, or None and what is wrong with it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return None, [Problem(source, line, "is not UTF-8 text; save the file with the encoding UTF-8")]
    text = text.replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [_syntax_problem(text, source, str(error))]
    except ValueError:  # Python reads no number of so many digits
        return None, [Problem(source, line_of_long_number(text), "holds a number that is too long to be meant")]
    except RecursionError:
        return None, [Problem(source, 1, "is nested too deeply to be a template")]
    checker = TemplateChecker(data, source, Positions(text))
    template = checker.template()
    if template is None or checker.problems:
        return None, sorted(checker.problems, key=lambda problem: problem.line)
    return dataclasses.replace(template, sha256=hashlib.sha256(content).hexdigest()), []


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except FileNotFoundError:
        raise TemplateError(f"There is no template file {path}. Look at its path and spelling.") from None
    except IsADirectoryError:
        raise TemplateError(f"{path} is a folder, not a template file. Name a TOML file.") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise TemplateError(f"{path.name} cannot be opened: {reason}. Look at its permissions.") from error
    if len(content) > _LARGEST_FILE:
        raise TemplateError(f"{path.name} is larger than 1 MiB, so it is no template. Name a template's TOML file.")
    return content


def _or_raise(template: Template | None, problems: Sequence[Problem]) -> Template:
    if template is None:
        sentences = [problem.sentence for problem in problems]
        more = "" if len(sentences) == 1 else f" (and {len(sentences) - 1} more)"
        raise TemplateError(sentences[0] + more, details="\n".join(sentences))
    return template


_WHERE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


def _syntax_problem(text: str, source: str, message: str) -> Problem:
    where = _WHERE.search(message)
    lines = text.split("\n")
    line = int(where[1]) if where and where[1] else max(1, len(text.rstrip("\n").split("\n")))
    message = _WHERE.sub("", message)
    written = lines[line - 1].strip() if line <= len(lines) else ""
    bare = re.fullmatch(r"([A-Za-z0-9_-]+)\s*=\s*([^\"'\[{].*)", written)
    if message.startswith("Invalid value") and bare:
        advice = f'text stands in quotation marks: {bare[1]} = "{bare[2]}"'
    elif message.startswith("Invalid value"):
        advice = 'a value is missing or cannot be read; write for example near = ["total", "amount due"]'
    elif message.startswith(("Cannot overwrite", "Cannot declare")):
        advice = "this is written twice; keep one of the two"
    elif "after a key in a key/value pair" in message:
        advice = 'a line is a name, "=" and a value, such as type = "date", or a heading such as [[fields]]'
    elif "Unescaped '\\'" in message:
        advice = "a backslash in quotation marks is special; put the text between apostrophes: pattern = '\\d+'"
    elif "Illegal character" in message or message.startswith("Unterminated"):
        advice = "a text is not closed; put the quotation mark at its end"
    elif message.startswith("Unclosed"):
        advice = 'a list is not closed; put "]" at its end'
    else:
        advice = f"this is not TOML ({message[:1].lower()}{message[1:]})"
    return Problem(source, line, advice)
