"""Writes a model file in another quantization, in a worker that does nothing else and may be ended at any time."""

from __future__ import annotations

import ctypes
import os
import re
import threading
import time
from collections.abc import Callable, Iterator

import llama_cpp.llama_cpp as lib

from stillroom.engine.protocol import Quantized, QuantizeRequest
from stillroom.errors import EngineError
from stillroom.worker.llama_log import every_log_line_to

# enum llama_ftype
TYPES = {
    "F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8, "Q5_1": 9, "Q2_K": 10, "Q3_K_S": 11, "Q3_K_M": 12,
    "Q3_K_L": 13, "Q4_K_S": 14, "Q4_K_M": 15, "Q5_K_S": 16, "Q5_K_M": 17, "Q6_K": 18, "IQ4_NL": 25, "IQ4_XS": 30, "BF16": 32,
}  # fmt: skip
_BUFFER_BYTES = 256 << 20  # of rows kept in memory at once
_POLL_SECONDS = 0.05
_TENSOR = re.compile(r"\[\s*\d+/\s*\d+\].*size =\s*([\d.]+) MiB")
_TOTAL = re.compile(r"(model|quant) size\s*=\s*([\d.]+) MiB")


def quantize(request: QuantizeRequest, on_progress: Callable[[float], None]) -> Iterator[Quantized | None]:
    """Write the file. Yields None while it works, the result at the end.

    llama.cpp cannot be stopped in the middle: a worker whose request was cancelled is to be ended. Raises EngineError.
    """
    kind = TYPES.get(request.quantization.upper())
    if kind is None:
        raise EngineError(
            f"{request.quantization} is no quantization this engine can write. Choose one of {', '.join(TYPES)}."
        )
    parameters = lib.llama_model_quantize_default_params()
    parameters.ftype = kind
    parameters.nthread = request.threads or os.cpu_count() or 1
    parameters.allow_requantize = True
    parameters.dry_run = request.dry
    parameters.max_buf_size = _BUFFER_BYTES
    log = _Log(os.path.getsize(request.source), on_progress)  # noqa: PTH202 - a bare path from a message
    status: list[int] = []

    def work() -> None:
        source, target = os.fsencode(request.source), os.fsencode(request.target)
        status.append(lib.llama_model_quantize(source, target, ctypes.byref(parameters)))

    started = time.monotonic()
    lib.llama_backend_init()
    with every_log_line_to(log.add):
        thread = threading.Thread(target=work, name="quantize", daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(_POLL_SECONDS)
            yield None
    if status != [0]:
        raise EngineError(
            "The model could not be written in that quantization: it is damaged, of a kind this engine does not know, or the "
            "disk is full. Look at the free space, or choose another quantization.",
            details="\n".join(log.last),
        )
    yield Quantized(
        source_size=log.sizes["model"], size=log.sizes["quant"], seconds=round(time.monotonic() - started, 3)
    )


class _Log:
    """What llama.cpp says while it works: a line for each tensor with its size, and the sums at the end."""

    def __init__(self, file_size: int, on_progress: Callable[[float], None]) -> None:
        self.sizes = {"model": 0, "quant": 0}
        self.last: list[str] = []
        self._on_progress = on_progress
        self._file_size = file_size
        self._done = 0.0
        self._line = ""

    def add(self, text: str) -> None:
        # A tensor's line comes in parts: what it is, then its sizes when it is done.
        self._line += text
        if not text.endswith("\n"):
            return
        line, self._line = self._line.rstrip(), ""
        self.last = [*self.last[-9:], line[:300]]
        tensor, total = _TENSOR.search(line), _TOTAL.search(line)
        if tensor is not None:
            self._done += float(tensor[1]) * 2**20
            self._on_progress(min(1.0, self._done / max(1, self._file_size)))
        elif total is not None:
            self.sizes[total[1]] = round(float(total[2]) * 2**20)
