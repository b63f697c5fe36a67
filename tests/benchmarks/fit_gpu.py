"""Hold the estimates of stillroom.models.fit.estimate against a graphics card: what a worker holds there, by its driver (NVIDIA).

    python tests/benchmarks/fit_gpu.py [--only 1B] [--json F.jsonl]

For shapes of 1B, 3B and 8B in Q4_K_M, two lengths of context, caches of 16 and of 8 bits, with all layers on the card and with
half of them: the estimate from the header (before a download) and llama.cpp's own plan (a dry load in a worker) beside what the
driver says of a worker that loaded the file, read a text that fills its context, scored 40 candidates and wrote; and beside its
resident memory. The buffers that llama.cpp allocated are told from its log. The files are those of ``fit_reality.py``: weights that
are all zero, in files with holes.

On an NVIDIA H200 (CUDA 13.0, driver 580), MiB by the driver, in brackets the estimate's error; RAM is resident:

    ==== ========= =============== =============== =============== =============== ================ ================
         layers on 4096 f16        4096 q8_0       16384 f16       16384 q8_0      half, 4096 f16   half, 16384 q8_0
    ==== ========= =============== =============== =============== =============== ================ ================
    1B   the card  1748 (-0.2 %)   1688 (-0.2 %)   2132 (-0.1 %)   1892 (-0.1 %)   1372 (-0.7 %)    1436 (-0.8 %)
         RAM        734 (+1.5 %)    743 (+0.2 %)    748 (+1.4 %)    759 (-0.1 %)   1128 (+0.0 %)    1236 (-1.0 %)
    3B   the card  3250 (-0.8 %)   3040 (-0.9 %)   4570 (-0.1 %)   3730 (-0.1 %)   2140 (-0.8 %)    2374 (-0.7 %)
         RAM        847 (+0.8 %)    857 (-0.4 %)    862 (+0.7 %)    872 (-0.6 %)   1958 (-0.3 %)    2254 (-0.8 %)
    8B   the card  5774 (-0.0 %)   5534 (-0.0 %)   7310 (-0.0 %)   6350 (-0.0 %)   3406 (-0.5 %)    3676 (-0.5 %)
         RAM        955 (+0.7 %)    968 (-0.7 %)    971 (+0.5 %)    982 (-0.7 %)   3354 (-0.2 %)    3688 (-0.6 %)
    ==== ========= =============== =============== =============== =============== ================ ================
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.fit_reality import ANSWERS, CASES, MIB, Case, write

from stillroom.engine.engine import Engine, Limits
from stillroom.engine.protocol import GenerateRequest, LoadOptions, Piece, Question, ScoreRequest
from stillroom.gguf.header import read_header
from stillroom.machine.nvml import gpu_names, held_on_gpus
from stillroom.models.fit.dry_load_fit import fit_by_dry_load
from stillroom.models.fit.estimate import Use, estimate
from stillroom.models.fit.gpu_process import gpu_process_bytes
from stillroom.models.fit.shape import shape_of

_SHAPES = ("1B", "3B", "8B")
_BUFFER = re.compile(r":\s+(\S+)\s+(model|KV|RS|output|compute) buffer size =\s+([\d.]+) MiB")
# The worker itself, with llama.cpp's whole log in a file.
_WORKER = """
import sys
from stillroom.worker.llama_log import every_log_line_to
from stillroom.worker.process import main
with open(sys.argv[1], "a", encoding="utf-8") as log, every_log_line_to(lambda text: (log.write(text), log.flush())):
    sys.exit(main())
