"""``stillroom template teach``: an adapter trained on labelled documents, measured on those held out, and taken where it is better."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from stillroom.cli.progress import work_display
from stillroom.cli.status import DONE, say
from stillroom.cli.stoppable import until_stopped
from stillroom.cli.text import aligned, duration, size
from stillroom.workspace import Workspace

if TYPE_CHECKING:
    from stillroom.templates.template import Template
    from stillroom.workspace.teaching import Judged, Lesson, Taught


def teach(options: argparse.Namespace) -> int:
    """Train, measure, and say what came of it."""
    with Workspace(seal=options.seal) as workspace:
        teaching = workspace.teaching
        if not options.estimate:
            teaching.check()
        template = workspace.templates.find(options.template)
        model = workspace.models.find(options.model or "")
        labels, unknown = workspace.evaluations.labels(options.labels, template)
        if unknown:
            say(f"The template has no {', '.join(unknown)}; these labels are left out.")
        with work_display(f"Reading for {template.name}", bar=sys.stderr.isatty()) as tell:
            lesson, status = until_stopped(
                lambda cancellation: teaching.prepare(
                    model, template, labels, held_out=options.hold_out, on_progress=tell, cancellation=cancellation
                )
            )
        if lesson is None:
            say("Stopped. Nothing was trained.")
            return status
        for sentence in lesson.left_out:
            say(sentence)
        say(_plan(lesson))
        if options.estimate:
            return DONE
        with work_display(f"Teaching {model.name}", bar=sys.stderr.isatty()) as tell:
            taught, status = until_stopped(
                lambda cancellation: teaching.teach(
                    lesson,
                    published=options.published,
                    keep=not options.measure_only,
                    on_progress=tell,
                    cancellation=cancellation,
                )
            )
    if taught is None:
        say("Stopped. The same command goes on where the training was.")
        return status
    print(aligned(_rows(template, taught.judged)))
    print(_outcome(lesson, taught))
    return DONE


def _plan(lesson: Lesson) -> str:
    return (
        f"{len(lesson.train)} documents with {lesson.questions} questions to train on, {len(lesson.held_out)} held out. It takes about "
        f"{duration(lesson.cost.seconds)} where nothing else runs, and {size(lesson.cost.memory)} of memory."
    )


def _rows(template: Template, judged: Judged) -> list[tuple[str, str, str]]:
    return [
        (
            template.field(name).heading,
            f"{each.before:.4g} of {each.labels} right before",
            f"{each.after:.4g} with what was trained",
        )
        for name, each in judged.fields.items()
    ]


def _outcome(lesson: Lesson, taught: Taught) -> str:
    judged = taught.judged
    figures = (
        f"Of {judged.labels} values in {judged.documents} documents held out, {judged.before:.4g} were right before and {judged.after:.4g} "
        f"with what was trained ({judged.better} better, {judged.worse} worse)"
    )
    took = f"It took {duration(taught.seconds)}" + (f" and {size(taught.memory)} of memory." if taught.memory else ".")
    if taught.model is not None:
        what = f"{lesson.template.name} is extracted with {taught.model.name} from now on. stillroom models remove takes that back."
    elif judged.holds:
        what = "It was better; as you asked, nothing was kept."
    else:
        what = "That is not better by more than chance, so nothing was kept and nothing changes."
    hint = (
        ""
        if taught.learned
        else f" {lesson.template.name} has not learned from these documents yet: stillroom template learn does that in seconds."
    )
    return f"{figures}. {what} {took}{hint}"
