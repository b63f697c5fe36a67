"""What went wrong with a hub, in a sentence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import httpx2
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from stillroom.errors import LicenceNeeded, StillroomError


class HubBusy(StillroomError):
    """The hub asks to wait. ``seconds``: for how long, where it says."""

    def __init__(self, message: str, seconds: float | None) -> None:
        super().__init__(message)
        self.seconds = seconds


@contextlib.contextmanager
def sentences(address: str, what: str) -> Iterator[None]:
    """Whatever a request raises inside, as a StillroomError. ``what``: the repository or the words searched for."""
    try:
        yield
    except (HfHubHTTPError, HFValidationError, OfflineModeIsEnabled, httpx2.HTTPError) as error:
        raise explained(error, address, what) from error


def explained(error: Exception, address: str, what: str) -> StillroomError:
    """An error of the hub's client as one for a person."""
    if isinstance(error, HFValidationError):
        return StillroomError(f'"{what}" is no name of a repository. Write owner/name, as the hub does.')
    if isinstance(error, OfflineModeIsEnabled):
        return StillroomError(
            "HF_HUB_OFFLINE is set, so nothing is fetched. Remove it from the environment to download."
        )
    if isinstance(error, GatedRepoError) or _status(error) == 403:
        page = f"{address}/{what}"
        return LicenceNeeded(
            f"{what} is open only to those who agreed to its licence. Agree at {page}, then enter your access token.",
            page,
        )
    if isinstance(error, RevisionNotFoundError):
        return StillroomError(f"{what} has no such revision. Look at its name.")
    if isinstance(error, RepositoryNotFoundError) or _status(error) == 401:
        return LicenceNeeded(
            f"There is no {what} on {address}, or it asks for an access token. Look at the name, or enter your token.",
            f"{address}/{what}",
        )
    status = _status(error)
    if status == 404:
        return StillroomError(f"{what} no longer has this file. Look what it offers now.")
    if status == 429:
        return HubBusy(f"{address} gets too many requests and asks to wait. Try again later.", _retry_after(error))
    if status is not None and status >= 500:
        return HubBusy(f"{address} has a problem of its own (status {status}). Try again later.", _retry_after(error))
    if isinstance(error, HfHubHTTPError):
        return StillroomError(f"{address} refused the request (status {status}). Try again later.")
    if isinstance(error, httpx2.ProxyError):
        return StillroomError(
            f"The proxy did not let the request to {address} through. Look at its address in the settings."
        )
    if isinstance(error, httpx2.TimeoutException):
        return StillroomError(f"{address} does not answer. Look at the connection, and try again.")
    text = str(error).lower()
    if "certificate" in text:
        return StillroomError(
            f"The certificate of {address} is not trusted. Behind a company's proxy, name its certificate file in the settings."
        )
    return StillroomError(f"{address} cannot be reached. Look at the connection and the proxy, and try again.")


def _status(error: Exception) -> int | None:
    response = getattr(error, "response", None)
    return int(response.status_code) if response is not None else None


def _retry_after(error: Exception) -> float | None:
    response = getattr(error, "response", None)
    value = response.headers.get("Retry-After", "") if response is not None else ""
    return float(value) if value.isdecimal() else None
