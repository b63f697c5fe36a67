"""A folder with a model as it is published (safetensors), looked at in bounded Python before anything else opens it."""

from __future__ import annotations

import json
import math
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillroom.errors import StillroomError
from stillroom.regular_file import open_regular

_MAX_HEADER_BYTES = 100_000_000  # the format's own limit
_MAX_JSON_BYTES = 64 << 20
_MAX_FILES = 1000
_BYTES = {
    "F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
    "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1,
}  # fmt: skip
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.safetensors$")
_TOKENIZERS = ("tokenizer.model", "tokenizer.json", "vocab.json", "vocab.txt", "tekken.json", "spiece.model")
_SETTINGS = ("config.json", "params.json")
# What the converter reads beside the weights. No program is among it: tokenizers that bring their own would be run.
_READ = ("*.json", "*.jinja", "*.model", "merges.txt", "vocab.txt", "*.tiktoken", "README.md")


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A whole model in safetensors.

    Attributes:
        name: of the folder. architecture: as its settings say it (``LlamaForCausalLM``); may be empty.
        files: the weights, and what the converter reads beside them.
        elements: numbers in all; largest: in the largest tensor.
        size: bytes of the weights.
    """

    name: str
    path: Path
    architecture: str
    files: tuple[Path, ...]
    elements: int
    largest: int
    size: int


def is_safetensors(path: Path) -> bool:
    """Whether this is a file of safetensors, or a folder that holds one."""
    return path.suffix.lower() == ".safetensors" or (path.is_dir() and any(path.glob("*.safetensors")))


def model_folder(path: Path) -> ModelFolder:
    """Look at a folder, or at the folder of one of its files. Raises StillroomError that says what is missing or wrong."""
    folder = (path if path.is_dir() else path.parent).absolute()
    try:
        return _looked_at(folder)
    except OSError as error:
        raise StillroomError(f"{folder.name} cannot be read: {error.strerror or type(error).__name__}.") from error


def _looked_at(folder: Path) -> ModelFolder:
    weights = sorted(folder.glob("*.safetensors"))
    if (folder / "adapter_config.json").is_file():
        raise StillroomError(
            f"{folder.name} holds an adapter (LoRA) as safetensors, not a model. Look for it as GGUF on the hub, and attach that."
        )
    if not any((folder / name).is_file() for name in _SETTINGS):
        raise StillroomError(
            f"{folder.name} has no config.json, so nobody can tell what model it is. Copy the whole folder from its source."
        )
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise StillroomError(
            f"{folder.name} has no tokenizer (tokenizer.json or tokenizer.model). Copy the whole folder from its source."
        )
    missing = [name for name in _needed(folder, weights) if not (folder / name).is_file()]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise StillroomError(f"{folder.name} is not whole: {missing[0]}{more} is missing. Copy what is missing to it.")
    if not 0 < len(weights) <= _MAX_FILES:
        raise StillroomError(f"{folder.name} has {len(weights)} files of weights, which cannot be.")
    tensors = [size for file in weights for size in tensor_sizes(file)]
    beside = {file for pattern in _READ for file in folder.glob(pattern) if file.is_file()}
    settings = _json(folder / "config.json") if (folder / "config.json").is_file() else {}
    named = settings.get("architectures")
    architecture = str(named[0]) if isinstance(named, list) and named else ""
    return ModelFolder(
        folder.name,
        folder,
        architecture,
        (*weights, *sorted(beside)),
        sum(tensors),
        max(tensors, default=0),
        sum(file.stat().st_size for file in weights),
    )


def _needed(folder: Path, weights: list[Path]) -> list[str]:
    """Names of the files of weights that there must be, by the list in the folder and by their own numbers."""
    needed: dict[str, None] = {}
    for file in sorted(folder.glob("*.safetensors.index.json")):
        places = _json(file).get("weight_map")
        if not isinstance(places, dict) or not all(isinstance(name, str) for name in places.values()):
            raise StillroomError(f"{file.name} is no list of a model's files. Copy it again from its source.")
        needed |= dict.fromkeys(places.values())
    for file in weights:
        part = _PART.search(file.name)
        if part is not None and int(part[2]) <= _MAX_FILES:
            stem = file.name[: part.start()]
            needed |= dict.fromkeys(f"{stem}-{n:05}-of-{part[2]}.safetensors" for n in range(1, int(part[2]) + 1))
    outside = next((name for name in needed if "/" in name or "\\" in name or name in ("", "..")), None)
    if outside is not None:
        raise StillroomError(f"{folder.name} names a file outside itself ({outside[:60]!r}), so it is refused.")
    return sorted(needed)


def tensor_sizes(file: Path) -> list[int]:
    """Numbers in each tensor of a file, whose header was held against its length. Raises StillroomError, OSError."""

    def wrong(what: str) -> StillroomError:
        return StillroomError(f"{file.name} is damaged: {what}. Copy it again from its source.")

    length = file.stat().st_size
    with open_regular(file) as opened:
        start = opened.read(8)
        (size,) = struct.unpack("<Q", start) if len(start) == 8 else (0,)
        if not 2 <= size <= min(_MAX_HEADER_BYTES, length - 8):
            raise wrong("its header does not fit into it")
        text = opened.read(size)
    try:
        header = json.loads(text)
        entries = [value for name, value in header.items() if name != "__metadata__"]
        sizes, places = [], []
        for entry in entries:
            shape, (begin, end) = entry["shape"], entry["data_offsets"]
            if not all(type(number) is int and 0 <= number < 1 << 40 for number in (*shape, begin, end)):
                raise ValueError
            elements = math.prod(shape)
            if entry["dtype"] in _BYTES and end - begin != elements * _BYTES[entry["dtype"]]:
                raise wrong("a tensor has not the size that its shape says")
            sizes.append(elements)
            places.append((begin, end))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise wrong("its header makes no sense") from error
    reached = 0
    for begin, end in sorted(places):
        if begin != reached or end < begin:
            raise wrong("its tensors overlap or leave holes")
        reached = end
    if 8 + size + reached != length:
        raise wrong(f"it should have {8 + size + reached:,} bytes, and has {length:,}")
    return sizes


def _json(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > _MAX_JSON_BYTES:
            raise ValueError
        data = json.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise StillroomError(f"{file.name} is damaged. Copy it again from its source.") from error
    if not isinstance(data, dict):
        raise StillroomError(f"{file.name} is damaged. Copy it again from its source.")
    return data
