"""The templates a person can choose from, and their own, which are written, checked and kept in versions."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stillroom.atomic import write_text
from stillroom.errors import TemplateError
from stillroom.templates.library import TemplateLibrary, check_allowed
from stillroom.templates.template import FieldType, Template
from stillroom.templates.toml_file import check_file, load_template, parse_template

if TYPE_CHECKING:
    from collections.abc import Callable

    from stillroom.templates.versions import Difference, OwnTemplates


class Templates(TemplateLibrary):
    """The templates of a workspace."""

    @cached_property
    def own(self) -> OwnTemplates:
        """Those of the person, with every version that was saved."""
        from stillroom.templates.versions import OwnTemplates

        return OwnTemplates()

    def text(self, template: Template) -> str:
        """A template as the TOML text of a file."""
        from stillroom.templates.toml_writing import template_to_toml

        return template_to_toml(template)

    def read(self, file: Path) -> tuple[Template | None, list[str]]:
        """The template of a file, or None and everything that is wrong with it, a sentence each."""
        problems = check_file(file)
        return (None if problems else load_template(file)), problems

    def keep_new(self, template: Template) -> tuple[Template, Path]:
        """Write a template among the person's own, beside one of its name: with a number behind it. Raises StillroomError, also where its
        text could not be read again: a name twice, a choice of one option.

        Returns it under the name it was given, and its file.
        """
        kept, number, used = template, 1, self.own.used_names()
        while kept.name in used or self.own.path(kept.name).exists():
            number += 1
            kept = replace(template, name=f"{template.name}-{number}", title=f"{template.title} {number}")
        file, text = self.own.path(kept.name), self.text(kept)
        check_allowed(file)
        parse_template(text, file.name)
        write_text(file, text)
        return kept, file

    def schema(self, template: Template) -> dict[str, Any]:
        """What a template asks for, as JSON Schema."""
        from stillroom.templates.json_schema import schema_of

        return schema_of(template)

    def from_schema(self, file: Path) -> Template:
        """A template that asks for what a file of JSON Schema describes; what it calls a text has the type that its name has elsewhere.
        Raises TemplateError.
        """
        from stillroom.learning.asking import typed
        from stillroom.templates.json_schema import template_from

        try:
            schema = json.loads(file.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise TemplateError(f"{file} cannot be read: {error.strerror or type(error).__name__}.") from error
        except (ValueError, RecursionError) as error:
            raise TemplateError(f"{file.name} is no JSON: {error}.") from error
        return typed(template_from(schema, file.stem))

    def differences(self, old: Template, new: Template, kind_text: Callable[[FieldType], str] = str) -> Difference:
        """What changed between two templates or versions, and which fields are to be asked again. ``kind_text``: names a type."""
        from stillroom.templates.versions import differences

        return differences(old, new, kind_text)
