"""What a child could do that was turned by a hostile file: nothing beyond reading what it was handed, and computing."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stillroom.child import UNLISTED, Layers, Need, Reach, child_environment, landlock, system_calls
from stillroom.documents.reader_pool import ReaderPool
from stillroom.errors import DocumentError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux's own protection")
needs_landlock = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock, or it is switched off")

ATTACKER = Path(__file__).with_name("attacker.py")
# Its own memory is its own; that no file grows is shown by the disk.
MAY_FAIL_OTHERWISE = ("failed: Function not implemented", "failed: Address family not supported by protocol")


FILES = (
    "read a key",
    "list the folder",
    "change a key",
    "empty a key",
    "remove a key",
    "rename a key",
    "link a key",
    "write a file",
    "write to /tmp",
    "write shared memory",
    "write into its own code",
    "make a folder",
    "make a pipe",
    "make a link",
    "change the model",
    "read the owner's environment",
    "read the owner's memory by file",
    "read the owner's maps",
    "read the list of users' programs",
    "read a key through /proc",
)


@dataclass
class Person:
    """A folder with a key, and what listens there."""

    folder: Path
    port: int
    sibling: int


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    with a_person(tmp_path) as found:
        yield found


@contextlib.contextmanager
def a_person(place: Path) -> Iterator[Person]:
    folder = place / "home"
    folder.mkdir()
    (folder / "id_ed25519").write_text("secret")
    (folder / "model.gguf").write_bytes(b"GGUF")
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    unix, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    before = Path.cwd()
    os.chdir(folder)  # the name of a socket is short
    unix.bind("listening")
    os.chdir(before)
    abstract.bind(f"\0stillroom-attack-{port}")
    for made in (unix, abstract):
        made.listen()
    sibling = subprocess.Popen(["sleep", "60"])
    yield Person(folder, port, sibling.pid)
    sibling.kill()
    sibling.wait()
    for made in (listening, unix, abstract):
        made.close()


CHILDREN = ("reader", "worker", "keeping worker", "card worker", "converter")


def attack(
    layers: str, person: Person, prefix: list[str] | None = None, child: str = "reader"
) -> tuple[Layers, dict[str, str]]:
    command = [
        *(prefix or []),
        sys.executable,
        str(ATTACKER),
        child,
        layers,
        str(person.folder),
        str(person.sibling),
        str(person.port),
    ]
    done = subprocess.run(
        command,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return Layers.from_json(said["layers"]), said["tries"]


def remove_left() -> None:
    """What an attack makes outside the person's folder where no layer of files keeps it from that."""
    for left in (
        Path("/tmp/stillroom-attack"),
        Path("/dev/shm/stillroom-attack"),
        Path(os.__file__).with_name("stolen.py"),
    ):
        left.unlink(missing_ok=True)


def gone_through(tries: dict[str, str]) -> dict[str, str]:
    return {name: said for name, said in tries.items() if said != "refused" and said not in MAY_FAIL_OTHERWISE}


# What a child of another kind is for, or has no limit of; its place to write is its own, and a program is held to the same.
ITS_OWN = {
    "reader": set[str](),
    "worker": set[str](),
    "keeping worker": {"raise its limits"},
    "card worker": {"fill the disk by what it has open", "be told of what happens to a key", "ask a file system what is rarely asked"},
    "converter": {"raise its limits", "fork"},
}  # fmt: skip


@needs_landlock
@pytest.mark.parametrize("child", CHILDREN)
def test_nothing_gets_through_all_layers(child: str, person: Person) -> None:
    layers, tries = attack("all", person, child=child)
    assert layers.files
    assert layers.calls
    assert layers.listed
    assert layers.programs
    assert layers.own_program == (child == "converter")
    assert layers.privileges
    assert layers.memory
    assert len(tries) > 75
    through = gone_through(tries)
    assert set(through) <= ITS_OWN[child]
    if child == "card worker":  # a file in memory takes the place of the disk
        assert through["fill the disk by what it has open"] == "failed: File too large"
    there = sorted(path.name for path in person.folder.iterdir() if path.name not in ("cells", "work"))
    assert there == ["id_ed25519", "listening", "model.gguf"]
    assert (person.folder / "id_ed25519").read_text() == "secret"


