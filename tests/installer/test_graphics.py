"""An engine for a graphics card: found compilers, missing ones, and what makes an engine another one."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]
CUDA = "-DGGML_NATIVE=ON -DGGML_CUDA=ON"

Program = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def _set_up_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(_REPOSITORY / "installer"))
    monkeypatch.delenv("CUDACXX", raising=False)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Makes a program that says something; its folder."""

    def make(name: str, says: str) -> Path:
        folder = tmp_path / "programs"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\necho '{says}'\n")
        (folder / name).chmod(0o755)
        return folder

    return make


@pytest.fixture
def nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    from set_up import graphics

    kinds = tuple(dataclasses.replace(kind, folders=()) for kind in graphics._KINDS)
    monkeypatch.setattr(graphics, "_KINDS", kinds)


@pytest.mark.usefixtures("nowhere_else")
@pytest.mark.parametrize(
    ("arguments", "named"), [(CUDA, "nvcc is missing. Install NVIDIA's CUDA"), ("-DGGML_VULKAN=1", "glslc is missing")]
)
def test_what_is_missing_is_named_before_anything_is_fetched(tmp_path: Path, arguments: str, named: str) -> None:
    from set_up import graphics
    from set_up.failure import SetUpError

    with pytest.raises(SetUpError) as raised:
        graphics.search_path(arguments, str(tmp_path))
    assert named in raised.value.sentence
    assert "=OFF to work on the processor" in raised.value.sentence


@pytest.mark.usefixtures("nowhere_else")
def test_a_compiler_that_is_there_or_named_will_do(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    from set_up import graphics

    folder = str(program("nvcc", "release 13.0"))
    assert graphics.search_path(CUDA, folder) == folder
    assert graphics.search_path(f"{CUDA} -DCMAKE_CUDA_COMPILER=/elsewhere/nvcc", "/none") == "/none"
    assert graphics.search_path(f"{CUDA} -DGGML_CUDA=OFF", "/none") == "/none", "the last word counts"
    monkeypatch.setenv("CUDACXX", "/elsewhere/nvcc")
    assert graphics.search_path(CUDA, "/none") == "/none"


def test_the_toolkit_need_not_be_on_the_search_path(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    from set_up import graphics

    folder = str(program("nvcc", "release 13.0"))
    kinds = tuple(dataclasses.replace(kind, folders=("/none", folder)) for kind in graphics._KINDS)
    monkeypatch.setattr(graphics, "_KINDS", kinds)
    assert graphics.search_path(CUDA, "/usr/none") == f"/usr/none{os.pathsep}{folder}"


def test_the_wait_is_foretold() -> None:
    """206 s on 16 cores, 7 minutes of one core without a card."""
    from set_up import graphics

    assert (graphics.core_minutes(CUDA), graphics.core_minutes("-DGGML_CUDA=OFF")) == (55, 7)


def test_another_card_or_toolkit_makes_another_engine(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    from set_up.engine_wheel import wheel_key

    monkeypatch.setenv("PATH", f"{program('nvidia-smi', '8.9')}{os.pathsep}{os.environ['PATH']}")
    program("nvcc", "release 13.0")
    keys = set()
    for card, toolkit in (("8.9", "13.0"), ("9.0", "13.0"), ("9.0", "13.1")):
        program("nvidia-smi", card)
        program("nvcc", f"release {toolkit}")
        monkeypatch.setenv("CMAKE_ARGS", "-DGGML_CUDA=ON")
        keys.add(wheel_key("0.3.0"))
        assert wheel_key("0.3.0") in keys, "the same each time"
        monkeypatch.delenv("CMAKE_ARGS")
        keys.add(wheel_key("0.3.0"))
    assert len(keys) == 4, "three for cards, one for the processor"


def test_an_update_does_not_take_the_card_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from set_up import __main__ as set_up

    monkeypatch.setenv("CMAKE_ARGS", "")
    set_up._remember_options(tmp_path)
    assert os.environ["CMAKE_ARGS"] == ""
    (tmp_path / "cmake-args").write_text("-DGGML_CUDA=ON")
    set_up._remember_options(tmp_path)
    assert os.environ["CMAKE_ARGS"] == "-DGGML_CUDA=ON", "as it was compiled before"
    monkeypatch.setenv("CMAKE_ARGS", "-DGGML_CUDA=OFF")
    set_up._remember_options(tmp_path)
    assert os.environ["CMAKE_ARGS"] == "-DGGML_CUDA=OFF", "what is said now counts"
