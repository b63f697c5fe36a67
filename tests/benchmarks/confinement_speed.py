"""What confinement costs: the same documents read, and extracted from, by confined children and by children that confine nothing.

    python tests/benchmarks/confinement_speed.py --model M.gguf [--rounds 3] [--template receipt] FILE_OR_FOLDER …

Document by document in turn, first one and then the other, in one run, so that another program on the machine hurts both. Prints the
wall time and the processor time of the children, and the share of the free one's in the confined one's: 1 is no loss. Of both also the
sum over the documents of the quickest round of each, which is what other programs on the machine disturb least.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from stillroom.child import child_command
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.engine import Engine, Limits
from stillroom.errors import StillroomError
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.files import expand
from stillroom.templates.library import TemplateLibrary

_FREE = """
import sys
from stillroom.child import Layers
from {module} import {name} as child
child.confine = lambda *_, **__: Layers()
child.shut_off_network = lambda: None
sys.exit(child.main())
"""
KINDS = ("confined", "free")


def command(role: str, kind: str) -> list[str]:
    if kind == "confined":
        return child_command(role)
    children = {"reader": ("stillroom.documents", "reader_process"), "worker": ("stillroom.worker", "process")}
    module, name = children[role]
    return [sys.executable, "-c", _FREE.format(module=module, name=name)]


def busy(process: int) -> float:
    """Seconds that a process has computed. The kernel counts them in nanoseconds; what psutil tells comes in hundredths of a second."""
    tasks = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(task.read_text(encoding="ascii").split()[0]) for task in tasks) / 1e9


class Clock:
    """Wall and processor seconds of each kind, by document."""

    def __init__(self) -> None:
        self._spent: dict[tuple[str, str], dict[object, list[float]]] = {}

    def measure(self, kind: str, document: object, process: Callable[[], int], do: Callable[[], object]) -> None:
        before, started = busy(process()), time.monotonic()
        do()
        wall = time.monotonic() - started
        for what, seconds in (("wall", wall), ("CPU", busy(process()) - before)):
            self._spent.setdefault((what, kind), {}).setdefault(document, []).append(seconds)

    def show(self, what: str) -> None:
        for name in ("wall", "CPU"):
            for words, fold in (("", sum), (", quickest rounds", min)):
                confined, free = (sum(map(fold, self._spent[name, kind].values())) for kind in KINDS)
                print(
                    f"{what}, {name}{words}: confined {confined:.2f} s, free {free:.2f} s: {free / confined:.3f}",
                    flush=True,
                )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--template", default="receipt")
    options = parser.parse_args()
    files, template = expand(options.paths), TemplateLibrary().find(options.template)
    reading, extracting = Clock(), Clock()
    documents = []
    pools = {kind: ReaderPool(command("reader", kind), seconds=600) for kind in KINDS}
    engines = {kind: Engine(command("worker", kind), limits=Limits(silence=600)) for kind in KINDS}
    try:
        for kind, readers in pools.items():
            began = time.monotonic()
            readers.read(files[0])
            seconds = time.monotonic() - began
            print(f"{kind}: started in {seconds:.2f} s; {readers.layers.words if readers.layers else 'nothing'}")
        for number in range(options.rounds):
            for place, file in enumerate(files):
                order = KINDS if (place + number) % 2 else KINDS[::-1]
                for kind in order:
                    readers = pools[kind]

                    def read(readers: ReaderPool = readers, file: Path = file, kind: str = kind) -> None:
                        try:
                            document = readers.read(file)
                        except StillroomError:
                            return
                        if kind == "confined" and len(documents) < len(files):
                            documents.append(document)

                    reading.measure(kind, file, lambda readers=readers: readers.process_ids[0], read)
        reading.show(f"{options.rounds} × {len(files)} files read")
        extractors = {}
        for kind, engine in engines.items():
            engine.load(options.model)
            extractors[kind] = Extractor(engine)
        for place, document in enumerate(documents):
            order = KINDS if place % 2 else KINDS[::-1]
            for kind in order:
                extractor, engine = extractors[kind], engines[kind]
                extracting.measure(
                    kind,
                    place,
                    lambda engine=engine: engine.status().worker_pid or 0,
                    lambda extractor=extractor, document=document: extractor.extract(
                        document, template, file=document.name
                    ),
                )
        extracting.show(f"{len(documents)} documents extracted (worker)")
    finally:
        for each in (*pools.values(), *engines.values()):
            each.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
