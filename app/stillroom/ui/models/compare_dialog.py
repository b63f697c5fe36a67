"""Models side by side: what each needs on this machine, how fast it is, what is known of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from stillroom.ui.controls import describe, label
from stillroom.ui.theme import GRID
from stillroom.ui.wording import parameters_text, size_text, speed_text
from stillroom.workspace.model_list import ModelRow, tuned_speeds


class CompareDialog(QDialog):
    """One column a model; the figures that are best stand in bold."""

    def __init__(self, parent: QWidget, rows: Sequence[ModelRow]) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Compare"))
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        lines = self._lines(rows)
        self.table = QTableWidget(len(lines), len(rows))
        describe(self.table, self.tr("Models side by side"))
        self.table.setHorizontalHeaderLabels([row.name for row in rows])
        self.table.setVerticalHeaderLabels([name for name, _texts, _best in lines])
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setWordWrap(True)
        self.table.setTabKeyNavigation(False)
        for place, (_name, texts, best) in enumerate(lines):
            for number, text in enumerate(texts):
                item = QTableWidgetItem(text or "–")
                item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
                font = item.font()
                font.setBold(number in best)
                item.setFont(font)
                self.table.setItem(place, number, item)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.setStyleSheet("QTableView::item { padding: 0 5px; }")  # so that words stand under their heading
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        column.addWidget(self.table, 1)
        how = self.tr(
            "Which is right more often depends on your documents. With a few labelled ones, the command line says it: "
            "stillroom evaluate --labels labels.jsonl --template T --model A --model B"
        )
        column.addWidget(label(how, "muted", wrap=True, selectable=True))
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        box.rejected.connect(self.reject)
        column.addWidget(box)
        self.resize(min(1100, 260 + 220 * len(rows)), 560)

    def _lines(self, rows: Sequence[ModelRow]) -> list[tuple[str, list[str], set[int]]]:
        """Heading, a text for each model, and which of them are best."""
        number = QLocale().toString
        memory = [row.fit.estimate.total if row.fit is not None else row.size for row in rows]
        context = [
            row.fit.longest_context if row.fit is not None else row.entry.context if row.entry else 0 for row in rows
        ]
        speeds = [row.speed or 0.0 for row in rows]
        tuned = [tuned_speeds(row) for row in rows]
        reads = [each.prompt_speed if each is not None else 0.0 for each in tuned]
        writes = [each.generate_speed if each is not None else 0.0 for each in tuned]
        parameters = [row.shape.parameters if row.shape else row.entry.parameters if row.entry else 0 for row in rows]
        return [
            (self.tr("On this machine"), [str(row.verdict or "").capitalize() or row.problem for row in rows], set()),
            (self.tr("Memory"), [size_text(size) for size in memory], _smallest(memory)),
            (self.tr("Longest context"), [number(tokens) if tokens else "" for tokens in context], _largest(context)),
            (self.tr("Writes, expected"), [speed_text(speed) if speed else "" for speed in speeds], _largest(speeds)),
            (self.tr("Reads, measured"), [speed_text(speed) if speed else "" for speed in reads], _largest(reads)),
            (self.tr("Writes, measured"), [speed_text(speed) if speed else "" for speed in writes], _largest(writes)),
            (self.tr("Parameters"), [parameters_text(count) if count else "" for count in parameters], set()),
            (self.tr("Quantization"), [row.file.quantization if row.file is not None else "" for row in rows], set()),
            (self.tr("Best for"), [", ".join(row.entry.best_for) if row.entry else "" for row in rows], set()),
            (self.tr("Published figures"), ["\n".join(_figures(row)) for row in rows], set()),
            (self.tr("Licence"), [row.entry.licence if row.entry else "" for row in rows], set()),
        ]


def _figures(row: ModelRow) -> list[str]:
    return [f"{item.name}: {item.value:g}" for item in row.entry.benchmarks] if row.entry is not None else []


def _largest(values: Sequence[float]) -> set[int]:
    """The places of the largest, where there is anything to compare."""
    best = max(values)
    return {place for place, value in enumerate(values) if value == best} if best and min(values) != best else set()


def _smallest(values: Sequence[float]) -> set[int]:
    best = min(values)
    return {place for place, value in enumerate(values) if value == best} if max(values) != best else set()
