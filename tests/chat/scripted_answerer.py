"""An answerer that says what it is told to, in pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from stillroom.cancellation import Cancellation
from stillroom.chat.conversation import ChatSettings
from stillroom.engine.protocol import Generation, Message
from stillroom.errors import EngineError


class ScriptedAnswerer:
    """Answers with the next of its texts, a character at a time; a token is a word.

    Attributes:
        asked: the messages of every request. settings: theirs.
        on_piece: called before each character.
        sees_pictures: of which each takes a tenth of its width.
    """

    name = "scripted"

    def __init__(self, *texts: str, limit: int = 100_000) -> None:
        self.texts = list(texts)
        self.asked: list[list[Message]] = []
        self.begun: list[str] = []
        self.settings: list[ChatSettings] = []
        self.context_tokens = limit
        self.on_piece: Callable[[], None] = lambda: None
        self.fails = ""
        self.sees_pictures = False
        self.parameters = 0

    def count_tokens(self, texts: Sequence[str], pictures: Sequence[tuple[int, int]] = ()) -> list[int]:
        return [len(text.split()) for text in texts] + [width // 10 for width, _ in pictures]

    def answer(
        self,
        messages: Sequence[Message],
        settings: ChatSettings,
        *,
        begun: str = "",
        on_text: Callable[[str], None],
        on_progress: Callable[[float], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> Generation:
        self.asked.append(list(messages))
        self.begun.append(begun)
        self.settings.append(settings)
        if on_progress is not None:
            on_progress(0.5)
        text = self.texts.pop(0) if self.texts else "Yes."
        for character in text:
            self.on_piece()
            if cancellation is not None:
                cancellation.raise_if_requested()
            on_text(character)
        if self.fails:
            raise EngineError(self.fails)
        assert settings.max_tokens > 0
        return Generation(text, "end", 10, 4, len(text.split()), 0.01, 0.02)
