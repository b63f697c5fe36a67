"""The scripts that make packages: what can be tried of them without making one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_INSTALLER = Path(__file__).resolve().parents[2] / "installer"


@pytest.mark.skipif(shutil.which("makensis") is None, reason="makensis is not installed here")
def test_the_set_up_program_for_windows_is_made_of_everything_frozen(tmp_path: Path) -> None:
    frozen, target = tmp_path / "frozen", tmp_path / "stillroom-setup.exe"
    (frozen / "lib").mkdir(parents=True)
    (frozen / "stillroom.exe").write_bytes(b"MZ")
    (frozen / "lib" / "engine.dll").write_bytes(b"MZ")
    command = ["makensis", "-V4", "-WX", "-DVERSION=1.2.3", f"-DFROZEN={frozen}", f"-DTARGET={target}"]
    made = subprocess.run(
        [*command, "stillroom.nsi"], cwd=_INSTALLER / "windows", capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert target.read_bytes()[:2] == b"MZ"
    assert "engine.dll" in made.stdout


_needs_compiler = pytest.mark.skipif(
    sys.platform != "linux" or not (shutil.which("cc") and shutil.which("objdump")),
    reason="makes libraries for Linux, which needs a compiler and binutils",
)


def _library(folder: Path, name: str, *, needs: str = "") -> None:
    """A shared library that says it needs another one."""
    linked = folder / needs if needs else ""
    options = [f"-Wl,-soname,{name}", "-Wl,--no-as-needed", "-shared", "-nostdlib", "-x", "c", os.devnull, "-x", "none"]
    subprocess.run(["cc", *options, *([linked] if linked else []), "-o", folder / name], check=True)


@pytest.fixture
def frozen(tmp_path: Path) -> Path:
    """A frozen program: a plug-in that needs a library, and what is loaded by name."""
    folder = tmp_path / "frozen"
    folder.mkdir()
    for name in ("libllama.so", "libmtmd.so", "libggml-cpu-x64.so", "libggml-cpu-haswell.so", "libqsvg.so"):
        _library(folder, name)
    _library(folder, "libxcb-icccm.so.4")
    _library(folder, "libqxcb.so", needs="libxcb-icccm.so.4")
    return folder


def _check_libraries(log: Path, frozen: Path, line: str = "") -> subprocess.CompletedProcess[str]:
    log.write_text(f"1 WARNING: something else\n{line}\n", encoding="utf-8")
    command = ["sh", str(_INSTALLER / "linux" / "check_libraries.sh"), str(log), str(frozen)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@_needs_compiler
@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("", 0),
        ('120 WARNING: Hidden import "x" not found!', 0),
        (
            "9 WARNING: Library not found: could not resolve 'libxcb-icccm.so.4', dependency of 'plugins/platforms/libqxcb.so'.",
            1,
        ),
        (
            "9 WARNING: Library not found: could not resolve 'libgtk-3.so.0', dependency of 'platformthemes/libqgtk3.so'.",
            0,
        ),
        ("9 WARNING: Library not found: could not resolve 'libcuda.so.1', dependency of 'libggml-cuda.so'.", 0),
    ],
)
def test_a_library_that_is_missing_where_it_is_built_fails_the_build(
    tmp_path: Path, frozen: Path, line: str, status: int
) -> None:
    done = _check_libraries(tmp_path / "log", frozen, line)
    assert done.returncode == status, done.stderr
    assert ("libxcb-icccm.so.4" in done.stderr) is bool(status)


@_needs_compiler
@pytest.mark.parametrize("name", ["libxcb-icccm.so.4", "libmtmd.so"])
def test_a_library_that_is_missing_in_what_was_frozen_fails_the_build(tmp_path: Path, frozen: Path, name: str) -> None:
    (frozen / name).unlink()
    done = _check_libraries(tmp_path / "log", frozen)
    assert done.returncode == 1
    assert name in done.stderr


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """The archive as a person has unpacked it, in a home whose name is as difficult as names get."""
    folder = tmp_path / "un packed"
    (folder / "program" / "lib").mkdir(parents=True)
    program = folder / "program" / "stillroom"
    program.write_text("#!/bin/sh\necho started\n", encoding="ascii")
    program.chmod(0o755)
    for name in ("install.sh", "stillroom.desktop"):
        shutil.copy(_INSTALLER / "linux" / name, folder)
    shutil.copy(_INSTALLER.parent / "resources" / "icons" / "stillroom.svg", folder)
    return folder


def _install(unpacked: Path, home: Path, *arguments: str) -> str:
    home.mkdir(exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    command = ["sh", str(unpacked / "install.sh"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(sys.platform != "linux", reason="for Linux")
def test_the_archive_is_installed_without_rights_and_taken_away_again(tmp_path: Path, unpacked: Path) -> None:
    home = tmp_path / "Ann & Bob | 50% $HOME"
    home.mkdir()
    before = home / ".local" / "share" / "stillroom"
    before.mkdir(parents=True)
    for _ in range(2):  # the second time replaces what is there
        said = _install(unpacked, home)
    program = home / ".local" / "share" / "stillroom-program" / "stillroom"
    link = home / ".local" / "bin" / "stillroom"
    assert str(link) in said
    assert "sudo" not in said
    assert subprocess.run([link], capture_output=True, text=True, check=True).stdout == "started\n"
    entry = (home / ".local" / "share" / "applications" / "stillroom.desktop").read_text(encoding="utf-8")
    keys = dict(line.split("=", 1) for line in entry.splitlines() if "=" in line)
    assert keys["TryExec"] == str(program)
    assert Path(keys["Icon"]).is_file()
    # As the specification undoes it: what every text of an entry escapes, then what a command's quotes do.
    command = keys["Exec"].replace("\\\\", "\\").removeprefix('"').removesuffix('"')
    assert re.sub(r"\\(.)", r"\1", command).replace("%%", "%") == str(program)
    _install(unpacked, home, "--remove")
    assert [path for path in (home / ".local").rglob("*") if not path.is_dir()] == []
    assert before.is_dir()
    assert not program.parent.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="for Linux")
def test_a_command_of_that_name_that_is_another_program_stays(tmp_path: Path, unpacked: Path) -> None:
    other = tmp_path / "home" / ".local" / "bin" / "stillroom"
    other.parent.mkdir(parents=True)
    other.write_text("mine", encoding="ascii")
    assert "stays" in _install(unpacked, tmp_path / "home")
    _install(unpacked, tmp_path / "home", "--remove")
    assert other.read_text(encoding="ascii") == "mine"


@_needs_compiler
def test_what_the_system_lacks_is_said_with_the_packages_that_bring_it(tmp_path: Path, unpacked: Path) -> None:
    library = unpacked / "program" / "lib" / "libqxcb.so"
    _library(library.parent, "libEGL.so.99")
    _library(library.parent, library.name, needs="libEGL.so.99")
    said = _install(unpacked, tmp_path / "home")
    assert "sudo" not in said  # it is in the program's own folder
    (library.parent / "libEGL.so.99").unlink()
    said = _install(unpacked, tmp_path / "home")
    assert "libEGL.so.99" in said


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="asks dpkg whose a library is")
def test_every_library_of_the_building_system_brings_its_licence(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import system_licences; "
        "print(*system_licences.pages(sys.argv[2:], Path(sys.argv[1])).items(), sep='\\n')"
    )
    ours = tmp_path / "environment" / "library.so"
    ours.parent.mkdir()
    ours.touch()
    metadata = tmp_path / "pyinstaller-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: pyinstaller\nVersion: 1\n", encoding="ascii")
    (metadata / "RECORD").write_text("pyinstaller-1.dist-info/COPYING.txt,,\n", encoding="ascii")
    (metadata / "COPYING.txt").touch()
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{_INSTALLER / 'linux'}"}

    def pages(*files: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, str(ours.parent), *map(str, files)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    system = next(Path("/usr/lib").glob("*-linux-gnu/libc.so.6"))
    done = pages(ours, system)
    assert "('libc6', " in done.stdout, done.stderr
    assert "('python', " in done.stdout
    assert "COPYING.txt" in done.stdout
    unknown = tmp_path / "unknown.so"
    unknown.touch()
    done = pages(ours, unknown)
    assert done.returncode == 1
    assert "unknown.so goes into the package, and its licence was not found" in done.stderr


@_needs_compiler
def test_what_only_a_plug_in_that_is_left_out_needed_is_left_out_too(tmp_path: Path) -> None:
    system, environment = tmp_path / "system", tmp_path / "environment"
    for folder in (system, environment):
        folder.mkdir()
    _library(system, "libsecond.so.1")
    _library(system, "libfirst.so.1", needs="libsecond.so.1")
    _library(system, "libgtk.so.3")
    shutil.copy(system / "libfirst.so.1", environment)
    _library(environment, "libplugin.so", needs="libfirst.so.1")
    (environment / "libfirst.so.1").unlink()
    files = [environment / "libplugin.so", *sorted(system.iterdir())]
    code = (
        "import sys; from pathlib import Path; import system_licences; "
        "entries = [(Path(file).name, file, 'BINARY') for file in sys.argv[2:]]; "
        "print(*[entry[0] for entry in system_licences.needed(entries, Path(sys.argv[1]))])"
    )
    command = [sys.executable, "-c", code, str(environment), *map(str, files)]
    variables = {**os.environ, "PYTHONPATH": str(_INSTALLER / "linux")}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["libplugin.so", "libfirst.so.1", "libsecond.so.1"], done.stderr


@pytest.mark.parametrize("name", ["windows/build.ps1", "windows/stillroom.nsi", "macos/build.sh"])
def test_what_was_not_tried_says_so(name: str) -> None:
    assert "Not tested on real machines" in "\n".join((_INSTALLER / name).read_text(encoding="utf-8").splitlines()[:2])
