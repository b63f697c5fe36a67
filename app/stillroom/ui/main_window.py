"""The window: pages at the left, the one that is shown, the side panel at the right."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import shiboken6
from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QScrollArea, QStackedWidget, QWidget

from stillroom.ui.controls import label
from stillroom.ui.extract.page import ExtractPage
from stillroom.ui.extract.run_queue import RunQueue
from stillroom.ui.model_loading import ModelLoading
from stillroom.ui.navigation import Navigation
from stillroom.ui.panel.measurements import Measuring
from stillroom.ui.panel.side_panel import SidePanel
from stillroom.ui.parts import Parts
from stillroom.ui.starter import StarterFetch
from stillroom.ui.tasks import Operation

_PANEL_FROM = 1060  # pixels of the window's width; below, page and panel together are too narrow to work in
_NAMES_FROM = QSize(900, 680)  # pixels; in a window below either, the pages' icons stand without their names
_READ_AHEAD_MS = 2000  # after the window is there
_TITLE_BAR = 40  # pixels a window system may take for it; it tells only once the window is shown


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One page: its name and icon in the navigation, what builds it, and the modules that are loaded for that."""

    title: str
    icon_name: str
    build: Callable[[], QWidget]
    modules: tuple[str, ...] = ()


@runtime_checkable
class TakesKeyboard(Protocol):
    """A page that knows where the keyboard is wanted when it is shown."""

    def take_keyboard(self) -> None: ...


class _Held(QWidget):
    """A page in its place, which asks for no more than its least height: one with words that wrap is otherwise given all that it would
    like, and hangs over the edge of a window that it fits into.
    """

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self._page = page
        page.setParent(self)
        page.show()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        least, layout = self._page.minimumSizeHint().expandedTo(self._page.minimumSize()), self._page.layout()
        if layout is not None and layout.hasHeightForWidth():
            width = max(self.width(), least.width())
            least.setHeight(max(least.height(), layout.totalMinimumHeightForWidth(width)))
        return least

    def sizeHint(self) -> QSize:  # noqa: N802
        return self._page.sizeHint()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._page.resize(event.size())
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


class _Place(QScrollArea):
    """Where a page will be: it is built when it is first shown, so that the window is there sooner.

    A window that is smaller than the page asks for (a low screen at 200 %) shows a part of it that can be moved: nothing lies over
    something else, and nothing is out of reach.
    """

    def __init__(self, build: Callable[[], QWidget]) -> None:
        super().__init__()
        self._build = build
        self.page: QWidget | None = None
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def fill(self) -> QWidget:
        """The page, built if it was not yet."""
        if self.page is None:
            self.page = self._build()
            self.setWidget(_Held(self.page))
            self.page.setAutoFillBackground(False)  # the window's own stays what is behind it
        return self.page

    def wait(self, words: str) -> None:
        """Say why the page is not there yet."""
        said = label(words, "muted")
        said.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWidget(said)


_REVIEW = (
    "ui.review.page", "ui.review.lessons", "workspace.review_exports", "workspace.learning", "evaluation.evaluate",
    "review.queue", "review.marked_value",
)  # fmt: skip
_TEMPLATES = ("ui.templates.page", "templates.versions", "templates.toml_writing")
_SETTINGS = ("ui.settings.page", "doctor", "extraction.provenance", "remote.prices")


def _load(names: Sequence[str]) -> None:
    for name in names:
        importlib.import_module(f"stillroom.{name}")


