"""Models behind an address that speaks OpenAI's protocol: OpenAI, Azure, vLLM, Ollama, llama-server, LM Studio …

The ``openai`` client does the talking; trying again is ours, so that every request that leaves is written down and a person
who stops is heard. Nothing is sent without a broken seal, and nothing to where a server sends on.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from stillroom.cancellation import Cancellation
from stillroom.engine.protocol import Message
from stillroom.errors import Cancelled, EngineError, StillroomError
from stillroom.privacy.seal import Seal
from stillroom.privacy.secrets import Secrets, SecretText
from stillroom.privacy.sending import OnItsWay
from stillroom.remote.engines import RemoteEngine, RemoteKind, proxy_of
from stillroom.remote.failures import explained, nonsense

if TYPE_CHECKING:
    from stillroom.remote.network import Patience

T = TypeVar("T")

_TRIES = 3  # after the first, each later than the one before; what the server asks to wait counts
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0  # seconds
_PASSING = frozenset({408, 409, 425, 429})  # statuses of failures that may pass by themselves, beside the server's own
_LONGEST_STREAM = 20
"""Times ``seconds``: how long an answer that comes piece by piece may go on altogether."""


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer, and the tokens the server counted; 0 for a prompt that it did not count, or counted in a way that cannot be."""

    text: str
    prompt_tokens: int
    tokens: int
    finished: bool