def test_a_card_whose_driver_needs_more_is_let_and_told(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(UNLISTED, "1")
    layers, tries = attack("all", person, child="card worker")
    if not layers.calls:
        pytest.skip("this kernel or machine has no filter of system calls")
    assert not layers.listed
    assert "asks nothing of the system that is not on its list" in layers.missing
    assert "use a call that is on no list" in gone_through(tries)
    assert "connect by IPv4" not in gone_through(tries)
    _, of_a_worker = attack("all", person, child="worker")  # only a card has such a driver
    assert "use a call that is on no list" not in gone_through(of_a_worker)


@needs_landlock
def test_the_layer_of_files_alone(person: Person) -> None:
    layers, tries = attack("files", person)
    assert layers.files
    assert not layers.calls
    assert not layers.programs
    assert {name: tries[name] for name in FILES if tries[name] != "refused"} == {}
    assert tries["become another program"] == "refused"
    if layers.files_version >= 4:
        assert tries["connect by IPv4"] == "refused"
    if layers.files_version >= 6:
        assert tries["connect to an abstract socket"] == "refused"
        assert tries["signal the owner"] == "refused"
    assert tries["trace the owner"] == "refused"


def test_the_layer_of_namespaces_alone(person: Person) -> None:
    layers, tries = attack("namespaces", person)
    if not layers.namespaces:
        pytest.skip("this system lets nobody have namespaces of their own")
    assert not layers.calls
    assert tries["connect by IPv4"] == "failed: Network is unreachable"
    assert tries["reach another machine"] == "failed: Network is unreachable"
    assert tries["see a network card"] == "refused"
    assert tries["connect to an abstract socket"] == "failed: Connection refused"
    for rights in ("be root over its namespaces", "mount", "change its root", "make a packet socket"):
        assert tries[rights] in ("refused", "failed: Operation not permitted"), rights


@pytest.mark.parametrize("child", CHILDREN)
def test_the_layer_of_calls_alone(child: str, person: Person) -> None:
    layers, tries = attack("calls", person, child=child)
    if not layers.calls:
        pytest.skip("this kernel or machine has no filter of system calls")
    assert not layers.files
    through = {name: said for name, said in gone_through(tries).items() if name not in FILES}
    of_programs = {"start a shell"}  # which only the layer of files refuses
    assert set(through) <= ITS_OWN[child] | (of_programs if child == "converter" else set())
    remove_left()


@needs_landlock
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can become somebody else")
def test_it_holds_for_an_ordinary_user(person: Person) -> None:
    look = ["setpriv", "--reuid", "65534", sys.executable, "-c", "import stillroom.child"]
    if subprocess.run(look, check=False, env=child_environment(), capture_output=True).returncode:
        pytest.skip("nobody may not read this program")
    for path in [person.folder, *person.folder.parents][:3]:
        path.chmod(0o755)
    for path in person.folder.iterdir():
        path.chmod(0o666)
    somebody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    layers, tries = attack("all", person, somebody, child="worker")
    assert layers.files
    assert layers.programs
    assert set(gone_through(tries)) <= {"fill the disk by what it has open"}


def test_a_child_knows_nothing_of_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = {
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/x", "DISPLAY": ":0", "WAYLAND_DISPLAY": "w", "XAUTHORITY": "/x",
        "SSH_AUTH_SOCK": "/s", "OPENAI_API_KEY": "sk-1", "HF_TOKEN": "hf", "HTTPS_PROXY": "http://u:p@h", "AWS_SECRET_ACCESS_KEY": "k",
        "XDG_RUNTIME_DIR": "/run/user/1",
    }  # fmt: skip
    for name, value in secret.items():
        monkeypatch.setenv(name, value)
    script = "import os, json; print(json.dumps([dict(os.environ), sorted(os.listdir('/proc/self/fd'))]))"
    done = subprocess.run(
        [sys.executable, "-c", script], env=child_environment(), capture_output=True, text=True, check=True
    )
    known, _descriptors = json.loads(done.stdout)
    assert not set(known) & set(secret)


def test_a_reader_inherits_no_descriptor(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Total 5.00")
    (tmp_path / "b.txt").write_text("Total 6.00")
    held = os.open(tmp_path / "a.txt", os.O_RDONLY)
    os.set_inheritable(held, True)
    try:
        with ReaderPool() as readers:
            readers.read(tmp_path / "a.txt")
            (process,) = readers.process_ids
            readers.read(tmp_path / "b.txt")  # whose request it takes when it has put the first file down
            kinds = {str(each.readlink()).split(":")[0] for each in Path(f"/proc/{process}/fd").iterdir()}
            assert kinds - {str(tmp_path / "b.txt")} <= {"pipe", "socket"}
            status = Path(f"/proc/{process}/status").read_text()
            layers = readers.layers
    finally:
        os.close(held)
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    assert layers is not None
    assert layers.files == bool(landlock.version())


def test_a_reader_that_grows_ends_alone(tmp_path: Path) -> None:
    grow = "import sys\nx = []\nfor line in sys.stdin.buffer:\n  while True: x.append(bytearray(50 << 20))"
    (tmp_path / "a.txt").write_text("x")
    with ReaderPool([sys.executable, "-c", grow], memory_bytes=400 << 20) as readers, pytest.raises(DocumentError):
        readers.read(tmp_path / "a.txt")
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 2_000_000


# ---------------------------------------------------------------------------------------------- what a turned child may say

_PAGE: dict[str, Any] = {"number": 1, "text": "abc"}
LIES: list[object] = [
    None, [], 5, "x", True, {}, {"pages": None}, {"pages": {}}, {"pages": [5]}, {"name": 5}, {"name": "../../x", "pages": "abc"},
]  # fmt: skip


def liar(tmp_path: Path, said: str) -> list[str]:
    script = tmp_path / "liar.py"
    script.write_text(
        textwrap.dedent(
            """
            import json, sys
            for line in sys.stdin.buffer:
                request = json.loads(line)
                if "id" in request:
                    sys.stdout.write(SAID.replace("NUMBER", str(request["id"])) + "\\n")
                    sys.stdout.flush()
            """
        ).replace("SAID", repr(said))
    )
    return [sys.executable, str(script)]


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_a_document_of_any_shape_is_a_sentence(tmp_path: Path, lie: object) -> None:
    (tmp_path / "a.txt").write_text("x")
    said = json.dumps({"event": "result", "data": lie}).replace("{", '{"id": NUMBER, ', 1)
    with ReaderPool(liar(tmp_path, said), seconds=10) as readers, pytest.raises(DocumentError):
        readers.read(tmp_path / "a.txt")


@pytest.mark.parametrize(
    "said",
    [
        "no message", "[1]", "5", "null", '"x"', "{", '{"id": NUMBER}', '{"id": NUMBER, "event": 7}',
        '{"id": NUMBER, "event": "error"}', '{"id": NUMBER, "event": "error", "message": {}, "details": []}',
        '{"id": NUMBER, "event": "result"}', '{"id": 0, "event": "confined", "layers": {"files": "yes"}}',
        '{"id": 0, "event": "confined", "layers": {"everything": true}}', '{"id": 0, "event": "confined"}',
        '{"id": NUMBER, "event": "result", "data": ' + "[" * 5000 + "]" * 5000 + "}",
        '{"id": ' + "9" * 5000 + "}",
    ],
)  # fmt: skip
def test_a_message_of_any_shape_is_a_sentence(tmp_path: Path, said: str) -> None:
    (tmp_path / "a.txt").write_text("x")
    with ReaderPool(liar(tmp_path, said), seconds=3) as readers, pytest.raises(DocumentError):
        readers.read(tmp_path / "a.txt")


def test_reach_comes_to_the_child_as_it_was_told() -> None:
    reach = Reach(("/a b/ü\udcff.gguf",), ("/c",), graphics=True)
    environment = reach.to_environment()
    environment["X"] = "y"
    assert Reach.from_environment(environment) == reach
    assert Reach.from_environment({}) == Reach()
    assert reach.covers(Reach(reach.read))
    assert not Reach(reach.read).covers(reach)


@pytest.mark.parametrize("said", [None, [], {"files": 1}, {"files_version": True}, {"files": True, "else": True}, "x"])
def test_nonsense_about_itself_is_not_believed(said: object) -> None:
    with pytest.raises(ValueError, match=r"Expected|Layers|layers"):
        Layers.from_json(said)


def test_what_is_left_to_a_child_is_short_and_holds_nothing_that_is_refused() -> None:
    most = {Need.NONE: 130, Need.INFERENCE: 145, Need.INFERENCE | Need.WRITING: 170, Need.INFERENCE | Need.DRIVERS: 190}
    for needs, count in most.items():
        left = system_calls._left(needs)
        assert set(left).isdisjoint(system_calls._refused(needs))
        assert len(left) < count
        for name in ("mknod", "symlink", "link", "setuid", "capset", "seccomp", "io_setup", "memfd_secret", "sync"):
            assert name not in left
        if Need.WRITING not in needs and Need.DRIVERS not in needs:
            assert set(left).isdisjoint({"unlink", "rename", "mkdir", "truncate", "pwrite64", "utimensat"})
        assert "execve" not in left
    for table in (*(system_calls._left(need) for need in Need), system_calls._refused(Need.NONE)):
        for column in (0, 1):
            numbers = [call[column] for call in table.values() if call[column] is not None]
            assert len(numbers) == len(set(numbers))
