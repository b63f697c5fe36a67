"""The Templates page: the templates there are, one of them to be changed, and a document beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QFontDatabase, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from stillroom.errors import StillroomError, TemplateError
from stillroom.templates import editing
from stillroom.templates.template import Field, FieldType, Rule, Template
from stillroom.ui.banner import BannerArea
from stillroom.ui.controls import Button, ComboBox, IconButton, describe, label
from stillroom.ui.extract.cell import cell_of
from stillroom.ui.model_loading import ModelLoading
from stillroom.ui.parts import Parts
from stillroom.ui.questions import file_to_write
from stillroom.ui.tasks import Operation
from stillroom.ui.templates.draft import Draft
from stillroom.ui.templates.field_form import FieldForm
from stillroom.ui.templates.kinds import kind_text
from stillroom.ui.templates.preview import Preview
from stillroom.ui.theme import GRID
from stillroom.ui.wording import counted, percent_text, sentence

if TYPE_CHECKING:
    from stillroom.ui.templates.versions_dialog import TouchedTable

T = TypeVar("T")

_NAME = Qt.ItemDataRole.UserRole
_LIST_FROM = 860  # pixels of the page's width; below, the list of templates is a box to choose from, or three columns cut each other


_LEFT = "templates/left"
_SHARED = ".stillroom"  # the ending of a shared template's file
_TYPE, _TYPE_BESIDE_VALUES = 160, 102  # width of the column, in pixels


class TemplatesPage(QWidget):
    """The page Templates.

    Signals:
        saved(str): the template of this name is on disk, new or changed.
        use_wanted(str): a table with it is wanted.
        table_wanted(int): the table of this run is wanted.
    """

    saved = Signal(str)
    use_wanted = Signal(str)
    table_wanted = Signal(int)

    def __init__(self, parts: Parts, loading: ModelLoading) -> None:
        super().__init__()
        self._parts = parts
        self._own = parts.templates.own
        self._draft = Draft("")
        self._filling = False
        self._left = parts.memory.text(_LEFT)  # what was not saved when the window was closed
        self.setAccessibleName(self.tr("Templates"))
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addLayout(self._head())
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(2 * GRID)
        splitter.setChildrenCollapsible(False)
        editor = self._editor()
        splitter.addWidget(self._list())
        splitter.addWidget(editor)
        self.preview = Preview(parts, loading, self._keep_new)
        splitter.addWidget(self.preview)
        splitter.setStretchFactor(1, 3)
        splitter.setStretchFactor(2, 3)
        splitter.setSizes([174, 430, 386])
        column.addWidget(splitter, 1)
        self.banners = BannerArea(self, self.list, editor)  # the document, and what is pressed next, stay in sight
        self.preview.shown.connect(self._add_shown)
        self.preview.values_changed.connect(self._show_values)
        for typed in (self.title.textEdited, self.description.textEdited, self.form.typed):
            typed.connect(self._offer_to_save)
        self.preview.told.connect(self._select)
        self.preview.said.connect(self._say)
        self._actions()
        self.refresh()
        self.list.setCurrentRow(0)
        if self._left:
            self._offer_left(self._left)

    # ---- building

    def take_keyboard(self) -> None:
        """To the list of templates."""
        (self.chooser if self.list.isHidden() else self.list).setFocus()

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(label(self.tr("Templates"), "title"))
        self.chooser = ComboBox()
        self.chooser.setAccessibleName(self.tr("Templates"))
        self.chooser.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.chooser.setMinimumWidth(150)
        self.chooser.hide()
        row.addWidget(self.chooser, 2)
        row.addStretch(1)
        new = IconButton("plus", self.tr("New template"), "button", text=self.tr("New"), colour="text")
        new.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(new)
        menu.addAction(self.tr("By marking a document…"), self.new_by_marking)
        menu.addAction(self.tr("From a sentence…"), self.new_from_sentence)
        menu.addAction(self.tr("From a table's heading…"), self.new_from_heading)
        menu.addAction(self.tr("From a JSON Schema…"), self.new_from_schema)
        menu.addAction(self.tr("A copy of the one shown"), self.copy_shown)
        menu.addAction(self.tr("From a shared file…"), self.new_from_shared)
        new.setMenu(menu)
        self.new_button = new
        row.addWidget(new)
        return row

    def _list(self) -> QListWidget:
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Templates"))
        self.list.setMinimumWidth(174)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.currentItemChanged.connect(self._chosen)
        self.chooser.setModel(self.list.model())
        self.chooser.activated.connect(self.list.setCurrentRow)
        self.list.currentRowChanged.connect(self.chooser.setCurrentIndex)
        return self.list

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.list.setVisible(event.size().width() >= _LIST_FROM)
        self.list.scheduleDelayedItemsLayout()  # laid out while it was hidden, its rows have not got their padding
        self.chooser.setVisible(self.list.isHidden())

    def _editor(self) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        self.title = QLineEdit()
        describe(self.title, self.tr("Title of the template"))
        self.title.editingFinished.connect(lambda: self._set("title", self.title.text().strip()))
        head.addWidget(self.title, 1)
        self.save_button = Button(self.tr("Save"), "primary", "", self.save)
        describe(
            self.save_button,
            self.tr("Save"),
            self.tr("Save it as the next version"),
            QKeySequence(QKeySequence.StandardKey.Save),
        )
        head.addWidget(self.save_button)
        self.more = IconButton("down", self.tr("More"), "button", text=self.tr("More"), colour="text")
        self.more.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        head.addWidget(self.more)
        column.addLayout(head)
        self.description = QLineEdit()
        self.description.setPlaceholderText(self.tr("What kind of document is it for?"))
        describe(self.description, self.tr("What kind of document it is for"))
        self.description.editingFinished.connect(lambda: self._set("description", self.description.text().strip()))
        column.addWidget(self.description)
        self.built_in = label(
            self.tr("This template comes with Stillroom. Change it, and the changed one is yours."), "muted", wrap=True
        )
        column.addWidget(self.built_in)
        self.fields = QTableWidget(0, 3)
        self.fields.setHorizontalHeaderLabels([self.tr("Field"), self.tr("What it is"), self.tr("Found")])
        self.fields.setAccessibleName(self.tr("Fields"))
        self.fields.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.fields.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.fields.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.fields.setShowGrid(False)
        self.fields.setTabKeyNavigation(False)
        self.fields.verticalHeader().hide()
        self.fields.horizontalHeader().setHighlightSections(False)
        self.fields.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.fields.setWordWrap(False)
        self.fields.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.fields.setColumnWidth(0, 122)
        self.fields.setMinimumHeight(120)
        self.fields.currentCellChanged.connect(lambda *_: self._show_field())
        tools = QHBoxLayout()
        tools.setSpacing(GRID // 2)
        self.add_button = IconButton("plus", self.tr("Add a field"))
        self.add_button.clicked.connect(self.add_field)
        self.up_button = IconButton("up", self.tr("Move the field up"))
        self.up_button.clicked.connect(lambda: self._move(-1))
        self.down_button = IconButton("down", self.tr("Move the field down"))
        self.down_button.clicked.connect(lambda: self._move(1))
        self.remove_button = IconButton("remove", self.tr("Remove the field"))
        self.remove_button.clicked.connect(self._remove_field)
        tools.addStretch(1)
        for button in (self.add_button, self.up_button, self.down_button, self.remove_button):
            tools.addWidget(button)
        self.form = FieldForm(self._parts.learning.kind_called)
        self.form.edited.connect(self._edited)
        holder = QScrollArea()
        holder.setWidget(self.form)
        holder.setWidgetResizable(True)
        holder.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.text = QPlainTextEdit()
        self.text.setAccessibleName(self.tr("The template as text"))
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.textChanged.connect(self._text_edited)
        form_side = QWidget()
        inner = QVBoxLayout(form_side)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(GRID)
        inner.addWidget(self.fields, 2)
        inner.addLayout(tools)
        inner.addWidget(holder, 3)
        self.stack = QStackedWidget()
        self.stack.addWidget(form_side)
        self.stack.addWidget(self.text)
        column.addWidget(self.stack, 1)
        self.problem = label("", "bad", wrap=True)
        column.addWidget(self.problem)
        return side

    def _actions(self) -> None:
        menu = QMenu(self.more)
        self._undo = menu.addAction(self.tr("Undo"), lambda: self._draft.undo.undo())
        self._undo.setShortcut(QKeySequence(QKeySequence.StandardKey.Undo))
        self._redo = menu.addAction(self.tr("Redo"), lambda: self._draft.undo.redo())
        self._redo.setShortcut(QKeySequence(QKeySequence.StandardKey.Redo))
        menu.addSeparator()
        self._as_text = menu.addAction(self.tr("Show as text"))
        self._as_text.setCheckable(True)
        self._as_text.toggled.connect(self._show_as_text)
        menu.addAction(self.tr("Checks over several fields…"), self.edit_rules)
        menu.addAction(self.tr("Versions…"), self.show_versions)
        self._learned: QAction = menu.addAction(self.tr("What it learned…"), self.show_learned)
        menu.addSeparator()
        menu.addAction(self.tr("Share as a file…"), self.share)
        menu.addAction(self.tr("Use it in a new table"), self._use)
        self._delete: QAction = menu.addAction(self.tr("Delete"), self.delete)
        self.more.setMenu(menu)
        for action in (self._undo, self._redo):
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self.addAction(action)

    def _say(self, text: str, kind: str) -> None:
        """What the preview says; what is no trouble goes by itself."""
        self.banners.show_message(text, kind, key="preview", seconds=6 if kind == "info" else 0)

    # ---- the list

    def refresh(self, name: str = "", *, keep: bool = False) -> None:
        """The templates as they are on disk now; the one of this name is shown. ``keep``: what is shown stays, with all its undo."""
        wanted = name or (self._draft.template.name if self._draft.template else "")
        own = set(self._own.names())
        self._filling = True
        self.list.clear()
        templates = self._parts.templates.templates()
        for mine in (True, False):
            for template in (
                sorted(templates, key=lambda each: (each.title or each.name).casefold()) if mine else templates
            ):
                if (template.name in own) is mine:
                    item = QListWidgetItem(template.title or template.name)
                    item.setData(_NAME, template.name)
                    item.setToolTip(self.tr("Your own") if mine else self.tr("Comes with Stillroom"))
                    if mine:
                        font = item.font()
                        font.setBold(True)
                        item.setFont(font)
                    self.list.addItem(item)
        names = [self.list.item(row).data(_NAME) for row in range(self.list.count())]
        self._filling = keep
        if wanted in names:
            self.list.setCurrentRow(names.index(wanted))
        self._filling = False

    def _chosen(self, item: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if self._filling or item is None:
            return
        name = str(item.data(_NAME))
        self._keep_in_reach()
        try:
            text = (
                self._own.text(name)
                if name in self._own.names()
                else self._parts.templates.text(self._parts.templates.find(name))
            )
        except TemplateError as error:
            self.banners.show_message(sentence(error), "bad")
            return
        self._show(Draft(text))

    def _keep_in_reach(self) -> None:
        """Offer the way back to what is shown, where it would be lost with another one in its place."""
        kept = self._draft
        if not kept.unsaved or (kept.template is None and not kept.undo.count()):
            return
        title = kept.template.title or kept.template.name if kept.template is not None else _title_of(kept.text)
        ways: list[tuple[str, Callable[[], object]]] = [(self.tr("Go back to it"), lambda: self._go_back(kept))]
        if not kept.problems:
            ways.insert(0, (self.tr("Save it"), lambda: self._save(kept)))
        text = self.tr("What you changed in %1 is not saved.").replace("%1", title or self.tr("the template"))
        banner = self.banners.show_message(text, "warn", ways, key="unsaved")
        self._left = kept.text
        banner.gone.connect(self._forget_left)

    def _offer_left(self, text: str) -> None:
        """Offer what was not saved when the window was closed."""
        template, _ = editing.check(text, self.tr("template"))
        name = template.name if template is not None else ""
        own = name in self._own.names()
        known = own or any(each.name == name for each in self._parts.templates.templates())
        before = (
            self._own.text(name)
            if own
            else self._parts.templates.text(self._parts.templates.find(name))
            if known
            else ""
        )
        draft = Draft(before or text, new=not before)
        draft.edit(text, self.tr("What was not saved"))
        title = (template.title or name) if template is not None else _title_of(text)
        said = self.tr("What you changed in %1 was not saved when Stillroom was closed.")
        banner = self.banners.show_message(
            said.replace("%1", title or self.tr("the template")), "warn",
            [(self.tr("Go back to it"), lambda: self._go_back(draft))], key="left",
        )  # fmt: skip
        banner.gone.connect(self._forget_left)

    def _forget_left(self) -> None:
        self._left = ""
        self._remember()

    def _remember(self) -> None:
        """What is not saved, for the next start."""
        draft = self._draft
        unsaved = draft.unsaved and (draft.template is not None or draft.undo.count() > 0)
        self._parts.memory.set(_LEFT, draft.text if unsaved else self._left)

    def _go_back(self, draft: Draft) -> None:
        self._keep_in_reach()
        self._show(draft)

    def _show(self, draft: Draft) -> None:
        self._draft = draft
        draft.setParent(self)
        draft.changed.connect(self._refresh)
        draft.undo.canUndoChanged.connect(self._undo.setEnabled)
        draft.undo.canRedoChanged.connect(self._redo.setEnabled)
        self._undo.setEnabled(draft.undo.canUndo())
        self._redo.setEnabled(draft.undo.canRedo())
        self.fields.setCurrentCell(0, 0)
        self._refresh()
        self._fill_text()
        if self.fields.rowCount() and self.fields.currentRow() < 0:
            self.fields.setCurrentCell(0, 0)

    def show_value(self, name: str, path: Path, field: str) -> None:
        """A document beside a template, with the place of one of its fields lit as soon as it is found."""
        self.refresh(name)
        for row, each in enumerate(self._draft.fields):
            if each.name == field:
                self.fields.setCurrentCell(row, 0)
        self.preview.open(path)

    # ---- what is shown

    def _refresh(self) -> None:
        draft, template = self._draft, self._draft.template
        self.problem.setText("\n".join(draft.problems[:2]) if template is not None else "")
        self.problem.setVisible(bool(self.problem.text()))
        self.save_button.setEnabled(not draft.problems and draft.unsaved)
        self._delete.setEnabled(self._is_own())
        self.built_in.setVisible(template is not None and not self._is_own() and not draft.unsaved)
        # Without fields it is no template yet, but has a title.
        said = (template.title, template.description) if template is not None else (_title_of(draft.text), "")
        for entry, text in zip((self.title, self.description), said, strict=True):
            if not entry.hasFocus() or not entry.isModified():
                entry.setText(text)
                entry.setCursorPosition(0)
        current = self.fields.currentRow()
        self._filling = True
        self.fields.setRowCount(len(draft.fields))
        for row, field in enumerate(draft.fields):
            name = field.heading
            for place, text in enumerate((name + (" *" if field.required else ""), kind_text(field.type))):
                item = QTableWidgetItem(text)
                item.setToolTip(field.description)
                self.fields.setItem(row, place, item)
        self._filling = False
        if draft.fields:
            self.fields.setCurrentCell(min(max(0, current), len(draft.fields) - 1), 0)
        self._show_field()
        self._show_values()
        self._fill_text()
        self.preview.show_template(None if draft.problems else template)
        self._remember()

    def _show_values(self) -> None:
        # What was found says more than the whole of a type; where nothing was, the type has the room.
        self.fields.setColumnWidth(1, _TYPE_BESIDE_VALUES if self.preview.values else _TYPE)
        for row, field in enumerate(self._draft.fields):
            result = self.preview.values.get(field.name)
            cell = cell_of(field, result)
            sure = f"  {percent_text(cell.confidence)}" if cell.text and cell.confidence is not None else ""
            item = QTableWidgetItem(cell.text + sure if cell.text or result is None else self.tr("not found"))
            item.setToolTip(cell.text)
            self.fields.setItem(row, 2, item)
        self._light()

    def _current(self) -> Field | None:
        row = self.fields.currentRow()
        return self._draft.fields[row] if 0 <= row < len(self._draft.fields) else None

    def _show_field(self) -> None:
        if self._filling:
            return
        field = self._current()
        self.form.show_field(field)
        for button in (self.up_button, self.down_button, self.remove_button):
            button.setEnabled(field is not None)
        self._light()

    def _light(self) -> None:
        field = self._current()
        if field is not None:
            self.preview.light(field.name)

    def _show_as_text(self, wanted: bool) -> None:
        self.stack.setCurrentIndex(int(wanted))
        self._fill_text()

    def _fill_text(self) -> None:
        if self.text.toPlainText() != self._draft.text:
            self._filling = True
            self.text.setPlainText(self._draft.text)
            self._filling = False

    def _is_own(self) -> bool:
        return self._draft.template is not None and self._draft.template.name in self._own.names()

    # ---- edits

    def _edit(self, text: str, what: str) -> None:
        self._draft.edit(text, what)

    def _text_edited(self) -> None:
        if not self._filling:
            self._draft.type(self.text.toPlainText())

    def _set(self, key: str, value: str) -> None:
        template = self._draft.template
        if template is None or getattr(template, key) != value:
            self._edit(editing.set_value(self._draft.text, key, value), self.tr("Change the title"))

    def _edited(self, name: str, field: Field) -> None:
        try:
            self._draft.set_field(name, field)
        except TemplateError as error:
            self.banners.show_message(sentence(error), "bad")

    def add_field(self) -> None:
        """One more field, to be filled in."""
        names = [field.name for field in self._draft.fields]
        self._add(Field(editing.name_from(self.tr("new field"), names), FieldType.LINE))
        self.form.label.setFocus()
        self.form.label.selectAll()

    def _add(self, field: Field) -> None:
        self._draft.add_field(field)
        self.fields.setCurrentCell(len(self._draft.fields) - 1, 0)
        self._show_field()

    def _add_shown(self, field: Field) -> None:
        self._add(field)
        self.preview.view.setFocus()

    def _select(self, name: str) -> None:
        """The row of a field, which lights its value."""
        names = [field.name for field in self._draft.fields]
        if name in names:
            self.fields.setCurrentCell(names.index(name), 0)

    def _remove_field(self) -> None:
        field = self._current()
        if field is not None:
            self._draft.remove_field(field.name)
            self.banners.show_message(
                self.tr("%1 was removed.").replace("%1", field.heading),
                "info",
                [(self.tr("Undo"), self._draft.undo.undo)],
                key="removed",
            )

    def _move(self, by: int) -> None:
        field, place = self._current(), self.fields.currentRow() + by
        if field is not None and 0 <= place < len(self._draft.fields):
            self._draft.move_field(field.name, place)
            self.fields.setCurrentCell(place, 0)

    def edit_rules(self) -> None:
        """The checks over several fields."""
        template = self._draft.template
        if template is None:
            return
        from stillroom.ui.templates.rules_dialog import RulesDialog

        def text(rules: Sequence[Rule]) -> str:
            return editing.set_rules(self._draft.text, rules)

        dialog = RulesDialog(template, lambda rules: Draft(text(rules)).problems, self)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self._edit(text(dialog.rules()), self.tr("Change the checks"))

    # ---- new ones

    def new_by_marking(self) -> None:
        """Without fields: they come from marks on a document."""
        title = self._ask_title(self.tr("What are the documents called? (for example: Talk announcement)"))
        if title:
            self._begin(editing.new_template(self._free_name(title), title))
            self.preview.open_button.setFocus()

    def new_from_sentence(self) -> None:
        """A field for each thing a sentence names, as a beginning."""
        text, wanted = QInputDialog.getText(
            self,
            self.tr("New template"),
            self.tr("What do you want of each document? (for example: who spoke, where and when)"),
        )
        if wanted and text.strip():
            self.from_sentence(text)

    def from_sentence(self, sentence: str) -> None:
        fields = self._parts.learning.fields_from_sentence(sentence)
        if not fields:
            self.banners.show_message(self.tr("This sentence names nothing that could be looked for."), "warn")
            return
        title = sentence.strip()[:40]
        text = editing.new_template(self._free_name(title), title[:1].upper() + title[1:])
        for field in fields:
            text = editing.add_field(text, field)
        self._begin(text)
        self.banners.show_message(
            self.tr("Look at what each field is taken for, and open a document of yours beside it."),
            "info",
            key="begun",
            seconds=12,
        )

    def new_from_heading(self) -> None:
        """A field for each column that a spreadsheet or CSV file names."""
        name, _filter = QFileDialog.getOpenFileName(
            self, self.tr("A table whose headings name the fields"), self._parts.memory.folder("folder/open"),
            self.tr("Tables (*.csv *.tsv *.xlsx *.ods *.xls)"),
        )  # fmt: skip
        if name:
            self.from_heading(Path(name))

    def from_heading(self, path: Path) -> None:
        """The table is read beside the window."""

        def work(operation: Operation[list[Field]]) -> list[Field]:
            document = self._parts.readers.read(path, urgent=True, cancellation=operation.cancellation)
            return self._parts.learning.fields_from_table(document)

        self._in_background(
            Operation(work, "heading", owner=self).success(lambda fields: self._begin_from_heading(path, fields))
        )

    def _begin_from_heading(self, path: Path, fields: Sequence[Field]) -> None:
        if not fields:
            self.banners.show_message(self.tr("No row of this table names its columns."), "warn")
            return
        self._begin(self._with_fields(path.stem, fields))

    def new_from_schema(self) -> None:
        name, _filter = QFileDialog.getOpenFileName(
            self, self.tr("A JSON Schema"), self._parts.memory.folder("folder/open"), self.tr("JSON (*.json)")
        )
        if name:
            self.from_schema(Path(name))

    def from_schema(self, path: Path) -> None:
        try:
            made = self._parts.templates.from_schema(path)
        except TemplateError as error:
            self.banners.show_message(sentence(error), "bad")
        else:
            self._begin(self._parts.templates.text(replace(made, name=self._free_name(made.name))))

    def copy_shown(self) -> None:
        template = self._draft.template
        if template is not None:
            title = self.tr("%1 (copy)").replace("%1", template.title or template.name)
            text = editing.set_value(self._draft.text, "name", self._free_name(template.name))
            self._begin(editing.set_value(editing.set_value(text, "title", title), "version", 1))

    def new_from_shared(self) -> None:
        """A template that somebody shared, with what it learned."""
        name, _filter = QFileDialog.getOpenFileName(
            self, self.tr("A shared template"), self._parts.memory.folder("folder/open"),
            self.tr("Shared templates (*.stillroom)"),
        )  # fmt: skip
        if name:
            self.from_shared(Path(name))

    def from_shared(self, path: Path) -> None:
        def work(_operation: Operation[tuple[Template, int]]) -> tuple[Template, int]:
            return self._parts.learning.take_shared(path, self._parts.templates)

        def done(found: tuple[Template, int]) -> None:
            template, documents = found
            self.refresh(template.name)
            words = counted(
                documents,
                self.tr("%2 is here, and knows 1 document."),
                self.tr("%2 is here, and knows %1 documents."),
            )
            self.banners.show_message(words.replace("%2", template.title or template.name), "info", key="shared")
            self.saved.emit(template.name)

        self._in_background(Operation(work, "share", owner=self).success(done))

    def share(self) -> None:
        """The template as it is saved and what it learned, as one file; the documents' words only where that is wanted."""
        template = self._draft.template
        if template is None:
            return
        documents = len(self._parts.learning.memory(template).documents())
        with_text = False
        if documents:
            box = QMessageBox(self)
            box.setWindowTitle(self.tr("Share %1").replace("%1", template.title or template.name))
            box.setText(
                counted(
                    documents,
                    self.tr("It has learned from 1 document. May words of it go along?"),
                    self.tr("It has learned from %1 documents. May words of them go along?"),
                )
            )
            box.setInformativeText(
                self.tr(
                    "Without them only places, forms and the words that several documents have around their values are shared."
                )
            )
            without = box.addButton(self.tr("Without words"), QMessageBox.ButtonRole.AcceptRole)
            everything = box.addButton(self.tr("With words"), QMessageBox.ButtonRole.AcceptRole)
            box.addButton(QMessageBox.StandardButton.Cancel)
            box.setDefaultButton(without)
            box.exec()
            if box.clickedButton() not in (without, everything):
                return
            with_text = box.clickedButton() is everything
        proposal = Path(self._parts.memory.folder("folder/export")) / f"{template.name}{_SHARED}"
        # By its ending it is found again where one is taken in.
        kinds = {_SHARED: self.tr("Shared templates")}
        target = file_to_write(self, self.tr("Share as a file"), proposal, kinds)
        if target is not None:
            self._parts.memory.set("folder/export", str(target.parent))
            self.share_to(target, with_text=with_text)

    def share_to(self, path: Path, *, with_text: bool) -> None:
        template = self._draft.template
        if template is None:
            return

        def work(_operation: Operation[int]) -> int:
            return self._parts.learning.share(template, path, with_text=with_text)

        def done(_documents: int) -> None:
            self.banners.show_message(
                self.tr("Shared as %1.").replace("%1", path.name), "info", key="shared", seconds=8.0
            )

        self._in_background(Operation(work, "share", owner=self).success(done))

    def _in_background(self, operation: Operation[T]) -> None:
        self._parts.tasks.start(
            operation.failure(lambda error: self.banners.show_message(sentence(error), "bad", key="shared"))
        )

    def show_learned(self) -> None:
        """What it learned, in figures and as a curve."""
        from stillroom.ui.learned_dialog import LearnedDialog

        template = self._draft.template
        if template is not None:
            reviewed = self._parts.review_exports.labelled
            LearnedDialog(
                lambda: self._parts.learning, template, self._parts.tasks, self, reviewed,
                lambda wanted: self._parts.runs.names_of(wanted),
            ).exec()  # fmt: skip

    def _with_fields(self, title: str, fields: Sequence[Field]) -> str:
        taken: list[str] = []
        text = editing.new_template(self._free_name(title), title)
        for field in fields:
            taken.append(editing.name_from(field.label, taken))
            text = editing.add_field(text, replace(field, name=taken[-1]))
        return text

    def _begin(self, text: str) -> None:
        self.banners.withdraw("begun")
        self._keep_in_reach()
        self.list.setCurrentRow(-1)
        self._show(Draft(text, new=True))

    def _ask_title(self, question: str) -> str:
        title, wanted = QInputDialog.getText(self, self.tr("New template"), question)
        return title.strip() if wanted else ""

    def _free_name(self, title: str) -> str:
        taken = [*(template.name for template in self._parts.templates.templates()), *self._own.used_names()]
        return editing.name_from(title, taken, separator="-")

    # ---- on disk

    def save(self) -> None:
        """Save it, with what is being typed."""
        for key, entry in (("title", self.title), ("description", self.description)):
            if entry.isModified():
                self._set(key, entry.text().strip())
        self.form.take_typed()
        if self._draft.unsaved:
            self._save(self._draft)
        else:
            self._refresh()

    def _offer_to_save(self) -> None:
        """What is being typed can be saved at once, and not only when the entry was left."""
        self.save_button.setEnabled(not self._draft.problems)

    def _keep_new(self) -> bool:
        """Save a template that was never saved; whether it is on disk."""
        if self._draft.new:
            self._save(self._draft)
        return not self._draft.new

    def _save(self, draft: Draft) -> None:
        if draft.problems:
            self.banners.show_message(draft.problems[0], "bad", key="save")
            return
        try:
            saved = self._own.save(draft.text)
        except StillroomError as error:
            self.banners.show_message(sentence(error), "bad", key="save")
            return
        draft.mark_saved(self._own.text(saved.name))
        self.refresh("" if self._draft.new else self._draft.name, keep=True)
        text = self.tr("%1 is saved as version %2.").replace("%1", saved.title or saved.name)
        text = text.replace("%2", str(saved.version))
        # Another template may be shown by the time it is pressed.
        ways: list[tuple[str, Callable[[], None]]] = [
            (self.tr("Use it in a new table"), lambda: self.use_wanted.emit(saved.name))
        ]
        self.banners.show_message(text, "info", ways, key="save", seconds=10)
        self._tell_tables(saved, text, ways)
        self.saved.emit(saved.name)
        self.fields.setFocus()  # the button that was pressed can be pressed no more

    def _tell_tables(self, saved: Template, text: str, ways: list[tuple[str, Callable[[], None]]]) -> None:
        """Say besides which tables have values that would be asked otherwise now, with the way there."""
        from stillroom.ui.templates.versions_dialog import touched_tables

        def done(found: list[TouchedTable]) -> None:
            if not found or "save" not in self.banners:
                return
            more = counted(
                len(found),
                self.tr("1 table was made with it as it was before (%2)."),
                self.tr("%1 tables were made with it as it was before (%2)."),
            )
            fields = dict.fromkeys(field for table in found for field in table.fields)
            newest = found[0].run
            way = (
                (self.tr("Open the table"), lambda: self.table_wanted.emit(newest))
                if len(found) == 1
                else (self.tr("Show them…"), lambda: self._show_versions_of(saved.name))
            )
            said = f"{text} {more.replace('%2', ', '.join(fields))}"
            self.banners.show_message(said, "info", [way, *ways], key="save", seconds=20)

        work = Operation(lambda _: touched_tables(self._parts, saved), "tables", owner=self)
        self._parts.tasks.start(work.success(done).failure(lambda _: None))  # it is said where a table is opened

    def delete(self) -> None:
        template = self._draft.template
        if template is None or not self._is_own():
            return
        name = template.name
        try:
            self._own.remove(name)
        except TemplateError as error:
            self.banners.show_message(sentence(error), "bad")
            return
        self.refresh()
        self.list.setCurrentRow(max(0, self.list.currentRow()))
        self.banners.show_message(
            self.tr("%1 was deleted.").replace("%1", template.title or name),
            "info",
            [(self.tr("Undo"), lambda: self._restore(name))],
            key="deleted",
        )
        self.saved.emit(name)

    def _restore(self, name: str) -> None:
        try:
            self._own.restore(name)
        except StillroomError as error:
            self.banners.show_message(sentence(error), "bad")
        self.refresh(name)
        self.saved.emit(name)

    def show_versions(self) -> None:
        """What changed from version to version, and an earlier one again."""
        template = self._draft.template
        numbers = self._own.versions(template.name) if template is not None else []
        if template is None or not numbers:
            self.banners.show_message(self.tr("No earlier version of this template is kept."), "info", key="versions")
            return
        from stillroom.ui.templates.versions_dialog import VersionsDialog

        kept = [self._own.version(template.name, number) for number in numbers]
        dialog = VersionsDialog(kept, self._parts, self)
        dialog.taken.connect(self._take_version)
        dialog.table_wanted.connect(self.table_wanted)
        dialog.exec()

    def _show_versions_of(self, name: str) -> None:
        if self._draft.name != name:
            self.refresh(name)
        self.show_versions()

    def _take_version(self, earlier: Template) -> None:
        self._edit(self._parts.templates.text(earlier), self.tr("Take version %1").replace("%1", str(earlier.version)))

    def _use(self) -> None:
        if self._draft.template is not None:
            self.use_wanted.emit(self._draft.template.name)


def _title_of(text: str) -> str:
    return next(
        (line.partition("=")[2].strip().strip('"') for line in text.splitlines() if line.startswith("title")), ""
    )
