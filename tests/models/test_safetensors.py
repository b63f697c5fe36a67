"""Folders of safetensors: looked at before anything opens them, converted by a child, tried out before they get a name."""

from __future__ import annotations

import json
import os
import random
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.gguf.make_gguf import write_tiny
from tests.models.make_safetensors import write_folder

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.child import landlock
from stillroom.errors import Cancelled, StillroomError
from stillroom.gguf.header import read_header
from stillroom.models.library import installed_models
from stillroom.models.local_files import verify
from stillroom.models.safetensors import is_safetensors, model_folder, tensor_sizes
from stillroom.tuning import from_safetensors
from stillroom.tuning.from_safetensors import convert, converter

# Speaks the command line and the lines of llama.cpp's script, and writes what is asked for in the folder's file fake.json.
_FAKE = """
import json, os, pathlib, shutil, socket, subprocess, sys, time
folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[3])
assert sys.argv[2::2] == ["--outfile", "--outtype"], sys.argv
told = json.loads((folder / "fake.json").read_text())
print("INFO:hf-to-gguf:Loading model:", folder.name, file=sys.stderr)
def refused(attempt):
    try:
        attempt()
    except OSError:
        return True
    return False
seen = {
    "files": sorted(file.name for file in folder.iterdir()),
    "network": not refused(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()),
    "unix": not refused(lambda: socket.socket(socket.AF_UNIX).close()),
    "key": not refused(lambda: open(told["key"]).read()),
    "written": not refused(lambda: open(told["key"] + ".new", "w")),
    "shell": not refused(lambda: subprocess.run(["/bin/sh", "-c", "true"])),
    "own": not refused(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True)),
    "owner": not refused(lambda: os.kill(told["owner"], 0)),
    "memory": not refused(lambda: open(f"/proc/{told['owner']}/environ", "rb").read()),
}
(out.parent / "seen").write_text(json.dumps(seen))
if told.get("fails"):
    sys.exit(told["fails"])
for share in (0, 40, 100):
    print(f"\\rWriting: {share:3}%|", end="", file=sys.stderr, flush=True)
    time.sleep(told.get("pause", 0.1))
    if share == 40:
        out.write_bytes(b"GGUF half")
shutil.copyfile(told["result"], out)
"""


@pytest.fixture
def fake(tmp_path: Path) -> list[str]:
    script = tmp_path / "script" / "convert.py"
    script.parent.mkdir(exist_ok=True)
    script.write_text(_FAKE)
    return [sys.executable, str(script)]


def folder_for(tmp_path: Path, **told: object) -> Path:
    folder = write_folder(tmp_path / "my model")
    (tmp_path / "script").mkdir(exist_ok=True)
    result = write_tiny(tmp_path / "script" / "result.gguf")
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home" / "key").write_text("secret")
    told = {"key": str(tmp_path / "home" / "key"), "owner": os.getpid(), "result": str(result)} | told
    (folder / "fake.json").write_text(json.dumps(told))
    return folder


def left() -> list[str]:
    return sorted(path.name for path in paths.models_dir().iterdir()) if paths.models_dir().exists() else []


# -- looking at it


def test_a_whole_folder(tmp_path: Path) -> None:
    one, several = write_folder(tmp_path / "one"), write_folder(tmp_path / "several", parts=3)
    found, other = model_folder(one), model_folder(several / "model-00002-of-00003.safetensors")
    assert (found.architecture, found.elements, found.largest) == ("LlamaForCausalLM", other.elements, other.largest)
    assert found.elements == sum(tensor_sizes(one / "model.safetensors"))
    assert is_safetensors(one)
    assert is_safetensors(one / "model.safetensors")
    assert not is_safetensors(tmp_path)


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("config.json", "has no config.json"),
        ("tokenizer.model", "has no tokenizer"),
        ("model-00002-of-00003.safetensors", "is not whole: model-00002-of-00003.safetensors is missing"),
    ],
)
def test_what_is_missing_is_named(missing: str, sentence: str, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model", parts=3)
    (folder / missing).unlink()
    with pytest.raises(StillroomError, match=sentence):
        model_folder(folder)
    if missing.startswith("model"):
        (folder / "model.safetensors.index.json").unlink()
        with pytest.raises(StillroomError, match=sentence):
            model_folder(folder)


def test_a_list_that_names_files_outside_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "model")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "../../secret.safetensors"}}))
    with pytest.raises(StillroomError, match="names a file outside itself"):
        model_folder(folder)


def test_an_adapter_is_no_model(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "lora")
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(StillroomError, match="holds an adapter"):
        model_folder(folder)


def test_broken_weights_are_refused_with_a_sentence(tmp_path: Path) -> None:
    """300 changes of a file, at random and by hand: each is found, or leaves a file whose header holds."""
    file = write_folder(tmp_path / "model") / "model.safetensors"
    whole = file.read_bytes()
    (size,) = struct.unpack("<Q", whole[:8])
    changes = [b"", whole[:4], whole[:8], whole[: size + 8], whole[:-1], whole + b"x", b"\xff" * 8 + whole[8:]]
    changes += [struct.pack("<Q", len(text)) + text + bytes(8) for text in (b"[]", b"{" * 5000, b'{"a": 1}', b'{"a"')]
    draw = random.Random(5)
    for _ in range(300):
        data = bytearray(whole)
        data[draw.randrange(size + 8)] ^= 1 << draw.randrange(8)
        changes.append(bytes(data))
    refused = 0
    for data in changes:
        file.write_bytes(data)
        try:
            tensor_sizes(file)
        except StillroomError as error:
            assert "is damaged" in error.message  # noqa: PT017 - what is let through is no failure
            refused += 1
    assert refused > 150
    file.write_bytes(whole)
    assert tensor_sizes(file)


