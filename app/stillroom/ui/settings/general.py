"""The declared settings as a form: each with its own words, its usual value a click away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtWidgets import QCheckBox

from stillroom.errors import StillroomError
from stillroom.settings import (
    CONTEXT_TOKENS,
    KEEP_ON_DISK,
    KEPT_DAYS,
    READER_MEMORY,
    READER_SECONDS,
    THREADS,
    Setting,
    Settings,
)
from stillroom.ui.controls import Button, SpinBox, describe
from stillroom.ui.settings.section import NUMBER_WIDTH, Section

_SHOWN: tuple[Setting[int] | Setting[bool], ...] = (
    THREADS,
    CONTEXT_TOKENS,
    READER_SECONDS,
    READER_MEMORY,
    KEEP_ON_DISK,
    KEPT_DAYS,
)


class GeneralSection(Section):
    """What a person may change; it counts from the next load of a model, or the next document."""

    def __init__(self, settings: Settings, say: Callable[[str, str], None]) -> None:
        super().__init__(
            self.tr("General"), self.tr("Changes count from the next document, or the next time a model is loaded.")
        )
        self._settings, self._say = settings, say
        self.controls: dict[str, SpinBox | QCheckBox] = {}
        for setting in _SHOWN:
            control = self._control(setting)
            self.controls[setting.name] = control
            usual = Button(self.tr("As usual"), "link", action=partial(self._put, setting, setting.default))
            describe(usual, self.tr("As usual: %1").replace("%1", setting.description))
            self.row(setting.description, control, usual)

    def _control(self, setting: Setting[Any]) -> SpinBox | QCheckBox:
        value = self._settings.get(setting)
        if isinstance(value, bool):
            box = QCheckBox()
            box.setChecked(value)
            box.toggled.connect(lambda on: self._put(setting, on))
            describe(box, setting.description)
            return box
        spin = SpinBox()
        spin.set_range(setting.least, min(setting.most, 2**31 - 1), or_else=setting.default)
        spin.setValue(value)
        spin.setFixedWidth(NUMBER_WIDTH)
        spin.editingFinished.connect(lambda: self._put(setting, spin.value()))
        describe(spin, setting.description)
        return spin

    def _put(self, setting: Setting[Any], value: int | bool) -> None:
        if self._settings.get(setting) != value:
            try:
                self._settings.set(setting, value)
            except StillroomError as error:
                self._say(error.message, "bad")
                value = self._settings.get(setting)
        control = self.controls[setting.name]
        control.blockSignals(True)
        control.setChecked(bool(value)) if isinstance(control, QCheckBox) else control.setValue(value)
        control.blockSignals(False)
