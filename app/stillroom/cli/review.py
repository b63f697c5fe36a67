"""``stillroom review``: verdicts as labels, and back; reviewed tables as files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from stillroom.cli.status import DONE, say
from stillroom.errors import StillroomError

if TYPE_CHECKING:
    from stillroom.review.document import ReviewedDocument
    from stillroom.workspace import Workspace


def add_review(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(group=parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    out = commands.add_parser(
        "export",
        help="write verdicts as labels, or a reviewed table",
        description="Write what persons said as labels (.jsonl), or a reviewed table (.csv, .xlsx, .sqlite).",
    )
    out.add_argument(
        "--out", "-o", required=True, type=Path, metavar="FILE", help="labels: .jsonl; a table: .csv, .xlsx, .sqlite"
    )
    _which(out)
    out.add_argument("--approved", action="store_true", help="only documents that were approved")
    out.set_defaults(run=_run_export)
    into = commands.add_parser(
        "import",
        help="take labels as verdicts",
        description="Take labels as verdicts on documents that were extracted: what agrees is accepted, the rest corrected.",
    )
    into.add_argument("labels", type=Path, metavar="LABELS", help='a line {"file": …, "fields": {…}} a document')
    _which(into)
    into.set_defaults(run=_run_import)


def _which(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--template", "-t", metavar="NAME", help="only tables with this template")
    parser.add_argument("--run", dest="table", type=int, metavar="N", help="only this table")


def _documents(workspace: Workspace, options: argparse.Namespace) -> list[ReviewedDocument]:
    tables = [
        table
        for table in workspace.reviews.tables()
        if options.table in (None, table.run) and options.template in (None, table.template_name)
    ]
    if not tables:
        raise StillroomError("There is no such table. Extract one first, or leave --run and --template out.")
    return [document for table in tables for document in workspace.reviews.documents(table.run)]


def _run_export(options: argparse.Namespace) -> int:
    from stillroom.workspace import Workspace

    with Workspace(seal=options.seal) as workspace:
        documents = _documents(workspace, options)
        if options.approved:
            documents = [document for document in documents if document.approval is not None]
        if options.out.suffix.lower() == ".jsonl":
            count = workspace.review_exports.write_labels(documents, options.out)
            say(f"Labels of {count} {'document' if count == 1 else 'documents'} were written to {options.out.name}.")
            return DONE
        names = {document.template.name for document in documents}
        if len(names) > 1:
            raise StillroomError(f"There are tables with {len(names)} templates. Name one with --template.")
        if not documents:
            raise StillroomError("No document was approved yet. Leave --approved out to write all of them.")
        count = workspace.review_exports.write_table(documents, options.out, only_approved=options.approved)
        say(f"{count} {'row was' if count == 1 else 'rows were'} written to {options.out.name}.")
    return DONE


def _run_import(options: argparse.Namespace) -> int:
    from stillroom.workspace import Workspace

    with Workspace(seal=options.seal) as workspace:
        count = workspace.review_exports.take_labels(_documents(workspace, options), options.labels)
    say(f"{count} {'verdict was' if count == 1 else 'verdicts were'} taken.")
    return DONE
