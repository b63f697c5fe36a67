"""A model as a file, or several: what its name and its beginning say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from stillroom.regular_file import open_regular

STARTER_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
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


def quantization_of(name: str) -> str:
    """The quantization a file's name says (``Q4_K_M``); empty where it says none."""
    found = _QUANTIZATION.search(name)
    return found[1].upper() if found else ""


def model_file(path: Path, *, starter: bool | None = None) -> ModelFile | None:
    """The model of which this is the (first) file; None where it is no GGUF, another part, or a part is missing.

    ``starter``: whether it is the one that comes with Stillroom; None: as its name says.
    """
    return _model(path, starter=path.name == STARTER_NAME if starter is None else starter)


def is_projector(path: Path) -> bool:
    """Whether a file is the part of a model that sees pictures, as its name or its beginning says."""
    if "mmproj" in path.name.lower():
        return True
    try:
        with open_regular(path) as file:
            return _PROJECTOR.search(file.read(_HEAD_BYTES)) is not None
    except OSError:
        return False


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
