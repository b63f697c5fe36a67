"""What the application says when something fails."""

from __future__ import annotations


class StillroomError(Exception):
    """A failure a person is told about.

    Attributes:
        message: one or two plain sentences: what happened, and what to do about it. Fit to be shown as it is.
        details: text for a bug report (a traceback, the end of a log); empty where there is none. Never holds
            document content.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class Cancelled(Exception):
    """The user stopped the work. Not an error: nothing is reported."""


class EngineError(StillroomError):
    """The worker or the model failed; the engine restarts the worker before the next request.

    Attributes:
        retryable: true where the same request may succeed on a fresh worker (a crash, a kill, a hang),
            false where it would fail again (a file that is no model, a prompt longer than the context).
    """

    def __init__(self, message: str, details: str = "", *, retryable: bool = False) -> None:
        super().__init__(message, details)
        self.retryable = retryable


class DocumentError(StillroomError):
    """A file could not be read as a document.

    Attributes:
        lasting: the same file would fail again, as it is of another kind, damaged, blank …; it has to change first.
    """

    def __init__(self, message: str, details: str = "", *, lasting: bool = False) -> None:
        super().__init__(message, details)
        self.lasting = lasting


class NotNowError(DocumentError):
    """A file could not be read for a reason outside of it, which may pass: it is away, may not be read, memory is short."""


PASSWORD_MISSING = "This PDF is protected with a password. Enter the password to read it."
PASSWORD_WRONG = "The password does not open this PDF. Enter the right one."


class PasswordNeeded(DocumentError):
    """The file is encrypted, and no password or a wrong one was given. The same file with the right one can be read.

    Its message is PASSWORD_MISSING or PASSWORD_WRONG: a row of an earlier run is known by it.
    """


class TemplateError(StillroomError):
    """An extraction template is wrong; the message names the line and what to write instead."""


class NoModelError(StillroomError):
    """No model is installed."""


class LicenceNeeded(StillroomError):
    """The licence of a model must be agreed to, or a token is missing. ``address``: where to agree."""

    def __init__(self, message: str, address: str) -> None:
        super().__init__(message)
        self.address = address
