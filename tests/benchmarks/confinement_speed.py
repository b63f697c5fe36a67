"""What confinement costs: the same documents read, and extracted from, by confined children and by children that confine nothing.

    python tests/benchmarks/confinement_speed.py --model M.gguf [--rounds 3] [--template receipt] FILE_OR_FOLDER …

Document by document in turn, first one and then the other, in one run, so that another program on the machine hurts both. Prints the
wall time and the processor time of the children, and the share of the free one's in the confined one's: 1 is no loss.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

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
    times = psutil.Process(process).cpu_times()
    return times.user + times.system


class Clock:
    """Wall and processor seconds of each kind."""

    def __init__(self) -> None:
        self.wall, self.busy = dict.fromkeys(KINDS, 0.0), dict.fromkeys(KINDS, 0.0)

    def measure(self, kind: str, process: Callable[[], int], do: Callable[[], object]) -> None:
        before, started = busy(process()), time.monotonic()
        do()
        self.wall[kind] += time.monotonic() - started
        self.busy[kind] += busy(process()) - before

    def show(self, what: str) -> None:
        for name, spent in (("wall", self.wall), ("CPU", self.busy)):
            share = spent["free"] / spent["confined"] if spent["confined"] else 1.0
            print(
                f"{what}, {name}: confined {spent['confined']:.2f} s, free {spent['free']:.2f} s: {share:.3f}",
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
    started, reading, extracting = Clock(), Clock(), Clock()
    documents = []
    pools = {kind: ReaderPool(command("reader", kind), seconds=600) for kind in KINDS}
    engines = {kind: Engine(command("worker", kind), limits=Limits(silence=600)) for kind in KINDS}
    try:
        for kind, readers in pools.items():
            began = time.monotonic()
            readers.read(files[0])
            started.wall[kind] += time.monotonic() - began
            print(f"{kind}: {readers.layers.words if readers.layers else 'nothing'}")
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

                    reading.measure(kind, lambda readers=readers: readers.process_ids[0], read)
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
