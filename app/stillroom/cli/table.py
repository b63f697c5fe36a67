"""``stillroom extract --add-to N`` and ``--renew N``: a table that is there gets more files, or a template that was changed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from stillroom.cli.extract import Work
from stillroom.cli.named import named_files
from stillroom.cli.results import as_json
from stillroom.cli.status import USAGE, say
from stillroom.errors import StillroomError
from stillroom.workspace import Workspace
from stillroom.workspace.runs import check_target

if TYPE_CHECKING:
    from stillroom.workspace.models import LoadPlan
    from stillroom.workspace.runs import Batch


def run(options: argparse.Namespace) -> int:
    """Run the command; see ``stillroom.cli`` for the status."""
    with Workspace(seal=options.seal) as workspace:
        try:
            if options.out is not None:
                check_target(options.out)
            batch, plan = _added(workspace, options) if options.renew is None else _renewed(workspace, options)
        except StillroomError as error:
            say(error.message)
            return USAGE
        for notice in (*workspace.notices, *plan.notices):
            say(notice)
        workspace.runs.set_delivered(batch, False)
        return Work(workspace, batch.template, batch.files, plan, batch, as_json=as_json(options), alone=False).run(
            options.out
        )


def _added(workspace: Workspace, options: argparse.Namespace) -> tuple[Batch, LoadPlan]:
    """The table with the files that it did not have. Raises StillroomError."""
    if options.template or options.model:
        raise StillroomError("With --add-to a table keeps its template and model. Leave --template and --model out.")
    batch = workspace.runs.resume(options.add_to)
    files = named_files(workspace, options.paths)
    fresh = workspace.runs.fresh(batch, files)
    plan = workspace.models.plan_of_run(batch.record)
    if len(fresh) < len(files):
        known = len(files) - len(fresh)
        say(f"{known} {'file is' if known == 1 else 'files are'} in the table already.")
    workspace.runs.add(batch, fresh)
    return batch, plan


def _renewed(workspace: Workspace, options: argparse.Namespace) -> tuple[Batch, LoadPlan]:
    """A table of the same files with the template as it is now. Raises StillroomError."""
    if options.paths or options.add_to is not None:
        raise StillroomError("With --renew a table keeps its files. Leave the paths and --add-to out.")
    old = workspace.runs.resume(options.renew)
    template = workspace.templates.find(options.template or old.template.name)
    changed = workspace.runs.changed(old, template)
    say(f"Asked again: {', '.join(changed)}." if changed else "No field was changed: every value is taken over.")
    plan = workspace.models.plan(options.model) if options.model else workspace.models.plan_of_run(old.record)
    return workspace.runs.renew(old, template, plan.model), plan
