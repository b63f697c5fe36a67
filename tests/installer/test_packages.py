"""The scripts that make packages: what can be tried of them without making one."""

from __future__ import annotations

import shutil
import subprocess
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
def test_a_library_that_is_missing_where_it_is_built_fails_the_build(tmp_path: Path, line: str, status: int) -> None:
    log = tmp_path / "log"
    log.write_text(f"1 WARNING: something else\n{line}\n", encoding="utf-8")
    command = ["sh", str(_INSTALLER / "linux" / "check_libraries.sh"), str(log)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert ("libxcb-icccm.so.4" in done.stderr) is bool(status)


@pytest.mark.parametrize("name", ["windows/build.ps1", "windows/stillroom.nsi", "macos/build.sh"])
def test_what_was_not_tried_says_so(name: str) -> None:
    assert "Not tested on real machines" in "\n".join((_INSTALLER / name).read_text(encoding="utf-8").splitlines()[:2])
