"""How often the right value is among the candidates, by set and field: the bound of everything that is decided later.

    python tests/benchmarks/candidate_recall.py FOLDER [--set NAME…] [--keep FOLDER] [--missing N]

FOLDER holds a folder a set: ``labels*.jsonl``, the documents they name, and templates of its own (``*.toml``). A labelled field
that no own template has is taken from the built-in template that has most of the set's fields. No model is asked. Right is
what ``evaluation`` counts as right: the candidate's canonical value is the same as the label's. ``--keep`` keeps what was read,
so that a second run takes seconds; ``--missing`` prints as many labels of each field that no candidate has. Labels of pictures
(``labels-images``, ``labels-scans``) are left out: what recognition lost no proposer finds.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stillroom.documents.document import Document, from_json, to_json
from stillroom.documents.reader_pool import ReaderPool
from stillroom.errors import StillroomError
from stillroom.evaluation.labels import Label, LabelledDocument, load_labels
from stillroom.evaluation.matching import same_value
from stillroom.extraction.candidates.propose import propose, proposes
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.template import Field, FieldType, Template


@dataclass
class Count:
    """One field of a set."""

    wanted: int = 0
    held: int = 0
    documents: int = 0
    candidates: int = 0
    seconds: float = 0.0
    missing: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: Count) -> None:
        self.wanted += other.wanted
        self.held += other.held
        self.documents += other.documents
        self.candidates += other.candidates
        self.seconds += other.seconds


def fields_of(labelled: list[LabelledDocument], folder: Path) -> dict[str, Field]:
    """The fields that are labelled, as the set's own templates have them, else the built-in one that has most of them."""
    names = {name for document in labelled for name in document.fields}
    library = TemplateLibrary()
    own = [library.find(str(path)) for path in sorted(folder.glob("*.toml"))]

    def shared(template: Template) -> int:
        return sum(each.name in names for each in template.fields)

    built_in = sorted(library.templates(), key=shared, reverse=True)[:1]
    found: dict[str, Field] = {}
    for template in [*sorted(own, key=shared, reverse=True), *built_in]:
        for each in template.fields:
            if each.name in names:
                found.setdefault(each.name, each)
    return found


def wanted_values(each: Field, label: Label) -> Iterator[tuple[Field, FieldType, list[str]]]:
    """What is looked for, with the field and type whose candidates are to hold it."""
    if each.type is FieldType.TABLE:
        for column in each.columns:
            values = [row[column.name] for row in label or () if isinstance(row, dict) and row.get(column.name)]
            yield column, column.type, [value for value in values if value]
    else:
        kind = each.of if each.type is FieldType.LIST and each.of else each.type
        items = (label,) if isinstance(label, str) else label or ()
        yield each, kind, [item for item in items if isinstance(item, str)]


def read(readers: ReaderPool, path: Path, kept: Path | None) -> Document:
    cache = kept / (hashlib.sha256(str(path).encode()).hexdigest()[:24] + ".json") if kept else None
    if cache and cache.exists():
        return from_json(json.loads(cache.read_text(encoding="utf-8")))
    document = readers.read(path)
    if cache:
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text(json.dumps(to_json(document)), encoding="utf-8")
    return document


def measure(folder: Path, labels: Path, readers: ReaderPool, kept: Path | None) -> dict[str, Count]:
    labelled = load_labels(labels)
    fields = fields_of(labelled, folder)
    counts: dict[str, Count] = defaultdict(Count)
    for entry in labelled:
        try:
            document = read(readers, entry.path, kept)
        except StillroomError as error:
            print(f"{entry.file}: {error}", file=sys.stderr)
            continue
        for name, label in entry.fields.items():
            if name not in fields:
                continue
            for each, kind, values in wanted_values(fields[name], label):
                if not proposes(kind):
                    continue
                count = counts[f"{name}.{each.name}" if each.name != name else name]
                started = time.monotonic()
                candidates = {candidate.value for candidate in propose(each, document, kind=kind)}
                count.seconds += time.monotonic() - started
                count.documents += 1
                count.candidates += len(candidates)
                for value in values:
                    count.wanted += 1
                    held = any(same_value(kind, candidate, value) for candidate in candidates)
                    count.held += held
                    if not held:
                        count.missing.append((entry.file, value))
    return counts


def line(name: str, count: Count) -> str:
    share = f"{100 * count.held / count.wanted:6.1f}" if count.wanted else "     –"
    each = max(1, count.documents)
    return f"{name:34} {count.wanted:6} {share} {count.candidates / each:10.1f} {1000 * count.seconds / each:8.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--missing", type=int, default=0)
    arguments = parser.parse_args()
    print(f"{'set, field':34} {'labels':>6} {'held %':>6} {'candidates':>10} {'ms':>8}")
    total = Count()
    with ReaderPool() as readers:
        for labels in sorted(arguments.folder.glob("*/labels*.jsonl")):
            name = labels.parent.name
            if labels.stem in ("labels-images", "labels-scans") or (arguments.set and name not in arguments.set):
                continue
            counts = measure(labels.parent, labels, readers, arguments.keep)
            whole = Count()
            for each, count in counts.items():
                whole.add(count)
                print(line(f"  {each}", count))
                for file, value in count.missing[: arguments.missing]:
                    print(f"      {file}: {value}")
            if whole.documents:
                print(line(name + labels.stem.removeprefix("labels"), whole), flush=True)
                total.add(whole)
    print(line("all", total))


if __name__ == "__main__":
    main()
