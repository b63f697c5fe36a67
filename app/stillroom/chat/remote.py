"""A remote model as the one who answers a conversation. Whoever makes it has the person's consent to what it is sent."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from stillroom.cancellation import Cancellation
from stillroom.chat.conversation import ChatSettings
from stillroom.engine.protocol import Generation, Message
from stillroom.engine.remote import RemoteClient
from stillroom.errors import StillroomError
from stillroom.privacy.sending import Sending, SendingLog

_CHARACTERS_A_TOKEN = 3.5


def estimated_tokens(text: str) -> int:
    """About as many as a server will count."""
    return round(len(text) / _CHARACTERS_A_TOKEN)


class RemoteAnswerer:
    """Answers through a remote engine; each answer sends the conversation as it is then."""

    def __init__(self, client: RemoteClient, log: SendingLog, cap: float = 0.0) -> None:
        """``cap``: dollars a month that are not passed; 0 for no limit."""
        self._client, self._log, self._cap = client, log, cap

    @property
    def name(self) -> str:
        return f"{self._client.engine.name}: {self._client.engine.model}"

    @property
    def context_tokens(self) -> int:
        """Not known: the server says when it is too much."""
        return 0

    @property
    def sees_pictures(self) -> bool:
        """No pictures are sent: the person agrees to what is sent by reading it."""
        return False

    def count_tokens(self, texts: Sequence[str], pictures: Sequence[tuple[int, int]] = ()) -> list[int]:
        return [estimated_tokens(text) for text in texts] + [0] * len(pictures)

    def answer(
        self,
        messages: Sequence[Message],
        settings: ChatSettings,
        *,
        begun: str = "",
        on_text: Callable[[str], None],
        on_progress: Callable[[float], None] | None = None,  # noqa: ARG002 - a server does not tell
        cancellation: Cancellation | None = None,
    ) -> Generation:
        engine = self._client.engine
        if begun:
            raise StillroomError("A remote model cannot go on with an answer. Let it answer again instead.")
        text = "\n\n".join(message.content for message in messages)
        self._log.refuse_beyond(self._cap, engine.cost(estimated_tokens(text), settings.max_tokens))
        schema: dict[str, Any] | None = json.loads(settings.schema) if settings.schema else None
        started, first = time.monotonic(), 0.0

        def told(piece: str) -> None:
            nonlocal first
            first = first or time.monotonic() - started
            on_text(piece)

        answer = self._client.complete(
            messages,
            max_tokens=settings.max_tokens,
            temperature=settings.sampling.temperature,
            schema=schema,
            reason=f"chat with {engine.name}",
            on_text=told,
            cancellation=cancellation,
        )
        sent = answer.prompt_tokens or estimated_tokens(text)
        self._log.note(
            Sending(
                datetime.now(UTC), engine.name, engine.host, "chat", hashlib.sha256(text.encode()).hexdigest(), len(text),
                sent, answer.tokens, engine.cost(sent, answer.tokens),
            )
        )  # fmt: skip
        reason = "end" if answer.finished else "length"
        return Generation(answer.text, reason, sent, 0, answer.tokens, first, time.monotonic() - started)
