"""``python -m set_up``: brings a checkout's environment up to date. ``installer/setup.sh`` knows when and starts it."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from set_up import engine_source, engine_wheel, starter_model, system
from set_up.failure import SetUpError
from set_up.pip_command import pip
from set_up.progress import Steps, alone, say, to_its_end

_CHECKOUT = Path(__file__).resolve().parents[2]
_REQUIREMENTS = _CHECKOUT / "installer" / "requirements"
_UNFINISHED = "unfinished"
_OPTIONS = "cmake-args"


def main() -> int:
    parser = argparse.ArgumentParser(prog="set_up")
    parser.add_argument("--environment", type=Path, required=True, help="the folder of the virtual environment")
    parser.add_argument("--stamp", required=True, help="what the start script compares to know that all is up to date")
    parser.add_argument("--tests", action="store_true", help="also what the tests need")
    options = parser.parse_args()
    os.environ.pop("PYTHONPATH", None)
    # A damaged environment's Python would take itself for the system's: pip must never write there.
    os.environ["PIP_REQUIRE_VIRTUALENV"] = "1"
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def work() -> None:
        with alone(options.environment) as lock:
            _set_up(options.environment, options.stamp, lock, tests=options.tests)

    return to_its_end(work)


def _set_up(environment: Path, stamp: str, lock: int | None, *, tests: bool) -> None:
    say("Setting up (once; the next start is quick).")
    _remember_options(environment)
    if (environment / _UNFINISHED).is_file():
        # An installation that was cut off can look finished to pip. Downloads and compiled files are kept elsewhere.
        _remove(environment)
    steps = Steps(environment / "set-up.log", lock)
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    missing = system.missing_things(compiler=False, tests=tests)
    system.provide(missing, steps)
    if not _works(python):
        _remove(environment)
        steps.run("Environment", [sys.executable, "-m", "venv", environment])
    (environment / "stamp").unlink(missing_ok=True)
    (environment / _OPTIONS).write_text(os.environ.get("CMAKE_ARGS", ""), encoding="utf-8")
    with _unfinished(environment):
        _install(steps, python, environment, tests=tests)
    _point_at_checkout(python, environment)
    folders = _folders(python)
    _install_engine(steps, python, environment, folders["cache"])
    work = folders["cache"] / "starter-model"
    model = starter_model.fetch(steps, python=python, requirements=_REQUIREMENTS, folder=folders["models"], work=work)
    # The start script asks no Python where the model is: it compares the settings that decide it.
    deciding = "|".join(os.environ.get(name, "") for name in ("HOME", "STILLROOM_HOME", "XDG_DATA_HOME"))
    (environment / "model").write_text(f"{deciding}\n{model}\n", encoding="utf-8")
    (environment / "stamp").write_text(f"{stamp}\n{os.environ.get('CMAKE_ARGS', '')}\n", encoding="utf-8")


def _remember_options(environment: Path) -> None:
    """Where nothing is said of how the engine is compiled, it is as it was: an update must not take a graphics card away."""
    file = environment / _OPTIONS
    if not os.environ.get("CMAKE_ARGS") and file.is_file():
        os.environ["CMAKE_ARGS"] = file.read_text(encoding="utf-8").strip()


def _works(python: Path) -> bool:
    """Whether a whole environment is there, of a Python that still starts and is recent enough."""
    if not python.is_file():
        return False
    probe = "import pip, sys; sys.exit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)"
    return subprocess.run([python, "-c", probe], capture_output=True, check=False).returncode == 0


def _install(steps: Steps, python: Path, environment: Path, *, tests: bool) -> None:
    """Installs what is pinned, except the engine, without resolving anything again."""
    pinned = environment / "pinned.txt"
    text = (_REQUIREMENTS / "run.txt").read_text(encoding="utf-8")
    pinned.write_text(text.replace(engine_source.requirement(text), ""), encoding="utf-8")
    command = pip(python, "install", "--require-hashes", "--only-binary", ":all:", "-r", pinned)
    if tests:
        command += ["-r", _REQUIREMENTS / "test.txt"]
    steps.run("Packages", command)


def _point_at_checkout(python: Path, environment: Path) -> None:
    """Makes the checkout's package importable where it lies, so that ``git pull`` is enough to update."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip())
    (packages / "stillroom.pth").write_text(f"{_CHECKOUT / 'app'}\n", encoding="utf-8")
    if sys.platform != "win32":
        script = environment / "bin" / "stillroom"
        body = "import sys\n\nfrom stillroom.__main__ import main\n\nsys.exit(main())\n"
        script.write_text(f"#!{python.absolute()}\n{body}", encoding="utf-8")
        script.chmod(0o755)


def _folders(python: Path) -> dict[str, Path]:
    """The application's own folders, as the application says."""
    code = (
        "import json; from stillroom import paths; "
        "print(json.dumps({'models': str(paths.models_dir()), 'cache': str(paths.cache_dir())}))"
    )
    outcome = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        raise SetUpError(f"The installed packages do not start: {outcome.stderr.strip().splitlines()[-1:]}.")
    return {name: Path(path) for name, path in json.loads(outcome.stdout).items()}


def _install_engine(steps: Steps, python: Path, environment: Path, cache: Path) -> None:
    requirement = engine_source.requirement((_REQUIREMENTS / "run.txt").read_text(encoding="utf-8"))
    key = engine_wheel.wheel_key(requirement.split("==")[1].split()[0])
    installed = environment / "engine"
    if installed.is_file() and installed.read_text(encoding="utf-8") == key:
        return
    folder = cache / "engines" / key
    wheel = engine_wheel.cached_wheel(folder)
    if wheel is None:
        system.provide([thing for thing in system.missing_things(compiler=True, tests=False) if thing.needed], steps)
        work = cache / "engines" / f"{key}.work"
        wheel = engine_wheel.compile_wheel(
            steps, requirements=_REQUIREMENTS, requirement=requirement, work=work, folder=folder
        )
    with _unfinished(environment):
        steps.run("Engine", pip(python, "install", "--no-index", "--force-reinstall", wheel))
    installed.write_text(key, encoding="utf-8")


def _remove(environment: Path) -> None:
    """Removes an environment, and never a folder that is something else. Cut off, it leaves no half of one."""
    removed = environment.with_name(f"{environment.name}.removed")
    if removed.exists():
        shutil.rmtree(removed)
    if not environment.exists():
        return
    # The log is there from the first step on, so it marks what an interrupted set-up has begun.
    ours = any((environment / name).is_file() for name in ("pyvenv.cfg", "set-up.log"))
    if not ours and any(environment.iterdir()):
        raise SetUpError(f"{environment} holds other files. Set STILLROOM_VENV to a folder that may be made.")
    environment.rename(removed)
    shutil.rmtree(removed)


@contextlib.contextmanager
def _unfinished(environment: Path) -> Iterator[None]:
    """Leaves a mark while packages are being installed; a failure that pip reports leaves none, being cut off does."""
    mark = environment / _UNFINISHED
    mark.touch()
    try:
        yield
    except SetUpError:
        mark.unlink(missing_ok=True)
        raise
    mark.unlink()


if __name__ == "__main__":
    sys.exit(main())
