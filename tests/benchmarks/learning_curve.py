"""What templates learn from corrected documents: right values over the number of documents that were corrected, on all others.

    learning_curve.py LABELS.jsonl=TEMPLATE … [--orders 5] [--counts 0,3,5,10,20] [--limit N] [--kept FOLDER] [--leave-out FITS]
        [--together]
    learning_curve.py LABELS.jsonl=TEMPLATE=CHOICE … [--counts 2,5,10] [--model M]

Labels stand in for the person. The page alone decides, as it does with the starter for values that stand in the document; choices and
tables are left out. ``--kept`` keeps what was read of each file for the next time (in a folder of one's own: it is loaded with pickle).
With ``--leave-out`` each set is begun with weights that were fitted on the other sets alone, so that it is a kind of form
which nobody knew: FITS is the folder in which ``fit_ranking.py fit ROWS --cache FITS`` keeps them. With ``--together`` the documents that
were not corrected are those of a table, and are decided by what they have in common as well, as in the window.
With the name of a choice, documents are counted by option: right options with so many labels of each, where there are as many, every
document left out in turn; and with all. ``--model`` adds its embeddings. Beside it stands how far the confidence of all is from the
truth in ten bins, and how far it would be by chance alone were it right: of forty documents that is 0.15.

Prints a line a set: mean of the fields' scores over the orders (and the worst order), and how often ten corrections
made it worse by more than 0.02."""

from __future__ import annotations

import argparse
import functools
import pickle
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from unittest.mock import patch

from fit_ranking import RENAMED, SETS

from stillroom.documents.document import Document
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.engine import Engine
from stillroom.errors import StillroomError
from stillroom.evaluation.grounding import DocumentText
from stillroom.evaluation.judging import DocumentJudgement, judge
from stillroom.evaluation.labels import LabelledDocument, load_labels
from stillroom.evaluation.metrics import metrics
from stillroom.extraction import choosing, ranking
from stillroom.extraction.candidates.propose import proposes
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.deciding import Seen, decide
from stillroom.extraction.kept_seen import Unpacker, pack
from stillroom.extraction.layout import Layout
from stillroom.extraction.result import Coverage, DocumentResult, DocumentStatus
from stillroom.extraction.subject import Embedder
from stillroom.extraction.told import Told
from stillroom.learning import classifier
from stillroom.learning.confidence import confidence
from stillroom.learning.memory import LearnedTemplate, TemplateMemory
from stillroom.learning.run_evidence import RunEvidence, likely_values, run_evidence
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.template import Field, FieldType, Template


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", metavar="LABELS=TEMPLATE")
    parser.add_argument("--orders", type=int, default=5)
    parser.add_argument("--counts", default="0,3,5,10,20")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--leave-out", type=Path, metavar="FITS")
    parser.add_argument("--together", action="store_true")
    parser.add_argument("--model", type=Path)
    options = parser.parse_args()
    counts = [int(count) for count in options.counts.split(",")]
    worse = tried = 0
    for named in options.sets:
        labels, _, template = named.partition("=")
        template, _, choice = template.partition("=")
        if choice:
            _choice_curve(Path(labels), TemplateLibrary().find(template), choice, counts, options)
            continue
        with _without(Path(labels).parent.name, options.leave_out):
            curve, dropped = _curve(Path(labels), TemplateLibrary().find(template), counts, options)
        tried += options.orders
        worse += dropped
        shown = "  ".join(
            f"{count}: {fmean(scores):.3f} ({min(scores):.3f})" for count, scores in curve.items() if scores
        )
        print(f"{Path(labels).parent.name:14} {shown}", flush=True)
    print(f"worse by more than 0.02 after ten: {worse} of {tried}")


def _curve(
    path: Path, template: Template, counts: list[int], options: argparse.Namespace
) -> tuple[dict[int, list[float]], int]:
    template = Template(
        template.name, template.version, template.title, template.description,
        tuple(field for field in template.fields if proposes(_kind(field))), sha256=template.sha256,
    )  # fmt: skip
    renamed = RENAMED.get(path.parent.name, {})
    labels = [
        replace(each, fields={renamed.get(name, name): value for name, value in each.fields.items()})
        for each in load_labels(path)[: options.limit]
    ]
    curve: dict[int, list[float]] = {count: [] for count in counts}
    with tempfile.TemporaryDirectory() as folder, ReaderPool() as readers:
        memory = TemplateMemory(template, Path(folder))
        read = functools.partial(_read, readers=readers, kept=options.kept)
        known = [each for each in (_Known.read(labelled, template, memory, read) for labelled in labels) if each]
        for order in range(options.orders):
            shuffled = random.Random(order).sample(known, len(known))
            for count in counts:
                if count >= len(shuffled):
                    continue
                learned = memory.taught([each.rows for each in shuffled[:count]]) if count else None
                evidence = _evidence(shuffled[count:], template, learned) if options.together else None
                judged = [each.judged(template, learned, evidence) for each in shuffled[count:]]
                curve[count].append(metrics(judged, [field.name for field in template.fields]).score)
    dropped = sum(later < first - 0.02 for first, later in zip(curve.get(0, []), curve.get(10, []), strict=False))
    return curve, dropped


def _without(name: str, fits: Path | None) -> AbstractContextManager[object]:
    """The weights of all sets but this one, in the place of those that ship; those where no fits are given."""
    if fits is None:
        return nullcontext()
    group = next(kind for own, _, _, kind in SETS if own == name)
    files = {"weights": "whole", "by_label": "by label", "by_place": "by place"}
    tables = {part: pickle.loads((fits / f"{group} {file}.pickle").read_bytes()) for part, file in files.items()}
    return patch.object(ranking, "_fitted", lambda part="weights": tables[part])


