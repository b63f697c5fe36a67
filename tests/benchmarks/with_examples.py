"""A template with labelled documents as its examples, to measure what they bring.

    python tests/benchmarks/with_examples.py LABELS.jsonl --template T --to FILE.toml [--count 5]
    stillroom evaluate --labels OTHER.jsonl --template FILE.toml

The shortest documents are taken, so that more of them fit the context. Measure on documents that are not among them.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from stillroom.documents.reader_pool import ReaderPool
from stillroom.evaluation.labels import load_labels
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.template import Example
from stillroom.templates.toml_writing import template_to_toml


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--template", required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--count", type=int, default=5)
    arguments = parser.parse_args()
    template = TemplateLibrary().find(arguments.template)
    labels = sorted(load_labels(arguments.labels), key=lambda each: each.path.stat().st_size)[: arguments.count]
    with ReaderPool() as readers:
        texts = ["\n".join(page.text for page in readers.read(each.path).pages) for each in labels]
    examples = tuple(Example(text, dict(each.fields)) for text, each in zip(texts, labels, strict=True))
    changed = dataclasses.replace(template, examples=examples)
    arguments.to.write_text(template_to_toml(changed), encoding="utf-8")
    print(
        f"{arguments.to}: {len(examples)} examples of {sum(map(len, texts)) // max(1, len(texts))} characters on average"
    )


if __name__ == "__main__":
    main()
