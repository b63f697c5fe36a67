"""The table of attacks: what each child is refused by all layers together, and what a system would let through that lacks one.

    python tests/benchmarks/attack_table.py

A line a try of ``tests/integration/attacker.py``; a column for each child with every layer, and for a reader with the filter of calls
alone, with Landlock alone and with namespaces alone, as a kernel without the others would have it. ``–`` is refused, ``!`` is let
through; the exit status is 1 where something is with every layer that is not the child's own to do.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.integration.test_confinement import ITS_OWN, a_person, attack, gone_through, remove_left

COLUMNS = {
    "reader": ("reader", "all"),
    "worker": ("worker", "all"),
    "keeping": ("keeping worker", "all"),
    "card": ("card worker", "all"),
    "converter": ("converter", "all"),
    "filter alone": ("reader", "calls"),
    "Landlock alone": ("reader", "files"),
    "namespaces": ("reader", "namespaces"),
}


def main() -> int:
    found: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
    wrong = 0
    for column, (child, layers) in COLUMNS.items():
        with tempfile.TemporaryDirectory() as place, a_person(Path(place)) as person:
            held, tries = attack(layers, person, child=child)
        remove_left()
        through = gone_through(tries)
        found[column] = tries, through
        if layers == "all":
            wrong += len(set(through) - ITS_OWN[child])
            print(f"{column}: {held.words}")
    names = list(dict.fromkeys(name for tries, _ in found.values() for name in tries))
    print(f"\n{'':44}" + "".join(f"{column:>15}" for column in found))
    for name in names:
        cells = (" " if name not in tries else "!" if name in through else "–" for tries, through in found.values())
        print(f"{name:44}" + "".join(f"{cell:>15}" for cell in cells))
    counts = (f"{len(through)} of {len(tries)}" for tries, through in found.values())
    print(f"{'let through':44}" + "".join(f"{count:>15}" for count in counts))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
