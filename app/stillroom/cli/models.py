"""``stillroom models list``."""

from __future__ import annotations

import argparse
import json

from stillroom import paths
from stillroom.cli.status import DONE, say
from stillroom.cli.text import aligned, size
from stillroom.workspace import Workspace


def show_list(options: argparse.Namespace) -> int:
    with Workspace(seal=options.seal) as workspace:
        owners = {model: "starter" if model.starter else "" for model in workspace.models.installed()}
        if options.all:
            owners |= {item.model: item.program for item in workspace.models.elsewhere()}
    models = list(owners)
    if options.json:
        data = [
            {
                "name": model.name,
                "path": str(model.path),
                "size": model.size,
                "quantization": model.quantization or None,
                "starter": model.starter,
                "program": None if model.starter or not owners[model] else owners[model],
            }
            for model in models
        ]
        print(json.dumps(data, indent=2))
        return DONE
    if not models:
        say(f"No model is installed. Put a GGUF file into {paths.models_dir()}.")
    rows = [(m.name, m.quantization, size(m.size), owners[m], str(m.path)) for m in models]
    if rows:
        print(aligned(rows))
    return DONE
