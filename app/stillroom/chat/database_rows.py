"""Between the rows of the database and what a conversation is made of."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from stillroom.chat.conversation import (
    CHAT_SAMPLING,
    Attachment,
    ChatSettings,
    Conversation,
    Facts,
    Role,
    Turn,
    TurnState,
)
from stillroom.codec import from_json, from_plain, to_plain
from stillroom.documents.seeing import Picture

CONVERSATION = "id, title, pinned, created, changed, settings, leaf, draft, deleted"
TURN = "id, conversation, parent, role, content, created, thinking, state, error, model, facts"


def now() -> str:
    """UTC, as it is stored."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def settings_to_json(settings: ChatSettings) -> str:
    return json.dumps(to_plain(settings))


def settings_from_json(text: str) -> ChatSettings:
    """What is not known any more is left out, what is missing is as usual. Raises ValueError where these are no settings."""
    data = from_json(dict[str, Any], text)
    return from_plain(ChatSettings, {**data, "sampling": {**to_plain(CHAT_SAMPLING), **data.get("sampling", {})}})


def facts_to_json(facts: Facts) -> str:
    return json.dumps(to_plain(facts))


def facts_from_json(text: str) -> Facts:
    """Raises ValueError where these are no facts."""
    return from_json(Facts, text)


def conversation_from_row(row: Sequence[Any]) -> Conversation:
    return Conversation(
        id=row[0],
        title=row[1],
        pinned=bool(row[2]),
        created=datetime.fromisoformat(row[3]),
        changed=datetime.fromisoformat(row[4]),
        settings=settings_from_json(row[5]),
        leaf=row[6],
        draft=row[7],
        deleted=datetime.fromisoformat(row[8]) if row[8] else None,
    )


def turn_from_row(row: Sequence[Any], attachments: tuple[Attachment, ...] = ()) -> Turn:
    return Turn(
        id=row[0],
        conversation=row[1],
        parent=row[2],
        role=Role(row[3]),
        content=row[4],
        created=datetime.fromisoformat(row[5]),
        thinking=row[6],
        state=TurnState(row[7]),
        error=row[8],
        model=row[9],
        facts=facts_from_json(row[10]),
        attachments=attachments,
    )


def add_turn(connection: sqlite3.Connection, turn: Turn, moment: str) -> tuple[int, dict[int, int]]:
    """Insert a turn. Returns its id, and those of its attachments by the ids they had."""
    number = connection.execute(
        "INSERT INTO turns (conversation, parent, role, content, thinking, state, process, error, model, created, facts) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            turn.conversation, turn.parent, turn.role, turn.content, turn.thinking, turn.state, os.getpid(),
            turn.error, turn.model, moment, facts_to_json(turn.facts),
        ),
    ).lastrowid or 0  # fmt: skip
    return number, {each.id: _add_attachment(connection, number, each) for each in turn.attachments}


def turns_of(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[Turn]:
    """Turns in the order of their numbers here, with what is attached to them."""
    found = [connection.execute(f"SELECT {TURN} FROM turns WHERE id = ?", (number,)).fetchone() for number in numbers]
    attached = attachments_of(connection, numbers)
    return [turn_from_row(row, attached.get(row[0], ())) for row in found]


def _add_attachment(connection: sqlite3.Connection, turn: int, each: Attachment) -> int:
    picture = each.picture
    inserted = connection.execute(
        "INSERT INTO attachments (turn, name, path, pages, tokens, given, picture, picture_sha256, picture_width, "
        "picture_height, picture_tokens, seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            turn, each.name, each.path, json.dumps(each.pages), each.tokens, each.given,
            picture.data if picture else None, picture.sha256 if picture else "", picture.width if picture else 0,
            picture.height if picture else 0, each.picture_tokens, int(each.seen),
        ),
    )  # fmt: skip
    return inserted.lastrowid or 0


def attachments_of(connection: sqlite3.Connection, turns: Sequence[int]) -> dict[int, tuple[Attachment, ...]]:
    """The attachments of turns, by turn."""
    found: dict[int, tuple[Attachment, ...]] = {}
    for start in range(0, len(turns), 500):
        some = turns[start : start + 500]
        marks = ", ".join("?" * len(some))
        for row in connection.execute(
            "SELECT id, turn, name, path, pages, tokens, given, picture, picture_sha256, picture_width, picture_height, "
            f"picture_tokens, seen FROM attachments WHERE turn IN ({marks}) ORDER BY id",
            some,
        ):
            number, turn, name, path, pages, tokens, given, data, sha256, width, height, size, seen = row
            picture = Picture(width, height, data, sha256) if data is not None else None
            own = Attachment(
                number,
                name,
                path,
                from_json(tuple[str, ...], pages),
                tokens,
                given,
                picture,
                bool(seen),
                size,
            )
            found[turn] = (*found.get(turn, ()), own)
    return found
