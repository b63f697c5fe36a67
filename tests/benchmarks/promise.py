"""Whether what may pass unseen keeps its promise, with labels standing in for the reviewer.

    stillroom extract FILES --template T --json > RESULTS.jsonl
    python tests/benchmarks/promise.py --results RESULTS.jsonl --labels LABELS.jsonl --template T [--wrong 0.02] [--orders 5]

In each random order the documents come one after the other. Of each, what does not pass is judged by its label, and so is the sample
of what passes; from these verdicts alone the dial learns. What passed and was not sampled is then held against the labels.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from stillroom.evaluation.labels import load_labels
from stillroom.evaluation.matching import same_value
from stillroom.extraction.result import FieldState, FieldValue, result_from_json
from stillroom.review.acceptance import SAMPLED, Judged, Waiting, decide, is_sampled
from stillroom.review.document import ReviewedDocument
from stillroom.storage.verdicts import Promise
from stillroom.templates.library import TemplateLibrary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--template", required=True)
    parser.add_argument("--wrong", type=float, default=0.02)
    parser.add_argument("--orders", type=int, default=5)
    arguments = parser.parse_args()
    template = TemplateLibrary().find(arguments.template)
    labels = {label.path.name: label for label in load_labels(arguments.labels)}
    results = [result_from_json(json.loads(line)) for line in arguments.results.read_text().splitlines() if line]
    documents = []
    for result in results:
        label = labels.get(Path(result.file).name)
        if label is None:
            continue
        reviewed = ReviewedDocument(0, 0, Path(result.file), template, result)
        values = []
        for value in reviewed.values:
            name = value.subject.field
            proposal = value.proposal
            if name not in label.fields or value.subject.item or proposal is None:
                continue
            if proposal.state not in (
                FieldState.FOUND,
                FieldState.STATED,
                FieldState.ABSENT,
                FieldState.INVALID,
                FieldState.UNREAD,
            ):
                continue
            assert isinstance(proposal, FieldValue)
            wanted = label.fields[name]
            both = isinstance(wanted, str) and proposal.value is not None
            right = same_value(template.field(name).type, proposal.value, wanted) if both else wanted == proposal.value
            values.append((name, proposal.confidence, right, not value.never_unseen))
        documents.append((result.sha256, values))
    total = sum(len(values) for _, values in documents)
    good = sum(right for _, values in documents for _, _, right, _ in values)
    print(f"{len(documents)} documents, {total} values, {good / total:.3f} right as they are")
    shares, errors, passed_all, wrong_all = [], [], 0, 0
    for seed in range(arguments.orders):
        order = list(documents)
        random.Random(seed).shuffle(order)
        judged: list[Judged] = []
        passed = wrong = after = 0
        promise = Promise(arguments.wrong, SAMPLED)
        for place, (sha256, values) in enumerate(order):
            # What is still to come is weighed together with this document, as in a table.
            rest = [each for _, others in order[place:] for each in others]
            passing = decide([Waiting(name, share, open_) for name, share, _, open_ in rest], judged, promise)
            for number, (name, share, right, _) in enumerate(values):
                passes = passing.passes[number]
                sampled = is_sampled(sha256, (name, 0, ""), promise.sampled)
                if passes and not sampled:
                    passed += 1
                    wrong += not right
                else:
                    judged.append(Judged(name, share, right, passes and sampled))
            after += len(values)
        shares.append(passed / after)
        errors.append(wrong / passed if passed else 0.0)
        passed_all, wrong_all = passed_all + passed, wrong_all + wrong
        print(f"order {seed + 1}: {shares[-1]:.3f} passed, of which {errors[-1]:.4f} wrong ({wrong} of {passed})")
    print(
        f"promised {arguments.wrong}: measured {wrong_all / max(1, passed_all):.4f} over {passed_all} values, "
        f"share that passed {sum(shares) / len(shares):.3f}"
    )


if __name__ == "__main__":
    main()
