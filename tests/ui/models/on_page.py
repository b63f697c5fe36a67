"""What the tests of the Models page do with its table."""

from __future__ import annotations

from stillroom.ui.models.model_table import ROW
from stillroom.ui.models.page import ModelsPage
from stillroom.workspace.model_list import ModelRow


def rows(page: ModelsPage) -> list[ModelRow]:
    return [page.shown.index(place, 0).data(ROW) for place in range(page.shown.rowCount())]


def choose(page: ModelsPage, name: str) -> None:
    place = next(place for place, row in enumerate(rows(page)) if row.name == name)
    page.table.selectRow(place)
