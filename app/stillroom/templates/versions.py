"""Versions of a person's own templates: each one that was saved is kept, and what changed between two is said."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stillroom import paths
from stillroom.atomic import write_text
from stillroom.errors import TemplateError
from stillroom.templates.editing import set_value
from stillroom.templates.library import check_allowed
from stillroom.templates.template import Field, FieldType, Template
from stillroom.templates.toml_file import load_template, parse_template

_NUMBERED = re.compile(r"v(\d{1,9})\.toml")


@dataclass(frozen=True, slots=True)
class Difference:
    """What makes one version differ from another.

    Attributes:
        sentences: one for each change, for people.
        fields: names of fields of the new version whose values may be others now; they are to be asked again.
    """

    sentences: tuple[str, ...]
    fields: tuple[str, ...]


class OwnTemplates:
    """A person's own templates: ``NAME.toml``, and every version of it in ``.versions/NAME``."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder if folder is not None else paths.templates_dir()

    def path(self, name: str) -> Path:
        """Where the template of this name is, or would be."""
        return self._folder / f"{name}.toml"

    def names(self) -> list[str]:
        """Of all templates here, also of those that cannot be read."""
        try:
            return sorted(path.stem for path in self._folder.glob("*.toml") if not path.name.startswith("."))
        except OSError:
            return []

    def used_names(self) -> set[str]:
        """Of all templates that are or were here: versions of one that was removed, and what it learned, are kept under its name."""
        try:
            kept = {path.name for path in (self._folder / ".versions").iterdir() if path.is_dir()}
        except OSError:
            kept = set()
        return kept.union(self.names())

    def text(self, name: str) -> str:
        """Raises TemplateError."""
        try:
            return self.path(name).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise TemplateError(f"The template {name} cannot be read. Look at {self.path(name)}.") from error

    def save(self, text: str) -> Template:
        """Save a template's text as a version: the next one where its fields or rules changed. Raises TemplateError, StillroomError.

        The same template under another name is another template.
        """
        template = parse_template(text, "template")
        check_allowed(self.path(template.name))
        newest = max(self.versions(template.name), default=0)
        if newest:
            wanted = newest if same_work(self.version(template.name, newest), template) else newest + 1
            if template.version != wanted:
                text = set_value(text, "version", wanted)
        elif self.path(template.name).exists():  # it was made before versions were kept
            before = load_template(self.path(template.name))
            write_text(self._kept(template.name, before.version), self.text(template.name))
            return self.save(text)
        template = parse_template(text, "template")
        write_text(self._kept(template.name, template.version), text)
        write_text(self.path(template.name), text)
        return load_template(self.path(template.name))

    def versions(self, name: str) -> list[int]:
        """The numbers of the versions that are kept, oldest first."""
        folder = self._folder / ".versions" / name
        try:
            found = [_NUMBERED.fullmatch(path.name) for path in folder.iterdir()]
        except OSError:
            return []
        return sorted(int(match[1]) for match in found if match)

    def version(self, name: str, number: int) -> Template:
        """Raises TemplateError."""
        return load_template(self._kept(name, number))

    def remove(self, name: str) -> None:
        """Put the template away; its versions stay, so that ``restore`` has it back. Raises TemplateError."""
        try:
            self.path(name).unlink()
        except OSError as error:
            raise TemplateError(f"The template {name} cannot be removed: {error.strerror}.") from error

    def restore(self, name: str) -> Template:
        """The newest version again. Raises TemplateError, StillroomError."""
        numbers = self.versions(name)
        if not numbers:
            raise TemplateError(f"No version of the template {name} is kept.")
        check_allowed(self.path(name))
        write_text(self.path(name), self._kept(name, numbers[-1]).read_text(encoding="utf-8"))
        return load_template(self.path(name))

    def _kept(self, name: str, number: int) -> Path:
        return self._folder / ".versions" / name / f"v{number}.toml"


def same_work(one: Template, other: Template) -> bool:
    """Whether two templates give the same values: all but titles, labels and the number of the version."""
    return _work(one) == _work(other)


def _work(template: Template) -> tuple[object, ...]:
    fields = tuple(dataclasses.replace(field, label="") for field in template.fields)
    return (template.description, fields, template.rules, template.examples)


def differences(old: Template, new: Template, kind_text: Callable[[FieldType], str] = str) -> Difference:
    """What changed between two versions; ``kind_text`` names a type in the sentences."""
    sentences: list[str] = []
    changed: list[str] = []
    before = {field.name: field for field in old.fields}
    after = {field.name: field for field in new.fields}
    for field in old.fields:
        if field.name not in after:
            sentences.append(f"{field.heading} was removed.")
    for field in new.fields:
        if field.name not in before:
            sentences.append(f"{field.heading} is new.")
            changed.append(field.name)
            continue
        what = _changes(before[field.name], field, kind_text)
        if what:
            sentences.append(f"{field.heading}: {', '.join(what.values())}.")
        if what.keys() - {"label"}:
            changed.append(field.name)
    order = [name for name in before if name in after]
    if order != [name for name in after if name in before]:
        sentences.append("The fields stand in another order.")
    for rule in old.rules:
        if rule not in new.rules:
            sentences.append(f"The rule {rule.check} was removed.")
    for rule in new.rules:
        if rule not in old.rules:
            sentences.append(f"The rule {rule.check} is new.")
    if old.examples != new.examples:
        sentences.append("The examples changed.")
        changed = list(after)
    if old.description != new.description:
        sentences.append("The description changed.")
    return Difference(tuple(sentences), tuple(changed))


_WORDS = {
    "type": "type", "description": "description", "label": "heading", "required": "required or not", "near": "words beside it",
    "avoid": "words that speak against it", "options": "options", "pattern": "form", "of": "type of its items",
    "columns": "columns", "day_first": "order of day and month", "max_items": "most items", "max_words": "most words",
}  # fmt: skip


def _changes(old: Field, new: Field, kind_text: Callable[[FieldType], str]) -> dict[str, str]:
    """What changed of a field: by key, in words."""
    found = {key: word for key, word in _WORDS.items() if getattr(old, key) != getattr(new, key)}
    if "type" in found:
        found["type"] = f"{kind_text(old.type)} → {kind_text(new.type)}"
    if "label" in found:
        found["label"] = f"called {old.heading} before"
    if "required" in found:
        found["required"] = "every document has it" if new.required else "not every document has it"
    for key in ("near", "avoid"):
        if key in found:
            one, other = getattr(old, key), getattr(new, key)
            words = [f"+ {word}" for word in other if word not in one] + [
                f"− {word}" for word in one if word not in other
            ]
            found[key] += f" ({', '.join(words)})" if words else ""
    return found
