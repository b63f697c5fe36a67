"""Bringing a model's file in, looking whether it is still what it was, and putting it into the trash."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from send2trash import send2trash  # type: ignore[import-untyped]

from stillroom import paths
from stillroom.atomic import replacing
from stillroom.cancellation import Cancellation
from stillroom.errors import StillroomError
from stillroom.gguf.checks import FileKind, check_file, kind_of, parts_of
from stillroom.models.elsewhere import recorded_checksum
from stillroom.models.file_names import safe_name
from stillroom.models.model_file import ModelFile, model_file
from stillroom.models.records import Record, keep_record, record_of
from stillroom.regular_file import open_regular
from stillroom.sizes import size_text

_PIECE_BYTES = 4 << 20
_SPARE_BYTES = 256 << 20
_LISTS = ("SHA256SUMS", "SHA256SUMS.txt", "sha256sums.txt", "sha256sum.txt", "checksums.txt", "sha256.txt")
_LINE = re.compile(
    r"^(?P<sum>[0-9a-fA-F]{64}) [ *](?P<name>.+)$|^SHA256 \((?P<name2>.+)\) = (?P<sum2>[0-9a-fA-F]{64})$"
)

Told = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What looking at a model's files found.

    Attributes:
        right: they are what is on record. False where one is not; None where nothing is on record to compare with.
        sentence: for a person.
    """

    right: bool | None
    sentence: str


def import_model(
    source: Path,
    *,
    sha256: str = "",
    on_progress: Told = lambda _done, _total: None,
    cancellation: Cancellation | None = None,
) -> ModelFile:
    """Copy a model, in one file or several, into the models folder. It gets its name when it is whole and right.

    A list of checksums beside it (``SHA256SUMS``, ``NAME.sha256``) is held against it.

    Args:
        sha256: what its (first) file should be; in the place of a list.

    Raises:
        StillroomError: it is no usable model, not what the checksum says, or cannot be written.
        Cancelled: stopping was asked for; nothing is left of it.
    """
    cancellation = cancellation or Cancellation()
    if source.is_dir():
        raise StillroomError(f"{source.name} is a folder. Name one of the GGUF files in it.")
    kind = kind_of(check_file(source))
    if kind is FileKind.PROJECTOR:
        raise StillroomError(
            f"{source.name} is a projector, with which a model sees pictures, not a model. Attach it: choose the model, then "
            "Pictures…, or stillroom models attach-projector MODEL FILE."
        )
    if kind is FileKind.ADAPTER:
        raise StillroomError(
            f"{source.name} is an adapter for a model, not a model. Attach it: choose the model, then Adapters…, or "
            "stillroom models attach MODEL FILE."
        )
    sources = parts_of(source)
    targets = [_target(part) for part in sources]
    if targets == [part.absolute() for part in sources]:
        return _model(targets[0])
    expected = [sha256.lower() if sha256 and number == 0 else _listed(part) for number, part in enumerate(sources)]
    total = sum(part.stat().st_size for part in sources)
    _check_disk(total, source.name)
    for target, part in zip(targets, sources, strict=True):
        if target.exists() and target.stat().st_size != part.stat().st_size:
            raise StillroomError(
                f"Another model of the name {target.name} is there already. Remove it, or give the new one another name."
            )
    done = 0
    # The first file last: without it, nothing takes the others for a model.
    for part, target, checksum in reversed(list(zip(sources, targets, expected, strict=True))):
        with replacing(target) as temporary:
            digest = hashlib.sha256()
            with open_regular(part) as reading, temporary.open("wb") as writing:
                while piece := reading.read(_PIECE_BYTES):
                    cancellation.raise_if_requested()
                    digest.update(piece)
                    writing.write(piece)
                    done += len(piece)
                    on_progress(done, total)
            if checksum and digest.hexdigest() != checksum:
                raise StillroomError(
                    f"{part.name} is not what its checksum says (SHA-256), so it was not imported. Copy it again from its source."
                )
        keep_record(target, Record(digest.hexdigest(), target.stat().st_size, f"imported from {part.name}"))
    return _model(targets[0])


def verify(
    model: ModelFile, *, on_progress: Told = lambda _done, _total: None, cancellation: Cancellation | None = None
) -> Verification:
    """Read all of a model's files and hold them against what is on record. Raises GgufError, Cancelled."""
    cancellation = cancellation or Cancellation()
    check_file(model.path)
    files, total, done, unknown = parts_of(model.path), model.size, 0, 0
    for path in files:
        record = record_of(path)
        expected = record.sha256 if record else recorded_checksum(path)
        digest = hashlib.sha256()
        with open_regular(path) as file:
            while piece := file.read(_PIECE_BYTES):
                cancellation.raise_if_requested()
                digest.update(piece)
                done += len(piece)
                on_progress(done, total)
        if not expected:
            unknown += 1
        elif digest.hexdigest() != expected:
            return Verification(
                False, f"{path.name} is not what it was: its SHA-256 is another. Remove the model and fetch it again."
            )
    if unknown:
        return Verification(
            None,
            f"{model.name} is in order as far as its header goes. No checksum of it is on record to compare with.",
        )
    return Verification(True, f"{model.name} is, byte for byte, what it should be.")


def remove(model: ModelFile, *, permanently: bool = False) -> None:
    """Put a model's files into the system's trash.

    Args:
        permanently: delete them instead: where there is no trash.

    Raises:
        StillroomError: it is not in the models folder, or the system does not let it go.
    """
    if not model.path.resolve().is_relative_to(paths.models_dir().resolve()):
        owner = "comes with Stillroom" if model.starter else "belongs to another program or folder"
        raise StillroomError(f"{model.name} {owner}, so it is not removed. Only what is in {paths.models_dir()} is.")
    for path in reversed(parts_of(model.path)):
        try:
            if permanently:
                path.unlink()
            else:
                send2trash(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StillroomError(
                f"{path.name} could not be put into the trash: {error.strerror or type(error).__name__}. "
                "Delete it yourself, or have it removed permanently."
            ) from error
    folder = model.path.parent
    if folder != paths.models_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _target(part: Path) -> Path:
    if part.absolute().resolve().is_relative_to(paths.models_dir().resolve()):
        return part.absolute()
    name = safe_name(part.name)
    return paths.models_dir() / (name if name.lower().endswith(".gguf") else f"{name}.gguf")


def _model(path: Path) -> ModelFile:
    model = model_file(path)
    if model is None:
        raise StillroomError(f"{path.name} is not whole. Import all its files together.")
    return model


def _check_disk(needed: int, name: str) -> None:
    folder = paths.models_dir()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if needed + _SPARE_BYTES > free:
        raise StillroomError(
            f"{name} needs {size_text(needed)} on the disk, and {size_text(free)} are free. Free some space first."
        )


def _listed(path: Path) -> str:
    """The checksum of a file in a list beside it; empty where no list names it."""
    for name in (f"{path.name}.sha256", f"{path.stem}.sha256", *_LISTS):
        listed = path.with_name(name)
        try:
            if listed.stat().st_size > 1 << 20:
                continue
            lines = listed.read_text("utf-8", "replace").splitlines()
        except OSError:
            continue
        for line in lines:
            found = _LINE.match(line.strip())
            if found and (found["name"] or found["name2"]).replace("\\", "/").rpartition("/")[2] == path.name:
                return (found["sum"] or found["sum2"]).lower()
        if name.startswith(path.stem) and len(lines) == 1 and re.fullmatch(r"[0-9a-fA-F]{64}", lines[0].strip()):
            return lines[0].strip().lower()
    return ""
