"""Processor seconds of what learning does while a person waits: the end of a run, and an approval.

    learning_speed.py LABELS.jsonl=TEMPLATE … [--rows 100] [--approved 5] [--told FILE] [--read]

The documents of each set are read and extracted once (no model is asked), again and again until there are so many rows. Then are timed:
what the rows have in common (``run_evidence``) and all of them decided by it; and for each approval what is kept of the document (of what
was seen of its row, as in the window; ``--read``: of the document as it is read again), the fit, and all rows decided again. ``--told``
writes every value that was decided, to be compared with another version's.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.extraction.scripted_engine import ScriptedEngine

from stillroom.documents.document import Document
from stillroom.documents.reader_pool import ReaderPool
from stillroom.errors import DocumentError
from stillroom.evaluation.labels import load_labels
from stillroom.extraction.deciding import decide
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.kept_seen import Unpacker
from stillroom.learning.memory import LearnedTemplate, TemplateMemory
from stillroom.learning.run_evidence import RunEvidence, evidence_of
from stillroom.templates.library import TemplateLibrary
from stillroom.workspace.learning import truth_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", metavar="LABELS=TEMPLATE")
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--approved", type=int, default=5)
    parser.add_argument("--told", type=Path)
    parser.add_argument("--read", action="store_true")
    arguments = parser.parse_args()
    told = {each: measured(each, arguments.rows, arguments.approved, read=arguments.read) for each in arguments.sets}
    if arguments.told is not None:
        arguments.told.write_text(json.dumps(told), "utf-8")


def measured(named: str, rows: int, approved: int, *, read: bool) -> list[Any]:
    """Prints a line; what was decided each time."""
    path, _, of = named.partition("=")
    template = TemplateLibrary().find(of)
    labels = load_labels(Path(path))
    documents: dict[str, Document] = {}
    with ReaderPool() as readers:
        for each in labels:
            try:
                documents[each.file] = readers.read(each.path)
            except DocumentError as error:
                print(each.file, error, file=sys.stderr)
    extractor = Extractor(ScriptedEngine())
    kept: list[bytes] = []
    for number, document in zip(range(rows), itertools.cycle(documents.values()), strict=False):
        other = hashlib.sha256(f"{document.sha256}{number}".encode()).hexdigest()
        kept.append(extractor.extract_and_keep(replace(document, sha256=other), template, file=document.name)[1])
    unpacker = Unpacker(template, hold=True)
    clock = time.process_time
    told: list[Any] = []
    times = [clock()]
    evidence = evidence_of(kept, template, None, None, unpacker)
    times.append(clock())

    def decided(learned: LearnedTemplate | None, evidence: RunEvidence | None) -> list[str]:
        seen = [unpacker.unpack(content) for content in kept if content]
        return [repr(decide(each, template, learned, None, evidence)) for each in seen if each is not None]

    told.append(decided(None, evidence))
    times.append(clock())
    print(f"{path} by {template.name}, {len(kept)} rows: together {times[1] - times[0]:.2f} s", end="")
    print(f" + {times[2] - times[1]:.2f} s; approvals (kept, fitted, together, decided again):", end="")
    with tempfile.TemporaryDirectory() as folder:
        memory = TemplateMemory(template, Path(folder))
        of_labels = [each for each in labels if each.file in documents]
        for content, each in zip(kept, of_labels[:approved], strict=False):
            times = [clock()]
            seen = unpacker.unpack(content) if content and not read else None
            if seen is None or not memory.take_seen(seen, truth_of(each)):
                memory.take(documents[each.file], truth_of(each))
            times.append(clock())
            learned = memory.learned()
            times.append(clock())
            evidence = evidence_of(kept, template, learned, None, unpacker)
            times.append(clock())
            told.append(decided(learned if learned.fields or learned.choices else None, evidence))
            times.append(clock())
            print("  " + " + ".join(f"{later - before:.2f}" for before, later in itertools.pairwise(times)), end="")
    print()
    return told


if __name__ == "__main__":
    main()
