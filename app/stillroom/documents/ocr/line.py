"""Recognised lines and their characters: what is found in a picture, before it is a page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Height × width × 3, blue first."""
Points = NDArray[np.float32]
"""n × 2: x, y in pixels from the top left."""


@dataclass(slots=True)
class Character:
    """A recognised character.

    Attributes:
        text: one character, no white space.
        start, end: where it begins and ends, as a share of its line's length.
        confidence: 0 to 1.
        word: number of its word in the line, from 0.
    """

    text: str
    start: float
    end: float
    confidence: float
    word: int


@dataclass(frozen=True, slots=True)
class Line:
    """A recognised line.

    Attributes:
        corners: its four corners in the order of reading: start above, end above, end below, start below.
        direction: by how many quarter turns the text is turned counter-clockwise: 0 runs from left to right, 1 climbs.
        characters: in the order of reading; never empty.
    """

    corners: Points
    direction: int
    characters: list[Character]

    def moved(self, x: int, y: int) -> Line:
        """The same line in a larger picture, of which this one is a part that begins at x, y."""
        return Line(self.corners + np.array([x, y], dtype=np.float32), self.direction, self.characters)
