"""How much memory a model takes at a context length, before it is there, and whether that and the speed are good enough.

The formulas follow what llama.cpp allocates for the settings this application's worker uses (one cache that all
sequences share, window-sized caches, flash attention). ``tests/benchmarks/fit_reality.py`` holds them against reality.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from stillroom.engine.limits import SMALL_MODEL_BYTES, most_kept, most_sequences
from stillroom.engine.protocol import GPU_UBATCH, LARGEST_CPU_UBATCH, USUAL_CONTEXT_TOKENS
from stillroom.gguf.tensor_types import element_bytes
from stillroom.models.fit.shape import Layer, Shape
from stillroom.sizes import size_text

MIB = 1 << 20
SPARE_BYTES = 1 << 30
"""Left free on each device, for everything else that runs."""

_CELLS = 256  # the cache is made in steps of this many tokens
# Measured: a process with the interpreter, numpy and the engine's libraries is 56 MiB; work adds 4, and huge pages make 2
# more of what it allocates, as a whole one is filled where a small one was. And with the libraries of CUDA in use.
_PROCESS_BYTES = 62 * MIB
_PROCESS_WITH_GPU_BYTES = 425 * MIB
# On an H200: what its driver sets aside for a process before there is any model; and once the first text was read. The
# first depends on the card: see stillroom.models.fit.gpu_process.
GPU_PROCESS_BYTES = 518 * MIB
_GPU_WORK_BYTES = 80 * MIB
_BYTES_PER_TOKEN_TEXT = 190
_BYTES_PER_MERGE = 110
_LAYER_OBJECTS = 60_000
# Measured: what generation reaches of the memory's speed, and how many bytes of weights a core works through; of a GPU also
# what each layer takes however small it is.
_SHARE_OF_BANDWIDTH = 0.8
_WEIGHTS_PER_CORE = 11e9
_WEIGHTS_PER_GPU_CORE = 115e6
_GPU_LAYER_SECONDS = 40e-6
_USUAL_LAYERS = 32
_SLOW_TOKENS_PER_SECOND = 5.0
_READABLE_TOKENS_PER_SECOND = 1.0


@dataclass(frozen=True, slots=True)
class Use:
    """How a model is to be loaded.

    Attributes:
        context_tokens: of the cache. kv_type: of its elements (``f16``, ``q8_0``, ``q4_0``).
        ubatch: tokens evaluated at a time; 0 for the worker's choice.
        gpu_layers: layers on a GPU; the output counts as one more.
        flash_attention: None for the worker's choice: on a GPU, and where the cache is not f16.
    """

    context_tokens: int
    kv_type: str = "f16"
    ubatch: int = 0
    gpu_layers: int = 0
    flash_attention: bool | None = None

    @property
    def flash(self) -> bool:
        """Whether flash attention is used."""
        if self.flash_attention is None:
            return self.gpu_layers > 0 or self.kv_type != "f16"
        return self.flash_attention


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes by what they are for.

    Attributes:
        weights, cache, compute: of the model. output: probabilities of each sequence.
        overhead: vocabulary and bookkeeping. process: the worker itself, before any model; on a GPU what its driver takes for it.
        projector: of the part that sees pictures; 0 without one.
    """

    weights: int
    cache: int
    compute: int
    output: int
    overhead: int
    process: int
    projector: int = 0

    @property
    def total(self) -> int:
        return self.weights + self.cache + self.compute + self.output + self.overhead + self.process + self.projector


@dataclass(frozen=True, slots=True)
class Estimate:
    """Memory on the machine and on a GPU. ``measured``: as the engine itself computed it."""

    ram: Memory
    vram: Memory
    measured: bool = False

    @property
    def total(self) -> int:
        return self.ram.total + self.vram.total


class Verdict(StrEnum):
    """What to expect of a model on this machine."""

    WELL = "runs well"
    SLOWLY = "runs slowly"
    NO = "does not fit"


