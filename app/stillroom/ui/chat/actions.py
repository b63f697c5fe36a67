"""What can be done with turns and conversations."""

from __future__ import annotations

from enum import StrEnum


class TurnAction(StrEnum):
    """What can be done with a turn. EVERY_PART: answer anew, from every part of the files."""

    COPY = "copy"
    EDIT = "edit"
    AGAIN = "again"
    EVERY_PART = "every part"
    TEMPLATE = "template"
    GO_ON = "go on"
    DELETE = "delete"


class ConversationAction(StrEnum):
    """What can be done with a conversation. TEMPLATE: made of its last JSON answer."""

    RENAME = "rename"
    PIN = "pin"
    DUPLICATE = "duplicate"
    EXPORT = "export"
    TEMPLATE = "template"
    DELETE = "delete"
