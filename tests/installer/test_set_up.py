"""The set-up's own work, without network: stages, caches, what is said when something fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _set_up_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(_REPOSITORY / "installer"))


def test_the_compilers_progress_is_counted_in_files() -> None:
    from set_up.progress import compile_stage

    assert compile_stage("  [57/231] Building CXX object vendor/ggml.cpp.o\n") == "file 57 of 231"
    assert compile_stage("  [2/231] /usr/bin/g++ -DGGML_SHARED -c ggml.cpp\n") == "file 2 of 231"
    assert compile_stage("  warning: [1/2] unused") is None


@pytest.mark.parametrize(
    ("line", "stage"),
    [
        ("Collecting PySide6-Essentials==6.12.0 (from -r run.txt (line 7))", "PySide6-Essentials"),
        (
            "  Downloading pyside6_essentials-6.12.0-cp310-abi3-linux.whl (95 MB)",
            "pyside6_essentials",
        ),
        ("Installing collected packages: babel, attrs", "unpacking"),
        ("Successfully installed attrs", None),
    ],
)
def test_the_packages_progress_is_named(line: str, stage: str | None) -> None:
    from set_up.progress import package_stage

    assert package_stage(line) == stage


def test_a_step_keeps_its_output_in_the_log_and_shows_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from set_up.progress import Steps

    steps = Steps(tmp_path / "log")
    steps.run(
        "Packages",
        [sys.executable, "-c", "print('many words', flush=True); import sys; print('more', file=sys.stderr)"],
    )
    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("  Packages: done in ")
    assert "many words\nmore\n" in steps.log.read_text()


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("NewConnectionError: Failed to establish a new connection", "no connection"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("error: something of its own", "this step failed"),
    ],
)
def test_a_step_that_fails_is_explained_in_a_sentence(tmp_path: Path, output: str, sentence: str) -> None:
    from set_up.failure import SetUpError
    from set_up.progress import Steps

    with pytest.raises(SetUpError) as raised:
        Steps(tmp_path / "log").run("Packages", [sys.executable, "-c", f"print({output!r}); raise SystemExit(1)"])
    assert sentence in raised.value.sentence
    assert "\n" not in raised.value.sentence


@pytest.mark.skipif(sys.platform == "win32", reason="locks of POSIX systems")
def test_a_step_keeps_the_lock_when_the_set_up_is_killed(tmp_path: Path) -> None:
    import fcntl

    lock = tmp_path / "environment.lock"
    code = f"""
import sys
from pathlib import Path
from set_up.progress import Steps, alone
with alone(Path({str(tmp_path / "environment")!r})) as held:
    step = "import os, sys; print(os.getpid(), flush=True); os.read(0, 1); import time; time.sleep(1)"
    Steps(Path({str(tmp_path / "log")!r}), held).run("Packages", [sys.executable, "-c", step], stage=print)
