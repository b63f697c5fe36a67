"""``stillroom template list`` and ``check``."""

from __future__ import annotations

import argparse
import json

from stillroom.cli import DONE, USAGE, say
from stillroom.cli.text import aligned
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.toml_file import check_file, load_template


def show_list(options: argparse.Namespace) -> int:
    library = TemplateLibrary()
    templates, problems = library.templates(), library.problems()
    if options.json:
        data = {
            "templates": [
                {
                    "name": template.name,
                    "version": template.version,
                    "title": template.title,
                    "description": template.description,
                    "fields": [{"name": field.name, "type": str(field.type)} for field in template.fields],
                }
                for template in templates
            ],
            "problems": [problem.message for problem in problems],
        }
        print(json.dumps(data, indent=2))
        return DONE
    print(aligned([(template.name, ", ".join(field.name for field in template.fields)) for template in templates]))
    for problem in problems:
        say(problem.message)
    return DONE


def check(options: argparse.Namespace) -> int:
    problems = check_file(options.file)
    for sentence in problems:
        say(sentence)
    if problems:
        return USAGE
    template = load_template(options.file)
    fields = "1 field" if len(template.fields) == 1 else f"{len(template.fields)} fields"
    print(f"{options.file.name} is right: {template.name}, version {template.version}, {fields}.")
    return DONE
