"""Teaching a model a template: an adapter is trained on labelled documents, measured on those held out, and taken where it is better."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.engine import Engine
from stillroom.engine.protocol import Adapter
from stillroom.errors import DocumentError, StillroomError

if TYPE_CHECKING:
    from stillroom.documents.document import Document
    from stillroom.evaluation.labels import LabelledDocument
    from stillroom.learning.memory import LearnedTemplate, TemplateMemory
    from stillroom.learning.teaching import HeldOut, Judged
    from stillroom.models.model_file import ModelFile
    from stillroom.templates.template import Template
    from stillroom.tuning.adapter_training import TrainingCost, TrainingExample, TrainingSettings
    from stillroom.workspace.models import LoadPlan

__all__ = ["Judged", "Lesson", "Taught", "Teaching"]

Told = Callable[[float, str], None]
"""Gets the share that is done, 0 to 1, and what is being done."""

_READ, _MEASURED, _TRAINED = 0.04, 0.08, 0.94  # shares of the whole, about


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a model is to be taught: documents read, and turned into questions.

    Attributes:
        documents: by file, as they were read. left_out: why others of the labelled ones are not among them.
        cost: what training takes here, at least.
    """

    model: ModelFile
    template: Template
    train: tuple[LabelledDocument, ...]
    held_out: tuple[LabelledDocument, ...]
    documents: dict[str, Document]
    examples: tuple[TrainingExample, ...]
    parameters: int
    cost: TrainingCost
    left_out: tuple[str, ...] = ()

    @property
    def questions(self) -> int:
        return sum(len(each.branches) for each in self.examples)


@dataclass(frozen=True, slots=True)
class Taught:
    """What came of it.

    Attributes:
        judged: on the documents held out. model: with the adapter, which the template is extracted with from now on; None where it was
            not better, and nothing was kept.
        learned: of how many documents the template had learned; both sides were measured with that.
        seconds: all of it. memory: bytes that training held at most; 0 where that was not seen.
    """

    judged: Judged
    model: ModelFile | None
    learned: int
    seconds: float
    memory: int


