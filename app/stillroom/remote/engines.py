"""The remote engines of a person: how each is reached, written down without its key."""

from __future__ import annotations

import ipaddress
import re
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import tomlkit

from stillroom import paths
from stillroom.atomic import write_text
from stillroom.errors import StillroomError
from stillroom.privacy.policy import current


class RemoteKind(StrEnum):
    """The protocol, exactly."""

    COMPATIBLE = "compatible"
    AZURE = "azure"


@dataclass(frozen=True, slots=True)
class RemoteEngine:
    """How to reach a model. Its key is in the keyring, under ``key_name``, never here.

    Attributes:
        address: base URL, ``https://api.openai.com/v1`` or ``http://127.0.0.1:11434/v1``; for Azure the resource's.
        model: its name there (Azure: the deployment). api_version: Azure's.
        ca_file: certificates to trust beside the usual ones. proxy: address; empty for that of the environment.
        seconds: to wait for an answer. in_flight: requests at a time.
        price_in, price_out: dollars a million tokens.
    """

    name: str
    address: str
    model: str = ""
    kind: str = RemoteKind.COMPATIBLE
    api_version: str = ""
    ca_file: str = ""
    proxy: str = ""
    seconds: int = 120
    in_flight: int = 4
    price_in: float = 0.0
    price_out: float = 0.0

    @property
    def title(self) -> str:
        """Engine and model, for a person."""
        return f"{self.name}: {self.model}"

    @property
    def key_name(self) -> str:
        return f"remote:{self.name}"

    @property
    def host(self) -> str:
        return urlsplit(self.address).hostname or self.address

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine or in its own network."""
        try:
            address = ipaddress.ip_address(self.host)
        except ValueError:
            # A name of one word (localhost, gpu01) is looked up in the own network only.
            return "." not in self.host or self.host.endswith(
                (".localhost", ".local", ".lan", ".internal", ".home.arpa")
            )
        return address.is_loopback or address.is_private or address.is_link_local

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """Dollars."""
        return (tokens_in * self.price_in + tokens_out * self.price_out) / 1e6


def proxy_of(engine: RemoteEngine) -> str:
    """What stands between here and the engine: the proxy named for it, else the system's; empty for none.

    What goes to the own network goes there directly: a proxy may stand outside it.
    """
    if engine.proxy or engine.is_local or urllib.request.proxy_bypass(engine.host):
        return engine.proxy
    proxies = urllib.request.getproxies()
    return proxies.get(urlsplit(engine.address).scheme) or proxies.get("all", "")


def engines_file() -> Path:
    """Where remote engines are written down."""
    return paths.config_dir() / "remote.toml"


def remote_engines() -> list[RemoteEngine]:
    """Those that were added. Raises StillroomError where their file cannot be read."""
    try:
        data = tomlkit.parse(engines_file().read_text(encoding="utf-8")).unwrap()
        known = {item.name for item in fields(RemoteEngine)}
        found = [
            RemoteEngine(**{key: value for key, value in entry.items() if key in known})
            for entry in data.get("engines", ())
        ]
        for engine in found:
            _check_numbers(engine)
        return found
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise StillroomError(f"{engines_file()} cannot be used: {error}. Correct it, or move it away.") from error


def remote_engine(name: str) -> RemoteEngine:
    """One by its name. Raises StillroomError, naming those there are."""
    known = remote_engines()
    found = next((engine for engine in known if engine.name == name), None)
    if found is None:
        names = ", ".join(engine.name for engine in known) or "none yet"
        raise StillroomError(f"There is no remote engine {name}. There are: {names}.")
    return found


def keep_remote_engine(engine: RemoteEngine) -> None:
    """Add an engine, or change the one of its name. Raises StillroomError."""
    current().check_engine(engine.name)
    parts = urlsplit(engine.address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StillroomError(f"{engine.address or 'Nothing'} is no address. Write one like https://server/v1.")
    if not engine.name.strip():
        raise StillroomError("A remote engine needs a name.")
    if parts.username or parts.password or parts.query or parts.fragment or any(map(_is_key, parts.path.split("/"))):
        raise StillroomError(
            "The address holds a key or a password. Write the address alone; the key has a place of its own."
        )
    proxy = urlsplit(engine.proxy)
    if proxy.username or proxy.password or proxy.query:
        raise StillroomError(
            "The proxy's address holds a password, which would be written into a file. Set the variable HTTPS_PROXY of the "
            "system instead, and leave the field empty."
        )
    if parts.scheme == "http" and not engine.is_local:
        raise StillroomError(
            "An address outside the own network must begin with https://, or what is sent could be read on its way."
        )
    try:
        _check_numbers(engine)
    except ValueError as error:
        raise StillroomError(f"{error}.") from error
    _write([*(each for each in remote_engines() if each.name != engine.name), engine])


_BOUNDS = {"seconds": (1, 3600), "in_flight": (1, 64), "price_in": (0, 10_000), "price_out": (0, 10_000)}


def _check_numbers(engine: RemoteEngine) -> None:
    """Raises ValueError where one is outside its bounds: no request at a time would wait for ever, a price below 0 pays the cap back."""
    for name, (least, most) in _BOUNDS.items():
        value = getattr(engine, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise ValueError(f"{name} of {engine.name} is a number from {least:,} to {most:,}, not {value!r}")


_KEY = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_]{24,}\Z|(?:sk|pk|key|token|api|hf)[-_][A-Za-z0-9_-]{8,}\Z")


def _is_key(part: str) -> bool:
    """Whether a part of an address looks like a key: long, of letters and digits; or named as one."""
    return _KEY.match(part) is not None


def forget_remote_engine(name: str) -> None:
    """Take an engine away. Its key is for the caller to remove."""
    _write([each for each in remote_engines() if each.name != name])


def _write(engines: Sequence[RemoteEngine]) -> None:
    document = tomlkit.document()
    tables = tomlkit.aot()
    for engine in sorted(engines, key=lambda each: each.name.casefold()):
        table = tomlkit.table()
        table.update(
            {key: str(value) if isinstance(value, StrEnum) else value for key, value in asdict(engine).items()}
        )
        tables.append(table)
    document["engines"] = tables
    write_text(engines_file(), tomlkit.dumps(document))
