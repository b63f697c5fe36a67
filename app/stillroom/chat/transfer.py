"""Conversations as files: Markdown and HTML to read, JSON with every branch to bring back."""

from __future__ import annotations

import base64
import html
import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stillroom.atomic import write_text
from stillroom.chat import database_rows
from stillroom.chat.conversation import Attachment, Conversation, Role, Turn, TurnState
from stillroom.chat.store import ConversationStore
from stillroom.documents.reader_pool import ReaderPool
from stillroom.documents.seeing import Picture
from stillroom.engine.limits import LARGEST_PICTURE_SIDE
from stillroom.errors import StillroomError

FORMAT = "stillroom-conversation"
_SHOWN_SIDE = 480  # pixels of a picture in a file to read
_NAMES = {Role.USER: "You", Role.ASSISTANT: "Model", Role.NOTE: "Note"}
_STATES = {TurnState.STOPPED: "stopped", TurnState.INTERRUPTED: "interrupted", TurnState.FAILED: "failed"}


def export(store: ConversationStore, number: int, target: Path) -> None:
    """Write a conversation; the file's ending says how. Raises StillroomError."""
    conversation = store.conversation(number)
    kind = target.suffix.lower()
    if kind == ".json":
        text = to_json(conversation, store.all_turns(number))
    elif kind in (".md", ".markdown"):
        text = to_markdown(conversation, store.branch(conversation.leaf))
    elif kind in (".html", ".htm"):
        text = to_html(conversation, store.branch(conversation.leaf))
    else:
        raise StillroomError(
            f"{target.name}: conversations are written as .md, .html or .json. Choose one of these endings."
        )
    write_text(target, text)


def to_markdown(conversation: Conversation, turns: Sequence[Turn]) -> str:
    """The branch that is shown."""
    parts = [f"# {conversation.title or 'Conversation'}\n"]
    for turn in turns:
        files = "".join(f"*File: {each.name}*\n\n{_inline(each)}" for each in turn.attachments)
        parts.append(f"## {_heading(turn)}\n\n{files}{turn.content.strip()}\n{_remarks(turn)}")
    return "\n".join(parts)


def _inline(attachment: Attachment) -> str:
    """A picture as Markdown that needs no other file."""
    name = re.sub(r"[\[\]\n]", " ", attachment.name)
    return f"![{name}]({_address(attachment.picture)})\n\n" if attachment.picture is not None else ""


def _address(picture: Picture) -> str:
    return f"data:image/png;base64,{picture.base64}"


def _heading(turn: Turn) -> str:
    name = f"{_NAMES[turn.role]} ({turn.model})" if turn.model and turn.role is Role.ASSISTANT else _NAMES[turn.role]
    return f"{name}, {_STATES[turn.state]}" if turn.state in _STATES else name


def _remarks(turn: Turn) -> str:
    notes = [*turn.facts.remarks, *([turn.error] if turn.error else [])]
    return "".join(f"\n> {note}\n" for note in notes)


def to_html(conversation: Conversation, turns: Sequence[Turn]) -> str:
    """The branch that is shown, as one file that fetches nothing."""
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
    title = html.escape(conversation.title or "Conversation")
    parts = []
    for turn in turns:
        files = "".join(f"<p><em>File: {html.escape(each.name)}</em></p>{_image(each)}" for each in turn.attachments)
        body = markdown.render(turn.content + _remarks(turn))
        parts.append(f'<section class="{turn.role}"><h2>{html.escape(_heading(turn))}</h2>{files}{body}</section>')
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title><style>'
        "body{font:12pt/1.5 sans-serif;max-width:46em;margin:2em auto;padding:0 1em}h2{font-size:1em;color:#666}"
        "section.user{background:#f2f4f7;border-radius:8px;padding:.2em 1em}pre{overflow:auto;background:#f6f6f6;padding:1em}"
        "table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.3em .6em}</style></head>"
        f"<body><h1>{title}</h1>{''.join(parts)}</body></html>\n"
    )


def _image(attachment: Attachment) -> str:
    picture = attachment.picture
    if picture is None:
        return ""
    width = round(picture.width * min(1.0, _SHOWN_SIDE / max(picture.width, picture.height)))
    return f'<p><img alt="{html.escape(attachment.name)}" width="{width}" src="{_address(picture)}"></p>'


def to_json(conversation: Conversation, turns: Sequence[Turn]) -> str:
    """Everything, all branches, the text of files and the pictures."""
    return json.dumps(
        {
            "format": FORMAT,
            "version": 1,
            "title": conversation.title,
            "settings": asdict(conversation.settings),
            "leaf": conversation.leaf,
            "turns": [_plain(turn) for turn in turns],
        },
        ensure_ascii=False,
        indent=1,
    )


def _plain(turn: Turn) -> dict[str, Any]:
    files = [
        {
            "id": each.id, "name": each.name, "path": each.path, "pages": each.pages, "tokens": each.tokens, "given": each.given,
            "seen": each.seen, "picture_tokens": each.picture_tokens,
            "picture": each.picture.base64 if each.picture is not None else None,
        }
        for each in turn.attachments
    ]  # fmt: skip
    return {**asdict(replace(turn, attachments=())), "created": turn.created.isoformat(), "attachments": files}


def import_file(store: ConversationStore, source: Path, readers: ReaderPool) -> Conversation:
    """Bring a conversation back from JSON; its pictures are read anew, as those of any file. Raises StillroomError, and then
    nothing was stored.
    """
    try:
        data = json.loads(source.read_text(encoding="utf-8"))
        if data["format"] != FORMAT or data["version"] != 1:
            raise ValueError("another format")
        settings = database_rows.settings_from_json(json.dumps(data["settings"]))
        turns = [_turn(item, readers) for item in data["turns"]]
        title, leaf = str(data["title"]), data["leaf"]
    except OSError as error:
        raise StillroomError(f"{source.name} cannot be read: {error.strerror or type(error).__name__}.") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise StillroomError(
            f"{source.name} is no conversation that Stillroom exported as JSON.", repr(error)
        ) from error
    return store.put_in(title, settings, turns, leaf if isinstance(leaf, int) else None)


def _picture(item: dict[str, Any], readers: ReaderPool) -> Picture | None:
    if not item.get("picture"):
        return None
    with tempfile.TemporaryDirectory(prefix="stillroom-") as folder:
        file = Path(folder) / "picture.png"
        file.write_bytes(base64.b64decode(item["picture"], validate=True))
        return readers.picture(file, LARGEST_PICTURE_SIDE)


def _turn(item: dict[str, Any], readers: ReaderPool) -> Turn:
    attachments = tuple(
        Attachment(
            int(each.get("id", 0)),
            str(each["name"]),
            str(each["path"]),
            tuple(map(str, each["pages"])),
            int(each["tokens"]),
            str(each["given"]),
            picture := _picture(each, readers),
            picture is not None and bool(each.get("seen")),
            int(each.get("picture_tokens", 0)),
        )
        for each in item["attachments"]
    )
    state = TurnState(item["state"])
    return Turn(
        id=int(item["id"]),
        conversation=0,
        parent=item["parent"],
        role=Role(item["role"]),
        content=str(item["content"]),
        created=datetime.fromisoformat(item["created"]) if item.get("created") else datetime.now(UTC),
        thinking=str(item["thinking"]),
        state=TurnState.INTERRUPTED if state is TurnState.STREAMING else state,
        error=str(item["error"]),
        model=str(item["model"]),
        facts=database_rows.facts_from_json(json.dumps(item["facts"])),
        attachments=attachments,
    )
