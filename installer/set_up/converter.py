"""``python -m set_up.converter``: what converts models from safetensors, in an environment of its own.

llama.cpp's script comes with the engine's pinned source, and is kept from there; it needs PyTorch and transformers in
versions that the application itself does not want.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import signal
import sys
from pathlib import Path

from set_up import engine_source
from set_up.failure import SetUpError
from set_up.pip_command import pip
from set_up.progress import Steps, alone, say, to_its_end

_REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements"
_KEPT = ("convert_hf_to_gguf.py", "convert_lora_to_gguf.py", "conversion", "gguf-py/gguf", "LICENSE")
_ONE_REQUIREMENT = re.compile(r"(?m)^([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+)[^\n]*\\\n(?:    [^\n]*\n)+")
# Of PyTorch for NVIDIA's graphics cards, which the wheel for processors does not ask for.
_FOR_GRAPHICS_CARDS = re.compile(r"nvidia-|cuda-|triton$")


def main() -> int:
    from stillroom import paths

    parser = argparse.ArgumentParser(prog="convert.sh")
    parser.add_argument("torch", type=Path, nargs="?", help="a wheel of PyTorch, in the place of the pinned one")
    options = parser.parse_args()
    os.environ.pop("PYTHONPATH", None)
    os.environ["PIP_REQUIRE_VIRTUALENV"] = "1"
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = paths.converter_dir()

    def work() -> None:
        with alone(folder) as lock:
            set_up(folder, Steps(folder / "set-up.log", lock), options.torch)

    return to_its_end(work)


def set_up(folder: Path, steps: Steps, torch: Path | None = None) -> None:
    """Bring the converter up to date. Raises SetUpError."""
    pinned = (_REQUIREMENTS / "convert.txt").read_text(encoding="utf-8")
    engine = engine_source.requirement((_REQUIREMENTS / "run.txt").read_text(encoding="utf-8"))
    if torch is not None:
        _check_wheel(torch, pinned)
        pinned = without_torch(pinned)
    key = hashlib.sha256(f"{pinned}{engine}{torch.name if torch else ''}{sys.version}".encode()).hexdigest()
    complete = folder / "complete"
    if complete.is_file() and complete.read_text(encoding="ascii") == key:
        say("The converter is set up.")
        return
    complete.unlink(missing_ok=True)
    if torch is None and sys.platform == "linux":
        say(
            "About 3 GB are fetched: PyTorch brings what graphics cards need. Its wheel for processors alone (200 MB) does as "
            "well: get the one of the same version from PyTorch's site, and name it: sh installer/convert.sh TORCH.whl"
        )
    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    tools = engine_source.tools(steps, requirements=_REQUIREMENTS, work=work)
    keep_script(engine_source.unpacked(steps, requirement=engine, python=tools, work=work), folder)
    environment = folder / "python"
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    shutil.rmtree(environment, ignore_errors=True)
    steps.run("Environment", [sys.executable, "-m", "venv", environment])
    listed = work / "convert.txt"
    listed.write_text(pinned, encoding="utf-8")
    steps.run("Packages", pip(python, "install", "--require-hashes", "--only-binary", ":all:", "-r", listed))
    if torch is not None:
        steps.run("PyTorch", pip(python, "install", torch.absolute()))
    script = folder / "llama.cpp" / "convert_hf_to_gguf.py"
    # The script's own modules lie beside it, where a safe path does not look.
    beside = {"PYTHONPATH": str(script.parent)}
    steps.run("Trial", [python, script, "--print-supported-models"], environment=beside)
    shutil.rmtree(work, ignore_errors=True)
    complete.write_text(key, encoding="ascii")


def keep_script(source: Path, folder: Path) -> None:
    """Keep the script and what it imports out of the engine's source."""
    tree, kept = source / "vendor" / "llama.cpp", folder / "llama.cpp"
    shutil.rmtree(kept, ignore_errors=True)
    for name in _KEPT:
        target = kept / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (tree / name).is_dir():
            shutil.copytree(tree / name, target)
        else:
            shutil.copyfile(tree / name, target)


def without_torch(pinned: str) -> str:
    """The pinned requirements without PyTorch and what only its build for graphics cards needs."""
    return _ONE_REQUIREMENT.sub(
        lambda found: "" if found[1] == "torch" or _FOR_GRAPHICS_CARDS.match(found[1]) else found[0], pinned
    )


def _check_wheel(wheel: Path, pinned: str) -> None:
    """Whether this is a wheel of the pinned version."""
    version = next((found[2] for found in _ONE_REQUIREMENT.finditer(pinned) if found[1] == "torch"), "")
    if not wheel.is_file():
        raise SetUpError(f"There is no file {wheel}. Look at its path.")
    if not re.match(rf"torch-{re.escape(version)}(?:\+\w+)?-.*\.whl$", wheel.name):
        raise SetUpError(f"{wheel.name} is no wheel of PyTorch {version}. Get that version.")


if __name__ == "__main__":
    sys.exit(main())
