"""A small model's copy in the quantization that processors read fastest, written when the model is first loaded."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from pathlib import Path

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.errors import StillroomError
from stillroom.machine.hardware import look
from stillroom.machine.keys import file_key
from stillroom.models.fit.planned_before import keep_tried
from stillroom.models.model_file import ModelFile
from stillroom.storage.ownership import Owned, OwnedElsewhere
from stillroom.tuning.copy import may_gain, plain_name, quantize
from stillroom.tuning.store import Copy, copy_in_use, keep_copy, known_copy

_QUANTIZATION = "Q8_0"
"""Holds what any coarser one holds (SmolLM2 135M in Q4_1: text is as probable within 0.003 nats a token): no comparison is needed."""
_LARGEST_BYTES = 150_000_000
"""Written within two seconds, and small enough that memory does not hold up writing with twice the bytes."""
_PATIENCE_SECONDS = 60.0
"""With another process that writes one; then the model itself is loaded."""

_LOG = logging.getLogger(__name__)


def write_first_copy(model: ModelFile, cancellation: Cancellation | None = None) -> None:
    """Make the copy, and have it loaded in the model's place from then on, where that is sure to gain.

    That is: a small file in a quantization for which the processor back end has no fast form (a copy of SmolLM2 135M in Q4_1 reads
    2.1 to 2.7 times as fast on an EPYC, scores 1.9 and writes 1.2 times), no GPU to use, and nothing found out about a copy yet;
    tuning measures and decides anew.
    Where there is no room for it, or another process writes one for long, the model itself is used, without a word. Raises Cancelled.
    """
    if model.size > _LARGEST_BYTES or not may_gain(model.quantization) or not _is_wanted(model.path):
        return
    if look().usable_gpus():
        return
    target = _folder(model.path) / f"{plain_name(model.path)}.{_QUANTIZATION}.gguf"
    try:
        with _alone(cancellation):
            if not _is_wanted(model.path):  # another process wrote it meanwhile, and may have it loaded
                return
            quantize(model.path, target, _QUANTIZATION, cancellation=cancellation)
            keep_copy(model.path, Copy(str(target), file_key(target), _QUANTIZATION))
            keep_tried(target)
    except (StillroomError, OSError) as error:
        _LOG.info("no faster copy of %s was made (%s)", model.name, error)


@contextlib.contextmanager
def _alone(cancellation: Cancellation | None) -> Iterator[None]:
    """While no other process writes a copy: a worker may open the very file it was told of, and not one that took its place.
    Raises OwnedElsewhere where that takes too long, StillroomError, Cancelled."""
    given_up = time.monotonic() + _PATIENCE_SECONDS
    while True:
        if cancellation is not None:
            cancellation.raise_if_requested()
        try:
            mine = Owned(paths.cache_dir() / "first-copies.lock", "Another process writes a copy of a model.")
            break
        except OwnedElsewhere:
            if time.monotonic() > given_up:
                raise
    try:
        yield
    finally:
        mine.release()


def _is_wanted(model: Path) -> bool:
    known = known_copy(model)
    if known is None:
        return True
    # Made here, and lost with what can be made again.
    return copy_in_use(model) is None and Path(known.path).parent == _folder(model)


def _folder(model: Path) -> Path:
    return paths.copies_dir() / model.stem
