"""``stillroom models import``, ``verify`` and ``remove``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from stillroom.cancellation import Cancellation
from stillroom.cli.status import DONE, SOME_FAILED, say
from stillroom.cli.stoppable import Tell, stoppable
from stillroom.cli.text import printable
from stillroom.errors import StillroomError
from stillroom.models.adapters import attach, attached, detach
from stillroom.models.library import find_model, installed_models
from stillroom.models.local_files import Told, import_model, remove, verify
from stillroom.models.model_file import ModelFile
from stillroom.models.projectors import attach_projector, detach_projector, projector_of
from stillroom.models.safetensors import is_safetensors
from stillroom.tuning.conversion import convert


def import_file(options: argparse.Namespace) -> int:
    """Copy a model, or make one of a folder of safetensors."""
    published = is_safetensors(options.file)
    if options.type and not published:
        raise StillroomError("--type is for folders of safetensors. For a GGUF file: stillroom models quantize.")

    def work(tell: Tell, cancellation: Cancellation) -> ModelFile:
        if published:
            return convert(options.file, quantization=options.type.upper(), on_progress=tell, cancellation=cancellation)
        return import_model(
            options.file,
            sha256=options.sha256,
            on_progress=lambda done, total: tell(done / max(1, total), ""),
            cancellation=cancellation,
        )

    name = options.file.name or str(options.file)
    model, status = stoppable(work, f"{'Converting' if published else 'Copying'} {name}")
    if model is None:
        say("Stopped. Nothing was imported.")
        return status
    if options.json:
        print(json.dumps({"name": model.name, "path": str(model.path), "size": model.size}))
    else:
        print(f"{printable(model.name)} is in {printable(str(model.path.parent))}.")
    return DONE


def verify_models(options: argparse.Namespace) -> int:
    models = [find_model(options.model)] if options.model else installed_models()
    found = []
    for model in models:
        try:
            result = verify(model, on_progress=_progress("Reading"))
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
    model = find_model(options.model)
    remove(model, permanently=options.permanently)
    if options.json:
        print(json.dumps({"removed": model.name, "path": str(model.path)}))
    else:
        say(f"{model.name} was {'deleted' if options.permanently else 'put into the trash'}.")
    return DONE


def attach_adapter(options: argparse.Namespace) -> int:
    model = find_model(options.model)
    adapter = attach(model, options.file, options.scale)
    return _told(options, model, f"{Path(adapter.path).stem} is attached to {model.name} from its next load on.")


def detach_adapter(options: argparse.Namespace) -> int:
    model = find_model(options.model)
    adapter = detach(model, options.adapter)
    return _told(options, model, f"{Path(adapter.path).stem} is no longer attached to {model.name}.")


def attach_a_projector(options: argparse.Namespace) -> int:
    model = find_model(options.model)
    projector = attach_projector(model, options.file)
    return _told(options, model, f"{model.name} sees pictures with {projector.stem} from its next load on.")


def detach_a_projector(options: argparse.Namespace) -> int:
    model = find_model(options.model)
    projector = detach_projector(model)
    return _told(options, model, f"{model.name} is loaded without {projector.stem} from now on; the file stays.")


def _told(options: argparse.Namespace, model: ModelFile, sentence: str) -> int:
    if options.json:
        adapters = [{"path": adapter.path, "scale": adapter.scale} for adapter in attached(model.path)]
        projector = projector_of(model.path)
        print(
            json.dumps({"model": model.name, "adapters": adapters, "projector": str(projector) if projector else None})
        )
    else:
        say(sentence)
    return DONE


def _progress(what: str) -> Told:
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
