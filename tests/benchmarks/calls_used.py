"""Which system calls reader and worker make over real documents, and which the filter lets through beside them.

    python tests/benchmarks/calls_used.py --model M.gguf [--template receipt] [--reader-only] FILE_OR_FOLDER …

Wants strace and a C compiler. The reader reads every file; the worker draws the template's fields out of each, then generates, embeds,
measures, keeps states of documents in a folder, plans a load and writes the model in another quantization. Prints a table: the call, how
often each child made it once it was confined, how often it failed; what was refused, by call; and what the filter of each lets through
although nobody asked for it. The exit status is 1 where a call was made that is on no list.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from stillroom.child import Need, child_command, system_calls
from stillroom.documents.document import Document
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.engine import Engine, Limits
from stillroom.engine.protocol import (
    EmbedRequest,
    GenerateRequest,
    LoadOptions,
    MeasureRequest,
    Piece,
    QuantizeRequest,
    Sampling,
)
from stillroom.errors import StillroomError
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.files import expand
from stillroom.templates.library import TemplateLibrary

_CALL = re.compile(r"^(\d+) +(\w+)\(")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>")
_FAILED = re.compile(r"= -1 (E\w+)")
_CONFINED = re.compile(r"prctl\(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, \{len=(\d+)")
_SMALL_FILTER = 60  # instructions: the first filter takes the network alone, the second is the one that is looked at
# Two that a child tries in order to tell whether its filter holds; one without which the C library goes on; and two of a library of OCR:
# on files that it only reads, and for a folder in which it would keep a name of this machine for its maker.
_EXPECTED = {"socket", "sync", "clone3", "chmod", "mkdir"}


@dataclass
class Calls:
    """What a child called once it was confined."""

    made: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


def traced(role: str, folder: Path) -> list[str]:
    # A process is started for each child; strace names its file after it.
    return [
        "strace",
        "-f",
        "-qq",
        "-e",
        "signal=none",
        "-s",
        "0",
        "-o",
        f"|cat > {folder}/{role}-$$",
        *child_command(role),
    ]


def calls_of(role: str, folder: Path) -> Calls:
    found = Calls()
    for file in folder.glob(f"{role}-*"):
        confined = False
        with file.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if confined:
                    _count(line, found)
                elif (filter_ := _CONFINED.search(line)) is not None:
                    confined = int(filter_[1]) > _SMALL_FILTER
    return found


def _count(line: str, found: Calls) -> None:
    call = _CALL.match(line)
    if call is not None:
        found.made[call[2]] += 1
    named = call or _RESUMED.match(line)
    error = _FAILED.search(line) if named is not None else None
    if named is not None and error is not None:
        found.failed[named[2]] += 1
        if error[1] in ("ENOSYS", "EACCES"):
            found.refused[f"{named[2]} ({error[1]})"] += 1


def numbers() -> dict[str, int]:
    """The calls of this machine, from the kernel's headers."""
    found = subprocess.run(
        ["cc", "-E", "-dM", "-include", "sys/syscall.h", "-x", "c", "/dev/null"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)\s", found)}


def read(files: list[Path], folder: Path) -> list[Document]:
    documents, failed = [], 0
    with ReaderPool(traced("reader", folder), seconds=900, memory_bytes=0) as readers:
        for file in files:
            try:
                documents.append(readers.read(file))
            except StillroomError as error:
                failed += 1
                print(f"{file.name}: {error.message}", file=sys.stderr)
    print(f"{len(files)} files, {failed} not read")
    return documents


def work(documents: list[Document], model: Path, template_name: str, folder: Path) -> None:
    template = TemplateLibrary().find(template_name)
    with Engine(traced("worker", folder), limits=Limits(silence=900, load_silence=900)) as engine:
        engine.load(model)
        extractor = Extractor(engine)
        for document in documents:
            extractor.extract(document, template, file=document.name)
        engine.embed(EmbedRequest(("a bank card", "a bill")))
        engine.measure(MeasureRequest("prompt"))
        engine.measure(MeasureRequest("generate", threads=2))
        engine.dry_load(model)
    with Engine([*traced("keeping", folder)[:-1], "worker"], limits=Limits(silence=900, load_silence=900)) as engine:
        engine.load(model, LoadOptions(context_tokens=2048, kept_folder=str(folder / "cells")))
        for number in range(4):
            text = f"{number} " + documents[0].pages[0].text[:6000] if documents else f"{number} one two"
            engine.generate(GenerateRequest((Piece(text),), 24, Sampling(), interactive=True))
        engine.quantize(QuantizeRequest(str(model), str(folder / "copy.gguf"), "Q8_0"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--template", default="receipt")
    parser.add_argument("--reader-only", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents = read(expand(options.paths), folder)
        if not options.reader_only:
            work(documents, options.model, options.template, folder)
        used = {
            "reader": (calls_of("reader", folder), Need.NONE),
            "worker": (calls_of("worker", folder), Need.INFERENCE),
            "worker that writes": (calls_of("keeping", folder), Need.INFERENCE | Need.WRITING),
        }
    for call in sorted({call for calls, _ in used.values() for call in calls.made}):
        cells = (f"{calls.made[call]} × {calls.failed[call]}" for calls, _ in used.values())
        print(f"  {call:24}" + "".join(f"{cell:>20}" for cell in cells))
    known, wrong = numbers(), 0
    for role, (calls, needs) in used.items():
        let = {name for name, number in known.items() if system_calls.lets(number, needs)}
        unlisted = {call for call in calls.made if call in known} - let
        wrong += len(unlisted - _EXPECTED)
        print(f"{role}: {len(calls.made)} calls made, {len(let)} of {len(known)} let through")
        print(f"  made and not let through: {', '.join(sorted(unlisted)) or 'none'}")
        print(f"  refused: {', '.join(f'{call} × {count}' for call, count in sorted(calls.refused.items())) or 'none'}")
        print(f"  let through and not made: {', '.join(sorted(let - calls.made.keys()))}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
