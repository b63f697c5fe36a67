"""A copy of a model in a quantization this machine evaluates faster: made, compared with the original, kept or removed.

llama.cpp's processor back end rearranges some quantizations so that it multiplies several rows at once; files in others
are several times slower to read with. Writing the weights anew can lose accuracy, so the copy must find the same text
about as probable as the original does, and extract the same values.
"""

from __future__ import annotations

import re
import shutil
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from stillroom.atomic import replacing
from stillroom.cancellation import Cancellation
from stillroom.engine.engine import Engine
from stillroom.engine.limits import Limits
from stillroom.engine.protocol import (
    USUAL_CONTEXT_TOKENS,
    LoadOptions,
    MeasureRequest,
    Piece,
    Quantized,
    QuantizeRequest,
    Question,
    ScoreRequest,
)
from stillroom.errors import StillroomError
from stillroom.machine.keys import file_key
from stillroom.sizes import size_text
from stillroom.tuning.search import physical_cores
from stillroom.tuning.store import Copy

SPEEDUP = 1.3
"""A copy must be this many times faster to be kept."""
LOSS = 0.02
"""And find a text no less probable than this, in nats a token: 2 % of perplexity."""
AGREEMENT = 0.9
"""And extract this share of values alike."""

FASTER = ("Q4_0", "Q8_0")
"""Quantizations of which the processor back end has the fast form everywhere, the faster first."""
_ALREADY_FAST = re.compile(r"(?i)^(Q4_0|Q8_0|Q4_K.*|IQ4_NL|F16|F32|BF16|MXFP4)$")
_CONTEXT_CHARACTERS, _SCORED_CHARACTERS = 250, 750
_CHUNKS = 8
_ORIGINAL_SHARE = 0.4  # of the time, of a model slow enough to be worth a copy
_MARGIN_BYTES = 200 << 20
_SHARES = {
    "prompt": 0.35,
    "score": 0.35,
    "generate": 0.3,
}  # of what matters: extraction reads, scores, and writes little
_STOP_AT_ONCE = Limits(cancel_grace=0.2, stop_grace=0.2)

Values = Callable[[Engine], Mapping[str, str]]
Tell = Callable[[float, str], None]


def may_gain(quantization: str) -> bool:
    """Whether a copy of a file in this quantization may be faster."""
    return bool(quantization) and not _ALREADY_FAST.match(quantization.replace(" ", "_"))


