"""Hand hostile files of every format to the command line, batch after batch: is each a row with a sentence, within the limits?

    python tests/benchmarks/hostile_documents.py --model M.gguf [--count 2200] [--first 0] [--seed 1] [--batch 100]
                                                 [--seconds 20] [--memory 768] [--keep FOLDER]

With ``--read-only`` the files are read and nothing is drawn out of them, without the command line and without a model: much quicker.

Prints what was found wrong, file by file: a batch that ended by itself, a row missing, doubled or without a sentence, a traceback, a
document that took longer than the time limit, a reader or the command itself that grew past its limit, a file or process left over.
Keeps what went wrong in ``--keep``. The exit status is 1 where something was found.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.documents.hostile_files import hostile_files

from stillroom.documents.reader_pool import ReaderPool
from stillroom.errors import DocumentError
from stillroom.extraction.files import ATTACHED

_SLACK_SECONDS = 60.0  # of a document, beside its reading: a busy machine, a new reader, what is looked for in the text
_OWN_BYTES = 1 << 30


@dataclass
class Found:
    """What went wrong, and what was measured."""

    problems: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    sentences: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    reader_bytes: int = 0
    own_bytes: int = 0


class Watch(threading.Thread):
    """Looks at the memory of a command and its children while it runs."""

    def __init__(self, process: int, found: Found) -> None:
        super().__init__(daemon=True)
        self._process, self._found, self.ended = psutil.Process(process), found, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.05):
            try:
                self._found.own_bytes = max(self._found.own_bytes, self._process.memory_info().rss)
                for child in self._process.children():
                    if "reader" in child.cmdline():
                        self._found.reader_bytes = max(self._found.reader_bytes, child.memory_info().rss)
            except psutil.Error:
                continue


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("--count", type=int, default=2200)
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first file, to go on where an earlier call ended"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--memory", type=int, default=768, help="MiB a reader may use")
    parser.add_argument("--template", default="receipt")
    parser.add_argument("--keep", type=Path, default=Path("hostile"))
    options = parser.parse_args()
    found = Found()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="stillroom-hostile-") as home:
        os.environ["STILLROOM_HOME"] = home
        config = Path(home) / "config"
        config.mkdir()
        settings = f"[documents]\nseconds = {options.seconds}\nmemory_mib = {options.memory}\n"
        (config / "settings.toml").write_text(settings, encoding="utf-8")
        named: list[tuple[str, bytes]] = []
        for number, each in enumerate(hostile_files(options.count, options.seed, options.first), start=1):
            named.append(each)
            if len(named) == options.batch or number == options.count:
                _read(named, options, found) if options.read_only else _batch(named, options, found)
                print(
                    f"{number} of {options.count}, {time.monotonic() - started:.0f} s, {len(found.problems)} problems",
                    flush=True,
                )
                named = []
        _look_at_database(Path(home), found)
    print(f"{options.count} files in {time.monotonic() - started:.0f} s; rows: {dict(found.statuses)}")
    print(f"most memory: reader {found.reader_bytes / 2**20:.0f} MiB, command {found.own_bytes / 2**20:.0f} MiB")
    print(
        "slowest:",
        *(f"  {seconds:.1f} s {name}" for seconds, name in sorted(found.slowest, reverse=True)[:12]),
        sep="\n",
    )
    print("sentences:", *(f"  {count:5} {words}" for words, count in found.sentences.most_common(60)), sep="\n")
    print(f"{len(found.problems)} problems", *found.problems, sep="\n")
    return 1 if found.problems else 0


def _read(named: list[tuple[str, bytes]], options: argparse.Namespace, found: Found) -> None:
    """Read files in a reader, as the application does; every one is to be a document or a sentence."""
    with (
        tempfile.TemporaryDirectory(prefix="stillroom-batch-") as folder,
        ReaderPool(seconds=options.seconds, memory_bytes=options.memory << 20) as readers,
    ):
        for name, data in named:
            file = Path(folder) / name
            file.write_bytes(data)
            began = time.monotonic()
            row: dict[str, object] = {"file": name, "status": "done"}
            try:
                readers.read(file)
            except DocumentError as error:
                row = {"file": name, "status": "failed", "error": error.message}
            except Exception as error:  # noqa: BLE001 - what is looked for
                found.problems.append(f"{name}: {error!r}")
            took = time.monotonic() - began
            _row(row, Counter(), found)
            found.slowest.append((took, name))
            if took > options.seconds + _SLACK_SECONDS:
                found.problems.append(f"{name}: took {took:.1f} s")
            for process in readers.process_ids:
                with contextlib.suppress(psutil.Error):
                    found.reader_bytes = max(found.reader_bytes, psutil.Process(process).memory_info().rss)
            file.unlink()
        if found.reader_bytes > options.memory << 20:
            found.problems.append(f"a reader grew to {found.reader_bytes >> 20} MiB")


def _batch(named: list[tuple[str, bytes]], options: argparse.Namespace, found: Found) -> None:
    with tempfile.TemporaryDirectory(prefix="stillroom-batch-") as folder:
        place, temporary = Path(folder) / "in", Path(folder) / "tmp"
        place.mkdir()
        temporary.mkdir()
        for name, data in named:
            (place / name).write_bytes(data)
        command = [
            sys.executable,
            "-m",
            "stillroom",
            "extract",
            str(place),
            "-t",
            options.template,
            "-m",
            str(options.model),
            "--json",
        ]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": str(temporary)}
        )
        watch = Watch(process.pid, found)
        watch.start()
        errors: list[bytes] = []
        listening = threading.Thread(target=lambda: errors.append(process.stderr.read()), daemon=True)  # type: ignore[union-attr]
        listening.start()
        rows: Counter[str] = Counter()
        before = 0.0  # the first row waits for the model
        assert process.stdout is not None
        for line in process.stdout:
            now = time.monotonic()
            name = _row(json.loads(line), rows, found)
            took = now - before if before else 0.0
            before = now
            found.slowest.append((took, name))
            if took > options.seconds + _SLACK_SECONDS:
                found.problems.append(f"{name}: took {took:.1f} s")
        status = process.wait()
        watch.ended.set()
        watch.join()
        listening.join()
        said = b"".join(errors).decode("utf-8", "replace")
        if status not in (0, 3) or "Traceback" in said:
            found.problems.append(f"batch from {named[0][0]}: exit status {status}: {said[-2000:]}")
        found.problems += [f"{name}: {rows[name]} rows" for name, _ in named if rows[name] != 1]
        found.problems += [f"left over: {each}" for each in temporary.iterdir()]
        if found.reader_bytes > options.memory << 20:
            found.problems.append(f"batch from {named[0][0]}: a reader grew to {found.reader_bytes >> 20} MiB")
            found.reader_bytes = 0
        if found.own_bytes > _OWN_BYTES:
            found.problems.append(f"batch from {named[0][0]}: the command grew to {found.own_bytes >> 20} MiB")
            found.own_bytes = 0
        wrong = {problem.split(":")[0] for problem in found.problems}
        for name, _ in named:
            if name in wrong:
                options.keep.mkdir(exist_ok=True)
                shutil.copy(place / name, options.keep / name)


def _row(row: dict[str, object], rows: Counter[str], found: Found) -> str:
    """Count a row, and look at its sentence."""
    name = Path(str(row["file"])).name
    if ATTACHED in name:
        return name
    rows[name] += 1
    found.statuses[str(row["status"])] += 1
    error = str(row.get("error") or "")
    if row["status"] == "failed":
        found.sentences[error[:110]] += 1
        if not (error and error[0].isupper() and error.endswith(".")) or "Traceback" in error or "mistake" in error:
            found.problems.append(f"{name}: no sentence: {error[:200]!r}")
    return name


def _look_at_database(home: Path, found: Found) -> None:
    for file in home.rglob("*.sqlite*"):
        if file.suffix == ".sqlite":
            with closing(sqlite3.connect(file)) as connection:
                (state,) = connection.execute("PRAGMA integrity_check").fetchone()
            if state != "ok":
                found.problems.append(f"{file.name}: {state}")
    left = [each for each in psutil.Process().children(recursive=True) if each.is_running()]
    found.problems += [f"process left: {each.name()}" for each in left]


if __name__ == "__main__":
    sys.exit(main())
