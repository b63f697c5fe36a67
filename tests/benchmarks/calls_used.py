"""Which system calls reader and worker make over real documents, and which the filter lets through beside them.

    python tests/benchmarks/calls_used.py --model M.gguf [--template receipt] FILE_OR_FOLDER …

Wants strace. Prints a table: the call, how often reader and worker made it, how often it failed; then what the filter of each lets
through although nobody asked for it; and, as an error, what was asked for and refused. The figures are of the children from their
first instruction on: what they make before they confine themselves counts, too, and is marked by the filter's refusal.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from stillroom.child import child_command, system_calls
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.engine import Engine, Limits
from stillroom.errors import StillroomError
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.files import expand
from stillroom.templates.library import TemplateLibrary

_LINE = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:(\d+)\s+)?(\w+)$", re.MULTILINE)
_HEADERS = Path("/usr/include")


def traced(role: str, target: Path) -> list[str]:
    return [
        "strace",
        "-f",
        "-c",
        "-U",
        "time-percent,total-time,avg-time,calls,errors,name",
        "-o",
        str(target),
        *child_command(role),
    ]


def counts(file: Path) -> dict[str, tuple[int, int]]:
    """By call: how often it was made, how often it failed."""
    if not file.exists():
        return {}
    found = {name: (int(calls), int(errors or 0)) for calls, errors, name in _LINE.findall(file.read_text("utf-8"))}
    found.pop("total", None)
    return found


def numbers() -> dict[str, int]:
    """The calls of this machine, from the kernel's headers."""
    found = subprocess.run(
        ["cc", "-E", "-dM", "-include", "sys/syscall.h", "-x", "c", "/dev/null"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)\s", found)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--template", default="receipt")
    parser.add_argument("--reader-only", action="store_true")
    options = parser.parse_args()
    files = expand(options.paths)
    template = TemplateLibrary().find(options.template)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        of_reader, of_worker = Path(folder) / "reader", Path(folder) / "worker"
        documents = []
        with ReaderPool(traced("reader", of_reader), seconds=900, memory_bytes=0) as readers:
            for file in files:
                try:
                    documents.append(readers.read(file))
                except StillroomError as error:
                    failed += 1
                    print(f"{file.name}: {error.message}", file=sys.stderr)
        if not options.reader_only:
            with Engine(traced("worker", of_worker), limits=Limits(silence=900, load_silence=900)) as engine:
                engine.load(options.model)
                extractor = Extractor(engine)
                for document in documents:
                    extractor.extract(document, template, file=document.name)
        used = {"reader": counts(of_reader), "worker": counts(of_worker)}
    print(f"{len(files)} files, {failed} not read; calls × failures")
    for name in sorted(used["reader"].keys() | used["worker"].keys()):
        cells = (f"{calls} × {errors}" for calls, errors in (each.get(name, (0, 0)) for each in used.values()))
        print(f"  {name:24}" + "".join(f"{cell:>20}" for cell in cells))
    known = numbers()
    for role, calls in used.items():
        let = {name for name, number in known.items() if system_calls.lets(number, reading=role == "reader")}
        print(f"{role}: {len(calls)} calls made, {len(let)} of {len(known)} let through; let through and not made:")
        print(f"  {', '.join(sorted(let - calls.keys()))}")
        print(
            f"  made and not let through (before it confined itself, or refused): {', '.join(sorted(calls.keys() - let)) or 'none'}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
