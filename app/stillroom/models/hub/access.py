"""How a hub is reached. Brings no client of the network with it: the window shows the address before anything is fetched."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_ENDPOINT = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class HubAccess:
    """How to reach a hub.

    Attributes:
        endpoint: address of the hub or of a mirror; empty for ``HF_ENDPOINT`` or the usual one.
        token: for repositories that ask for one; never written to a log.
        proxy: address; empty for that of the environment. ca_file: certificates to trust beside the usual ones.
    """

    endpoint: str = ""
    token: str | None = field(default=None, repr=False)
    proxy: str = ""
    ca_file: Path | None = None

    @property
    def address(self) -> str:
        return (self.endpoint or os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")
