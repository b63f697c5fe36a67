"""The models there are and those of the catalog, each with what this machine makes of it; as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QLocale, QModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor

from stillroom.errors import StillroomError
from stillroom.gguf.checks import check_headers, parts_of
from stillroom.gguf.header import read_header
from stillroom.models.elsewhere import models_elsewhere
from stillroom.models.fit.assess import assess, this_machine
from stillroom.models.fit.estimate import SPARE_BYTES, Fit, Machine, Use, Verdict
from stillroom.models.fit.shape import Shape, shape_of
from stillroom.models.hub.catalog import CatalogModel, expected_speed, load_catalog
from stillroom.models.library import installed_models
from stillroom.models.model_file import ModelFile
from stillroom.models.projectors import projector_bytes, projector_of
from stillroom.tuning.tuned import in_place_of
from stillroom.ui.controls import plain_tip
from stillroom.ui.theme import colours
from stillroom.ui.wording import size_text

ROW = Qt.ItemDataRole.UserRole
SORT = Qt.ItemDataRole.UserRole + 1
WHERE, LICENCE, BEST_FOR = 4, 5, 6  # columns


class Place(StrEnum):
    """Where a model is."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    CATALOG = "catalog"


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model.

    Attributes:
        file: of a model that is on this machine. program: whose it is, where it is not ours.
        entry: of the catalog, where it is in it.
        shape, fit: of a file, estimated from its header. problem: why there is none.
        size: bytes; of a catalog's entry roughly.
        copy: quantization of the copy that is loaded in its place; empty where it is loaded itself.
        projector: with which it is loaded, to see pictures; projector_bytes: of memory.
    """

    name: str
    place: Place
    file: ModelFile | None = None
    program: str = ""
    entry: CatalogModel | None = None
    shape: Shape | None = None
    fit: Fit | None = None
    verdict: Verdict | None = None
    size: int = 0
    speed: float | None = None
    problem: str = ""
    projector: Path | None = None
    projector_bytes: int = 0
    copy: str = ""


def find_rows(context_tokens: int = 8192, *, own_bytes: int = 0) -> tuple[list[ModelRow], Machine]:
    """Everything the page shows. Reads headers only; takes a second or two where there are many.

    Args:
        own_bytes: what the loaded model takes, which another one would replace.
    """
    machine = this_machine(own_bytes=own_bytes)
    catalog = load_catalog()
    rows = [_file_row(model, "", machine, context_tokens, catalog.models) for model in installed_models()]
    known = {row.file.path for row in rows if row.file is not None}
    rows += [
        _file_row(found.model, found.program, machine, context_tokens, catalog.models)
        for found in models_elsewhere()
        if found.model.path not in known
    ]
    rows += [_entry_row(entry, machine) for entry in catalog.models]
    return rows, machine


def _file_row(
    model: ModelFile, program: str, machine: Machine, context_tokens: int, entries: Sequence[CatalogModel]
) -> ModelRow:
    place = Place.ELSEWHERE if program else Place.HERE
    plain = _plain(model.name)
    entry = next(
        (each for each in entries if plain.startswith(_plain(each.repository.split("/")[-1].removesuffix("-GGUF")))),
        None,
    )
    try:
        used = in_place_of(model)  # its memory and speed are those of what is loaded
        headers = [read_header(part) for part in parts_of(used.path)]
        check_headers(headers)
        shape = shape_of(headers)
        projector = projector_of(model.path)
        beside = projector_bytes(projector)
        fit = assess(shape, machine, Use(context_tokens), beside=beside)
    except (StillroomError, OSError) as error:
        return ModelRow(
            model.name, place, model, program, entry, size=model.size, problem=getattr(error, "message", str(error))
        )
    return ModelRow(
        model.name, place, model, program, entry, shape, fit, fit.verdict, model.size, fit.tokens_per_second,
        projector=projector, projector_bytes=beside, copy="" if used == model else used.quantization,
    )  # fmt: skip


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _entry_row(entry: CatalogModel, machine: Machine) -> ModelRow:
    room = max(machine.free_ram, machine.free_vram) - SPARE_BYTES
    speed = expected_speed(entry, machine)
    fits = entry.rough_bytes <= room
    verdict = Verdict.NO if not fits else Verdict.SLOWLY if speed is not None and speed < 5 else Verdict.WELL
    return ModelRow(entry.name, Place.CATALOG, entry=entry, verdict=verdict, size=int(entry.rough_bytes), speed=speed)


class ModelTable(QAbstractTableModel):
    """Rows of models; the columns are those of HEADINGS."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[ModelRow] = []
        self.loaded = ""
        self.headings = [
            self.tr("Model"), self.tr("Fit"), self.tr("Memory"), self.tr("Tok/s"), self.tr("Where"),
            self.tr("Licence"), self.tr("Best for"),
        ]  # fmt: skip
        self.tips = [
            "",
            self.tr("How it runs on this machine"),
            self.tr("What it needs with a context of 8,192 tokens; ~ is a rough figure from the catalog"),
            self.tr("Tokens a second expected on this machine"),
            self.tr("Whether its file is here, in the folder of another program, or still to fetch"),
            self.tr("What its publisher allows; – where it is not known here, then the hub says it"),
            "",
        ]

    def show_rows(self, rows: Sequence[ModelRow]) -> None:
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def show_loaded(self, name: str) -> None:
        """Mark the model that is loaded."""
        if name != self.loaded:
            self.loaded = name
            if self._rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self.headings) - 1))

    def row(self, place: int) -> ModelRow:
        return self._rows[place]

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.headings)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.headings[section]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return self.tips[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW:
            return row
        if role == SORT:
            return self._sort_key(row, index.column())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text(row, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            words = row.problem or (row.fit.reason if row.fit else row.entry.note if row.entry else "")
            return plain_tip(f"{row.name}\n{words}".strip())  # a long name is cut short in its column
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 1:
            shown = colours()
            colour = {Verdict.WELL: shown.good, Verdict.SLOWLY: shown.warn, Verdict.NO: shown.bad}.get(
                row.verdict or Verdict.NO
            )
            return QColor(colour)
        return None

    def _text(self, row: ModelRow, column: int) -> str:
        if column == 0:
            return row.name
        if column == 1:
            if row.file is not None and row.name == self.loaded:
                return self.tr("loaded")
            words = {
                Verdict.WELL: self.tr("runs well"),
                Verdict.SLOWLY: self.tr("runs slowly"),
                Verdict.NO: self.tr("does not fit"),
            }
            return words[row.verdict] if row.verdict is not None else self.tr("cannot be used")
        if column == 2:
            about = "" if row.fit is not None else "~ "
            return f"{about}{size_text(row.fit.estimate.total if row.fit is not None else row.size)}"
        if column == 3:
            digits = 1 if row.speed and row.speed < 10 else 0
            return QLocale().toString(row.speed, "f", digits) if row.speed else "–"
        if column == WHERE:
            return {Place.HERE: self.tr("here"), Place.ELSEWHERE: row.program, Place.CATALOG: self.tr("to fetch")}[
                row.place
            ]
        if column == LICENCE:
            return (row.entry.licence if row.entry is not None else "") or "–"
        return ", ".join(row.entry.best_for) if row.entry is not None else ""

    def _sort_key(self, row: ModelRow, column: int) -> Any:
        verdicts = {Verdict.WELL: 0, Verdict.SLOWLY: 1, Verdict.NO: 2, None: 3}
        return {
            1: verdicts[row.verdict],
            2: row.fit.estimate.total if row.fit is not None else row.size,
            3: -(row.speed or 0.0),
            WHERE: [Place.HERE, Place.ELSEWHERE, Place.CATALOG].index(row.place),
        }.get(column, self._text(row, column).casefold())


class ModelFilter(QSortFilterProxyModel):
    """By words, task, place, and whether it fits."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.task, self.fitting, self.here = "", "", False, False
        self.setSortRole(SORT)
        self.setDynamicSortFilter(True)

    def choose(self, *, words: str, task: str, fitting: bool, here: bool) -> None:
        self.beginResetModel()
        self.words, self.task, self.fitting, self.here = words.casefold(), task, fitting, here
        self.endResetModel()

    def filterAcceptsRow(self, place: int, parent: QModelIndex) -> bool:  # noqa: N802
        row: ModelRow = self.sourceModel().index(place, 0, parent).data(ROW)
        if self.here and row.place is Place.CATALOG:
            return False
        if self.fitting and row.verdict is Verdict.NO:
            return False
        if self.task and (row.entry is None or self.task not in row.entry.best_for):
            return False
        text = f"{row.name} {row.entry.repository if row.entry else ''} {row.program}".casefold()
        return all(word in text for word in self.words.split())
