"""Runs the extraction over labelled documents with one or several models, or takes finished results, and judges them."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.engine.engine import Engine
from stillroom.engine.protocol import LoadOptions
from stillroom.errors import DocumentError, EngineError, StillroomError
from stillroom.evaluation.grounding import DocumentText
from stillroom.evaluation.judging import DocumentJudgement, judge
from stillroom.evaluation.labels import LabelledDocument
from stillroom.evaluation.metering import TokenMeter
from stillroom.evaluation.metrics import Metrics, metrics
from stillroom.extraction.deciding import EvidenceOf, decide
from stillroom.extraction.estimate import TimeLeft
from stillroom.extraction.extractor import Extractor, ScoringEngine
from stillroom.extraction.kept_seen import Unpacker
from stillroom.extraction.result import Coverage, DocumentResult, DocumentStatus, Progress
from stillroom.extraction.run import DocumentExtractor, DocumentReader, KeepingExtractor
from stillroom.extraction.subject import Embedder
from stillroom.models.adapters import model_sha256
from stillroom.models.model_file import ModelFile
from stillroom.templates.template import Template

_TRIES = 3
_DEFAULT_OPTIONS = LoadOptions()


def _ignore(*_: object) -> None:
    """The callback of one who does not listen."""


class _EndedError(Exception):
    """No document is to be asked about any more."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ModelEvaluation:
    """One model over all labelled documents.

    Attributes:
        documents: judged, in the labels' order.
        results: what was judged, in the same order.
        memory: largest resident size of the worker that was seen, in bytes; None where nothing was run.
        cost: dollars that asking about all of them cost; 0 where the model ran here.
        ended: why the documents behind these were not asked about; empty where all were.
    """

    model_name: str
    model_sha256: str
    metrics: Metrics
    documents: tuple[DocumentJudgement, ...]
    results: tuple[DocumentResult, ...]
    memory: int | None = None
    cost: float = 0.0
    ended: str = ""

    @property
    def thousand_cost(self) -> float:
        """Dollars for as many as a thousand such documents; those that failed are not counted."""
        answered = sum(not each.error for each in self.documents)
        return 1000 * self.cost / answered if answered else 0.0


