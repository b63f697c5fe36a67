"""Offers to ask a remote model about the rows of a table that are least sure, and does it with consent; never by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from stillroom.errors import StillroomError
from stillroom.extraction.result import DocumentResult
from stillroom.remote.engines import RemoteEngine
from stillroom.ui.banner import BannerArea
from stillroom.ui.extract.cell import LIKELY_FROM
from stillroom.ui.extract.result_model import ResultModel
from stillroom.ui.extract.row import Row
from stillroom.ui.parts import Parts
from stillroom.ui.remote.consent import ConsentDialog, doubtful
from stillroom.ui.tasks import Operation
from stillroom.ui.wording import counted, time_left_text
from stillroom.workspace.remote_models import Consent, RowToSend, Sent

_NAMED = 3  # documents that are named with a reason


class RemoteAsking(QObject):
    """Questions to a remote model about the rows of one table.

    Attributes:
        banners: where it says what it does. The table's own: an offer to send is never shown above another table.
    """

    def __init__(self, sheet: QWidget, model: ResultModel, parts: Parts) -> None:
        super().__init__(sheet)
        self._sheet, self._model, self._parts = sheet, model, parts
        self.banners = BannerArea(sheet)

    def _say(self, text: str, kind: str, actions: Sequence[tuple[str, Callable[[], object]]]) -> None:
        """``kind``: ``info`` goes by itself; ``stay``, ``warn`` and ``bad`` stay until the next is said."""
        shown = "info" if kind == "stay" else kind
        self.banners.show_message(text, shown, list(actions), key="said", seconds=8.0 if kind == "info" else 0.0)

    def offer(self) -> None:
        """After a run: offer it where there is an engine to ask and something to ask about. Sends nothing."""
        try:
            engines = self._parts.remote.engines()
        except StillroomError as error:
            self._say(error.message, "warn", [])
            return
        rows = self._model.rows
        unsure = doubtful(rows)
        if engines and unsure:
            text = counted(
                len(unsure),
                self.tr("1 of %2 documents needs a look: ask a remote model?"),
                self.tr("%1 of %2 documents need a look: ask a remote model?"),
            ).replace("%2", str(len(rows)))
            if len(rows) == 1:
                text = self.tr("This document needs a look: ask a remote model?")
            self._say(text, "stay", [(self.tr("Show what would be sent…"), self.show)])

    def show(self, chosen: Sequence[Row] = ()) -> ConsentDialog | None:
        """The dialog, with exactly what would be sent: ``chosen`` rows, else those of the table that are least sure."""
        try:
            engines = self._parts.remote.engines()
        except StillroomError as error:
            self._say(error.message, "bad", [])
            return None
        if not engines:
            self._say(self.tr("No remote engine was added yet. Add one in Settings, Remote models."), "info", [])
            return None
        rows, threshold = self._model.rows, LIKELY_FROM
        if doubtful(chosen, 1):
            rows, threshold = list(chosen), 1
        dialog = ConsentDialog(self._sheet, self._parts, engines, rows, self._model.template, threshold=threshold)
        dialog.agreed.connect(self._send)
        dialog.open()
        return dialog

    def _send(self, engine: RemoteEngine, rows: Sequence[Row]) -> None:
        template, parts = self._model.template, self._parts
        begun = [(row, row.run.batch) for row in rows if row.run is not None and row.run.batch is not None]
        rows = [row for row, _ in begun]
        wanted = tuple(RowToSend(batch.run_id, row.position, str(row.path), row.result) for row, batch in begun)

        def work(operation: Operation[Sent]) -> Sent:
            return parts.remote.send(
                Consent(engine, template, wanted),
                on_answer=operation.to_window(answered),
                cancellation=operation.cancellation,
            )

        def finished(sent: Sent) -> None:
            failures = [(rows[place].path.name, sentence) for place, sentence in sent.failures]
            text = counted(
                sent.answered, self.tr("1 document was answered by %2"), self.tr("%1 documents were answered by %2")
            )
            if not sent.answered:
                text = self.tr("%2 answered nothing")
            if sent.characters:
                text += self.tr("; %3 characters were sent to %4, for $%5")
            for mark, word in (
                ("%2", engine.title), ("%3", f"{sent.characters:,}"), ("%4", engine.host), ("%5", f"{sent.cost:.4f}"),
            ):  # fmt: skip
                text = text.replace(mark, word)
            text += "."
            if failures:
                kept = self.tr("What the table says stays as it was.")
                if sent.answered:
                    kept = self.tr("The others stay as they were.")
                text += f" {kept}\n" + "\n".join(self._told_together(failures))
            self._say(text, "warn" if failures else "stay", [])

        done_rows = 0

        def tell(seconds_left: float | None = None) -> None:
            text = counted(len(rows), self.tr("1 document is sent to %2…"), self.tr("%1 documents are sent to %2…"))
            if done_rows:
                text += " " + self.tr("%3 answered").replace("%3", str(done_rows))
                text += "".join(f", {left}" for left in [time_left_text(seconds_left)] if left)
            self._say(text.replace("%2", engine.host), "stay", [(self.tr("Stop"), running.cancellation.request)])

        def answered(place: int, result: DocumentResult, seconds_left: float | None) -> None:
            nonlocal done_rows
            self._model.set_results([(rows[place], result)])
            done_rows += 1
            if done_rows < len(rows):
                tell(seconds_left)

        running = self._parts.tasks.start(
            Operation(work, "remote", owner=self)
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
