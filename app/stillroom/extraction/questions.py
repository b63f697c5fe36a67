"""The words put to the model: what stands before the passage, and the question about one field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stillroom.engine.protocol import Message, Piece
from stillroom.templates.template import Field, FieldType, Template

ABSENT = "none"  # the answer that is scored for "the text does not say"
_SYSTEM = "You extract data from documents."
_PASSAGE = "\u2402"  # stand-ins while the chat template is rendered: two characters no document or template holds
_QUESTION = "\u2403"


@dataclass(frozen=True, slots=True)
class Frame:
    """A prompt with two gaps: ``before`` the passage, ``between`` passage and question, ``after`` the question."""

    before: str
    between: str
    after: str

    @classmethod
    def messages(cls, system: str = _SYSTEM) -> list[Message]:
        """What is handed to the model's chat template."""
        return [Message("system", system), Message("user", f"{_PASSAGE}\n\n{_QUESTION}")]

    @classmethod
    def from_rendered(cls, text: str) -> Frame:
        """The frame of a rendered chat template. Raises ValueError where the template lost one of the gaps."""
        before, rest = text.split(_PASSAGE)
        between, after = rest.split(_QUESTION)
        return cls(before, between, after)

    @classmethod
    def plain(cls) -> Frame:
        """For a model without a chat template."""
        return cls("", "\n\nQuestion: ", "\nAnswer: ")

    def prefix(self, passage: str) -> tuple[Piece, ...]:
        """The part that all questions about a passage share. The passage's own text never holds control tokens."""
        pieces = (Piece(self.before, special=True), Piece(passage))
        return tuple(piece for piece in pieces if piece.text)

    def suffix(self, question: str, lead: str = "") -> str:
        """What follows the passage: the question, and how the answer begins."""
        return f"{self.between}{question}{self.after}{lead}"


def meaning(field: Field) -> str:
    """The field in words: its description up to a semicolon (what follows is for people), else its label or name."""
    return (field.description or field.label or field.name.replace("_", " ")).split(";")[0].strip().rstrip(".?")


def value_question(field: Field) -> tuple[str, str, str]:
    """Question, beginning of the answer, and what ends the answer, for a field whose value stands in the text."""
    what = meaning(field)
    return f"What is {_with_article(what)}?", f'{field.name.replace("_", " ").capitalize()}: "', '"'


def choice_question(field: Field) -> tuple[str, str, str]:
    """The same for a choice among options."""
    what = meaning(field)
    if field.type is FieldType.YES_NO:
        return f"{what[:1].upper()}{what[1:]}? Answer yes or no.", "", "\n"
    described = [
        f"{option.value} ({option.description})" if option.description else option.value for option in field.options
    ]
    return f"What is {_with_article(what)}? Choose one: {'; '.join(described)}.", "Answer: ", "\n"


def summary_question(field: Field) -> str:
    """The instruction for generated text."""
    return f"Write {_with_article(meaning(field))} in at most {field.max_words} words. Use only what the text says."


def joined(parts: Sequence[str]) -> str:
    """The text to summarise where the parts of a long document were summarised one by one."""
    return "\n".join(f"Part {number}: {part}" for number, part in enumerate(parts, 1))


def _with_article(what: str) -> str:
    first = what.split(" ", 1)[0].lower()
    return (
        what if first in ("the", "a", "an", "all", "every", "each", "who", "what", "whether", "how") else f"the {what}"
    )


def describe(template: Template) -> str:
    """One line about the kind of document, for the system message."""
    return f"{_SYSTEM} The document: {template.description.rstrip('.')}." if template.description else _SYSTEM
