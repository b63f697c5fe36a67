"""Who answers: a model in our worker, or one behind an address. Both are asked in the same words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from stillroom.cancellation import Cancellation
from stillroom.chat.conversation import ChatSettings
from stillroom.chat.prompt import pieces_of
from stillroom.engine.protocol import GenerateRequest, Generation, Message, Piece
from stillroom.engine.status import EngineStatus
from stillroom.errors import EngineError

SMALL = 1_000_000_000
"""Parameters; models with fewer repeat what they are given well enough, and answer questions about it by chance."""

_PICTURE_CHARACTERS = 128 << 20  # of all pictures of a request together, as they go through the pipe


class Answerer(Protocol):
    """Something that continues conversations. Methods block, and raise EngineError or Cancelled."""

    @property
    def name(self) -> str:
        """Of the model, as a person knows it."""

    @property
    def context_tokens(self) -> int:
        """Tokens a conversation with its answer may have; 0 where that is not known."""

    @property
    def sees_pictures(self) -> bool:
        """Whether pictures may be put to it; else it is given the text in them."""

    @property
    def parameters(self) -> int:
        """Of the model; 0 where that is not known."""

    def count_tokens(self, texts: Sequence[str], pictures: Sequence[tuple[int, int]] = ()) -> list[int]:
        """Of each text, and of each picture of such a size (pixels)."""

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
        """The next turn. ``begun``: how it begins already; only what follows is given."""


class LocalEngine(Protocol):
    """What is used of the engine."""

    def generate(
        self,
        request: GenerateRequest,
        *,
        on_text: Callable[[str], None] | None = None,
        on_progress: Callable[[float], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> Generation: ...

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool = True) -> str: ...

    def count_tokens(self, texts: Sequence[str], pictures: Sequence[tuple[int, int]] = ()) -> list[int]: ...

    def status(self) -> EngineStatus: ...


class LocalAnswerer:
    """The model in our worker."""

    def __init__(self, engine: LocalEngine) -> None:
        self._engine = engine

    @property
    def name(self) -> str:
        model = self._engine.status().model
        return model.name if model is not None else ""

    @property
    def context_tokens(self) -> int:
        model = self._engine.status().model
        if model is None:
            return 0
        return min(model.context_tokens, model.trained_context_tokens or model.context_tokens)

    @property
    def sees_pictures(self) -> bool:
        model = self._engine.status().model
        return model is not None and model.sees_pictures

    @property
    def parameters(self) -> int:
        model = self._engine.status().model
        return model.parameters if model is not None else 0

    def count_tokens(self, texts: Sequence[str], pictures: Sequence[tuple[int, int]] = ()) -> list[int]:
        return self._engine.count_tokens(texts, pictures)

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
        model = self._engine.status().model
        if model is not None and not model.has_chat_template:
            raise EngineError(
                f"{model.name} has no chat template: it continues text, but was not made to answer. Choose another model to chat."
            )
        pieces = pieces_of(messages, self._engine.render)
        if begun:
            pieces = (*pieces, Piece(begun))
        if sum(len(piece.picture) for piece in pieces) > _PICTURE_CHARACTERS:
            raise EngineError(
                "The pictures of this conversation are too many to be looked at together. Begin another conversation with fewer."
            )
        request = GenerateRequest(
            prompt=pieces,
            max_tokens=settings.max_tokens,
            sampling=settings.sampling,
            interactive=True,
            schema="" if begun else settings.schema,
        )
        return self._engine.generate(request, on_text=on_text, on_progress=on_progress, cancellation=cancellation)
