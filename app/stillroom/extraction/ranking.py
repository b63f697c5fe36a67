"""From signs of the page to probabilities: a candidate's strength, what it is worth against the others, and how sure one may be.

A candidate's strength is ``w . signs(c) + log likelihood(c)`` (see ``layout``), to which the word of a model is added where one was asked;
*absent* has a strength of its own. Their softmax is a first probability. The weights are those of all types together, of the
family and of the type of a field, each drawn towards the one before (penalised conditional logit, fitted by
tests/benchmarks/fit_ranking.py over all labelled sets evenly); a built-in template whose own documents were labelled adds its own, under
its name and the hash of its fields.

What is shown as confidence is not that probability but what it was worth on kinds of documents that were left out of the fitting:
a logistic of it and of what else tells right values from wrong ones.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stillroom import paths
from stillroom.extraction.signs import sign_names
from stillroom.templates.template import Field, FieldType, Template

Vector = npt.NDArray[np.float64]
MODEL_FEATURES = ("lm", "lm_mean")

LARGEST_FITTED = 400e6
"""Parameters. Measured on models of up to this size: beside the page their word about a verbatim value adds nothing."""
SURE = 0.9
"""A value that the page alone gives this probability is taken without asking the model."""

_CHOICE = {"lm": 0.3, "own_inline": 2.5}
_FAMILIES = {
    **dict.fromkeys((FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT), "numbers"),
    **dict.fromkeys((FieldType.DATE, FieldType.TIME, FieldType.DURATION), "moments"),
    **dict.fromkeys((FieldType.IDENTIFIER, FieldType.PHONE, FieldType.IBAN, FieldType.EMAIL, FieldType.URL), "codes"),
}


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of one field.

    Attributes:
        features: in the order of MODEL_FEATURES and sign_names().
        absent: the strength of *absent*.
        required: how much less it is where the template requires the field.
        many: how much more it is for each power of e of candidates.
    """

    features: Vector
    absent: float
    required: float = 0.0
    many: float = 0.0

    def absent_strength(self, candidates: int, *, required: bool) -> float:
        """Of *absent*: a template that requires a field says that nearly every such document has it."""
        return self.absent + (self.required if required else 0.0) + self.many * math.log1p(candidates)

    def strengths(self, model_scores: Vector, signs: Vector) -> Vector:
        """One strength a candidate; ``model_scores`` has a column for each of MODEL_FEATURES."""
        parts = [
            np.hstack([model_scores[at : at + _AT_ONCE], signs[at : at + _AT_ONCE]]) @ self.features
            for at in range(0, len(signs), _AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.zeros(0)


_AT_ONCE = 10_000  # candidates: those of a long document take hundreds of megabytes together


def times(signs: Vector, weights: Vector) -> Vector:
    """``signs @ weights``, without a copy of all signs where they are held in half of the memory."""
    parts = [signs[at : at + _AT_ONCE] @ weights for at in range(0, len(signs), _AT_ONCE)]
    return np.concatenate(parts) if parts else np.zeros(0)


def family(kind: FieldType) -> str:
    """Types whose values are told apart by the same signs."""
    return _FAMILIES.get(kind, "texts")


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


def weights_for(
    kind: FieldType,
    *,
    several: bool = False,
    template: Template | None = None,
    field: str = "",
    parameters: int = 0,
    word: float | None = None,
) -> Weights:
    """The fitted weights of a type (``several``: as items of a list), and of a template that has its own.

    ``parameters``: of the model that would be asked; the word of a larger one than was measured counts by what such models are known for.
    ``word``: by how much that of a model counts that was taught this field; None where none was.
    """
    model = [0.0, 0.0]
    if kind in (FieldType.CHOICE, FieldType.YES_NO):
        return Weights(np.array([_CHOICE.get(name, 0.0) for name in (*MODEL_FEATURES, *sign_names())]), 0.0)
    if parameters > LARGEST_FITTED or kind in _QUOTED:
        model = list(_MODEL)
    if word is not None:
        model = [word, 0.0]
    fitted = _fitted()
    form = f"list_{kind}" if several else str(kind)
    own = (
        fitted.get("", np.zeros(len(sign_names()) + _BESIDES))
        + fitted.get(f"family {family(kind)}", 0.0)
        + fitted.get(form, 0.0)
    )
    if template is not None:
        own = own + fitted.get(f"{template.name} {hash_of(template)} {field}", 0.0)
    return Weights(np.concatenate([model, own[:-_BESIDES]]), *map(float, own[-_BESIDES:]))


def second_weights(kind: FieldType, *, several: bool = False) -> tuple[Weights, Weights]:
    """Those of two readings made in other ways: by labels alone, by place and form alone."""
    form = f"list_{kind}" if several else str(kind)
    found = []
    for part in SECOND:
        fitted = _fitted(part)
        own = sum(
            (fitted[group] for group in ("", f"family {family(kind)}", form) if group in fitted),
            np.zeros(len(sign_names()) + _BESIDES),
        )
        found.append(Weights(np.concatenate([[0.0, 0.0], own[:-_BESIDES]]), *map(float, own[-_BESIDES:])))
    return found[0], found[1]


SECOND = ("by_label", "by_place")
"""The tables of the two other readings."""
BESIDES = ("absent", "required", "many")
"""What a group's table holds besides the signs: see Weights."""
_BESIDES = len(BESIDES)
_QUOTED = (FieldType.TEXT, FieldType.BLOCK)
# By which the log probability of a text against that of *absent*, and its mean a token, count.
_MODEL = (0.3, 0.5)


def hash_of(template: Template) -> str:
    """Of what a template's fields look for: weights that were fitted on it hold for no other."""
    return _hash(template.fields)


@functools.lru_cache(maxsize=32)
def _hash(fields: tuple[Field, ...]) -> str:
    told = [
        (field.name, str(field.type), str(field.of or ""), field.required, field.near, field.avoid) for field in fields
    ]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:12]


def has_own(template: Template) -> bool:
    """Whether documents of this very template were fitted on."""
    return any(group.startswith(f"{template.name} {hash_of(template)} ") for group in _fitted())


@functools.cache
def _data() -> Mapping[str, Any]:
    path = paths.resources_dir() / "ranking.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


@functools.cache
def _fitted(part: str = "weights") -> dict[str, Vector]:
    """Each group's weights, then what is in BESIDES."""
    names = (*sign_names(), *BESIDES)
    unknown = {name for table in _data().get(part, {}).values() for name in table} - set(names)
    if unknown:
        raise ValueError(f"no such sign: {', '.join(sorted(unknown))}")
    return {
        group: np.array([float(table.get(name, 0.0)) for name in names])
        for group, table in _data().get(part, {}).items()
    }


def _logit(share: float) -> float:
    bounded = min(max(share, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded))


@dataclass(frozen=True, slots=True)
class Second:
    """What a reading made in another way says of a value: by labels alone, or by place and form alone.

    Attributes:
        share: probability that it gives the value.
        first: whether it would take it, too.
    """

    share: float = 0.5
    first: bool = False


@dataclass(slots=True)
class Grounds:
    """What a confidence is reckoned from. It is never changed; that it is not frozen makes it in a third of the time.

    Attributes:
        share: probability by the weights (after the fields were decided together).
        second: that of the next best value.
        label: how far a label of its own stands at the value, 0 to 1.
        rival: the same of a label of something else.
        candidates: of the field.
        likelihood: of the reading, among those of its text.
        fitted: its template's own labelled documents were fitted on.
        absent: it is that there is none.
        several: it is an item of a list of texts (names, organisations …).
        legible: how sure the recognition of the page was, 0 to 1.
        by_label, by_place: what two other readings say.
        like: how far words beside it are like what the field is called, 0 to 1.
        only: no other value has a label of its own.
        form: its type has a form that little else has (e-mail, IBAN …).
        sums: it is part of a sum that holds.
        alone: what the document alone says of it, where other documents of its run spoke as well.
        bare: its form is all that speaks for it: nothing beside or over it says what the field is called.
    """

    share: float
    second: float
    label: float
    rival: float
    candidates: int
    likelihood: float = 1.0
    fitted: bool = False
    absent: bool = False
    several: bool = False
    legible: float = 1.0
    by_label: Second = Second()
    by_place: Second = Second()
    like: float = 0.0
    only: bool = False
    form: bool = False
    sums: bool = False
    alone: Second | None = None
    bare: bool = False

    def columns(self) -> dict[str, float]:
        """By the names of CONFIDENCE.

        What a value is worth that a document alone gives as well is told by what it gives alone; the others only add to that.
        """
        share, margin = _logit(self.share), _logit(self.share / max(self.share + self.second, 1e-9))
        found = float(not self.absent)
        as_alone = self.alone is not None and self.alone.first
        changed = self.alone is not None and not self.alone.first
        return {
            "always": 1.0,
            "share": share if self.alone is None else _logit(self.alone.share) * as_alone,
            "margin": margin * (self.alone is None),
            "label": self.label * found,
            "rival": self.rival * found,
            "like": self.like * found,
            "unlabelled": found * (max(self.label, self.like) < _UNLABELLED),
            "only": self.only * found,
            "by_label": _logit(self.by_label.share),
            "by_place": _logit(self.by_place.share),
            "label_first": float(self.by_label.first),
            "place_first": float(self.by_place.first),
            "agree": float(self.by_label.first and self.by_place.first),
            "form": self.form * found,
            "bare": self.bare * found,
            "sums": self.sums * found,
            "in_run": float(self.alone is not None),
            "run_share": share * as_alone,
            "run_margin": margin * as_alone,
            "changed": float(changed),
            "changed_share": share * changed,
            "changed_margin": margin * changed,
            "candidates": math.log1p(self.candidates) / 4,
            "fitted": float(self.fitted),
            "absent": float(self.absent),
            "absent_share": share * self.absent,
            "several": float(self.several),
            "several_share": share * self.several,
            "several_fitted": float(self.several and self.fitted),
        }


_UNLABELLED = 0.3
CONFIDENCE = tuple(Grounds(0.5, 0.5, 0.0, 0.0, 0).columns())
_MOST = 0.99


def confidence(grounds: Grounds, family_of: str, own: float | None = None) -> float:
    """What a value is worth, 0 to 1: calibrated on kinds of documents that were not fitted on; or, where the template's own
    documents said what its share is worth, that (``own``).
    """
    if own is None:
        worth, family_worth = _confidence_worth()
        odds = sum(map(operator.mul, worth, grounds.columns().values()))
        odds += family_worth.get(family_of, 0.0)
        own = 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, odds))))
    return own_confidence(own, grounds.likelihood, grounds.legible)


def between(one: float, other: float, share: float) -> float:
    """A probability between two, by so great a share of the way from one to the other: in the logarithm of the odds."""
    odds = (1 - share) * _logit(one) + share * _logit(other)
    return 1.0 / (1.0 + math.exp(-odds))


def own_confidence(own: float, likelihood: float, legible: float) -> float:
    """The same where it is known what the share is worth: no surer than the reading of the text, and than the page was read."""
    return min(_MOST, own, likelihood + 0.02) * legible


@functools.cache
def _confidence_worth() -> tuple[tuple[float, ...], dict[str, float]]:
    """What each of CONFIDENCE is worth, and each family."""
    table = _data().get("confidence", {})
    families = {name.removeprefix("family "): float(own) for name, own in table.items() if name.startswith("family ")}
    return tuple(float(table.get(name, 0.0)) for name in CONFIDENCE), families
