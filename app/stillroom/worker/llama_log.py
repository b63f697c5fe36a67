"""The one log that llama.cpp and its part for pictures have in a process. Only the worker imports this module."""

from __future__ import annotations

import contextlib
import ctypes
import re
from collections import deque
from collections.abc import Callable, Iterator

import llama_cpp.llama_cpp as lib
from llama_cpp import mtmd_cpp

_log_sink: Callable[[str], None] | None = None
_every_line_sink: Callable[[str], None] | None = None
_bad_news: deque[str] = deque(maxlen=20)
# "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4403.49 MiB on device 0: cudaMalloc failed: out of memory"
_NO_MEMORY = re.compile(
    r"out of memory|unable to allocate|failed to allocate|allocation failed|OutOfDeviceMemory", re.I
)


@lib.llama_log_callback  # type: ignore[untyped-decorator]
def _on_log(level: int, text: bytes, _data: object) -> None:
    if _every_line_sink is not None:
        _every_line_sink(text.decode("utf-8", "replace"))
    if level in (3, 4):  # warnings and errors (enum ggml_log_level)
        line = text.decode("utf-8", "replace").rstrip()
        _bad_news.append(line)
        if _log_sink is not None:
            _log_sink(line)


def send_log_to(sink: Callable[[str], None]) -> None:
    """Hand llama.cpp's warnings and errors to ``sink``, one line a call."""
    global _log_sink  # llama.cpp has one log a process
    _log_sink = sink
    lib.llama_log_set(_on_log, ctypes.c_void_p(0))
    mtmd_cpp.mtmd_log_set(_on_log, ctypes.c_void_p(0))


def forget_log() -> None:
    """What failed before says nothing about what is done next."""
    _bad_news.clear()


def memory_ran_out() -> bool:
    """Whether llama.cpp, since then, wrote that it got no memory."""
    return any(_NO_MEMORY.search(line) for line in _bad_news)


@contextlib.contextmanager
def every_log_line_to(sink: Callable[[str], None]) -> Iterator[None]:
    """Hand all of llama.cpp's log to ``sink`` as well, as it comes: parts of lines, on any thread."""
    global _every_line_sink  # llama.cpp has one log a process
    lib.llama_log_set(_on_log, ctypes.c_void_p(0))
    _every_line_sink = sink
    try:
        yield
    finally:
        _every_line_sink = None
