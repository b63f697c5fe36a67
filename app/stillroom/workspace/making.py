"""Making models: brought in, converted, tuned for this machine, written smaller. Each takes a while, and can be stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stillroom.cancellation import Cancellation
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.engine import Engine
from stillroom.engine.protocol import LoadOptions, MeasureRequest, ModelInfo

if TYPE_CHECKING:
    from stillroom.models.model_file import ModelFile
    from stillroom.models.safetensors import ModelFolder
    from stillroom.tuning.search import Tuning
    from stillroom.tuning.smaller import Quantization, Smaller
    from stillroom.tuning.store import Copy
    from stillroom.tuning.tuned import LoadPlan, TunedModel

__all__ = ["SPEEDS", "Copy", "ModelMaking", "Quantization", "Speeds", "Told", "TunedModel", "Tuning"]

Told = Callable[[float, str], None]
"""Gets the share that is done, 0 to 1, and what is being done."""

SPEEDS = ("prompt", "score", "generate")
_BENCH_SECONDS = 1.0


def _ignore(_share: float, _what: str) -> None:
    """The callback of one who does not listen."""


@dataclass(frozen=True, slots=True)
class Speeds:
    """What a model does with so many threads. ``tokens_a_second``: by ``SPEEDS``."""

    threads: int
    tokens_a_second: dict[str, float]


class ModelMaking:
    """What makes models, or makes them faster. Methods block, and raise StillroomError and Cancelled; nothing half made stays."""

    def __init__(self, engine: Engine, readers: ReaderPool) -> None:
        self._engine, self._readers = engine, readers

    def is_published(self, source: Path) -> bool:
        """Whether it is a model as it is published, in safetensors, which is converted when it is brought in."""
        from stillroom.models.safetensors import is_safetensors

        return is_safetensors(source)

    def bring(
        self,
        source: Path,
        *,
        quantization: str = "",
        sha256: str = "",
        on_progress: Told = _ignore,
        cancellation: Cancellation | None = None,
    ) -> ModelFile:
        """Copy a GGUF file into the models folder, or make one there of a folder of safetensors.

        Args:
            quantization: to convert to; empty for 16 bits. sha256: that the file must have; empty for any.
        """
        from stillroom.models.local_files import import_model
        from stillroom.tuning.from_safetensors import convert

        if self.is_published(source):
            return convert(source, quantization=quantization, on_progress=on_progress, cancellation=cancellation)
        return import_model(
            source,
            sha256=sha256,
            on_progress=lambda done, total: on_progress(done / max(1, total), ""),
            cancellation=cancellation,
        )

    def tune(
        self,
        model: ModelFile,
        *,
        requantize: bool = True,
        documents: Sequence[Path] = (),
        on_progress: Told = _ignore,
        cancellation: Cancellation | None = None,
    ) -> TunedModel:
        """Measure how a model runs best here, and keep that. The loaded model's memory is given back first.

        Args:
            requantize: try a copy in a faster quantization. documents: the person's own, to compare it on.
        """
        from stillroom.models.fit.assess import options_that_fit
        from stillroom.tuning.tuned import tune_model

        self._engine.unload()
        return tune_model(
            model,
            requantize=requantize,
            gpu_layers=options_that_fit(model, LoadOptions()).gpu_layers,
            texts=[self._text(file, cancellation) for file in documents],
            on_progress=on_progress,
            cancellation=cancellation,
        )

    def published(self, folders: Sequence[Path]) -> list[ModelFolder]:
        """What is in folders of safetensors. Raises StillroomError where one is not whole, or the converter is not set up."""
        from stillroom.models.safetensors import model_folder
        from stillroom.tuning.from_safetensors import converter

        converter()
        return [model_folder(folder) for folder in folders]

    def quantizations(self) -> Sequence[Quantization]:
        """Those a published model can be brought in with: first none (16 bits, as it is), then the others as they are listed."""
        from stillroom.tuning.smaller import QUANTIZATIONS, Quantization

        return (Quantization("", 16.0, 0.0), *QUANTIZATIONS)

    def file_for(self, model: ModelFile, quantization: str) -> Path:
        """Where in the models folder a model in another quantization would be written."""
        from stillroom import paths
        from stillroom.tuning.smaller import copy_name

        return paths.models_dir() / copy_name(model, quantization)

    def smaller_than(self, model: ModelFile) -> Sequence[Quantization]:
        """The quantizations that would make a model smaller."""
        from stillroom.tuning.smaller import smaller_than

        return smaller_than(model)

    def smaller(
        self,
        model: ModelFile,
        quantization: str,
        *,
        target: Path | None = None,
        replace: bool = False,
        on_progress: Told = _ignore,
        cancellation: Cancellation | None = None,
    ) -> Smaller:
        """Write a model in another quantization, and compare the two. ``target``: None for a file in the models folder."""
        from stillroom.tuning.smaller import make_smaller

        return make_smaller(
            model, quantization, target=target, replace=replace, on_progress=on_progress, cancellation=cancellation
        )

    def measure(
        self, plan: LoadPlan, *, on_progress: Told = _ignore, cancellation: Cancellation | None = None
    ) -> tuple[ModelInfo, list[Speeds]]:
        """The speeds of a model as it is loaded, and with other numbers of threads; in a worker of its own."""
        from stillroom.tuning.search import WorkerBench, physical_cores

        with WorkerBench(plan.model.path, cancellation or Cancellation()) as bench:
            on_progress(0.0, "loading the model")
            info = bench.load(plan.options, tuple(plan.environment.items()))
            counts = sorted({1, physical_cores(), info.options.threads_prompt, info.options.threads_generate})
            found: list[Speeds] = []
            begun, done, total = time.monotonic(), 0, len(counts) * len(SPEEDS)
            for count in counts:
                speeds: dict[str, float] = {}
                for kind in SPEEDS:
                    on_progress(done / total, f"{kind}, {count} threads")
                    speeds[kind] = round(bench.measure(MeasureRequest(kind, count, _BENCH_SECONDS)).speed, 1)
                    done += 1
                found.append(Speeds(count, speeds))
            on_progress(1.0, f"{time.monotonic() - begun:.0f} s")
        return info, found

    def _text(self, file: Path, cancellation: Cancellation | None) -> str:
        return "\n".join(page.text for page in self._readers.read(file, cancellation=cancellation).pages)
