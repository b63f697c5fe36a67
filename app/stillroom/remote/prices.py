"""What remote models cost: a list with its date, shipped, and kept beside the settings once a person has edited it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import tomlkit

from stillroom import paths
from stillroom.atomic import write_text
from stillroom.errors import StillroomError


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a model. ``sent``, ``answered``: dollars a million tokens."""

    name: str
    sent: float
    answered: float


@dataclass(frozen=True, slots=True)
class PriceList:
    """``date``: when the prices were looked up, as precisely as is known (``2026``, ``2026-11-25``)."""

    date: str
    prices: tuple[Price, ...]

    @classmethod
    def of(cls, date: str, rows: Iterable[tuple[str, float, float]]) -> PriceList:
        """``rows``: name, sent, answered."""
        return cls(date, tuple(Price(*row) for row in rows))


def prices_file() -> Path:
    """Where an edited list is kept."""
    return paths.config_dir() / "prices.toml"


def price_list() -> PriceList:
    """The edited list, or the shipped one. Raises StillroomError where the edited one cannot be read."""
    file = prices_file()
    return _read(file) if file.is_file() else shipped_price_list()


def shipped_price_list() -> PriceList:
    """The list that comes with the application."""
    return _read(paths.resources_dir() / "prices.toml")


def keep_price_list(prices: PriceList) -> None:
    """Keep an edited list. Raises StillroomError."""
    names = [price.name for price in prices.prices]
    if not all(names):
        raise StillroomError("A price has no name. Write which model it is of, or remove the row.")
    if len(set(names)) < len(names):
        raise StillroomError("Two prices have the same name. Change one of them, or remove it.")
    document = tomlkit.document()
    document["date"] = prices.date
    tables = tomlkit.aot()
    for price in prices.prices:
        table = tomlkit.table()
        table.update(asdict(price))
        tables.append(table)
    document["prices"] = tables
    write_text(prices_file(), tomlkit.dumps(document))


def forget_price_list() -> None:
    """Go back to the shipped list."""
    prices_file().unlink(missing_ok=True)


def _read(file: Path) -> PriceList:
    try:
        data = tomlkit.parse(file.read_text(encoding="utf-8")).unwrap()
        prices = tuple(
            Price(str(entry["name"]), float(entry["sent"]), float(entry["answered"]))
            for entry in data.get("prices", ())
        )
        return PriceList(str(data["date"]), prices)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise StillroomError(f"{file} cannot be used: {error}. Correct it, or move it away.") from error
