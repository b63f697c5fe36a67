"""``stillroom extract``: a run over files, with a bar, and its rows as a file, as JSON lines or as a table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stillroom.cancellation import Cancellation
from stillroom.cli.named import named_files, password_in
from stillroom.cli.progress import Display, display
from stillroom.cli.results import as_json, deliver, print_line
from stillroom.cli.status import FAILURE, USAGE, say
from stillroom.cli.stoppable import until_stopped
from stillroom.errors import StillroomError
from stillroom.extraction.result import DocumentResult, DocumentStatus
from stillroom.templates.template import Template
from stillroom.workspace import Workspace
from stillroom.workspace.runs import check_target

if TYPE_CHECKING:
    from stillroom.workspace.models import LoadPlan, ModelFile
    from stillroom.workspace.runs import Batch


def run(options: argparse.Namespace) -> int:
    """Run the command; see ``stillroom.cli`` for the status."""
    with Workspace(seal=options.seal) as workspace:
        try:
            if options.out is not None:
                check_target(options.out)
            template = workspace.templates.find(options.template)
            files = named_files(workspace, options.paths)
            chosen = workspace.models.find(options.model) if options.model else None
            if options.password_file is not None:
                workspace.readers.remember_password(password_in(options.password_file))
        except StillroomError as error:
            say(error.message)
            return USAGE
        for notice in workspace.notices:
            say(notice)
        batch = workspace.runs.unfinished(template, files, chosen) if options.resume else None
        if options.resume and batch is None:
            say("There is no unfinished run of these files with this template and model; a new one is started.")
        if batch is not None:
            # What went wrong may have been mended since: a file moved back, a password given, memory freed.
            batch.retry(
                [place for place, row in enumerate(batch.results()) if row and row.status is DocumentStatus.FAILED]
            )
        plan, wanted = _plan(workspace, template, batch, chosen), as_json(options)
        work = Work(workspace, template, files, plan, batch, as_json=wanted, alone=options.alone)
        return work.run(options.out)


def _plan(workspace: Workspace, template: Template, batch: Batch | None, chosen: ModelFile | None) -> LoadPlan:
    """The model to load, and how: that of the run that goes on, else the one that was named, else the template's own, else the usual."""
    if chosen is None and batch is None:
        try:
            chosen = workspace.models.of_template(template.name)
        except StillroomError as error:
            say(error.message)
    plan = workspace.models.plan(chosen or "") if batch is None else workspace.models.plan_of_run(batch.record)
    for notice in plan.notices:
        say(notice)
    return plan


class Work:
    """One run, from the loading of its model to its output. ``_batch``: None until it was begun."""

    def __init__(
        self,
        workspace: Workspace,
        template: Template,
        files: Sequence[Path],
        plan: LoadPlan,
        batch: Batch | None,
        *,
        as_json: bool,
        alone: bool,
    ) -> None:
        """``alone``: each document is decided by itself, so that its line can be printed when it is done."""
        self._workspace, self._template, self._files, self._plan = workspace, template, files, plan
        self._batch, self._as_json, self._alone = batch, as_json, alone

    def run(self, out: Path | None) -> int:
        bar = sys.stderr.isatty() and not (self._as_json and sys.stdout.isatty())
        try:
            with display(bar=bar) as shown:
                batch, status = until_stopped(lambda cancellation: self._do(shown, cancellation))
        except StillroomError as error:
            say(error.message)
            if self._batch is not None:
                say(self._kept("The run was ended."))
            return FAILURE
        if self._batch is not None and not self._alone:
            self._print(*self._batch.results())
        if batch is None:
            say(self._kept("Stopped."))
            return status
        return deliver(self._workspace, batch, out, as_json=self._as_json)

    def _do(self, shown: Display, cancellation: Cancellation) -> Batch:
        models, runs = self._workspace.models, self._workspace.runs
        if self._batch is not None and self._alone:
            self._print(*self._batch.results())
        if self._batch is None or self._batch.pending():
            name = self._plan.model.name
            info = models.load(
                self._plan, on_progress=lambda share: shown.loading(name, share), cancellation=cancellation
            )
            if self._batch is None:
                self._batch = runs.new(self._template, self._files, info)
                # Until its output is written a run can be resumed, also one whose rows are all there.
                runs.set_delivered(self._batch, False)
            runs.do(
                self._batch,
                alone=self._alone,
                on_result=lambda _, result: self._print(result) if self._alone else None,
                on_progress=shown.documents,
                cancellation=cancellation,
            )
        return self._batch

    def _print(self, *results: DocumentResult | None) -> None:
        for result in filter(None, results if self._as_json else ()):
            print_line(result)

    def _kept(self, what: str) -> str:
        if self._batch is None:
            return f"{what} No document had been begun."
        total = len(self._batch.files)
        done = total - len(self._batch.pending())
        return f"{what} {done} of {total} documents are done and kept; the same command with --resume goes on."
