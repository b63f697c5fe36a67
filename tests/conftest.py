"""What holds for every test: a home of its own, nothing left running, no window on the developer's screen."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import settings

from stillroom import paths
from stillroom.privacy import policy as policies
from stillroom.tuning.store import NO_COPY, keep_copy

# A busy machine is no failure.
settings.register_profile("stillroom", deadline=None)
settings.load_profile("stillroom")

_STARTER_MODEL = "SmolLM2-135M-Instruct.Q4_1.gguf"
# Taken before any test gets a home of its own.
_MODELS = paths.models_dir()
_CONVERTER = paths.converter_dir()
_SECONDS_TO_END = 3.0


def pytest_configure(config: pytest.Config) -> None:
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    # For what outlives one test (a fixture of a module); each test gets a fresh one below.
    home = tempfile.TemporaryDirectory(prefix="stillroom-tests-")
    config.add_cleanup(home.cleanup)
    os.environ["STILLROOM_HOME"] = home.name


@pytest.fixture(scope="session")
def _no_copy() -> tuple[str, bytes]:
    """The file in a home, and its content, that says to make no copy of the starter: one in each would take two seconds and 140 MB."""
    keep_copy(_starter(), NO_COPY)
    (file,) = paths.config_dir().iterdir()
    content = file.read_bytes()
    file.unlink()
    return file.name, content


@pytest.fixture(autouse=True)
def _own_home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, _no_copy: tuple[str, bytes]
) -> None:
    """Settings, runs and models of a test are its own."""
    # Not a numbered one, for which all that were made before are counted.
    monkeypatch.setenv("STILLROOM_HOME", tempfile.mkdtemp(prefix="home-", dir=tmp_path_factory.getbasetemp()))
    name, content = _no_copy
    paths.config_dir().mkdir(parents=True)
    (paths.config_dir() / name).write_bytes(
        content
    )  # not as the product writes: waiting for the disk takes longer than most tests


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """An office that says what its policy holds from now on; silent until it is called."""
    file = tmp_path / "policy.toml"
    monkeypatch.setattr(policies, "policy_files", lambda: (file,))
    monkeypatch.setattr(policies, "_check_owner", lambda _file: None)

    def say(text: str) -> None:
        file.write_text(text, "utf-8")
        policies.current.cache_clear()

    policies.current.cache_clear()
    yield say
    policies.current.cache_clear()


def _starter() -> Path:
    named = os.environ.get("STILLROOM_STARTER_MODEL")
    return Path(named) if named else _MODELS / _STARTER_MODEL


@pytest.fixture(autouse=True)
def _nothing_left_running() -> Iterator[None]:
    """Fails a test that leaves a thread or a process behind.

    What a fixture of a wider scope started before the test may go on.
    """
    threads_before = set(threading.enumerate())
    children_before = _children()
    yield
    deadline = time.monotonic() + _SECONDS_TO_END
    while left := _left(threads_before, children_before):
        if time.monotonic() > deadline:
            pytest.fail(f"left running after the test: {', '.join(left)}")
        time.sleep(0.02)


def _left(threads_before: set[threading.Thread], children_before: set[psutil.Process]) -> list[str]:
    # Threads that Qt made appear as dummies once they have called Python, and never go away again.
    threads = [
        f"thread {thread.name!r}"
        for thread in threading.enumerate()
        if thread not in threads_before and not isinstance(thread, threading._DummyThread)
    ]
    children = []
    for child in _children() - children_before:
        try:
            if child.status() != psutil.STATUS_ZOMBIE:
                children.append(f"process {child.pid} ({' '.join(child.cmdline()[-3:])})")
        except psutil.NoSuchProcess:
            continue
    return threads + children


def _children() -> set[psutil.Process]:
    """All below this process. Where Linux says at once that there are none, not every process of the machine is looked at."""
    try:
        if not any(task.joinpath("children").read_bytes() for task in Path("/proc/self/task").iterdir()):
            return set()
    except OSError:
        pass
    return set(psutil.Process().children(recursive=True))


@pytest.fixture(scope="session")
def starter_model() -> Path:
    """The starter model's file. Tests that infer need it; only on a developer's machine may it be missing."""
    model = _starter()
    if model.is_file():
        return model
    sentence = (
        f"the starter model is not at {model}; sh installer/run.sh fetches it, STILLROOM_STARTER_MODEL names another"
    )
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture
def real_converter() -> None:
    """llama.cpp's converter, in this test's home. Too large to be asked for everywhere: it brings PyTorch (1 to 4 GB)."""
    if not (_CONVERTER / "complete").is_file():
        pytest.skip("the converter is not set up: sh installer/convert.sh")
    paths.converter_dir().parent.mkdir(parents=True, exist_ok=True)
    paths.converter_dir().symlink_to(_CONVERTER)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parents[1]
