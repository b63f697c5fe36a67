"""``stillroom review``: verdicts as labels, and back; reviewed tables as files."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from stillroom.cli.numbers import table_number
from stillroom.cli.status import DONE, SOME_FAILED, say
from stillroom.errors import StillroomError

if TYPE_CHECKING:
    from stillroom.documents.document import Document
    from stillroom.review.document import ReviewedDocument
    from stillroom.workspace import Workspace
    from stillroom.workspace.row_files import RowFiles


class ReportWriter(Protocol):
    """What draws the report of a document; ``text`` reads it, where there are no pages to look at."""

    def __call__(
        self, document: ReviewedDocument, target: Path, files: RowFiles, text: Callable[[], Document]
    ) -> None: ...


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
    out.add_argument(
        "--append",
        action="store_true",
        help="add the rows to this .csv or .xlsx file, each value under the heading that names it",
    )
    out.set_defaults(run=_run_export)
    tables = commands.add_parser(
        "list", help="list tables", description="All tables with their numbers, the newest first."
    )
    tables.add_argument("--json", action="store_true", help="one JSON object a table on standard output")
    tables.set_defaults(run=_run_list)
    two = commands.add_parser(
        "compare",
        help="which values two tables have alike",
        description="Compare what two tables say of the same files, before any verdict.",
    )
    two.add_argument("left", type=table_number, metavar="N", help="a table (see: stillroom review list)")
    two.add_argument("right", type=table_number, metavar="M", help="another one")
    two.add_argument("--json", action="store_true", help="one JSON object on standard output")
    two.set_defaults(run=_run_compare)
    report = commands.add_parser(
        "report",
        help="write reports of documents as PDF",
        description="Write a PDF a document: its pages with the values boxed, and who said what of each value, and when.",
    )
    report.add_argument("files", nargs="*", metavar="FILE", help="only these documents, by name or path")
    report.add_argument(
        "--out", "-o", required=True, type=Path, metavar="PATH", help="a .pdf file, or a folder for one file a document"
    )
    _which(report)
    report.add_argument("--approved", action="store_true", help="only documents that were approved")
    report.set_defaults(run=_run_report)
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
    parser.add_argument("--run", dest="table", type=table_number, metavar="N", help="only this table")


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
        if options.out.suffix.lower() == ".jsonl" and not options.append:
            count = workspace.review_exports.write_labels(documents, options.out)
            say(f"Labels of {count} {'document' if count == 1 else 'documents'} were written to {options.out.name}.")
            return DONE
        names = {document.template.name for document in documents}
        if len(names) > 1:
            raise StillroomError(f"There are tables with {len(names)} templates. Name one with --template.")
        if not documents:
            raise StillroomError("No document was approved yet. Leave --approved out to write all of them.")
        if options.append:
            done = workspace.review_exports.append_table(documents, options.out, only_approved=options.approved)
            say(f"{done.rows} {'row was' if done.rows == 1 else 'rows were'} added to {options.out.name}.")
            if done.known:
                say(f"{done.known} {'document was' if done.known == 1 else 'documents were'} there already.")
            if done.unplaced:
                say(f"The sheet has no column for: {', '.join(done.unplaced)}.")
            return DONE
        count = workspace.review_exports.write_table(documents, options.out, only_approved=options.approved)
        say(f"{count} {'row was' if count == 1 else 'rows were'} written to {options.out.name}.")
    return DONE


def _run_report(options: argparse.Namespace) -> int:
    from stillroom.workspace import Workspace

    with Workspace(seal=options.seal) as workspace:
        documents = _chosen(_documents(workspace, options), options)
        targets = _targets(documents, options.out)
        failed = 0
        for document, target in targets:
            try:
                _report(workspace, document, target, options.reports)
            except StillroomError as error:
                say(f"{document.path.name}: {error.message}")
                failed += 1
    written = len(targets) - failed
    say(f"{written} {'report was' if written == 1 else 'reports were'} written to {options.out.name or options.out}.")
    return SOME_FAILED if failed else DONE


def _chosen(documents: list[ReviewedDocument], options: argparse.Namespace) -> list[ReviewedDocument]:
    """Those that were named, or all. Raises StillroomError where one is not there, or none is left."""
    if options.approved:
        documents = [document for document in documents if document.approval is not None]
        if not documents:
            raise StillroomError("No document was approved yet. Leave --approved out to write all of them.")
    if not options.files:
        return documents
    found: list[ReviewedDocument] = []
    for name in options.files:
        own = [each for each in documents if name == each.path.name or Path(name).absolute() == each.path]
        if not own:
            raise StillroomError(f"{name} is not among these documents (see: stillroom review list, --run N).")
        found += own
    return found


def _targets(documents: list[ReviewedDocument], out: Path) -> list[tuple[ReviewedDocument, Path]]:
    """Where each report goes. Raises StillroomError where several would go into one file, or the folder cannot be made."""
    if out.suffix.lower() == ".pdf" and not out.is_dir():
        if len(documents) != 1:
            raise StillroomError(f"There are {len(documents)} documents. Name one of them, or a folder with --out.")
        return [(documents[0], out)]
    try:
        out.mkdir(exist_ok=True)
    except OSError as error:
        raise StillroomError(f"The folder {out} cannot be made: {error.strerror}. Choose another place.") from error
    taken: dict[str, int] = {}
    targets = []
    for document in documents:
        name = f"{document.path.name}-review"
        number = taken[name] = taken.get(name, 0) + 1
        targets.append((document, out / (f"{name}.pdf" if number == 1 else f"{name}-{number}.pdf")))
    return targets


def _report(
    workspace: Workspace, document: ReviewedDocument, target: Path, reports: Callable[[], ReportWriter] | None
) -> None:
    if reports is None:
        raise StillroomError("Reports are drawn by the window's part of Stillroom, which is missing here.")

    def text() -> Document:
        read = workspace.row_files.read(document.path, document.result.sha256, place=(document.run, document.position))
        if read.sha256 != document.result.sha256:
            raise StillroomError("The file was changed since it was extracted. Extract it again.")
        return read

    reports()(document, target, workspace.row_files, text)


def _run_import(options: argparse.Namespace) -> int:
    from stillroom.workspace import Workspace

    with Workspace(seal=options.seal) as workspace:
        count = workspace.review_exports.take_labels(_documents(workspace, options), options.labels)
    say(f"{count} {'verdict was' if count == 1 else 'verdicts were'} taken.")
    return DONE


def _run_list(options: argparse.Namespace) -> int:
    import json  # here and below: help, which builds this parser, too, takes none of it

    from stillroom.cli.text import printable
    from stillroom.workspace import Workspace

    with Workspace(seal=options.seal) as workspace:
        for table in workspace.reviews.tables():
            made = table.created.isoformat(timespec="minutes")
            if options.json:
                facts = {"run": table.run, "title": table.title, "template": table.template_name, "made": made}
                print(json.dumps(facts | {"documents": table.documents, "finished": table.finished}))
            else:
                done = (
                    f"{table.finished} of {table.documents}"
                    if table.finished < table.documents
                    else f"{table.documents}"
                )
                print(f"{table.run:>5}  {made}  {printable(table.title)}  {done} documents")
    return DONE


def _run_compare(options: argparse.Namespace) -> int:
    import dataclasses
    import json

    from stillroom.cli.text import printable
    from stillroom.workspace import Workspace

    with Workspace(seal=options.seal) as workspace:
        found = workspace.runs.compare(options.left, options.right)
    if options.json:
        print(json.dumps(dataclasses.asdict(found)))
        return DONE
    for each in found.differences:
        place = (
            each.field
            + (f" {each.item}" if each.item > 1 or each.column else "")
            + (f" {each.column}" if each.column else "")
        )
        said = " | ".join("–" if value is None else printable(value) for value in (each.left, each.right))
        print(f"{printable(each.file)}  {place}: {said}")
    for name, count in found.fields.items():
        print(f"{name}: {count.same} alike, {count.different} not")
    say(f"{found.documents} documents in both: {found.same} values alike, {len(found.differences)} not.")
    for names, run in ((found.only_left, options.left), (found.only_right, options.right)):
        if names:
            say(f"Only in {run}: {', '.join(printable(name) for name in names)}.")
    if found.missing:
        say(f"Asked by one of them only: {', '.join(found.missing)}.")
    return DONE