class MainWindow(QMainWindow):
    """The window.

    Signals:
        closing: the user closed the window.
    """

    closing = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._panel_folded = False
        self._has_read_ahead = False
        self._loaded: set[int] = set()  # pages whose modules are here
        self._awaited = -1  # the page that is shown when its modules are here
        self.setWindowTitle("Stillroom")
        self.setMinimumSize(QSize(640, 400))
        self.loading = ModelLoading(parts)
        self.starter = StarterFetch(parts, self.loading)
        self.queue = RunQueue(parts, self.loading)
        self.navigation = Navigation(parts.theme, parts.seal)
        self.pages = QStackedWidget()
        self.panel = SidePanel(self.loading, self.queue, parts.seal)
        for seal in (self.panel.seal, self.navigation.seal):
            seal.clicked.connect(self._show_seal)
        self._measuring = Measuring(parts.engine, parts.tasks, self.panel.show_measurement, self.panel)
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.navigation)
        row.addWidget(self.pages, 1)
        row.addWidget(self.panel)
        self.setCentralWidget(middle)
        self._review = [entry.icon_name for entry in self._entries()].index("review")
        self._offered_run = 0
        for entry in self._entries():
            self.navigation.add(entry.title, entry.icon_name)
            self.pages.addWidget(_Place(entry.build))
        self.navigation.chosen.connect(self.open_page)
        self.navigation.panel_button.toggled.connect(self._show_panel)
        first = self.show_page(0)
        assert isinstance(first, ExtractPage)
        self.extract = first
        self.extract.review_wanted.connect(self._show_in_review)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._keyboard_moved)
        self._restore()

    def _entries(self) -> list[PageEntry]:
        """The pages there are; another one is another line."""
        return [
            PageEntry(
                self.tr("Extract"), "extract", lambda: ExtractPage(self._parts, self.queue, self.loading, self.starter)
            ),
            PageEntry(self.tr("Review"), "review", self._build_review, _REVIEW),
            PageEntry(self.tr("Templates"), "templates", self._build_templates, _TEMPLATES),
            PageEntry(self.tr("Chat"), "chat", self._build_chat, ("ui.chat.page",)),
            PageEntry(self.tr("Models"), "models", self._build_models, ("ui.models.page",)),
            PageEntry(self.tr("Evaluate"), "evaluate", self._build_evaluate, ("ui.evaluate.page",)),
            PageEntry(self.tr("Settings"), "settings", self._build_settings, _SETTINGS),
        ]

    def _build_review(self) -> QWidget:
        from stillroom.ui.review.lessons import Lessons
        from stillroom.ui.review.page import ReviewPage

        parts = self._parts

        reviews = parts.review_exports
        lessons = Lessons(lambda: parts.learning, reviews.labels_of, lambda: parts.runs, parts.tasks, reviews.labelled)
        lessons.put_down.connect(self.extract.take_proposals)
        page = ReviewPage(parts.reviews, parts.tasks, parts.memory, parts.row_files, lessons)
        page.extract_wanted.connect(lambda: self.show_page(0))
        self.queue.ended.connect(lambda run: page.run_ended(run.batch.run_id) if run.batch is not None else None)
        return page

    def _build_chat(self) -> QWidget:
        from stillroom.ui.chat.page import ChatPage

        page = ChatPage(self._parts, self.loading, self.starter)
        page.template_made.connect(self._offer_template)
        page.models_wanted.connect(lambda: self.show_named("models"))
        return page

    def _offer_template(self, name: str, wanted: bool) -> None:
        """A template that was made in Chat or Templates, to be used in Extract."""
        extract = self.extract
        extract.offer_template(name, use=wanted)
        if wanted:
            self.show_page(0)
            extract.sheet.take_keyboard()

    def _build_templates(self) -> QWidget:
        from stillroom.ui.templates.page import TemplatesPage

        page = TemplatesPage(self._parts, self.loading)
        page.saved.connect(lambda name: self._offer_template(name, False))
        page.use_wanted.connect(lambda name: self._offer_template(name, True))
        page.table_wanted.connect(self._show_table)
        return page

    def _show_table(self, run: int) -> None:
        self.show_page(0)
        self.extract.open_run(run)

    def _build_evaluate(self) -> QWidget:
        from stillroom.ui.evaluate.page import EvaluatePage

        page = EvaluatePage(self._parts, self.loading)
        page.document_wanted.connect(self._show_value)
        page.working.connect(self.panel.show_other_work)
        page.models_wanted.connect(lambda: self.show_named("models"))
        return page

    def _show_value(self, path: Path, field: str) -> None:
        """A value of a document: in Review where a table has the document, else beside its template."""
        from stillroom.ui.evaluate.page import EvaluatePage

        evaluate = self.show_named("evaluate")
        assert isinstance(evaluate, EvaluatePage)
        name = evaluate.template_name

        def done(run: int | None) -> None:
            if run is not None:
                from stillroom.ui.review.page import ReviewPage

                review = self.show_named("review")
                assert isinstance(review, ReviewPage)
                review.show_value(run, path, field)
                return
            from stillroom.ui.templates.page import TemplatesPage

            templates = self.show_named("templates")
            assert isinstance(templates, TemplatesPage)
            templates.show_value(name, path, field)

        self._parts.tasks.start(Operation(lambda _: self._parts.runs.with_file(path), "find", owner=self).success(done))

    def _build_models(self) -> QWidget:
        from stillroom.ui.models.page import ModelsPage

        return ModelsPage(self._parts, self.loading)

    def _build_settings(self) -> QWidget:
        from stillroom.ui.settings.page import SettingsPage

        return SettingsPage(self._parts)

    def open_page(self, number: int) -> None:
        """Show the page of this number, from 0, as soon as it can be built: what it is made of is loaded beside the window, which would
        stand still for a second otherwise.
        """
        place = self.pages.widget(number)
        assert isinstance(place, _Place)
        entry = self._entries()[number]
        self._awaited = number
        if place.page is not None or number in self._loaded or not entry.modules:
            self.show_page(number)
            return
        place.wait(self.tr("Opening…"))
        self.pages.setCurrentIndex(number)
        self.navigation.show_chosen(number)

        def done(_: None) -> None:
            self._loaded.add(number)
            if self._awaited == number:
                self.show_page(number)

        self._parts.tasks.start(Operation(lambda _: _load(entry.modules), "open page", owner=self).success(done))

    def show_page(self, number: int) -> QWidget:
        """Show the page of this number, from 0, at once, and return it."""
        self._awaited = number
        place = self.pages.widget(number)
        assert isinstance(place, _Place)
        page = place.fill()
        if number == self._review:
            self._offer_to_review(page)
        self.pages.setCurrentIndex(number)
        self.navigation.show_chosen(number)
        self._give_keyboard(page)
        return page

    def _give_keyboard(self, page: QWidget) -> None:
        """The keyboard goes to where the page is worked with, not to what stands beside it."""
        if isinstance(page, TakesKeyboard):
            page.take_keyboard()
            return
        each = page.nextInFocusChain()
        while each is not None and each is not page and page.isAncestorOf(each):
            takes = each.focusPolicy() & Qt.FocusPolicy.TabFocus
            if takes == Qt.FocusPolicy.TabFocus and each.isEnabled() and each.isVisibleTo(page):
                each.setFocus()
                return
            each = each.nextInFocusChain()

    def _keyboard_moved(self, left: QWidget | None, _to: QWidget | None) -> None:
        """A control that was pressed and goes, or can be pressed no more, would hand the keyboard to whatever stands next to the page."""
        page = self._page()
        if left is not None and page is not None and page.isAncestorOf(left):
            QTimer.singleShot(0, self, lambda: self._take_keyboard_back(left, page))

    def _take_keyboard_back(self, left: QWidget, page: QWidget) -> None:
        if not shiboken6.isValid(page) or self._page() is not page:
            return
        lost = not shiboken6.isValid(left) or not left.isEnabled() or not left.isVisible()
        now = self.focusWidget()
        if lost and (now is None or not page.isAncestorOf(now)):
            self._give_keyboard(page)

    def _page(self) -> QWidget | None:
        """The page that is shown."""
        place = self.pages.currentWidget()
        return place.page if isinstance(place, _Place) else None

    def show_named(self, icon_name: str) -> QWidget:
        """Show the page with this icon, whatever its place and the language it is named in. Raises ValueError."""
        return self.show_page([entry.icon_name for entry in self._entries()].index(icon_name))

    def _offer_to_review(self, page: QWidget) -> None:
        """Where another table is worked with than when Review was shown last, Review goes on with that one."""
        from stillroom.ui.review.page import ReviewPage

        assert isinstance(page, ReviewPage)
        stored = self.extract.sheet.runs.stored()
        if stored and stored[-1] != self._offered_run:
            self._offered_run = stored[-1]
            page.offer_run(stored[-1])

    def _show_in_review(self, run: int) -> None:
        from stillroom.ui.review.page import ReviewPage

        page = self.show_named("review")
        assert isinstance(page, ReviewPage)
        page.show_run(run)

    def _show_seal(self) -> None:
        from stillroom.ui.settings.page import SettingsPage

        page = self.show_named("settings")
        assert isinstance(page, SettingsPage)
        page.show_seal()

    def _show_panel(self, shown: bool) -> None:
        """As the person wants it; where the window is narrow only for as long as it stays as it is."""
        self._panel_folded = False
        self.panel.setVisible(shown)
        self.navigation.seal.setVisible(not shown)
        if self.width() >= _PANEL_FROM:
            self._parts.memory.set("panel/shown", shown)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        if self.width() < _PANEL_FROM and self.panel.isVisibleTo(self):  # it may have been given its size before
            self._fold_panel()

    def _fold_panel(self) -> None:
        self.navigation.panel_button.setChecked(False)
        self._panel_folded = True

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """A window too narrow for page and panel folds the panel away, and unfolds it when there is room again."""
        super().resizeEvent(event)
        self.navigation.set_compact(self.width() < _NAMES_FROM.width() or self.height() < _NAMES_FROM.height())
        narrow, was_narrow = self.width() < _PANEL_FROM, event.oldSize().width() < _PANEL_FROM
        if narrow and self.panel.isVisibleTo(self) and (not was_narrow or event.oldSize().width() < 0):
            self._fold_panel()
        elif not narrow and self._panel_folded:
            self.navigation.panel_button.setChecked(True)

    def _restore(self) -> None:
        memory = self._parts.memory
        self.resize(1280, 800)
        geometry = memory.state("window/geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)
        else:
            available = self.screen().availableGeometry()
            self.resize(min(1280, available.width()), min(800, available.height()))
            if available.width() <= 1280 or available.height() <= 800 + _TITLE_BAR:
                # With its frame it would hang over the edge, and the seal, which stands lowest, would not be seen.
                self.setWindowState(Qt.WindowState.WindowMaximized)
        shown = memory.flag("panel/shown", True)
        self.navigation.panel_button.setChecked(shown)
        self._show_panel(shown)

    def start(self) -> None:
        """What may wait until the window is there: measuring, the model, runs on disk."""
        self._measuring.start()
        self.loading.start()
        self.extract.restore_tabs()
        self.extract.offer_resume()
        self.queue.started.connect(self._read_ahead)
        QTimer.singleShot(_READ_AHEAD_MS, self, self._read_ahead_for_tables)

    def _read_ahead_for_tables(self) -> None:
        if any(not sheet.empty for sheet in self.extract.sheets):
            self._read_ahead()

    def _read_ahead(self) -> None:
        """Load what Review needs once there is something to review: it would hold the window up when the page is first shown."""
        if self._has_read_ahead:
            return
        self._has_read_ahead = True
        done = Operation(lambda _: _load(_REVIEW), "read ahead", owner=self).success(
            lambda _: self._loaded.add(self._review)
        )
        self._parts.tasks.start(done)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        self.extract.keep_tabs()
        self._parts.memory.set("window/geometry", self.saveGeometry())
        self._parts.memory.save()
        event.accept()
        self.closing.emit()
