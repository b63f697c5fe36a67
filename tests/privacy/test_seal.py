"""The seal: what it refuses, what breaks it, and that it closes again."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import textwrap
import threading

import pytest

from stillroom.errors import StillroomError
from stillroom.privacy.seal import Seal, SealedError


def run(code: str) -> str:
    """The output of Python code in a process of its own: an audit hook stays for the life of a process."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_seal_refuses_until_it_is_broken_and_closes_by_itself() -> None:
    seal, told = Seal(), []
    seal.subscribe(lambda: told.append(len(seal.openings)))
    with pytest.raises(SealedError, match=r"sealed.*Settings"):
        seal.check("example.org")
    with contextlib.suppress(ZeroDivisionError), seal.opened("a download", "example.org") as opening:
        assert (opening.reason, opening.destination) == ("a download", "example.org")
        assert not seal.holds
        seal.check("example.org")
        with seal.opened("another", "example.net"):
            assert len(seal.openings) == 2
        assert not seal.holds
        raise ZeroDivisionError
    assert seal.holds
    assert seal.openings == ()
    assert seal.hosts == ("example.org",)
    assert told == [1, 1, 2, 1, 0]
    assert issubclass(SealedError, StillroomError)
    assert issubclass(SealedError, OSError)


def test_what_was_opened_by_hand_closes_by_itself() -> None:
    seal, closed = Seal(), threading.Event()
    seal.subscribe(lambda: seal.openings or closed.set())
    opening = seal.break_for(0.05, "by hand", "anywhere")
    assert opening.until is not None
    assert closed.wait(10)
    assert seal.holds
    other = seal.break_for(60, "by hand", "anywhere")
    seal.close(other)
    seal.close(other)
    assert seal.holds


def test_openings_of_many_threads_end_with_the_last() -> None:
    seal = Seal()
    inside, leave = threading.Barrier(9), threading.Event()

    def work() -> None:
        with seal.opened("work", "example.org"):
            inside.wait(10)
            leave.wait(10)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    inside.wait(10)
    assert len(seal.openings) == 8
    leave.set()
    for thread in threads:
        thread.join(10)
    assert seal.holds


def test_the_guard_refuses_every_way_of_reaching_a_host() -> None:
    assert run(
        """
        import socket
        from stillroom.privacy.seal import Guard, Seal
        server = socket.create_server(("127.0.0.1", 0))
        address = server.getsockname()
        seal = Seal()
        guard = Guard(seal)
        def refused(call):
            try:
                call()
            except OSError as error:
                return "is sealed" in str(error)
            return False
        print(refused(lambda: socket.socket(socket.AF_INET6).listen()))  # the system would choose an address and a port
        with seal.opened("a test", "127.0.0.1"):
            datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        print(refused(lambda: socket.create_connection(address, 5)),
              refused(lambda: socket.getaddrinfo("localhost", 80)),
              refused(lambda: socket.gethostbyname("localhost")),
              refused(lambda: datagrams.sendto(b"x", address)),
              refused(lambda: socket.create_server(("127.0.0.1", 0))),
              refused(lambda: socket.socketpair()[0].close()))
        with seal.opened("a test", "127.0.0.1"):
            socket.create_connection(address, 5).close()
            print(refused(lambda: socket.getaddrinfo("localhost", 80)))
        with seal.opened("a test", "127.0.0.1", only=["127.0.0.1"]):
            socket.create_connection(address, 5).close()
            print(refused(lambda: socket.getaddrinfo("localhost", 80)))
        print(refused(lambda: socket.create_connection(address, 5)), seal.hosts)
        seal.sealed = False
        socket.create_connection(address, 5).close()
        guard.release()
        """
    ).split("\n")[:5] == ["True", "True True True True True False", "False", "True", "True ('127.0.0.1', 'localhost')"]


def test_a_library_takes_the_refusal_for_a_failed_connection() -> None:
    assert "ConnectError" in run(
        """
        import httpx2
        from stillroom.privacy.seal import Guard, Seal
        Guard(Seal())
        try:
            httpx2.get("http://127.0.0.1:9/", timeout=5)
        except httpx2.HTTPError as error:
            print(type(error).__name__)
        """
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process do this without rights")
def test_a_child_has_no_network_and_says_so_truthfully() -> None:
    assert run(
        """
        import os, socket, subprocess, sys
        from stillroom.child import Isolation, isolation_of, shut_off_network
        print(isolation_of(os.getpid()) is Isolation.FILTER)
        kind = shut_off_network()
        if kind is Isolation.NAMESPACE:
            print("True True"); sys.exit()
        try:
            socket.socket(); print("made")
        except PermissionError:
            print(kind is isolation_of(os.getpid()), socket.socketpair()[0].fileno() > 0)
        inner = subprocess.run([sys.executable, "-c", "import socket; socket.socket()"], capture_output=True)
        print(inner.returncode)
        """
    ).split("\n")[1:3] == ["True True", "1"]