# -- converting, with a script that speaks as the real one does


def test_converting(fake: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    really = from_safetensors.try_out

    def try_out(made: Path, name: str) -> str:
        seen.update(json.loads((made.parent / "seen").read_text()))
        return really(made, name)

    monkeypatch.setattr(from_safetensors, "try_out", try_out)
    folder = folder_for(tmp_path)
    (folder / "modeling_own.py").write_text("raise SystemExit('this must never run')")
    (folder / "pytorch_model.bin").write_bytes(b"a pickle")
    told: list[tuple[float, str]] = []
    model = convert(folder, on_progress=lambda share, what: told.append((share, what)), command=fake)
    assert model.path == paths.models_dir() / "my model.Q8_0.gguf"
    assert model.path.read_bytes() == (tmp_path / "script" / "result.gguf").read_bytes()
    assert verify(model).right
    assert [found.path for found in installed_models()] == [model.path]
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert any(0.3 < share < 0.5 for share in shares)
    files = seen.pop("files")
    assert "modeling_own.py" not in files
    assert "pytorch_model.bin" not in files
    assert {"config.json", "model.safetensors", "tokenizer.model"} <= set(files)
    if sys.platform == "linux" and landlock.version():
        assert {name for name, got in seen.items() if got} == {"own"}, "its own Python is all that it can start"
    elif sys.platform == "linux":
        assert not seen["network"]
    with pytest.raises(StillroomError, match="is there already"):
        convert(folder, command=fake)
    assert left() == [".records.json", "my model.Q8_0.gguf"]


@pytest.mark.parametrize(
    ("fails", "sentence"),
    [
        (
            "ERROR:hf-to-gguf:Model LlamaForCausalLM is not supported",
            "does not know models of the kind LlamaForCausalLM",
        ),
        (
            "NotImplementedError: BPE pre-tokenizer was not recognized - update",
            "does not know its way of splitting text",
        ),
        (
            "ValueError: set the option `trust_remote_code=True` to remove",
            "is a program of its own, which is never run",
        ),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("ModuleNotFoundError: No module named 'mistral_common'", "needs mistral_common"),
        ("something else", "the converter failed"),
    ],
)
def test_what_the_converter_says_becomes_a_sentence(fails: str, sentence: str, fake: list[str], tmp_path: Path) -> None:
    with pytest.raises(StillroomError, match=sentence) as raised:
        convert(folder_for(tmp_path, fails=fails), command=fake)
    assert fails in raised.value.details
    assert left() == []


def test_a_result_that_is_no_model_is_thrown_away(fake: list[str], tmp_path: Path) -> None:
    broken = tmp_path / "script" / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\xff" * 100)
    with pytest.raises(StillroomError, match="no usable model"):
        convert(folder_for(tmp_path, result=str(broken)), command=fake)
    assert left() == []


def test_stopping_ends_the_converter_and_leaves_nothing(fake: list[str], tmp_path: Path) -> None:
    folder, cancellation = folder_for(tmp_path, pause=60), Cancellation()

    def stop_when_it_runs() -> None:
        deadline = time.monotonic() + 20
        while not list(paths.models_dir().glob(".converting-*/seen")) and time.monotonic() < deadline:
            time.sleep(0.01)
        cancellation.request()

    thread = threading.Thread(target=stop_when_it_runs)
    thread.start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        convert(folder, cancellation=cancellation, command=fake)
    assert time.monotonic() - began < 25
    thread.join()
    assert left() == []
    assert not [each for each in psutil.process_iter(["cmdline"]) if fake[1] in (each.info["cmdline"] or ())]


def test_room_is_looked_for_first(fake: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_for(tmp_path)
    monkeypatch.setattr(from_safetensors, "_CONVERTER_BYTES", 1 << 50)
    with pytest.raises(StillroomError, match="of memory, and"):
        convert(folder, command=fake)
    monkeypatch.setattr(from_safetensors, "_SPARE_DISK_BYTES", 1 << 60)
    with pytest.raises(StillroomError, match="on the disk"):
        convert(folder, command=fake)
    assert left() == []


def test_without_the_extra_it_is_said_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_folder(tmp_path / "model")
    with pytest.raises(StillroomError, match=r"Type: sh installer/convert\.sh"):
        convert(folder)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(StillroomError, match="The installed Stillroom does not bring what converts"):
        converter()


# -- converting for real


@pytest.mark.model
@pytest.mark.usefixtures("real_converter")
@pytest.mark.parametrize(("parts", "quantization"), [(1, ""), (3, "Q8_0")])
def test_the_real_converter(parts: int, quantization: str, tmp_path: Path) -> None:
    model = convert(write_folder(tmp_path / "tiny", parts=parts), quantization=quantization)
    assert model.quantization == (quantization or "F16")
    header = read_header(model.path)
    assert (header.architecture, header.integer("llama.block_count")) == ("llama", 2)
    assert header.text("general.name")
    assert left() == [".records.json", model.path.name]
