"""``stillroom models list``."""

from __future__ import annotations

import argparse
import json

from stillroom import paths
from stillroom.cli import DONE, say
from stillroom.cli.text import aligned, size
from stillroom.models.library import installed_models


def show_list(options: argparse.Namespace) -> int:
    models = installed_models()
    if options.json:
        data = [
            {
                "name": model.name,
                "path": str(model.path),
                "size": model.size,
                "quantization": model.quantization or None,
                "starter": model.starter,
            }
            for model in models
        ]
        print(json.dumps(data, indent=2))
        return DONE
    if not models:
        say(f"No model is installed. Put a GGUF file into {paths.models_dir()}.")
    rows = [(m.name, m.quantization, size(m.size), "starter" if m.starter else "", str(m.path)) for m in models]
    if rows:
        print(aligned(rows))
    return DONE
