"""Engines over the fake worker, for every test of this folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stillroom.engine.engine import Engine
from stillroom.engine.limits import Limits

_FAKE = [sys.executable, str(Path(__file__).with_name("fake_worker.py"))]
_LIMITS = Limits(cancel_grace=0.3, silence=1.0, load_silence=1.0, stop_grace=0.5, line_bytes=1 << 20)

Start = Callable[..., Engine]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    model = tmp_path / "small.gguf"
    model.write_bytes(b"GGUF")
    return model


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Makes engines whose worker misbehaves, ``times`` in all (None: always)."""
    engines: list[Engine] = []

    def start(behaviour: str, times: int | None = None, limits: Limits = _LIMITS) -> Engine:
        environment = {"FAKE_WORKER": behaviour}
        if times is not None:
            environment |= {"FAKE_WORKER_TIMES": str(times), "FAKE_WORKER_COUNT": str(tmp_path / "count")}
        engines.append(Engine(_FAKE, environment, limits=limits))
        return engines[-1]

    yield start
    for engine in engines:
        engine.close()
