"""A first question to a remote engine, to see whether it answers; written down like every other."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime

from stillroom.engine.protocol import Message
from stillroom.privacy.sending import Sending, SendingLog
from stillroom.remote.client import RemoteClient

QUESTION = "Say yes."
_TOKENS_IN, _TOKENS_OUT = 10, 16


def ask_for_a_sign(client: RemoteClient, log: SendingLog, cap: float) -> float:
    """Ask the engine's model ``QUESTION``. Returns the seconds it took.

    ``cap``: dollars a month that are not passed; 0 for no limit. Raises EngineError, CapReachedError.
    """
    engine = client.engine
    started = time.monotonic()
    expected = Sending(
        datetime.now(UTC), engine.name, engine.host, "test", hashlib.sha256(QUESTION.encode()).hexdigest(), len(QUESTION),
        _TOKENS_IN, cost=engine.cost(_TOKENS_IN, _TOKENS_OUT),
    )  # fmt: skip
    way = log.on_its_way(expected, cap)
    answer = client.complete(
        [Message("user", QUESTION)], max_tokens=_TOKENS_OUT, reason=f"test of {engine.name}", way=way
    )
    sent = answer.prompt_tokens or _TOKENS_IN
    way.answered(sent, answer.tokens, engine.cost(sent, answer.tokens))
    return time.monotonic() - started
