"""Chooses how a model is run on this machine, by measuring it in a worker of its own.

One thing is varied after the other, from the settings that are best so far: threads, GPU layers, tokens evaluated at a
time, how threads wait, flash attention, the cache's type. Something else than the plain settings must bring a
gain above the noise of a measurement. Threads that spin without end are not tried: alone on a machine they win a few
per cent, beside another program they lose nearly everything.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import psutil

from stillroom.cancellation import Cancellation
from stillroom.engine.engine import Engine
from stillroom.engine.protocol import LARGEST_CPU_UBATCH, LoadOptions, Measurement, MeasureRequest, ModelInfo
from stillroom.errors import EngineError

SECONDS = 20.0
LONGEST_STEP = 0.2
"""Seconds that one ubatch may take: a cancel, and a chat beside a batch, wait for it."""

# Spins of a waiting thread before it sleeps (OpenMP); about 0.02 ms a thousand.
WAITS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("OMP_WAIT_POLICY", "passive"),),
    (("GOMP_SPINCOUNT", "2000"), ("OMP_WAIT_POLICY", "passive")),
    (("GOMP_SPINCOUNT", "20000"), ("OMP_WAIT_POLICY", "passive")),
)
_UBATCHES = (1024, 512, 256, 128, LARGEST_CPU_UBATCH, 32, 16)
_GAIN = 1.08
_GAIN_FOR_ACCURACY = 1.2
_PROMPT_SHARE = 0.7  # of what matters: extraction reads much and writes little
_ROUNDS = 2
_MEASURE_SECONDS = 0.2
_MEASURE_TOKENS = 2048  # of context while measuring


@dataclass(frozen=True, slots=True)
class Trial:
    """One setting that was measured. Speeds in tokens a second; ``step_seconds``: of one ubatch."""

    what: str
    options: LoadOptions
    environment: tuple[tuple[str, str], ...]
    prompt_speed: float
    generate_speed: float
    step_seconds: float

    @property
    def worth(self) -> float:
        """One figure to compare by: the speeds' weighted geometric mean."""
        return float(self.prompt_speed**_PROMPT_SHARE * self.generate_speed ** (1 - _PROMPT_SHARE))


@dataclass(frozen=True, slots=True)
class Tuning:
    """How to run a model on a machine, as measured there.

    Attributes:
        options: to load with; the context's length is the caller's choice.
        environment: of the worker.
        prompt_speed, generate_speed: tokens a second with them. step_seconds: of one ubatch.
        trials: everything that was measured.
        skipped: what there was no time for.
    """

    options: LoadOptions
    environment: tuple[tuple[str, str], ...]
    prompt_speed: float
    generate_speed: float
    step_seconds: float
    seconds: float
    trials: tuple[Trial, ...] = ()
    skipped: tuple[str, ...] = ()

    def load_options(self, *, context_tokens: int = 0, threads: int = 0) -> LoadOptions:
        """The options with what a person has set: their threads count more than ours."""
        if not threads:
            return replace(self.options, context_tokens=context_tokens)
        return replace(
            self.options, context_tokens=context_tokens, threads_prompt=threads, threads_generate=threads,
            prompt_speed=0.0, generate_speed=0.0,
        )  # fmt: skip


class Bench(Protocol):
    """A worker to measure with."""

    def load(self, options: LoadOptions, environment: tuple[tuple[str, str], ...]) -> ModelInfo: ...

    def measure(self, request: MeasureRequest) -> Measurement: ...


class WorkerBench:
    """A worker of its own in which one model file is measured. A context manager; raises EngineError and Cancelled."""

    def __init__(
        self, model: Path, cancellation: Cancellation | None = None, command: Sequence[str] | None = None
    ) -> None:
        self._model = model
        self._cancellation = cancellation
        self.engine = Engine(command)

    def load(self, options: LoadOptions, environment: tuple[tuple[str, str], ...]) -> ModelInfo:
        return self.engine.load(self._model, options, environment=dict(environment), cancellation=self._cancellation)

    def measure(self, request: MeasureRequest) -> Measurement:
        return self.engine.measure(request, cancellation=self._cancellation)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.engine.close()


def tune(
    bench: Bench,
    *,
    cores: int = 0,
    gpu_layers: int | None = None,
    seconds: float = SECONDS,
    on_progress: Callable[[float, str], None] = lambda _share, _what: None,
    clock: Callable[[], float] = time.monotonic,
) -> Tuning:
    """Find the settings. Takes about ``seconds`` on a model of any size: what comes too late is skipped, and said.

    Args:
        cores: physical; 0 to ask the system.
        gpu_layers: the most to put on a GPU; None for all.
        on_progress: a share (0–1) and what is being measured, in a few words.
    """
    return _Search(bench, cores or physical_cores(), gpu_layers, seconds, on_progress, clock).run()


