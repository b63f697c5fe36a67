"""A model published as safetensors made into a GGUF file by llama.cpp's own converter, an extra that is set up on demand."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from stillroom import paths
from stillroom.atomic import replacing
from stillroom.cancellation import Cancellation
from stillroom.child import BadMessageError, Child, ChildOutcome, Layers, Reach, child_command
from stillroom.engine.engine import Engine
from stillroom.engine.protocol import LoadOptions
from stillroom.errors import Cancelled, StillroomError
from stillroom.gguf.checks import check_file
from stillroom.models.file_names import safe_name
from stillroom.models.fit.estimate import SPARE_BYTES
from stillroom.models.fit.shape import shape_of
from stillroom.models.model_file import ModelFile, model_file
from stillroom.models.records import Record, keep_record
from stillroom.models.safetensors import ModelFolder, model_folder
from stillroom.sizes import size_text
from stillroom.storage.checksums import file_sha256
from stillroom.tuning.copy import quantize

_log = logging.getLogger(__name__)

Told = Callable[[float, str], None]
"""Called with the share done, 0 to 1, and what is being done."""

_SPARE_DISK_BYTES = 256 << 20
# Measured: the converter's libraries, and how often it holds the largest tensor (as 32-bit numbers) at once.
_CONVERTER_BYTES = 500e6
_COPIES_OF_LARGEST = 2
LIBRARY_BYTES = 32 << 30  # of addresses, most of which are never used: PyTorch with what it has for graphics cards
_POLL_SECONDS = 0.05
# What starts a program on Linux, by the machine and the C library.
_LOADERS = ("lib64/ld-linux-*.so.*", "lib/ld-linux-*.so.*", "lib/ld-musl-*.so.*", "lib/*/ld-linux-*.so.*")
_LARGEST_LINE = 1 << 20
_WRITTEN, _CHECKED = 0.7, 0.75  # shares of the whole where it is quantised as well


def converter(script: str = "convert_hf_to_gguf.py") -> list[str]:
    """The command line of one of llama.cpp's scripts, without arguments. Raises StillroomError with what to type where it is missing."""
    folder = paths.converter_dir()
    python = folder / "python" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    file = folder / "llama.cpp" / script
    if (folder / "complete").is_file() and python.is_file() and file.is_file():
        return [str(python), str(file)]
    if getattr(sys, "frozen", False):
        raise StillroomError(
            "The installed Stillroom does not bring what converts safetensors. Look for the same model with GGUF in its "
            "name on the hub; or set the converter up once from a checkout of Stillroom (sh installer/convert.sh), which "
            "this one then uses as well."
        )
    raise StillroomError(
        "Converting safetensors needs an extra that is not set up. Type: sh installer/convert.sh (it fetches up to 3 GB, "
        "once), and import the folder again."
    )


def convert(
    source: Path,
    *,
    quantization: str = "",
    on_progress: Told = lambda _share, _what: None,
    cancellation: Cancellation | None = None,
    command: Sequence[str] | None = None,
) -> ModelFile:
    """Make a GGUF file of a folder in the models folder; it gets its name when it is whole and was loaded on trial.

    Args:
        source: the folder, or one of the files in it.
        quantization: to write it in (``Q4_K_M`` …); empty for 16 bits, as most are published.
        command: of the converter; for tests.

    Raises:
        StillroomError: the converter is not set up, the folder is not whole, the model is not one it knows, or there is no room.
        Cancelled: stopping was asked for; nothing is left of it.
    """
    cancellation = cancellation or Cancellation()
    folder = model_folder(source)
    command = list(command) if command is not None else converter()
    models = paths.models_dir()
    models.mkdir(parents=True, exist_ok=True)
    _check_room(folder, models, quantization)
    end = _WRITTEN if quantization else 0.9
    with tempfile.TemporaryDirectory(prefix=".converting-", dir=models) as work:
        made = Path(work) / "converted.gguf"
        with staged(folder, Path(work)) as linked:
            arguments = [*command, str(linked), "--outfile", str(made), "--outtype", "auto"]
            what = f"Converting {folder.name}"
            on_progress(0.0, what)
            _run(arguments, folder, Path(work), lambda share: on_progress(end * share, what), cancellation)
        on_progress(end, "Loading it on trial")
        kind = try_out(made, folder.name)
        final = models / safe_name(f"{folder.name}.{quantization or kind}.gguf")
        if final.exists():
            raise StillroomError(
                f"{final.name} is there already. Remove it, or rename the folder, and import it again."
            )
        if quantization and quantization != kind:
            smaller = Path(work) / "quantized.gguf"

            def tell(share: float) -> None:
                on_progress(_CHECKED + (0.98 - _CHECKED) * share, f"Writing it in {quantization}")

            quantize(made, smaller, quantization, on_progress=tell, cancellation=cancellation)
            made.unlink()
            made = smaller
        cancellation.raise_if_requested()
        on_progress(0.98, "Keeping its checksum")
        record = Record(file_sha256(made), made.stat().st_size, f"converted from {folder.name}")
        with replacing(final) as temporary:
            made.replace(temporary)
    keep_record(final, record)
    model = model_file(final)
    assert model is not None
    return model


def try_out(file: Path, name: str) -> str:
    """The type a new file is in; its header is checked, and llama.cpp plans to load all of it in a worker that is thrown away.

    Raises StillroomError where either refuses it.
    """
    header = check_file(file)
    try:
        with Engine() as engine:
            engine.dry_load(file, LoadOptions(context_tokens=512))
    except StillroomError as error:
        raise StillroomError(
            f"{name} was converted, but the engine refuses the result, so it was thrown away: {error.message}",
            details=error.details,
        ) from error
    return shape_of([header]).quantization


