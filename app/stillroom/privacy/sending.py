"""What was sent off this machine, and what it cost: when, where to, how much; never the text itself."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from stillroom.errors import StillroomError
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

    @contextlib.contextmanager
    def sending(self, expected: Sending, cap: float, left: Callable[[], bool]) -> Iterator[OnItsWay]:
        """Write a request down before it leaves, so that neither a failure nor the end of the process hides it.

        What is on its way counts against the month's limit. ``expected``: with estimates. ``cap``: dollars a month; 0 for
        no limit. ``left``: asked after a failure, whether anything left this machine; if not, it is taken out again.
        Raises CapReachedError before anything is sent, and StorageError.
        """
        way = OnItsWay(self._database, self._begin(expected, cap))
        try:
            yield way
        except BaseException:
            if not left():
                way.take_out()
            raise

    def _begin(self, sending: Sending, cap: float) -> int:
        with self._database.transaction() as connection:
            spent = _spent(connection, sending.moment)
            if cap > 0 and spent + sending.cost > cap:
                raise CapReachedError(
                    f"This month's limit of ${cap:.2f} would be passed: ${spent:.2f} are spent. "
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
            return int(made.lastrowid or 0)

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
    """A request that was written down and is being answered."""

    def __init__(self, database: Database, number: int) -> None:
        self._database, self._number = database, number

    def answered(self, tokens_in: int, tokens_out: int, cost: float) -> None:
        """Write down what it came to; ``cost`` in dollars. Raises StorageError."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE sendings SET tokens_in = ?, tokens_out = ?, cost = ? WHERE id = ?",
                (tokens_in, tokens_out, cost, self._number),
            )

    def refused(self) -> None:
        """It left, and the server did not serve it, so that it costs nothing. Raises StorageError."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE sendings SET cost = 0 WHERE id = ?", (self._number,))

    def take_out(self) -> None:
        """Nothing left this machine. Raises StorageError."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM sendings WHERE id = ?", (self._number,))


def _spent(connection: sqlite3.Connection, now: datetime) -> float:
    (cost,) = connection.execute(
        "SELECT coalesce(sum(cost), 0) FROM sendings WHERE moment >= ?", (now.strftime("%Y-%m"),)
    ).fetchone()
    return float(cost)
