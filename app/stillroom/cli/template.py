"""``stillroom template``: list, check, new ones, and to and from JSON Schema."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from stillroom.atomic import write_text
from stillroom.cli.status import DONE, USAGE, say
from stillroom.cli.text import aligned
from stillroom.errors import StillroomError
from stillroom.evaluation.labels import LabelledDocument
from stillroom.templates.template import Field, FieldType, Template
from stillroom.workspace import Workspace


def show_list(options: argparse.Namespace) -> int:
    with Workspace(seal=options.seal) as workspace:
        templates, problems = workspace.templates.templates_and_problems()
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
    with Workspace(seal=options.seal) as workspace:
        template, problems = workspace.templates.read(options.file)
    for sentence in problems:
        say(sentence)
    if template is None:
        return USAGE
    fields = "1 field" if len(template.fields) == 1 else f"{len(template.fields)} fields"
    print(f"{options.file.name} is right: {template.name}, version {template.version}, {fields}.")
    return DONE


def to_schema(options: argparse.Namespace) -> int:
    with Workspace(seal=options.seal) as workspace:
        schema = workspace.templates.schema(workspace.templates.find(options.template))
    print(json.dumps(schema, indent=2, ensure_ascii=False))
    return DONE


def from_schema(options: argparse.Namespace) -> int:
    with Workspace(seal=options.seal) as workspace:
        return _give(workspace, workspace.templates.from_schema(options.file), options.out)


def new(options: argparse.Namespace) -> int:
    """A template to begin with: one field of each kind that most need, to be changed by hand."""
    name = options.name.lower().replace(" ", "-")
    fields = (
        Field("company", FieldType.ORGANISATION, "who wrote the document", required=True),
        Field("date", FieldType.DATE, "the day of the document", near=("date",)),
        Field("total", FieldType.MONEY, "the amount to pay", near=("total", "amount due"), avoid=("subtotal",)),
    )
    template = Template(name, 1, options.name, "What kind of document this is for.", fields)
    with Workspace(seal=options.seal) as workspace:
        return _give(workspace, template, options.out)


def diff(options: argparse.Namespace) -> int:
    with Workspace(seal=options.seal) as workspace:
        library = workspace.templates
        found = library.differences(library.find(options.old), library.find(options.new))
    for sentence in found.sentences or ("They give the same values.",):
        print(sentence)
    if found.fields:
        print(f"Fields to ask again: {', '.join(found.fields)}")
    return DONE


def learn(options: argparse.Namespace) -> int:
    """Teach a template, and say what its fields gained with each document left out in turn."""
    with Workspace(seal=options.seal) as workspace:
        template = workspace.templates.find(options.template)
        if options.forget:
            count = workspace.learning.forget(template)
            say("1 document was forgotten." if count == 1 else f"{count} documents were forgotten.")
        if options.labels is None:
            learned = workspace.learning.memory(template).learned()
        else:
            labels, _ = workspace.evaluations.labels(options.labels, template)
            learned = workspace.learning.take_labels(template, labels, _tell)
        rows = [
            (template.field(name).heading, f"{gain.before} of {gain.values} right before", f"{gain.after} now")
            for name, gain in learned.gains().items()
        ]
    if rows:
        print(aligned(rows))
    if learned.outdated:
        many = f"{learned.outdated} {'document' if learned.outdated == 1 else 'documents'}"
        say(f"{many} of an earlier version of Stillroom count for nothing until they are learned of anew (--labels).")
    print(f"{template.name} knows {learned.documents} {'document' if learned.documents == 1 else 'documents'}.")
    return DONE


def share(options: argparse.Namespace) -> int:
    """Write a template and what it learned into one file."""
    if options.file.exists():
        say(f"{options.file} is there already. Name another file, or move it away.")
        return USAGE
    with Workspace(seal=options.seal) as workspace:
        count = workspace.learning.share(
            workspace.templates.find(options.template),
            options.file,
            learned=not options.without_learned,
            with_text=options.with_text,
        )
    say(f"Written to {options.file}, with what it learned of {count} {'document' if count == 1 else 'documents'}.")
    return DONE


def take(options: argparse.Namespace) -> int:
    """Keep a template that somebody exported."""
    with Workspace(seal=options.seal) as workspace:
        template, count = workspace.learning.take_shared(options.file, workspace.templates)
    print(f"{template.name} is here, and knows {count} {'document' if count == 1 else 'documents'}.")
    return DONE


def _tell(labelled: LabelledDocument, failure: StillroomError | None) -> None:
    say(f"{labelled.file}: {failure.message if failure else 'learned'}")


def _give(workspace: Workspace, template: Template, out: Path | None) -> int:
    text = workspace.templates.text(template)
    if out is None:
        print(text)
        return DONE
    if out.exists():
        say(f"{out} is there already. Name another file, or move it away.")
        return USAGE
    write_text(out, text)
    say(f"Written to {out}. Check it with: stillroom template check {out}")
    return DONE
