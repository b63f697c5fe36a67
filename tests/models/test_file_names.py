"""Names that try to leave their folder do not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.gguf.make_gguf import gguf
from tests.models.hub_server import HubServer

from stillroom import paths
from stillroom.errors import StillroomError
from stillroom.models.file_names import inside, safe_name
from stillroom.models.hub.client import Hub
from stillroom.models.hub.download import download

NAMES = [
    "../evil.gguf",
    "../../../../../../evil.gguf",
    "..\\evil.gguf",
    "..\\..\\..\\evil.gguf",
    "a/../../evil.gguf",
    "a\\..\\..\\evil.gguf",
    "/etc/evil.gguf",
    "//server/share/evil.gguf",
    "\\\\server\\share\\evil.gguf",
    "C:\\Windows\\evil.gguf",
    "C:evil.gguf",
    "c:/evil.gguf",
    "evil.gguf:stream",
    "evil.gguf::$DATA",
    "..",
    ".",
    "",
    "/",
    "\\",
    "...",
    "..gguf",
    ".ssh.gguf",
    ".downloads/evil.gguf",
    "CON",
    "con.gguf",
    "nul.gguf",
    "AUX.tar.gguf",
    "COM1.gguf",
    "lpt9.gguf",
    "CONIN$.gguf",
    "evil.gguf\x00.txt",
    "e\nvil\r.gguf",
    "\x1b[2Jevil.gguf",
    "evil\u202efugg.exe",
    "..\u2215..\u2215evil.gguf",
    "..\uff0f..\uff0fevil.gguf",
    "evil.gguf. . .",
    "   evil.gguf   ",
    "%2e%2e%2fevil.gguf",
    "a" * 400 + ".gguf",
    "é" * 300 + "/../" + "漢" * 300 + ".gguf",
    "<script>|evil?*.gguf",
    "~/evil.gguf",
    "$HOME/evil.gguf",
]


def test_there_are_enough() -> None:
    assert len(set(NAMES)) >= 40


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_stays_in_its_folder(name: str, tmp_path: Path) -> None:
    safe = safe_name(name)
    assert safe
    assert safe.isprintable()
    assert not re.search(r'[/\\<>:"|?*\u2215\uff0f]', safe)
    assert not safe.startswith(".")
    assert not safe.endswith((".", " "))
    assert len(safe.encode()) <= 180
    assert safe_name(safe) == safe, "a safe name is left as it is"
    path = inside(tmp_path / "models", name)
    path.parent.mkdir()
    path.write_bytes(b"x")
    assert path.resolve().parent == (tmp_path / "models").resolve()
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [path]


def test_ordinary_names_stay_as_they_are() -> None:
    for name in ("SmolLM2-135M-Instruct.Q4_1.gguf", "modèle 7B (v2) [Q4_K_M].gguf", "模型-00001-of-00002.gguf"):
        assert safe_name(name) == name


def test_no_download_writes_outside(
    server: HubServer, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way: a hub that calls its files such names."""
    home = tmp_path / "a" / "b" / "c" / "home"
    monkeypatch.setenv("STILLROOM_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    repository = "maker/evil"
    content = {}
    for number, name in enumerate(NAMES):
        path = name if name.lower().endswith(".gguf") else f"{name}.gguf"
        if "\x00" not in path:
            content[path] = gguf(seed=number)
    server.files[repository] = content
    fetched = 0
    for offer in hub.repository(repository).offers:
        try:
            (path,) = download(hub, offer)
        except StillroomError:
            continue  # not every such address reaches the server; what is written is what counts
        fetched += 1
        assert path.resolve().is_relative_to(paths.models_dir().resolve())
    assert fetched > 25
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_relative_to(paths.models_dir())]
    assert outside == []
