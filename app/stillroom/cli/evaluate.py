"""``stillroom evaluate``: labelled documents through one model or several, and the figures side by side."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from stillroom import atomic
from stillroom.cancellation import Cancellation
from stillroom.cli import DONE, FAILURE, SOME_FAILED, USAGE, say
from stillroom.cli.evaluation_tables import print_evaluations
from stillroom.cli.progress import Display, display
from stillroom.cli.signals import gathered_signals
from stillroom.documents.readers import Readers
from stillroom.engine.engine import Engine
from stillroom.engine.protocol import LoadOptions
from stillroom.errors import Cancelled, StillroomError
from stillroom.evaluation.evaluate import Evaluator, ModelEvaluation
from stillroom.evaluation.labels import LabelledDocument, check_labels, load_labels
from stillroom.evaluation.report import to_json
from stillroom.extraction.columns import json_line
from stillroom.extraction.result import DocumentResult, Progress, result_from_json
from stillroom.models.fit.assess import options_that_fit
from stillroom.models.library import ModelFile, default_model, find_model
from stillroom.settings import CONTEXT_TOKENS, MODEL, READER_MEMORY, READER_SECONDS, THREADS, Settings
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.template import Template
from stillroom.tuning.tuned import load_plan, that_fits

_POLL_SECONDS = 0.1
_SUFFIXES = (".json", ".jsonl")


def run(options: argparse.Namespace) -> int:
    """Run the command; see ``stillroom.cli`` for the status."""
    try:
        _check(options)
        template = TemplateLibrary().find(options.template)
        labels = load_labels(options.labels)
        unknown = check_labels(labels, template, options.labels.name)
        finished = [(path, _read_results(path)) for path in options.results]
        settings = Settings()
        models = [] if finished else _models(options.model, settings)
        for model in models:
            options_that_fit(model, LoadOptions(context_tokens=settings.get(CONTEXT_TOKENS)))
    except StillroomError as error:
        say(error.message)
        return USAGE
    for problem in settings.problems:
        say(problem)
    if unknown:
        say(f'The template "{template.name}" has no {", ".join(unknown)}; these labels are left out.')
    work = _Work(labels[: options.limit], template, models, finished, settings, page_only=options.page_only)
    status = work.run(bar=sys.stderr.isatty())
    if status is not None:
        return status
    return _deliver(work, options)


def _check(options: argparse.Namespace) -> None:
    if options.model and options.results:
        raise StillroomError("Give either --model, to run it, or --results, to judge what an earlier run gave.")
    if options.limit is not None and options.limit < 1:
        raise StillroomError("--limit is a number of documents, at least 1.")
    if options.save is not None and options.save.suffix.lower() not in _SUFFIXES:
        raise StillroomError("--save writes a .json file with the figures, or a .jsonl file with the results.")


def _models(names: Sequence[str], settings: Settings) -> list[ModelFile]:
    """The models to run, each once; the usual one where none is named."""
    if not names:
        usual = settings.get(MODEL)
        return [find_model(usual) if usual else default_model()]
    found = {model.path.absolute(): model for model in map(find_model, names)}
    return list(found.values())


def _read_results(path: Path) -> list[DocumentResult]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise StillroomError(f"The results file {path.name} cannot be read: {reason}.") from error
    results = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            results.append(result_from_json(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise StillroomError(
                f"{path.name} line {number} is no result. Give the .jsonl file of stillroom extract or of --save."
            ) from error
    return results


class _Work:
    """The evaluation on a thread of its own, so that the main thread can see Ctrl-C at any time."""

    def __init__(
        self,
        labels: Sequence[LabelledDocument],
        template: Template,
        models: Sequence[ModelFile],
        finished: Sequence[tuple[Path, Sequence[DocumentResult]]],
        settings: Settings,
        *,
        page_only: bool,
    ) -> None:
        self.labels = labels
        self._page_only = page_only
        self.template = template
        self.evaluations: list[ModelEvaluation] = []
        self._models = models
        self._finished = finished
        self._settings = settings
        self._cancellation = Cancellation()
        self._ended = threading.Event()
        self._error: BaseException | None = None

    def run(self, *, bar: bool) -> int | None:
        """Do it; the exit status where it did not come to an end."""
        with gathered_signals() as received, display(bar=bar) as shown:
            thread = threading.Thread(target=self._work, args=(shown,), name="evaluate", daemon=True)
            thread.start()
            while not self._ended.wait(_POLL_SECONDS):
                if received:
                    self._cancellation.request()
            thread.join()
        if isinstance(self._error, Cancelled):
            say(
                "Stopped. A run that can be resumed: stillroom extract … --out F.jsonl, and then evaluate --results F.jsonl."
            )
            return 128 + (received[0] if received else signal.SIGINT)
        if isinstance(self._error, StillroomError):
            say(self._error.message)
            return FAILURE
        if self._error is not None:
            raise self._error
        return None

    def _work(self, shown: Display) -> None:
        try:
            seconds, mebibytes = self._settings.get(READER_SECONDS), self._settings.get(READER_MEMORY)
            with Readers(seconds=seconds, memory_bytes=mebibytes << 20) as readers:
                self._do(Evaluator(self.labels, self.template, readers, page_only=self._page_only), shown)
        except BaseException as error:  # noqa: BLE001 - raised again on the main thread
            self._error = error
        finally:
            self._ended.set()

    def _do(self, evaluator: Evaluator, shown: Display) -> None:
        for path, results in self._finished:
            for evaluation in evaluator.judge_results(results, Path.cwd(), cancellation=self._cancellation):
                name = evaluation.model_name or path.stem
                self.evaluations.append(dataclasses.replace(evaluation, model_name=name))
        if self._finished:
            self._tell_apart([str(path) for path, _ in self._finished])
            return
        with Engine() as engine:
            for number, model in enumerate(self._models):
                self.evaluations.append(self._run_model(evaluator, engine, model, number, shown))
        self._tell_apart([str(model.path) for model in self._models])

    def _run_model(
        self, evaluator: Evaluator, engine: Engine, model: ModelFile, number: int, shown: Display
    ) -> ModelEvaluation:
        def on_progress(progress: Progress) -> None:
            before, total = number * len(self.labels), len(self._models) * len(self.labels)
            left = progress.seconds_left
            if left is not None and progress.total > progress.done:
                # The models to come are taken to be as fast as this one.
                left *= (total - before - progress.done) / (progress.total - progress.done)
            shown.documents(dataclasses.replace(progress, done=before + progress.done, total=total, seconds_left=left))

        plan = load_plan(
            model,
            context_tokens=self._settings.get(CONTEXT_TOKENS),
            threads=self._settings.get(THREADS),
            cancellation=self._cancellation,
        )
        plan = that_fits(plan, engine.status())
        if plan.notice:
            say(plan.notice)
        return evaluator.run_model(
            engine,
            plan.model,
            options=plan.options,
            environment=plan.environment,
            on_loading=lambda share: shown.loading(model.name, share),
            on_progress=on_progress,
            cancellation=self._cancellation,
        )

    def _tell_apart(self, sources: Sequence[str]) -> None:
        """Evaluations of one name get where they come from behind it."""
        counts = Counter(evaluation.model_name for evaluation in self.evaluations)
        if len(self.evaluations) == len(sources):
            self.evaluations = [
                dataclasses.replace(each, model_name=f"{each.model_name} ({source})")
                if counts[each.model_name] > 1
                else each
                for each, source in zip(self.evaluations, sources, strict=True)
            ]


def _deliver(work: _Work, options: argparse.Namespace) -> int:
    report = to_json(work.evaluations, work.template)
    if options.save is not None:
        if options.save.suffix.lower() == ".jsonl":
            lines = [json_line(result) for each in work.evaluations for result in each.results]
            text = "".join(f"{line}\n" for line in lines)
        else:
            text = json.dumps(report, indent=2) + "\n"
        try:
            atomic.write_text(options.save, text)
        except StillroomError as error:
            say(error.message)
            return FAILURE
        say(f"Written to {options.save}.")
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        print_evaluations(work.evaluations)
    for evaluation in work.evaluations:
        if evaluation.metrics.documents < len(work.labels):
            say(
                f"{evaluation.model_name}: results for {evaluation.metrics.documents} of {len(work.labels)} labelled documents."
            )
        if evaluation.metrics.unchecked:
            say(
                f"{evaluation.model_name}: {evaluation.metrics.unchecked} documents could not be read again or have changed; "
                "their values were not looked up."
            )
    failures = {each.file: each.error for evaluation in work.evaluations for each in evaluation.documents if each.error}
    for file, sentence in failures.items():
        say(f"{file}: {sentence}")
    return SOME_FAILED if failures else DONE
