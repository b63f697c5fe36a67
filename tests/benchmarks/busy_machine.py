"""How fast the worker is while another program keeps every core busy.

    python tests/benchmarks/busy_machine.py [MODEL.gguf] [--threads N] [--seconds S] [--rounds N]

In turns, so that the machine's moods meet all of them: every fixed number of threads, the adaptive worker (loaded with N
threads and their speed on the idle machine), and what most programs do: N threads that spin while they wait. Each reads
text for S seconds beside one busy process a core. Prints the speeds in tokens a second and their ratios; the worker is to
reach 0.8 of the best fixed setting.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stillroom.engine.engine import Engine
from stillroom.engine.protocol import GenerateRequest, LoadOptions, MeasureRequest, Piece, Sampling
from stillroom.models.library import default_model, find_model
from stillroom.tuning.search import WAITS, physical_cores

SPINNING = (("OMP_WAIT_POLICY", "active"),)
TEXT = "Delivery note 2047 of 14 March. North Wind Trading Ltd: four boxes of copper fittings at 18.40, one ladder at 119. "


@dataclass
class Setting:
    """One way to run the model, and the speeds it had."""

    name: str
    options: LoadOptions
    environment: tuple[tuple[str, str], ...]
    reading: list[float]
    writing: list[float]
    engine: Engine | None = None


@contextlib.contextmanager
def busy_cores(count: int) -> Iterator[None]:
    """A process for each core that does nothing but compute."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def read_and_write(engine: Engine, seconds: float, turn: int) -> tuple[float, float]:
    """Tokens a second, of the wall clock: of texts never seen before, and of a chat's answer."""
    tokens, begun, number = 0, time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        number += 1
        prompt = (Piece(f"{turn} {number} {time.monotonic_ns()} " + TEXT * 24),)
        tokens += engine.generate(GenerateRequest(prompt, 1)).prompt_tokens
    reading = tokens / (time.monotonic() - begun)
    tokens, begun = 0, time.monotonic()
    while time.monotonic() - begun < seconds / 2:
        request = GenerateRequest((Piece(TEXT),), 48, Sampling(temperature=1.0, seed=turn), interactive=True)
        tokens += max(1, engine.generate(request).tokens)
    return reading, tokens / (time.monotonic() - begun)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?")
    parser.add_argument("--threads", type=int, default=physical_cores())
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    model: Path = (find_model(options.model) if options.model else default_model()).path
    many = options.threads
    plain = LoadOptions(context_tokens=4096, threads_prompt=many, threads_generate=many, ubatch=64)
    with Engine() as engine:
        engine.load(model, plain, environment=dict(WAITS[0]))
        idle = [
            max(engine.measure(MeasureRequest(kind, many, 0.5)).speed for _ in range(3))
            for kind in ("prompt", "generate")
        ]
    print(
        f"{model.name}, {many} threads, without the busy processes: reads {idle[0]:.0f}, writes {idle[1]:.0f} tokens a second"
    )
    settings = [
        # A speed of next to nothing is never undercut: the threads stay as they are.
        Setting(f"fixed, {count}", fixed(plain, count), WAITS[0], [], [])
        for count in sorted({1, max(1, many // 2), many})
    ]
    tuned = LoadOptions(4096, many, many, 64, prompt_speed=idle[0], generate_speed=idle[1])
    settings.append(Setting("adaptive", tuned, WAITS[0], [], []))
    settings.append(Setting(f"spinning, {many}", fixed(plain, many), SPINNING, [], []))
    with contextlib.ExitStack() as stack:
        for setting in settings:
            setting.engine = stack.enter_context(Engine())
            setting.engine.load(model, setting.options, environment=dict(setting.environment))
        stack.enter_context(busy_cores(physical_cores()))
        for turn in range(options.rounds):
            for setting in settings:
                assert setting.engine is not None
                reading, writing = read_and_write(setting.engine, options.seconds, turn)
                setting.reading.append(reading)
                setting.writing.append(writing)
        adaptive = next(setting for setting in settings if setting.name == "adaptive")
        assert adaptive.engine is not None
        status = adaptive.engine.status().worker
    for setting in settings:
        reads, writes = statistics.median(setting.reading), statistics.median(setting.writing)
        print(f"{setting.name:14} reads {reads:7.1f}  writes {writes:7.1f}")
    for kind in ("reading", "writing"):
        speeds = {setting.name: statistics.median(getattr(setting, kind)) for setting in settings}
        best = max(speed for name, speed in speeds.items() if name.startswith("fixed"))
        spinning = speeds[f"spinning, {many}"]
        print(
            f"{kind}: adaptive / best fixed {speeds['adaptive'] / best:.2f}, spinning / best fixed {spinning / best:.2f}, "
            f"adaptive / spinning {speeds['adaptive'] / spinning:.1f}"
        )
    print(f"adaptive ended with {status.threads_prompt} threads for reading, {status.threads_generate} for writing")
    return 0


def fixed(options: LoadOptions, threads: int) -> LoadOptions:
    return LoadOptions(options.context_tokens, threads, threads, options.ubatch, prompt_speed=1e-6, generate_speed=1e-6)


if __name__ == "__main__":
    sys.exit(main())
