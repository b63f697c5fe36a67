"""Coordinates of a PDF page: those of the file, and those of the page as it is shown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Place = Callable[[float, float], tuple[float, float]]


class Frame:
    """A page as it is shown: coordinates of the file (origin at the bottom left, before rotation) become those of the page
    (origin at the top left).

    Attributes:
        width, height: of the page as it is shown, in points.
    """

    def __init__(self, bounds: tuple[float, float, float, float], rotation: int) -> None:
        left, bottom, right, top = self._bounds = bounds
        self.quarters = rotation // 90 % 4
        self.width, self.height = right - left, top - bottom
        if self.quarters % 2:
            self.width, self.height = self.height, self.width

    def to_text(self, quarters: int) -> Place:
        """From the file to a page turned so that text that climbs ``quarters`` quarter turns runs from left to right."""
        return _turn(self._bounds, quarters)

    def boxes(self, rectangles: NDArray[np.float64], quarters: int | None = None) -> NDArray[np.float64]:
        """Rectangles of the file (left, bottom, right, top) as x0, y0, x1, y1 on the page as it is shown, or turned so that
        text that climbs ``quarters`` quarter turns runs from left to right."""
        left, bottom, right, top = self._bounds
        xa, ya, xb, yb = rectangles.T
        turned = (
            (xa - left, top - yb, xb - left, top - ya),
            (ya - bottom, xa - left, yb - bottom, xb - left),
            (right - xb, ya - bottom, right - xa, yb - bottom),
            (top - yb, right - xb, top - ya, right - xa),
        )[self.quarters if quarters is None else quarters]
        found = np.stack(turned, axis=1)
        return np.concatenate([np.minimum(found[:, :2], found[:, 2:]), np.maximum(found[:, :2], found[:, 2:])], axis=1)


def _turn(bounds: tuple[float, float, float, float], quarters: int) -> Place:
    left, bottom, right, top = bounds
    return (
        lambda x, y: (x - left, top - y),
        lambda x, y: (y - bottom, x - left),
        lambda x, y: (right - x, y - bottom),
        lambda x, y: (top - y, right - x),
    )[quarters]
