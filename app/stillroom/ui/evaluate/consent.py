"""Before labelled documents go to a remote model that is to be compared: exactly what leaves, to where, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QWidget

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.evaluation.labels import LabelledDocument
from stillroom.remote.engines import RemoteEngine
from stillroom.templates.template import Template
from stillroom.ui.controls import label
from stillroom.ui.parts import Parts
from stillroom.ui.remote.leaving import Leaver, LeavingDialog


class EvaluationConsentDialog(LeavingDialog[int]):
    """The question whether labelled documents may go to an engine. What is right of them, their labels, never leaves."""

    def __init__(
        self,
        parent: QWidget,
        parts: Parts,
        engine: RemoteEngine,
        labels: Sequence[LabelledDocument],
        template: Template,
    ) -> None:
        super().__init__(parent, parts, template)
        self.setWindowTitle(self.tr("Ask %1 about labelled documents").replace("%1", engine.name))
        words = self.tr("%1 is compared on the documents that are ticked. Their labels stay here.")
        self.head.addWidget(label(words.replace("%1", engine.title), wrap=True), 1)
        self.offer([Leaver(place, each.path.name, self._reader(each)) for place, each in enumerate(labels)], engine)

    def _reader(self, labelled: LabelledDocument) -> Callable[[Cancellation], Document]:
        return lambda cancellation: self._parts.readers.read(labelled.path, cancellation=cancellation)
