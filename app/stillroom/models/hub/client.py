"""A model hub: what it has, what its files are, and their bytes. Nothing is asked before a person asks for it.

Sizes and checksums are the hub's own, for a pinned revision, at the time of asking.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import httpx2
import huggingface_hub
from huggingface_hub.utils import (  # type: ignore[attr-defined]
    build_hf_headers,
    hf_raise_for_status,
)

from stillroom import __version__
from stillroom.errors import StillroomError
from stillroom.gguf.checks import part_number
from stillroom.gguf.header import Header, parse_header
from stillroom.models.hub.access import HubAccess
from stillroom.models.hub.errors import explained, sentences
from stillroom.models.model_file import quantization_of

_TIMEOUT = httpx2.Timeout(30.0, connect=20.0)
_HEADER_CHUNK_BYTES = 2 << 20
# The hub's library has one client for the whole process, and closes it when it is given another way to make one.
_LIBRARY = threading.Lock()


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A repository that a search found. ``gated``: its licence must be agreed to first."""

    repository: str
    downloads: int
    likes: int
    gated: bool
    licence: str
    changed: str


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository. ``sha256``: what the hub has on record; empty where it has none."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A model in one quantization: one file, or all its parts in order.

    Attributes:
        name: without folder, part and ending. projector: it is the part that sees pictures.
    """

    repository: str
    revision: str
    name: str
    quantization: str
    files: tuple[HubFile, ...]
    projector: bool = False

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True)
class Repository:
    """What a repository offers at one revision, which is a commit."""

    name: str
    revision: str
    licence: str
    gated: bool
    offers: tuple[Offer, ...]

    def projector(self) -> Offer | None:
        """The projector to fetch with a model: in 16 bits where there is one, else the smallest; None where there is none."""
        offered = [offer for offer in self.offers if offer.projector]
        exact = [offer for offer in offered if offer.quantization in ("F16", "BF16")]
        return next(iter(exact or offered), None)

    def offer(self, quantization: str) -> Offer:
        """The offer of this quantization, or of this file name. Raises StillroomError, naming those there are."""
        wanted = quantization.lower().removesuffix(".gguf")
        models = [offer for offer in self.offers if not offer.projector]
        for offer in self.offers:
            if wanted in (offer.name.lower(), *(file.path.lower().removesuffix(".gguf") for file in offer.files)):
                return offer
        named = [offer for offer in models if offer.quantization.lower() == wanted]
        if len(named) == 1:
            return named[0]
        known = (
            ", ".join(offer.name if named else offer.quantization or offer.name for offer in named or models)
            or "no GGUF file"
        )
        what = f"more than one model in {quantization}" if named else f"no {quantization}"
        raise StillroomError(f"{self.name} has {what}. It has: {known}.")


class ByteSource(Protocol):
    """What downloading needs of a hub."""

    def open(self, offer: Offer, file: HubFile, start: int) -> contextlib.AbstractContextManager[Stream]: ...


@dataclass(frozen=True, slots=True)
class Stream:
    """The bytes of a file from ``start`` on: 0 where the server does not give a part.."""

    start: int
    pieces: Iterator[bytes]


class Hub:
    """A connection to one hub. Every method raises StillroomError with a sentence where the hub does not give what was asked."""

    def __init__(self, access: HubAccess | None = None) -> None:
        self.access = access or HubAccess()
        # Files are read over a connection of this object's own: another one's search must not end it.
        self._files: httpx2.Client | None = None
        self._api = huggingface_hub.HfApi(
            endpoint=self.access.address,
            token=self.access.token or False,  # never one that happens to lie around
            library_name="stillroom",
            library_version=__version__,
        )

    def search(self, text: str, limit: int = 20) -> list[FoundModel]:
        """Repositories with GGUF files, most downloaded first."""
        with self._asking(text):
            found = list(
                self._api.list_models(search=text or None, filter="gguf", sort="downloads", limit=limit, full=True)
            )
        return [
            FoundModel(
                repository=model.id,
                downloads=model.downloads or 0,
                likes=model.likes or 0,
                gated=bool(model.gated),
                licence=_licence(model),
                changed=model.last_modified.date().isoformat() if model.last_modified else "",
            )
            for model in found
        ]

    def repository(self, name: str, revision: str = "main") -> Repository:
        """What a repository offers; the revision it names is the commit that ``revision`` stands for now."""
        with self._asking(name):
            info = self._api.model_info(name, revision=revision, files_metadata=True)
        commit = info.sha or ""
        if not commit:
            raise StillroomError(
                f"{self.access.address} does not say which revision of {name} it has. Try again later."
            )
        files = [
            HubFile(sibling.rfilename, int(sibling.size or 0), str(sibling.lfs.sha256) if sibling.lfs else "")
            for sibling in info.siblings or []
            if sibling.rfilename.lower().endswith(".gguf")
        ]
        return Repository(info.id, commit, _licence(info), bool(info.gated), _offers(info.id, commit, files))

    def headers(self, offer: Offer) -> list[Header]:
        """The headers of an offer's files, read without fetching the files. Raises GgufError as well."""
        return [self._header(offer, file) for file in offer.files]

    def _header(self, offer: Offer, file: HubFile) -> Header:
        def read(start: int, length: int) -> bytes:
            with sentences(self.access.address, offer.repository):
                headers = self._headers() | {"Range": f"bytes={start}-{start + length - 1}"}
                with self._client().stream("GET", self._url(offer, file), headers=headers) as response:
                    hf_raise_for_status(response)
                    if response.status_code != 206:
                        raise StillroomError(
                            f"{self.access.address} does not give parts of files, so what {offer.name} needs can be told only "
                            "after the download."
                        )
                    data = bytearray()
                    for piece in response.iter_raw():
                        data += piece
                        if len(data) >= length:
                            break
                    return bytes(data[:length])

        return parse_header(read, file.size, Path(file.path).name, chunk_bytes=_HEADER_CHUNK_BYTES)

    @contextlib.contextmanager
    def open(self, offer: Offer, file: HubFile, start: int) -> Iterator[Stream]:
        """The bytes of a file from ``start`` on. Transport errors come out as httpx2's own, for the one who tries again."""
        headers = self._headers() | ({"Range": f"bytes={start}-"} if start else {})
        with self._client().stream("GET", self._url(offer, file), headers=headers) as response:
            hf_raise_for_status(response)
            begins = start if response.status_code == 206 and _range_start(response) == start else 0
            if start and not begins and response.status_code == 206:
                raise StillroomError(
                    f"{self.access.address} sent another part of the file than was asked for. Try again."
                )
            # In pieces as they come: of a certain size, they would be held back, and lost when the connection is cut.
            yield Stream(begins, response.iter_raw())

    def _url(self, offer: Offer, file: HubFile) -> str:
        return huggingface_hub.hf_hub_url(
            offer.repository, file.path, revision=offer.revision, endpoint=self.access.address
        )

    def _headers(self) -> dict[str, str]:
        headers = build_hf_headers(
            token=self.access.token or False, library_name="stillroom", library_version=__version__
        )
        # Compressed, a part of the file would not be that part.
        return headers | {"Accept-Encoding": "identity"}

    def _client(self) -> httpx2.Client:
        if self._files is None:
            self._files = self._new_client(httpx2.Client)
        return self._files

    def _new_client(self, kind: type[httpx2.Client]) -> httpx2.Client:
        verify: ssl.SSLContext | bool = True
        if self.access.ca_file is not None:
            try:
                verify = ssl.create_default_context()
                verify.load_verify_locations(self.access.ca_file)
            except (OSError, ssl.SSLError) as error:
                raise StillroomError(
                    f"The certificates in {self.access.ca_file} cannot be used. Choose a file with certificates in PEM form."
                ) from error
        return kind(proxy=self.access.proxy or None, verify=verify, follow_redirects=True, timeout=_TIMEOUT)

    @contextlib.contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """A question through the hub's library; no connection of it is left afterwards."""
        with sentences(self.access.address, what), _LIBRARY:
            huggingface_hub.set_client_factory(lambda: self._new_client(_OnceOnly))
            try:
                yield
            finally:
                huggingface_hub.close_session()

    def close(self) -> None:
        """Close the connections. The next request opens new ones."""
        client, self._files = self._files, None
        if client is not None:
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _OnceOnly(httpx2.Client):
    """The library asks again by itself for half a minute, which nobody can stop; a person who asks wants to be told now."""

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        try:
            response = super().send(request, **options)
        except httpx2.TransportError as error:
            address = f"{request.url.scheme}://{request.url.netloc.decode()}"
            raise explained(error, address, request.url.path) from error
        if response.status_code in (408, 429) or response.status_code >= 500:
            hf_raise_for_status(response)
        return response


