"""What a model would need on this machine: one that is here, one of a hub, and each quantization that a hub offers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stillroom.engine.protocol import USUAL_CONTEXT_TOKENS, LoadOptions
from stillroom.errors import EngineError, StillroomError
from stillroom.gguf.checks import check_headers, parts_of
from stillroom.gguf.header import GgufError, read_header
from stillroom.machine.gpus import MemoryKind
from stillroom.machine.hardware import Hardware, look
from stillroom.machine.memory_speed import memory_bandwidth
from stillroom.models.fit.dry_load_fit import fit_by_dry_load
from stillroom.models.fit.estimate import SPARE_BYTES, Fit, Machine, Use, Verdict, gpu_layers_that_fit, judge
from stillroom.models.fit.gpu_process import gpu_process_bytes
from stillroom.models.fit.planned_before import is_tried, keep_tried
from stillroom.models.fit.shape import Shape, shape_of
from stillroom.models.model_file import ModelFile
from stillroom.models.projectors import projector_bytes

_DOUBT = 1.1  # an estimate this much below what is free needs no dry load to be believed


def this_machine(hardware: Hardware | None = None, *, own_bytes: int = 0, own_gpu_bytes: int = 0) -> Machine:
    """What a model may use here.

    Args:
        own_bytes, own_gpu_bytes: what this application's loaded model takes of RAM and of the GPUs, which a new one would replace.
    """
    hardware = hardware or look()
    gpus = hardware.usable_gpus()
    ram_bandwidth = memory_bandwidth()
    # A model is spread over all of them; each keeps something free.
    free_vram = sum(gpu.free or 0 for gpu in gpus) - SPARE_BYTES * (len(gpus) - 1) + own_gpu_bytes if gpus else 0
    bandwidths = [gpu.bandwidth or (0.0 if gpu.memory is MemoryKind.OWN else ram_bandwidth) for gpu in gpus]
    return Machine(
        free_ram=hardware.memory_free + own_bytes,
        ram_bandwidth=ram_bandwidth,
        free_vram=max(0, free_vram),
        vram_bandwidth=min(bandwidths, default=0.0),
        cores=hardware.cores or 0,
        gpu_cores=min((gpu.cores or 0 for gpu in gpus), default=0),
        gpu_process=gpu_process_bytes(tuple(gpu.name for gpu in gpus)),
    )


def assess(shape: Shape, machine: Machine, use: Use | None = None, *, beside: int = 0) -> Fit:
    """The fit, with as many layers on the GPU as there is room for where the use names none. ``beside``: bytes of its projector."""
    use = use or Use(USUAL_CONTEXT_TOKENS)
    if not use.gpu_layers and machine.free_vram:
        layers = gpu_layers_that_fit(shape, use, machine.free_vram - beside, machine.gpu_process)
        use = replace(use, gpu_layers=layers)
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
    measured = fit_by_dry_load(model.path, guess.use, projector_bytes=size)
    return shape, judge(shape, guess.use, machine, measured, projector_bytes=size)


def options_that_fit(
    model: ModelFile, options: LoadOptions, *, own_bytes: int = 0, own_gpu_bytes: int = 0
) -> LoadOptions:
    """The options, with as many layers on the GPU as it has room for. To be called before a model is loaded: nothing is allocated.

    The first time a file is to be loaded, llama.cpp plans to load it in a worker that is thrown away; a file that ends it, ends
    nothing else. So it does whenever memory is short.

    Args:
        own_bytes, own_gpu_bytes: what this application's loaded model takes, which this one would replace.

    Raises:
        StillroomError: loading would need more memory than there is. EngineError: llama.cpp refuses the file, or died of it.
    """
    machine = this_machine(own_bytes=own_bytes, own_gpu_bytes=own_gpu_bytes)
    projector = Path(options.projector) if options.projector else None
    try:
        shape = shape_of_file(model)
        options = _on_the_gpu(shape, options, machine, projector_bytes(projector))
        if options.gpu_layers == 0:
            machine = replace(machine, free_vram=0)
        # Of a card that does not say what it has free nothing can be counted; RAM then has to do.
        layers = (options.gpu_layers or 0) if machine.free_vram else 0
        use = Use(options.context_tokens or USUAL_CONTEXT_TOKENS, options.kv_type, options.ubatch, layers)
        found = assess(shape, machine, use, beside=projector_bytes(projector))
        # The starter comes with the application and was tried when that was made.
        known = model.starter or is_tried(model.path)
        if not known or found.needed * _DOUBT + SPARE_BYTES > machine.free_ram or found.verdict is Verdict.NO:
            _, found = assess_file(model, machine, use, projector=projector)
            keep_tried(model.path)
    except (GgufError, OSError):
        return options  # the worker refuses it, with its reason
    except EngineError as error:
        raise EngineError(
            f"{model.name} was tried before loading, and is not loaded: {error.message} What was loaded before stays. "
            "Verify the file, or choose another one.",
            details=error.details,
        ) from error
    if found.verdict is Verdict.NO:
        raise StillroomError(f"{model.name} {found.verdict}. {found.reason}")
    return options


def _on_the_gpu(shape: Shape, options: LoadOptions, machine: Machine, beside: int) -> LoadOptions:
    """The options with fewer layers on the GPU where it has no room for all, or for those that are named."""
    if not machine.free_vram or options.gpu_layers == 0:
        return options
    use = Use(options.context_tokens or USUAL_CONTEXT_TOKENS, options.kv_type, options.ubatch)
    space = gpu_layers_that_fit(shape, use, machine.free_vram - beside, machine.gpu_process)
    if space > len(shape.layers):
        return options
    return replace(options, gpu_layers=space if options.gpu_layers is None else min(space, options.gpu_layers))