class RemoteClient:
    """A client of one remote engine. Methods block, break the seal for as long as they run, and raise EngineError.

    Safe from any thread; ``close`` gives the connections back.
    """

    def __init__(self, engine: RemoteEngine, secrets: Secrets, seal: Seal, *, key: SecretText | None = None) -> None:
        """``key``: one that is tried before it is kept; None for the engine's own."""
        import httpx2
        import openai

        from stillroom.remote.network import Network, Transport

        try:
            seal.policy.check_engine(engine.name)
        except StillroomError as error:
            raise EngineError(error.message) from error
        self.engine = engine
        self._seal = seal
        self._way, self._way_is_known = 0, False  # how the server is asked to hold to a schema
        self._refused: frozenset[str] = frozenset()  # what the model does not take
        self._here = threading.local()
        key = key or secrets.get(engine.key_name)
        self._keyed = key is not None
        context = ssl.create_default_context()
        if engine.ca_file:
            try:
                context.load_verify_locations(engine.ca_file)
            except (OSError, ssl.SSLError) as error:
                raise EngineError(f"The file of certificates {engine.ca_file} cannot be used: {error}.") from error
        usual: dict[str, Any] = {
            "api_key": key.reveal() if key is not None else "none",
            "timeout": float(engine.seconds),
            "max_retries": 0,
        }
        try:
            usual["http_client"] = openai.DefaultHttpxClient(
                transport=Transport(context, proxy_of(engine), Network(seal, self._patience)),
                trust_env=False,
                follow_redirects=False,
                event_hooks={"request": [self._watch]},
            )
        except (httpx2.HTTPError, ValueError, TypeError, ImportError) as error:
            reason = "Stillroom knows no SOCKS. Name one for HTTP" if isinstance(error, ImportError) else error
            raise EngineError(f"The proxy {proxy_of(engine)} cannot be used: {reason}.") from error
        if engine.kind == RemoteKind.AZURE:
            self._client: openai.OpenAI = openai.AzureOpenAI(
                azure_endpoint=engine.address, api_version=engine.api_version or "2024-10-21", **usual
            )
        else:
            self._client = openai.OpenAI(base_url=engine.address, **usual)

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> RemoteClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _patience(self) -> Patience:
        """Of the question that this thread asks."""
        patience: Patience = self._here.patience
        return patience

    def _watch(self, request: Any) -> None:
        patience = self._patience()

        def trace(event: str, _info: object) -> None:
            if event.endswith("send_request_body.started"):
                patience.left = True

        patience.bytes_out, patience.bytes_in = len(request.content), 0
        request.extensions["trace"] = trace
        request.extensions["patience"] = patience

    def models(self) -> list[str]:
        """The names of the models there."""
        with self._asking("list of models", None):
            names = [getattr(model, "id", None) for model in self._try(self._client.models.list, None, None, _TRIES)]
            return sorted(name for name in names if isinstance(name, str))

    def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: dict[str, Any] | None = None,
        reason: str = "a question to a remote model",
        on_text: Callable[[str], None] | None = None,
        cancellation: Cancellation | None = None,
        way: OnItsWay | None = None,
    ) -> Completion:
        """An answer. With ``on_text`` it comes piece by piece; with ``schema`` it is held to a JSON Schema where the server can.

        ``way``: told of every request before it leaves. It may raise, and then nothing leaves.
        """
        request: dict[str, Any] = {
            "model": self.engine.model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": max_tokens,
            "temperature": temperature,
        }
        characters = sum(len(message.content) for message in messages) + (len(json.dumps(schema)) if schema else 0)
        question = _Question(request, characters, on_text, cancellation, way)
        with self._asking(reason, cancellation):
            if cancellation is not None:
                cancellation.raise_if_requested()
            return self._answer(question, {}, _TRIES) if schema is None else self._held(question, schema)

    def _held(self, question: _Question, schema: dict[str, Any]) -> Completion:
        """An answer held to a schema, in the first of the ways to ask for it that the server knows."""
        import openai

        ways: tuple[dict[str, Any], ...] = (
            {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}},
            {"type": "json_object", "schema": schema},
            {"type": "json_object"},
            {"type": "text"},
        )
        for place in range(self._way, len(ways)):
            # What a server takes for a fault of its own would else be tried again in each of the ways.
            tries = _TRIES if place == self._way else 0
            try:
                answer = self._answer(question, {"response_format": ways[place]}, tries)
            except (openai.BadRequestError, openai.UnprocessableEntityError, openai.InternalServerError):
                # Some servers take what they do not know for a fault of their own.
                if self._way_is_known or place == len(ways) - 1:
                    raise
            else:
                self._way, self._way_is_known = place, True
                return answer
        raise AssertionError("unreachable")

    def _answer(self, question: _Question, more: dict[str, Any], tries: int) -> Completion:
        """An answer; what the model does not take is left out, or said as it wants it. ``tries``: after the first."""
        import openai

        while True:
            refused = self._refused
            request = _taken({**question.request, **more}, refused)
            once = functools.partial(self._stream if question.on_text else self._at_once, question, request)
            try:
                return self._try(once, question.way, question.cancellation, tries)
            except openai.BadRequestError as error:
                named = frozenset(name for name in _MAY_BE_REFUSED if f"'{name}'" in str(error))
                if named <= refused:
                    raise
                self._refused = self._refused | named

    def _try(self, once: Callable[[], T], way: OnItsWay | None, cancellation: Cancellation | None, tries: int) -> T:
        """What ``once`` returns, asked again after a failure that may pass by itself. Every request is written down before it leaves."""
        import openai

        from stillroom.remote.network import NonsenseError, TooLongError

        patience = self._patience()
        for after in itertools.count(1):
            if way is not None:
                way.leave()
            patience.left = False
            patience.begin_anew()
            try:
                return once()
            except openai.APIStatusError as error:
                if way is not None and patience.left:
                    way.refused()
                if after > tries or not (error.status_code in _PASSING or error.status_code >= 500):
                    raise
                pause = _pause(after, error.response.headers.get("retry-after", ""))
            except openai.APIConnectionError as error:
                # One that left and was waited for in vain may be answered yet, and one that was answered is paid for: it is not sent again.
                hopeless = patience.left and (
                    patience.over or isinstance(error.__cause__, TooLongError | NonsenseError)
                )
                if after > tries or hopeless:
                    raise
                pause = _pause(after)
            finally:
                if way is not None and patience.left:
                    way.travelled(patience.bytes_out, patience.bytes_in)
                elif way is not None:
                    way.take_out()
            if cancellation is None:
                time.sleep(pause)
            elif cancellation.wait(pause):
                raise Cancelled
        raise AssertionError("unreachable")

    def _at_once(self, question: _Question, request: dict[str, Any]) -> Completion:
        answer = self._client.chat.completions.create(**request)
        choice = _choice(answer)
        content = _content(getattr(choice, "message", None))
        return question.completion(
            content, getattr(answer, "usage", None), getattr(choice, "finish_reason", "") == "stop"
        )

    def _stream(self, question: _Question, request: dict[str, Any]) -> Completion:
        text, used, reason = "", None, None
        patience, end = self._patience(), time.monotonic() + _LONGEST_STREAM * self.engine.seconds
        assert question.on_text is not None
        stream = self._client.chat.completions.create(**request, stream=True, stream_options={"include_usage": True})
        with stream:
            for part in stream:
                if question.cancellation is not None:
                    question.cancellation.raise_if_requested()
                used = getattr(part, "usage", None) or used
                choice = _choice(part)
                if choice is None:
                    continue
                reason = getattr(choice, "finish_reason", None) or reason
                if piece := _content(getattr(choice, "delta", None)):
                    if time.monotonic() < end:
                        patience.begin_anew()
                    text += piece
                    question.on_text(piece)
        if reason is None:
            raise EngineError(f"{self.engine.name} broke off in the middle of its answer. Try again.", retryable=True)
        return question.completion(text, used, reason == "stop")

    @contextlib.contextmanager
    def _asking(self, reason: str, cancellation: Cancellation | None) -> Iterator[None]:
        import httpcore2
        import httpx2
        import openai

        from stillroom.remote.network import Patience

        names = {self.engine.host, urlsplit(proxy_of(self.engine)).hostname or ""} - {""}
        with self._seal.opened(reason, self.engine.host, only=names) as opening:
            self._here.patience = Patience(opening, float(self.engine.seconds), cancellation)
            try:
                yield
            except (openai.OpenAIError, httpx2.HTTPError, httpcore2.TimeoutException, httpcore2.NetworkError) as error:
                if cancellation is not None and cancellation.requested:
                    raise Cancelled from error
                raise explained(error, self.engine, keyed=self._keyed) from error
            except (ValueError, RecursionError) as error:  # JSON that is none, or numbers of thousands of digits
                raise nonsense(self.engine.name, error) from error


