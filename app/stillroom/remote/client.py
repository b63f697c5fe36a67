"""Models behind an address that speaks OpenAI's protocol: OpenAI, Azure, vLLM, Ollama, llama-server, LM Studio …

The ``openai`` client does the talking, its waiting and trying again included. Nothing is sent without a broken seal.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from stillroom.cancellation import Cancellation
from stillroom.engine.protocol import Message
from stillroom.errors import EngineError
from stillroom.privacy.seal import Seal
from stillroom.privacy.secrets import Secrets, SecretText
from stillroom.remote.engines import RemoteEngine, RemoteKind, proxy_of
from stillroom.remote.failures import explained, nonsense

_TRIES = 3  # after the first, each later than the one before; what the server asks to wait counts


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer, and the tokens the server counted."""

    text: str
    prompt_tokens: int
    tokens: int
    finished: bool


class RemoteClient:
    """Asks one remote engine. Methods block, break the seal for as long as they run, and raise EngineError.

    Safe from any thread; ``close`` gives the connections back.
    """

    def __init__(self, engine: RemoteEngine, secrets: Secrets, seal: Seal, *, key: SecretText | None = None) -> None:
        """``key``: one that is tried before it is kept; None for the engine's own."""
        import httpx2
        import openai

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
            "max_retries": _TRIES,
        }
        try:
            usual["http_client"] = openai.DefaultHttpxClient(
                verify=context,
                proxy=engine.proxy or None,
                trust_env=not engine.is_local,
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

    @property
    def left(self) -> bool:
        """Whether anything of this thread's last question left this machine."""
        return bool(getattr(self._here, "left", False))

    def _watch(self, request: Any) -> None:
        def trace(event: str, _info: object) -> None:
            if event.endswith("send_request_body.started"):
                self._here.left = True

        request.extensions["trace"] = trace

    def models(self) -> list[str]:
        """The names of the models there."""
        with self._asking("list of models"):
            return sorted(model.id for model in self._client.models.list())

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
    ) -> Completion:
        """An answer. With ``on_text`` it comes piece by piece; with ``schema`` it is held to a JSON Schema where the server can."""
        request: dict[str, Any] = {
            "model": self.engine.model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": max_tokens,
            "temperature": temperature,
        }
        with self._asking(reason):
            if cancellation is not None:
                cancellation.raise_if_requested()
            if schema is None:
                return self._answer(request, on_text, cancellation)
            return self._held(request, schema, on_text, cancellation)

    def _held(
        self,
        request: dict[str, Any],
        schema: dict[str, Any],
        on_text: Callable[[str], None] | None,
        cancellation: Cancellation | None,
    ) -> Completion:
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
            tries = None if place == self._way else 0
            try:
                answer = self._answer({**request, "response_format": ways[place]}, on_text, cancellation, tries)
            except (openai.BadRequestError, openai.UnprocessableEntityError, openai.InternalServerError):
                # Some servers take what they do not know for a fault of their own.
                if self._way_is_known or place == len(ways) - 1:
                    raise
            else:
                self._way, self._way_is_known = place, True
                return answer
        raise AssertionError("unreachable")

    def _answer(
        self,
        request: dict[str, Any],
        on_text: Callable[[str], None] | None,
        cancellation: Cancellation | None,
        tries: int | None = None,
    ) -> Completion:
        """An answer; what the model does not take is left out, or said as it wants it. ``tries``: after the first."""
        import openai

        client = self._client if tries is None else self._client.with_options(max_retries=tries)
        while True:
            refused = self._refused
            try:
                if on_text is None:
                    return _completion(client.chat.completions.create(**_taken(request, refused)))
                return self._stream(client, _taken(request, refused), on_text, cancellation)
            except openai.BadRequestError as error:
                named = frozenset(name for name in _MAY_BE_REFUSED if f"'{name}'" in str(error))
                if named <= refused:
                    raise
                self._refused = self._refused | named

    def _stream(
        self,
        client: Any,
        request: dict[str, Any],
        on_text: Callable[[str], None],
        cancellation: Cancellation | None,
    ) -> Completion:
        text, tokens, used, reason = "", 0, None, None
        stream = client.chat.completions.create(**request, stream=True, stream_options={"include_usage": True})
        with stream:
            for part in stream:
                if cancellation is not None:
                    cancellation.raise_if_requested()
                used = part.usage or used
                if part.choices:
                    reason = part.choices[0].finish_reason or reason
                    piece = part.choices[0].delta.content or ""
                    if piece:
                        tokens += 1
                        text += piece
                        on_text(piece)
        if reason is None:
            raise EngineError(f"{self.engine.name} broke off in the middle of its answer. Try again.", retryable=True)
        return Completion(
            text, used.prompt_tokens if used else 0, used.completion_tokens if used else tokens, reason == "stop"
        )

    @contextlib.contextmanager
    def _asking(self, reason: str) -> Iterator[None]:
        import openai

        self._here.left = False
        names = {self.engine.host, urlsplit(proxy_of(self.engine)).hostname or ""} - {""}
        with self._seal.opened(reason, self.engine.host, only=names):
            try:
                yield
            except openai.OpenAIError as error:
                raise explained(error, self.engine, keyed=self._keyed) from error
            except json.JSONDecodeError as error:
                raise nonsense(self.engine.name, error) from error


# Models that think before they answer take no temperature, and call the limit by another name.
_MAY_BE_REFUSED = ("max_tokens", "temperature")


def _taken(request: dict[str, Any], refused: Collection[str]) -> dict[str, Any]:
    """A request without what the model does not take."""
    taken = {name: value for name, value in request.items() if name not in refused}
    if "max_tokens" in refused:
        taken["max_completion_tokens"] = request["max_tokens"]
    return taken


def _completion(answer: Any) -> Completion:
    choices = getattr(answer, "choices", None)
    if not choices or choices[0].message is None:
        raise EngineError("The remote model gave an answer that makes no sense. Is it the right address?")
    usage = answer.usage
    return Completion(
        choices[0].message.content or "",
        usage.prompt_tokens if usage else 0,
        usage.completion_tokens if usage else 0,
        choices[0].finish_reason == "stop",
    )