def quantize(
    source: Path,
    target: Path,
    quantization: str,
    *,
    on_progress: Callable[[float], None] | None = None,
    cancellation: Cancellation | None = None,
    command: Sequence[str] | None = None,
) -> Quantized:
    """Write ``source`` in another quantization as ``target``, in a worker of its own. Nothing is left over where it fails.

    Raises:
        EngineError: the file or the quantization is none it can work with.
        StillroomError: the disk has no room, or the place cannot be written.
        Cancelled: stopping was asked for.
    """
    if target.exists() and source.samefile(target):
        raise StillroomError("A model cannot be written over itself. Name another file.")
    with Engine(command, limits=_STOP_AT_ONCE) as engine:
        plan = engine.quantize(
            QuantizeRequest(str(source), str(target), quantization, dry=True), cancellation=cancellation
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(target.parent).free
    if plan.size + _MARGIN_BYTES > free:
        raise StillroomError(
            f"The copy needs {size_text(plan.size)} on the disk; {size_text(free)} are free. "
            "Free some space, or choose a smaller quantization."
        )
    # The worker is gone before the file is removed: some systems keep an open one.
    with replacing(target) as temporary, Engine(command, limits=_STOP_AT_ONCE) as engine:
        request = QuantizeRequest(str(source), str(temporary), quantization, physical_cores())
        return engine.quantize(request, on_progress=on_progress, cancellation=cancellation)


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured of one file. ``speeds`` by kind; ``probabilities``: mean log probability a token, by text."""

    speeds: Mapping[str, float]
    probabilities: tuple[float, ...]
    values: Mapping[str, str]


def faster_copies(
    model: Path,
    folder: Path,
    texts: Sequence[str],
    values: Values | None = None,
    *,
    on_progress: Tell = lambda _share, _what: None,
    cancellation: Cancellation | None = None,
    command: Sequence[str] | None = None,
) -> list[Copy]:
    """Make and compare copies in ``folder`` until one is good enough; the last has a path if it was kept.

    Args:
        texts: of the kind the model is used for; enough of them for a few thousand tokens.
        values: extracts values from documents with the engine's model, by a name for each; None to compare no values.

    Raises EngineError, StillroomError (no room …), Cancelled.
    """
    chunks = list(_chunks(texts))
    tried: list[Copy] = []
    with Engine(command) as engine:
        look = _Look(engine, chunks, values, cancellation)
        look.tell = _part(on_progress, "the model as it is", 0.0, _ORIGINAL_SHARE)
        original = look.all(model)
        begin, share = _ORIGINAL_SHARE, (1 - _ORIGINAL_SHARE) / len(FASTER)
        for quantization in FASTER:
            target = folder / f"{plain_name(model)}-requantized.{quantization}.gguf"
            if not _fits_memory(model, quantization):
                continue
            write = _part(on_progress, f"writing {quantization}", begin, share / 4)
            quantize(model, target, quantization, on_progress=write, cancellation=cancellation, command=command)
            kept = False
            try:
                look.tell = _part(on_progress, f"comparing {quantization}", begin + share / 4, share * 3 / 4)
                copy = _compare(look, original, target, quantization)
                tried.append(copy)
                kept = bool(copy.path)
            finally:
                if not kept:
                    engine.unload()
                    target.unlink(missing_ok=True)
            if kept:
                break
            begin += share
    on_progress(1.0, "done")
    return tried


def text_loss(
    model: Path,
    copy: Path,
    texts: Sequence[str],
    *,
    on_progress: Callable[[float], None] = lambda _: None,
    cancellation: Cancellation | None = None,
    command: Sequence[str] | None = None,
) -> float | None:
    """How much less probable a copy finds texts than the model does, in nats a token; None where the texts are too short.

    Each is loaded in turn, in a worker of its own. Raises EngineError, Cancelled.
    """
    chunks = list(_chunks(texts))
    found: list[tuple[float, ...]] = []
    with Engine(command) as engine:
        for number, file in enumerate((model, copy)):
            engine.load(file, LoadOptions(context_tokens=2048), cancellation=cancellation)
            look = _Look(engine, chunks, None, cancellation)
            look.tell = _part(lambda share, _what: on_progress(share), "", number / 2, 0.5)
            found.append(look.probabilities())
    losses = [before - after for before, after in zip(*found, strict=True)]
    return statistics.fmean(losses) if losses else None


def _part(tell: Tell, what: str, begin: float, size: float) -> Callable[[float], None]:
    return lambda share: tell(begin + size * share, what)


def _compare(look: _Look, original: Found, target: Path, quantization: str) -> Copy:
    speeds = look.speeds(target)
    speedup = _worth(speeds) / _worth(original.speeds)
    loss: float | None = None
    agreement: float | None = None
    good = speedup >= SPEEDUP
    if good:
        probabilities = look.probabilities(original.probabilities)
        losses = [before - after for before, after in zip(original.probabilities, probabilities, strict=False)]
        loss = statistics.fmean(losses) if losses else 0.0
        good = loss <= LOSS
    if good and original.values:
        agreement = agreement_of(original.values, look.values())
        good = agreement >= AGREEMENT
    return Copy(
        path=str(target) if good else "",
        file=file_key(target),
        quantization=quantization,
        speedup=round(speedup, 3),
        loss=loss if loss is None else round(loss, 4),
        agreement=agreement if agreement is None else round(agreement, 3),
    )


class _Look:
    """A worker in which one file after the other is measured."""

    def __init__(
        self,
        engine: Engine,
        chunks: Sequence[tuple[str, str]],
        values: Values | None,
        cancellation: Cancellation | None,
    ) -> None:
        self._engine = engine
        self._chunks = chunks
        self._values = values
        self._cancellation = cancellation
        self.tell: Callable[[float], None] = lambda _: None

    def all(self, model: Path) -> Found:
        return Found(self.speeds(model), self.probabilities(), self.values())

    def speeds(self, model: Path) -> dict[str, float]:
        """Of the best count of threads, by kind."""
        self.tell(0.0)
        self._engine.load(model, LoadOptions(context_tokens=USUAL_CONTEXT_TOKENS), cancellation=self._cancellation)
        counts = sorted({1, physical_cores()})
        found: dict[str, list[float]] = {}
        for number, kind in enumerate(_SHARES):
            self.tell(0.1 * number)
            for count in counts:
                measured = [
                    self._engine.measure(MeasureRequest(kind, count, 0.3), cancellation=self._cancellation).speed
                    for _ in range(2)
                ]
                found.setdefault(kind, []).append(max(measured))
        return {kind: max(speeds) for kind, speeds in found.items()}

    def probabilities(self, before: Sequence[float] = ()) -> tuple[float, ...]:
        """Mean log probability a token of each text, by the loaded model. Ends early where it is far worse than ``before``."""
        found: list[float] = []
        for number, (context, text) in enumerate(self._chunks):
            self.tell(0.3 + 0.4 * number / len(self._chunks))
            request = ScoreRequest((Piece(context),), (Question("\n", (text,)),))
            result = self._engine.score(request, cancellation=self._cancellation)
            found.append(result.scores[0][0] / result.lengths[0][0])
            losses = [old - new for old, new in zip(before, found, strict=False)]
            if len(losses) >= 3 and min(losses) > LOSS and statistics.fmean(losses) > 3 * LOSS:
                break
        return tuple(found)

    def values(self) -> Mapping[str, str]:
        self.tell(0.7)
        return {} if self._values is None else self._values(self._engine)


def agreement_of(before: Mapping[str, str], after: Mapping[str, str]) -> float:
    """Share of the names under which both have the same value."""
    names = before.keys() | after.keys()
    return sum(before.get(name) == after.get(name) for name in names) / len(names) if names else 1.0


def _worth(speeds: Mapping[str, float]) -> float:
    worth = 1.0
    for kind, share in _SHARES.items():
        worth *= speeds[kind] ** share
    return worth


def _chunks(texts: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Pieces of the texts with what stands before each, taken in turn so that every text is heard."""
    pieces = [
        [
            text[start : start + _CONTEXT_CHARACTERS + _SCORED_CHARACTERS]
            for start in range(0, len(text), _SCORED_CHARACTERS)
        ]
        for text in texts
    ]
    number = 0
    for turn in range(max((len(each) for each in pieces), default=0)):
        for each in pieces:
            if turn < len(each) and len(each[turn]) >= 2 * _CONTEXT_CHARACTERS and number < _CHUNKS:
                number += 1
                yield each[turn][:_CONTEXT_CHARACTERS], each[turn][_CONTEXT_CHARACTERS:]


def _fits_memory(model: Path, quantization: str) -> bool:
    """A copy of twice the size must leave room for everything else."""
    if quantization != "Q8_0":
        return True
    return 2 * model.stat().st_size < 0.6 * psutil.virtual_memory().available


def plain_name(model: Path) -> str:
    """The file's name without its quantization, which the copy has not."""
    return re.sub(r"(?i)[-_.]I?Q\d(_[A-Z0-9]+)*$", "", model.stem)