class Evaluator:
    """Labelled documents held against what a template draws out of them.

    ``run`` and ``judge_results`` block; callbacks come on the calling thread.
    """

    def __init__(
        self,
        labels: Sequence[LabelledDocument],
        template: Template,
        readers: DocumentReader,
        *,
        page_only: bool = False,
        evidence_of: EvidenceOf | None = None,
    ) -> None:
        """``page_only``: ``run_model`` leaves aside what a file states beside its pages (e-invoice data). ``evidence_of``: the documents
        are decided together, as those of a run are; without it each by itself.
        """
        self._evidence_of = evidence_of
        self._labels = list(labels)
        self._page_only = page_only
        self._template = template
        self._readers = readers
        self._names = [field.name for field in template.fields]

    def run_model(
        self,
        engine: Engine,
        model: ModelFile,
        *,
        options: LoadOptions = _DEFAULT_OPTIONS,
        environment: Mapping[str, str] | None = None,
        on_loading: Callable[[float], None] = _ignore,
        on_progress: Callable[[Progress], None] = _ignore,
        cancellation: Cancellation | None = None,
    ) -> ModelEvaluation:
        """Load a model and extract every document with it. A document that fails is judged as failed.

        Raises EngineError where the model cannot be loaded, and Cancelled.
        """
        engine.load(model.path, options, environment=environment, on_progress=on_loading, cancellation=cancellation)
        meter = TokenMeter(engine)
        evaluation = self.run(
            Extractor(
                meter,
                model_sha256=model_sha256(model),
                page_only=self._page_only,
                embed=Embedder(engine, meter.add),
            ),
            meter=meter,
            engine=engine,
            on_progress=on_progress,
            cancellation=cancellation,
        )
        return dataclasses.replace(evaluation, model_name=model.name, model_sha256=model_sha256(model))

    def run(
        self,
        extractor: DocumentExtractor,
        *,
        meter: TokenMeter | None = None,
        engine: ScoringEngine | None = None,
        ending: type[StillroomError] | None = None,
        on_progress: Callable[[Progress], None] = _ignore,
        cancellation: Cancellation | None = None,
    ) -> ModelEvaluation:
        """Extract every document with the model that is loaded. ``meter`` counts the tokens, ``engine`` is watched for its memory.

        ``ending``: an error after which no document is asked about any more; the one that raised it and those behind it are left out.
        """
        left, failed, memory, ended = TimeLeft(), 0, 0, ""
        results: list[DocumentResult] = []
        kept: list[bytes] = []
        texts: list[DocumentText | None] = []
        used: list[int | None] = []
        for number, labelled in enumerate(self._labels):
            on_progress(
                Progress(number, len(self._labels), labelled.file, left.seconds(len(self._labels) - number), failed)
            )
            before = meter.prompt_tokens if meter else 0
            try:
                result, seen, document = self._extract(labelled, extractor, cancellation, ending)
            except _EndedError as error:
                ended = error.reason
                break
            used.append(meter.prompt_tokens - before if meter else None)
            texts.append(DocumentText(document) if document else None)
            kept.append(seen)
            results.append(result)
            left.add(result.seconds)
            failed += result.status is DocumentStatus.FAILED
            memory = max(memory, _resident(engine))
        on_progress(Progress(len(self._labels), len(self._labels), "", 0.0, failed))
        results = self._together(results, kept)
        judged = [
            judge(labelled, result, text, self._template, prompt_tokens=tokens)
            for labelled, result, text, tokens in zip(self._labels[: len(results)], results, texts, used, strict=True)
        ]
        return ModelEvaluation(
            "",
            "",
            metrics(judged, self._names),
            tuple(judged),
            tuple(results),
            memory if engine else None,
            ended=ended,
        )

    def _together(self, results: Sequence[DocumentResult], kept: Sequence[bytes]) -> list[DocumentResult]:
        """The results as they come out where the documents are decided together; what was not kept stays as it is."""
        evidence = self._evidence_of(kept, self._template) if self._evidence_of is not None else None
        unpacker, found = Unpacker(self._template), []
        for result, content in zip(results, kept, strict=True):
            seen = unpacker.unpack(content) if evidence is not None and content else None
            if seen is None:
                found.append(result)
                continue
            fields, notes = decide(seen, self._template, evidence=evidence)
            found.append(dataclasses.replace(result, fields=fields, notes=notes))
        return found

    def judge_results(
        self, results: Sequence[DocumentResult], folder: Path, *, cancellation: Cancellation | None = None
    ) -> list[ModelEvaluation]:
        """Judge finished results, those of each model by themselves. No model is asked; the documents are read for their text.

        Args:
            folder: what the results' file names are relative to. A document is found by its path, else by the end of it.

        Raises StillroomError where no result belongs to a labelled document, or a model has two for one; Cancelled.
        """
        by_model: dict[tuple[str, str], dict[str, DocumentResult]] = {}
        for result in results:
            labelled = self._find(result, folder)
            if labelled is None:
                continue
            own = by_model.setdefault((result.model_name, result.model_sha256), {})
            if labelled.file in own:
                raise StillroomError(
                    f'The results hold "{labelled.file}" twice for {result.model_name or "one model"}. Give the results of one run.'
                )
            own[labelled.file] = result
        if not by_model:
            raise StillroomError(
                "None of the results is of a labelled document. Give the results of the files the labels file names."
            )
        texts = {each.file: self._text(each, cancellation) for each in self._labels}
        evaluations = []
        for (name, sha256), own in by_model.items():
            done = [(labelled, own[labelled.file]) for labelled in self._labels if labelled.file in own]
            judged = [
                judge(labelled, result, self._same_file(texts[labelled.file], result), self._template)
                for labelled, result in done
            ]
            evaluations.append(
                ModelEvaluation(
                    name, sha256, metrics(judged, self._names), tuple(judged), tuple(result for _, result in done)
                )
            )
        return evaluations

    def _extract(
        self,
        labelled: LabelledDocument,
        extractor: DocumentExtractor,
        cancellation: Cancellation | None,
        ending: type[StillroomError] | None,
    ) -> tuple[DocumentResult, bytes, Document | None]:
        started = time.monotonic()
        document: Document | None = None
        try:
            document = self._readers.read(labelled.path, cancellation=cancellation)
            result, seen = self._extracted(labelled, document, extractor, cancellation)
        except StillroomError as error:
            if ending is not None and isinstance(error, ending):
                raise _EndedError(error.message) from error
            return self._failed(labelled, document, error.message, time.monotonic() - started), b"", document
        return dataclasses.replace(result, seconds=time.monotonic() - started), seen, document

    def _extracted(
        self,
        labelled: LabelledDocument,
        document: Document,
        extractor: DocumentExtractor,
        cancellation: Cancellation | None,
    ) -> tuple[DocumentResult, bytes]:
        file, template = labelled.file, self._template
        for attempt in range(1, _TRIES + 1):
            try:
                if isinstance(extractor, KeepingExtractor):
                    return extractor.extract_and_keep(document, template, file=file, cancellation=cancellation)
                return extractor.extract(document, template, file=file, cancellation=cancellation), b""
            except EngineError as error:
                if not error.retryable or attempt == _TRIES:
                    raise
        raise AssertionError("unreachable")

    def _failed(
        self, labelled: LabelledDocument, document: Document | None, sentence: str, seconds: float
    ) -> DocumentResult:
        pages, characters = (document.page_count, document.characters) if document else (0, 0)
        return DocumentResult(
            file=labelled.file,
            status=DocumentStatus.FAILED,
            coverage=Coverage(0, pages, 0, characters),
            fields={},
            template_name=self._template.name,
            template_version=self._template.version,
            error=sentence,
            seconds=seconds,
            sha256=document.sha256 if document else "",
        )

    def _find(self, result: DocumentResult, folder: Path) -> LabelledDocument | None:
        path = (folder / result.file).absolute()
        for labelled in self._labels:
            if labelled.path == path or labelled.file == result.file:
                return labelled
        ends = [each for each in self._labels if path.parts[-len(Path(each.file).parts) :] == Path(each.file).parts]
        return ends[0] if len(ends) == 1 else None

    def _text(self, labelled: LabelledDocument, cancellation: Cancellation | None) -> tuple[str, DocumentText] | None:
        try:
            document = self._readers.read(labelled.path, cancellation=cancellation)
        except DocumentError:
            return None  # told as a document that was not checked
        return document.sha256, DocumentText(document)

    @staticmethod
    def _same_file(text: tuple[str, DocumentText] | None, result: DocumentResult) -> DocumentText | None:
        """The text, unless the file has changed since the result was made."""
        if text is None or (result.sha256 and result.sha256 != text[0]):
            return None
        return text[1]


def _resident(engine: ScoringEngine | None) -> int:
    """Bytes the worker has in memory; 0 where it cannot be told."""
    process_id = engine.status().worker_pid if engine is not None else None
    if process_id is None:
        return 0
    try:
        return int(psutil.Process(process_id).memory_info().rss)
    except psutil.Error:
        return 0
