"""What a model would need on this machine: one that is here, one of a hub, and each quantization that a hub offers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stillroom.engine.protocol import LoadOptions
from stillroom.errors import EngineError, StillroomError
from stillroom.gguf.checks import check_headers, parts_of
from stillroom.gguf.header import GgufError, read_header
from stillroom.models.exact import exact_fit
from stillroom.models.fit import SPARE_BYTES, Fit, Machine, Use, Verdict, gpu_layers_that_fit, judge
from stillroom.models.hardware import Hardware, look
from stillroom.models.library import ModelFile
from stillroom.models.memory_speed import memory_bandwidth
from stillroom.models.projectors import projector_bytes
from stillroom.models.shape import Shape, shape_of
from stillroom.models.tried import is_tried, keep_tried

_CONTEXT_TOKENS = 8192  # the worker's own choice
_DOUBT = 1.1  # an estimate this much below what is free needs no dry load to be believed


def this_machine(hardware: Hardware | None = None, *, own_bytes: int = 0) -> Machine:
    """What a model may use here.

    Args:
        own_bytes: what this application's loaded model takes, which a new one would replace.
    """
    hardware = hardware or look()
    gpu = hardware.usable_gpu()
    return Machine(
        free_ram=hardware.memory_free + own_bytes,
        ram_bandwidth=memory_bandwidth(),
        free_vram=(gpu.free or 0) if gpu is not None else 0,
        cores=hardware.cores or 0,
    )


def assess(shape: Shape, machine: Machine, use: Use | None = None, *, beside: int = 0) -> Fit:
    """The fit, with as many layers on the GPU as there is room for where the use names none. ``beside``: bytes of its projector."""
    use = use or Use(_CONTEXT_TOKENS)
    if not use.gpu_layers and machine.free_vram:
        use = replace(use, gpu_layers=gpu_layers_that_fit(shape, use, machine.free_vram - beside))
    return judge(shape, use, machine, projector_bytes=beside)


def shape_of_file(model: ModelFile) -> Shape:
    """What decides how much memory a model that is here takes. Raises GgufError."""
    headers = [read_header(part) for part in parts_of(model.path)]
    check_headers(headers)
    return shape_of(headers)


def assess_file(
    model: ModelFile, machine: Machine, use: Use | None = None, *, projector: Path | None = None
) -> tuple[Shape, Fit]:
    """The exact fit of a model that is here, with its projector. Raises GgufError, EngineError."""
    shape = shape_of_file(model)
    size = projector_bytes(projector)
    guess = assess(shape, machine, use, beside=size)
    exact = exact_fit(model.path, guess.use, projector_bytes=size)
    return shape, judge(shape, guess.use, machine, exact, projector_bytes=size)


def refuse_what_does_not_fit(model: ModelFile, options: LoadOptions, *, own_bytes: int = 0) -> None:
    """To be called before a model is loaded: nothing is allocated for it.

    The first time a file is to be loaded, llama.cpp plans to load it in a worker that is thrown away; a file that ends it, ends
    nothing else. So it does whenever memory is short.

    Args:
        own_bytes: what this application's loaded model takes, which this one would replace.

    Raises:
        StillroomError: loading would need more memory than there is. EngineError: llama.cpp refuses the file, or died of it.
    """
    machine = this_machine(own_bytes=own_bytes)
    use = Use(options.context_tokens or _CONTEXT_TOKENS, options.kv_type, options.ubatch, options.gpu_layers or 0)
    projector = Path(options.projector) if options.projector else None
    try:
        found = assess(shape_of_file(model), machine, use, beside=projector_bytes(projector))
        # The starter comes with the application and was tried when that was made.
        known = model.starter or is_tried(model.path)
        if not known or found.needed * _DOUBT + SPARE_BYTES > machine.free_ram or found.verdict is Verdict.NO:
            _, found = assess_file(model, machine, use, projector=projector)
            keep_tried(model.path)
    except (GgufError, OSError):
        return  # the worker refuses it, with its reason
    except EngineError as error:
        raise EngineError(
            f"{model.name} was tried before loading, and is not loaded: {error.message} What was loaded before stays. "
            "Verify the file, or choose another one.",
            details=error.details,
        ) from error
    if found.verdict is Verdict.NO:
        raise StillroomError(f"{model.name} {found.verdict}. {found.reason}")
