"""``stillroom models import``, ``verify`` and ``remove``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from stillroom.cli.status import DONE, SOME_FAILED, say
from stillroom.cli.stoppable import stoppable
from stillroom.cli.text import printable
from stillroom.errors import StillroomError
from stillroom.workspace import Workspace
from stillroom.workspace.models import Models

if TYPE_CHECKING:
    from stillroom.workspace.models import ModelFile


def import_file(options: argparse.Namespace) -> int:
    """Copy a model, or make one of a folder of safetensors."""
    with Workspace(seal=options.seal) as workspace:
        published = workspace.making.is_published(options.file)
        if options.type and not published:
            raise StillroomError("--type is for folders of safetensors. For a GGUF file: stillroom models quantize.")
        name = options.file.name or str(options.file)
        model, status = stoppable(
            lambda tell, cancellation: workspace.making.bring(
                options.file,
                quantization=options.type.upper(),
                sha256=options.sha256,
                on_progress=tell,
                cancellation=cancellation,
            ),
            f"{'Converting' if published else 'Copying'} {name}",
        )
    if model is None:
        say("Stopped. Nothing was imported.")
        return status
    if options.json:
        print(json.dumps({"name": model.name, "path": str(model.path), "size": model.size}))
    else:
        print(f"{printable(model.name)} is in {printable(str(model.path.parent))}.")
    return DONE


def verify_models(options: argparse.Namespace) -> int:
    found = []
    with Workspace(seal=options.seal) as workspace:
        models = [workspace.models.find(options.model)] if options.model else workspace.models.installed()
        for model in models:
            try:
                result = workspace.models.verify(model, on_progress=_progress("Reading"))
                right, sentence = result.right, result.sentence
            except StillroomError as error:
                right, sentence = False, error.message
            _end_line()
            found.append({"name": model.name, "path": str(model.path), "right": right, "message": sentence})
            if not options.json:
                print(printable(sentence))
    if options.json:
        print(json.dumps(found, indent=2))
    return SOME_FAILED if any(item["right"] is False for item in found) else DONE


def remove_model(options: argparse.Namespace) -> int:
    with Workspace(seal=options.seal) as workspace:
        model = workspace.models.find(options.model)
        workspace.models.remove(model, permanently=options.permanently)
    if options.json:
        print(json.dumps({"removed": model.name, "path": str(model.path)}))
    else:
        say(f"{model.name} was {'deleted' if options.permanently else 'put into the trash'}.")
    return DONE


def attach_adapter(options: argparse.Namespace) -> int:
    return _attached(
        options,
        lambda models, model: Path(models.attach_adapter(model, options.file, options.scale).path),
        "{added} is attached to {model} from its next load on.",
    )


def detach_adapter(options: argparse.Namespace) -> int:
    return _attached(
        options,
        lambda models, model: Path(models.detach_adapter(model, options.adapter).path),
        "{added} is no longer attached to {model}.",
    )


def attach_a_projector(options: argparse.Namespace) -> int:
    return _attached(
        options,
        lambda models, model: models.attach_projector(model, options.file),
        "{model} sees pictures with {added} from its next load on.",
    )


def detach_a_projector(options: argparse.Namespace) -> int:
    return _attached(
        options,
        lambda models, model: models.detach_projector(model),
        "{model} is loaded without {added} from now on; the file stays.",
    )


def _attached(options: argparse.Namespace, change: Callable[[Models, ModelFile], Path], sentence: str) -> int:
    with Workspace(seal=options.seal) as workspace:
        model = workspace.models.find(options.model)
        added = change(workspace.models, model)
        adapters = workspace.models.adapters(model)
        projector = workspace.models.projector(model)
    if options.json:
        shown = [{"path": adapter.path, "scale": adapter.scale} for adapter in adapters]
        print(json.dumps({"model": model.name, "adapters": shown, "projector": str(projector) if projector else None}))
    else:
        say(sentence.format(model=model.name, added=added.stem))
    return DONE


def _progress(what: str) -> Callable[[int, int], None]:
    """Writes how far it is over the same line of a terminal."""
    told = -1

    def tell(done: int, total: int) -> None:
        nonlocal told
        share = 100 * done // max(1, total)
        if share != told and sys.stderr.isatty():
            told = share
            print(f"\r{what} {share:3} %", end="", file=sys.stderr, flush=True)

    return tell


def _end_line() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
