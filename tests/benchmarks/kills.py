"""kill -9 of application, worker and reader in real batches, stopped children, a full disk, two at once: is any row lost or doubled?

    python tests/benchmarks/kills.py --model M.gguf [--only application worker reader stopped disk two] [--times 200] [--seed 1]

After each kind the batch is gone on with to its end, and it is looked whether every file has one row, a row that was on disk was not made
again, the database is whole, no process is left and no temporary file. The exit status is 1 where something was found. ``disk`` wants
to mount a small file system (root); without the right to it is left out, and said.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil

KINDS = ("application", "worker", "reader", "stopped", "disk", "two")
# A field that the model is asked about: what the page alone decides is done before a kill could meet it.
TEMPLATE = """
name = "t"
[[fields]]
name = "sum"
type = "money"
[[fields]]
name = "gist"
type = "summary"
max_words = 4
"""
PAGE_ONLY = TEMPLATE.split('[[fields]]\nname = "gist"', maxsplit=1)[0]

_TRIES = 3  # of a document whose worker died

Rows = dict[tuple[int, int], tuple[str, str]]


class Bench:
    """A home of its own, a folder of files, and a batch over them that is begun, hurt and gone on with."""

    def __init__(self, options: argparse.Namespace, folder: Path, home: Path | None = None) -> None:
        self.model, self.chance = options.model, random.Random(options.seed)
        self.home, self.input, self.temporary = home or folder / "home", folder / "in", folder / "tmp"
        for each in (self.home / "config", self.input, self.temporary):
            each.mkdir(parents=True, exist_ok=True)
        (self.home / "config" / "settings.toml").write_text("[documents]\nseconds = 8\n", encoding="utf-8")
        self.template = folder / "t.toml"
        self.problems: list[str] = []
        self.names: list[str] = []

    def files(self, count: int, *, asked: bool) -> None:
        self.template.write_text(TEMPLATE if asked else PAGE_ONLY, encoding="utf-8")
        for number in range(count):
            text = f"CORNER SHOP {number}\n{number + 1} High Street\nDate: {number % 28 + 1:02}/03/2024\nTotal: {number}.50\n"
            (self.input / f"{number:05}.txt").write_text(text, "utf-8")
        self.names = [f"{number:05}.txt" for number in range(count)]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "STILLROOM_HOME": str(self.home), "TMPDIR": str(self.temporary)}

    def start(self, *more: str) -> subprocess.Popen[bytes]:
        command = [
            sys.executable,
            "-m",
            "stillroom",
            "extract",
            "--alone",  # so that a row that is on disk stays as it is
            str(self.input),
            "-t",
            str(self.template),
            "-m",
            str(self.model),
        ]
        return subprocess.Popen(
            [*command, *more], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=self.environment
        )

    def rows(self) -> Rows:
        """What is on disk: when a row was saved and what it holds, by run and position."""
        file = self.home / "data" / "stillroom.sqlite"
        if not file.exists():
            return {}
        with closing(sqlite3.connect(file, timeout=30)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'results'").fetchone():
                return {}
            return {
                (run, place): (saved, row) for run, place, saved, row in connection.execute("SELECT * FROM results")
            }

    def child(self, process: subprocess.Popen[bytes], role: str) -> psutil.Process | None:
        with contextlib.suppress(psutil.Error):
            for each in psutil.Process(process.pid).children():
                if each.cmdline()[-1:] == [role]:
                    return each
        return None

    def begun(self) -> int:
        """How many batches there are."""
        file = self.home / "data" / "stillroom.sqlite"
        if not file.exists():
            return 0
        with closing(sqlite3.connect(file, timeout=30)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'runs'").fetchone():
                return 0
            return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])

    def ended(self, process: subprocess.Popen[bytes], seconds: float = 900) -> str:
        """What it said at its end."""
        try:
            _, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            _, said = process.communicate()
            self.problems.append("it did not end")
        text = said.decode("utf-8", "replace")
        if "Traceback" in text:
            self.problems.append(f"a traceback: {text[-1500:]}")
        return text

    def look(self, what: str, *, runs: int = 1, may_fail: bool = False) -> None:
        """Whether everything is there once, and nothing else. A start comes first: it clears away what a killed one was writing."""
        command = [sys.executable, "-m", "stillroom", "erase"]  # without --yes it only counts
        subprocess.run(command, env=self.environment, capture_output=True, check=False)
        rows = self.rows()
        wanted = sorted((run, place) for run in range(1, runs + 1) for place in range(len(self.names)))
        if sorted(rows) != wanted:
            self.problems.append(f"{what}: {len(rows)} rows, {len(wanted)} are due")
        failed = [json.loads(row)["error"] for _, row in rows.values() if json.loads(row)["status"] == "failed"]
        if failed and not may_fail:
            self.problems.append(f"{what}: {len(failed)} rows failed: {failed[0]}")
        if not all(error[:1].isupper() and error.endswith(".") for error in failed):
            self.problems.append(f"{what}: a row without a sentence")
        with closing(sqlite3.connect(self.home / "data" / "stillroom.sqlite")) as connection:
            (state,) = connection.execute("PRAGMA integrity_check").fetchone()
        if state != "ok":
            self.problems.append(f"{what}: the database: {state}")
        time.sleep(1)
        left = [each for each in psutil.process_iter(["pid"]) if self._ours(each)]
        if left:
            self.problems.append(f"{what}: processes left: {[each.cmdline() for each in left]}")
        files = [*self.temporary.iterdir(), *self.home.rglob("*.tmp")]
        if files:
            self.problems.append(f"{what}: files left: {[each.name for each in files]}")
        print(
            f"{what}: {len(rows)} rows, {len(failed)} failed with a sentence, integrity_check {state}, problems: {self.problems}",
            flush=True,
        )

    def _ours(self, process: psutil.Process) -> bool:
        try:
            return process.pid != os.getpid() and process.environ().get("STILLROOM_HOME") == str(self.home)
        except psutil.Error:
            return False


def application(bench: Bench, times: int) -> None:
    """The command alone is killed, at random moments; its children have to notice by themselves."""
    bench.files(times * 8, asked=False)
    before: Rows = {}
    done = 0
    for number in range(times):
        process = bench.start("--resume")
        deadline = time.monotonic() + bench.chance.choice((0.5, 60, 60, 60))
        while len(bench.rows()) == len(before) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(bench.chance.uniform(0, 0.15))
        process.kill()
        bench.ended(process)
        done += 1
        after = bench.rows()
        if not before.items() <= after.items():
            bench.problems.append(f"kill {number}: a row that was on disk is gone or was made again")
        if sum(before[key] == after.get(key) for key in before) == len(bench.names):
            print(f"application: the batch was done after {done} kills", flush=True)
            break
        before = after
    else:  # a batch that is done would begin anew
        bench.ended(bench.start("--resume"))
    bench.look(f"application, killed {done} times")


def _hurt(
    bench: Bench, role: str, times: int, seconds: tuple[float, float], hurt: Callable[[psutil.Process], None]
) -> int:
    """Hurt a child again and again while batches go on; a finished batch begins anew. Returns how many batches began."""
    done = 0
    while done < times:
        begun = bench.begun()
        process = bench.start()
        while process.poll() is None and done < times:
            child = bench.child(process, role)
            time.sleep(bench.chance.uniform(*seconds))
            if child is not None and child.is_running() and process.poll() is None:
                with contextlib.suppress(psutil.Error):
                    hurt(child)
                    done += 1
        said = bench.ended(process).strip()
        if bench.begun() == begun and not said.endswith("."):  # its model was not to be loaded: it was hurt there
            bench.problems.append(f"a batch that did not begin said no sentence: {said[-300:]}")
    return bench.begun()


def _values(row: str) -> dict[str, object]:
    """What a row says of its document, whatever time it took."""
    data = json.loads(row)
    return {name: (field["state"], field["value"]) for name, field in data["fields"].items()}


def worker(bench: Bench, times: int) -> None:
    """Most kills come in the middle of a row, some while a worker starts or loads. A row has three tries, so that what is killed less
    often has to come out as in a batch that nobody hurt."""
    bench.files(40, asked=True)
    bench.ended(bench.start())
    right = [_values(row) for _, (_, row) in sorted(bench.rows().items())]
    kills: Counter[tuple[int, int]] = Counter()  # by run and position of the row that was being made
    early = done = 0
    while done < times:
        begun, process, seen = bench.begun(), bench.start(), 0
        while process.poll() is None and done < times:
            child = bench.child(process, "worker")
            if child is None or child.pid == seen:  # none, or killed already and not gone yet
                time.sleep(0.01)
                continue
            seen, before = child.pid, len(bench.rows())
            anywhen = bench.chance.random() < 0.15
            while not anywhen and len(bench.rows()) == before and process.poll() is None and child.is_running():
                time.sleep(0.02)
            time.sleep(bench.chance.uniform(0, 2.5 if anywhen else 0.8))
            rows = len(bench.rows())
            with contextlib.suppress(psutil.Error):
                if process.poll() is None and child.is_running():
                    child.kill()
                    done += 1
                    early += rows == before
                    kills[divmod(rows, len(bench.names))] += 1
        said = bench.ended(process).strip()
        if bench.begun() == begun and not said.endswith("."):  # its model was not to be loaded: it was hurt there
            bench.problems.append(f"a batch that did not begin said no sentence: {said[-300:]}")
    again = 0
    for (run, place), (_, row) in bench.rows().items():
        tries = kills[run - 1, place]
        if json.loads(row)["status"] == "failed":
            if tries < _TRIES:
                bench.problems.append(f"row {place} of {run} failed after {tries} kills: {json.loads(row)['error']}")
        elif _values(row) != right[place]:
            bench.problems.append(f"row {place} of {run}: {_values(row)} after {tries} kills, not {right[place]}")
        else:
            again += bool(tries)
    runs = bench.begun()
    print(
        f"worker: {early} kills before its first row, {done - early} in its work; {again} rows killed, tried again, right"
    )
    bench.look(f"worker, killed {times} times in {runs} batches", runs=runs, may_fail=True)


def reader(bench: Bench, times: int) -> None:
    bench.files(400, asked=False)
    runs = _hurt(bench, "reader", times, (0.0, 0.5), psutil.Process.kill)
    bench.look(f"reader, killed {times} times in {runs} batches", runs=runs, may_fail=True)


def stopped(bench: Bench, times: int) -> None:
    """A child that is there and does nothing: its owner has to find out."""
    bench.files(12, asked=True)
    for role, count in (("reader", min(times, 3)), ("worker", 1)):
        halted: list[int] = []

        def halt(child: psutil.Process, halted: list[int] = halted) -> None:
            child.send_signal(signal.SIGSTOP)
            halted.append(child.pid)
            with contextlib.suppress(psutil.TimeoutExpired):
                child.wait(150)

        started = time.monotonic()
        runs = _hurt(bench, role, count, (0.2, 1.5), halt)
        print(f"stopped {role} {count} times: {time.monotonic() - started:.0f} s in {runs} batches", flush=True)
        for pid in halted:
            if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                bench.problems.append(f"a stopped {role} is still there")
    runs = max(run for run, _ in bench.rows())
    bench.look("stopped", runs=runs, may_fail=True)


@contextlib.contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path | None]:
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=False, capture_output=True
    ).returncode:
        yield None
        return
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def disk(bench: Bench, times: int) -> None:
    """The disk fills up at random moments of a batch, and there is room again for the next one."""
    bench.files(min(times, 40) * 8, asked=False)
    before: Rows = {}
    sentences = 0
    for number in range(min(times, 40)):
        process = bench.start("--resume", "--out", str(bench.home / "out.csv"))
        have = len(before)
        deadline = time.monotonic() + 60
        while len(bench.rows()) == have and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(bench.chance.uniform(0, 0.3))
        filler = bench.home / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"x" * size)
        said = bench.ended(process)
        sentences += "disk is full" in said
        filler.unlink(missing_ok=True)
        after = bench.rows()
        if not before.items() <= after.items():
            bench.problems.append(f"full disk {number}: a row that was on disk is gone or was made again")
        if len(after) == len(bench.names):
            break
        before = after
    else:  # a batch that is done would begin anew
        bench.ended(bench.start("--resume", "--out", str(bench.home / "out.csv")))
    print(f"disk: it said that the disk is full in {sentences} of {number + 1} batches", flush=True)
    bench.look(f"disk full {number + 1} times")


def two(bench: Bench, times: int) -> None:
    """Two commands at once: of the same run one has to wait; of two runs both are done."""
    bench.files(min(times, 60), asked=False)
    first, second = bench.start(), bench.start()
    bench.ended(first)
    bench.ended(second)
    bench.look("two batches at once", runs=2)
    third = bench.start()
    while len(bench.rows()) < 2 * len(bench.names) + 3 and third.poll() is None:
        time.sleep(0.02)
    third.kill()
    bench.ended(third)
    one, other = bench.start("--resume"), bench.start("--resume")
    said = bench.ended(one) + bench.ended(other)
    print(f"two on one run: one was told to wait: {'is working on this table' in said}", flush=True)
    bench.ended(bench.start("--resume"))
    runs = max(run for run, _ in bench.rows())
    bench.look("two on one run", runs=runs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    doing: dict[str, Callable[[Bench, int], None]] = {
        "application": application, "worker": worker, "reader": reader, "stopped": stopped, "disk": disk, "two": two,
    }  # fmt: skip
    found: list[str] = []
    for kind in options.only:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="stillroom-kills-") as folder, contextlib.ExitStack() as stack:
            home = None
            if kind == "disk":
                home = stack.enter_context(small_disk(Path(folder) / "home", "6m"))
                if home is None:
                    print("disk: no file system could be mounted here, so a full disk was not tried", flush=True)
                    continue
            bench = Bench(options, Path(folder), home)
            doing[kind](bench, options.times)
            found += bench.problems
        print(f"{kind}: {time.monotonic() - started:.0f} s", flush=True)
    print(f"{len(found)} problems", *found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
