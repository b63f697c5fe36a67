"""Counts the tokens that a model evaluates."""

from __future__ import annotations

from collections.abc import Sequence

from stillroom.cancellation import Cancellation
from stillroom.engine.protocol import (
    GenerateRequest,
    Generation,
    Message,
    ScoreRequest,
    ScoreResult,
    SpanRequest,
    SpanResult,
)
from stillroom.engine.status import EngineStatus
from stillroom.extraction.extractor import ScoringEngine


class TokenMeter:
    """An engine that counts.

    Attributes:
        prompt_tokens: evaluated so far: prefixes, questions and candidates; not what came from the cache.
    """

    def __init__(self, engine: ScoringEngine) -> None:
        self._engine = engine
        self.prompt_tokens = 0

    def add(self, tokens: int) -> None:
        """Count what was evaluated past this engine."""
        self.prompt_tokens += tokens

    def score(self, request: ScoreRequest, *, cancellation: Cancellation | None = None) -> ScoreResult:
        result = self._engine.score(request, cancellation=cancellation)
        self.prompt_tokens += result.evaluated_tokens
        return result

    def spans(self, request: SpanRequest, *, cancellation: Cancellation | None = None) -> SpanResult:
        result = self._engine.spans(request, cancellation=cancellation)
        self.prompt_tokens += result.evaluated_tokens
        return result

    def generate(self, request: GenerateRequest, *, cancellation: Cancellation | None = None) -> Generation:
        result = self._engine.generate(request, cancellation=cancellation)
        self.prompt_tokens += result.prompt_tokens - result.cached_tokens
        return result

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool = True) -> str:
        return self._engine.render(messages, add_generation_prompt=add_generation_prompt)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._engine.count_tokens(texts)

    def status(self) -> EngineStatus:
        return self._engine.status()
