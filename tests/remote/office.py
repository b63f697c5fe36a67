"""What the tests of remote engines share: a key, a document, what a good model answers, a keyring that keeps nothing."""

from __future__ import annotations

import json
import re
from typing import Any

from stillroom.documents.document import Document, Page
from stillroom.engine.protocol import Message
from stillroom.remote.client import (
    RemoteClient,
)

KEY = "sk-remote-0123456789"
TEXT = "North Wind Trading Ltd\n12 Harbour Road, Dover\nDate 03/05/2024\nTotal EUR 14.10\n"


def fields_of(body: dict[str, Any]) -> str:
    """What a good model would answer to a receipt."""
    text = body["messages"][-1]["content"]
    total = re.search(r"Total EUR ([\d.]+)", text)
    return json.dumps(
        {
            "company": "NORTH WIND trading ltd",
            "date": "2024-05-03",
            "address": None,
            "total": total[1] if total else None,
        }
    )


class NoKeyring:
    name = "none"

    def get_password(self, *_: str) -> str | None:
        return None

    def set_password(self, *_: str) -> None:
        raise OSError("no keyring")

    def delete_password(self, *_: str) -> None:
        """Nothing is there."""


def document(text: str = TEXT) -> Document:
    return Document("r.txt", "txt", "0" * 64, (Page(1, text),), 1)


def ask(client: RemoteClient, **more: Any) -> str:
    return client.complete([Message("user", "Hello")], max_tokens=5, **more).text
