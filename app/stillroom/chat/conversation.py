"""What a conversation is made of."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from stillroom.documents.seeing import Picture
from stillroom.engine.protocol import Sampling

# Conversations are to be lively; extraction has its own, greedy.
CHAT_SAMPLING = Sampling(temperature=0.6, top_k=40, top_p=0.95, min_p=0.05, repeat_penalty=1.05)


# Why an answer ends that was merged from those about every passage: a model cannot go on with it.
MERGED = "merged"

BIN_DAYS = 30
"""So long a deleted conversation can be brought back."""

_FIGURES_NAMED = 6


class Role(StrEnum):
    """The side that speaks. A NOTE stands for older turns that were summarised or left out; the model sees it as the system's word."""

    USER = "user"
    ASSISTANT = "assistant"
    NOTE = "note"


class TurnState(StrEnum):
    """How a turn ended. STREAMING: it is being written. INTERRUPTED: the application ended meanwhile; what was there is kept."""

    COMPLETE = "complete"
    STREAMING = "streaming"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """The settings of one conversation.

    Attributes:
        model: name of the model; empty for the one that is loaded.
        system: what the model is told before everything else.
        max_tokens: of an answer. context_tokens: of the model's context; 0 for its usual one.
        schema: a JSON Schema that answers are held to, as JSON text; empty for none.
    """

    model: str = ""
    system: str = ""
    sampling: Sampling = CHAT_SAMPLING
    max_tokens: int = 1024
    context_tokens: int = 0
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation. Times are UTC.

    Attributes:
        leaf: the last turn of the branch that is shown; None while there is none.
        draft: what the person was writing.
        deleted: when it was put into the bin; None while it is in the list.
    """

    id: int
    title: str
    pinned: bool
    created: datetime
    changed: datetime
    settings: ChatSettings = field(default_factory=ChatSettings)
    leaf: int | None = None
    draft: str = ""
    deleted: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a turn, as it was read. The text is kept: the file may change or go.

    Attributes:
        pages: text by page. tokens: of all pages, by the model that was loaded; 0 while not counted.
        given: what the model is given in the place of the pages where they did not fit; empty for all of them.
        picture: of a file that is one. seen: the model is given the picture, not its text; where it cannot see, the text.
        picture_tokens: of the picture, by the model that was loaded.
    """

    id: int
    name: str
    path: str
    pages: tuple[str, ...]
    tokens: int = 0
    given: str = ""
    picture: Picture | None = None
    seen: bool = False
    picture_tokens: int = 0

    @property
    def text(self) -> str:
        """What the model is given of its text."""
        return self.given or "\n\n".join(self.pages)

    @property
    def given_tokens(self) -> int:
        """Of what it is given as."""
        return self.picture_tokens if self.seen else self.tokens


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that an answer was given: characters ``start`` to ``end`` of a page, from 1, of an attachment."""

    attachment: int
    name: str
    page: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Facts:
    """How an answer came about. Speeds in tokens a second.

    Attributes:
        prompt_tokens, cached_tokens: of the question with all before it, and those that were not read anew.
        first_token_seconds: from the question to the first piece.
        sources: passages that were given or asked. quotes: places in files that say what the answer says.
        unfounded: figures of the answer, as written in it, that no file says.
        notes: sentences about what the model did not see.
        passages_read, passages: of the files, those that were given or asked, and all there are; 0 where there was no choice.
        countable: the question wants a count, a list or a sum of files, which every passage can be asked for.
        covers: of a note, the last turn that it stands for; of its branch, all before that one are covered too.
    """

    prompt_tokens: int = 0
    cached_tokens: int = 0
    tokens: int = 0
    speed: float = 0.0
    first_token_seconds: float = 0.0
    stop_reason: str = ""
    sources: tuple[Source, ...] = ()
    quotes: tuple[Source, ...] = ()
    unfounded: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    passages_read: int = 0
    passages: int = 0
    countable: bool = False
    covers: int = 0

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person has to know of the answer."""
        if not self.unfounded:
            return self.notes
        named = ", ".join(self.unfounded[:_FIGURES_NAMED])
        if len(self.unfounded) > _FIGURES_NAMED:
            named += f" and {len(self.unfounded) - _FIGURES_NAMED} more"
        return (f"Not in the files, so worked out or made up by the model: {named}.", *self.notes)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said. ``parent``: the turn it answers; turns of one parent are branches."""

    id: int
    conversation: int
    parent: int | None
    role: Role
    content: str
    created: datetime
    thinking: str = ""
    state: TurnState = TurnState.COMPLETE
    error: str = ""
    model: str = ""
    facts: Facts = field(default_factory=Facts)
    attachments: tuple[Attachment, ...] = ()

    @property
    def json_object(self) -> dict[str, Any]:
        """The JSON object in what the model said; empty where there is none."""
        found = re.search(r"\{.*\}", self.content, re.DOTALL) if self.role is Role.ASSISTANT else None
        try:
            value = json.loads(found.group()) if found else None
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Hit:
    """A turn that a search found; ``snippet`` has the words found between ``\\x02`` and ``\\x03``."""

    conversation: int
    title: str
    turn: int
    snippet: str