@dataclass(frozen=True, slots=True)
class Machine:
    """What a model may use. Bytes; bandwidths in bytes a second, 0 where unknown.

    Attributes:
        free_ram: available now, what this application's loaded model holds included.
        cores: physical; 0 where not known.
        free_vram: of the GPUs that are used; 0 without one the engine can use.
        gpu_cores: of the GPU, as its maker counts them; 0 where not known.
        gpu_process: bytes that a process takes there before any model.
    """

    free_ram: int
    ram_bandwidth: float = 0.0
    free_vram: int = 0
    vram_bandwidth: float = 0.0
    cores: int = 0
    gpu_cores: int = 0
    gpu_process: int = GPU_PROCESS_BYTES

    def weights_per_second(self, size: float) -> float:
        """Bytes of weights of a model of this size that the processor goes through in a second; 0 where not known."""
        rate = self.ram_bandwidth * _SHARE_OF_BANDWIDTH
        if self.cores:
            # The worker gives a small model one thread.
            rate = min(rate, _WEIGHTS_PER_CORE * (1 if size < SMALL_MODEL_BYTES else self.cores))
        return rate

    def gpu_seconds(self, size: float, layers: int = _USUAL_LAYERS) -> float | None:
        """What a GPU takes for a token of a model that reads so many bytes of weights for it; None where that is not known."""
        if self.vram_bandwidth <= 0:
            return None
        rate = self.vram_bandwidth * _SHARE_OF_BANDWIDTH
        if self.gpu_cores:
            rate = min(rate, _WEIGHTS_PER_GPU_CORE * self.gpu_cores)
        return size / rate + layers * _GPU_LAYER_SECONDS


@dataclass(frozen=True, slots=True)
class Fit:
    """The verdict with its numbers.

    Attributes:
        estimate: at ``use``. needed, free: bytes of RAM; the spare is part of what is free. missing: bytes; 0 where it fits.
        longest_context: tokens that fit; 0 where not even the shortest does.
        tokens_per_second: expected of generation; None where the memory's speed is not known.
        reason: the verdict in a sentence.
    """

    verdict: Verdict
    estimate: Estimate
    use: Use
    needed: int
    free: int
    missing: int
    longest_context: int
    tokens_per_second: float | None
    reason: str

    @property
    def kept_bytes(self) -> int:
        """Bytes of what is left that documents may take which were read, not to be read again."""
        return most_kept(self.free - self.estimate.ram.total)


def sequences_of(shape: Shape) -> int:
    """How many sequences the worker makes room for."""
    return most_sequences(shape.vocabulary, recurrent=shape.recurrent)


def ubatch_of(use: Use) -> int:
    """Tokens the worker evaluates at a time."""
    if use.gpu_layers:
        return use.ubatch or GPU_UBATCH
    return min(use.ubatch or LARGEST_CPU_UBATCH, LARGEST_CPU_UBATCH)


def estimate(shape: Shape, use: Use, *, projector_bytes: int = 0, gpu_process: int = GPU_PROCESS_BYTES) -> Estimate:
    """Memory the model will take. ``gpu_process``: see Machine. Raises KeyError for an unknown ``kv_type``."""
    on_gpu = max(0, min(use.gpu_layers, len(shape.layers) + 1))
    output_on_gpu = on_gpu > 0  # the output goes first, then the layers from the last one on
    first_on_gpu = len(shape.layers) - (on_gpu - output_on_gpu)
    cpu, gpu = shape.layers[:first_on_gpu], shape.layers[first_on_gpu:]
    output = shape.output_weights if output_on_gpu or not shape.tied else 0
    tokens = ubatch_of(use)
    ram = Memory(
        weights=sum(layer.weights for layer in cpu)
        + shape.input_weights
        + (0 if output_on_gpu else output + shape.other_weights),
        cache=_cache_bytes(shape, cpu, use),
        compute=_step_bytes(shape, use, tokens) if on_gpu else _compute_bytes(shape, use, tokens),
        output=4 * sequences_of(shape) * shape.vocabulary,
        overhead=shape.vocabulary * _BYTES_PER_TOKEN_TEXT
        + shape.merges * _BYTES_PER_MERGE
        + len(shape.layers) * _LAYER_OBJECTS
        + (_attention_copy_bytes(shape, use) if cpu else 0),
        process=_PROCESS_WITH_GPU_BYTES if on_gpu else _PROCESS_BYTES,
        projector=0 if on_gpu else projector_bytes,
    )
    vram = Memory(
        weights=sum(layer.weights for layer in gpu) + (output + shape.other_weights if output_on_gpu else 0),
        cache=_cache_bytes(shape, gpu, use),
        compute=_gpu_compute_bytes(shape, use, tokens, whole=not cpu) if on_gpu else 0,
        output=0,
        overhead=0,
        process=gpu_process + _GPU_WORK_BYTES if on_gpu else 0,
        projector=projector_bytes if on_gpu else 0,
    )
    return Estimate(ram, vram)


