"""A model as it runs best on this machine: tuned settings, and the faster copy that is loaded in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.engine import Engine
from stillroom.engine.protocol import Adapter, LoadOptions
from stillroom.engine.status import EngineStatus
from stillroom.errors import EngineError, StillroomError
from stillroom.extraction.result import DocumentResult, FieldValue
from stillroom.machine.nvml import held_on_gpus
from stillroom.models.adapters import attached
from stillroom.models.fit.assess import options_that_fit
from stillroom.models.library import find_model
from stillroom.models.model_file import ModelFile
from stillroom.models.projectors import projector_of
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.template import Template
from stillroom.tuning.copy import faster_copies, may_gain
from stillroom.tuning.first_copy import write_first_copy
from stillroom.tuning.search import SECONDS, Tuning, WorkerBench, tune
from stillroom.tuning.store import NO_COPY, Copy, copy_in_use, keep_copy, keep_tuning, tuned_options

_SAMPLES = (("receipt.txt", "receipt"), ("invoice.pdf", "invoice"), ("contract.docx", "contract"))
_BUSY_SECONDS = 0.5
_COPY_SHARE = 0.7  # of the whole time, where a copy is made

Tell = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class TunedModel:
    """What was done.

    Attributes:
        model: the file that was asked for. used: the one to load: a faster copy, or the same.
        copies: those that were compared, the last one kept if ``used`` is another file.
        others: share of the machine's cores that other programs used when it began, 0–1.
        notice: a sentence where no copy could be made; else empty.
    """

    model: ModelFile
    used: ModelFile
    tuning: Tuning
    copies: tuple[Copy, ...]
    others: float
    notice: str = ""


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """How to load a model: ``engine.load(plan.model.path, plan.options, environment=plan.environment)``.

    Attributes:
        asked: the model that was chosen. model: the file to load: the same, or its faster copy.
        notice: a sentence for the person where a copy is loaded; else empty.
        missing: a sentence where the model stands in for the usual one, which is gone; else empty.
    """

    asked: ModelFile
    model: ModelFile
    options: LoadOptions
    environment: Mapping[str, str]
    notice: str = ""
    missing: str = ""

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should be told before it is loaded."""
        return tuple(sentence for sentence in (self.missing, self.notice) if sentence)

    @property
    def adapters(self) -> tuple[Adapter, ...]:
        """Added to the model."""
        return self.options.adapters

    @property
    def projector(self) -> Path | None:
        """With which it sees pictures."""
        return Path(self.options.projector) if self.options.projector else None


def load_plan(
    model: ModelFile,
    *,
    context_tokens: int = 0,
    threads: int = 0,
    kv_type: str = "",
    this_file: bool = False,
    cancellation: Cancellation | None = None,
) -> LoadPlan:
    """How this model is to be loaded on this machine: as it was tuned, else as the worker chooses.

    The first time, a small one may be written anew for this, which takes a second or two.

    Args:
        context_tokens, threads: what the person has set; 0 for nothing.
        kv_type: of the cache, where the person chose one; empty for the one that was tuned, else the worker's choice.
        this_file: this very one and no copy of it, as for a run that goes on.

    Raises Cancelled.
    """
    adapters = attached(model.path)
    if not this_file and not adapters:
        write_first_copy(model, cancellation)
    projector = str(projector_of(model.path) or "")
    used = model if this_file else in_place_of(model)
    notice = "" if used == model else f"{used.name} is used in the place of {model.name}: the same model, faster here."
    tuning = tuned_options(used.path)
    if tuning is None:
        options = LoadOptions(context_tokens=context_tokens, threads_prompt=threads, threads_generate=threads)
    else:
        options = tuning.load_options(context_tokens=context_tokens, threads=threads)
    if kv_type and kv_type != options.kv_type:
        options = replace(options, kv_type=kv_type, flash_attention=None)  # some kinds of cache need it
    options = replace(options, adapters=adapters, projector=projector)
    return LoadPlan(model, used, options, {} if tuning is None else dict(tuning.environment), notice)


def that_fits(plan: LoadPlan, status: EngineStatus | None = None) -> LoadPlan:
    """The plan, with as much on a GPU as it has room for. To be asked before a model is loaded: nothing is allocated.

    Args:
        status: of the engine it will be loaded into; what that holds is given back then.

    Raises StillroomError where memory is short, EngineError where llama.cpp refuses the file.
    """
    running = status.model if status is not None else None
    own_gpu = (
        held_on_gpus(status.worker_pid) if status is not None and running is not None and running.gpu_layers else 0
    )
    own = running.size if running is not None and not own_gpu else 0
    return replace(plan, options=options_that_fit(plan.model, plan.options, own_bytes=own, own_gpu_bytes=own_gpu))


