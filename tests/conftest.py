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


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, runs and models of a test are its own."""
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path_factory.mktemp("home")))
    keep_copy(_starter(), NO_COPY)  # a copy in each home would take two seconds and 140 MB


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
    children_before = set(psutil.Process().children(recursive=True))
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
    for child in set(psutil.Process().children(recursive=True)) - children_before:
        try:
            if child.status() != psutil.STATUS_ZOMBIE:
                children.append(f"process {child.pid} ({' '.join(child.cmdline()[-3:])})")
        except psutil.NoSuchProcess:
            continue
    return threads + children


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
