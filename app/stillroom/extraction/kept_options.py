"""What models made of the options of templates, kept for the next start: of 77 options it is a quarter of a minute on a slow machine.

A file a text, by the digest of model and text, so that a template is not told by it.
"""

from __future__ import annotations

import hashlib
import io
import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt

from stillroom.atomic import replacing
from stillroom.engine.protocol import ModelInfo
from stillroom.errors import StillroomError

_MOST = 1000  # files, of 2 to 20 KB
_LARGEST = 1 << 20  # bytes
_log = logging.getLogger(__name__)


class KeptOptions:
    """Rows of numbers by model and text, in a folder. What cannot be read or written is as if there were none."""

    def __init__(self, folder: Path, most: int = _MOST) -> None:
        self._folder, self._most = folder, most

    def find(self, model: ModelInfo, text: str) -> npt.NDArray[np.float32] | None:
        """What was kept; None where nothing was, or the model's files have changed since."""
        file = self._file(model, text)
        try:
            if file is None or file.stat().st_size > _LARGEST:
                return None
            row = np.load(io.BytesIO(file.read_bytes()), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        fits = isinstance(row, np.ndarray) and row.ndim == 1 and row.dtype == np.float32 and np.isfinite(row).all()
        return row if fits else None

    def keep(self, model: ModelInfo, text: str, row: npt.NDArray[np.float64]) -> None:
        """Keep a row; the oldest go where there are too many."""
        file = self._file(model, text)
        if file is None:
            return
        try:
            with replacing(file) as temporary, temporary.open("wb") as written:
                np.save(written, row.astype(np.float32), allow_pickle=False)
            kept = list(self._folder.glob("*.npy"))
            if len(kept) > self._most:
                for oldest in sorted(kept, key=lambda each: each.stat().st_mtime_ns)[: len(kept) - self._most]:
                    oldest.unlink(missing_ok=True)
        except (OSError, StillroomError):
            _log.info("what the model makes of an option was not kept")

    def _file(self, model: ModelInfo, text: str) -> Path | None:
        """Where it is kept; None where one of the model's files is not there."""
        parts = [text]
        try:
            for name in (model.path, *(adapter.path for adapter in model.options.adapters)):
                facts = Path(name).stat()
                parts.append(f"{name}|{facts.st_size}|{facts.st_mtime_ns}")
        except OSError:
            return None
        parts += [str(adapter.scale) for adapter in model.options.adapters]
        # Of a part's length as well: two parts are never taken for one.
        told = "".join(f"{len(part)} {part}" for part in parts)
        return self._folder / f"{hashlib.sha256(told.encode('utf-8', 'surrogatepass')).hexdigest()}.npy"
