"""The Extract page: one table a tab, messages above, runs in one line behind."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from stillroom.codec import from_json, to_json
from stillroom.errors import StillroomError, TemplateError
from stillroom.paths import resources_dir
from stillroom.templates.template import Template
from stillroom.ui.banner import BannerArea
from stillroom.ui.controls import IconButton, describe, label, plain_tip
from stillroom.ui.extract.drop_zone import EarlierRun
from stillroom.ui.extract.run_queue import RunQueue
from stillroom.ui.extract.sheet import Sheet
from stillroom.ui.failures import show_failure
from stillroom.ui.model_loading import LoadState, ModelLoading
from stillroom.ui.parts import Parts
from stillroom.ui.starter import StarterFetch, StarterOffer
from stillroom.ui.tasks import Operation
from stillroom.ui.theme import GRID
from stillroom.ui.wording import counted, sentence, when_text
from stillroom.workspace.runs import StoredRun

if TYPE_CHECKING:
    from stillroom.extraction.result import DocumentResult
    from stillroom.review.reviews import TableInfo
    from stillroom.ui.review.comparison_dialog import ComparisonDialog
    from stillroom.workspace.runs import Batch

SAMPLES = (("receipt.txt", "receipt"), ("invoice.pdf", "invoice"), ("contract.docx", "contract"))
_EARLIER_SHOWN = 4
_KEPT_AFTER_MS = 1000  # after which tables are open has changed; a window that is killed keeps them too

Loaded = tuple["Batch", list["DocumentResult | None"], set[int]]


@dataclass(frozen=True, slots=True)
class _Tab:
    """A table that was open: its runs, its template, and files that were not begun."""

    runs: list[int]
    template: str
    files: list[str]


@dataclass(frozen=True, slots=True)
class _Tabs:
    """The tables that were open, and which was shown."""

    tabs: list[_Tab] = field(default_factory=list)
    shown: int = 0


class ExtractPage(QWidget):
    """A page of sheets, one for each table.

    Signals:
        review_wanted(int): the pages of the run of this id are to be looked at.
    """

    review_wanted = Signal(int)

    def __init__(self, parts: Parts, queue: RunQueue, loading: ModelLoading, starter: StarterFetch) -> None:
        super().__init__()
        self._parts = parts
        self._queue = queue
        self._loading = loading
        self._stand_in = ""
        self.setObjectName("extractPage")
        self.setAccessibleName(self.tr("Extract"))
        self.templates: list[Template]
        self.templates, problems = parts.templates.templates_and_problems()
        self._stored: list[StoredRun] = []
        self._restoring = False
        self._told_renewal: set[tuple[int, int]] = (
            set()
        )  # runs and the versions of their template that they were offered anew with
        self._renewal_offered: tuple[int, int] | None = None  # last

        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(label(self.tr("Extract"), "title"))
        head.addSpacing(2 * GRID)
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideRight)
        self.tabs.setAccessibleName(self.tr("Tables"))
        self.tabs.currentChanged.connect(self._show_sheet)
        # By mouse only: with the arrow keys the keyboard stays on the tabs until Tab is pressed.
        self.tabs.tabBarClicked.connect(self._clicked)
        head.addWidget(self.tabs, 1, Qt.AlignmentFlag.AlignBottom)
        self.new_button = IconButton("plus", self.tr("New table"))
        describe(self.new_button, self.tr("New table"), self.tr("Start another table"), QKeySequence("Ctrl+N"))
        self.new_button.clicked.connect(lambda: self.new_sheet())
        self.tables_button = IconButton("folder", self.tr("All tables"))
        describe(
            self.tables_button, self.tr("All tables"), self.tr("Open, rename or delete tables"), QKeySequence("Ctrl+T")
        )
        self.tables_button.clicked.connect(self.show_tables)
        head.addWidget(self.tables_button)
        head.addWidget(self.new_button)
        column.addLayout(head)
        self.starter = StarterOffer(starter)
        column.addWidget(self.starter)
        self.stack = QStackedWidget()
        column.addWidget(self.stack, 1)
        self.banners = BannerArea(self, self.stack)
        self._keeping = QTimer(self)
        self._keeping.setSingleShot(True)
        self._keeping.setInterval(_KEPT_AFTER_MS)
        self._keeping.timeout.connect(self.keep_tabs)
        self._keeping.timeout.connect(self._tell_tabs)
        queue.started.connect(lambda _: self._keeping.start())
        close = QShortcut(QKeySequence("Ctrl+W"), self)
        close.activated.connect(lambda: self.close_sheet(self.tabs.currentIndex()))

        if self.templates:
            self.new_sheet()
        for notice in parts.notices:
            self.banners.show_message(notice, "warn")
        for problem in problems:
            self.banners.show_message(sentence(problem), "warn")
        if not self.templates:
            self.banners.show_message(
                self.tr("No templates were found, so nothing can be extracted. Please install Stillroom again."), "bad"
            )
        loading.changed.connect(self._model_changed)

    # ---- sheets

    @property
    def sheets(self) -> list[Sheet]:
        return [sheet for place in range(self.stack.count()) if isinstance(sheet := self.stack.widget(place), Sheet)]

    @property
    def sheet(self) -> Sheet:
        """The one that is shown."""
        shown = self.stack.currentWidget()
        assert isinstance(shown, Sheet)
        return shown

    def take_keyboard(self) -> None:
        """To the table that is shown."""
        if self.stack.count():
            self.sheet.take_keyboard()

    def new_sheet(self, template: Template | None = None) -> Sheet:
        """Another table, shown at once; with the template used last where none is given."""
        if template is None:
            last = self._parts.memory.text("template", "receipt")
            template = next((item for item in self.templates if item.name == last), self.templates[0])
        sheet = Sheet(self._parts, self._queue, self._loading, self.templates, template)
        sheet.said.connect(lambda text, kind, actions: self._say(text, kind, actions))
        sheet.title_changed.connect(lambda: self._rename(sheet))
        sheet.samples_wanted.connect(self.run_samples)
        sheet.earlier_wanted.connect(self.open_run)
        sheet.review_wanted.connect(self.review_wanted)
        sheet.cell_wanted.connect(lambda run, position, field: self.open_run(run, cell=(position, field)))
        sheet.drop_zone.show_earlier(self._earlier())
        self.stack.addWidget(sheet)
        position = self.tabs.addTab(sheet.title)
        self.tabs.setTabButton(position, QTabBar.ButtonPosition.RightSide, self._close_button(sheet))
        self.tabs.setCurrentIndex(position)
        self._tabs_changed()
        return sheet

    def close_sheet(self, position: int) -> None:
        """Close a table. Its results stay on disk; a run that is going on is stopped and can be resumed."""
        if not 0 <= position < self.stack.count():
            return
        sheet = self.sheets[position]
        sheet.runs.stop()
        self.stack.removeWidget(sheet)
        self.tabs.removeTab(position)
        sheet.leave()
        if not self.stack.count():
            self.new_sheet()
        self._tabs_changed()
        self.look_for_runs()

    def offer_template(self, name: str, *, use: bool) -> None:
        """A template that was made, changed or deleted a moment ago: every table offers it, or does no more; ``use``: one is shown that
        has it.
        """
        self.templates = self._parts.templates.templates()
        template = next((each for each in self.templates if each.name == name), None)
        if template is None:
            for sheet in self.sheets:
                sheet.bar.withdraw(name)
            return
        for sheet in self.sheets:
            sheet.offer(template)
        self._offer_renewal_of_shown()
        if use:
            self._free_sheet(template)

    def take_proposals(self, run: int, rows: Mapping[int, DocumentResult]) -> None:
        """Rows of a table that were decided again elsewhere, by their positions."""
        for sheet in self.sheets:
            sheet.model.set_results(
                (row, rows[row.position])
                for row in sheet.model.rows
                if row.result is not None
                and row.run is not None
                and row.run.batch is not None
                and row.run.batch.run_id == run
                and row.position in rows
            )

    def _close_button(self, sheet: Sheet) -> IconButton:
        button = IconButton("close", self.tr("Close this table"))
        button.setToolTip(self.tr("Close this table; its results are kept (Ctrl+W)"))
        button.setIconSize(QSize(12, 12))
        button.setStyleSheet("padding: 2px;")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Ctrl+W does it by key
        button.clicked.connect(lambda: self.close_sheet(self.stack.indexOf(sheet)))
        return button

    def _show_sheet(self, position: int) -> None:
        if 0 <= position < self.stack.count():
            self.stack.setCurrentIndex(position)
            self._offer_renewal_of_shown()

    def _clicked(self, position: int) -> None:
        if 0 <= position < self.stack.count():
            self._show_sheet(position)
            self.sheet.take_keyboard()

    def _rename(self, sheet: Sheet) -> None:
        position = self.stack.indexOf(sheet)
        if position >= 0:
            self.tabs.setTabText(position, sheet.title)
        self._keeping.start()

    def _tell_tabs(self) -> None:
        """What each table was made with, and when: two may be called the same."""
        for position, sheet in enumerate(self.sheets):
            self.tabs.setTabToolTip(position, plain_tip(sheet.made))

    def _renamed(self, run_id: int, name: str) -> None:
        for sheet in self.sheets:
            if sheet.runs.holds(run_id):
                sheet.set_called(name)

    def _tabs_changed(self) -> None:
        alone = self.stack.count() == 1
        self.tabs.setVisible(not alone)
        self._keeping.start()

    def _free_sheet(self, template: Template) -> Sheet:
        """The shown sheet if nothing is in it, else another."""
        if self.stack.count() and self.sheet.empty:
            self.sheet.set_template(template)
            return self.sheet
        return self.new_sheet(template)

    # ---- samples

    def run_samples(self) -> None:
        """Each of the three sample documents with the template made for it."""
        first: Sheet | None = None
        for name, template_name in SAMPLES:
            path = Path(resources_dir()) / "samples" / name
            try:
                template = self._parts.templates.find(template_name)
            except TemplateError as error:
                self.banners.show_message(sentence(error), "bad")
                continue
            template = next((item for item in self.templates if item.name == template.name), template)
            sheet = self._free_sheet(template) if first is None else self.new_sheet(template)
            sheet.add_files([path], start=True)
            first = first or sheet
        if first is not None:
            self.tabs.setCurrentIndex(self.stack.indexOf(first))

    # ---- runs on disk

    def look_for_runs(self) -> None:
        """Offer what is on disk: the newest unfinished run in a banner, the others below the drop zone."""
        self._parts.tasks.start(
            Operation(lambda _: self._parts.runs.stored(), "runs", owner=self).success(self._found_runs)
        )

    def offer_resume(self) -> None:
        """The banner for an interrupted run; asked for once, at start."""
        self._parts.tasks.start(Operation(lambda _: self._parts.runs.stored(), "runs", owner=self).success(self._offer))

    def _offer(self, stored: Sequence[StoredRun]) -> None:
        self._found_runs(stored)
        left_alone = self._parts.memory.numbers("runs/left")
        for run in stored:
            if run.done < run.total and run.run_id not in left_alone:
                text = counted(
                    run.total,
                    self.tr("A run of 1 document (%2) was interrupted."),
                    self.tr("A run of %1 documents (%2) was interrupted after %3.")
                    if run.done
                    else self.tr("A run of %1 documents (%2) was interrupted at its beginning."),
                )
                text = text.replace("%2", run.title).replace("%3", str(run.done))
                self.banners.show_message(
                    text,
                    "info",
                    [
                        (self.tr("Resume"), partial(self.open_run, run.run_id, start=True)),
                        (self.tr("Leave it"), partial(self._leave, run)),
                    ],
                    key="resume",
                )
                return

    def _leave(self, run: StoredRun) -> None:
        self._parts.memory.set("runs/left", self._parts.memory.numbers("runs/left") | {run.run_id})

    def _found_runs(self, stored: Sequence[StoredRun]) -> None:
        self._stored = list(stored)
        for sheet in self.sheets:
            sheet.drop_zone.show_earlier(self._earlier())

    def _earlier(self) -> list[EarlierRun]:
        runs = []
        for run in self._stored[:_EARLIER_SHOWN]:
            title = f"{run.title} · "
            if run.done < run.total:
                title += self.tr("%1 of %2 documents").replace("%1", str(run.done)).replace("%2", str(run.total))
            else:
                title += counted(run.total, self.tr("1 document"), self.tr("%1 documents"))
            runs.append(EarlierRun(run.run_id, f"{title} · {when_text(run.started)}"))
        return runs

    def open_run(self, run_id: int, *, start: bool = False, cell: tuple[int, str] | None = None) -> None:
        """Show a run that is on disk; ``start`` goes on with it; ``cell``: the position of a document and the name of a field, which
        become the current one."""
        for sheet in self.sheets:
            if sheet.runs.holds(run_id):
                self.tabs.setCurrentIndex(self.stack.indexOf(sheet))
                if start:
                    sheet.run()
                if cell is not None:
                    sheet.choose(run_id, *cell)
                self._offer_renewal_of_shown(again=True)
                return

        def show(loaded: Loaded) -> None:
            sheet = self._free_sheet(loaded[0].template)
            sheet.open_batch(*loaded)
            if start:
                sheet.run()
            if cell is not None:
                sheet.choose(run_id, *cell)
            self._offer_renewal_of_shown(again=True)

        self._parts.tasks.start(
            Operation(lambda _: self._loaded(run_id), "open run", owner=self).success(show).failure(self._failed)
        )

    def _loaded(self, run_id: int) -> Loaded:
        """A run as it is on disk: it, its rows, and which of them were removed."""
        batch = self._parts.runs.resume(run_id)
        return batch, batch.results(), self._parts.runs.removed(run_id)

    # ---- tabs from one start to the next

    def keep_tabs(self) -> None:
        """Which tables are open, for the next start: their runs, or the files that are still to be extracted."""
        if self._restoring:
            return  # closed before they were here again: what was kept still holds
        tabs = [
            _Tab(sheet.runs.stored(), sheet.template.name, sheet.ready_files())
            for sheet in self.sheets
            if not sheet.empty
        ]
        shown = [sheet for sheet in self.sheets if not sheet.empty]
        at = shown.index(self.sheet) if self.stack.count() and self.sheet in shown else 0
        self._parts.memory.set("extract/tabs", to_json(_Tabs(tabs, at)).decode())

    def restore_tabs(self) -> None:
        """Open the tables that were open when the window was closed; what is gone is left out."""
        try:
            kept = from_json(_Tabs, (self._parts.memory.text("extract/tabs") or "{}").encode())
        except ValueError:  # of another version, or not written whole
            return

        def load(_operation: Operation[list[list[Loaded]]]) -> list[list[Loaded]]:
            found: list[list[Loaded]] = []
            for tab in kept.tabs:
                found.append([])
                for run in tab.runs:
                    with contextlib.suppress(StillroomError):  # it was deleted
                        found[-1].append(self._loaded(run))
            return found

        if kept.tabs:
            self._restoring = True
            self._parts.tasks.start(
                Operation(load, "restore", owner=self)
                .success(lambda found: self._show_restored(kept, found))
                .failure(self._not_restored)
            )

    def _not_restored(self, error: Exception) -> None:
        self._restoring = False
        self._failed(error)

    def _show_restored(self, kept: _Tabs, found: list[list[Loaded]]) -> None:
        self._restoring = False
        shown: list[Sheet | None] = []
        for tab, loaded in zip(kept.tabs, found, strict=True):
            there = [Path(file) for file in tab.files if Path(file).exists()]
            named = next((each for each in self.templates if each.name == tab.template), None)
            template = loaded[0][0].template if loaded else named
            if template is None or not (loaded or there):
                shown.append(None)
                continue
            sheet = self._free_sheet(template)
            for each in loaded:
                sheet.open_batch(*each)
            if there:
                sheet.add_files(there)
            shown.append(sheet)
        chosen = shown[kept.shown] if 0 <= kept.shown < len(shown) else None
        if chosen is not None:
            self.tabs.setCurrentIndex(self.stack.indexOf(chosen))
        self.take_keyboard()

    def _offer_renewal_of_shown(self, *, again: bool = False) -> None:
        """Say so where the template was changed since the table that is shown was made, and offer to ask what changed: once for each
        version of the template, or ``again``.
        """
        offered = self._renewal_offered if "renew" in self.banners else None
        for batch in self.sheet.runs.batches():
            template = next((each for each in self.templates if each.name == batch.template.name), None)
            changed = self._parts.runs.changed(batch, template) if template is not None else ()
            if template is None or not changed:
                continue
            told = (batch.run_id, template.version)
            if told == offered and not again:
                return
            if told in self._told_renewal and not again:
                continue
            self._told_renewal.add(told)
            self._renewal_offered = told
            text = counted(
                len(changed),
                self.tr("The template was changed since this table was made: %2."),
                self.tr("The template was changed since this table was made, in %1 fields: %2."),
            )
            words = counted(len(changed), self.tr("Extract it again"), self.tr("Extract them again"))
            actions = [(words, partial(self.renew, batch, template))]
            self.banners.show_message(text.replace("%2", ", ".join(changed)), "info", actions, key="renew")
            return
        if offered is not None:  # of another table, and unanswered: it is offered with that one again
            self._told_renewal.discard(offered)
            self.banners.withdraw("renew")

    def renew(self, batch: Batch, template: Template) -> None:
        """A table of the same files with the template as it is now: what did not change is kept, and so are all verdicts."""
        model = self._loading.model
        if model is None:
            self._say(self.tr("The model is still being loaded. Try it again in a moment."), "info", [])
            return

        def show(made: Batch) -> None:
            sheet = self.new_sheet(template)
            sheet.open_batch(made, [None] * len(made.files))
            sheet.run()
            sheet.take_keyboard()

        work = Operation(lambda _: self._parts.runs.renew(batch, template, model), "renew", owner=self)
        self._parts.tasks.start(work.success(show).failure(self._failed))

    def show_tables(self) -> None:
        """The list of all tables."""
        from stillroom.ui.review.tables_dialog import TablesDialog

        dialog = TablesDialog(lambda: self._parts.reviews, self._parts.tasks, self)
        dialog.open_wanted.connect(self.open_run)
        dialog.renamed.connect(self._renamed)
        dialog.review_wanted.connect(self.review_wanted)
        wanted: list[tuple[TableInfo, TableInfo]] = []
        dialog.compare_wanted.connect(lambda one, other: wanted.append((one, other)))
        dialog.exec()
        for one, other in wanted:
            self.compare(one, other).exec()
        self.look_for_runs()

    def compare(self, one: TableInfo, other: TableInfo) -> ComparisonDialog:
        """Two tables beside each other."""
        from stillroom.ui.review.comparison_dialog import ComparisonDialog

        dialog = ComparisonDialog(self._parts.runs.compare, self._parts.tasks, one, other, self)
        dialog.cell_wanted.connect(lambda run, position, field: self.open_run(run, cell=(position, field)))
        return dialog

    # ---- messages

    def _failed(self, error: Exception) -> None:
        self._say(sentence(error), "bad", [(self.tr("Details"), lambda: show_failure(self, error))])

    def _say(self, text: str, kind: str, actions: Sequence[tuple[str, Callable[[], object]]]) -> None:
        """``kind``: ``info`` goes by itself, ``stay`` until the next is said, ``keep``, ``warn`` and ``bad`` when they are closed."""
        if kind == "keep":
            self.banners.show_message(text, "info", list(actions), key="kept")
            return
        passing = kind in ("info", "stay")
        self.banners.withdraw("said")
        self.banners.show_message(
            text, "info" if passing else kind, list(actions), key="said" if passing else "",
            seconds=8.0 if kind == "info" else 0.0,
        )  # fmt: skip

    def _tell_stand_in(self) -> None:
        """Say once that another model than the usual one had to be loaded; the side panel goes on saying so."""
        notice = self._loading.notice
        if notice != self._stand_in:
            self._stand_in = notice
            self.banners.withdraw("stand-in")
            if notice:
                self.banners.show_message(notice, "warn", key="stand-in")

    def _model_changed(self) -> None:
        self._tell_stand_in()
        if self._loading.state is LoadState.FAILED and self._loading.error is not None and not self._loading.none_there:
            error = self._loading.error
            actions: list[tuple[str, Callable[[], object]]] = [
                (self.tr("Try again"), self._loading.start),
                (self.tr("Details"), lambda: show_failure(self, error)),
            ]
            self.banners.show_message(sentence(error), "bad", actions, key="model", closable=False)
        else:
            self.banners.withdraw("model")
