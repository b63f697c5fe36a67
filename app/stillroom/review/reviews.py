"""Reviews: the documents of runs with the verdicts on them, from the database and back."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stillroom.errors import StillroomError
from stillroom.extraction.result import DocumentResult, result_from_json
from stillroom.privacy import audit
from stillroom.privacy.policy import current
from stillroom.review.document import ReviewedDocument
from stillroom.review.duplicates import mark_duplicates, mark_elsewhere
from stillroom.review.verdict import (
    Verdict,
    VerdictKind,
    correctors,
    from_row,
    last_by_subject,
    this_person,
    to_row,
)
from stillroom.storage.runs import RunStore
from stillroom.storage.verdicts import Promise, VerdictRow, VerdictStore
from stillroom.templates.template import Template
from stillroom.templates.toml_file import parse_template, title_of

_TABLES = 20
"""So many earlier tables of a template are looked through for copies."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table that is on disk.

    Attributes:
        title: as the person named it; else the template's.
        documents, finished: how many it has, and how many of them have a row.
    """

    run: int
    title: str
    template_name: str
    template_title: str
    model_name: str
    created: datetime
    documents: int
    finished: int


class Reviews:
    """Tables and verdicts in a database. Every method blocks, and raises StorageError."""

    def __init__(self, runs: RunStore, verdicts: VerdictStore) -> None:
        self._runs = runs
        self._verdicts = verdicts

    def tables(self) -> list[TableInfo]:
        """All tables that were not deleted, the newest first."""
        found = []
        for record in self._runs.runs():
            total = len(self._runs.documents(record.id))
            if total:
                title = title_of(record.template_toml, record.template_name)
                done = total - len(self._runs.pending(record.id))
                found.append(
                    TableInfo(
                        record.id, record.title or title, record.template_name, title, record.model_name,
                        record.created.astimezone(), total, done,
                    )
                )  # fmt: skip
        return found

    def template(self, run: int) -> Template:
        """The template that a run was started with. Raises StillroomError."""
        record = self._runs.run(run)
        template = parse_template(record.template_toml, f"run {run}")
        return dataclasses.replace(template, sha256=record.template_sha256)

    def documents(self, run: int) -> list[ReviewedDocument]:
        """The finished documents of a run, in order. Raises StillroomError."""
        template = self.template(run)
        rows = self._runs.results(run)
        placed = [
            (document, rows[document.position]) for document in self._runs.documents(run) if document.position in rows
        ]
        results = [(document, result_from_json(row)) for document, row in placed]
        verdicts = self.verdicts(template, [result for _, result in results])
        found = []
        for document, result in results:
            path = Path(document.path)
            if document.part:  # as it is named to people, with the message's folder
                path = path.with_name(Path(document.file).name)
            found.append(
                ReviewedDocument(run, document.position, path, template, result, list(verdicts.get(result.sha256, ())))
            )
        return found

    def review(self, template: Template, results: Sequence[DocumentResult], run: int = 0) -> list[ReviewedDocument]:
        """These results with the verdicts on them."""
        verdicts = self.verdicts(template, results)
        return [
            ReviewedDocument(run, position, Path(result.file), template, result, list(verdicts.get(result.sha256, ())))
            for position, result in enumerate(results)
        ]

    def verdicts(self, template: Template, results: Iterable[DocumentResult]) -> dict[str, list[Verdict]]:
        """The entries on these results, by the file's SHA-256. A file that could not be read has none of its own."""
        files = {result.sha256 for result in results} - {""}
        return _by_file(_read(self._verdicts.of_files(template.name, files)))

    def earlier(self, template_name: str, documents: Iterable[ReviewedDocument]) -> list[Verdict]:
        """What holds of all other values under a template: the verdicts on files that are not among these documents."""
        known = {document.result.sha256 for document in documents}
        by_file = _by_file(_read(self._verdicts.of_template(template_name)))
        return [
            verdict
            for sha256, entries in by_file.items()
            if sha256 not in known
            for verdict in last_by_subject(entries).values()
        ]

    def to_check(self, run: int) -> int:
        """How many things of a table are to be looked at. Raises StillroomError."""
        from stillroom.review.queue import Queue  # brings much with it

        documents = self.documents(run)
        if not documents:
            return 0
        mark_duplicates(documents)
        name = documents[0].template.name
        promise = self.promise(name)
        queue = Queue(documents, promise, self.earlier(name, documents) if promise else ())
        return sum(queue.count(document) for document in documents)

    def rename(self, run: int, title: str) -> None:
        """Give a table a name of its own; empty takes it away."""
        self._runs.rename(run, " ".join(title.split()))

    def set_deleted(self, run: int, deleted: bool) -> None:
        """Put a table aside, or take it back; its rows and the verdicts stay. Raises StillroomError while it is worked on."""
        if deleted and self._runs.is_owned(run):
            raise StillroomError("This table is being worked on. Stop its run first, then delete it.")
        self._runs.set_deleted(run, deleted)

    def mark_duplicates(self, documents: Sequence[ReviewedDocument]) -> None:
        """Say of each document which earlier one it looks like a copy of, of its own table or of another with its template."""
        mark_duplicates(documents)
        mark_elsewhere(documents, self._elsewhere(documents))

    def _elsewhere(self, documents: Sequence[ReviewedDocument]) -> Iterator[tuple[str, ReviewedDocument]]:
        """The documents of the newest other tables with the same templates that came before, each with its table's title."""
        newest: dict[str, int] = {}
        for document in documents:
            if document.run:
                newest[document.template.name] = max(newest.get(document.template.name, 0), document.run)
        counts: dict[str, int] = {}
        for record in self._runs.runs():
            name = record.template_name
            if record.id >= newest.get(name, 0) or counts.get(name, 0) >= _TABLES:
                continue
            counts[name] = counts.get(name, 0) + 1
            for document in self.documents(record.id):
                yield record.title or title_of(record.template_toml, name), document

    def promise(self, template_name: str) -> Promise | None:
        """What may pass unseen with a template, no more than the office allows; None where everything is to be looked at."""
        kept, most = self._verdicts.promise(template_name), current().wrong
        return kept if kept is None or most is None or kept.wrong <= most else dataclasses.replace(kept, wrong=most)

    def set_promise(self, template_name: str, promise: Promise | None) -> None:
        """Raises PolicyError where the office does not allow that much to be wrong."""
        if promise is not None:
            current().check_promise(promise.wrong)
        self._verdicts.set_promise(template_name, promise)
        audit.note("dial", template=template_name, wrong=promise.wrong if promise is not None else None)

    def no_promise(self, wrong: float) -> str:
        """Why no more than this share may be promised, a sentence; empty where it may."""
        policy = current()
        refused = policy.wrong is not None and wrong > policy.wrong
        return f"{policy.title} {policy.said['wrong']}" if refused else ""

    def no_approval(self, document: ReviewedDocument) -> str:
        """Why the person at this machine may not approve it, a sentence; empty where they may."""
        return current().no_approval(this_person(), correctors(document.entries))

    def check_approval(self, document: ReviewedDocument) -> None:
        """Raises PolicyError where the person at this machine may not approve it."""
        current().check_approval(this_person(), correctors(document.entries))

    def save(self, verdicts: Iterable[Verdict]) -> None:
        """Append to the log; on disk when it returns. What is there already is not added again.

        Raises PolicyError, before anything is added, where an approval among them is not allowed.
        """
        entries = list(verdicts)
        for entry in entries:
            if entry.kind is VerdictKind.APPROVED:
                earlier = _read(self._verdicts.of_files(entry.template_name, {entry.file_sha256}))
                own = [each for each in entries if each.file_sha256 == entry.file_sha256]
                current().check_approval(entry.person, correctors([*earlier, *own]))
        self._verdicts.add(to_row(verdict) for verdict in entries)
        audit.note_all(("verdict", _facts(each)) for each in entries)


def _facts(verdict: Verdict) -> dict[str, audit.Fact]:
    """What the audit log holds of it: who, what of, which entry; never a value."""
    return {
        "kind": str(verdict.kind),
        "person": verdict.person,
        "file_sha256": verdict.file_sha256,
        "template": verdict.template_name,
        "template_sha256": verdict.template_sha256,
        "entry": verdict.key,
    }


def _read(rows: Iterable[VerdictRow]) -> list[Verdict]:
    found = []
    for row in rows:
        try:
            found.append(from_row(row))
        except (
            KeyError,
            TypeError,
            ValueError,
        ) as error:  # of a newer Stillroom: it is kept, and counts for nothing here
            _LOG.warning("a verdict could not be read: %s", type(error).__name__)
    return found


def _by_file(entries: Iterable[Verdict]) -> dict[str, list[Verdict]]:
    found: dict[str, list[Verdict]] = {}
    for entry in entries:
        found.setdefault(entry.file_sha256, []).append(entry)
    return found