"""


def cases() -> Iterator[tuple[Case, int]]:
    """Shape, context and cache; and how many layers go to the card."""
    for name in _SHAPES:
        shape = next(case for case in CASES if case.name == name)
        shape = replace(shape, quantization="Q4_K_M")
        for context, cache in ((4096, "f16"), (4096, "q8_0"), (16_384, "f16"), (16_384, "q8_0")):
            yield replace(shape, context=context, cache=cache), shape.layers + 1
        for context, cache in ((4096, "f16"), (16_384, "q8_0")):
            yield replace(shape, context=context, cache=cache), shape.layers // 2


def held(path: Path, case: Case, layers: int, log: Path) -> dict[str, int]:
    """Bytes of a worker: on the card once the model is loaded, and after work; resident after work."""
    command = [sys.executable, "-c", _WORKER, str(log)]
    with Engine(command, limits=Limits(silence=600.0)) as engine:
        # Without the texts that it keeps in RAM as far as there is room.
        options = LoadOptions(context_tokens=case.context, kv_type=case.cache, gpu_layers=layers, kept_bytes=-1)
        engine.load(path, options)
        worker = engine.status().worker_pid
        loaded = held_on_gpus(worker)
        engine.score(
            ScoreRequest((Piece("abcdef" * ((case.context - 1000) // 6)),), (Question("x", ANSWERS[:40]),)),
        )
        engine.generate(GenerateRequest((Piece("abc" * 100),), max_tokens=8))
        resident = psutil.Process(worker).memory_info().rss
        return {"loaded": loaded, "worked": held_on_gpus(worker), "resident": resident}


def buffers(log: Path) -> dict[str, float]:
    """MiB by device and purpose."""
    found: dict[str, float] = defaultdict(float)
    for device, purpose, size in _BUFFER.findall(log.read_text(encoding="utf-8")):
        found[f"{device} {purpose}"] += float(size)
    return dict(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only cases whose name begins so")
    parser.add_argument("--json", type=Path, help="also write every figure there")
    options = parser.parse_args()
    print(
        "MiB                          layers  on the card: estimate  planned  loaded  worked  error   RAM: estimate  planned resident error"
    )
    worst = worst_ram = 0.0
    with tempfile.TemporaryDirectory() as folder:
        path, log, made = Path(folder) / "m.gguf", Path(folder) / "log", ""
        for case, layers in cases():
            if not case.name.startswith(options.only):
                continue
            if made != case.name:
                write(case, path)
                made = case.name
            log.unlink(missing_ok=True)
            use = Use(case.context, case.cache, gpu_layers=layers)
            planned = fit_by_dry_load(path, use)
            process = gpu_process_bytes(gpu_names())
            guess = estimate(shape_of([read_header(path)]), use, gpu_process=process)
            real = held(path, case, layers, log)
            error = guess.vram.total / real["worked"] - 1 if real["worked"] else 0.0
            error_ram = guess.ram.total / real["resident"] - 1
            worst, worst_ram = max(worst, abs(error)), max(worst_ram, abs(error_ram))
            figures = [guess.vram.total, planned.vram.total, real["loaded"], real["worked"]]
            told = " ".join(f"{value / MIB:8.0f}" for value in figures)
            ram = " ".join(f"{value / MIB:8.0f}" for value in (guess.ram.total, planned.ram.total, real["resident"]))
            ram += f" {error_ram:+7.1%}"
            title = f"{case.name} Q4_K_M {case.context} {case.cache}"
            print(f"{title:28} {layers:3}/{case.layers + 1}            {told} {error:+7.1%}      {ram}", flush=True)
            if options.json is not None:
                row: dict[str, Any] = {"case": title, "layers": layers, "of": case.layers + 1, **real}
                row |= {"estimate": _parts(guess), "planned": _parts(planned), "buffers": buffers(log)}
                with options.json.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
    print(f"worst error: {worst:.1%} on the card, {worst_ram:.1%} of RAM")
    return 0


def _parts(found: Any) -> dict[str, dict[str, int]]:
    names = ("weights", "cache", "compute", "output", "overhead", "process")
    return {where: {name: getattr(getattr(found, where), name) for name in names} for where in ("ram", "vram")}


if __name__ == "__main__":
    sys.exit(main())