def _check_room(folder: ModelFolder, models: Path, quantization: str) -> None:
    needed = 2 * folder.elements * (1.6 if quantization else 1.0)
    free = shutil.disk_usage(models).free
    if needed + _SPARE_DISK_BYTES > free:
        raise StillroomError(
            f"Converting {folder.name} needs {size_text(needed)} on the disk, and {size_text(free)} are free. "
            "Free some space first."
        )
    memory = int(_CONVERTER_BYTES + _COPIES_OF_LARGEST * 4 * folder.largest)
    available = psutil.virtual_memory().available
    if memory + SPARE_BYTES > available:
        raise StillroomError(
            f"Converting {folder.name} needs {size_text(memory)} of memory, and {size_text(available)} are free, of which "
            f"{size_text(SPARE_BYTES)} stay free for other programs. Close other programs first."
        )


@contextlib.contextmanager
def staged(folder: ModelFolder, work: Path) -> Iterator[Path]:
    """A folder of the same name with links to what the converter may read: no program that came along is in it."""
    linked = work / safe_name(folder.name)
    linked.mkdir()
    for file in folder.files:
        target, source = linked / file.name, file.resolve()
        try:
            target.symlink_to(source)
        except OSError:
            try:
                os.link(source, target)
            except OSError:
                shutil.copyfile(source, target)
    yield linked
    shutil.rmtree(linked, ignore_errors=True)


def reach_of_converter(command: Sequence[str], files: Sequence[Path], *work: Path) -> Reach:
    """What the converter may open: its own Python and script, the files of the model, and the folders that it writes into."""
    python, script = Path(command[0]), Path(command[1])
    real = python.resolve()
    code = [python.parent.parent, real.parent.parent / "lib", script.parent]
    programs = [real, *(path.resolve() for pattern in _LOADERS for path in Path("/").glob(pattern))]
    return Reach(
        read=tuple(map(str, (*code, real, *(file.resolve() for file in files)))),
        write=tuple(map(str, work)),
        programs=tuple(map(str, programs)),
    )


def _run(
    arguments: Sequence[str], folder: ModelFolder, work: Path, tell: Callable[[float], None], cancellation: Cancellation
) -> None:
    memory = LIBRARY_BYTES + 2 * sum(file.stat().st_size for file in folder.files) + 16 * folder.largest
    status, lines = in_converter(
        arguments, reach_of_converter(arguments, folder.files, work), memory, folder.name, tell, cancellation
    )
    if status:
        raise StillroomError(_reason(lines, status, folder), "\n".join(lines))


def in_converter(
    arguments: Sequence[str],
    reach: Reach,
    memory_bytes: int,
    name: str,
    tell: Callable[[float], None],
    cancellation: Cancellation,
) -> tuple[int, list[str]]:
    """Run a script of the converter's environment to its end in a child that is confined; its status and the last lines of what it said.

    ``name``: what it is done to, for a sentence. Raises StillroomError where the child died, Cancelled.
    """
    ended: dict[str, Any] = {}
    gone = threading.Event()
    shares = [0.0]

    def on_message(message: dict[str, Any]) -> None:
        if message.get("event") == "progress" and isinstance(message.get("share"), (int, float)):
            shares[0] = max(0.0, min(1.0, float(message["share"])))
        elif message.get("event") == "ended":
            ended.update(message)
        elif message.get("event") == "confined":
            try:
                _log.info("the converter is confined: %s", Layers.from_json(message.get("layers")).words)
            except ValueError as error:
                raise BadMessageError("said something that makes no sense") from error
        else:
            raise BadMessageError("said something that makes no sense")

    outcomes: list[ChildOutcome] = []

    def on_exit(outcome: ChildOutcome) -> None:
        outcomes.append(outcome)
        gone.set()

    child = Child(
        [*child_command("converter"), *arguments],
        on_message=on_message,
        on_exit=on_exit,
        environment=reach.to_environment(),
        memory_bytes=memory_bytes,
        max_line_bytes=_LARGEST_LINE,
        name="converter",
    )
    try:
        while not gone.wait(_POLL_SECONDS):
            if cancellation.requested:
                child.kill()
                gone.wait()
                raise Cancelled
            tell(shares[0])
    finally:
        child.stop()
    if "status" not in ended:
        raise StillroomError(f"Nothing was made of {name}. {outcomes[0].sentence()}", outcomes[0].stderr_tail)
    return int(ended["status"]), [str(line) for line in ended.get("lines", ())]


_REASONS = (
    (r"is not supported|not supported yet", "the converter does not know models of the kind {architecture}"),
    (r"pre-tokenizer was not recognized", "the converter does not know its way of splitting text (its tokenizer)"),
    (r"trust_remote_code|requires you to execute", "its tokenizer is a program of its own, which is never run"),
    (r"No space left on device", "the disk is full"),
    (r"MemoryError|Unable to allocate|not enough memory", "there was not enough memory"),
    (r"ModuleNotFoundError: No module named '([\w.]+)'", "the converter for this kind needs {0}, which is not set up"),
    (r"Can not map tensor|Missing tensors|Unprocessed", "its weights are not those of a {architecture}"),
    (r"FileNotFoundError: .*?([\w.-]+)'?$", "{0} is missing in the folder"),
)


def _reason(lines: Sequence[str], status: int, folder: ModelFolder) -> str:
    text = "\n".join(lines)
    for pattern, words in _REASONS:
        found = re.search(pattern, text, re.MULTILINE)
        if found is not None:
            why = words.format(*found.groups(), architecture=folder.architecture or "this")
            break
    else:
        why = (
            "the memory ran out, probably"
            if status == -9
            else "the converter failed; its last lines are in the details"
        )
    return f"{folder.name} was not converted: {why}. Look for the same model with GGUF in its name on the hub."