class Teaching:
    """Lessons for models. Methods block, and raise StillroomError and Cancelled; a training that was stopped goes on the next time."""

    def __init__(
        self, readers: ReaderPool, memory: Callable[[Template], TemplateMemory], plan: Callable[[ModelFile], LoadPlan]
    ) -> None:
        """``memory``: of a template. ``plan``: how a model is loaded in an engine of its own."""
        self._readers, self._memory, self._plan = readers, memory, plan

    def check(self) -> None:
        """Whether the extra is here that trains. Raises StillroomError with what to type where it is not."""
        from stillroom.tuning.adapter_training import check_training

        check_training()

    def prepare(
        self,
        model: ModelFile,
        template: Template,
        labels: Sequence[LabelledDocument],
        *,
        held_out: int = 0,
        settings: TrainingSettings | None = None,
        on_progress: Told = lambda _share, _what: None,
        cancellation: Cancellation | None = None,
    ) -> Lesson:
        """Read the documents, hold some out, and turn the others into questions. Nothing is trained yet.

        ``held_out``: how many; 0 for three in ten. Raises StillroomError where there are too few, or nothing to be taught.
        """
        from stillroom.extraction.extractor import Extractor
        from stillroom.learning.teaching import examples_of, hold_out
        from stillroom.tuning.adapter_training import cost_of, settings_for

        documents, left_out = self._documents(labels, on_progress, cancellation)
        train, held = hold_out([each for each in labels if each.file in documents], held_out)
        plan = self._plan(model)
        with Engine() as engine:
            info = engine.load(
                model.path, replace(plan.options, adapters=()), environment=plan.environment, cancellation=cancellation
            )
            extractor = Extractor(engine, words={})
            examples: list[TrainingExample] = []
            for number, each in enumerate(train):
                if cancellation is not None:
                    cancellation.raise_if_requested()
                on_progress(0.5 + 0.5 * number / len(train), f"Asking of {each.file}")
                examples += examples_of(extractor, engine, documents[each.file], template, each)
        if not any(example.branches for example in examples):
            raise StillroomError(
                "No label of these documents stands in them as a value of its field, so there is nothing to teach. Look at the labels."
            )
        cost = cost_of(info.parameters, examples, settings or settings_for(info.parameters, examples))
        return Lesson(
            model,
            template,
            tuple(train),
            tuple(held),
            documents,
            tuple(examples),
            info.parameters,
            cost,
            tuple(left_out),
        )

    def teach(
        self,
        lesson: Lesson,
        *,
        published: Path | None = None,
        settings: TrainingSettings | None = None,
        keep: bool = True,
        on_progress: Told = lambda _share, _what: None,
        cancellation: Cancellation | None = None,
    ) -> Taught:
        """Train an adapter, measure it on what was held out, and take it for the template where it is better.

        ``published``: the folder of safetensors that the model was made of, where its own weights are to be used. ``keep``: false only
        measures.
        """
        from stillroom.extraction.ranking import hash_of
        from stillroom.learning.teaching import judged
        from stillroom.models.taught import Taught as Known
        from stillroom.models.taught import keep_taught
        from stillroom.tuning.adapter_training import train_adapter

        begun, peak = time.monotonic(), 0
        paths.learned_dir().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".teaching-", dir=paths.learned_dir()) as folder:
            learned = self._learned(lesson, Path(folder))
            before = self._look(lesson, learned, (), on_progress, (_READ, _MEASURED), cancellation)

            def tell(share: float, what: str) -> None:
                nonlocal peak
                peak = max(peak, _resident())
                on_progress(_MEASURED + (_TRAINED - _MEASURED) * share, what)

            adapter = Path(folder) / "adapter.gguf"
            train_adapter(
                lesson.model, lesson.parameters, lesson.examples, adapter, published=published, settings=settings,
                on_progress=tell, cancellation=cancellation,
            )  # fmt: skip
            after = self._look(lesson, learned, (Adapter(str(adapter)),), on_progress, (_TRAINED, 1.0), cancellation)
            found = judged(before, after, lesson.template, learned)
            model = None
            if found.holds and keep:
                from stillroom.storage.checksums import file_sha256

                named = adapter.with_name(f"{lesson.template.name}-{file_sha256(adapter)[:8]}.gguf")
                adapter.rename(named)
                known = Known(lesson.template.name, hash_of(lesson.template), found.words)
                model = keep_taught(lesson.model, named, known)
                self._use(lesson.template, model)
        return Taught(found, model, learned.documents if learned is not None else 0, time.monotonic() - begun, peak)

    @staticmethod
    def _use(template: Template, model: ModelFile) -> None:
        from stillroom.models.template_models import keep_model_of_template

        keep_model_of_template(template.name, str(model.path))

    def _documents(
        self, labels: Sequence[LabelledDocument], on_progress: Told, cancellation: Cancellation | None
    ) -> tuple[dict[str, Document], list[str]]:
        documents: dict[str, Document] = {}
        left_out: list[str] = []
        for number, each in enumerate(labels):
            if cancellation is not None:
                cancellation.raise_if_requested()
            on_progress(0.5 * number / len(labels), f"Reading {each.file}")
            try:
                documents[each.file] = self._readers.read(each.path, cancellation=cancellation)
            except DocumentError as error:
                left_out.append(f"{each.file}: {error.message}")
        return documents, left_out

    def _learned(self, lesson: Lesson, folder: Path) -> LearnedTemplate | None:
        """What the template learned, of the documents trained on alone: of those held out it must know nothing. None where it has
        learned nothing yet."""
        from stillroom.learning.memory import TemplateMemory
        from stillroom.workspace.learning import truth_of

        if not self._memory(lesson.template).documents():
            return None
        memory = TemplateMemory(lesson.template, folder)
        for each in lesson.train:
            memory.take(lesson.documents[each.file], truth_of(each))
        return memory.learned()

    def _look(
        self,
        lesson: Lesson,
        learned: LearnedTemplate | None,
        adapters: tuple[Adapter, ...],
        on_progress: Told,
        shares: tuple[float, float],
        cancellation: Cancellation | None,
    ) -> list[HeldOut]:
        from stillroom.extraction.extractor import Extractor
        from stillroom.learning.teaching import look_at

        first, last = shares
        words = {each.name: 1.0 for each in lesson.template.fields} if adapters else {}
        plan = self._plan(lesson.model)
        with Engine() as engine:
            engine.load(
                lesson.model.path,
                replace(plan.options, adapters=(*plan.options.adapters, *adapters)),
                environment=plan.environment,
                cancellation=cancellation,
            )

            def tell(place: int) -> None:
                share = first + (last - first) * place / max(1, len(lesson.held_out))
                on_progress(share, "Measuring with what was trained" if adapters else "Measuring without training")

            return look_at(
                Extractor(engine, words=words, learned=lambda _: learned), lambda each: lesson.documents[each.file],
                lesson.held_out, lesson.template, tell, cancellation,
            )  # fmt: skip


def _resident() -> int:
    """Bytes that the largest child of this program's children holds."""
    found = 0
    for process in psutil.Process().children(recursive=True):
        try:
            found = max(found, process.memory_info().rss)
        except psutil.Error:
            continue
    return found
