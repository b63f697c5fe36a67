"""The draft of a template: its text as it is edited, with undo; knows nothing of widgets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from stillroom.errors import TemplateError
from stillroom.templates import editing
from stillroom.templates.template import Field, Template

_VERSION = re.compile(r"^version[ \t]*=.*$", re.MULTILINE)


class Draft(QObject):
    """A template's text under edit.

    Attributes:
        template: of the text; the last good one while the text is wrong.
        problems: sentences on what is wrong with the text; empty where it is right.
        undo: every edit, newest last.

    Signals:
        changed: text, template or problems are others.
    """

    changed = Signal()

    def __init__(self, text: str, *, new: bool = False) -> None:
        """``new``: nothing of it is on disk."""
        super().__init__()
        self.undo = QUndoStack(self)
        self.text = text
        self.template: Template | None = None
        self.problems: tuple[str, ...] = ()
        self._saved = "" if new else text
        self._check()

    @property
    def new(self) -> bool:
        """Whether nothing of it is on disk."""
        return not self._saved

    @property
    def unsaved(self) -> bool:
        """Whether it says anything else than what is on disk; the number of its version is that of the next that is saved."""
        return _VERSION.sub("", self.text, count=1) != _VERSION.sub("", self._saved, count=1)

    @property
    def name(self) -> str:
        """Of the template; empty as long as the text gives none."""
        return self.template.name if self.template is not None else ""

    def mark_saved(self, text: str) -> None:
        """It is on disk as ``text``: saving may have given it the next version. What was edited before can be undone still."""
        self.text = self._saved = text
        self.undo.setClean()  # what is typed next is an edit of its own
        self._check()
        self.changed.emit()

    def edit(self, text: str, what: str) -> None:
        """Another text; ``what`` names the edit for undo."""
        if text != self.text:
            self.undo.push(_Edit(self, self.text, text, what))

    def type(self, text: str) -> None:
        """Another text, as it is typed: letter after letter is one edit."""
        if text != self.text:
            self.undo.push(_Typing(self, self.text, text, self.tr("Change the text")))

    def set_field(self, name: str, field: Field) -> None:
        self.edit(editing.set_field(self.text, name, field), self.tr("Change %1").replace("%1", name))

    def add_field(self, field: Field) -> None:
        self.edit(editing.add_field(self.text, field), self.tr("Add %1").replace("%1", field.name))

    def remove_field(self, name: str) -> None:
        self.edit(editing.remove_field(self.text, name), self.tr("Remove %1").replace("%1", name))

    def move_field(self, name: str, place: int) -> None:
        self.edit(editing.move_field(self.text, name, place), self.tr("Move %1").replace("%1", name))

    @property
    def fields(self) -> Sequence[Field]:
        return self.template.fields if self.template is not None else ()

    def _put(self, text: str) -> None:
        self.text = text
        self._check()
        self.changed.emit()

    def _check(self) -> None:
        try:
            template, self.problems = editing.check(self.text, self.tr("template"))
        except TemplateError as error:
            self.problems = (error.message,)
            return
        if template is not None:
            self.template = template


class _Edit(QUndoCommand):
    def __init__(self, draft: Draft, before: str, after: str, what: str) -> None:
        super().__init__(what)
        self._draft, self._before, self._after = draft, before, after

    def undo(self) -> None:
        self._draft._put(self._before)

    def redo(self) -> None:
        self._draft._put(self._after)


class _Typing(_Edit):
    def id(self) -> int:
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802
        assert isinstance(other, _Typing)
        self._after = other._after
        return True
