"""Adding a field to documents that were read: what it costs against the first run.

    python tests/benchmarks/add_field.py --model M.gguf [--documents 40] [--labels LABELS.jsonl --template T --field F]
        [--as-shipped] [--context TOKENS] [--kept-mib MIB]

First run: the template without one field over all documents. Then only that field is asked of the same documents with the
same engine, in the same order. What the worker still has of a document it need not read again; the tokens it
evaluated show how much that was. At last the first run once more, with every field and nothing changed: the worst case of a re-run.
The model is asked about every field, also where the page alone would do; ``--as-shipped`` measures with those left out.
Without ``--labels`` the documents are made receipts. A short ``--context`` shows with few documents what many do: those that
had to leave it are restored from memory; ``--kept-mib -1`` keeps none, so that they are read again.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path

from made_documents import always_asked, receipt

from stillroom.documents.document import Document
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.engine import Engine, Limits
from stillroom.engine.protocol import LoadOptions
from stillroom.evaluation.labels import load_labels
from stillroom.evaluation.metering import TokenMeter
from stillroom.extraction.extractor import Extractor
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.template import Template


def documents_of(labels: Path | None, count: int) -> list[Document]:
    if labels is None:
        return [receipt(number)[0] for number in range(count)]
    with ReaderPool() as readers:
        return [readers.read(each.path) for each in load_labels(labels)[:count]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--documents", type=int, default=40)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--template", default="receipt")
    parser.add_argument("--field", default="total", help="the field that is added")
    parser.add_argument("--as-shipped", action="store_true", help="ask only where the page leaves a doubt")
    parser.add_argument("--context", type=int, default=0, help="tokens; 0: the worker's choice")
    parser.add_argument(
        "--kept-mib", type=int, default=0, help="memory for what left the context; 0: the worker's choice"
    )
    arguments = parser.parse_args()
    options = LoadOptions(context_tokens=arguments.context, kept_bytes=arguments.kept_mib * 2**20)
    whole = TemplateLibrary().find(arguments.template)
    name = arguments.field
    if not arguments.as_shipped:
        whole, name = always_asked(whole), f"{name}_asked"
    added = dataclasses.replace(whole, fields=(whole.field(name),))
    first = dataclasses.replace(whole, fields=tuple(each for each in whole.fields if each.name != name))
    documents = documents_of(arguments.labels, arguments.documents)
    with Engine(limits=Limits(silence=300)) as engine:  # a machine may be very busy
        info = engine.load(arguments.model, options)
        meter = TokenMeter(engine)
        extractor = Extractor(meter)
        print(f"{info.name} {info.quantization}, {len(documents)} documents, context {info.context_tokens}")

        def run(name: str, template: Template, documents: Sequence[Document]) -> float:
            before, started = meter.prompt_tokens, time.monotonic()
            for document in documents:
                extractor.extract(document, template, file=document.name)
            seconds = time.monotonic() - started
            tokens = (meter.prompt_tokens - before) / len(documents)
            print(f"{name:34}{seconds / len(documents):8.3f} s and {tokens:7.0f} tokens a document", flush=True)
            return seconds

        fields = ", ".join(each.name for each in first.fields)
        run("warming up", first, [receipt(-1)[0]])
        once = run(f"first run ({fields})", first, documents)
        one = run(f"adding {name}", added, documents)
        again = run("the first run again", first, documents)
    print(
        f"adding a field is {once / one:.1f} times as fast as the first run; the same run again {once / again:.1f} times"
    )


if __name__ == "__main__":
    main()