def _cache_bytes(shape: Shape, layers: tuple[Layer, ...], use: Use) -> int:
    per_element = element_bytes(use.kv_type)
    sequences = sequences_of(shape)
    cells = _padded(use.context_tokens)
    in_window = min(cells, _padded(shape.window * sequences + ubatch_of(use)))
    total = 0.0
    for layer in layers:
        total += (in_window if layer.windowed else cells) * (layer.key_width + layer.value_width) * per_element
        total += layer.state_bytes * sequences
    return int(total)


def _compute_bytes(shape: Shape, use: Use, tokens: int) -> int:
    """Room for the intermediate results of the largest step: the probabilities, or one layer."""
    # llama.cpp sets aside room for one token of every sequence where that is more; the worker never evaluates more than
    # a ubatch at once, so that room stays untouched and takes no memory.
    probabilities = 4 * tokens * (shape.vocabulary + 2 * shape.width)
    cells = _padded(use.context_tokens)
    mask = cells * tokens * 2 * (2 if shape.window else 1)
    layer = 4 * tokens * shape.widest + mask
    if not use.flash:
        layer += 4 * tokens * cells * (shape.heads + 1)  # each head's weights of all cells, and the mask
    return max(probabilities, layer)


def _attention_copy_bytes(shape: Shape, use: Use) -> int:
    """Without flash attention a processor rounds a layer's weights of all cells to f16, outside of what llama.cpp plans."""
    return 0 if use.flash else 2 * ubatch_of(use) * _padded(use.context_tokens) * shape.heads


def _gpu_compute_bytes(shape: Shape, use: Use, tokens: int, *, whole: bool) -> int:
    """The same on a GPU. ``whole``: all layers are there."""
    probabilities = 4 * tokens * (shape.vocabulary + shape.width)
    cells = _padded(use.context_tokens)
    if not use.flash:
        return max(probabilities, tokens * cells * (5 * shape.heads + 1))
    # What a layer keeps in RAM of a text is brought over for long steps, and laid out anew there.
    widest = max((layer.key_width + layer.value_width for layer in shape.layers if not layer.windowed), default=0)
    return probabilities if whole else max(probabilities, 2 * cells * widest * 2 + 16 * MIB)


def _step_bytes(shape: Shape, use: Use, tokens: int) -> int:
    """What of a step is put together in RAM for the GPU: embeddings, and which cells a token sees."""
    return tokens * (10 * shape.width + int(2.3 * _padded(use.context_tokens)) * (2 if shape.window else 1))


