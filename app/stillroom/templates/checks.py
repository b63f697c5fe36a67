"""What a template may say: turns plain data into a Template and names each mistake with its line and what to write."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from stillroom.templates.positions import Positions
from stillroom.templates.template import Example, Field, FieldType, Option, Rule, Template, label_of

_TEMPLATE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MOST_FIELDS = 200
_CONTAINERS = (FieldType.LIST, FieldType.TABLE)
# A list repeats a question whose answer is a span; options and free text are not spans.
_ITEM_TYPES = [
    kind for kind in FieldType if not kind.generated and kind not in (*_CONTAINERS, FieldType.CHOICE, FieldType.YES_NO)
]
_TEMPLATE_KEYS = ("name", "version", "title", "description", "fields", "rules", "examples")
_FIELD_KEYS = (
    "name", "type", "description", "label", "required", "near", "avoid", "options", "pattern", "of", "columns", "day_first",
    "max_items", "max_words",
)  # fmt: skip
_OPTION_KEYS = ("value", "description", "synonyms")
_FUNCTIONS = ("sum", "count")

_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a template: in which file and line (1 is the first), and what is wrong and to be written instead."""

    source: str
    line: int
    advice: str

    @property
    def sentence(self) -> str:
        end = "" if self.advice.endswith((".", "?", "!")) else "."
        return f"{self.source} line {self.line}: {self.advice}{end}"


class _WrongError(Exception):
    """The part being read cannot be used; the problem has been noted."""


