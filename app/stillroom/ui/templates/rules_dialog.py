"""The checks over several fields of a template: built from a menu or typed, and checked as they are typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from stillroom.templates.template import Field, FieldType, Rule, Template
from stillroom.ui.controls import Button, ComboBox, label
from stillroom.ui.theme import GRID

_NUMBERS = (FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT)
_MOMENTS = (FieldType.DATE, FieldType.TIME)
_NUMBER = "number"


class RulesDialog(QDialog):
    """One check a line; a menu that writes one; what is wrong with them."""

    def __init__(
        self, template: Template, problems: Callable[[Sequence[Rule]], Sequence[str]], parent: QWidget | None
    ) -> None:
        """``problems``: what is wrong with the template if it has these rules, a sentence each."""
        super().__init__(parent)
        self._template, self._problems = template, problems
        self.setWindowTitle(self.tr("Checks over several fields"))
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        words = self.tr(
            "Values that fail one are marked, and the document needs a look. One a line, with + - * / and one of = <= >= < >."
        )
        column.addWidget(label(words, "muted", wrap=True))
        column.addLayout(self._menu())
        self.entry = QPlainTextEdit("\n".join(rule.check for rule in template.rules))
        self.entry.setAccessibleName(self.windowTitle())
        self.entry.setPlaceholderText("net + tax = total")
        self.entry.setTabChangesFocus(True)
        column.addWidget(self.entry)
        self.problem = label("", "bad", wrap=True)
        column.addWidget(self.problem)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column.addWidget(self.buttons)
        self.entry.textChanged.connect(self._check)
        self.resize(660, 340)
        self.entry.setFocus()

    def rules(self) -> list[Rule]:
        """As they are written; one that was there before keeps its sentence."""
        known = {rule.check: rule for rule in self._template.rules}
        lines = [line.strip() for line in self.entry.toPlainText().splitlines() if line.strip()]
        return [known.get(line, Rule(line)) for line in lines]

    def _menu(self) -> QHBoxLayout:
        """What writes a check: a value, perhaps another with it, and what they are held against."""
        row = QHBoxLayout()
        row.setSpacing(GRID // 2)
        self._operands = operands_of(self._template.fields, self.tr("sum of %1"), self.tr("number of %1"))
        self.first, self.sign, self.second = ComboBox(), ComboBox(), ComboBox()
        self.relation, self.against = ComboBox(), ComboBox()
        names = (
            (self.first, self.tr("First value")), (self.sign, self.tr("Reckoned with")),
            (self.second, self.tr("Second value")), (self.relation, self.tr("Compared by")),
            (self.against, self.tr("Held against")),
        )  # fmt: skip
        for box, name in names:
            box.setAccessibleName(name)
            box.setToolTip(name)
        for box in (self.first, self.second, self.against):
            box.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
        for heading, text, _ in self._operands:
            self.first.addItem(heading, text)
        for words, sign in ((self.tr("alone"), ""), ("+", "+"), ("−", "-"), ("×", "*"), ("÷", "/")):
            self.sign.addItem(words, sign)
        for words, sign in (("=", "="), ("≤", "<="), ("≥", ">="), ("<", "<"), (">", ">")):
            self.relation.addItem(words, sign)
        self.sign.currentIndexChanged.connect(lambda place: self.second.setEnabled(place > 0))
        self.second.setEnabled(False)
        for box, _ in names:
            row.addWidget(box, 3 if box in (self.first, self.second, self.against) else 0)
        self.add = Button(self.tr("Add"), "", "plus", self._write)
        row.addWidget(self.add)
        self.first.currentIndexChanged.connect(self._offer)
        # The first value that something can be held against.
        kinds = [kind for *_, kind in self._operands]
        self.first.setCurrentIndex(next((place for place, kind in enumerate(kinds) if kinds.count(kind) > 1), 0))
        self._offer()
        return row

    def _offer(self) -> None:
        """What the first value can be held against: a day against days, a number against numbers; and only numbers are reckoned with."""
        kind = next((kind for _, text, kind in self._operands if text == self.first.currentData()), "")
        alike = [(heading, text) for heading, text, other in self._operands if other == kind]
        for box in (self.second, self.against):
            chosen = box.currentData()
            box.clear()
            for heading, text in alike:
                box.addItem(heading, text)
            known = box.findData(chosen)
            box.setCurrentIndex(known if known >= 0 else box.count() - 1)
        numbers = kind == _NUMBER
        self.sign.setEnabled(numbers)
        if not numbers:
            self.sign.setCurrentIndex(0)
        self.add.setEnabled(len(alike) > 1)

    def _write(self) -> None:
        sign = self.sign.currentData()
        left = f"{self.first.currentData()} {sign} {self.second.currentData()}" if sign else self.first.currentData()
        line = f"{left} {self.relation.currentData()} {self.against.currentData()}"
        before = self.entry.toPlainText().rstrip()
        self.entry.setPlainText(f"{before}\n{line}" if before else line)

    def _check(self) -> None:
        said = self._problems(self.rules())
        self.problem.setText("\n".join(said))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not said)


def operands_of(fields: Sequence[Field], sum_of: str, number_of: str) -> list[tuple[str, str, str]]:
    """What a check can reckon with: what it is called, how it is written, and of which kind: a number, a date or a time.

    ``sum_of``, ``number_of``: words for the rows of a field.
    """
    found: list[tuple[str, str, str]] = []
    for field in fields:
        if field.type in _NUMBERS:
            found.append((field.heading, field.name, _NUMBER))
        elif field.type in _MOMENTS:
            found.append((field.heading, field.name, str(field.type)))
        elif field.type is FieldType.LIST:
            if field.of in _NUMBERS:
                found.append((sum_of.replace("%1", field.heading), f"sum({field.name})", _NUMBER))
            found.append((number_of.replace("%1", field.heading), f"count({field.name})", _NUMBER))
        elif field.type is FieldType.TABLE:
            for column in field.columns:
                if column.type in _NUMBERS:
                    words = sum_of.replace("%1", f"{field.heading}: {column.heading}")
                    found.append((words, f"sum({field.name}.{column.name})", _NUMBER))
            found.append((number_of.replace("%1", field.heading), f"count({field.name})", _NUMBER))
    return found
