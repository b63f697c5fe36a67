"""Runs: one template and one model over a list of files, a row of JSON for each file that is finished."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stillroom.codec import from_json
from stillroom.storage.database import Database, StorageError
from stillroom.storage.ownership import is_owned, owned

_MOST_SEEN = 5000  # documents of a run of which what was seen is kept


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run needs to be run again with the same result. ``id`` and ``created`` are given by the store.

    Attributes:
        template_toml, template_sha256: the template as text, and the checksum of the file it was read from.
        threads: of the model's evaluation; 0 where not known.
        engine: version of llama-cpp-python.
        application: version of Stillroom.
        delivered: false while the output the run was started for has not been written.
        renews: the run whose values are kept of fields that did not change since; None for none, or where it was erased.
        id: number of the run. created: UTC. title: given by the person; else empty.
    """

    template_name: str
    template_version: int
    template_toml: str
    template_sha256: str
    model_name: str
    model_path: str
    model_sha256: str
    seed: int = 0
    threads: int = 0
    engine: str = ""
    application: str = ""
    delivered: bool = True
    renews: int | None = None
    id: int = 0
    created: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    title: str = ""


@dataclass(frozen=True, slots=True)
class RunDocument:
    """A file of a run, or what is attached to one.

    Attributes:
        file: as the person gave it; an attachment: ``message.eml › invoice.pdf``.
        path: absolute; an attachment: of the message.
        parent: position of the message that this is attached to; None for a file.
        part: which attachment, from 1, those of attachments included; 0 for a file.
    """

    position: int
    file: str
    path: str
    parent: int | None = None
    part: int = 0


_NAMES = (
    "template_name", "template_version", "template_toml", "template_sha256", "model_name", "model_path", "model_sha256",
    "seed", "threads", "engine", "application", "delivered", "renews",
)  # fmt: skip
_COLUMNS = ", ".join(_NAMES)


