"""The words put to the model: what stands before the passage, and the question about one field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stillroom.engine.protocol import Message, Piece
from stillroom.templates.template import Example, Field, FieldType, Template

ABSENT = "none"  # the answer that is scored for "the text does not say"
_SYSTEM = "You extract data from documents."
# Stand-ins while the chat template is rendered: characters no document or template holds.
_PASSAGE = "\u2402"
_QUESTION = "\u2403"
_EXAMPLE = "\u2404"


@dataclass(frozen=True, slots=True)
class Frame:
    """A prompt with two gaps: ``before`` the passage, ``between`` passage and question, ``after`` the question.

    ``before`` holds the template's examples, each text a piece of its own, so that their cells are evaluated once and
    shared by every document.
    """

    before: tuple[Piece, ...]
    between: str
    after: str

    @classmethod
    def messages(cls, template: Template, examples: Sequence[Example] = ()) -> list[Message]:
        """What is handed to the model's chat template: an example is a conversation of its questions and answers."""
        turns = [Message("system", describe(template))]
        for example in examples:
            text = f"{_EXAMPLE}\n\n"
            for question, answer in _answered(template, example):
                turns += [Message("user", text + question), Message("assistant", answer)]
                text = ""
        return [*turns, Message("user", f"{_PASSAGE}\n\n{_QUESTION}")]

    @classmethod
    def from_rendered(cls, text: str, examples: Sequence[Example] = ()) -> Frame:
        """The frame of a rendered chat template. Raises ValueError where the template lost one of the gaps."""
        before, rest = text.split(_PASSAGE)
        between, after = rest.split(_QUESTION)
        parts = before.split(_EXAMPLE)
        if len(parts) != len(examples) + 1:
            raise ValueError("the chat template lost an example")
        pieces = [Piece(parts[0], special=True)]
        for example, part in zip(examples, parts[1:], strict=True):
            # A piece ends where a sequence may be reused; an example and its answers are one step of that.
            pieces += [Piece(example.text), Piece(part, special=True)]
        return cls(tuple(piece for piece in pieces if piece.text), between, after)

    @classmethod
    def plain(cls) -> Frame:
        """For a model without a chat template."""
        return cls((), "\n\nQuestion: ", "\nAnswer: ")

    def prefix(self, passage: str) -> tuple[Piece, ...]:
        """The part that all questions about a passage share. The passage's own text never holds control tokens."""
        return (*self.before, Piece(passage)) if passage else self.before

    def suffix(self, question: str, lead: str = "") -> str:
        """What follows the passage: the question, and how the answer begins."""
        return f"{self.between}{question}{self.after}{lead}"


def _answered(template: Template, example: Example) -> Iterator[tuple[str, str]]:
    """Questions and right answers of an example, in the words of the real ones; one answer stands for a list."""
    for field in template.fields:
        if field.name not in example.values or field.type.generated or field.type is FieldType.TABLE:
            continue
        values = example.values[field.name]
        value = (values[0] if values else None) if isinstance(values, list) else values
        choice = field.type in (FieldType.CHOICE, FieldType.YES_NO)
        question, lead, end = choice_question(field) if choice else value_question(field)
        yield question, f"{lead}{ABSENT if value is None else value}{end}".rstrip("\n")


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
