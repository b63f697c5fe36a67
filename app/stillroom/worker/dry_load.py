"""What a model would take, planned by llama.cpp itself without loading it: exact, in a fraction of a second.

The figures are in its log only, so they are read from there. Only the worker imports this module.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import llama_cpp.llama_cpp as lib

from stillroom.engine.protocol import DeviceMemory, DryLoad, LoadOptions
from stillroom.errors import EngineError
from stillroom.worker.llama import LoadedModel
from stillroom.worker.llama_log import every_log_line_to

_MIB = 1 << 20
# "load_tensors:   CPU_Mapped model buffer size =    92.10 MiB"
_BUFFER = re.compile(r":\s+(\S+)\s+(model|KV|RS|output|compute) buffer size =\s+([\d.]+) MiB")
# "llama_kv_cache: size =  180.00 MiB (  8192 cells, …": the buffers themselves are empty when nothing is allocated.
_CACHE = re.compile(r"llama_kv_cache\w*: size =\s+([\d.]+) MiB \(\s*\d+ cells")


def dry_load(path: Path, options: LoadOptions) -> DryLoad:
    """Plan loading a file that went through the checks. Raises EngineError where llama.cpp refuses it.

    The plan counts the step of a whole ubatch, which is the largest that the worker ever evaluates.
    """
    planned, chosen, weights = _plan(path, options)
    devices = {
        device: DeviceMemory(
            device=device,
            weights=planned[device, "model"],
            cache=planned[device, "KV"] + planned[device, "RS"],
            compute=planned[device, "compute"],
            output=planned[device, "output"],
        )
        for device in sorted({device for device, _ in planned} | {"CPU"})
    }
    if not any(memory.weights for memory in devices.values()):
        # Weights are not allocated either. Without a GPU they are all in one place.
        devices["CPU"] = replace(devices["CPU"], weights=weights)
    return DryLoad(tuple(devices.values()), chosen)


def _plan(path: Path, options: LoadOptions) -> tuple[defaultdict[tuple[str, str], int], LoadOptions, int]:
    """Bytes by device and purpose, the options with the worker's choices, bytes of weights."""
    log: list[str] = []
    with every_log_line_to(log.append):
        model = LoadedModel(path, options, lambda _: True, dry=True)
        try:
            chosen, weights = model.options, lib.llama_model_size(model.model)
            text = "".join(log)
            log.clear()
            # llama.cpp sets aside room for one token of every sequence; a step never has more tokens than a ubatch, and
            # what is never touched takes no memory.
            model.new_context(min(model.max_sequences, chosen.ubatch))
            step = "".join(log)
        finally:
            model.close()
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for source in (text, step):
        for device, purpose, size in _BUFFER.findall(source):
            if (purpose == "compute") == (source is step):
                found[_device(device), purpose] += round(float(size) * _MIB)
    planned = [float(size) for size in _CACHE.findall(text)]
    on_devices = sum(size for (_, purpose), size in found.items() if purpose == "KV")
    if planned and not on_devices:
        found["CPU", "KV"] = round(sum(planned) * _MIB)
    if not any(purpose == "compute" for _, purpose in found):
        raise EngineError(f"What {path.name} needs could not be found out. Its size is the best guess.")
    return found, chosen, int(weights)


def _device(buffer: str) -> str:
    """``CPU_Mapped`` and ``CPU_REPACK`` are memory of the CPU, ``CUDA_Host`` too."""
    return "CPU" if buffer.startswith("CPU") or buffer.endswith("_Host") else buffer
