"""What is done with models that takes time: one thing at a time, with its progress, and it can be stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from stillroom.engine.protocol import MeasureRequest
from stillroom.errors import StillroomError
from stillroom.models.model_file import ModelFile
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation
from stillroom.ui.wording import size_text, speed_text, time_left_text

if TYPE_CHECKING:
    from stillroom.workspace.making import TunedModel


class ModelWork(QObject):
    """The work on models that goes on.

    Signals:
        progressed(str, float): what is being done, and its share from 0 to 1.
        ended(str, str): a sentence and its kind, ``info``, ``warn`` or ``bad``; empty where it was stopped.
        changed: whether something is being done.
        made(str): the name of a model that is here now, before ``ended``.
    """

    progressed = Signal(str, float)
    ended = Signal(str, str)
    changed = Signal()
    made = Signal(str)

    def __init__(self, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._parts = parts
        self._operation: Operation[str] | None = None
        self._began = 0.0

    @property
    def busy(self) -> bool:
        return self._operation is not None

    def stop(self) -> None:
        if self._operation is not None:
            self._operation.cancellation.request()

    def bring(self, files: list[Path], published: Sequence[Path] = (), quantization: str = "") -> None:
        """Import files; those that are refused are told, each with its reason.

        Args:
            published: folders of safetensors, which are converted and then written in ``quantization``; empty for 16 bits.
        """

        def brought(operation: Operation[str], path: Path) -> ModelFile:
            tell = operation.to_window(self._progress)
            what = self.tr("Importing %1").replace("%1", path.name)
            return self._parts.making.bring(
                path,
                quantization=quantization,
                on_progress=lambda share, step: tell(step or what, share),
                cancellation=operation.cancellation,
            )

        def work(operation: Operation[str]) -> str:
            names, refused = [], []
            for path in (*files, *published):
                try:
                    names.append(brought(operation, path).name)
                except OSError as error:
                    refused.append(f"{path.name}: {error.strerror or type(error).__name__}.")
                except StillroomError as error:
                    refused.append(error.message)
            if names:
                operation.post(lambda: self.made.emit(names[0]))
            if refused:
                raise _Refused("\n".join([*(self.tr("%1 is here.").replace("%1", name) for name in names), *refused]))
            return self.tr("Imported: %1.").replace("%1", ", ".join(names))

        self._start("import", work)

    def verify(self, model: ModelFile) -> None:
        def work(operation: Operation[str]) -> str:
            what = self.tr("Verifying %1").replace("%1", model.name)
            found = self._parts.models.verify(
                model, on_progress=self._tell(operation, what), cancellation=operation.cancellation
            )
            if found.right is False:
                raise _Refused(found.sentence)
            return found.sentence

        self._start("verify", work)

    def tune(self, model: ModelFile, then: Callable[[], None]) -> None:
        """Measure how it runs fastest. The loaded model's memory is given back meanwhile; ``then`` loads it again."""

        def work(operation: Operation[str]) -> str:
            tell = operation.to_window(self._progress)
            found = self._parts.making.tune(
                model,
                on_progress=lambda share, what: tell(f"{self.tr('Tuning')}: {what}", share),
                cancellation=operation.cancellation,
            )
            return self._tuned(found)

        self._start("tune", work, then)

    def _tuned(self, found: TunedModel) -> str:
        tuning = found.tuning
        text = self.tr("Tuned: reads %1, writes %2.").replace("%1", speed_text(tuning.prompt_speed))
        text = text.replace("%2", speed_text(tuning.generate_speed))
        if found.used.path != found.model.path:
            text += " " + self.tr("A copy that is faster here is used: %1.").replace("%1", found.used.name)
        elif found.copies:
            text += " " + self.tr("No copy was as good and faster, so the model itself is used.")
        return " ".join(part for part in (text, found.notice) if part)

    def bench(self) -> None:
        """Measure the loaded model."""

        def work(operation: Operation[str]) -> str:
            tell, speeds = operation.to_window(self._progress), []
            for step, kind in enumerate(("prompt", "generate")):
                tell(self.tr("Measuring the speed"), step / 2)
                request = MeasureRequest(kind, seconds=2.0)
                speeds.append(self._parts.engine.measure(request, cancellation=operation.cancellation).speed)
            return (
                self.tr("Reads %1, writes %2.")
                .replace("%1", speed_text(speeds[0]))
                .replace("%2", speed_text(speeds[1]))
            )

        self._start("bench", work)

    def quantize(self, model: ModelFile, quantization: str) -> None:
        """Write a copy in another quantization into the models folder, and say what it changes."""

        def work(operation: Operation[str]) -> str:
            tell = operation.to_window(self._progress)
            made = self._parts.making.smaller(
                model,
                quantization,
                on_progress=lambda share, what: tell(what, share),
                cancellation=operation.cancellation,
            )
            operation.post(lambda: self.made.emit(made.model.name))
            text = self.tr("%1 is here: %2 instead of %3; it needs %4 of memory instead of %5.")
            figures = (made.size, made.source_size, made.memory, made.source_memory)
            for place, figure in enumerate(figures, 2):
                text = text.replace(f"%{place}", size_text(figure))
            return f"{text.replace('%1', made.model.name)} {made.verdict}"

        self._start("quantize", work)

    def _tell(self, operation: Operation[str], what: str) -> Callable[[int, int], None]:
        tell = operation.to_window(self._progress)
        return lambda done, total: tell(what, done / total if total else 0.0)

    def _start(self, name: str, work: Callable[[Operation[str]], str], then: Callable[[], None] = lambda: None) -> None:
        if self.busy:
            return
        self._began = time.monotonic()

        def end(sentence: str, kind: str) -> None:
            self._operation = None
            self.changed.emit()
            self.ended.emit(sentence, kind)
            then()

        def failed(error: Exception) -> None:
            end(getattr(error, "message", "") or str(error) or type(error).__name__, "bad")

        self._operation = self._parts.tasks.start(
            Operation(work, name, owner=self)
            .success(lambda sentence: end(sentence, "info"))
            .failure(failed)
            .cancelled(lambda: end("", "info"))
        )
        self.changed.emit()

    def _progress(self, what: str, share: float) -> None:
        passed = time.monotonic() - self._began
        left = time_left_text(passed / share - passed) if share > 0.03 and passed > 1 else ""
        self.progressed.emit(f"{what}, {left}" if left else what, share)


class _Refused(Exception):
    """Something was refused; the text says what and why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
