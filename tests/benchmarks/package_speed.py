"""The package's engine (made for every processor) against the checkout's (compiled for this one), taking turns in one run.

    python tests/benchmarks/package_speed.py --program build/frozen/stillroom/stillroom [--rounds 3]

Each round measures both with ``models bench``, the worker's own measuring, at the best number of threads; medians and
their ratios are printed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys


def bench(command: list[str]) -> tuple[float, float]:
    done = subprocess.run(
        [*command, "models", "bench", "--json"], capture_output=True, text=True, timeout=300, check=True
    )
    rows = json.loads(done.stdout)["speeds"]
    return max(row["prompt"] for row in rows), max(row["generate"] for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    sides = {"package": [arguments.program], "checkout": [sys.executable, "-m", "stillroom"]}
    speeds: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for number in range(arguments.rounds):
        for name in sorted(sides, reverse=number % 2 == 0):
            speeds[name].append(bench(sides[name]))
    for place, what in enumerate(("prompt", "generation")):
        left, right = (statistics.median(each[place] for each in speeds[name]) for name in ("package", "checkout"))
        print(f"{what:11} package {left:8.1f} tokens/s, checkout {right:8.1f}; ratio {left / right:.3f}")


if __name__ == "__main__":
    main()
