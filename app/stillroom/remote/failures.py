"""What went wrong with a remote engine, in sentences."""

from __future__ import annotations

from stillroom.errors import EngineError
from stillroom.remote.engines import RemoteEngine


class RefusedError(EngineError):
    """The server got the question and did not serve it: the key, the address, too many at a time, a fault of its own."""


def nonsense(name: str, error: Exception) -> EngineError:
    """An answer that is none."""
    return EngineError(f"{name} gave an answer that makes no sense. Is it the right address?", type(error).__name__)


def explained(error: Exception, engine: RemoteEngine, *, keyed: bool) -> EngineError:
    """A failure in a sentence. Never the request or its answer: they hold the document. ``keyed``: whether a key was sent."""
    import httpcore2
    import httpx2
    import openai

    from stillroom.remote.network import NonsenseError, TooLongError

    name, kind = engine.name, type(error).__name__

    def later(words: str) -> EngineError:
        return EngineError(words, kind, retryable=True)

    if isinstance(error, TooLongError) or isinstance(error.__cause__, TooLongError):
        return EngineError(
            f"{name} answered without an end, and was not listened to any longer. Is it the right address?", kind
        )
    if isinstance(error, NonsenseError) or isinstance(error.__cause__, NonsenseError):
        return nonsense(name, error)
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException | httpcore2.TimeoutException):
        return later(f"{name} did not answer within {engine.seconds} seconds. Try again, or allow it more time.")
    if isinstance(error, openai.APIConnectionError):
        cause = str(error.__cause__ or "")
        if "CERTIFICATE" in cause.upper():
            words = f"The certificate of {engine.host} is not trusted. Name your office's file of certificates."
            return EngineError(words, kind)
        return later(f"{engine.host} cannot be reached. Look at the address, the server and the proxy.")
    if isinstance(error, httpx2.NetworkError | httpx2.RemoteProtocolError | httpcore2.NetworkError):
        return later(f"{name} broke off in the middle of its answer. Try again.")
    if not isinstance(error, openai.APIStatusError):
        return later(f"{name} gave an answer that makes no sense.")
    status = error.status_code
    if 300 <= status < 400:
        words = (
            f"{name} wants the question sent to another address, which was not done: you agreed to {engine.host}. "
            "Set the address that it has now, if you trust it."
        )
        return RefusedError(words, kind)
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        if not keyed:
            words = f"{name} wants a key, and there is none for it. Set it in Settings, Remote models, Edit."
            return RefusedError(words, kind)
        return RefusedError(f"{name} refused the key. Set another one in Settings.", kind)
    if isinstance(error, openai.NotFoundError):
        return RefusedError(f"{name} does not know the model {engine.model}, or the address is not quite right.", kind)
    if isinstance(error, openai.RateLimitError):
        words = f"{name} has had too many questions for now. Try again later, or ask fewer at a time."
        return RefusedError(words, kind, retryable=True)
    if status >= 500:
        words = f"{name} has a fault of its own (status {status}). Try again later."
        return RefusedError(words, kind, retryable=True)
    return RefusedError(f"{name} refused the question (status {status}).", kind)
