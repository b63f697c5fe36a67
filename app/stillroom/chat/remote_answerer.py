"""A remote model as the one who answers a conversation. Whoever makes it has the person's consent to what it is sent."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from stillroom.cancellation import Cancellation
from stillroom.chat.conversation import ChatSettings
from stillroom.engine.protocol import Generation, Message
from stillroom.errors import StillroomError
from stillroom.privacy.sending import Sending, SendingLog
from stillroom.remote.client import RemoteClient
from stillroom.remote.engines import RemoteEngine

_CHARACTERS_A_TOKEN = 3.5


def estimated_tokens(text: str) -> int:
    """About as many as a server will count."""
    return round(len(text) / _CHARACTERS_A_TOKEN)


def what_leaves(messages: Sequence[Message], settings: ChatSettings) -> str:
    """All that is sent for the next answer, as a person reads it: the messages, and the shape of the answer if there is one."""
    return "\n\n".join([*(message.content for message in messages), *([settings.schema] if settings.schema else [])])


class RemoteAnswerer:
    """An answerer at a remote engine; each answer sends the conversation as it is then."""

    def __init__(
        self, engine: RemoteEngine, connect: Callable[[], RemoteClient], log: SendingLog, cap: Callable[[], float]
    ) -> None:
        """``connect``: asked for a client at every answer, on the thread that answers (the keyring may keep it waiting).
        ``cap``: dollars a month that are not passed; 0 for no limit."""
        self._engine, self._connect, self._log, self._cap = engine, connect, log, cap

    @property
    def name(self) -> str:
        return f"{self._engine.name}: {self._engine.model}"

    @property
    def context_tokens(self) -> int:
        """Not known: the server says when it is too much."""
        return 0

    @property
    def sees_pictures(self) -> bool:
        """No pictures are sent: the person agrees to what is sent by reading it."""
        return False

    @property
    def parameters(self) -> int:
        """Not known: a server does not tell."""
        return 0

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
        engine = self._engine
        if begun:
            raise StillroomError("A remote model cannot go on with an answer. Let it answer again instead.")
        text = what_leaves(messages, settings)
        schema: dict[str, Any] | None = json.loads(settings.schema) if settings.schema else None
        started, first = time.monotonic(), 0.0

        def told(piece: str) -> None:
            nonlocal first
            first = first or time.monotonic() - started
            on_text(piece)

        tokens = estimated_tokens(text)
        expected = Sending(
            datetime.now(UTC), engine.name, engine.host, "chat", hashlib.sha256(text.encode()).hexdigest(), len(text),
            tokens, cost=engine.cost(tokens, settings.max_tokens),
        )  # fmt: skip
        way = self._log.on_its_way(expected, self._cap())
        with contextlib.closing(self._connect()) as client:
            answer = client.complete(
                messages,
                max_tokens=settings.max_tokens,
                temperature=settings.sampling.temperature,
                schema=schema,
                reason=f"chat with {engine.name}",
                on_text=told,
                cancellation=cancellation,
                way=way,
            )
        sent = answer.prompt_tokens or tokens
        way.answered(sent, answer.tokens, engine.cost(sent, answer.tokens))
        reason = "end" if answer.finished else "length"
        return Generation(answer.text, reason, sent, 0, answer.tokens, first, time.monotonic() - started)
