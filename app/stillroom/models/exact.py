"""Memory as the engine itself computes it, for a file that is there: a dry load in a worker of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stillroom.engine.engine import Engine
from stillroom.engine.protocol import DeviceMemory, DryLoad, LoadOptions
from stillroom.gguf.checks import parts_of
from stillroom.gguf.header import read_header
from stillroom.models.fit import Estimate, Memory, Use, estimate
from stillroom.models.shape import shape_of


def exact_fit(path: Path, use: Use, *, projector_bytes: int = 0, engine: Callable[[], Engine] = Engine) -> Estimate:
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
        return _joined(throwaway.dry_load(path, options), guess)


def _joined(planned: DryLoad, guess: Estimate) -> Estimate:
    """The plan, with what it does not count: the vocabulary's own memory and the process."""
    ram = [device for device in planned.devices if device.device == "CPU"]
    vram = [device for device in planned.devices if device.device != "CPU"]
    if not vram:
        return Estimate(_memory(ram, guess.ram), _memory([], guess.vram, weights=0), exact=True)
    # Where weights go is not in the plan of a machine with a GPU; the sizes themselves are exact either way.
    return Estimate(
        _memory(ram, guess.ram, weights=guess.ram.weights),
        _memory(vram, guess.vram, weights=guess.vram.weights),
        exact=True,
    )


def _memory(devices: list[DeviceMemory], guess: Memory, *, weights: int | None = None) -> Memory:
    return Memory(
        weights=sum(device.weights for device in devices) if weights is None else weights,
        cache=sum(device.cache for device in devices),
        compute=sum(device.compute for device in devices),
        output=sum(device.output for device in devices),
        overhead=guess.overhead,
        process=guess.process,
        projector=guess.projector,
    )
