"""What is told beside a conversation: a sentence, and what can be done about it. How it is shown is the view's to decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Subject(StrEnum):
    """What a notice is about: one takes the place of an earlier one about the same."""

    SAID = "said"
    DELETED = "deleted"
    FAILED = "failed"
    FULL = "full"
    MODEL = "model"
    OWN_MODEL = "own model"
    TEMPLATE = "template"


class Weight(StrEnum):
    """How much it matters."""

    INFO = "info"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be done, in the words of a button."""

    title: str
    act: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the person.

    Attributes:
        seconds: after which it goes by itself; 0 for not at all.
        closable: whether the person may put it away.
    """

    subject: Subject
    text: str
    weight: Weight = Weight.INFO
    choices: tuple[Choice, ...] = ()
    seconds: float = 0.0
    closable: bool = True


def saying(text: str, weight: Weight = Weight.INFO) -> Notice:
    """A sentence that asks for nothing; one of no weight goes by itself."""
    return Notice(Subject.SAID, text, weight, seconds=8.0 if weight is Weight.INFO else 0.0)
