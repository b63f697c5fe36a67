"""``stillroom doctor``."""

from __future__ import annotations

import argparse
import json

from stillroom.cli import DONE, say
from stillroom.cli.text import aligned, size
from stillroom.doctor import diagnose


def show(options: argparse.Namespace) -> int:
    found = diagnose()
    if options.json:
        print(json.dumps(found.to_json(), indent=2))
        return DONE
    cores = f"{found.cores} cores, " if found.cores else ""
    rows = [
        ("Stillroom", found.stillroom),
        ("Python", found.python),
        ("System", found.system),
        ("Processor", f"{found.processor} ({cores}{found.threads} threads to use)"),
        ("Memory", f"{size(found.memory)}, {size(found.memory_available)} free"),
        ("Engine", f"llama-cpp-python {found.engine}" if found.engine else "not installed"),
        ("Models", ", ".join(model["name"] for model in found.models) or "none"),
        ("Templates", ", ".join(found.templates) or "none"),
        ("Keyring", found.keyring),
        ("Display", found.display or "none: the window cannot open"),
        *((f"{name.capitalize()} folder", path) for name, path in found.paths.items()),
    ]
    print(aligned(rows))
    for problem in found.problems:
        say(problem)
    return DONE
