"""What is kept of a document that a template learned of, beside its arrays: facts that come back checked against their types."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from stillroom.codec import from_json, to_json
from stillroom.learning.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """What a field showed.

    Attributes:
        missing: whether what is right is none of its candidates. candidates: how many there were; fewer may be kept.
    """

    type: str
    several: bool
    missing: bool
    candidates: int
    around: tuple[Surroundings, ...]


@dataclass(frozen=True, slots=True)
class ChoiceFacts:
    """How strongly the text spoke for each option of a choice, and which is right.

    Attributes:
        among: digest of what a model read before the text (``choices.examples``); empty where it read nothing.
        signs: by option, what its strength was reckoned from: its signs, and how much its own words speak for it. None of yes and no, and
            of what an earlier version kept.
    """

    strengths: dict[str, float]
    right: str
    among: str = ""
    signs: dict[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChoicesFacts:
    """The choices of a document, and the model that embedded its text; empty for none. ``signs``: names of the columns of theirs."""

    model: str = ""
    fields: dict[str, ChoiceFacts] = field(default_factory=dict)
    signs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What is kept of a document. ``signs``: the names of the columns of its arrays."""

    version: int
    signs: tuple[str, ...]
    fields: dict[str, FieldFacts]
    choices: ChoicesFacts = field(default_factory=ChoicesFacts)


def packed(facts: DocumentFacts) -> npt.NDArray[np.uint8]:
    """Facts as they stand among the arrays."""
    return np.frombuffer(to_json(facts), dtype=np.uint8)


def unpacked(array: npt.NDArray[np.uint8]) -> DocumentFacts:
    """Raises ValueError where these are no facts."""
    return from_json(DocumentFacts, array.tobytes())
