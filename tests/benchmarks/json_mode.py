"""Stillroom beside llama-cpp-python's JSON mode: the same documents, model file and threads, in one run.

    python tests/benchmarks/json_mode.py --labels LABELS.jsonl --template T --model M.gguf [--limit N] [--minutes M] [--this-file]

JSON mode is ``Llama.create_chat_completion`` with a schema made from the template (numbers as numbers, options as an
enumeration, everything may be null), greedy: what llama.cpp's server does with ``response_format``, without its sockets. A
small model may not come to an end in it, so that its answers have a bound, as anyone would set it: so many tokens a value that
the template has room for; its speed depends on that. They are treated kindly: of an answer that was cut off the fields that were
whole count, dates and amounts are read with Stillroom's own parsers, and a value counts as standing in the document where its
words do, case, white space and punctuation aside. Documents alternate in which of the two goes first, so that noise of
the machine hits both; what other programs take of it hits the one that waits for all its threads more, so that seconds of the
processors are told beside those of the clock. Figures are printed after every document, and no document is begun after the
minutes that were given: a contract takes JSON mode a minute where the processors are shared. Loading and reading files are not
counted. JSON mode has a context as long as the model was trained
for, 8192 tokens at most; a longer document is cut to fit, and that is said. Stillroom loads the model as its window and command
line do on this machine, which may be a faster copy of the file, made when a small model is first loaded or by ``stillroom
models tune``; JSON mode has the file itself. With ``--this-file`` both have it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as the worker sets it, before libggml is loaded

import llama_cpp
import psutil

from stillroom.documents.document import Document, Page
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.engine import Engine, Limits
from stillroom.engine.protocol import ModelInfo
from stillroom.errors import StillroomError
from stillroom.evaluation.grounding import DocumentText
from stillroom.evaluation.judging import DocumentJudgement, Outcome, judge
from stillroom.evaluation.labels import LabelledDocument, check_labels, load_labels
from stillroom.evaluation.metrics import Metrics, metrics
from stillroom.extraction.candidates.candidate import single_spaced
from stillroom.extraction.candidates.propose import propose, proposes
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.result import Coverage, DocumentResult, DocumentStatus, FieldResult, FieldState, FieldValue
from stillroom.models.library import find_model
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.template import Field, FieldType, Template
from stillroom.tuning.tuned import LoadPlan, load_plan

_NUMBERS = (FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT)
_OPENING, _VALUE_TOKENS, _ITEMS = 16, 32, 8  # braces; tokens of a value with its name; values of a list
_NOTHING = ("", "none", "null", "n/a", "not found", "not specified", "unknown")


def schema_of(template: Template) -> dict[str, Any]:
    """The template as a JSON schema: every field required, every one may be null."""
    properties = {each.name: _property(each, each.type) for each in template.fields}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _property(each: Field, kind: FieldType) -> dict[str, Any]:
    if kind is FieldType.LIST:
        return {"type": "array", "items": {"type": "string"}, "maxItems": each.max_items}
    if kind is FieldType.TABLE:
        row = {column.name: _property(column, column.type) for column in each.columns}
        items = {"type": "object", "properties": row, "required": list(row), "additionalProperties": False}
        return {"type": "array", "items": items, "maxItems": each.max_items}
    if kind is FieldType.CHOICE:
        return {"enum": [*(option.value for option in each.options), None]}
    if kind is FieldType.YES_NO:
        return {"enum": ["yes", "no", None]}
    return {"type": ["number" if kind in _NUMBERS else "string", "null"]}


def value_of(each: Field, kind: FieldType, given: Any, document: Document) -> FieldValue:
    """What JSON mode gave for a field, in canonical form where it can be read as one."""
    text = "" if given is None else single_spaced(str(given))
    if text.casefold() in _NOTHING:
        return FieldValue(None, "", FieldState.ABSENT, 0.0)
    if proposes(kind):
        here = {single_spaced(found.text): found.value for found in propose(each, document, kind=kind)}
        alone = Document("", "txt", "", (Page(1, text),), 1)
        read = [found.value for found in propose(each, alone, kind=kind)] if kind not in _TEXTS else []
        text = here.get(text) or (read[0] if read else text)
    return FieldValue(text, "", FieldState.FOUND, 0.0)


_TEXTS = (
    FieldType.LINE, FieldType.TEXT, FieldType.BLOCK, FieldType.NAME, FieldType.ORGANISATION, FieldType.ADDRESS, FieldType.IDENTIFIER,
)  # fmt: skip


def fields_of(template: Template, answer: dict[str, Any], document: Document) -> dict[str, FieldResult]:
    """A JSON answer as the fields of a result."""
    fields: dict[str, FieldResult] = {}
    for each in template.fields:
        given = answer.get(each.name)
        if each.type is FieldType.LIST:
            items = [value_of(each, each.of or FieldType.TEXT, item, document) for item in given or []]
            fields[each.name] = tuple(item for item in items if item.value)
        elif each.type is FieldType.TABLE:
            fields[each.name] = tuple(
                {column.name: value_of(column, column.type, row.get(column.name), document) for column in each.columns}
                for row in given or []
            )
        else:
            fields[each.name] = value_of(each, each.type, given, document)
    return fields


def _read(content: str) -> dict[str, Any] | None:
    try:
        data = json.loads(content, parse_float=str, parse_int=str)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _finished_part(content: str) -> dict[str, Any]:
    """The fields that were whole when an answer was cut off."""
    for end in sorted((index for index, character in enumerate(content) if character == ","), reverse=True):
        for closing in ("}", "]}", "}]}"):
            data = _read(content[:end] + closing)
            if data is not None:
                return data
    return {}


@dataclass
class JsonMode:
    """llama-cpp-python with the worker's settings.

    Attributes:
        unfinished: answers that were no JSON when the bound was reached.
        written: tokens of all answers.
        cut: documents that did not fit into the context.
    """

    path: Path
    info: ModelInfo
    template: Template
    max_tokens: int
    unfinished: int = 0
    written: int = 0
    cut: int = 0
    llama: Any = field(init=False)

    def __post_init__(self) -> None:
        options = self.info.options
        self.llama = llama_cpp.Llama(
            str(self.path),
            n_ctx=min(self.info.trained_context_tokens, 8192),
            n_threads=options.threads_generate,
            n_threads_batch=options.threads_prompt,
            n_gpu_layers=-1 if self.info.gpu_layers else 0,
            flash_attn=True,
            verbose=False,
        )

    def extract(self, document: Document, file: str) -> DocumentResult:
        started = time.monotonic()
        answer = self.llama.create_chat_completion(
            messages=self._messages(document),
            response_format={"type": "json_object", "schema": schema_of(self.template)},
            max_tokens=self.max_tokens,
            temperature=0.0,
        )
        content = answer["choices"][0]["message"]["content"]
        self.written += answer["usage"]["completion_tokens"]
        data = _read(content)
        if data is None:
            self.unfinished += 1
            data = _finished_part(content)
        fields = fields_of(self.template, data, document)
        seconds = time.monotonic() - started
        coverage = Coverage(len(document.pages), document.page_count, document.characters, document.characters)
        return DocumentResult(
            file, DocumentStatus.DONE, coverage, fields, self.template.name, self.template.version, seconds=seconds
        )

    def _messages(self, document: Document) -> list[dict[str, str]]:
        asked = "\n".join(f"- {each.name}: {each.description or each.name}" for each in self.template.fields)
        text = "\n".join(page.text for page in document.pages)
        question = f"\n\nAnswer with a JSON object of these fields, as the document says them, null where it does not:\n{asked}"
        room = self.llama.n_ctx() - self.max_tokens - 64 - len(self.llama.tokenize(question.encode()))
        tokens = self.llama.tokenize(text.encode(), add_bos=False)
        if len(tokens) > room:
            self.cut += 1
            text = self.llama.detokenize(tokens[:room]).decode("utf-8", "ignore")
        system = f"You extract data from documents. The document: {self.template.description}"
        return [{"role": "system", "content": system}, {"role": "user", "content": text + question}]


@dataclass
class Side:
    """One of the two: its judged documents and the seconds they took."""

    name: str
    judged: list[DocumentJudgement] = field(default_factory=list)
    seconds: float = 0.0
    processor_seconds: float = 0.0

    def count(self, extract: Callable[[], DocumentResult]) -> DocumentResult:
        """The result, its seconds counted."""
        started, processors = time.monotonic(), _processor_seconds()
        result = extract()
        self.seconds += time.monotonic() - started
        self.processor_seconds += _processor_seconds() - processors
        return result

    @property
    def score(self) -> float:
        """Mean of all fields so far."""
        scores = [each.score for document in self.judged for each in document.fields.values()]
        return sum(scores) / max(1, len(scores))

    @property
    def documents_a_minute(self) -> float:
        return 60 * len(self.judged) / self.seconds if self.seconds else 0.0

    def metrics(self, template: Template) -> Metrics:
        return metrics(self.judged, [each.name for each in template.fields])


def _processor_seconds() -> float:
    """Of this process, which is JSON mode's, and its children, which are Stillroom's."""
    own = psutil.Process()
    seconds = 0.0
    for process in (own, *own.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        seconds += times.user + times.system
    return seconds


def tokens_for(template: Template) -> int:
    """The bound of an answer, as anyone would set it."""
    values = 0
    for each in template.fields:
        several = each.max_items if each.type in (FieldType.LIST, FieldType.TABLE) else 1
        values += min(several, _ITEMS) * max(1, len(each.columns))
    return _OPENING + _VALUE_TOKENS * values


def compare(
    labels: list[LabelledDocument], template: Template, model: Path, plan: LoadPlan, max_tokens: int, minutes: float
) -> tuple[Side, Side, JsonMode]:
    ours, theirs = Side("Stillroom"), Side("JSON mode")
    with Engine(limits=Limits(silence=300)) as engine, ReaderPool() as readers:  # a machine may be very busy
        info = engine.load(plan.model.path, plan.options, environment=plan.environment)
        extractor = Extractor(engine)
        peer = JsonMode(model, info, template, max_tokens)
        ends = time.monotonic() + 60 * minutes
        for number, labelled in enumerate(labels):
            if time.monotonic() > ends:
                print(f"{len(labels) - number} documents were left out: the time is over", file=sys.stderr)
                break
            try:
                document = readers.read(labelled.path)
            except StillroomError as error:
                print(f"{labelled.file}: {error}", file=sys.stderr)
                continue
            text = DocumentText(document)

            def stillroom(document: Document = document, labelled: LabelledDocument = labelled) -> DocumentResult:
                return extractor.extract(document, template, file=labelled.file)

            def json_mode(document: Document = document, labelled: LabelledDocument = labelled) -> DocumentResult:
                return peer.extract(document, labelled.file)

            turns = [(ours, stillroom), (theirs, json_mode)]
            for side, extract in turns if number % 2 == 0 else turns[::-1]:
                side.judged.append(judge(labelled, side.count(extract), text, template))
            sides = ", ".join(
                f"{each.name} {each.score:.2f} {each.documents_a_minute:.1f} a minute" for each in (ours, theirs)
            )
            print(f"{number + 1} of {len(labels)}: {sides}", file=sys.stderr, flush=True)
        print(
            f"{info.name} {info.quantization}, {len(ours.judged)} documents, threads: prompt {info.options.threads_prompt}, "
            f"generation {info.options.threads_generate}. JSON mode: at most {max_tokens} tokens an answer, "
            f"{peer.written / max(1, len(theirs.judged)):.0f} on average; {peer.unfinished} answers not finished, "
            f"{peer.cut} documents cut to its context"
        )
    return ours, theirs, peer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--template", required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--minutes", type=float, default=8.0, help="after which no other document is begun")
    parser.add_argument("--max-tokens", type=int, help="of an answer of JSON mode (32 a value, lists of up to 8)")
    parser.add_argument("--this-file", action="store_true", help="Stillroom uses no faster copy of the model")
    parser.add_argument("--threads-prompt", type=int, default=0)
    parser.add_argument("--threads-generate", type=int, default=0)
    arguments = parser.parse_args()
    template = TemplateLibrary().find(arguments.template)
    labels = load_labels(arguments.labels)
    check_labels(labels, template, arguments.labels.name)
    model = find_model(str(arguments.model))
    plan = load_plan(model, this_file=arguments.this_file)
    threads = {"threads_prompt": arguments.threads_prompt, "threads_generate": arguments.threads_generate}
    plan = replace(plan, options=replace(plan.options, **{name: count for name, count in threads.items() if count}))
    most = arguments.max_tokens or tokens_for(template)
    ours, theirs, _ = compare(labels[: arguments.limit], template, arguments.model, plan, most, arguments.minutes)
    left, right = ours.metrics(template), theirs.metrics(template)
    print(f"\n{'':28}{ours.name:>14}{theirs.name:>14}")
    for name in left.fields:
        print(f"{name:28}{left.fields[name].score:14.3f}{right.fields[name].score:14.3f}")
    print(f"{'mean of the fields':28}{left.score:14.3f}{right.score:14.3f}")
    for outcome in Outcome:
        print(f"{outcome:28}{left.outcomes[outcome]:14}{right.outcomes[outcome]:14}")
    shares = [f"{found.not_in_document} of {found.verbatim}" for found in (left, right)]
    print(f"{'values not in the document':28}{shares[0]:>14}{shares[1]:>14}")
    speeds = [side.documents_a_minute for side in (ours, theirs)]
    worked = [side.processor_seconds / max(1, len(side.judged)) for side in (ours, theirs)]
    print(f"{'documents a minute':28}{speeds[0]:14.2f}{speeds[1]:14.2f}")
    print(f"{'processor seconds a document':28}{worked[0]:14.2f}{worked[1]:14.2f}")
    print(
        f"\nStillroom is {speeds[0] / speeds[1]:.2f} times as fast, and takes the processors {worked[1] / worked[0]:.2f} times less"
    )


if __name__ == "__main__":
    main()