def in_place_of(model: ModelFile) -> ModelFile:
    """The faster copy that was kept of this model, or the model itself; with adapters, for which no copy was tried, itself."""
    copy = None if attached(model.path) else copy_in_use(model.path)
    if copy is None:
        return model
    try:
        return find_model(str(copy))
    except StillroomError:
        return model


def tune_model(
    model: ModelFile,
    *,
    requantize: bool = True,
    gpu_layers: int | None = None,
    texts: Sequence[str] = (),
    seconds: float = SECONDS,
    on_progress: Tell = lambda _share, _what: None,
    cancellation: Cancellation | None = None,
    command: Sequence[str] | None = None,
) -> TunedModel:
    """Measure how the model runs best here, and keep that. Takes ``seconds``, and about as long again where a copy is tried.

    The model must not be loaded elsewhere in this application meanwhile: two would share the machine and its memory.

    Args:
        requantize: try a copy in a faster quantization where this one's may gain; false: use none.
        gpu_layers: that a GPU has room for; None for all.
        texts: the person's own, to compare the copy on; none: the samples that come with Stillroom.

    Raises EngineError, StillroomError, Cancelled. What was kept before stays where this ends early.
    """
    others = psutil.cpu_percent(_BUSY_SECONDS) / 100
    copies: list[Copy] = []
    used, begin, notice = model, 0.0, ""
    if requantize and may_gain(model.quantization):
        begin = _COPY_SHARE
        try:
            copies = _try_copies(
                model, texts, lambda share, what: on_progress(share * begin, what), cancellation, command
            )
        except EngineError:
            raise
        except StillroomError as error:  # no room on the disk: the model itself can be tuned all the same
            notice = error.message
        if copies and copies[-1].path:
            used = find_model(copies[-1].path)
    with WorkerBench(used.path, cancellation, command) as bench:
        tuning = tune(
            bench,
            gpu_layers=gpu_layers,
            seconds=seconds,
            on_progress=lambda share, what: on_progress(begin + share * (1 - begin), what),
        )
    keep_tuning(used.path, tuning)
    if copies:
        keep_copy(model.path, copies[-1])
    elif not requantize:
        keep_copy(model.path, NO_COPY)
    return TunedModel(model, used, tuning, tuple(copies), others, notice)


def _try_copies(
    model: ModelFile,
    texts: Sequence[str],
    on_progress: Tell,
    cancellation: Cancellation | None,
    command: Sequence[str] | None,
) -> list[Copy]:
    with ReaderPool() as readers:
        samples = _samples(readers, cancellation)
    own = list(texts) or [_full_text(document) for document, _ in samples]

    def values(engine: Engine) -> Mapping[str, str]:
        from stillroom.extraction.extractor import Extractor  # brings much with it that loading a model does without

        extractor = Extractor(engine)
        return {
            f"{template.name} {name}": value
            for document, template in samples
            for name, value in _values(
                extractor.extract(document, template, file=template.name, cancellation=cancellation)
            ).items()
        }

    return faster_copies(
        model.path,
        paths.models_dir(),
        own,
        values,
        on_progress=on_progress,
        cancellation=cancellation,
        command=command,
    )


def sample_texts(cancellation: Cancellation | None = None) -> list[str]:
    """The text of the documents that come with Stillroom. Raises StillroomError, Cancelled."""
    with ReaderPool() as readers:
        return [_full_text(document) for document, _ in _samples(readers, cancellation)]


def _full_text(document: Document) -> str:
    return "\n".join(page.text for page in document.pages)


def _samples(readers: ReaderPool, cancellation: Cancellation | None) -> list[tuple[Document, Template]]:
    templates = TemplateLibrary([paths.resources_dir() / "templates"])
    folder: Path = paths.resources_dir() / "samples"
    return [(readers.read(folder / file, cancellation=cancellation), templates.find(name)) for file, name in _SAMPLES]


def _values(result: DocumentResult) -> dict[str, str]:
    """The values by field, those of a list or table as one text."""
    return {
        name: _text(field) if isinstance(field, FieldValue) else " | ".join(
            _text(item) if isinstance(item, FieldValue) else "; ".join(_text(cell) for cell in item.values())
            for item in field
        )
        for name, field in result.fields.items()
    }  # fmt: skip


def _text(value: FieldValue) -> str:
    return value.value or ""
