"""A model larger than the memory is refused before anything of it is loaded."""

from __future__ import annotations

import pytest
from tests.gguf.make_gguf import write_tiny

from stillroom import paths
from stillroom.cli import main
from stillroom.engine.engine import Engine
from stillroom.engine.protocol import LoadOptions
from stillroom.errors import StillroomError
from stillroom.models import assess
from stillroom.models.assess import refuse_what_does_not_fit
from stillroom.models.fit import Machine
from stillroom.models.library import ModelFile, find_model


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> ModelFile:
    """A small one on a machine whose memory is all but full; loading anything for real fails the test."""
    monkeypatch.setattr(assess, "this_machine", lambda **_: Machine(free_ram=1 << 30))

    def load(*_: object, **__: object) -> None:
        raise AssertionError("it was loaded")

    monkeypatch.setattr(Engine, "load", load)
    return find_model(str(write_tiny(paths.models_dir() / "tiny-Q8_0.gguf")))


@pytest.mark.model
def test_what_does_not_fit_is_refused(model: ModelFile) -> None:
    with pytest.raises(StillroomError, match=r"tiny-Q8_0 does not fit\. It needs .* stay free for other programs"):
        refuse_what_does_not_fit(model, LoadOptions())


@pytest.mark.model
@pytest.mark.parametrize("command", [["chat", "hello"], ["models", "bench"], ["models", "tune", "--no-requantize"]])
def test_no_command_loads_it(command: list[str], model: ModelFile, capsys: pytest.CaptureFixture[str]) -> None:
    named = ["--model", str(model.path)] if command[0] == "chat" else [str(model.path)]
    assert main([*command, *named]) == 1
    assert "does not fit" in capsys.readouterr().err


def test_what_fits_is_let_through_without_a_dry_load(model: ModelFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assess, "this_machine", lambda **_: Machine(free_ram=64 << 30))
    monkeypatch.setattr(assess, "assess_file", lambda *_: pytest.fail("a dry load was made"))
    refuse_what_does_not_fit(model, LoadOptions())
