"""Verdicts of persons on values and documents: a log that is added to and never changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stillroom.codec import from_line
from stillroom.storage.database import Database

_NAMES = (
    "entry", "moment", "person", "kind", "file_sha256", "template_name", "template_sha256", "model_sha256", "field", "item",
    "table_column", "before", "after", "reason", "undoes",
)  # fmt: skip
_COLUMNS = ", ".join(_NAMES)
_MARKS = ", ".join("?" * len(_NAMES))


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """One entry of the log; the columns are explained in the schema. ``before`` and ``after`` are plain data."""

    entry: str
    moment: str
    person: str
    kind: str
    file_sha256: str
    template_name: str
    template_sha256: str = ""
    model_sha256: str = ""
    field: str = ""
    item: int = 0
    table_column: str = ""
    before: Any = None
    after: Any = None
    reason: str = ""
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """What may pass unseen with one template.

    Attributes:
        wrong: share of what passes that may be wrong, 0 to 1.
        sampled: one in so many of the values that pass is looked at all the same.
    """

    wrong: float
    sampled: int


class VerdictStore:
    """The log in a database. Safe from any thread; what was added is on disk when ``add`` returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, rows: Iterable[VerdictRow]) -> None:
        """Append entries in one stroke. One that is there already is not added again. Raises StorageError."""
        values = [
            tuple(
                json.dumps(getattr(row, name)) if name in ("before", "after") else getattr(row, name) for name in _NAMES
            )
            for row in rows
        ]
        if values:
            with self._database.transaction() as connection:
                connection.executemany(f"INSERT OR IGNORE INTO verdicts ({_COLUMNS}) VALUES ({_MARKS})", values)

    def erase(self, before: datetime | None = None) -> int:
        """Remove the log, or with ``before`` what is older, for good: it says what documents say. Returns how many entries."""
        moment = "" if before is None else before.isoformat(timespec="milliseconds")
        with self._database.transaction() as connection:
            # That entries are kept is a rule against mistakes; it is back before anybody else can look.
            (rule,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'verdicts_are_kept'").fetchone()
            connection.execute("DROP TRIGGER verdicts_are_kept")
            gone = connection.execute("DELETE FROM verdicts WHERE ?1 = '' OR moment < ?1", (moment,)).rowcount
            connection.execute(rule)
        return gone

    def of_files(self, template_name: str, files: Iterable[str]) -> list[VerdictRow]:
        """The entries on these files (SHA-256) under a template, the oldest first. Raises StorageError."""
        wanted = json.dumps(sorted(set(files)))
        return self._rows(
            "WHERE template_name = ? AND file_sha256 IN (SELECT value FROM json_each(?))", (template_name, wanted)
        )

    def of_template(self, template_name: str) -> list[VerdictRow]:
        """Every entry under a template, the oldest first. Raises StorageError."""
        return self._rows("WHERE template_name = ?", (template_name,))

    def _rows(self, where: str, values: Sequence[Any]) -> list[VerdictRow]:
        with self._database.reading() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM verdicts {where} ORDER BY id", values).fetchall()
        found = []
        for row in rows:
            facts = dict(zip(_NAMES, row, strict=True))
            facts["before"], facts["after"] = from_line(facts["before"]), from_line(facts["after"])
            found.append(VerdictRow(**facts))
        return found

    def promise(self, template_name: str) -> Promise | None:
        """What was set for a template; None where nothing was. Raises StorageError."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT wrong, sampled FROM promises WHERE template_name = ?", (template_name,)
            ).fetchone()
        return None if row is None else Promise(*row)

    def set_promise(self, template_name: str, promise: Promise | None) -> None:
        """Keep what may pass unseen; None: everything is looked at. Raises StorageError."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM promises WHERE template_name = ?", (template_name,))
            if promise is not None:
                connection.execute(
                    "INSERT INTO promises VALUES (?, ?, ?)", (template_name, promise.wrong, promise.sampled)
                )
