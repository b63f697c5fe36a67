"""Remote engines as they are kept and named, and the command that asks them."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.remote.office import KEY, TEXT, NoKeyring
from tests.remote.openai_server import OpenAiServer

from stillroom.cli import main
from stillroom.errors import StillroomError
from stillroom.paths import data_dir
from stillroom.remote.engines import (
    RemoteEngine,
    engines_file,
    forget_remote_engine,
    keep_remote_engine,
    remote_engine,
    remote_engines,
)


def test_engines_are_kept_without_their_keys(engine: RemoteEngine) -> None:
    keep_remote_engine(engine)
    keep_remote_engine(replace(engine, model="other"))
    assert remote_engines() == [replace(engine, model="other")]
    assert remote_engine("office").is_local
    assert not RemoteEngine("x", "https://api.example.com/v1").is_local
    with pytest.raises(StillroomError, match="There are: office"):
        remote_engine("nobody")
    with pytest.raises(StillroomError, match="https://"):
        keep_remote_engine(RemoteEngine("x", "http://api.example.com/v1"))
    with pytest.raises(StillroomError, match="no address"):
        keep_remote_engine(RemoteEngine("x", "nowhere"))
    for address in (f"https://me:{KEY}@server/v1", f"https://server/v1?key={KEY}"):
        with pytest.raises(StillroomError, match="place of its own"):
            keep_remote_engine(RemoteEngine("x", address))
    with pytest.raises(StillroomError, match="HTTPS_PROXY"):
        keep_remote_engine(RemoteEngine("x", "https://server/v1", proxy=f"http://me:{KEY}@proxy:3128"))
    assert KEY not in engines_file().read_text()
    forget_remote_engine("office")
    assert remote_engines() == []
    engines_file().write_text("not = [toml")
    with pytest.raises(StillroomError, match="cannot be used"):
        remote_engines()


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True), ("127.0.0.1", True), ("[::1]", True), ("10.1.2.3", True), ("192.168.0.9", True),
        ("172.20.1.1", True), ("[fd00::1]", True), ("gpu01", True), ("llm.office.lan", True), ("nas.local", True),
        ("8.8.8.8", False), ("api.openai.com", False), ("local.example.com", False), ("[2001:4860::1]", False),
    ],
)  # fmt: skip
def test_an_address_is_of_the_own_network_or_of_a_cloud(host: str, local: bool) -> None:
    assert RemoteEngine("x", f"https://{host}:8000/v1").is_local is local


def test_the_command_sends_nothing_unless_told_to(
    server: OpenAiServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import keyring

    kept: dict[tuple[str, str], str] = {}

    class Memory(NoKeyring):
        def get_password(self, *where: str) -> str | None:
            return kept.get(where)

        def set_password(self, *what: str) -> None:
            kept[what[:2]] = what[2]

    monkeypatch.setattr(keyring, "get_keyring", Memory)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{KEY}\n"))
    assert main(["remote", "add", "office", server.address, "--model", "tiny", "--key"]) == 0
    file = tmp_path / "r.txt"
    file.write_text(TEXT)
    command = ["extract", str(file), "--template", "receipt", "--remote", "office"]
    assert main(command) == 0
    shown = capsys.readouterr()
    assert "Nothing was sent" in shown.err
    assert TEXT.strip() in shown.out
    assert server.bytes == 0
    assert main([*command, "--yes-send", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["fields"]["total"]["value"] == "14.10"
    assert server.requests[0]["messages"][-1]["content"] in shown.out
    assert server.keys == [KEY]
    assert main(["remote", "test", "office"]) == 0
    for each in data_dir().parent.rglob("*"):
        assert not each.is_file() or KEY.encode() not in each.read_bytes()


@pytest.mark.parametrize(
    ("address", "proxy"),
    [
        ("https://key@llm.example/v1", ""),
        ("https://user:key@llm.example/v1", ""),
        ("https://llm.example/v1?api-key=0123", ""),
        ("https://llm.example/v1#0123", ""),
        ("https://llm.example/sk-0123456789abcdef/v1", ""),
        ("https://llm.example/0a1b2c3d4e5f60718293a4b5c6d7e8f9/v1", ""),
        ("https://llm.example/v1", "http://token@proxy.example:3128"),
        ("https://llm.example/v1", "http://user:word@proxy.example:3128"),
    ],
)
def test_no_key_in_an_address_is_written_down(address: str, proxy: str) -> None:
    with pytest.raises(StillroomError, match="password"):
        keep_remote_engine(RemoteEngine("office", address, proxy=proxy))
    assert not engines_file().exists()


@pytest.mark.parametrize("wrong", [{"in_flight": 0}, {"seconds": -1}, {"price_in": -5.0}, {"price_out": float("nan")}])
def test_numbers_that_would_hang_it_or_pay_the_cap_back_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(StillroomError, match=f"{next(iter(wrong))} of office is a number from"):
        keep_remote_engine(RemoteEngine("office", "https://llm.example/v1", **wrong))  # type: ignore[arg-type]
    engines_file().parent.mkdir(parents=True, exist_ok=True)
    (name, value), *_ = wrong.items()
    engines_file().write_text(
        f'[[engines]]\nname = "office"\naddress = "https://llm.example/v1"\n{name} = {value}\n', "utf-8"
    )
    with pytest.raises(StillroomError, match=f"{name} of office is a number from .*Correct it"):
        remote_engines()


def test_ordinary_addresses_are_written_down() -> None:
    for address in (
        "https://my-resource.openai.azure.com/openai/deployments/gpt-4o-mini-2024-07-18/",
        "http://127.0.0.1:11434/v1",
    ):
        keep_remote_engine(RemoteEngine("office", address, proxy="http://proxy.example:3128"))
    assert engines_file().exists()