class _Known:
    """A document, read once."""

    def __init__(self, labelled: LabelledDocument, document: Document, seen: Seen, memory: TemplateMemory) -> None:
        self._labelled, self._text = labelled, DocumentText(document)
        self.document, self.seen = document, seen
        self.rows = memory.rows(document.sha256)

    @classmethod
    def read(
        cls, labelled: LabelledDocument, template: Template, memory: TemplateMemory, read: Callable[[Path], Document]
    ) -> _Known | None:
        try:
            document = read(labelled.path)
        except StillroomError as error:
            print(f"{labelled.file}: {error.message}")
            return None
        memory.take(document, labelled.fields)
        meaning = Meaning(template)
        layout, told = Layout(document, meaning), Told(document, meaning)
        asked = [
            choosing.prepare(field, document, (), template=template, layout=layout, told=told)
            for field in template.fields
        ]
        # What is kept of a document is decided again in a tenth of the time.
        fields = choosing.choose_all(asked, document, complete=True)
        seen = Seen(document, asked, {}, {}, complete=True, page_only=True)
        kept = Unpacker(template, hold=True).unpack(pack(seen, fields))
        assert kept is not None
        return cls(labelled, document, kept, memory)

    def judged(
        self, template: Template, learned: LearnedTemplate | None, evidence: RunEvidence | None = None
    ) -> DocumentJudgement:
        fields, _ = decide(self.seen, template, learned, evidence=evidence)
        characters = self.document.characters
        result = DocumentResult(
            self._labelled.file, DocumentStatus.DONE, Coverage(1, 1, characters, characters), dict(fields), template.name,
            template.version, sha256=self.document.sha256,
        )  # fmt: skip
        return judge(self._labelled, result, self._text, template)


def _evidence(documents: Sequence[_Known], template: Template, learned: LearnedTemplate | None) -> RunEvidence | None:
    return run_evidence((each.seen, likely_values(decide(each.seen, template, learned)[0])) for each in documents)


def _read(path: Path, *, readers: ReaderPool, kept: Path | None) -> Document:
    if kept is None:
        return readers.read(path)
    file = kept / f"{path.parent.parent.name}-{path.name}.pickle"
    if not file.exists():
        kept.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(readers.read(path)))
    document: Document = pickle.loads(file.read_bytes())
    return document


def _choice_curve(path: Path, template: Template, name: str, counts: list[int], options: argparse.Namespace) -> None:
    field = template.field(name)
    template = Template(template.name, 1, template.title, template.description, (field,))
    labels = [each for each in load_labels(path) if each.fields.get(name)][: options.limit]
    with tempfile.TemporaryDirectory() as folder, ReaderPool() as readers, Engine() as engine:
        if options.model:
            engine.load(options.model)

        embed = Embedder(engine) if options.model else None
        memory = TemplateMemory(template, Path(folder))
        rows = []
        for labelled in labels:
            document = _read(labelled.path, readers=readers, kept=options.kept)
            memory.take(document, {name: str(labelled.fields[name])}, embed)
            if row := memory.rows(document.sha256).choices.get(name):
                rows.append(row)
    fewest, most = min(labelled := Counter(row.right for row in rows).values()), max(labelled)
    print(
        f"{path.parent.name} {name}, {len(rows)} documents, {len(field.options)} options, {fewest} to {most} labels an option\n"
        f"  none: {fmean(int(row.strengths.argmax()) == row.right for row in rows):.3f}",
        flush=True,
    )
    for count in [*(count for count in counts if count), len(rows)]:
        scores = []
        told: list[tuple[float, bool]] = []
        for order in range(options.orders if count < len(rows) else 1):
            right = 0
            for row in rows:
                others = random.Random(order).sample([each for each in rows if each is not row], len(rows) - 1)
                taught = [
                    each for place, each in enumerate(others)
                    if sum(one.right == each.right for one in others[:place]) < count
                ]  # fmt: skip
                learned = classifier.learn(taught)
                shares = row.strengths
                if learned is not None:
                    shares = learned.shares(row.strengths, row.parts, row.embedding, row.among)
                found = int(shares.argmax()) == row.right
                right += found
                share = float(shares.max() if learned is not None else ranking.softmax(shares).max())
                told.append((confidence(learned.slope, learned.shift, share) if learned is not None else share, found))
            scores.append(right / len(rows))
        # Each as it comes: a classifier is fitted for every document and order, which takes minutes on a busy machine.
        chance = random.Random(0)
        by_chance = fmean(_error([(share, chance.random() < share) for share, _ in told]) for _ in range(200))
        print(
            f"  {'all' if count == len(rows) else count}: {fmean(scores):.3f} ({min(scores):.3f}), "
            f"confidence off by {_error(told):.3f} (by chance {by_chance:.3f})",
            flush=True,
        )


def _error(told: list[tuple[float, bool]]) -> float:
    """The mean distance of confidence and truth in ten bins."""
    off = [0.0] * 10
    for share, right in told:
        off[min(9, int(share * 10))] += share - right
    return sum(map(abs, off)) / len(told)


def _kind(field: Field) -> FieldType:
    return field.of if field.type is FieldType.LIST and field.of else field.type


if __name__ == "__main__":
    main()
