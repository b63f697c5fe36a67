"""What templates learn from corrected documents: right values over the number of documents that were corrected, on all others.

    learning_curve.py LABELS.jsonl=TEMPLATE … [--orders 5] [--counts 0,3,5,10,20] [--limit N]

Labels stand in for the person. The page alone decides, as it does with the starter for values that stand in the document; choices and
tables are left out. Prints a line a set: mean of the fields' scores over the orders (and the worst order), and how often ten corrections
made it worse by more than 0.02."""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path
from statistics import fmean

from stillroom.documents.document import Document
from stillroom.documents.readers import Readers
from stillroom.errors import StillroomError
from stillroom.evaluation.grounding import DocumentText
from stillroom.evaluation.judging import DocumentJudgement, judge
from stillroom.evaluation.labels import LabelledDocument, load_labels
from stillroom.evaluation.metrics import metrics
from stillroom.extraction import choosing
from stillroom.extraction.candidates.propose import proposes
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.layout import Layout
from stillroom.extraction.result import Coverage, DocumentResult, DocumentStatus
from stillroom.learning.memory import LearnedTemplate, TemplateMemory
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.template import Field, FieldType, Template


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", metavar="LABELS=TEMPLATE")
    parser.add_argument("--orders", type=int, default=5)
    parser.add_argument("--counts", default="0,3,5,10,20")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    counts = [int(count) for count in options.counts.split(",")]
    worse = tried = 0
    for named in options.sets:
        labels, _, template = named.partition("=")
        curve, dropped = _curve(Path(labels), TemplateLibrary().find(template), counts, options.orders, options.limit)
        tried += options.orders
        worse += dropped
        shown = "  ".join(
            f"{count}: {fmean(scores):.3f} ({min(scores):.3f})" for count, scores in curve.items() if scores
        )
        print(f"{Path(labels).parent.name:14} {shown}", flush=True)
    print(f"worse by more than 0.02 after ten: {worse} of {tried}")


def _curve(
    path: Path, template: Template, counts: list[int], orders: int, limit: int | None
) -> tuple[dict[int, list[float]], int]:
    template = Template(
        template.name, template.version, template.title, template.description,
        tuple(field for field in template.fields if proposes(_kind(field))), sha256=template.sha256,
    )  # fmt: skip
    labels = load_labels(path)[:limit]
    curve: dict[int, list[float]] = {count: [] for count in counts}
    with tempfile.TemporaryDirectory() as folder, Readers() as readers:
        memory = TemplateMemory(template, Path(folder))
        known = [each for each in (_Known.read(labelled, template, memory, readers) for labelled in labels) if each]
        for order in range(orders):
            shuffled = random.Random(order).sample(known, len(known))
            for count in counts:
                if count >= len(shuffled):
                    continue
                learned = memory.taught([each.rows for each in shuffled[:count]]) if count else None
                judged = [each.judged(template, learned) for each in shuffled[count:]]
                curve[count].append(metrics(judged, [field.name for field in template.fields]).score)
    dropped = sum(later < first - 0.02 for first, later in zip(curve.get(0, []), curve.get(10, []), strict=False))
    return curve, dropped


class _Known:
    """A document, read once."""

    def __init__(
        self, labelled: LabelledDocument, document: Document, asked: list[choosing.Asked], memory: TemplateMemory
    ) -> None:
        self._labelled, self._text, self._asked = labelled, DocumentText(document), asked
        self.document = document
        self.rows = memory.rows(document.sha256)

    @classmethod
    def read(
        cls, labelled: LabelledDocument, template: Template, memory: TemplateMemory, readers: Readers
    ) -> _Known | None:
        try:
            document = readers.read(labelled.path)
        except StillroomError as error:
            print(f"{labelled.file}: {error.message}")
            return None
        memory.take(document, labelled.fields)
        layout = Layout(document, Meaning(template))
        asked = [choosing.prepare(field, document, (), template=template, layout=layout) for field in template.fields]
        return cls(labelled, document, asked, memory)

    def judged(self, template: Template, learned: LearnedTemplate | None) -> DocumentJudgement:
        for each in self._asked:
            each.learned = learned
            each.moves = (
                None if learned is None else learned.moves(each.field.name, self.document, each.candidates, each.signs)
            )
        fields = choosing.choose_all(self._asked, self.document, complete=True)
        characters = self.document.characters
        result = DocumentResult(
            self._labelled.file, DocumentStatus.DONE, Coverage(1, 1, characters, characters), dict(fields), template.name,
            template.version, sha256=self.document.sha256,
        )  # fmt: skip
        return judge(self._labelled, result, self._text, template)


def _kind(field: Field) -> FieldType:
    return field.of if field.type is FieldType.LIST and field.of else field.type


if __name__ == "__main__":
    main()
