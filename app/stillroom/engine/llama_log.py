"""The one log that llama.cpp and its part for pictures have in a process. Only the worker imports this module."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable, Iterator

import llama_cpp.llama_cpp as lib
from llama_cpp import mtmd_cpp

_log_sink: Callable[[str], None] | None = None
_every_line_sink: Callable[[str], None] | None = None


@lib.llama_log_callback  # type: ignore[untyped-decorator]
def _on_log(level: int, text: bytes, _data: object) -> None:
    if _every_line_sink is not None:
        _every_line_sink(text.decode("utf-8", "replace"))
    if _log_sink is not None and level in (3, 4):  # warnings and errors (enum ggml_log_level)
        _log_sink(text.decode("utf-8", "replace").rstrip())


def send_log_to(sink: Callable[[str], None]) -> None:
    """Hand llama.cpp's warnings and errors to ``sink``, one line a call."""
    global _log_sink  # llama.cpp has one log a process
    _log_sink = sink
    lib.llama_log_set(_on_log, ctypes.c_void_p(0))
    mtmd_cpp.mtmd_log_set(_on_log, ctypes.c_void_p(0))


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
