"""What the tuning chooses, on benches of our own making; and once with the real worker."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from stillroom.cancellation import Cancellation
from stillroom.engine.protocol import LoadOptions, Measurement, MeasureRequest, ModelInfo
from stillroom.errors import Cancelled, EngineError
from stillroom.tuning.search import LONGEST_STEP, WAITS, Tuning, WorkerBench, thread_counts, tune


@dataclass
class FakeBench:
    """A machine and a model as a formula.

    Attributes:
        prompt, generate: tokens a second by threads. spinning: factor for several threads that wait a little.
        ubatch: factor by size. without_flash, short_cache: factors.
    """

    prompt: dict[int, float] = field(default_factory=lambda: {1: 1000.0, 2: 1800.0})
    generate: dict[int, float] = field(default_factory=lambda: {1: 100.0, 2: 60.0})
    spinning: float = 1.0
    ubatch: dict[int, float] = field(default_factory=dict)
    without_flash: float = 0.8
    short_cache: float = 0.9
    gpu: dict[int | None, float] = field(default_factory=dict)
    noise: float = 0.0
    load_seconds: float = 0.4
    loads: int = 0
    now: float = 0.0
    options: LoadOptions = field(default_factory=LoadOptions)
    environment: tuple[tuple[str, str], ...] = ()
    measured: int = 0

    def load(self, options: LoadOptions, environment: tuple[tuple[str, str], ...]) -> ModelInfo:
        if options.kv_type == "q8_0" and self.short_cache == 0:
            raise EngineError("There is not enough memory.")
        self.loads += 1
        self.now += self.load_seconds
        self.options = replace(
            options, ubatch=options.ubatch or (128 if self.gpu else 60), context_tokens=options.context_tokens or 2048
        )
        self.environment = environment
        layers = 0 if not self.gpu else 30 if options.gpu_layers is None else options.gpu_layers
        return ModelInfo("m", "m.gguf", "llama", "Q4_0", 1, 1, 2048, 2048, 10, True, layers, "CPU", 0.1, self.options)

    def measure(self, request: MeasureRequest) -> Measurement:
        self.measured += 1
        speed = (self.generate if request.kind == "generate" else self.prompt)[request.threads]
        if request.threads > 1 and "GOMP_SPINCOUNT" in dict(self.environment):
            speed *= self.spinning
        speed *= self.without_flash if self.options.flash_attention is False else 1
        speed *= self.short_cache if self.options.kv_type == "q8_0" else 1
        speed *= self.gpu.get(self.options.gpu_layers, 1)
        if request.kind == "prompt":
            speed *= self.ubatch.get(self.options.ubatch, 1.0)
        speed *= 1 + self.noise * (-1) ** self.measured
        size = 1 if request.kind == "generate" else self.options.ubatch
        self.now += max(request.seconds, size / speed)
        return Measurement(speed, size / speed, size)


def run(bench: FakeBench, cores: int = 2, seconds: float = 60.0) -> Tuning:
    return tune(bench, cores=cores, seconds=seconds, clock=lambda: bench.now)


def test_threads_are_chosen_for_reading_and_for_writing() -> None:
    tuning = run(FakeBench())
    assert (tuning.options.threads_prompt, tuning.options.threads_generate) == (2, 1)
    assert (tuning.prompt_speed, tuning.generate_speed) == (1800.0, 100.0)
    assert tuning.environment == WAITS[0]
    assert (tuning.options.prompt_speed, tuning.options.generate_speed) == (1800.0, 100.0)
    assert tuning.options.context_tokens == 0


def test_fewer_threads_where_more_bring_nothing_beyond_the_noise() -> None:
    tuning = run(FakeBench(prompt={1: 1000.0, 2: 1050.0}, generate={1: 100.0, 2: 104.0}, noise=0.01))
    assert (tuning.options.threads_prompt, tuning.options.threads_generate) == (1, 1)


def test_waiting_a_little_where_it_makes_several_threads_faster() -> None:
    tuning = run(FakeBench(prompt={1: 1000.0, 2: 900.0}, spinning=2.0))
    assert dict(tuning.environment)["GOMP_SPINCOUNT"] == "2000"
    assert tuning.options.threads_prompt == 2


def test_one_thread_waits_for_nobody() -> None:
    tuning = run(FakeBench(prompt={1: 1000.0, 2: 300.0}, generate={1: 100.0, 2: 10.0}, spinning=1.5))
    assert tuning.environment == WAITS[0]
    assert (tuning.options.threads_prompt, tuning.options.threads_generate) == (1, 1)


def test_a_step_stays_short_however_much_faster_a_long_one_is() -> None:
    tuning = run(FakeBench(prompt={1: 300.0, 2: 500.0}, ubatch={512: 1.6, 256: 1.5, 128: 1.2, 60: 1.0, 32: 0.9}))
    assert tuning.options.ubatch == 60
    assert tuning.step_seconds <= LONGEST_STEP


def test_a_larger_step_where_it_is_faster_and_short() -> None:
    tuning = run(FakeBench(prompt={1: 4000.0, 2: 7000.0}, ubatch={128: 0.8, 60: 0.6}, gpu={None: 1.0, 15: 0.1, 0: 0.1}))
    assert tuning.options.ubatch == 256


def test_a_slow_model_keeps_most_of_its_speed_though_no_step_is_short() -> None:
    tuning = run(FakeBench(prompt={1: 20.0, 2: 40.0}, ubatch={60: 0.95, 32: 0.8, 16: 0.3}), seconds=600)
    assert tuning.options.ubatch == 32


def test_flash_attention_and_the_cache_stay_unless_much_is_gained() -> None:
    gpu: dict[int | None, float] = {None: 9.0, 15: 3.0}
    plain = run(FakeBench(without_flash=1.02, short_cache=1.1, gpu=gpu)).options
    assert (plain.flash_attention, plain.kv_type) == (None, "f16")
    assert run(FakeBench(without_flash=1.5, gpu=gpu)).options.flash_attention is False
    assert run(FakeBench(short_cache=1.5, gpu=gpu)).options.kv_type == "q8_0"


def test_a_processor_keeps_plain_attention_and_the_whole_cache() -> None:
    found = run(FakeBench(without_flash=0.5, short_cache=1.5)).options
    assert (found.flash_attention, found.kv_type) == (None, "f16")


def test_what_the_model_cannot_do_is_left_out() -> None:
    tuning = run(FakeBench(short_cache=0, gpu={None: 9.0, 15: 3.0}))
    assert tuning.options.kv_type == "f16"
    assert tuning.skipped == ("8-bit cache",)


def test_a_weak_gpu_is_not_used() -> None:
    assert run(FakeBench(gpu={None: 0.3, 15: 0.6})).options.gpu_layers == 0
    assert run(FakeBench(gpu={None: 9.0, 15: 3.0})).options.gpu_layers is None


def test_a_strong_gpu_leaves_the_time_for_what_matters_there() -> None:
    """Neither what threads do nor how they wait is measured, nor the processor alone once half the layers are slower."""
    bench = FakeBench(
        prompt={1: 4000.0, 16: 3900.0},
        generate={1: 300.0, 16: 290.0},
        gpu={None: 9.0, 15: 3.0, 0: 0.1},
        ubatch={128: 0.5, 256: 0.7, 512: 0.8, 1024: 1.0},
    )
    tuning = run(bench, cores=16, seconds=20)
    assert (tuning.options.ubatch, tuning.options.threads_prompt, tuning.options.gpu_layers) == (1024, 1, None)
    assert tuning.skipped == ()
    assert [trial.what for trial in tuning.trials][:2] == ["plain settings", "15 layers on the GPU"]
    assert "no GPU" not in [trial.what for trial in tuning.trials]
    assert "60 tokens at a time" not in [trial.what for trial in tuning.trials]
    assert bench.now < 10


def test_where_the_card_has_no_room_for_all_threads_are_chosen_too() -> None:
    bench = FakeBench(
        prompt={1: 100.0, 2: 190.0, 3: 250.0}, generate={1: 10.0, 2: 19.0, 3: 20.0}, gpu={20: 2.0, 10: 1.0}
    )
    tuning = tune(bench, cores=3, gpu_layers=20, seconds=60, clock=lambda: bench.now)
    assert (tuning.options.threads_prompt, tuning.options.threads_generate) == (3, 2)
    assert tuning.options.gpu_layers is None, "as many as there is room for when it is loaded"


def test_the_time_is_kept_and_what_is_skipped_is_said() -> None:
    bench = FakeBench(prompt={1: 60.0, 2: 50.0}, load_seconds=5.0)
    tuning = run(bench, seconds=20)
    assert bench.now < 45
    assert tuning.skipped
    assert tuning.options.threads_prompt == 1


def test_the_progress_goes_on_to_its_end() -> None:
    bench, shares = FakeBench(), []
    tune(bench, cores=2, seconds=20, on_progress=lambda share, _: shares.append(share), clock=lambda: bench.now)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert max(shares[:-1]) < 1.0


def test_counts_of_threads() -> None:
    assert thread_counts(1) == [1]
    assert thread_counts(2) == [1, 2]
    assert thread_counts(10) == [1, 2, 3, 4, 6, 8, 10]


def test_what_a_person_has_set_counts_more() -> None:
    tuning = run(FakeBench())
    options = tuning.load_options(context_tokens=4096, threads=3)
    assert (options.context_tokens, options.threads_prompt, options.threads_generate) == (4096, 3, 3)
    assert options.prompt_speed == 0  # measured with other threads
    assert tuning.load_options(context_tokens=512) == replace(tuning.options, context_tokens=512)


def test_another_environment_takes_another_worker(tmp_path: Path) -> None:
    model = tmp_path / "m.gguf"
    model.write_bytes(b"GGUF")
    with WorkerBench(
        model, command=[sys.executable, str(Path(__file__).parents[1] / "engine" / "fake_worker.py")]
    ) as bench:
        pids = []
        for wait in (WAITS[0], WAITS[1], WAITS[1], WAITS[0]):
            bench.load(LoadOptions(), wait)
            pids.append(bench.engine.status().worker_pid)
        assert pids[0] != pids[1] == pids[2] != pids[3]
        assert bench.engine.status().restarts == 0  # nothing went wrong
        assert bench.measure(MeasureRequest("prompt")).speed == 100


@pytest.mark.model
def test_the_real_worker_is_measured(starter_model: Path) -> None:
    pytest.importorskip("llama_cpp")
    with WorkerBench(starter_model) as bench:
        tuning = tune(bench, cores=2, seconds=2)
        assert tuning.prompt_speed > 0
        assert tuning.generate_speed > 0
        info = bench.load(tuning.load_options(context_tokens=512), tuning.environment)
        assert info.options.ubatch == tuning.options.ubatch
        assert info.options.threads_prompt == tuning.options.threads_prompt


@pytest.mark.model
def test_measuring_can_be_stopped(starter_model: Path) -> None:
    pytest.importorskip("llama_cpp")
    cancellation = Cancellation()
    with WorkerBench(starter_model, cancellation) as bench, pytest.raises(Cancelled):
        tune(bench, cores=1, seconds=2, on_progress=lambda *_: cancellation.request())
