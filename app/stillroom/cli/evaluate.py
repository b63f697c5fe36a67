"""``stillroom evaluate``: labelled documents through one model or several, and the figures side by side."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from stillroom import atomic
from stillroom.cancellation import Cancellation
from stillroom.cli.evaluation_tables import print_evaluations
from stillroom.cli.progress import Display, display
from stillroom.cli.remote_models import show_what_would_leave
from stillroom.cli.status import DONE, FAILURE, SOME_FAILED, USAGE, say
from stillroom.cli.stoppable import until_stopped
from stillroom.codec import from_line
from stillroom.errors import StillroomError
from stillroom.evaluation.evaluate import ModelEvaluation
from stillroom.extraction.columns import json_line
from stillroom.extraction.result import DocumentResult, Progress, result_from_json
from stillroom.templates.template import Template
from stillroom.workspace import Workspace
from stillroom.workspace.evaluations import EvaluationConsent

if TYPE_CHECKING:
    from stillroom.remote.engines import RemoteEngine
    from stillroom.workspace.evaluations import LabelledDocument
    from stillroom.workspace.models import LoadPlan

_SUFFIXES = (".json", ".jsonl")


def run(options: argparse.Namespace) -> int:
    """Run the command; see ``stillroom.cli`` for the status."""
    with Workspace(seal=options.seal) as workspace:
        try:
            _check(options)
            template = workspace.templates.find(options.template)
            labels, unknown = workspace.evaluations.labels(options.labels, template)
            finished = [(path, _read_results(path)) for path in options.results]
            engines = [workspace.remote.engine(name) for name in dict.fromkeys(options.remote)]
            here = not finished and (options.model or not engines) and (options.yes_send or not engines)
            plans = _plans(workspace, options.model) if here else []
        except StillroomError as error:
            say(error.message)
            return USAGE
        for problem in workspace.settings.problems:
            say(problem)
        if unknown:
            say(f'The template "{template.name}" has no {", ".join(unknown)}; these labels are left out.')
        for notice in (notice for plan in plans for notice in plan.notices):
            say(notice)
        labels = labels[: options.limit]
        if engines and not options.yes_send:
            show_what_would_leave(workspace, template, engines, [each.path for each in labels])
            say("Labels stay here. No model was asked.")
            return DONE
        work = _Work(workspace, labels, template, page_only=options.page_only, alone=options.alone)
        try:
            with display(bar=sys.stderr.isatty()) as shown:
                evaluations, status = until_stopped(
                    lambda cancellation: (
                        work.judge(finished, cancellation)
                        if finished
                        else work.run(plans, engines, shown, cancellation)
                    )
                )
        except StillroomError as error:
            say(error.message)
            return FAILURE
        if evaluations is None:
            say(
                "Stopped. A run that can be resumed: stillroom extract … --out F.jsonl, and then evaluate --results F.jsonl."
            )
            return status
        return _deliver(workspace, work, evaluations, options)


def _check(options: argparse.Namespace) -> None:
    if options.model and options.results:
        raise StillroomError("Give either --model, to run it, or --results, to judge what an earlier run gave.")
    if options.remote and options.results:
        raise StillroomError("Give either --remote, to ask it, or --results, to judge what an earlier run gave.")
    if options.save is not None and options.save.suffix.lower() not in _SUFFIXES:
        raise StillroomError("--save writes a .json file with the figures, or a .jsonl file with the results.")


def _plans(workspace: Workspace, names: Sequence[str]) -> list[LoadPlan]:
    """The models to run, each once; the usual one where none is named. Raises StillroomError, also where one does not fit."""
    found = {plan.asked.path.absolute(): plan for plan in map(workspace.models.plan, names or [""])}
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
            results.append(result_from_json(from_line(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise StillroomError(
                f"{path.name} line {number} is no result. Give the .jsonl file of stillroom extract or of --save."
            ) from error
    return results


class _Work:
    """Evaluations of one template over the same documents. ``failed``: a sentence for each model that could not be compared."""

    def __init__(
        self,
        workspace: Workspace,
        labels: Sequence[LabelledDocument],
        template: Template,
        *,
        page_only: bool,
        alone: bool,
    ) -> None:
        self._workspace, self.labels, self.template = workspace, labels, template
        self._page_only, self._alone = page_only, alone
        self.failed: list[str] = []

    def judge(
        self, finished: Sequence[tuple[Path, Sequence[DocumentResult]]], cancellation: Cancellation
    ) -> list[ModelEvaluation]:
        """Of results that are there."""
        done = [
            dataclasses.replace(evaluation, model_name=evaluation.model_name or path.stem)
            for path, results in finished
            for evaluation in self._workspace.evaluations.judge(
                results, self.labels, self.template, Path.cwd(), cancellation=cancellation
            )
        ]
        return _told_apart(done, [str(path) for path, _ in finished])

    def run(
        self, plans: Sequence[LoadPlan], engines: Sequence[RemoteEngine], shown: Display, cancellation: Cancellation
    ) -> list[ModelEvaluation]:
        """Of models, one after the other: those that run here, then those behind an address, to which a person has agreed.

        What one of them cannot do takes nothing from the others. Raises StillroomError where none could.
        """
        names = [*(plan.asked.name for plan in plans), *(engine.title for engine in engines)]
        sources = [*(str(plan.asked.path) for plan in plans), *(engine.host for engine in engines)]
        runs: list[Callable[[Callable[[Progress], None]], ModelEvaluation]] = [
            *(partial(self._here, plan, shown, cancellation) for plan in plans),
            *(partial(self._elsewhere, engine, cancellation) for engine in engines),
        ]
        done, where = [], []
        for number, run in enumerate(runs):
            try:
                done.append(run(partial(self._tell, shown, number, len(runs))))
                where.append(sources[number])
            except StillroomError as error:
                if number == len(runs) - 1 and not done:
                    raise
                self.failed.append(f"{names[number]} was not compared: {error.message}")
        return _told_apart(done, where)

    def _tell(self, shown: Display, number: int, models: int, progress: Progress) -> None:
        """Show how far the model of this number is, of all."""
        before, total = number * len(self.labels), models * len(self.labels)
        left = progress.seconds_left
        if left is not None and progress.total > progress.done:
            # The models to come are taken to be as fast as this one.
            left *= (total - before - progress.done) / (progress.total - progress.done)
        shown.documents(dataclasses.replace(progress, done=before + progress.done, total=total, seconds_left=left))

    def _here(
        self, plan: LoadPlan, shown: Display, cancellation: Cancellation, on_progress: Callable[[Progress], None]
    ) -> ModelEvaluation:
        return self._workspace.evaluations.run(
            plan,
            self.labels,
            self.template,
            page_only=self._page_only,
            alone=self._alone,
            on_loading=lambda share: shown.loading(plan.asked.name, share),
            on_progress=on_progress,
            cancellation=cancellation,
        )

    def _elsewhere(
        self, engine: RemoteEngine, cancellation: Cancellation, on_progress: Callable[[Progress], None]
    ) -> ModelEvaluation:
        return self._workspace.evaluations.run_remote(
            EvaluationConsent(engine, self.template, tuple(self.labels)),
            self._workspace.remote,
            on_progress=on_progress,
            cancellation=cancellation,
        )


def _told_apart(evaluations: list[ModelEvaluation], sources: Sequence[str]) -> list[ModelEvaluation]:
    """Evaluations of one name get where they come from behind it."""
    counts = Counter(evaluation.model_name for evaluation in evaluations)
    if len(evaluations) != len(sources):
        return evaluations
    return [
        dataclasses.replace(each, model_name=f"{each.model_name} ({source})") if counts[each.model_name] > 1 else each
        for each, source in zip(evaluations, sources, strict=True)
    ]


def _deliver(
    workspace: Workspace, work: _Work, evaluations: Sequence[ModelEvaluation], options: argparse.Namespace
) -> int:
    report = workspace.evaluations.report(evaluations, work.template)
    if options.save is not None:
        if options.save.suffix.lower() == ".jsonl":
            lines = [json_line(result) for each in evaluations for result in each.results]
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
        print_evaluations(evaluations)
    for evaluation in evaluations:
        if evaluation.metrics.documents < len(work.labels):
            why = f" {evaluation.ended}" if evaluation.ended else ""
            say(
                f"{evaluation.model_name}: results for {evaluation.metrics.documents} of {len(work.labels)} labelled documents.{why}"
            )
        if evaluation.metrics.unchecked:
            say(
                f"{evaluation.model_name}: {evaluation.metrics.unchecked} documents could not be read again or have changed; "
                "their values were not looked up."
            )
    failures = {each.file: each.error for evaluation in evaluations for each in evaluation.documents if each.error}
    for file, sentence in failures.items():
        say(f"{file}: {sentence}")
    for sentence in work.failed:
        say(sentence)
    ended = any(evaluation.ended for evaluation in evaluations)
    return SOME_FAILED if failures or work.failed or ended else DONE
