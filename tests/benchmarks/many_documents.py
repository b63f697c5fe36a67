"""Many made documents through one worker: does its memory stay flat?

    python tests/benchmarks/many_documents.py --model M.gguf [--documents 1000] [--settled 100]

Prints the worker's resident memory while it works, and its growth after the first ``--settled`` documents: of the mean of the
last tenth over what it was then. The same of this process. The model is asked about every field of every document.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import psutil
from made_documents import always_asked, receipt

from stillroom.engine.engine import Engine, Limits
from stillroom.extraction.extractor import Extractor
from stillroom.templates.library import TemplateLibrary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--settled", type=int, default=100)
    parser.add_argument("--lines", type=int, default=8, help="of goods on each receipt")
    arguments = parser.parse_args()
    template = always_asked(TemplateLibrary().find("receipt"))
    settled = min(arguments.settled, max(1, arguments.documents // 2))
    sizes: list[int] = []
    own: list[int] = []
    with Engine(limits=Limits(silence=300)) as engine:  # a machine may be very busy
        engine.load(arguments.model)
        extractor = Extractor(engine)
        worker = psutil.Process(engine.status().worker_pid)
        started = time.monotonic()
        for number in range(arguments.documents):
            document, _ = receipt(number, arguments.lines)
            extractor.extract(document, template, file=document.name)
            sizes.append(worker.memory_info().rss)
            own.append(psutil.Process().memory_info().rss)
            if (number + 1) % max(1, arguments.documents // 20) == 0:
                status = engine.status().worker
                print(
                    f"{number + 1:6} documents, {time.monotonic() - started:6.0f} s, worker {sizes[-1] / 2**20:8.1f} MiB, "
                    f"cells {status.context_used} of {status.context_tokens}",
                    flush=True,
                )
        if engine.status().restarts:
            raise SystemExit(f"the worker was started again {engine.status().restarts} times: its memory says nothing")
        minutes = (time.monotonic() - started) / 60
    print(f"{arguments.documents / minutes:.1f} documents a minute")
    for name, seen in (("worker", sizes), ("this process", own)):
        at_first = seen[settled - 1]
        at_last = statistics.fmean(seen[-max(1, len(seen) // 10) :])
        print(
            f"{name}: {at_first / 2**20:.1f} MiB after {settled}, {at_last / 2**20:.1f} at the end, most {max(seen) / 2**20:.1f}: "
            f"growth {at_last / at_first - 1:+.2%}"
        )


if __name__ == "__main__":
    main()
