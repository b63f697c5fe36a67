"""A conversation as the model's own chat template writes it, in pieces: only the template's text may hold control tokens."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence

from stillroom.chat.conversation import Role, Turn
from stillroom.engine.protocol import Message, Piece
from stillroom.errors import EngineError

Render = Callable[[Sequence[Message]], str]

# Reasoning models write what they think between such marks. What was thought is shown, and not sent back.
THINKING = (("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<|thinking|>", "<|/thinking|>"))


def messages_of(
    turns: Sequence[Turn], system: str, contents: Sequence[str], pictures: Sequence[tuple[str, ...]]
) -> list[Message]:
    """The turns as messages; ``contents``: what each says, its attachments in it; ``pictures``: those it shows. Notes are the
    system's word.

    Two of one side in a row (an answer failed, an empty one was left out) become one: many templates insist on taking turns.
    """
    told = [system.strip()] if system.strip() else []
    told += [content for turn, content in zip(turns, contents, strict=True) if turn.role is Role.NOTE and content]
    found = [Message("system", "\n\n".join(told))] if told else []
    for turn, content, shown in zip(turns, contents, pictures, strict=True):
        if turn.role is Role.NOTE or not (content.strip() or shown):
            continue
        if len(found) and found[-1].role == turn.role:
            both = f"{found[-1].content}\n\n{content.strip()}".strip()
            found[-1] = Message(found[-1].role, both, (*found[-1].pictures, *shown))
        else:
            found.append(Message(str(turn.role), content.strip(), shown))
    return found


def pieces_of(messages: Sequence[Message], render: Render) -> tuple[Piece, ...]:
    """The prompt for the next answer. Raises EngineError where the model has no chat template or a bad one.

    A text that nobody can guess stands for each content while the template is rendered, so that a document that holds
    ``<|im_end|>`` stays a document.
    """
    key = secrets.token_hex(8)
    marked = [Message(message.role, f"§{key}:{place}§") for place, message in enumerate(messages)]
    contents = [message.content for message in messages]
    try:
        text = render(marked)
    except EngineError:
        if not messages or messages[0].role != "system" or len(messages) < 2:
            raise
        # Some templates know no system's word: it goes before the person's first one.
        both = f"{messages[0].content}\n\n{messages[1].content}"
        folded = [Message("user", both, messages[1].pictures), *messages[2:]]
        return pieces_of(folded, render)
    if any(f"§{key}:{place}§" not in text for place in range(len(messages))):
        raise EngineError("The model's chat template leaves out part of the conversation. Choose another model.")
    pieces: list[Piece] = []
    for place, part in enumerate(re.split(f"§{key}:(\\d+)§", text)):
        if place % 2:
            pieces += [Piece("", picture=picture) for picture in messages[int(part)].pictures]
            if contents[int(part)]:
                pieces.append(Piece(contents[int(part)]))
        elif part:
            pieces.append(Piece(part, special=True))
    return tuple(pieces)


class Thoughts:
    """Parts what a model thinks from what it says, while it is written."""

    def __init__(self) -> None:
        self.thinking = ""
        self.said = ""
        self._held = ""
        self._end = ""
        self._begun = False

    def add(self, piece: str) -> tuple[str, str]:
        """What to show of a piece: new thinking, new text."""
        self._held += piece
        before = len(self.thinking), len(self.said)
        while self._held:
            if self._end:
                if self._take(self._end, thinking=True):
                    self._end = ""
                    self._held = self._held.lstrip("\n")
                    continue
                break
            if not self._begun and not self._held.strip():
                break
            start = self._starting()
            if start is None:
                break
            if start:
                self._end = start
                continue
            self._begun = True
            self.said += self._held if self.said else self._held.lstrip("\n")
            self._held = ""
        return self.thinking[before[0] :], self.said[before[1] :]

    def finish(self) -> tuple[str, str]:
        """What was held back, at the end."""
        left, self._held = self._held, ""
        if self._end:
            self.thinking += left
            return left, ""
        self.said += left
        return "", left

    def _starting(self) -> str | None:
        """The mark that ends the thinking that begins here; empty where none begins; None where that is not known yet."""
        if self._begun:
            return ""
        text = self._held.lstrip()
        for begin, end in THINKING:
            if text.startswith(begin):
                self._held = text[len(begin) :].lstrip("\n")
                return end
            if begin.startswith(text):
                return None
        return ""

    def _take(self, end: str, *, thinking: bool) -> bool:
        at = self._held.find(end)
        if at >= 0:
            self.thinking += self._held[:at] if thinking else ""
            self._held = self._held[at + len(end) :]
            self._begun = True
            return True
        # The mark may be half there.
        keep = next((size for size in range(len(end) - 1, 0, -1) if self._held.endswith(end[:size])), 0)
        self.thinking += self._held[: len(self._held) - keep]
        self._held = self._held[len(self._held) - keep :]
        return False