class TemplateChecker:
    """A check of one template.

    Attributes:
        problems: every mistake found so far, in the order they were met.
    """

    def __init__(self, data: dict[str, Any], source: str, positions: Positions) -> None:
        self.problems: list[Problem] = []
        self._data = data
        self._source = source
        self._positions = positions

    def template(self) -> Template | None:
        """The template, or None where ``problems`` prevent one. ``sha256`` is left empty."""
        data = self._data
        self._known(data, _TEMPLATE_KEYS, ())
        name = self._name(data, (), _TEMPLATE_NAME, "template", "purchase-order", "lower case letters, digits and -")
        version = self._integer(data, "version", (), 1, 1, 1_000_000)
        title = self._string(data, "title", ()) or (name or "").replace("-", " ").capitalize()
        description = self._string(data, "description", ())
        fields = self._fields(
            data, (), "fields", 'a template has fields: [[fields]], then name = "total" and type = "money"'
        )
        names = {field.name: field for field in fields}
        rules = self._rules(data, names)
        examples = self._examples(data, names)
        if self.problems or name is None:
            return None
        return Template(name, version, title, description, tuple(fields), tuple(examples), tuple(rules))

    # ------------------------------------------------------------------ fields

    def _fields(
        self, data: dict[str, Any], path: _Path, key: str, if_missing: str, *, columns: bool = False
    ) -> list[Field]:
        tables = data.get(key)
        if tables is None or tables == []:
            self._note((*path, key), if_missing)
            return []
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            heading = ".".join([*(str(part) for part in path if isinstance(part, str)), key])
            self._note((*path, key), f"each of {key} is a part of its own, headed [[{heading}]]")
            return []
        if len(tables) > _MOST_FIELDS:
            self._note((*path, key), f"there are {len(tables)} {key}; a template has at most {_MOST_FIELDS}")
            return []
        found: list[Field] = []
        first: dict[str, int] = {}
        for index, table in enumerate(tables):
            here = (*path, key, index)
            try:
                field = self._field(table, here, column=columns)
            except _WrongError:
                continue
            if field.name in first:
                self._note(
                    (*here, "name"),
                    f'the name "{field.name}" is used already in line {first[field.name]}; choose another',
                )
                continue
            first[field.name] = self._positions.line((*here, "name"))
            found.append(field)
        return found

    def _field(self, data: dict[str, Any], path: _Path, *, column: bool) -> Field:
        before = len(self.problems)
        self._known(data, _FIELD_KEYS, path)
        name = self._name(
            data, path, _FIELD_NAME, "field", "invoice_number", "lower case letters, digits and _, a letter first"
        )
        kind = self._type(data, "type", path, [k for k in FieldType if not (column and k in _CONTAINERS)])
        of = self._item_type(data, path, kind)
        base = of or kind
        options = self._options(data, path, kind)
        columns: list[Field] = []
        if kind is FieldType.TABLE:
            columns = self._fields(
                data,
                path,
                "columns",
                'a table needs columns: [[fields.columns]], then name = "amount" and type = "money"',
                columns=True,
            )
        elif "columns" in data:
            self._note(
                (*path, "columns"),
                f'only a table has columns, and this is "{kind}"; write type = "table" or take them out',
            )
        pattern = self._pattern(data, path, base)
        day_first = data.get("day_first")
        if day_first is not None and not isinstance(day_first, bool):
            self._note((*path, "day_first"), "day_first is true or false, without quotation marks")
            day_first = None
        elif day_first is not None and base is not FieldType.DATE:
            self._note((*path, "day_first"), f'day_first is for dates, and this is "{base}"; take it out')
        self._only(data, "max_items", path, kind in _CONTAINERS, "lists and tables", kind)
        self._only(data, "max_words", path, kind.generated, "generated text (summary, answer, translation)", kind)
        required = data.get("required", False)
        if not isinstance(required, bool):
            self._note((*path, "required"), "required is true or false, without quotation marks")
        field = Field(
            name=name or "",
            type=kind,
            description=self._string(data, "description", path),
            label=self._string(data, "label", path) or label_of(name or ""),
            required=required is True,
            near=self._strings(data, "near", path),
            avoid=self._strings(data, "avoid", path),
            options=options,
            pattern=pattern,
            of=of,
            columns=tuple(columns),
            day_first=day_first,
            max_items=self._integer(data, "max_items", path, 1000, 1, 10_000),
            max_words=self._integer(data, "max_words", path, 80, 1, 2000),
        )
        if len(self.problems) > before:
            raise _WrongError
        return field

    def _type(self, data: dict[str, Any], key: str, path: _Path, allowed: Sequence[FieldType]) -> FieldType:
        value = data.get(key)
        known = ", ".join(allowed)
        if value is None:
            self._stop((*path, key), f'{key} is missing; write {key} = "line" or one of: {known}')
        if not isinstance(value, str):
            self._stop((*path, key), f"{key} is one of these words, in quotation marks: {known}")
        if value not in set(allowed):
            self._stop(
                (*path, key), f'{key} "{_short(value)}" is not known;{_meant(value, allowed)} write one of: {known}'
            )
        return FieldType(value)

    def _item_type(self, data: dict[str, Any], path: _Path, kind: FieldType) -> FieldType | None:
        if kind is FieldType.LIST:
            if "of" not in data:
                self._stop(
                    path, f'a list needs the type of its items; write of = "name" or one of: {", ".join(_ITEM_TYPES)}'
                )
            return self._type(data, "of", path, _ITEM_TYPES)
        if "of" in data:
            self._note((*path, "of"), f'only a list has "of", and this is "{kind}"; write type = "list" or take it out')
        return None

    def _options(self, data: dict[str, Any], path: _Path, kind: FieldType) -> tuple[Option, ...]:
        given = data.get("options")
        example = 'options = ["paid", "open"]'
        if kind is not FieldType.CHOICE:
            if given is not None:
                self._note(
                    (*path, "options"),
                    f'only a choice has options, and this is "{kind}"; write type = "choice" or take them out',
                )
            return ()
        if given is None:
            self._note(path, f"a choice needs its options; write {example}")
            return ()
        if not isinstance(given, list):
            self._note((*path, "options"), f"options is a list; write {example}")
            return ()
        options: list[Option] = []
        for index, item in enumerate(given):
            here = (*path, "options", index)
            if isinstance(item, str):
                item = {"value": item}
            if not isinstance(item, dict):
                self._note(here, f"an option is a text, or {{ value = …, synonyms = […] }}; write {example}")
                continue
            self._known(item, _OPTION_KEYS, here)
            value = self._string(item, "value", here).strip()
            if not value:
                self._note(here, 'an option has no value; write value = "paid"')
                continue
            if value in {option.value for option in options}:
                self._note(here, f'the option "{_short(value)}" is there twice; keep one')
                continue
            options.append(
                Option(value, self._string(item, "description", here), self._strings(item, "synonyms", here))
            )
        if len(given) < 2:
            self._note((*path, "options"), f"a choice needs at least two options; write {example}")
        return tuple(options)

    def _pattern(self, data: dict[str, Any], path: _Path, base: FieldType) -> str:
        pattern = self._string(data, "pattern", path)
        if pattern and base is not FieldType.IDENTIFIER:
            self._note(
                (*path, "pattern"),
                f'a pattern is for identifiers, and this is "{base}"; write type = "identifier" or take it out',
            )
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            where = f" at character {error.pos + 1}" if isinstance(error, re.error) and error.pos is not None else ""
            reason = error.msg if isinstance(error, re.error) else "too long"
            self._note(
                (*path, "pattern"),
                f"the pattern is no regular expression ({reason}{where}); write for example pattern = 'INV-\\d+'",
            )
        return pattern

    # ------------------------------------------------------------------ rules and examples

    def _rules(self, data: dict[str, Any], fields: dict[str, Field]) -> list[Rule]:
        rules: list[Rule] = []
        for index, table in enumerate(self._tables(data, "rules")):
            here = ("rules", index)
            self._known(table, ("check", "message"), here)
            check = self._string(table, "check", here).strip()
            if not check:
                self._note(here, 'a rule needs a check; write check = "net + tax = gross"')
                continue
            for word in re.findall(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?", check):
                field, _, column = word.partition(".")
                if field in _FUNCTIONS and not column:
                    continue
                if field not in fields:
                    if not self.problems:  # a field that is wrong itself is named once
                        self._note(
                            (*here, "check"),
                            f'there is no field "{field}";{_meant(field, fields)} use the names of fields',
                        )
                elif column and column not in {item.name for item in fields[field].columns}:
                    self._note((*here, "check"), f'the field "{field}" has no column "{column}"')
            rules.append(Rule(check, self._string(table, "message", here)))
        return rules

    def _examples(self, data: dict[str, Any], fields: dict[str, Field]) -> list[Example]:
        examples: list[Example] = []
        for index, table in enumerate(self._tables(data, "examples")):
            here = ("examples", index)
            self._known(table, ("text", "values", "absent"), here)
            text = self._string(table, "text", here)
            if not text.strip():
                self._note(here, "an example needs the text of a document; write text = '''…'''")
            given = table.get("values", {})
            if not isinstance(given, dict):
                self._note(
                    (*here, "values"), 'the values of an example are headed [examples.values], then total = "9.00"'
                )
                continue
            values: dict[str, str | list[str] | None] = dict.fromkeys(self._strings(table, "absent", here))
            for name, value in given.items():
                if isinstance(value, list) and all(isinstance(item, str) for item in value):
                    values[name] = list(value)
                elif isinstance(value, str):
                    values[name] = value
                else:
                    self._note((*here, "values", name), f'values are texts as in the document; write {name} = "…"')
            for name in values:
                if name not in fields and not self.problems:
                    where = (*here, "values", name) if name in given else (*here, "absent")
                    self._note(
                        where, f'there is no field "{_short(name)}";{_meant(name, fields)} use the names of fields'
                    )
            examples.append(Example(text, values))
        return examples

    # ------------------------------------------------------------------ plain values

    def _tables(self, data: dict[str, Any], key: str) -> list[dict[str, Any]]:
        tables = data.get(key, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._note((key,), f"each of {key} is a part of its own, headed [[{key}]]")
            return []
        return tables

    def _known(self, data: dict[str, Any], known: Collection[str], path: _Path) -> None:
        for key in data:
            if key not in known:
                self._note(
                    (*path, key),
                    f'"{_short(key)}" is not known here;{_meant(key, known)} write one of: {", ".join(known)}',
                )

    def _name(
        self, data: dict[str, Any], path: _Path, form: re.Pattern[str], what: str, example: str, rule: str
    ) -> str | None:
        value = data.get("name")
        if value is None:
            self._note(path, f'the {what} has no name; write name = "{example}"')
        elif not isinstance(value, str):
            self._note((*path, "name"), f'a name is text; write name = "{example}"')
        elif not form.fullmatch(value):
            self._note(
                (*path, "name"), f'the name "{_short(value)}" must be {rule}, at most 64; write for example "{example}"'
            )
        else:
            return value
        return None

    def _string(self, data: dict[str, Any], key: str, path: _Path) -> str:
        value = data.get(key, "")
        if not isinstance(value, str):
            self._note((*path, key), f'{key} is text; write {key} = "…"')
            return ""
        return value

    def _strings(self, data: dict[str, Any], key: str, path: _Path) -> tuple[str, ...]:
        value = data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            self._note((*path, key), f'{key} is a list of texts; write {key} = ["…", "…"]')
            return ()
        return tuple(value)

    def _integer(self, data: dict[str, Any], key: str, path: _Path, default: int, least: int, most: int) -> int:
        value = data.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self._note((*path, key), f"{key} is a whole number from {least} to {most}; write {key} = {default}")
            return default
        return value

    def _only(self, data: dict[str, Any], key: str, path: _Path, fits: bool, where: str, kind: FieldType) -> None:
        if key in data and not fits:
            self._note((*path, key), f'{key} is for {where}, and this is "{kind}"; take it out')

    def _note(self, path: _Path, advice: str) -> None:
        self.problems.append(Problem(self._source, self._positions.line(path), advice))

    def _stop(self, path: _Path, advice: str) -> NoReturn:
        self._note(path, advice)
        raise _WrongError


def _meant(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f' did you mean "{near[0]}"?' if near else ""


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:39]}…"
