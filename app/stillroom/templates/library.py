"""The templates a person can choose from: those that come with Stillroom, and their own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from stillroom import paths
from stillroom.errors import TemplateError
from stillroom.privacy.policy import current
from stillroom.templates.template import Template
from stillroom.templates.toml_file import load_template


def usual_folders() -> list[Path]:
    """That of the built-in templates; then the person's own, or in its place those that their office allows."""
    allowed = current().templates
    return [_built_in(), *([paths.templates_dir()] if allowed is None else allowed)]


def check_allowed(file: Path) -> None:
    """Raises PolicyError where an office does not allow a template that lies, or is to lie, there."""
    if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(_built_in())):
        current().check_template(file)


def _built_in() -> Path:
    return paths.resources_dir() / "templates"


class TemplateLibrary:
    """Folders of templates, read anew at each call, so that a file saved a moment ago is there.

    Folders come in order: of two templates with one name the later folder's is used, so that a person's own
    ``receipt`` takes the place of the one that came with Stillroom.
    """

    def __init__(self, folders: Sequence[Path] | None = None) -> None:
        self._folders = list(folders) if folders is not None else usual_folders()

    def templates(self) -> list[Template]:
        """Those that can be used: the built-in ones first, each folder in the order of the file names."""
        return self.templates_and_problems()[0]

    def problems(self) -> list[TemplateError]:
        """One error for each file that is wrong."""
        return self.templates_and_problems()[1]

    def find(self, name_or_path: str) -> Template:
        """The template of this name, or of this TOML file.

        Raises TemplateError: no such template (the message names those there are), or the file is wrong.
        """
        path = Path(name_or_path)
        if path.suffix.lower() == ".toml" or path.name != name_or_path:
            check_allowed(path)
            return load_template(path)
        templates, problems = self.templates_and_problems()
        by_name = {template.name: template for template in templates}
        if name_or_path in by_name:
            return by_name[name_or_path]
        for problem in problems:
            if problem.message.startswith(f"{name_or_path}.toml "):
                raise problem
        import difflib

        near = difflib.get_close_matches(name_or_path.lower(), by_name, n=1, cutoff=0.6)
        meant = f' Did you mean "{near[0]}"?' if near else ""
        known = ", ".join(by_name) or "none is installed"
        raise TemplateError(
            f'There is no template "{name_or_path}".{meant} The templates are: {known}; or name a template\'s TOML file.'
        )

    def templates_and_problems(self) -> tuple[list[Template], list[TemplateError]]:
        """Both, for who wants both: every file is read once."""
        by_name: dict[str, Template] = {}
        problems: list[TemplateError] = []
        for folder in self._folders:
            here: dict[str, str] = {}
            for path in _files(folder):
                try:
                    template = load_template(path)
                except TemplateError as error:
                    problems.append(error)
                    continue
                if template.name in here:
                    problems.append(
                        TemplateError(
                            f'{path.name} line 1: the name "{template.name}" is used already in {here[template.name]}; '
                            "choose another."
                        )
                    )
                    continue
                here[template.name] = path.name
                by_name[template.name] = template
        return list(by_name.values()), problems


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(
            path for path in folder.iterdir() if path.suffix.lower() == ".toml" and not path.name.startswith(".")
        )
    except OSError:
        return []  # a person who never made a template has no such folder