"""
    environment = {**os.environ, "PYTHONPATH": str(_REPOSITORY / "installer"), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    with process.stdout:
        assert process.stdout.readline().strip().isdigit()
        process.kill()
        process.wait()
        with lock.open("w") as file:
            with pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(file, fcntl.LOCK_EX)


def test_a_program_that_is_missing_is_a_step_that_failed(tmp_path: Path) -> None:
    from set_up.failure import SetUpError, tail
    from set_up.progress import Steps

    steps = Steps(tmp_path / "log")
    with pytest.raises(SetUpError, match="this step failed"):
        steps.run("Packages", [tmp_path / "missing"])
    assert "missing" in tail(steps.log)


def test_only_the_end_of_a_log_is_shown(tmp_path: Path) -> None:
    from set_up.failure import tail

    log = tmp_path / "log"
    log.write_text("\n".join(f"{number} {'x' * 500}" for number in range(1000)))
    lines = tail(log).splitlines()
    assert len(lines) == 8
    assert max(map(len, lines)) < 210
    assert lines[-1].lstrip().startswith("999 ")


def test_a_compiled_engine_is_found_again(tmp_path: Path) -> None:
    from set_up.engine_wheel import cached_wheel, keep_wheel

    made = tmp_path / "engine-1.whl"
    made.write_bytes(b"compiled")
    folder = tmp_path / "cache"
    assert cached_wheel(folder) is None
    kept = keep_wheel(made, folder)
    assert kept == folder / "engine-1.whl"
    assert cached_wheel(folder) == kept


def test_a_damaged_or_unfinished_engine_is_not_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from set_up.engine_wheel import cached_wheel, keep_wheel

    made = tmp_path / "engine-1.whl"
    made.write_bytes(b"compiled")
    kept = keep_wheel(made, tmp_path / "cache")
    kept.write_bytes(b"compile")
    assert cached_wheel(kept.parent) is None
    assert "damaged" in capsys.readouterr().err
    kept.with_name("engine-1.whl.sha256").unlink()
    kept.write_bytes(b"compiled")
    assert cached_wheel(kept.parent) is None


def test_an_engine_is_kept_for_its_version_and_options(monkeypatch: pytest.MonkeyPatch) -> None:
    from set_up.engine_wheel import cmake_arguments, wheel_key

    monkeypatch.delenv("CMAKE_ARGS", raising=False)
    key = wheel_key("0.3.36")
    assert key == wheel_key("0.3.36")
    assert key != wheel_key("0.3.37")
    assert "-DGGML_NATIVE=ON" in cmake_arguments()
    monkeypatch.setenv("CMAKE_ARGS", "-DGGML_CUDA=ON")
    assert key != wheel_key("0.3.36")
    assert cmake_arguments().endswith("-DGGML_CUDA=ON")


def test_what_the_bindings_never_load_is_not_compiled(tmp_path: Path) -> None:
    from set_up.engine_wheel import _leave_out_common

    cmake_lists = tmp_path / "CMakeLists.txt"
    cmake_lists.write_text('set(LLAMA_BUILD_COMMON ON CACHE BOOL "" FORCE)\nset(LLAMA_CURL OFF)\n')
    for _ in range(2):
        _leave_out_common(cmake_lists)
        assert cmake_lists.read_text() == 'set(LLAMA_BUILD_COMMON OFF CACHE BOOL "" FORCE)\nset(LLAMA_CURL OFF)\n'


def test_another_file_is_not_taken_for_the_starter_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from set_up import starter_model

    model = tmp_path / "model.gguf"
    assert not starter_model.is_whole(model)
    model.write_bytes(b"GGUF")
    assert not starter_model.is_whole(model)
    monkeypatch.setattr(starter_model, "SIZE", 4)
    assert not starter_model.is_whole(model)
    monkeypatch.setattr(starter_model, "SHA256", "20d9e3c2ac7c2e3cef8a36e9ec9e4d7a36b2a8a4e4f2c7a0d1a2b1d1d1d1d1d1")
    assert not starter_model.is_whole(model)


def test_the_starter_model_is_the_one_the_tests_use(starter_model: Path) -> None:
    from set_up.starter_model import is_whole

    assert is_whole(starter_model)


def test_a_folder_with_other_files_is_never_removed(tmp_path: Path) -> None:
    from set_up.__main__ import _remove
    from set_up.failure import SetUpError

    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(SetUpError, match="holds other files"):
        _remove(tmp_path)
    assert (tmp_path / "thesis.docx").is_file()
    environment = tmp_path / "environment"
    for begun in ("pyvenv.cfg", "set-up.log"):
        environment.mkdir()
        (environment / begun).touch()
        (environment.parent / "environment.removed").mkdir()
        _remove(environment)
        assert not environment.exists()
        assert not (environment.parent / "environment.removed").exists()


def test_half_an_environment_is_not_used_for_it_would_be_the_systems_python(tmp_path: Path) -> None:
    from set_up.__main__ import _works

    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin" / "python"
    # Without pip it does not serve; with one in reach it does, until its configuration is gone.
    assert not _works(python)
    site = next((environment / "lib").glob("python3*")) / "site-packages"
    (site / "pip.py").touch()
    assert _works(python)
    (environment / "pyvenv.cfg").unlink()
    assert not _works(python)


def test_what_the_system_lacks_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from set_up import system
    from set_up.failure import SetUpError
    from set_up.progress import Steps

    monkeypatch.setattr(system, "_installer_prefix", lambda: None)
    monkeypatch.setattr(system.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(system.sys, "platform", "linux")
    missing = [system.Missing("a C++ compiler", "g++", True), system.Missing("libEGL.so.1", "libegl1", False)]
    with pytest.raises(SetUpError) as raised:
        system.provide(missing, Steps(tmp_path / "log"))
    assert raised.value.sentence == (
        "Missing on this system: a C++ compiler, libEGL.so.1. Type: sudo apt-get install g++ libegl1"
    )
    assert system.provide(missing[1:], Steps(tmp_path / "log")) == missing[1:]
