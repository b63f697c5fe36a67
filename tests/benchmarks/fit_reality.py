"""Hold the estimates of stillroom.models.fit.estimate against reality, over shapes, contexts and kinds of cache.

    python tests/benchmarks/fit_reality.py [--largest 2.0] [--only 0.1B]
    python tests/benchmarks/fit_reality.py --largest 20 --synth SYNTH_GGUF.PY --like STARTER.gguf [--python PYTHON]

For each, two comparisons. Against the machine: the estimate from the header (before a download) and llama.cpp's own plan (a
dry load in a worker) beside the resident memory of a worker that loaded the file and evaluated a prompt and some tokens,
and how much of that lies in huge pages. Against llama.cpp: the buffers that the plan names beside those that a real load
allocates and writes into its log; these two are the same to the hundredth of a MiB that the log gives, or the line says
which differs. The files are made here, with weights that are all zero in files with holes, so that shapes of 8B need no
room on the disk; --largest leaves out what is larger in GiB. With --synth a script writes them with random weights (see
made_shapes.Synth), and each is quantized as the application does it. GLIBC_TUNABLES=glibc.malloc.hugetlb=0 in the
environment measures without huge pages.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import re
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, nullcontext
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.made_shapes import CASES, Case, Synth, write

from stillroom.engine.engine import Engine, Limits
from stillroom.engine.protocol import GenerateRequest, LoadOptions, Piece, Question, ScoreRequest
from stillroom.gguf.header import read_header
from stillroom.models.fit.dry_load_fit import fit_by_dry_load
from stillroom.models.fit.estimate import Estimate, Use, estimate
from stillroom.models.fit.shape import shape_of
from stillroom.worker.llama import LoadedModel
from stillroom.worker.llama_log import every_log_line_to

MIB = 1 << 20
# Each begins with another token: in the vocabulary of the files made here, and in one of English text.
ANSWERS = tuple(f"w{number} a" for number in range(100, 356))
_ENGLISH = tuple(
    "".join(letters) + " a"
    for pair in (("bcdfghklmnprstvw", "aeiou"), ("BCDFGHKLMNPRSTVW", "aeiou"), ("aeiou", "cdglmnprst"))
    for letters in itertools.product(*pair)
)
_MOST_READ = 2e12  # tokens × weights: a minute on two cores
_BUFFER = re.compile(r":\s+(\S+)\s+(model|KV|RS|output|compute) buffer size =\s+([\d.]+) MiB")
_PURPOSES = {"model": "weights", "KV": "cache", "RS": "cache", "output": "output", "compute": "compute"}


def resident(path: Path, case: Case, answers: tuple[str, ...]) -> tuple[int, int, int]:
    """Bytes of a worker with the model after work: resident, its own (without pages of the file), and in huge pages.

    Without the states of texts that it keeps where memory is free: those have a budget of their own.
    """
    with Engine(limits=Limits(silence=1200.0)) as engine:  # the largest are slow on a small machine
        engine.load(path, LoadOptions(context_tokens=case.context, kv_type=case.cache, kept_bytes=-1))
        # Several steps of the largest size, and as many sequences at once as there is room for, as a passage is asked about.
        asked = answers[: 40 if case.vocabulary > 100_000 else 200]
        engine.score(ScoreRequest((Piece("abcdef" * 80),), (Question("x", asked),)))
        read = "".join(f"{number} abcdef" for number in range(_tokens(case) // 8))
        read = read[: len(read) * _tokens(case) // max(1, *engine.count_tokens([read]))]
        engine.generate(GenerateRequest((Piece(read),), max_tokens=2))
        process = psutil.Process(engine.status().worker_pid)
        found = process.memory_full_info()
        return found.rss, found.uss, _huge(process.pid)


def _tokens(case: Case) -> int:
    """To be read: where attention's weights need a part of the compute buffer for each, all that there is room for."""
    full = case.context - 1024
    return full if case.cache == "f16" and full * case.weights < _MOST_READ else min(480, full)


def _huge(pid: int) -> int:
    """Bytes of a process in huge pages; 0 where the system does not tell."""
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in told.splitlines() if line.startswith("AnonHugePages"))


