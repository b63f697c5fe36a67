"""From scores to probabilities: the model's word and the page's word weighed together, by the type of the field.

A candidate's strength is ``z = w_lm (log p(c) - log p(absent)) + w_mean log p(c) / tokens(c) + w . layout(c)``; *absent* has a
constant. Their softmax is the confidence. The weights are fitted on labelled documents (multinomial logistic
regression), so that the softmax is calibrated at the same time; they ship as ``resources/ranking.toml``: for the fields
that were fitted all of them, for any other field of the type those that do not depend on where such a field stands.

Fitted fields have a second set of weights for the page alone, without the model's word. Where those are sure of a value,
the model is not asked, and a document whose every field is sure is not read by it at all.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
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
    """Of one field type, or of one field.

    Attributes:
        features: in the order of MODEL_FEATURES and layout.NAMES.
        absent: the strength of *absent*.
        enough: of weights for the page alone: the word of a model of the size that was fitted with made the field no better.
    """

    features: Vector
    absent: float
    enough: bool = False

    def absent_strength(self, *, required: bool) -> float:
        """Of *absent*: a template that requires a field says that nearly every such document has it."""
        return self.absent - (_REQUIRED if required else 0.0)

    def strengths(self, model_scores: Vector, layout_rows: Vector) -> Vector:
        """One strength a candidate; ``model_scores`` has a column for each of MODEL_FEATURES."""
        result: Vector = np.hstack([model_scores, layout_rows]) @ self.features
        return result


SURE = 0.9
"""A value that the page alone gives this confidence is taken without asking the model."""
LARGEST_FITTED = 400e6
"""Parameters: the weights were fitted on the starter. A larger model's word counts for at least what the defaults say."""

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
    return next(table[name] for name in names if name in table)


def page_weights_for(kind: FieldType, *, several: bool = False, field: str = "") -> Weights | None:
    """The weights for the page alone of a field that was fitted; None for any other field."""
    return _tables().get(f"page.list_{kind}.{field}" if several else f"page.{kind}.{field}")


def for_larger_models(weights: Weights) -> Weights:
    """The weights with a model's word worth no less than by default."""
    features = weights.features.copy()
    count = len(MODEL_FEATURES)
    features[:count] = np.maximum(features[:count], default_weights().features[:count])
    return Weights(features, weights.absent)


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
    return dict(_read(tomllib.loads((paths.resources_dir() / "ranking.toml").read_text(encoding="utf-8"))))


def _read(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Weights]]:
    """Every table of the file that holds weights, by its dotted name."""
    for name, table in data.items():
        own = {key: value for key, value in table.items() if not isinstance(value, dict)}
        if own:
            yield f"{prefix}{name}", read_weights(own)
        yield from _read({key: value for key, value in table.items() if isinstance(value, dict)}, f"{prefix}{name}.")


def read_weights(table: Mapping[str, float]) -> Weights:
    """A table of the file as weights; a feature it does not name weighs nothing. Raises ValueError on a name nobody knows."""
    names = [*MODEL_FEATURES, *layout.NAMES]
    unknown = set(table) - {*names, "absent", "enough"}
    if unknown:
        raise ValueError(f"no such feature: {', '.join(sorted(unknown))}")
    features = np.array([float(table.get(name, 0.0)) for name in names])
    return Weights(features, float(table.get("absent", 0.0)), bool(table.get("enough", False)))
