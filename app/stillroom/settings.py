"""Settings: each declared once, kept as TOML that a person can read and edit.

What cannot be read is never overwritten: a file that is no TOML is kept aside at the next change, a value that does not
fit its setting stays in the file until the setting is changed.
"""

from __future__ import annotations

import threading
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from stillroom import paths
from stillroom.atomic import write_failure, write_text

if TYPE_CHECKING:
    import tomlkit

T = TypeVar("T", bool, int, str)


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One setting.

    Attributes:
        name: ``part.name``: its table and key in the file.
        default: used while the file has no value that fits; its type is the setting's.
        description: what it does, for the person, with its unit.
        least, most: of a number; its default always fits, as 0 does where it stands for "as usual".
    """

    name: str
    default: T
    description: str
    least: int = 0
    most: int = 1 << 40

    def fits(self, value: object) -> bool:
        """Whether a value may be this setting's."""
        if type(value) is not type(self.default):
            return False
        if not isinstance(value, int) or isinstance(value, bool) or value == self.default:
            return True
        return self.least <= value <= self.most


MODEL = Setting(
    "engine.model", "", "Model to use where none is chosen: its name or GGUF file. Empty: the starter model."
)
THREADS = Setting("engine.threads", 0, "Threads of the model. 0: as many as suit the machine.", most=1024)
CONTEXT_TOKENS = Setting(
    "engine.context_tokens",
    0,
    "Tokens of context, at least 512. 0: as many as suit the model and the machine.",
    least=512,
)
READER_SECONDS = Setting("documents.seconds", 60, "Seconds that reading one document may take.", least=1, most=86_400)
READER_MEMORY = Setting("documents.memory_mib", 2048, "MiB of memory that reading a document may take.", least=256)
KEEP_ON_DISK = Setting(
    "privacy.keep_read_documents_on_disk",
    False,
    "Keep what the model has read of documents on disk, so that many can be asked about again without reading them anew. "
    "The files hold the documents' content in another form; only you can open them. Off: in memory only, while there is room.",
)

KEPT_DAYS = Setting(
    "privacy.kept_days",
    0,
    "Days that runs, verdicts and conversations are kept; what is older is erased when Stillroom starts. 0: for ever.",
    most=36_500,
)
ENCRYPTED = Setting(
    "privacy.encrypted",
    False,
    "Encrypt the database of runs, verdicts and conversations, from the next start on. Its key lies in the system's keyring; for a "
    "passphrase in its place: stillroom database encrypt --passphrase. Off: it is written in plain again at the next start.",
)
SEALED = Setting(
    "privacy.sealed",
    True,
    "Refuse every connection to a network, but for the time of a download or a remote model you asked for.",
)

MONTHLY_CAP = Setting(
    "remote.monthly_cap_cents",
    500,
    "Most that remote models may cost in a month, in cents. 0: no limit.",
    most=10_000_000,
)

SETTINGS: tuple[Setting[bool] | Setting[int] | Setting[str], ...] = (
    MODEL,
    THREADS,
    CONTEXT_TOKENS,
    READER_SECONDS,
    READER_MEMORY,
    KEEP_ON_DISK,
    KEPT_DAYS,
    ENCRYPTED,
    SEALED,
    MONTHLY_CAP,
)


class Settings:
    """The values in one file. Safe from any thread; a change is on disk when ``set`` returns.

    Attributes:
        path: of the file; it need not exist.
        problems: sentences about what could not be used when the file was read last.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path if path is not None else paths.config_dir() / "settings.toml"
        self.problems: list[str] = []
        self._lock = threading.Lock()
        self._values = self._read()

    def get(self, setting: Setting[T]) -> T:
        """The value, or the setting's default."""
        value: Any = self._values.get(setting.name)
        return value if setting.fits(value) else setting.default

    def set(self, setting: Setting[T], value: T) -> None:
        """Change a value. What else is in the file stays, comments too.

        Raises ValueError where the value does not fit, StillroomError where the file cannot be written.
        """
        if not setting.fits(value):
            raise ValueError(f"{value!r} is no value of {setting.name}")
        with self._lock:
            import tomlkit  # for writing only: a start just reads

            # Read anew: another Stillroom may have changed something else.
            document = self._document()
            _put(document, setting.name, value)
            write_text(self.path, tomlkit.dumps(document))
            self._values = self._read()

    def _read(self) -> dict[str, Any]:
        self.problems = []
        try:
            data = tomllib.loads(self.path.read_text("utf-8-sig"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self.problems.append(f"{self.path} cannot be read: {reason}. The settings are as at the first start.")
            return {}
        except (ValueError, RecursionError) as error:  # not TOML, not UTF-8
            self.problems.append(f"{self.path} cannot be used: {error}. The settings are as at the first start.")
            return {}
        values = _flat(data)
        for setting in SETTINGS:
            if setting.name in values and not setting.fits(values[setting.name]):
                self.problems.append(
                    f"{self.path}: {setting.name} = {values[setting.name]!r} cannot be used; {setting.default!r} is. "
                    f"{setting.description}"
                )
        return values

    def _document(self) -> tomlkit.TOMLDocument:
        import tomlkit
        import tomlkit.exceptions

        try:
            return tomlkit.parse(self.path.read_text("utf-8-sig"))
        except FileNotFoundError:
            return tomlkit.document()
        except OSError as error:
            raise write_failure(self.path, error) from error
        except (ValueError, RecursionError, tomlkit.exceptions.TOMLKitError):
            aside = self.path.with_name(f"{self.path.name}.unreadable-{time.strftime('%Y%m%d-%H%M%S')}")
            try:
                self.path.replace(aside)
            except OSError as error:
                raise write_failure(self.path, error) from error
            return tomlkit.document()


def _flat(data: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, dict):
            found.update(_flat(value, f"{prefix}{key}."))
        else:
            found[f"{prefix}{key}"] = value
    return found


def _put(document: tomlkit.TOMLDocument, name: str, value: object) -> None:
    import tomlkit

    part, key = name.split(".")
    if not isinstance(document.get(part), dict):
        document[part] = tomlkit.table()
    document[part][key] = value
