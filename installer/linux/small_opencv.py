"""Puts a small OpenCV into the environment that runs this, in place of the wheel's. Compiled once, then kept in the cache.

Reading pictures asks OpenCV for a dozen functions of two of its parts. The wheel brings all parts, and with them video
formats, encryption and linear algebra: 150 MB, a fifth of the package. Run with the environment's Python:

    PYTHONPATH=installer build/venv/bin/python installer/linux/small_opencv.py
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path

from set_up.engine_wheel import file_sha256
from set_up.failure import SetUpError
from set_up.pip_command import pip
from set_up.progress import Steps, compile_stage, say, to_its_end

_REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements"
_NAME = "opencv-python-headless"
_PARTS = "core,geometry,imgproc,python3,python_bindings_generator"
_OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release", f"-DBUILD_LIST={_PARTS}", "-DBUILD_SHARED_LIBS=OFF", "-DPYTHON3_LIMITED_API=ON",
    "-DOPENCV_PYTHON3_INSTALL_PATH=python", "-DCPU_DISPATCH=AVX2", "-DBUILD_ZLIB=ON", "-DENABLE_PRECOMPILED_HEADERS=OFF",
    *(f"-DBUILD_{name}=OFF" for name in ("TESTS", "PERF_TESTS", "DOCS", "EXAMPLES", "JAVA", "opencv_apps")),
    # What it would fetch from elsewhere, or find on this machine and then need on every other.
    *(
        f"-DWITH_{name}=OFF"
        for name in (
            "IPP", "ITT", "FFMPEG", "GSTREAMER", "V4L", "GTK", "LAPACK", "EIGEN", "OPENCL", "PROTOBUF", "FLATBUFFERS",
            "ADE", "KLEIDICV", "JPEG", "WEBP", "PNG", "TIFF", "OPENJPEG", "JASPER",
        )
    ),
)  # fmt: skip


def main() -> int:
    packages = Path(sysconfig.get_path("purelib"))
    requirement = _requirement()
    key = hashlib.sha256("\n".join([requirement, *_OPTIONS, sys.version, platform.platform()]).encode()).hexdigest()[
        :16
    ]
    if (packages / "cv2" / "small").is_file() and (packages / "cv2" / "small").read_text(encoding="ascii") == key:
        return 0
    from stillroom import paths

    kept = paths.cache_dir() / "opencv" / f"{key}.tar"

    def work() -> None:
        if not _is_whole(kept):
            _compile(requirement, kept, key)
        # The wheel's own record stays: its version is what it was, and its licences are shipped.
        shutil.rmtree(packages / "cv2", ignore_errors=True)
        shutil.rmtree(packages / "opencv_python_headless.libs", ignore_errors=True)
        with tarfile.open(kept) as archive:
            archive.extractall(packages)

    return to_its_end(work)


def _requirement() -> str:
    """The pinned requirement with its hashes, of which one is the source's."""
    text = (_REQUIREMENTS / "run.txt").read_text(encoding="utf-8")
    found = re.search(rf"(?m)^{_NAME}==\S+.*\\\n(?:    --hash=.*\n)+", text)
    if not found:
        raise SetUpError(f"installer/requirements/run.txt does not pin {_NAME}.")
    return found[0]


def _is_whole(kept: Path) -> bool:
    checksum = kept.with_suffix(".sha256")
    return kept.is_file() and checksum.is_file() and checksum.read_text(encoding="ascii") == file_sha256(kept)


