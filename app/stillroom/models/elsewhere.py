"""Models that other programs on this machine have already, to be used where they are."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stillroom.gguf.header import MAGIC
from stillroom.models.model_file import ModelFile, is_projector, model_file, quantization_of
from stillroom.regular_file import open_regular

_DEPTH = 8
_ENTRIES = 50_000  # looked at in one folder tree; someone's home may be behind a link
_MANIFEST_BYTES = 1 << 20
_OLLAMA_MODEL = "application/vnd.ollama.image.model"
_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A model of another program. ``program``: its name."""

    model: ModelFile
    program: str


def models_elsewhere(home: Path | None = None, environment: Mapping[str, str] = os.environ) -> list[Elsewhere]:
    """Those of Ollama, the Hugging Face cache, LM Studio and Jan, by program and name. What cannot be read is left out."""
    home = home or Path.home()
    found = [Elsewhere(model, "Ollama") for folder in _ollama(home, environment) for model in _ollama_models(folder)]
    for program, folders in (
        ("Hugging Face", _hugging_face(home, environment)),
        ("LM Studio", _lm_studio(home)),
        ("Jan", _jan(home, environment)),
    ):
        found += [Elsewhere(model, program) for folder in folders for model in _gguf_models(folder)]
    return list({item.model.path: item for item in reversed(found)}.values())[::-1]


# -- where they are


def _ollama(home: Path, environment: Mapping[str, str]) -> list[Path]:
    named = environment.get("OLLAMA_MODELS")
    return [Path(named)] if named else [home / ".ollama" / "models", Path("/usr/share/ollama/.ollama/models")]


def _hugging_face(home: Path, environment: Mapping[str, str]) -> list[Path]:
    for name, below in (("HF_HUB_CACHE", ""), ("HF_HOME", "hub"), ("XDG_CACHE_HOME", "huggingface/hub")):
        if environment.get(name):
            return [Path(environment[name]) / below]
    return [home / ".cache" / "huggingface" / "hub"]


def _lm_studio(home: Path) -> list[Path]:
    return [home / ".lmstudio" / "models", home / ".cache" / "lm-studio" / "models"]


def _jan(home: Path, environment: Mapping[str, str]) -> list[Path]:
    if platform.system() == "Windows":
        data = Path(environment.get("APPDATA", home / "AppData" / "Roaming"))
    elif platform.system() == "Darwin":
        data = home / "Library" / "Application Support"
    else:
        data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    return [data / "Jan" / "data" / "llamacpp" / "models", data / "Jan" / "data" / "models", home / "jan" / "models"]


# -- what is there


def _ollama_models(folder: Path) -> Iterator[ModelFile]:
    """A manifest names the layers of a model, each a file whose name is its checksum."""
    for manifest in _files(folder / "manifests"):
        name, tag = manifest.parent.name, manifest.name
        try:
            if manifest.stat().st_size > _MANIFEST_BYTES:
                continue
            layers = json.loads(manifest.read_text("utf-8"))["layers"]
            digests = [layer["digest"] for layer in layers if layer["mediaType"] == _OLLAMA_MODEL]
        except (OSError, ValueError, TypeError, KeyError):
            continue  # a file of another kind
        digest = _DIGEST.fullmatch(digests[0]) if len(digests) == 1 and isinstance(digests[0], str) else None
        if digest is None:
            continue
        path = folder / "blobs" / f"sha256-{digest[1]}"
        try:
            with open_regular(path) as file:
                magic = file.read(4)
            size = path.stat().st_size
        except OSError:
            continue  # not fetched yet
        if magic == MAGIC:
            yield ModelFile(f"{name}:{tag}", path, size, quantization_of(tag), False)


def _gguf_models(folder: Path) -> Iterator[ModelFile]:
    for path in _files(folder):
        if path.suffix.lower() == ".gguf" and not is_projector(path):
            model = model_file(path)
            if model is not None:
                yield model


def _files(folder: Path) -> Iterator[Path]:
    left = _ENTRIES
    for place, folders, names in os.walk(folder):
        folders.sort()
        if len(Path(place).relative_to(folder).parts) >= _DEPTH:
            folders.clear()
        left -= len(folders) + len(names)
        if left < 0:
            return
        yield from (Path(place) / name for name in sorted(names))


def recorded_checksum(path: Path) -> str:
    """The SHA-256 that another program has of its file: it names the file by it. Empty where it does not."""
    for name in (path.name, path.resolve().name):
        found = re.fullmatch(r"(?:sha256-)?([0-9a-f]{64})", name)
        if found:
            return found[1]
    return ""
