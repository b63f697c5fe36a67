"""From scores to probabilities: the model's word and the page's word weighed together, by the type of the field.

A candidate's strength is ``z = w_lm (log p(c) - log p(absent)) + w_mean log p(c) / tokens(c) + w . layout(c)``; *absent* has a
constant. Their softmax is the confidence. The weights are fitted on labelled documents (multinomial logistic
regression), so that the softmax is calibrated at the same time; they ship as ``resources/ranking.toml``: for the fields
that were fitted all of them, for any other field of the type those that do not depend on where such a field stands.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stillroom import paths
from stillroom.extraction import layout
from stillroom.templates.template import FieldType

Vector = npt.NDArray[np.float64]
MODEL_FEATURES = ("lm", "lm_mean")
_REQUIRED = 2.5


@dataclass(frozen=True, slots=True)
class Weights:
    """Of one field type. ``features`` in the order of MODEL_FEATURES and layout.NAMES; ``absent`` is the strength of *absent*."""

    features: Vector
    absent: float

    def absent_strength(self, *, required: bool) -> float:
        """Of *absent*: a template that requires a field says that nearly every such document has it."""
        return self.absent - (_REQUIRED if required else 0.0)

    def strengths(self, model_scores: Vector, layout_rows: Vector) -> Vector:
        """One strength a candidate; ``model_scores`` has a column for each of MODEL_FEATURES."""
        result: Vector = np.hstack([model_scores, layout_rows]) @ self.features
        return result


# A candidate the page speaks for this much less than for the best one is not put to the model: on labelled receipts and
# contracts asking them as well made no field better.
_MARGIN = 3.0
_MARGIN_LIST = 5.0


def worth_asking(layout_strengths: Vector, *, several: bool) -> npt.NDArray[np.bool_]:
    """Which candidates of a field to ask the model about, by what the page alone says of them."""
    if not len(layout_strengths):
        return np.zeros(0, dtype=bool)
    kept: npt.NDArray[np.bool_] = layout_strengths >= layout_strengths.max() - (_MARGIN_LIST if several else _MARGIN)
    return kept


def softmax(strengths: Sequence[float] | Vector) -> Vector:
    """Probabilities that add up to 1."""
    values = np.asarray(strengths, dtype=np.float64)
    powers = np.exp(values - values.max())
    result: Vector = powers / powers.sum()
    return result


def logistic(strengths: Vector) -> Vector:
    """Each strength as a probability of its own."""
    result: Vector = 1.0 / (1.0 + np.exp(-np.clip(strengths, -40, 40)))
    return result


def weights_for(kind: FieldType, *, several: bool = False, field: str = "") -> Weights:
    """The fitted weights of a type (``several``: as items of a list), or those of the type nearest to it.

    Where a field of this name was fitted itself (the company of a receipt stands at its top, which says nothing of other
    organisations), its own weights.
    """
    table = _tables()
    form = f"list_{kind}" if several else str(kind)
    names = [f"{form}.{field}", form, str(kind), _NEAREST.get(kind, "default"), "default"]
    for name in names:
        if name in table:
            return table[name]
    raise KeyError("default")


def default_weights() -> Weights:
    """Set by hand, for a type that was never fitted; where fitting starts from."""
    return _tables()["default"]


_NEAREST = {
    FieldType.NUMBER: "money",
    FieldType.INTEGER: "money",
    FieldType.PERCENT: "money",
    FieldType.TIME: "date",
    FieldType.BLOCK: "address",
    FieldType.NAME: "name",
}


@functools.cache
def _tables() -> dict[str, Weights]:
    data = tomllib.loads((paths.resources_dir() / "ranking.toml").read_text(encoding="utf-8"))
    found = {name: read_weights(_own(table)) for name, table in data.items()}
    for name, table in data.items():
        found |= {f"{name}.{field}": read_weights(own) for field, own in table.items() if isinstance(own, dict)}
    return found


def _own(table: Mapping[str, Any]) -> dict[str, float]:
    return {name: value for name, value in table.items() if not isinstance(value, dict)}


def read_weights(table: Mapping[str, float]) -> Weights:
    """A table of the file as weights; a feature it does not name weighs nothing. Raises ValueError on a name nobody knows."""
    names = [*MODEL_FEATURES, *layout.NAMES]
    unknown = set(table) - {*names, "absent"}
    if unknown:
        raise ValueError(f"no such feature: {', '.join(sorted(unknown))}")
    return Weights(np.array([float(table.get(name, 0.0)) for name in names]), float(table.get("absent", 0.0)))
