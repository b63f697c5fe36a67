"""Memory as the engine itself computes it, for a file that is there: a dry load in a worker of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from stillroom.engine.engine import Engine
from stillroom.engine.protocol import DeviceMemory, DryLoad, LoadOptions
from stillroom.gguf.checks import parts_of
from stillroom.gguf.header import read_header
from stillroom.machine.nvml import gpu_names, held_on_gpus
from stillroom.models.fit.estimate import GPU_PROCESS_BYTES, Estimate, Memory, Use, estimate
from stillroom.models.fit.gpu_process import keep_gpu_process_bytes
from stillroom.models.fit.shape import shape_of


def fit_by_dry_load(
    path: Path, use: Use, *, projector_bytes: int = 0, engine: Callable[[], Engine] = Engine
) -> Estimate:
    """What loading the file would take; nothing is loaded, and a file that ends the worker ends only that.

    Args:
        projector_bytes: of the projector it is loaded with, which llama.cpp does not plan.
        engine: makes the engine of which the worker is used once.

    Raises:
        GgufError, EngineError: the file is no usable model.
    """
    options = LoadOptions(
        context_tokens=use.context_tokens,
        kv_type=use.kv_type,
        ubatch=use.ubatch,
        gpu_layers=use.gpu_layers,
        flash_attention=use.flash_attention,
    )
    guess = estimate(shape_of([read_header(part) for part in parts_of(path)]), use, projector_bytes=projector_bytes)
    with engine() as throwaway:
        planned = throwaway.dry_load(path, options)
        process = held_on_gpus(throwaway.status().worker_pid) if use.gpu_layers else 0
    if process:
        guess = replace(guess, vram=replace(guess.vram, process=guess.vram.process - GPU_PROCESS_BYTES + process))
        keep_gpu_process_bytes(gpu_names(), process)
    return _joined(planned, guess)


def _joined(planned: DryLoad, guess: Estimate) -> Estimate:
    """The plan, with what it does not count: the vocabulary's own memory and the process."""
    ram = [device for device in planned.devices if device.device == "CPU"]
    vram = [device for device in planned.devices if device.device != "CPU"]
    if not vram:
        weights, cache = sum(device.weights for device in ram), sum(device.cache for device in ram)
        return Estimate(_memory(ram, guess.ram, weights, cache), _memory([], guess.vram, 0, 0), measured=True)
    # The plan of a machine with a GPU says how large the cache is, and nothing of the weights' places, nor of the cache's: where
    # nothing is allocated llama.cpp writes of none. The layers' own sizes are exact either way.
    cache = sum(device.cache for device in planned.devices)
    guessed = guess.ram.cache + guess.vram.cache
    there = round(cache * guess.vram.cache / guessed) if guessed else 0
    return Estimate(
        _memory(ram, guess.ram, guess.ram.weights, cache - there),
        _memory(vram, guess.vram, guess.vram.weights, there),
        measured=True,
    )


def _memory(devices: list[DeviceMemory], guess: Memory, weights: int, cache: int) -> Memory:
    return Memory(
        weights=weights,
        cache=cache,
        compute=sum(device.compute for device in devices),
        output=sum(device.output for device in devices),
        overhead=guess.overhead,
        process=guess.process,
        projector=guess.projector,
    )
