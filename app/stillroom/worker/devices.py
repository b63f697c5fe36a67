"""The GPUs that llama.cpp sees, and the memory they have free. Only the worker imports this module."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any

import llama_cpp
import llama_cpp.llama_cpp as lib

from stillroom.child import UNLISTED
from stillroom.sizes import size_text
from stillroom.worker.cpu_variants import load_backends
from stillroom.worker.llama_log import memory_ran_out

# By the names the model's library was linked to: the list of devices is in the first, the devices are in the second.
_LIBRARIES = {
    "win32": ("ggml.dll", "ggml-base.dll"),
    "darwin": ("libggml.0.dylib", "libggml-base.0.dylib"),
}
_GPU_TYPES = (1, 2)  # enum ggml_backend_dev_type: with memory of its own, with the machine's
_BACKENDS = ("CUDA", "Metal", "Vulkan", "ROCm", "SYCL")


def free_gpu_memory() -> int:
    """Bytes free on all GPUs that llama.cpp can use together; 0 where there is none, or their drivers do not say."""
    load_backends()
    folder = Path(llama_cpp.__file__).parent / "lib"
    try:
        listing, base = (
            ctypes.CDLL(str(folder / name))
            for name in _LIBRARIES.get(sys.platform, ("libggml.so.0", "libggml-base.so.0"))
        )
        count, get = listing.ggml_backend_dev_count, listing.ggml_backend_dev_get
        kind, memory = base.ggml_backend_dev_type, base.ggml_backend_dev_memory
    except (OSError, AttributeError):
        return 0
    count.restype, get.restype, get.argtypes = ctypes.c_size_t, ctypes.c_void_p, [ctypes.c_size_t]
    kind.argtypes, memory.argtypes, memory.restype = [ctypes.c_void_p], [ctypes.c_void_p] * 3, None
    total = 0
    for device in (get(number) for number in range(count())):
        if kind(device) in _GPU_TYPES:
            free, whole = ctypes.c_size_t(), ctypes.c_size_t()
            memory(device, ctypes.byref(free), ctypes.byref(whole))
            total += free.value
    return total


def choose_devices(parameters: Any, gpu_layers: int | None) -> bool:
    """Put into a model's parameters what a GPU is to compute; whether one is used. ``gpu_layers``: None for all layers."""
    if not lib.llama_supports_gpu_offload():
        parameters.n_gpu_layers = 0
        return False
    parameters.n_gpu_layers = -1 if gpu_layers is None else gpu_layers
    if gpu_layers == 0:
        # Without a layer on it llama.cpp would still lend the GPU long steps, and take memory there for that.
        parameters.devices = ctypes.cast(_NO_DEVICES, ctypes.c_void_p)
    return gpu_layers != 0


_NO_DEVICES = (ctypes.c_void_p * 1)(None)  # kept: llama.cpp reads it when a model is loaded


def offloaded(requested: int, layers: int) -> int:
    """How many layers are on a GPU, the output counted as one, where so many were asked for; negative: all."""
    return layers + 1 if requested < 0 else min(requested, layers + 1)


def backend_name(gpu: bool) -> str:
    """What computes: of the GPU that is used, else of the processor."""
    if not gpu:
        return "CPU"
    info = lib.llama_print_system_info()
    text = info.decode("utf-8", "replace") if info else ""
    return next((name for name in _BACKENDS if name.lower() in text.lower()), "GPU")


def why_not_loaded(path: Path, gpu: bool) -> str:
    """Why a file was not loaded, in a sentence, by what llama.cpp's log says."""
    if memory_ran_out():
        where = f"{size_text(free_gpu_memory())} are free on the GPU" if gpu else "this machine's is used up"
        return (
            f"There is not enough memory for {path.name}: {where}. Close other programs that use it, or choose a smaller "
            "model."
        )
    unlisted = ""
    if gpu and sys.platform == "linux" and os.environ.get(UNLISTED) != "1":
        unlisted = (
            " Where it loads without the graphics card, the card's driver may want more of the system than the worker is left: "
            f"start Stillroom with {UNLISTED}=1."
        )
    return (
        f"The model file {path.name} could not be loaded: it is damaged, or of a kind this engine does not know. "
        f"Fetch it again, or choose another model.{unlisted}"
    )
