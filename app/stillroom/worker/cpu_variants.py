"""Loads the variant of a portable engine that suits this processor. An engine compiled for this machine has it built in."""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from pathlib import Path

import llama_cpp

# By the name the model's library was linked to: another copy beside it would have backends of its own.
_LIBRARY = {"win32": "ggml.dll", "darwin": "libggml.0.dylib"}


@functools.cache
def load_backends() -> Path | None:
    """Load what computes, once and before the first model. Returns the folder it was in; None where it is built in."""
    libraries = Path(llama_cpp.__file__).parent / "lib"
    # Installed by pip they are in a folder beside the package, in a frozen application beside the library.
    for folder in (libraries, libraries.parent.parent / "bin"):
        if any(folder.glob("*ggml-cpu-*")):
            library = ctypes.CDLL(str(libraries / _LIBRARY.get(sys.platform, "libggml.so.0")))
            library.ggml_backend_load_all_from_path(ctypes.c_char_p(os.fsencode(folder)))
            return folder
    return None
