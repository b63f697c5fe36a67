"""``stillroom doctor``."""

from __future__ import annotations

import argparse
import json
from typing import Any

from stillroom.child import Layers
from stillroom.cli.status import DONE, say
from stillroom.cli.text import aligned, size
from stillroom.doctor import diagnose


def show(options: argparse.Namespace) -> int:
    found = diagnose()
    if options.json:
        print(json.dumps(found.to_json(), indent=2))
        return DONE
    cores = f"{found.cores} cores, " if found.cores else ""
    backends = ", ".join(found.engine_backends) or "built for nothing that is known"
    rows = [
        ("Stillroom", found.stillroom),
        ("Python", found.python),
        ("System", found.system),
        ("Processor", f"{found.processor} ({cores}{found.threads} threads to use)"),
        ("Instructions", ", ".join(found.instruction_sets) or "not known"),
        ("Memory", f"{size(found.memory)}, {size(found.memory_available)} free"),
        *(("GPU", _gpu(gpu)) for gpu in found.gpus),
        *([] if found.gpus else [("GPU", "none found")]),
        ("Disk", f"{size(found.disk_free)} free for models"),
        ("Engine", f"llama-cpp-python {found.engine} ({backends})" if found.engine else "not installed"),
        ("Models", ", ".join(model["name"] for model in found.models) or "none"),
        ("Templates", ", ".join(found.templates) or "none"),
        ("Keyring", found.keyring),
        ("Seal", "on: no connection unless you ask for one" if found.sealed else "off: connections are not refused"),
        ("Database", found.database),
        *(("Policy" if place == 0 else "", sentence) for place, sentence in enumerate(found.policy)),
        ("Children", f"kept from the network by {found.children}"),
        *((kind.capitalize(), _confinement(layers)) for kind, layers in found.confinement.items()),
        ("Display", found.display or "none: the window cannot open"),
        *((f"{name.capitalize()} folder", path) for name, path in found.paths.items()),
    ]
    print(aligned(rows))
    for problem in found.problems:
        say(problem)
    return DONE


def _confinement(found: dict[str, object]) -> str:
    return Layers.from_json(found).words if found else "not known: none could be started"


def _gpu(gpu: dict[str, Any]) -> str:
    if gpu["total"] is None:
        memory = "memory not known"
    else:
        free = "" if gpu["free"] is None else f", {size(gpu['free'])} free"
        memory = f"{size(gpu['total'])} of {gpu['memory']} memory{free}"
    use = "the engine uses it" if gpu["usable"] else "the engine was built without it"
    return f"{gpu['name']}: {memory}; {use}"