def _compile(requirement: str, kept: Path, key: str) -> None:
    """Compile it, and keep the package ``cv2`` as it belongs into an environment. Raises SetUpError."""
    say("Compiling a small OpenCV, once: about five minutes with two cores.")
    headers = Path(sysconfig.get_path("include"))
    if not (headers / "Python.h").is_file():
        raise SetUpError(f"Python.h is missing. Type: apt-get install python3.{sys.version_info.minor}-dev")
    import numpy

    work = kept.with_suffix(".work")
    work.mkdir(parents=True, exist_ok=True)
    steps = Steps(work / "log")
    tools = work / "tools"
    python = tools / "bin" / "python"
    if not (tools / "complete").is_file():
        shutil.rmtree(tools, ignore_errors=True)
        venv.create(tools, with_pip=True)
        pinned = _REQUIREMENTS / "opencv.txt"
        command = pip(python, "install", "--require-hashes", "--only-binary", ":all:", "-r", pinned)
        steps.run("Compiler's tools", command)
        (tools / "complete").touch()
    # OpenCV's generators import the modules that lie beside them, which a safe path forbids.
    environment = {
        "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}", "PYTHONPATH": "", "PYTHONSAFEPATH": "",
    }  # fmt: skip
    source = work / "source"
    if not (source / "complete").is_file():
        shutil.rmtree(source, ignore_errors=True)
        pinned = work / "opencv.txt"
        pinned.write_text(requirement, encoding="utf-8")
        command = pip(python, "download", "--require-hashes", "-r", pinned, "-d", work / "archive", cached=False)
        command += ["--no-build-isolation", "--no-binary", ":all:"]
        steps.run("OpenCV's source", command, environment=environment)
        with tarfile.open(next((work / "archive").glob("*.tar.gz"))) as archive:
            archive.extractall(source)
        (source / "complete").touch()
    tree = next(path for path in source.iterdir() if path.is_dir()) / "opencv"
    library = Path(sysconfig.get_config_var("LIBDIR")) / sysconfig.get_config_var("LDLIBRARY")
    places = [
        f"-DPYTHON3_EXECUTABLE={sys.executable}", f"-DPYTHON_DEFAULT_EXECUTABLE={sys.executable}",
        f"-DPYTHON3_INCLUDE_DIR={headers}", f"-DPYTHON3_LIBRARY={library}",
        f"-DPYTHON3_NUMPY_INCLUDE_DIRS={numpy.get_include()}", f"-DCMAKE_INSTALL_PREFIX={work / 'made'}",
        # No path of this machine in what is passed on.
        f"-DCMAKE_CXX_FLAGS=-ffile-prefix-map={work}=.", f"-DCMAKE_C_FLAGS=-ffile-prefix-map={work}=.",
    ]  # fmt: skip
    build = work / "build"
    command = [tools / "bin" / "cmake", "-G", "Ninja", "-S", tree, "-B", build, *_OPTIONS, *places]
    steps.run("Configuring", command, environment=environment)
    # What it tells of its making: time, machine and folders, which would be passed on with it.
    (build / "modules" / "core" / "version_string.inc").write_text('"Made for Stillroom\\n"\n', encoding="ascii")
    config = build / "opencv_data_config.hpp"
    config.write_text(config.read_text(encoding="utf-8").replace(str(work), ""), encoding="utf-8")
    steps.run("Compiling", [tools / "bin" / "ninja", "-C", build], stage=compile_stage, environment=environment)
    steps.run("Installing", [tools / "bin" / "ninja", "-C", build, "install"], environment=environment)
    _keep(work / "made" / "python" / "cv2", kept, key)
    shutil.rmtree(work)


def _keep(made: Path, kept: Path, key: str) -> None:
    """Keep the package: one library, found beside the loader wherever it lies."""
    library = next(made.rglob("cv2*.so"))
    library.rename(made / library.name)
    subprocess.run(["strip", "--strip-unneeded", made / library.name], check=True)
    for folder in made.glob("python-*"):
        shutil.rmtree(folder)
    # As the wheel's: the library lies beside the loader, not in a folder of this machine.
    for file in made.glob("config*.py"):
        file.unlink()
    (made / "config.py").write_text("BINARIES_PATHS = []\n", encoding="ascii")
    (made / "config-3.py").write_text("PYTHON_EXTENSIONS_PATHS = [LOADER_DIR]\n", encoding="ascii")
    (made / "small").write_text(key, encoding="ascii")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(kept, "w") as archive:
        archive.add(made, "cv2")
    kept.with_suffix(".sha256").write_text(file_sha256(kept), encoding="ascii")


if __name__ == "__main__":
    sys.exit(main())