def _padded(tokens: int) -> int:
    return max(_CELLS, -(-tokens // _CELLS) * _CELLS)


def longest_context(
    shape: Shape, use: Use, free_ram: int, free_vram: int = 0, gpu_process: int = GPU_PROCESS_BYTES
) -> int:
    """The most tokens that fit beside the spare, up to what the model was trained for; 0 where none do."""

    def fits(cells: int) -> bool:
        found = estimate(shape, replace(use, context_tokens=cells), gpu_process=gpu_process)
        return found.ram.total + SPARE_BYTES <= free_ram and (
            not use.gpu_layers or found.vram.total + SPARE_BYTES <= free_vram
        )

    least, most = 1, max(1, (shape.trained_context_tokens or USUAL_CONTEXT_TOKENS) // _CELLS)
    if not fits(_CELLS):
        return 0
    while least < most:
        middle = (least + most + 1) // 2
        least, most = (middle, most) if fits(middle * _CELLS) else (least, middle - 1)
    return least * _CELLS


def gpu_layers_that_fit(shape: Shape, use: Use, free_vram: int, gpu_process: int = GPU_PROCESS_BYTES) -> int:
    """How many layers a GPU has room for beside the spare."""
    fitting = 0
    for count in range(1, len(shape.layers) + 2):
        found = estimate(shape, replace(use, gpu_layers=count), gpu_process=gpu_process)
        # All of them need less room to work in than all but one.
        if found.vram.total + SPARE_BYTES <= free_vram:
            fitting = count
    return fitting


def tokens_per_second(shape: Shape, use: Use, machine: Machine) -> float | None:
    """Expected of generation: every weight that is used is read once a token. None where a memory's speed is not known."""
    share = min(1.0, use.gpu_layers / (len(shape.layers) + 1))
    read = shape.bytes_per_token
    seconds = 0.0
    if share < 1:
        on_cpu = machine.weights_per_second(shape.weights)
        if on_cpu <= 0:
            return None
        seconds = read * (1 - share) / on_cpu
    if share:
        on_gpu = machine.gpu_seconds(read * share, min(use.gpu_layers, len(shape.layers)))
        if on_gpu is None:
            return None
        seconds += on_gpu
    return 1 / seconds if seconds > 0 else None


def judge(
    shape: Shape, use: Use, machine: Machine, measured: Estimate | None = None, *, projector_bytes: int = 0
) -> Fit:
    """Whether a model runs well, slowly or not at all on a machine.

    Args:
        measured: by a dry load, where the file is there; in the place of the estimate.
    """
    found = measured or estimate(shape, use, projector_bytes=projector_bytes, gpu_process=machine.gpu_process)
    missing = max(0, found.ram.total + SPARE_BYTES - machine.free_ram)
    if use.gpu_layers:
        missing = max(missing, found.vram.total + SPARE_BYTES - machine.free_vram)
    beside = found.ram.projector, found.vram.projector
    longest = longest_context(
        shape, use, machine.free_ram - beside[0], machine.free_vram - beside[1], machine.gpu_process
    )
    speed = tokens_per_second(shape, use, machine)
    slow = speed is not None and speed < _SLOW_TOKENS_PER_SECOND
    verdict = Verdict.NO if missing else Verdict.SLOWLY if slow else Verdict.WELL
    return Fit(
        verdict=verdict,
        estimate=found,
        use=use,
        needed=found.ram.total,
        free=machine.free_ram,
        missing=missing,
        longest_context=longest,
        tokens_per_second=speed,
        reason=_reason(verdict, found, use, machine, missing, longest, speed),
    )


def _reason(
    verdict: Verdict, found: Estimate, use: Use, machine: Machine, missing: int, longest: int, speed: float | None
) -> str:
    needs = f"It needs {size_text(found.ram.total)} of memory with a context of {use.context_tokens:,} tokens"
    on_gpu = ""
    if found.vram.total:
        on_gpu = f", and {size_text(machine.free_vram)} on the GPU,"
        needs += f" and {size_text(found.vram.total)} on the GPU"
    if verdict is Verdict.NO:
        free = f"{size_text(machine.free_ram)} are free, of which {size_text(SPARE_BYTES)} stay free for other programs"
        advice = (
            f"A context of up to {longest:,} tokens would fit."
            if longest
            else f"{size_text(missing)} are missing: close other programs, or choose a smaller model or quantization."
        )
        return f"{needs}; {free}. {advice}"
    free = f"{size_text(machine.free_ram)}{on_gpu} are free"
    if speed is None:
        return f"{needs}; {free}."
    if speed < _READABLE_TOKENS_PER_SECOND:
        return f"{needs}; {free}. Expect less than one token a second."
    return f"{needs}; {free}. Expect about {speed:.0f} tokens a second."
