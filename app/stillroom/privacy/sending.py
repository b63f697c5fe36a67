"""What was sent off this machine, and what it cost: when, where to, how much; never the text itself."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from stillroom.errors import StillroomError
from stillroom.privacy import audit
from stillroom.storage.database import Database


class CapReachedError(StillroomError):
    """The month's limit of spending would be passed."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One request that left. Times are UTC; ``cost`` in dollars.

    Attributes:
        what: for what: ``extraction``, ``chat`` or ``test``.
        sha256: of what was sent. characters: of it.
        tokens_out: 0 where no whole answer came; the cost is then an estimate.
    """

    moment: datetime
    engine: str
    host: str
    what: str
    sha256: str
    characters: int
    tokens_in: int
    tokens_out: int = 0
    cost: float = 0.0


class SendingLog:
    """The requests that left, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def on_its_way(self, expected: Sending, cap: float) -> OnItsWay:
        """For a question that is about to be asked, in one request or in several. ``expected``: each of them, with estimates.

        ``cap``: dollars a month; 0 for no limit. What is on its way counts against it.
        """
        return OnItsWay(self._database, expected, cap)

    def count(self) -> int:
        """How many there are."""
        with self._database.reading() as connection:
            (number,) = connection.execute("SELECT count(*) FROM sendings").fetchone()
        return int(number)

    def newest(self, count: int = 200) -> list[Sending]:
        """The last ones, the newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT moment, engine, host, what, sha256, characters, tokens_in, tokens_out, cost FROM sendings "
                "ORDER BY id DESC LIMIT ?",
                (count,),
            ).fetchall()
        return [Sending(datetime.fromisoformat(row[0]), *row[1:]) for row in rows]

    def spent_this_month(self, now: datetime | None = None) -> float:
        """Dollars since the first of the month (UTC)."""
        with self._database.reading() as connection:
            return _spent(connection, now or datetime.now(UTC))


class OnItsWay:
    """A question on its way, and the requests that it leaves in. Each is written down before it leaves, so that neither a
    failure nor the end of the process hides it."""

    def __init__(self, database: Database, expected: Sending, cap: float) -> None:
        self._database, self._expected, self._cap = database, expected, cap
        self._number = 0  # of the request that left last
        self.times = 0

    def leave(self) -> None:
        """A request is about to leave. Raises CapReachedError before it does, and StorageError."""
        sending = replace(self._expected, moment=datetime.now(UTC)) if self.times else self._expected
        with self._database.transaction() as connection:
            spent = _spent(connection, sending.moment)
            if self._cap > 0 and spent + sending.cost > self._cap:
                raise CapReachedError(
                    f"This month's limit of ${self._cap:.2f} would be passed: ${spent:.2f} are spent. "
                    "Raise the limit in Settings, or wait."
                )
            made = connection.execute(
                "INSERT INTO sendings (moment, engine, host, what, sha256, characters, tokens_in, tokens_out, cost) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)",
                (
                    sending.moment.isoformat(timespec="seconds"), sending.engine, sending.host, sending.what,
                    sending.sha256, sending.characters, sending.tokens_in, sending.cost,
                ),
            )  # fmt: skip
            self._number = int(made.lastrowid or 0)
            audit.note(
                "remote request", engine=sending.engine, host=sending.host, what=sending.what, sha256=sending.sha256,
                characters=sending.characters,
            )  # fmt: skip
        self.times += 1

    def travelled(self, bytes_out: int, bytes_in: int) -> None:
        """What the request that left last came to in bytes, whatever became of it: its body, and that of the answer."""
        audit.note(
            "remote bytes", engine=self._expected.engine, host=self._expected.host, sha256=self._expected.sha256,
            bytes_out=bytes_out, bytes_in=bytes_in,
        )  # fmt: skip

    def answered(self, tokens_in: int, tokens_out: int, cost: float) -> None:
        """Write down what the last request came to; ``cost`` in dollars. Raises StorageError."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE sendings SET tokens_in = ?, tokens_out = ?, cost = ? WHERE id = ?",
                (tokens_in, tokens_out, max(0.0, cost), self._number),
            )

    def refused(self) -> None:
        """It left, and the server did not serve it, so that it costs nothing. Raises StorageError."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE sendings SET cost = 0 WHERE id = ?", (self._number,))

    def take_out(self) -> None:
        """Nothing of it left this machine. Raises StorageError."""
        audit.note("remote request did not leave", engine=self._expected.engine, sha256=self._expected.sha256)
        self.times -= 1
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM sendings WHERE id = ?", (self._number,))


def _spent(connection: sqlite3.Connection, now: datetime) -> float:
    (cost,) = connection.execute(
        "SELECT coalesce(sum(cost), 0) FROM sendings WHERE moment >= ?", (now.strftime("%Y-%m"),)
    ).fetchone()
    return float(cost)
