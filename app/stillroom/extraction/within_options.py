"""Directions of a model's embeddings in which texts of one option differ, which tell nothing of the option: they count less.

Within-class covariance normalisation (A. Hatch, S. Kajarekar and A. Stolcke, 2006: "Within-class covariance normalization for SVM-based
speaker recognition"), of the directions that differ most; of the others a few hundred texts tell too little. Made for the starter by
tests/benchmarks/fit_nearness.py of choices of our own; the embeddings of another model stay as they are.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillroom import paths

Vector = npt.NDArray[np.float64]
DIRECTIONS = 32
"""Of choices left out whole 16 to 64 put as many texts right, and 8 or 96 fewer."""


@dataclass(frozen=True, slots=True)
class WithinOptions:
    """How texts of one option differ.

    Attributes:
        model: its name without how its weights are kept.
        spread: of each number of an embedding.
        directions: of embeddings evened by it, a row each, of length 1; counts: what each counts, where any other counts 1.
        times: cosines of what is evened so are to be taken, to differ as much as those of plain embeddings do.
    """

    model: str
    spread: Vector
    directions: Vector
    counts: Vector
    times: float

    @classmethod
    def of(cls, model: str, differences: Vector, directions: int = DIRECTIONS) -> WithinOptions:
        """By how far texts are from the mean of their option, a row a text; ``times`` is 1."""
        spread = np.sqrt((differences**2).mean(axis=0)) + 1e-6
        _, singular, rows = np.linalg.svd(differences / spread, full_matrices=False)
        return cls(model, spread, rows[:directions], singular[directions] / singular[:directions], 1.0)

    def evened(self, rows: Vector) -> Vector:
        """Embeddings, a row each, in which texts of one option differ less."""
        result: Vector = rows / self.spread
        return result + (result @ self.directions.T * (self.counts - 1.0)) @ self.directions


def within_options(model: str, width: int) -> WithinOptions | None:
    """Of the embeddings of so many numbers of a model; None of a model that none were made for."""
    known = _shipped()
    own, kept = model[: len(known.model)], model[len(known.model) :]
    is_it = own.casefold() == known.model.casefold() and _KEPT_AS.fullmatch(kept) is not None
    return known if is_it and len(known.spread) == width else None


# Behind the name of a model; another word there names one that was trained further.
_KEPT_AS = re.compile(r"(?:-requantized)?(?:[-_.](?:i?q\d(?:_[a-z\d]{1,4}){0,3}|b?f(?:16|32)))?", re.IGNORECASE)


@functools.cache
def _shipped() -> WithinOptions:
    with np.load(paths.resources_dir() / "within_options.npz", allow_pickle=False) as kept:
        numbers = {name: kept[name].astype(np.float64) for name in ("spread", "directions", "counts", "times")}
        times = float(numbers.pop("times"))
        return WithinOptions(str(kept["model"]), **numbers, times=times)