class RunStore:
    """The runs in a database. Safe from any thread; every change is on disk when its method returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_run(self, record: RunRecord, files: Sequence[tuple[str, str]]) -> int:
        """Store a run over ``files`` (as given, absolute), positions from 0. Returns its id. Raises StorageError."""
        values = (*(getattr(record, name) for name in _NAMES), _now())
        marks = ", ".join("?" * len(values))
        with self._database.transaction() as connection:
            run = connection.execute(f"INSERT INTO runs ({_COLUMNS}, created) VALUES ({marks})", values).lastrowid
            if run is None:
                raise StorageError("The run could not be stored. Start Stillroom again.")
            connection.executemany(
                "INSERT INTO documents (run, position, file, path) VALUES (?, ?, ?, ?)",
                ((run, position, json.dumps(file), json.dumps(path)) for position, (file, path) in enumerate(files)),
            )
        return run

    def owning(self, run_id: int) -> AbstractContextManager[None]:
        """To be held while a run is worked on. Entering raises OwnedElsewhere while another window or command does."""
        sentence = (
            "Another window or command of Stillroom is working on this table. Wait until it is done, or stop it there."
        )
        return owned(self._ownership(run_id), sentence)

    def is_owned(self, run_id: int) -> bool:
        """Whether a window or command is working on a run now."""
        return is_owned(self._ownership(run_id))

    def _ownership(self, run_id: int) -> Path:
        return self._database.path.parent / "locks" / f"run-{run_id}"

    def runs(self) -> list[RunRecord]:
        """All runs that were not deleted, the newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS}, id, created, title FROM runs WHERE deleted IS NULL ORDER BY id DESC"
            ).fetchall()
        return [_record(row) for row in rows]

    def run(self, run_id: int) -> RunRecord:
        """One run. Raises StorageError where there is none of this id."""
        with self._database.reading() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS}, id, created, title FROM runs WHERE id = ?", (run_id,)
            ).fetchone()
        if row is None:
            raise StorageError(f"There is no run {run_id}.")
        return _record(row)

    def documents(self, run_id: int) -> list[RunDocument]:
        """The files of a run and what is attached to them, by position."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT position, file, path, parent, part FROM documents WHERE run = ? ORDER BY position", (run_id,)
            ).fetchall()
        return [
            RunDocument(position, from_json(str, file), from_json(str, path), parent, part)
            for position, file, path, parent, part in rows
        ]

    def pending(self, run_id: int) -> list[int]:
        """Positions of the files without a row, in order, but for those that were taken out."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT position FROM documents WHERE run = ?1 AND removed = 0 AND position NOT IN "
                "(SELECT position FROM results WHERE run = ?1) ORDER BY position",
                (run_id,),
            ).fetchall()
        return [position for (position,) in rows]

    def unfinished(self) -> list[RunRecord]:
        """Runs with files without a row, or with output still to be written; the newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS}, id, created, title FROM runs WHERE deleted IS NULL AND (delivered = 0 "
                "OR EXISTS (SELECT 1 FROM documents WHERE run = id AND removed = 0 AND position NOT IN "
                "(SELECT position FROM results WHERE run = id))) "
                "ORDER BY id DESC"
            ).fetchall()
        return [_record(row) for row in rows]

    def save(
        self, run_id: int, position: int, result: Mapping[str, Any], attachments: Sequence[str] = (), seen: bytes = b""
    ) -> list[RunDocument]:
        """Store a file's row, and what was seen of it (``seen``; empty for nothing); an earlier one of the same position is replaced.

        In the same stroke what is attached to the file (the names; the first is part 1) joins the run at its end, but for
        what has joined before. Returns those that joined. Raises StorageError.
        """
        text = json.dumps(result, separators=(",", ":"))
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO results (run, position, saved, result) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (run, position) DO UPDATE SET saved = excluded.saved, result = excluded.result",
                (run_id, position, _now(), text),
            )
            connection.execute("DELETE FROM seen WHERE run = ? AND position = ?", (run_id, position))
            if seen and position < _MOST_SEEN:
                connection.execute(
                    "INSERT INTO seen (run, position, content) VALUES (?, ?, ?)", (run_id, position, seen)
                )
            return _attach(connection, run_id, position, attachments) if attachments else []

    def seen(self, run_id: int, positions: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """What was seen of these documents, as far as it is kept."""
        with self._database.reading() as connection:
            for position in positions:
                row = connection.execute(
                    "SELECT content FROM seen WHERE run = ? AND position = ?", (run_id, position)
                ).fetchone()
                if row is not None:
                    yield position, bytes(row[0])

    def decide(self, run_id: int, rows: Mapping[int, Mapping[str, Any]], seen: Mapping[int, bytes]) -> None:
        """Put rows in the place of those that were decided from the same documents; ``seen``: what is seen of some of them now.

        A row that is gone meanwhile stays gone. Raises StorageError.
        """
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE results SET saved = ?, result = ? WHERE run = ? AND position = ?",
                ((_now(), json.dumps(row, separators=(",", ":")), run_id, position) for position, row in rows.items()),
            )
            connection.executemany(
                "UPDATE seen SET content = ? WHERE run = ? AND position = ?",
                ((content, run_id, position) for position, content in seen.items()),
            )

    def files_of(self, checksums: Iterable[str]) -> dict[str, str]:
        """By the SHA-256 of a document: the file that a row of it was made of, as the person gave it; the newest of several."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT json_extract(result, '$.file_sha256') AS sha256, file FROM results "
                "JOIN documents ON documents.run = results.run AND documents.position = results.position "
                "WHERE sha256 IN (SELECT value FROM json_each(?)) ORDER BY results.run",
                (json.dumps(sorted(set(checksums) - {""})),),
            ).fetchall()
        return {sha256: from_json(str, file) for sha256, file in rows}

    def results(self, run_id: int) -> dict[int, dict[str, Any]]:
        """The rows of a run by position, but for those that were taken out."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT position, result FROM results WHERE run = ?1 AND position NOT IN "
                "(SELECT position FROM documents WHERE run = ?1 AND removed) ORDER BY position",
                (run_id,),
            ).fetchall()
        return {position: from_json(dict[str, Any], result) for position, result in rows}

    def read_here_since(self, moment: str) -> tuple[int, int]:
        """Documents and characters that models on this machine have read since a moment (ISO 8601, UTC)."""
        with self._database.reading() as connection:
            documents, characters = connection.execute(
                "SELECT count(*), coalesce(sum(json_extract(result, '$.coverage.chars_read')), 0) FROM results "
                "JOIN runs ON runs.id = results.run WHERE saved >= ? AND model_sha256 NOT LIKE 'remote:%'",
                (moment,),
            ).fetchone()
        return int(documents), int(characters)

    def reset(self, run_id: int, positions: Sequence[int]) -> None:
        """Forget the rows at these positions, so that they are pending again."""
        with self._database.transaction() as connection:
            connection.executemany(
                "DELETE FROM results WHERE run = ? AND position = ?", ((run_id, position) for position in positions)
            )

    def set_removed(self, run_id: int, positions: Sequence[int], removed: bool) -> None:
        """Take documents out of the table of a run, or back into it; their rows stay on disk."""
        with self._database.transaction() as connection:
            connection.executemany(
                "UPDATE documents SET removed = ? WHERE run = ? AND position = ?",
                ((int(removed), run_id, position) for position in positions),
            )

    def removed(self, run_id: int) -> set[int]:
        """Positions of the documents that were taken out."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT position FROM documents WHERE run = ? AND removed", (run_id,)).fetchall()
        return {position for (position,) in rows}

    def set_delivered(self, run_id: int, delivered: bool) -> None:
        """Note whether the output of a run has been written."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE runs SET delivered = ? WHERE id = ?", (delivered, run_id))

    def rename(self, run_id: int, title: str) -> None:
        """Give a run a name of its own; empty takes it away."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE runs SET title = ? WHERE id = ?", (title, run_id))

    def set_deleted(self, run_id: int, deleted: bool) -> None:
        """Put a run aside with its rows, or take it back."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE runs SET deleted = ? WHERE id = ?", (_now() if deleted else None, run_id))

    def add_documents(self, run_id: int, files: Sequence[tuple[str, str]]) -> list[RunDocument]:
        """Further files (as given, absolute) at the end of a run. Returns them with their positions."""
        with self._database.transaction() as connection:
            ((end,),) = connection.execute("SELECT coalesce(max(position), -1) FROM documents WHERE run = ?", (run_id,))
            added = [RunDocument(end + number, file, path) for number, (file, path) in enumerate(files, 1)]
            connection.executemany(
                "INSERT INTO documents (run, position, file, path) VALUES (?, ?, ?, ?)",
                ((run_id, new.position, json.dumps(new.file), json.dumps(new.path)) for new in added),
            )
        return added

    def erase(self, before: datetime | None = None) -> int:
        """Remove all runs with their rows, those put aside included; with ``before``, those that began earlier and that nobody is
        working on. Returns how many."""
        moment = "" if before is None else before.isoformat(timespec="seconds")
        with self._database.reading() as connection:
            found = connection.execute("SELECT id FROM runs WHERE ?1 = '' OR created < ?1", (moment,)).fetchall()
        gone = [number for (number,) in found if before is None or not self.is_owned(number)]
        for number in gone:
            self.delete(number)
        return len(gone)

    def delete(self, run_id: int) -> None:
        """Remove a run with its rows."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM runs WHERE id = ?", (run_id,))


def _attach(connection: sqlite3.Connection, run: int, parent: int, names: Sequence[str]) -> list[RunDocument]:
    known = {
        part for (part,) in connection.execute("SELECT part FROM documents WHERE run = ? AND parent = ?", (run, parent))
    }
    ((end, path),) = connection.execute(
        "SELECT max(position), (SELECT path FROM documents WHERE run = ?1 AND position = ?2) FROM documents WHERE run = ?1",
        (run, parent),
    )
    fresh = [(part, name) for part, name in enumerate(names, 1) if part not in known]
    joined = [
        RunDocument(end + number, name, from_json(str, path), parent, part)
        for number, (part, name) in enumerate(fresh, 1)
    ]
    connection.executemany(
        "INSERT INTO documents (run, position, file, path, parent, part) VALUES (?, ?, ?, ?, ?, ?)",
        ((run, new.position, json.dumps(new.file), path, parent, new.part) for new in joined),
    )
    return joined


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _record(row: Sequence[Any]) -> RunRecord:
    facts = dict(zip((*_NAMES, "id", "created", "title"), row, strict=True))
    facts["delivered"] = bool(facts["delivered"])
    facts["created"] = datetime.fromisoformat(facts["created"])
    return RunRecord(**facts)