def physical_cores() -> int:
    """Cores that this process may use; two threads of one core count once."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))


def thread_counts(cores: int) -> list[int]:
    """Counts worth measuring: every one up to 4, then in steps that grow."""
    return sorted({count for count in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128) if count < cores} | {cores})


class _Search:
    def __init__(
        self,
        bench: Bench,
        cores: int,
        gpu_layers: int | None,
        seconds: float,
        on_progress: Callable[[float, str], None],
        clock: Callable[[], float],
    ) -> None:
        self._bench = bench
        self._counts = thread_counts(cores)
        self._few = (1, cores) if cores > 1 else (1,)
        self._gpu_layers = gpu_layers
        self._seconds = seconds
        self._on_progress = on_progress
        self._clock = clock
        self._started = clock()
        self._trials: list[Trial] = []
        self._skipped: list[str] = []
        self._on_gpu = False

    def run(self) -> Tuning:
        plain = LoadOptions(context_tokens=_MEASURE_TOKENS, gpu_layers=self._gpu_layers)
        self._tell("loading the model")
        info = self._bench.load(plain, WAITS[0])
        # What the worker chose by itself is where the search begins.
        start = replace(info.options, threads_prompt=0, threads_generate=0)
        # With all of it on a GPU, threads have next to nothing to do.
        counts = self._few if info.gpu_layers and self._gpu_layers is None else ()
        best = self._with_threads("plain settings", start, WAITS[0], counts, loaded=True)
        if info.gpu_layers:
            best = self._gpu(best, info)
        self._on_gpu = info.gpu_layers > 0 and best.options.gpu_layers != 0
        best = self._ubatch(best)
        if self._on_gpu:  # on a processor both are slower the more was read, which a short trial does not show
            best = self._variant(best, "no flash attention", replace(best.options, flash_attention=False))
            # A shorter form of what was read costs a little accuracy, so it must bring more.
            best = self._variant(best, "8-bit cache", replace(best.options, kv_type="q8_0"), gain=_GAIN_FOR_ACCURACY)
        elif len(self._counts) > 1:  # beside a GPU hardly anything is left for threads to wait for
            best = self._waits(best)
        self._on_progress(1.0, "done")
        # Where the most is the best, it is as many as there is room for when it is loaded.
        layers = None if best.options.gpu_layers == self._gpu_layers else best.options.gpu_layers
        options = replace(
            best.options,
            context_tokens=0,
            gpu_layers=layers,
            prompt_speed=best.prompt_speed,
            generate_speed=best.generate_speed,
        )
        return Tuning(
            options=options,
            environment=best.environment,
            prompt_speed=best.prompt_speed,
            generate_speed=best.generate_speed,
            step_seconds=best.step_seconds,
            seconds=round(self._clock() - self._started, 1),
            trials=tuple(self._trials),
            skipped=tuple(self._skipped),
        )

    # -- what is varied

    def _gpu(self, best: Trial, info: ModelInfo) -> Trial:
        """As many layers as there is room for were on the GPU; a weak one may be slower than the processor."""
        for layers in sorted({info.gpu_layers // 2, 0}, reverse=True):
            what = f"{layers} layers on the GPU" if layers else "no GPU"
            if self._too_late(what):
                continue
            options = replace(best.options, gpu_layers=layers)
            trial = self._with_threads(what, options, WAITS[0], self._few)
            if trial.worth <= best.worth * _GAIN:
                break  # where fewer layers are slower, still fewer are as well
            best = self._with_threads(what, options, WAITS[0], loaded=True)
        return best

    def _waits(self, best: Trial) -> Trial:
        """Where threads that sleep at once lose, several may win that wait a little. One thread waits for nobody."""
        alone = self._alone(best)
        counts = [count for count in self._counts if count > 1]
        if len(counts) > 3:
            likely = {best.options.threads_prompt, best.options.threads_generate, *counts[-2:]}
            counts = sorted(likely - {1})
        for wait in WAITS[1:]:
            what = f"threads that wait for {dict(wait)['GOMP_SPINCOUNT']} turns"
            if self._too_late(what):
                continue
            trial = self._with_threads(what, best.options, wait, counts, alone=alone)
            best = trial if trial.worth > best.worth * _GAIN else best
        return best

    def _alone(self, best: Trial) -> dict[str, Measurement]:
        """What one thread does with the settings that are best so far."""
        if (best.options.threads_prompt, best.options.threads_generate) == (1, 1):
            step = Measurement(best.prompt_speed, best.step_seconds, 0)
            return {"prompt": step, "generate": Measurement(best.generate_speed, 1 / best.generate_speed, 0)}
        return {kind: self._bench.measure(MeasureRequest(kind, 1, _MEASURE_SECONDS)) for kind in ("prompt", "generate")}

    def _ubatch(self, best: Trial) -> Trial:
        """The fastest whose steps are short enough; none of them: the shortest that does not lose too much speed."""
        found = {best.options.ubatch: best}
        for size in _UBATCHES:
            if size > LARGEST_CPU_UBATCH and not self._on_gpu:
                continue
            near = min(found.values(), key=lambda trial: abs(trial.options.ubatch - size))
            larger = size > near.options.ubatch
            # A step's time grows with its tokens: what cannot be short enough is not measured, nor what is needlessly short.
            too_long = near.step_seconds * size / near.options.ubatch > 1.5 * LONGEST_STEP
            smallest = best.options.ubatch if self._on_gpu else LARGEST_CPU_UBATCH
            needless = size < smallest and near.step_seconds < LONGEST_STEP
            if size in found or (larger and too_long) or needless:
                continue
            what = f"{size} tokens at a time"
            if not self._too_late(what):
                found[size] = self._measured(what, replace(best.options, ubatch=size), best.environment)
        short = [trial for trial in found.values() if trial.step_seconds <= LONGEST_STEP]
        if not short:
            fastest = max(trial.worth for trial in found.values())
            short = [trial for trial in found.values() if trial.worth >= 0.7 * fastest]
            return min(short, key=lambda trial: trial.step_seconds)
        fastest = max(trial.worth for trial in short)
        # Of those that are as fast within the noise, the one with the shortest steps.
        return min((trial for trial in short if trial.worth * _GAIN >= fastest), key=lambda trial: trial.options.ubatch)

    def _variant(self, best: Trial, what: str, options: LoadOptions, *, gain: float = _GAIN) -> Trial:
        if self._too_late(what):
            return best
        try:
            trial = self._measured(what, options, best.environment)
        except EngineError:
            # Not every model can be run every way; the worker says so when it is loaded.
            self._skipped.append(what)
            return best
        short = trial.step_seconds <= max(LONGEST_STEP, best.step_seconds)
        return trial if short and trial.worth > best.worth * gain else best

    # -- measuring

    def _with_threads(
        self,
        what: str,
        options: LoadOptions,
        environment: tuple[tuple[str, str], ...],
        counts: Sequence[int] = (),
        *,
        alone: Mapping[str, Measurement] | None = None,
        loaded: bool = False,
    ) -> Trial:
        """Measure each count of threads and choose one a kind. ``alone``: what one thread does, where that is known."""
        self._tell(what)
        if not loaded:
            options = self._loaded(options, environment)
        prompt, generate = self._speeds(what, counts or self._counts, counts or self._counts)
        if alone is not None:
            prompt[1], generate[1] = alone["prompt"], alone["generate"]
        threads_prompt, threads_generate = _choose(prompt), _choose(generate)
        options = replace(options, threads_prompt=threads_prompt, threads_generate=threads_generate)
        return self._keep_trial(what, options, environment, prompt[threads_prompt], generate[threads_generate])

    def _measured(self, what: str, options: LoadOptions, environment: tuple[tuple[str, str], ...]) -> Trial:
        self._tell(what)
        options = self._loaded(options, environment)
        prompt, generate = self._speeds(what, [options.threads_prompt], [options.threads_generate])
        return self._keep_trial(
            what, options, environment, prompt[options.threads_prompt], generate[options.threads_generate]
        )

    def _loaded(self, options: LoadOptions, environment: tuple[tuple[str, str], ...]) -> LoadOptions:
        """Load with these options; them with the step that the worker takes, which is shorter without a GPU."""
        return replace(options, ubatch=self._bench.load(options, environment).options.ubatch)

    def _speeds(
        self, what: str, prompt: Sequence[int], generate: Sequence[int]
    ) -> tuple[dict[int, Measurement], dict[int, Measurement]]:
        """By threads. In turns, so that a slow moment of the machine meets all of them; of each the median."""
        found: dict[tuple[str, int], list[Measurement]] = {}
        wanted = [("prompt", count) for count in prompt] + [("generate", count) for count in generate]
        for turn in range(_ROUNDS):
            if turn and self._too_late(""):
                break
            for kind, count in wanted:
                measured = self._bench.measure(MeasureRequest(kind, count, _MEASURE_SECONDS))
                found.setdefault((kind, count), []).append(measured)
                self._tell(what)
        # Of two the faster: what disturbs a measurement makes it slower, never faster.
        middle = {key: sorted(values, key=lambda value: value.speed)[len(values) // 2] for key, values in found.items()}
        return {c: middle["prompt", c] for c in prompt}, {c: middle["generate", c] for c in generate}

    def _keep_trial(
        self,
        what: str,
        options: LoadOptions,
        environment: tuple[tuple[str, str], ...],
        prompt: Measurement,
        generate: Measurement,
    ) -> Trial:
        speeds = (round(prompt.speed, 2), round(generate.speed, 2), round(prompt.step_seconds, 4))
        trial = Trial(what, options, environment, *speeds)
        self._trials.append(trial)
        return trial

    def _too_late(self, what: str) -> bool:
        late = self._clock() - self._started > self._seconds
        if late and what:
            self._skipped.append(what)
        return late

    def _tell(self, what: str) -> None:
        self._on_progress(min(0.99, (self._clock() - self._started) / self._seconds), what)


def _choose(found: Mapping[int, Measurement]) -> int:
    """The fewest threads that are as fast as the best within the noise: they leave the others' cores alone."""
    fastest = max(measured.speed for measured in found.values())
    return min(count for count, measured in found.items() if measured.speed * _GAIN >= fastest)
