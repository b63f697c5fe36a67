"""Hand many changed headers to the checks, and those that are let through to llama.cpp in a process each.

    python tests/benchmarks/fuzz_headers.py [--count 20000] [--seed 100] [--native 300]

Prints how many were refused, and every change that was let through and ended the native process: each is one that
stillroom.gguf.checks should know. In the product such a load happens in a worker, so that even these end in a sentence.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.gguf.fuzz import changed_headers

from stillroom.gguf.checks import check_headers
from stillroom.gguf.header import GgufError, parse_header

# Loads each file named on standard input, and says which one comes next before it does: the last one named is the one
# that ended the process.
_NATIVE = """
import sys, llama_cpp.llama_cpp as lib, ctypes
@lib.llama_log_callback
def silent(level, text, data): pass
lib.llama_log_set(silent, ctypes.c_void_p(0))
lib.llama_backend_init()
for line in sys.stdin:
    print(line.strip(), flush=True)
    model = lib.llama_model_load_from_file(line.strip().encode(), lib.llama_model_default_params())
    if model:
        p = lib.llama_context_default_params()
        p.n_ctx, p.n_batch, p.n_ubatch = 256, 64, 64
        context = lib.llama_init_from_model(model, p)
        if context:
            lib.llama_free(context)
        lib.llama_model_free(model)
print("done", flush=True)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--native", type=int, default=300, help="how many of those let through llama.cpp is to load")
    options = parser.parse_args()
    started = time.monotonic()
    refused, through, crashes = 0, [], []
    for what, data in changed_headers(options.count, options.seed):
        try:
            check_headers([parse_header(lambda o, n, data=data: data[o : o + n], len(data), "m.gguf")])
            if len(through) < options.native:
                through.append((what, data))
        except GgufError:
            refused += 1
        except Exception as error:  # noqa: BLE001 - what is looked for
            crashes.append(f"{what}: {error!r}")
    print(f"{options.count} headers in {time.monotonic() - started:.0f} s: {refused} refused, {len(crashes)} crashes")
    print(*crashes, sep="\n")
    ended = _load_all(through)
    print(f"{len(through)} of those let through given to llama.cpp: {len(ended)} ended the process")
    for what, count in Counter(ended).most_common():
        print(f"  {count} × {what}")
    return 1 if crashes else 0


def _load_all(through: list[tuple[str, bytes]]) -> list[str]:
    ended = []
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for number, (what, data) in enumerate(through):
            path = Path(folder) / f"{number}.gguf"
            path.write_bytes(data)
            names.append((str(path), what))
        while names:
            outcome = subprocess.run(
                [sys.executable, "-c", _NATIVE],
                input="\n".join(name for name, _ in names),
                capture_output=True,
                text=True,
                timeout=600,
                check=False,
            )
            if outcome.returncode == 0:
                break
            # The library may print lines of its own.
            told = set(outcome.stdout.splitlines())
            place = max((number for number, (name, _) in enumerate(names) if name in told), default=0)
            ended.append(
                f"{names[place][1]} ({outcome.stderr.strip().splitlines()[-1][:160] if outcome.stderr.strip() else outcome.returncode})"
            )
            names = names[place + 1 :]
    return ended


if __name__ == "__main__":
    sys.exit(main())
