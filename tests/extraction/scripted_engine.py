"""An engine for tests: the same calls as the real one, scores from a rule instead of a model."""

from __future__ import annotations

import dataclasses
import re
import zlib
from collections.abc import Callable, Sequence

from stillroom.cancellation import Cancellation
from stillroom.engine.protocol import (
    GenerateRequest,
    Generation,
    LoadOptions,
    Message,
    ModelInfo,
    QuotedSpan,
    ScoreRequest,
    ScoreResult,
    SpanRequest,
    SpanResult,
)
from stillroom.engine.status import EngineState, EngineStatus
from stillroom.engine.worker_status import WorkerStatus

INFO = ModelInfo("made", "made.gguf", "llama", "Q4_0", 1, 1, 8192, 8192, 100, True, 0, "CPU", 0.0, LoadOptions())

LARGE = dataclasses.replace(INFO, parameters=4_000_000_000)
"""A model whose word about verbatim values counts."""


def by_hash(question: str, candidate: str) -> float:
    """Scores without rhyme or reason, the same every time."""
    return -(zlib.crc32(f"{question}|{candidate}".encode()) % 1000) / 50


class ScriptedEngine:
    """Attributes: requests, span_requests: every ScoreRequest and SpanRequest that came."""

    def __init__(self, rule: Callable[[str, str], float] = by_hash, *, info: ModelInfo = INFO) -> None:
        self.requests: list[ScoreRequest] = []
        self.span_requests: list[SpanRequest] = []
        self._rule = rule
        self._info = info

    def status(self) -> EngineStatus:
        return EngineStatus(
            state=EngineState.READY,
            model=self._info,
            worker=WorkerStatus(),
            worker_pid=None,
            restarts=0,
            failure="",
            load_progress=1.0,
        )

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool = True) -> str:
        return (
            "".join(f"<{message.role}>{message.content}</>" for message in messages)
            + "<assistant>" * add_generation_prompt
        )

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) // 4 + 1 for text in texts]

    def score(self, request: ScoreRequest, *, cancellation: Cancellation | None = None) -> ScoreResult:
        if cancellation is not None:
            cancellation.raise_if_requested()
        self.requests.append(request)
        scores = tuple(
            tuple(self._rule(question.suffix, candidate) for candidate in question.candidates)
            for question in request.questions
        )
        lengths = tuple(
            tuple(len(candidate) // 4 + 2 for candidate in question.candidates) for question in request.questions
        )
        return ScoreResult(scores, lengths, 1, 1, 0.001)

    def spans(self, request: SpanRequest, *, cancellation: Cancellation | None = None) -> SpanResult:
        """The longest run of words there is, and the second word."""
        if cancellation is not None:
            cancellation.raise_if_requested()
        self.span_requests.append(request)
        words = [match.span() for match in re.finditer(r"\S+", request.text)]
        spans = [QuotedSpan(words[0][0], words[-1][1], -1.0)] if words else []
        spans += [QuotedSpan(*words[1], -2.0)] if len(words) > 1 else []
        return SpanResult((tuple(spans),) * len(request.questions), 1, 1, 0.001)

    def generate(self, request: GenerateRequest, *, cancellation: Cancellation | None = None) -> Generation:
        if cancellation is not None:
            cancellation.raise_if_requested()
        words = request.prompt[1].text.split()[:5]
        return Generation(" ".join(words), "end", 1, 0, len(words), 0.001, 0.001)
