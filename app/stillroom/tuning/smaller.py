"""A copy of a model in fewer bits, and what it changes: size, memory, and how probable it finds text."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.engine.protocol import USUAL_CONTEXT_TOKENS
from stillroom.errors import StillroomError
from stillroom.gguf.checks import parts_of
from stillroom.gguf.header import read_header
from stillroom.models.file_names import inside
from stillroom.models.fit.assess import assess, this_machine
from stillroom.models.fit.estimate import Machine, Use, Verdict, estimate
from stillroom.models.fit.shape import Shape, shape_of
from stillroom.models.model_file import ModelFile, model_file
from stillroom.models.records import Record, keep_record
from stillroom.storage.checksums import file_sha256
from stillroom.tuning.copy import quantize, text_loss
from stillroom.tuning.tuned import sample_texts

Told = Callable[[float, str], None]

_USE = Use(USUAL_CONTEXT_TOKENS)
_COMPARED_USE = Use(2048)
_WRITTEN = 0.7  # share of the time, where the copy is compared


@dataclass(frozen=True, slots=True)
class Quantization:
    """One that can be written.

    Attributes:
        bits: a weight takes, about. perplexity: what it adds to that of Llama 3 8B, as llama.cpp's own tool says.
    """

    name: str
    bits: float
    perplexity: float


QUANTIZATIONS = (
    Quantization("Q8_0", 8.5, 0.0026),
    Quantization("Q6_K", 6.56, 0.0217),
    Quantization("Q5_K_M", 5.7, 0.0569),
    Quantization("Q4_K_M", 4.89, 0.1754),
    Quantization("Q4_0", 4.64, 0.4685),
    Quantization("Q3_K_M", 4.0, 0.6569),
    Quantization("Q2_K", 3.16, 3.5199),
)


@dataclass(frozen=True, slots=True)
class Smaller:
    """What was made of a model.

    Attributes:
        size, source_size: bytes of the files' weights. memory, source_memory: bytes at 8,192 tokens of context.
        loss: nats a token by which it finds the sample documents less probable; None where that could not be compared.
    """

    model: ModelFile
    size: int
    source_size: int
    memory: int
    source_memory: int
    loss: float | None

    @property
    def perplexity(self) -> float | None:
        """By which share the perplexity on the sample documents rose."""
        return None if self.loss is None else math.exp(self.loss) - 1

    @property
    def verdict(self) -> str:
        """What the loss means, in a sentence."""
        if self.perplexity is None:
            return "What that costs in accuracy was not compared, as both files do not fit into the free memory."
        found = f"On the sample documents its perplexity is {abs(self.perplexity):.1%}"
        if self.perplexity < 0.005:
            return f"{found} {'lower' if self.perplexity < 0 else 'higher'}: no loss that could be noticed."
        much = "a small loss" if self.perplexity < 0.03 else "a loss that may be noticed"
        if self.perplexity >= 0.1:
            much = "a large loss; more bits are worth their size"
        return f"{found} higher: {much}."


def smaller_than(model: ModelFile) -> list[Quantization]:
    """Those in which a copy takes less room than the model does."""
    bits = 8 * model.size / max(1, _shape(model.path).parameters)
    return [each for each in QUANTIZATIONS if each.bits < bits * 0.97]


def make_smaller(
    model: ModelFile,
    quantization: str,
    *,
    target: Path | None = None,
    replace: bool = False,
    on_progress: Told = lambda _share, _what: None,
    cancellation: Cancellation | None = None,
) -> Smaller:
    """Write a copy of a model, and compare the two on the sample documents where there is memory for that.

    Args:
        target: the file to write; None for one in the models folder. replace: write over it.

    Raises:
        StillroomError: the quantization is none that can be written, the disk has no room, the file is there already.
        Cancelled: stopping was asked for; nothing is left of it.
    """
    cancellation = cancellation or Cancellation()
    target = target or inside(paths.models_dir(), copy_name(model, quantization))
    if target.exists() and not replace:
        raise StillroomError(f"{target.name} is there already. Remove it first, or choose another quantization.")
    machine = this_machine()
    compared = _both_fit(model, machine)
    share = _WRITTEN if compared else 1.0
    made = quantize(
        model.path,
        target,
        quantization,
        on_progress=lambda done: on_progress(share * done, f"Writing {target.name}"),
        cancellation=cancellation,
    )
    loss = None
    if compared:
        try:
            loss = text_loss(
                model.path,
                target,
                sample_texts(cancellation),
                on_progress=lambda done: on_progress(share + (1 - share) * done, "Comparing it with the original"),
                cancellation=cancellation,
            )
        except BaseException:  # a copy that was not compared to the end is not kept
            target.unlink(missing_ok=True)
            raise
    if target.resolve().is_relative_to(paths.models_dir().resolve()):
        keep_record(target, Record(file_sha256(target), target.stat().st_size, f"made from {model.name}"))
    copy = model_file(target)
    if copy is None:
        raise StillroomError(f"{target.name} is no whole model. Make it again.")
    memory = [estimate(_shape(path), _USE).total for path in (target, model.path)]
    return Smaller(copy, made.size, made.source_size, memory[0], memory[1], loss)


def copy_name(model: ModelFile, quantization: str) -> str:
    """Of the file: the model's, with the new quantization in the place of its own."""
    name = model.name.removesuffix(f".{model.quantization}").removesuffix(f"-{model.quantization}")
    return f"{name}-requantized.{quantization.upper()}.gguf"


def _shape(path: Path) -> Shape:
    return shape_of([read_header(part) for part in parts_of(path)])


def _both_fit(model: ModelFile, machine: Machine) -> bool:
    """Whether the larger of the two, the model itself, has room; they are loaded one after the other."""
    return assess(_shape(model.path), machine, _COMPARED_USE).verdict is not Verdict.NO
