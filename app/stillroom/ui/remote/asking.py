"""Offers to ask a remote model about the rows of a table that are least sure, and does it with consent; never by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from stillroom.errors import Cancelled, StillroomError
from stillroom.extraction.estimate import TimeLeft
from stillroom.extraction.result import DocumentResult, result_to_json
from stillroom.privacy.sending import SendingLog
from stillroom.remote.client import RemoteClient
from stillroom.remote.engines import RemoteEngine, remote_engines
from stillroom.settings import MONTHLY_CAP
from stillroom.ui.banner import BannerArea
from stillroom.ui.extract.result_model import Row
from stillroom.ui.parts import Parts
from stillroom.ui.remote.consent import USUAL_THRESHOLD, ConsentDialog, doubtful
from stillroom.ui.tasks import Operation
from stillroom.ui.wording import counted, time_left_text

if TYPE_CHECKING:
    from stillroom.ui.extract.sheet import Sheet

_NAMED = 3  # documents that are named with a reason


class RemoteAsking(QObject):
    """For one table.

    Attributes:
        banners: where it says what it does. The table's own: an offer to send is never shown above another table.
    """

    def __init__(self, sheet: Sheet, parts: Parts) -> None:
        super().__init__(sheet)
        self._sheet, self._parts = sheet, parts
        self.banners = BannerArea()

    def _say(self, text: str, kind: str, actions: Sequence[tuple[str, Callable[[], object]]]) -> None:
        """``kind``: ``info`` goes by itself; ``stay``, ``warn`` and ``bad`` stay until the next is said."""
        shown = "info" if kind == "stay" else kind
        self.banners.show_message(text, shown, list(actions), key="said", seconds=8.0 if kind == "info" else 0.0)

    def offer(self) -> None:
        """After a run: offer it where there is an engine to ask and something to ask about. Sends nothing."""
        try:
            engines = remote_engines()
        except StillroomError as error:
            self._say(error.message, "warn", [])
            return
        rows = self._sheet.model.rows
        unsure = doubtful(rows)
        if engines and unsure:
            text = counted(
                len(unsure),
                self.tr("1 of %2 documents has a value below 70 %: ask a remote model?"),
                self.tr("%1 of %2 documents have a value below 70 %: ask a remote model?"),
            ).replace("%2", str(len(rows)))
            if len(rows) == 1:
                text = self.tr("This document has a value below 70 %: ask a remote model?")
            self._say(text, "stay", [(self.tr("Show what would be sent…"), self.show)])

    def show(self, chosen: Sequence[Row] = ()) -> ConsentDialog | None:
        """The dialog, with exactly what would be sent: ``chosen`` rows, else those of the table that are least sure."""
        try:
            engines = remote_engines()
        except StillroomError as error:
            self._say(error.message, "bad", [])
            return None
        if not engines:
            self._say(self.tr("No remote engine was added yet. Add one in Settings, Remote models."), "info", [])
            return None
        rows, threshold = self._sheet.model.rows, USUAL_THRESHOLD
        if doubtful(chosen, 1):
            rows, threshold = list(chosen), 1
        dialog = ConsentDialog(self._sheet, self._parts, engines, rows, self._sheet.template, threshold=threshold)
        dialog.agreed.connect(self._send)
        dialog.open()
        return dialog

    def _send(self, engine: RemoteEngine, rows: list[Row]) -> None:
        template, parts = self._sheet.template, self._parts

        def work(operation: Operation) -> tuple[int, int, float, list[tuple[str, str]]]:
            from stillroom.extraction.remote import RemoteExtractor

            assert parts.database is not None
            failures: list[tuple[str, str]] = []
            with RemoteClient(engine, parts.secrets, parts.seal) as client:
                log = SendingLog(parts.database)
                extractor = RemoteExtractor(client, log, parts.settings.get(MONTHLY_CAP) / 100)

                def one(row: Row) -> tuple[Row, DocumentResult | None]:
                    try:
                        document = parts.readers.read(row.path, cancellation=operation.cancellation)
                        file = row.result.file if row.result is not None else str(row.path)
                        found = extractor.extract(
                            document, template, file=file, before=row.result, cancellation=operation.cancellation
                        )
                        parts.store.save(row.run.batch.run_id, row.position, result_to_json(found))
                        return row, found
                    except StillroomError as error:
                        failures.append((row.path.name, error.message))
                        return row, None

                with ThreadPoolExecutor(max(1, engine.in_flight), thread_name_prefix="remote") as pool:
                    done = 0
                    for row, found in pool.map(one, rows):
                        if operation.cancellation.requested:
                            raise Cancelled
                        if found is not None:
                            done += 1
                            operation.report((row, found))
            return done, extractor.sent, extractor.cost, failures

        def finished(outcome: tuple[int, int, float, list[tuple[str, str]]]) -> None:
            done, sent, cost, failures = outcome
            places = {row.path.name: place for place, row in enumerate(rows)}
            failures.sort(key=lambda each: places[each[0]])
            name = f"{engine.name}: {engine.model}"
            text = counted(done, self.tr("1 document was answered by %2"), self.tr("%1 documents were answered by %2"))
            if not done:
                text = self.tr("%2 answered nothing")
            if sent:
                text += self.tr("; %3 characters were sent to %4, for $%5")
            for mark, word in (("%2", name), ("%3", f"{sent:,}"), ("%4", engine.host), ("%5", f"{cost:.4f}")):
                text = text.replace(mark, word)
            text += "."
            if failures:
                kept = self.tr("What the table says stays as it was.")
                if done:
                    kept = self.tr("The others stay as they were.")
                text += f" {kept}\n" + "\n".join(self._told_together(failures))
            self._say(text, "warn" if failures else "stay", [])

        times, begun, done_rows = TimeLeft(), time.monotonic(), 0

        def tell() -> None:
            text = counted(len(rows), self.tr("1 document is sent to %2…"), self.tr("%1 documents are sent to %2…"))
            if done_rows:
                text += " " + self.tr("%3 answered").replace("%3", str(done_rows))
                text += "".join(f", {left}" for left in [time_left_text(times.seconds(len(rows) - done_rows))] if left)
            self._say(text.replace("%2", engine.host), "stay", [(self.tr("Stop"), running.cancellation.request)])

        def answered(pair: tuple[Row, DocumentResult]) -> None:
            nonlocal done_rows
            self._sheet.model.set_results([pair])
            done_rows += 1
            times.add((time.monotonic() - begun) / done_rows)
            if done_rows < len(rows):
                tell()

        running = self._parts.tasks.start(
            Operation(work, "remote", owner=self)
            .progress(answered)
            .success(finished)
            .failure(lambda error: self._say(getattr(error, "message", str(error)), "bad", []))
            .cancelled(lambda: self._say(self.tr("Stopped. What was answered is kept."), "info", []))
        )
        tell()

    def _told_together(self, failures: Sequence[tuple[str, str]]) -> list[str]:
        """A line for each reason, with the documents it is that of."""
        reasons: dict[str, list[str]] = {}
        for name, reason in failures:
            reasons.setdefault(reason, []).append(name)
        lines = []
        for reason, names in reasons.items():
            shown = ", ".join(names[:_NAMED])
            if len(names) > _NAMED:
                shown += " " + counted(len(names) - _NAMED, self.tr("and 1 more"), self.tr("and %1 more"))
            lines.append(f"{shown}: {reason}")
        return lines
