"""What was sent off this machine, and what it cost: when, where to, how much; never the text itself."""

from __future__ import annotations

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
        sha256: of what was sent. characters: of it.
    """

    moment: datetime
    engine: str
    host: str
    what: str
    sha256: str
    characters: int
    tokens_in: int
    tokens_out: int
    cost: float


class SendingLog:
    """The requests that left, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, sending: Sending) -> None:
        """Write one down. Raises StorageError."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO sendings (moment, engine, host, what, sha256, characters, tokens_in, tokens_out, cost) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    sending.moment.isoformat(timespec="seconds"), sending.engine, sending.host, sending.what,
                    sending.sha256, sending.characters, sending.tokens_in, sending.tokens_out, sending.cost,
                ),
            )  # fmt: skip

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
        start = (now or datetime.now(UTC)).strftime("%Y-%m")
        with self._database.reading() as connection:
            (cost,) = connection.execute(
                "SELECT coalesce(sum(cost), 0) FROM sendings WHERE moment >= ?", (start,)
            ).fetchone()
        return float(cost)

    def refuse_beyond(self, cap: float, cost: float) -> None:
        """Raises CapReachedError where spending ``cost`` more would pass the month's limit; 0 is no limit."""
        spent = self.spent_this_month()
        if cap > 0 and spent + cost > cap:
            raise CapReachedError(
                f"This month's limit of ${cap:.2f} would be passed: ${spent:.2f} are spent. Raise the limit in Settings, or wait."
            )