@dataclass(frozen=True, slots=True)
class _Question:
    """One question on its way to an answer, in however many requests."""

    request: dict[str, Any]
    characters: int
    on_text: Callable[[str], None] | None
    cancellation: Cancellation | None
    way: OnItsWay | None

    def completion(self, text: str, usage: Any, finished: bool) -> Completion:
        """The answer. What the server counted is taken where it can be; money is counted by it.

        A token is a byte at least, and no more are written than were asked for.
        """
        prompt = _counted(usage, "prompt_tokens")
        if prompt > 2 * self.characters + _FRAME_TOKENS:
            prompt = 0
        limit = int(self.request["max_tokens"])
        tokens = min(limit, _counted(usage, "completion_tokens") or -(-len(text) // 3))
        return Completion(text, prompt, tokens, finished)


_FRAME_TOKENS = 1000  # what a server's chat template may add


def _counted(usage: Any, name: str) -> int:
    """What a server counted; 0 where that is no count."""
    count = getattr(usage, name, None)
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0


def _choice(answer: Any) -> Any:
    choices = getattr(answer, "choices", None)
    return choices[0] if isinstance(choices, list) and choices else None


def _content(message: Any) -> str:
    content = getattr(message, "content", 0)
    if not isinstance(content, str | None):
        raise EngineError("The remote model gave an answer that makes no sense. Is it the right address?")
    return content or ""


def _pause(after: int, wished: str = "") -> float:
    """Seconds before the next try; ``wished``: what the server asks for."""
    try:
        wait = float(wished)
    except ValueError:
        wait = -1.0
    return wait if 0 <= wait <= _LONGEST_PAUSE else min(_FIRST_PAUSE * 2 ** (after - 1), _LONGEST_PAUSE)


# Models that think before they answer take no temperature, and call the limit by another name.
_MAY_BE_REFUSED = ("max_tokens", "temperature")


def _taken(request: dict[str, Any], refused: Collection[str]) -> dict[str, Any]:
    """A request without what the model does not take."""
    taken = {name: value for name, value in request.items() if name not in refused}
    if "max_tokens" in refused:
        taken["max_completion_tokens"] = request["max_tokens"]
    return taken
