"""Secrets in the operating system's keyring; where there is none, in memory until the application ends, and that is said."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

_log = logging.getLogger(__name__)

SERVICE = "Stillroom"
HUB_TOKEN = "hub"  # the name of the token for the model hub
SECONDS = 3.0
# Keyrings that write what they are given into a file as it is.
_PLAIN = ("keyrings.alt.file", "keyrings.alt.pyfs", "keyring.backends.null")

T = TypeVar("T")


class Backend(Protocol):
    """What is used of a keyring."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


class SecretText:
    """A key. Printing, logging or formatting it does not show it; ``reveal`` does."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "SecretText(…)"

    __str__ = __repr__

    def __reduce__(self) -> Any:
        raise TypeError("a secret is not to be written anywhere")


class Secrets:
    """Keys by name. Every method returns within SECONDS: a keyring that waits for a person is left alone from then on.

    Attributes:
        notice: a sentence where keys are not kept beyond this session; else empty.
    """

    def __init__(self, find_backend: Callable[[], Backend] | None = None, *, seconds: float | None = None) -> None:
        """``find_backend``: finds the keyring; None for the system's. ``seconds``: to wait for it; None for SECONDS."""
        self._find = find_backend or _system_keyring
        self._seconds = SECONDS if seconds is None else seconds
        self._lock = threading.Lock()
        self._memory: dict[str, SecretText] = {}
        self._backend: Backend | None = None
        self._probed = False
        self.notice = ""

    def probe(self) -> str:
        """The name of the keyring in use; empty where there is none (``notice`` says why)."""
        backend = self._keyring()
        return "" if backend is None else str(getattr(backend, "name", type(backend).__name__))

    def get(self, name: str) -> SecretText | None:
        """A key, or None."""
        with self._lock:
            if name in self._memory:
                return self._memory[name]
        backend = self._keyring()
        if backend is None:
            return None
        text = self._ask(lambda: backend.get_password(SERVICE, name))
        return SecretText(text) if text else None

    def set(self, name: str, secret: SecretText) -> bool:
        """Keep a key. Returns whether it is in the keyring; else it is kept until the application ends, see ``notice``."""
        backend = self._keyring()
        if backend is not None:

            def put() -> bool:
                backend.set_password(SERVICE, name, secret.reveal())
                return backend.get_password(SERVICE, name) == secret.reveal()

            if self._ask(put):
                with self._lock:
                    self._memory.pop(name, None)
                return True
            if not self.notice:
                self.notice = (
                    "The keyring did not keep the key, so Stillroom keeps it in memory and forgets it when it ends."
                )
        with self._lock:
            self._memory[name] = secret
        return False

    def keep(self, name: str, key: str) -> str:
        """Keep a key. Returns ``notice`` where that is only until the application ends; else empty."""
        return "" if self.set(name, SecretText(key)) else self.notice

    def delete(self, name: str) -> None:
        """Forget a key, wherever it is."""
        with self._lock:
            self._memory.pop(name, None)
        backend = self._keyring()
        if backend is not None and self._ask(lambda: backend.get_password(SERVICE, name)) is not None:
            self._ask(lambda: backend.delete_password(SERVICE, name))

    def in_memory(self, name: str) -> bool:
        """Whether a key is kept only until the application ends."""
        with self._lock:
            return name in self._memory

    def try_again(self) -> None:
        """Look for the keyring anew: the person has unlocked or started it."""
        self._probed = False
        self._backend = None
        self.notice = ""

    def _keyring(self) -> Backend | None:
        if not self._probed:
            self._probed = True
            backend = self._ask(self._find)
            if backend is not None and not self.notice:
                # A locked keyring is found at once and waits at the first question.
                self._ask(lambda: backend.get_password(SERVICE, "probe"))
                self._backend = None if self.notice else backend
        return self._backend

    def _ask(self, question: Callable[[], T]) -> T | None:
        answer: list[T] = []
        failure: list[Exception] = []

        def ask() -> None:
            try:
                answer.append(question())
            except Exception as error:  # noqa: BLE001 - the system's own services, which may fail in any way
                failure.append(error)

        thread = threading.Thread(target=ask, name="keyring", daemon=True)
        thread.start()
        thread.join(self._seconds)
        if answer:
            return answer[0]
        self._backend = None
        if failure:
            # The name of the error only: its text may hold what was to be stored.
            reason = type(failure[0]).__name__
            _log.warning("keyring: %s", reason)
            why = {
                "NoKeyringError": "This system has no keyring",
                "KeyringLocked": "The system's keyring is locked",
                "PlainKeyringError": "The only keyring here writes keys into a file that anyone can read",
            }.get(reason, f"The system's keyring cannot be used ({reason})")
        else:
            _log.warning("keyring: no answer")
            why = f"The system's keyring did not answer within {self._seconds:g} seconds; it may be locked"
        self.notice = f"{why}, so Stillroom keeps keys in memory and forgets them when it ends."
        return None


class PlainKeyringError(Exception):
    """The keyring found is no safe place."""


def _system_keyring() -> Backend:
    import keyring
    from keyring.errors import NoKeyringError

    found: Any = keyring.get_keyring()
    for backend in getattr(found, "backends", [found]):
        module = type(backend).__module__
        if module.startswith(_PLAIN):
            raise PlainKeyringError
        if module.startswith("keyring.backends.fail"):
            raise NoKeyringError
    return found  # type: ignore[no-any-return]