def allocated(path: Path, case: Case) -> dict[str, int]:
    """Bytes of the buffers that loading for real allocates, by llama.cpp's own log, in a process of its own.

    As in the plan, the compute buffer is that of a whole step.
    """
    options = LoadOptions(context_tokens=case.context, kv_type=case.cache)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        logs = process.submit(_logs_of_a_load, path, options).result()
    found: dict[str, int] = {}
    for log in logs:
        for _device, purpose, size in _BUFFER.findall(log):
            if (purpose == "compute") == (log is logs[1]):
                name = _PURPOSES[purpose]
                found[name] = found.get(name, 0) + round(float(size) * MIB)
    return found


def _logs_of_a_load(path: Path, options: LoadOptions) -> tuple[str, str]:
    """Of loading the model, and of making the context of a whole step."""
    whole: list[str] = []
    step: list[str] = []
    with every_log_line_to(whole.append):
        model = LoadedModel(path, options, lambda _: True)
    with every_log_line_to(step.append):
        model.new_context(min(model.max_sequences, model.options.ubatch))
    return "".join(whole), "".join(step)


def compared(planned: Estimate, real: dict[str, int]) -> str:
    """Plan and allocation side by side, in MiB."""
    pairs = [
        (name, getattr(planned.ram, name), real.get(name, 0)) for name in ("weights", "cache", "compute", "output")
    ]
    told = ", ".join(
        f"{name} {plan / MIB:.2f} = {got / MIB:.2f}" for name, plan, got in pairs if abs(plan - got) < 0.011 * MIB
    )
    differ = ", ".join(
        f"{name} planned {plan / MIB:.2f}, allocated {got / MIB:.2f}"
        for name, plan, got in pairs
        if abs(plan - got) >= 0.011 * MIB
    )
    return f"{told}; {'DIFFERENT: ' + differ if differ else 'all the same'}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=float, default=2.0, help="GiB of the largest file to try")
    parser.add_argument("--only", default="", help="only cases whose name begins so")
    parser.add_argument("--synth", type=Path, help="a script that writes a GGUF with random weights")
    parser.add_argument("--python", default=sys.executable, help="runs that script; it needs gguf and numpy")
    parser.add_argument("--like", type=Path, help="the model whose vocabulary the script copies")
    options = parser.parse_args()
    if options.synth and not options.like:
        parser.error("--synth needs --like")
    print(
        "case                              huge pages  estimate  planned      own resident  error planned  parts of the estimate"
    )
    worst = [0.0, 0.0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        synth = Synth(options.synth, options.python, options.like, folder) if options.synth else None
        with closing(synth) if synth else nullcontext():
            cases = [case for case in CASES if case.name.startswith(options.only)]
            for case in cases:
                if case.bytes > options.largest * (1 << 30) or (synth and case.arch != "llama"):
                    continue
                path = folder / "model.gguf"
                found = _measure(case, path, synth.write if synth else write, _ENGLISH if synth else ANSWERS)
                worst = [max(before, abs(error)) for before, error in zip(worst, found, strict=True)]
    print(f"worst error: estimate {worst[0]:.1%}, planned {worst[1]:.1%}")
    return 0


def _measure(
    case: Case, path: Path, make: Callable[[Case, Path], None], answers: tuple[str, ...]
) -> tuple[float, float]:
    """Print what was found of a case. Returns by which shares the estimate and the plan are off."""
    make(case, path)
    try:
        use = Use(case.context, case.cache)
        guess, planned = estimate(shape_of([read_header(path)]), use), fit_by_dry_load(path, use)
        (rss, own, huge), buffers = resident(path, case, answers), allocated(path, case)
    finally:
        path.unlink()
    errors = (guess.total - rss) / rss, (planned.total - rss) / rss
    title = f"{case.name} {case.quantization} {case.context} {case.cache}"
    figures = " ".join(f"{value / MIB:8.0f}" for value in (huge, guess.total, planned.total, own, rss))
    print(f"{title:34} {figures} {errors[0]:+7.1%} {errors[1]:+7.1%}  {_parts(guess)} | planned {_parts(planned)}")
    print(f"    llama.cpp, planned = allocated, MiB: {compared(planned, buffers)}", flush=True)
    return errors


def _parts(found: Estimate) -> str:
    return " ".join(
        f"{name} {getattr(found.ram, name) / MIB:.0f}"
        for name in ("weights", "cache", "compute", "output", "overhead", "process")
    )


if __name__ == "__main__":
    sys.exit(main())
