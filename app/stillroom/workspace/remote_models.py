"""Models behind an address: what would be sent is shown, a person agrees, and only then it leaves, counted and written down."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stillroom.cancellation import Cancellation
from stillroom.documents.reader_pool import ReaderPool
from stillroom.errors import StillroomError
from stillroom.privacy.seal import Seal
from stillroom.settings import MONTHLY_CAP, Settings
from stillroom.storage.database import Database
from stillroom.workspace.runs import Runs

if TYPE_CHECKING:
    from stillroom.documents.document import Document
    from stillroom.extraction.remote_extractor import Preview, RemoteExtractor
    from stillroom.extraction.result import DocumentResult, Progress
    from stillroom.extraction.run import Batch
    from stillroom.privacy.secrets import Secrets
    from stillroom.privacy.sending import Sending, SendingLog
    from stillroom.remote.client import RemoteClient
    from stillroom.remote.engines import RemoteEngine
    from stillroom.remote.prices import Price, PriceList
    from stillroom.templates.template import Template

__all__ = ["Consent", "Preview", "Price", "PriceList", "RemoteModels", "RowToSend", "Sending", "SendingLog", "Sent"]


@dataclass(frozen=True, slots=True)
class RowToSend:
    """A row of a run a remote model is asked about. ``before``: what is known of it."""

    run_id: int
    position: int
    name: str
    before: DocumentResult | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person has agreed to: that these documents go to this engine. Whoever makes one has shown what would leave."""

    engine: RemoteEngine
    template: Template
    rows: tuple[RowToSend, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of it.

    Attributes:
        answered: rows with an answer, which is on disk.
        characters, cost: that left, and dollars.
        failures: place in the consent's rows and a sentence, for the rows that stay as they were.
    """

    answered: int
    characters: int
    cost: float
    failures: tuple[tuple[int, str], ...] = ()


class RemoteModels:
    """The remote engines of a person, asked through the seal, within the month's limit, and written down before anything leaves."""

    def __init__(
        self,
        database: Callable[[], Database],
        secrets: Callable[[], Secrets],
        runs: Runs,
        readers: ReaderPool,
        seal: Seal,
        settings: Settings,
    ) -> None:
        self._database, self._secrets = database, secrets
        self._runs, self._readers = runs, readers
        self._seal, self._settings = seal, settings

    # ---- which there are

    def engines(self) -> list[RemoteEngine]:
        """Those that were added. Raises StillroomError where their file cannot be read."""
        from stillroom.remote.engines import remote_engines

        return remote_engines()

    def engine(self, name: str) -> RemoteEngine:
        """One by its name. Raises StillroomError, naming those there are."""
        from stillroom.remote.engines import remote_engine

        return remote_engine(name)

    def add(self, engine: RemoteEngine) -> None:
        """Add an engine, or change the one of its name. Raises StillroomError where its address cannot be used."""
        from stillroom.remote.engines import keep_remote_engine

        keep_remote_engine(engine)

    def keep_key(self, engine: RemoteEngine, key: str) -> str:
        """Keep its key in the keyring. Returns a sentence where it is kept only until the program ends; else empty."""
        return self._secrets().keep(engine.key_name, key)

    def take_over(self, engine: RemoteEngine, renamed: RemoteEngine | None, key: str) -> str | None:
        """Keep the key of an engine that was added or changed, with what it was called before.

        The key goes by the engine's name, so that a new name takes it along. Returns None where there is no key, else
        as ``keep_key``. Blocks while the keyring does.
        """
        if renamed is not None:
            kept = self._secrets().get(renamed.key_name)
            key = key or (kept.reveal() if kept is not None else "")
            self.forget(renamed)
        return self.keep_key(engine, key) if key else None

    def forget(self, engine: RemoteEngine) -> None:
        """Take an engine away, and its key."""
        from stillroom.remote.engines import forget_remote_engine

        forget_remote_engine(engine.name)
        self._secrets().delete(engine.key_name)

    # ---- what they cost

    def prices(self) -> PriceList:
        """The list as a person edited it, else the shipped one. Raises StillroomError where it cannot be read."""
        from stillroom.remote.prices import price_list

        return price_list()

    def would_cost(self, characters: int, documents: int, template: Template) -> tuple[str, list[tuple[str, float]]]:
        """What so many documents of so many characters together would cost at each price of the list: its date, and the dollars by
        name, the cheapest first. Estimated as for sending. Raises StillroomError where the list cannot be read.
        """
        from stillroom.extraction.remote_extractor import tokens_of

        known = self.prices()
        sent, answered = tokens_of(characters, documents, template)
        costs = [(each.name, (sent * each.sent + answered * each.answered) / 1e6) for each in known.prices]
        return known.date, sorted(costs, key=lambda each: each[1])

    def shipped_prices(self) -> PriceList:
        """The list that comes with the application."""
        from stillroom.remote.prices import shipped_price_list

        return shipped_price_list()

    def keep_prices(self, date: str, rows: Iterable[tuple[str, float, float]]) -> None:
        """Keep an edited list: when it was looked up, and name, sent and answered of each price. Raises StillroomError, OSError."""
        from stillroom.remote.prices import PriceList, forget_price_list, keep_price_list, shipped_price_list

        prices = PriceList.of(date, rows)
        forget_price_list() if prices == shipped_price_list() else keep_price_list(prices)

    # ---- asking

    def client(self, engine: RemoteEngine, *, key: str = "") -> RemoteClient:
        """A connection, to be closed by the caller. ``key``: one that is tried before it is kept. Raises EngineError."""
        from stillroom.privacy.secrets import SecretText
        from stillroom.remote.client import RemoteClient

        return RemoteClient(engine, self._secrets(), self._seal, key=SecretText(key) if key else None)

    @property
    def log(self) -> SendingLog:
        """What was sent."""
        from stillroom.privacy.sending import SendingLog

        return SendingLog(self._database())

    @property
    def monthly_cap(self) -> float:
        """Dollars a month that are not passed; 0 for no limit."""
        return self._settings.get(MONTHLY_CAP) / 100

    def left_this_month(self) -> float | None:
        """Dollars; None where there is no limit."""
        cap = self.monthly_cap
        return max(0.0, cap - self.log.spent_this_month()) if cap else None

    def try_out(self, client: RemoteClient) -> float:
        """Ask for one word, to see whether it answers. Returns seconds. Raises EngineError, CapReachedError."""
        from stillroom.remote.trial import ask_for_a_sign

        return ask_for_a_sign(client, self.log, self.monthly_cap)

    def preview(self, document: Document, template: Template, engine: RemoteEngine) -> Preview:
        """Exactly what would leave for a document. Sends nothing."""
        from stillroom.extraction.remote_extractor import preview

        return preview(document, template, engine)

    def send(
        self,
        consent: Consent,
        *,
        on_answer: Callable[[int, DocumentResult, float | None], None] = lambda _place, _result, _left: None,
        cancellation: Cancellation | None = None,
    ) -> Sent:
        """Ask about rows of runs, as many at a time as the engine takes; each answer is kept on its row.

        ``on_answer`` comes on this thread with the row's place in the consent, its result, and the seconds the rest will
        take (None while that cannot be told). Raises Cancelled; what was answered stays.
        """
        from stillroom.extraction.estimate import TimeLeft

        cancellation = cancellation or Cancellation()
        engine, failures, answered = consent.engine, list[tuple[int, str]](), 0
        left, started = TimeLeft(), time.monotonic()
        with self.client(engine) as client:
            extractor = self.extractor(client)

            def one(row: RowToSend) -> DocumentResult | StillroomError:
                try:
                    document = self._runs.document(row.run_id, row.position, cancellation)
                    file = row.before.file if row.before is not None else row.name
                    found = extractor.extract(
                        document, consent.template, file=file, before=row.before, cancellation=cancellation
                    )
                    self._runs.keep(row.run_id, row.position, found)
                except StillroomError as error:
                    return error
                return found

            with ThreadPoolExecutor(max(1, engine.in_flight), thread_name_prefix="remote") as pool:
                for place, found in enumerate(pool.map(one, consent.rows)):
                    cancellation.raise_if_requested()
                    if isinstance(found, StillroomError):
                        failures.append((place, found.message))
                    else:
                        answered += 1
                        left.add((time.monotonic() - started) / answered)
                        on_answer(place, found, left.seconds(len(consent.rows) - place - 1))
        return Sent(answered, extractor.sent, extractor.cost, tuple(failures))

    def do(
        self,
        batch: Batch,
        engine: RemoteEngine,
        *,
        on_result: Callable[[int, DocumentResult], None] = lambda _position, _result: None,
        on_progress: Callable[[Progress], None] = lambda _progress: None,
        cancellation: Cancellation | None = None,
    ) -> Sent:
        """Do what is not done yet of a run with a remote model, many documents in flight. The caller has the person's consent.

        Raises Cancelled (the finished rows stay), EngineError and StorageError.
        """
        from stillroom.extraction.side_by_side import run_side_by_side

        done = 0

        def told(position: int, result: DocumentResult) -> None:
            nonlocal done
            done += 1
            on_result(position, result)

        with self.client(engine) as client:
            extractor = self.extractor(client)
            run_side_by_side(
                batch,
                extractor,
                self._readers,
                at_once=max(1, engine.in_flight),
                on_result=told,
                on_progress=on_progress,
                cancellation=cancellation,
            )
        return Sent(done, extractor.sent, extractor.cost)

    def extractor(self, client: RemoteClient) -> RemoteExtractor:
        """What asks, counts and writes down before anything leaves, within the month's limit. The caller has the person's consent."""
        from stillroom.extraction.remote_extractor import RemoteExtractor

        return RemoteExtractor(client, self.log, self.monthly_cap)
