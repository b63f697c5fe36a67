"""The hub of models: searched, looked at and fetched from while the seal is open for it, and never else."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stillroom.cancellation import Cancellation
from stillroom.errors import StillroomError
from stillroom.models.hub.access import HubAccess
from stillroom.privacy.seal import Seal

if TYPE_CHECKING:
    from stillroom.models.hub.client import FoundModel, Hub, Offer, Repository
    from stillroom.models.hub.download import DownloadProgress
    from stillroom.models.hub.download_queue import Download, DownloadQueue
    from stillroom.models.hub.offers import Assessed
    from stillroom.privacy.secrets import Secrets

__all__ = ["Assessed", "DownloadProgress", "FoundModel", "Hub", "ModelHub", "Offer"]


_STARTER = "SmolLM2 135M Instruct"  # as the catalog calls it
_STARTER_QUANTIZATIONS = ("Q4_1", "Q8_0", "Q4_K_M", "Q4_0", "F16")


class ModelHub:
    """The hub, with the person's token where there is one. Methods block; connecting opens the seal and closes it again."""

    def __init__(self, secrets: Callable[[], Secrets], seal: Seal) -> None:
        self._secrets, self._seal = secrets, seal
        self._openings: dict[int, contextlib.ExitStack] = {}

    @property
    def host(self) -> str:
        """What is connected to first."""
        return _host(HubAccess())

    @contextlib.contextmanager
    def connected(
        self, reason: str, *, endpoint: str = "", proxy: str = "", ca_file: Path | None = None, token: str = ""
    ) -> Iterator[Hub]:
        """The hub, for as long as the seal is open for it.

        Args:
            endpoint, proxy, ca_file: empty or None for the usual ones. token: one in the place of that of the keyring.
        """
        from stillroom.models.hub.client import Hub

        access = HubAccess(endpoint=endpoint, token=token or self._token(), proxy=proxy, ca_file=ca_file)
        with self._seal.opened(reason, _host(access)), Hub(access) as hub:
            yield hub

    def assessed(
        self,
        hub: Hub,
        repository: Repository,
        cancellation: Cancellation | None = None,
        *,
        context_tokens: int = 0,
        kv_type: str = "f16",
    ) -> Iterator[Assessed]:
        """What each file of a repository would need here, as its header arrives; none is fetched."""
        from stillroom.engine.protocol import USUAL_CONTEXT_TOKENS
        from stillroom.models.fit.assess import this_machine
        from stillroom.models.fit.estimate import Use
        from stillroom.models.hub.offers import assess_offers

        use = Use(context_tokens or USUAL_CONTEXT_TOKENS, kv_type)
        return assess_offers(hub, repository, this_machine(), use, cancellation=cancellation)

    def fetch(
        self,
        hub: Hub,
        offers: Sequence[Offer],
        *,
        bytes_per_second: int = 0,
        on_progress: Callable[[DownloadProgress], None],
        cancellation: Cancellation,
    ) -> list[list[Path]]:
        """The files of each offer, fetched into the models folder, going on where an earlier try ended.

        Raises Cancelled, StillroomError.
        """
        from stillroom.models.hub.download import Rate, download

        return [
            download(
                hub,
                offer,
                address=hub.access.address,
                on_progress=on_progress,
                cancellation=cancellation,
                rate=Rate(bytes_per_second),
            )
            for offer in offers
        ]

    def fetch_starter(
        self, *, on_progress: Callable[[DownloadProgress], None], cancellation: Cancellation
    ) -> list[Path]:
        """The starter model, fetched into the models folder. Raises Cancelled, StillroomError."""
        from stillroom.models.hub.catalog import load_catalog

        entry = next((each for each in load_catalog().models if each.name == _STARTER), None)
        if entry is None:
            raise StillroomError("The catalog has no starter model. Fetch another one: page Models.")
        with self.connected("download of the starter model") as hub:
            offers = [offer for offer in hub.repository(entry.repository).offers if not offer.projector]
            ranked = [offer for name in _STARTER_QUANTIZATIONS for offer in offers if offer.quantization == name]
            if not ranked:
                raise StillroomError(
                    f"{entry.repository} has no file of the starter model any more. Fetch another one."
                )
            (files,) = self.fetch(hub, ranked[:1], on_progress=on_progress, cancellation=cancellation)
        return files

    def place_of(self, offer: Offer) -> tuple[Path, bool]:
        """The folder of what is offered, and whether it is there already."""
        from stillroom.models.hub.download import is_there, target_folder

        return target_folder(offer), is_there(offer)

    def keep_token(self, token: str) -> str:
        """Keep the person's token in the keyring. Returns a sentence where it is kept only until the program ends; else empty."""
        from stillroom.privacy.secrets import HUB_TOKEN

        return self._secrets().keep(HUB_TOKEN, token)

    def forget_token(self) -> None:
        """Take the token away."""
        from stillroom.privacy.secrets import HUB_TOKEN

        self._secrets().delete(HUB_TOKEN)

    def queue(self, on_change: Callable[[Download], None]) -> DownloadQueue:
        """The person's downloads, those of an earlier time paused. ``on_change`` comes on the queue's thread; close it at the end."""
        from stillroom.models.hub.client import Hub
        from stillroom.models.hub.download_queue import DownloadQueue

        def noted(entry: Download) -> None:
            self._keep_open(entry)
            on_change(entry)

        return DownloadQueue(lambda: Hub(HubAccess(token=self._token())), address=self.host, on_change=noted)

    def _keep_open(self, entry: Download) -> None:
        """The seal is open exactly while something is fetched."""
        from stillroom.models.hub.download_queue import DownloadState

        if entry.state is DownloadState.RUNNING and entry.number not in self._openings:
            stack = contextlib.ExitStack()
            stack.enter_context(self._seal.opened(f"download of {entry.offer.name}", self.host))
            self._openings[entry.number] = stack
        elif entry.state is not DownloadState.RUNNING:
            opened = self._openings.pop(entry.number, None)
            if opened is not None:
                opened.close()

    def _token(self) -> str | None:
        from stillroom.privacy.secrets import HUB_TOKEN

        kept = self._secrets().get(HUB_TOKEN)
        return kept.reveal() if kept is not None else None


def _host(access: HubAccess) -> str:
    return urlsplit(access.address).hostname or access.address