def _range_start(response: httpx2.Response) -> int:
    first = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0].strip()
    return int(first) if first.isdecimal() else -1


def _licence(model: Any) -> str:
    card = getattr(model, "card_data", None)
    named = getattr(card, "license", None) if card is not None else None
    if isinstance(named, str) and named:
        return named
    return next((tag.removeprefix("license:") for tag in model.tags or [] if tag.startswith("license:")), "")


def _offers(repository: str, revision: str, files: Sequence[HubFile]) -> tuple[Offer, ...]:
    """Files grouped to models; a model of which a part is missing is not offered."""
    groups: dict[str, list[HubFile]] = {}
    for file in sorted(files, key=lambda file: file.path):
        part = part_number(Path(file.path))
        groups.setdefault(file.path[:-20] if part else file.path[:-5], []).append(file)
    offers = []
    for key, members in groups.items():
        parts = [part_number(Path(member.path)) for member in members]
        if parts != [None] and [part and part[0] for part in parts] != list(range(1, (parts[0] or (0, 0))[1] + 1)):
            continue
        name = key.rpartition("/")[2]
        projector = "mmproj" in name.lower()
        offers.append(Offer(repository, revision, name, quantization_of(name), tuple(members), projector))
    return tuple(sorted(offers, key=lambda offer: (offer.projector, offer.size)))
