from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from stillroom.cancellation import Cancellation
from stillroom.child import child_command
from stillroom.documents import reader_pool
from stillroom.documents.read_file import read_file
from stillroom.documents.reader_pool import PagesRead, ReaderPool
from stillroom.errors import Cancelled, DocumentError, PasswordNeeded

Make = Callable[..., bytes]
FAKE = [sys.executable, str(Path(__file__).with_name("fake_reader.py"))]


@pytest.fixture
def samples(repository: Path) -> list[Path]:
    return sorted((repository / "resources" / "samples").iterdir())


def process_of(readers: ReaderPool, name: str = "a") -> str:
    """The process that reads the file."""
    return readers.read(Path(f"{name}.txt")).pages[0].text.rpartition(" ")[2]


# ------------------------------------------------------------------------------------------------- the real reader


def test_documents_come_through_the_pipe_as_they_are_read(samples: list[Path], tmp_path: Path) -> None:
    with ReaderPool() as readers:
        assert readers.process_ids == []
        assert [readers.read(path) for path in samples] == [read_file(path) for path in samples]
        assert len(readers.process_ids) == 1
        with pytest.raises(DocumentError, match="not there any more"):
            readers.read(tmp_path / "gone.pdf")
        assert readers.read(samples[0]).kind == "docx"
    assert readers.process_ids == []


def test_names_that_are_not_unicode(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9 \xc3\xa9.txt")
    try:
        path.write_text("hello")
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    with ReaderPool() as readers:
        document = readers.read(path)
    assert document.pages[0].text == "hello"
    document.name.encode()


def test_a_password_is_asked_for(pdf: Make, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf([(50, 700, "Secret")], password="s3cret"))
    with ReaderPool() as readers:
        with pytest.raises(PasswordNeeded):
            readers.read(path)
        assert readers.read(path, password="s3cret").pages[0].text == "Secret"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux")
def test_a_file_that_needs_too_much_memory_gets_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    path.write_bytes(b"word " * 12_000_000)
    with ReaderPool(memory_bytes=300 << 20) as readers:
        with pytest.raises(DocumentError, match=r"memory|characters"):
            readers.read(path)
        path.write_text("small")
        assert readers.read(path).pages[0].text == "small"


def test_a_reader_leaves_when_its_owner_is_gone() -> None:
    process = subprocess.Popen(child_command("reader"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.communicate(b"", timeout=20)
    assert process.returncode == 0


def test_what_libraries_print_does_not_reach_the_pipe(tmp_path: Path) -> None:
    script = tmp_path / "noisy.py"
    script.write_text(
        "import os\n"
        "from stillroom.documents import reader_process\n"
        "answer = reader_process._answer\n"
        "def noisy(*arguments):\n"
        "    print('noise'); os.write(1, b'more noise\\n')\n"
        "    return answer(*arguments)\n"
        "reader_process._answer = noisy\n"
        "reader_process.main()\n"
    )
    (tmp_path / "a.txt").write_text("hello")
    with ReaderPool([sys.executable, str(script)]) as readers:
        assert readers.read(tmp_path / "a.txt").pages[0].text == "hello"


# ------------------------------------------------------------------------------------------------- a reader that misbehaves


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of the names that tell the reader what to do."""
    folder = tmp_path / "named"
    folder.mkdir()
    for name in (
        "hang",
        "crash",
        "leave",
        "half",
        "garble",
        "late",
        "steady",
        "pages",
        "pid",
        "slow",
        "a",
        "b",
        *(f"slow{n}" for n in range(6)),
    ):
        (folder / f"{name}.txt").write_text(name)
    monkeypatch.chdir(folder)


def test_a_reader_that_hangs_is_replaced() -> None:
    with ReaderPool(FAKE, seconds=2) as readers:
        started = time.monotonic()
        with pytest.raises(DocumentError, match=r"longer than 2 seconds"):
            readers.read(Path("hang.txt"))
        assert time.monotonic() - started < 5
        assert process_of(readers)


def test_the_time_of_a_document_begins_when_its_reader_has_started() -> None:
    with ReaderPool([*FAKE, "--slow-start"], seconds=1) as readers:
        assert readers.read(Path("a.txt")).pages[0].text.startswith("a by")
        with pytest.raises(DocumentError, match=r"longer than 1 second to read"):
            readers.read(Path("hang.txt"))


def test_a_reader_that_never_starts_is_told_from_a_file_that_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_pool, "_START_SECONDS", 0.3)
    with (
        ReaderPool([*FAKE, "--never-starts"], seconds=0.3) as readers,
        pytest.raises(DocumentError, match="cannot be kept running"),
    ):
        readers.read(Path("a.txt"))


def test_a_reader_that_reports_progress_is_given_more_time() -> None:
    with ReaderPool(FAKE, seconds=1.2) as readers:
        assert process_of(readers)
        assert readers.read(Path("steady.txt")).pages[0].text.startswith("steady by")


def test_how_far_a_long_document_is_can_be_asked() -> None:
    with ReaderPool(FAKE) as readers, ThreadPoolExecutor() as pool:
        reading = pool.submit(readers.read, Path("pages.txt"))
        seen: list[PagesRead] = []
        while not reading.done():
            pages = readers.pages_read(Path("pages.txt"))
            if pages is not None and (not seen or pages.page != seen[-1].page):
                seen.append(pages)
            time.sleep(0.02)
        assert reading.result().pages[0].text.startswith("pages by")
        assert [pages.page for pages in seen][-2:] == [3, 4]
        assert all(pages.pages == 4 for pages in seen)
        assert readers.pages_read(Path("other.txt")) is None


@pytest.mark.parametrize(
    ("name", "words"), [("crash", "crashed"), ("leave", "exit code 7"), ("half", "is no document")]
)
def test_a_reader_that_dies_is_replaced(name: str, words: str) -> None:
    with ReaderPool(FAKE) as readers:
        first = process_of(readers)
        with pytest.raises(DocumentError, match=words):
            readers.read(Path(f"{name}.txt"))
        assert process_of(readers) != first


def test_noise_and_late_answers_are_not_taken_for_the_answer() -> None:
    with ReaderPool(FAKE) as readers:
        assert readers.read(Path("garble.txt")).pages[0].text.startswith("garble by")
        assert readers.read(Path("late.txt")).pages[0].text.startswith("late by")


def test_a_reader_killed_while_idle_is_replaced_without_a_word() -> None:
    with ReaderPool(FAKE) as readers:
        first = process_of(readers)
        os.kill(int(first), signal.SIGKILL)
        psutil.wait_procs([psutil.Process(int(first))] if psutil.pid_exists(int(first)) else [], timeout=5)
        assert process_of(readers) != first


def test_a_reader_killed_while_it_reads() -> None:
    with ReaderPool(FAKE) as readers:
        process = int(process_of(readers))
        threading.Timer(0.3, os.kill, (process, signal.SIGKILL)).start()
        assert readers.read(Path("slow.txt")).pages[0].text.startswith("slow by"), "the file was not to blame"

        def kill_each() -> None:
            for _ in range(2):
                while not readers._busy:
                    time.sleep(0.01)
                (busy,) = readers._busy
                time.sleep(0.2)
                os.kill(busy.pid, signal.SIGKILL)
                while busy in readers._busy:
                    time.sleep(0.01)

        killer = threading.Thread(target=kill_each)
        killer.start()
        with pytest.raises(DocumentError, match="killed by the operating system"):
            readers.read(Path("hang.txt"))
        killer.join(5)
        assert process_of(readers)


def test_several_threads_share_the_readers() -> None:
    with ReaderPool(FAKE, processes=2) as readers, ThreadPoolExecutor(6) as pool:
        texts = list(pool.map(lambda n: readers.read(Path(f"slow{n}.txt")).pages[0].text, range(6)))
        assert [text.split()[0] for text in texts] == [f"slow{n}" for n in range(6)]
        assert len({text.split()[2] for text in texts}) == 2


def test_what_a_person_waits_for_does_not_wait_behind_a_run() -> None:
    with ReaderPool(FAKE) as readers, ThreadPoolExecutor(5) as pool:
        run = [pool.submit(readers.read, Path("hang.txt"), cancellation=(stop := Cancellation()))]
        run += [pool.submit(readers.read, Path(f"slow{n}.txt")) for n in range(3)]
        assert readers.read(Path("a.txt"), urgent=True).name == "a"
        assert readers.read(Path("b.txt"), urgent=True).name == "b", "and again"
        assert not any(each.done() for each in run)
        stop.request()
        with pytest.raises(Cancelled):
            run[0].result(timeout=5)
        assert [each.result(timeout=10).name for each in run[1:]] == ["slow0", "slow1", "slow2"]


def test_cancellation_is_prompt_and_the_next_file_goes_on() -> None:
    cancellation = Cancellation()
    with ReaderPool(FAKE) as readers:
        process_of(readers)
        timer = threading.Timer(0.2, cancellation.request)
        timer.start()
        started = time.monotonic()
        with pytest.raises(Cancelled):
            readers.read(Path("hang.txt"), cancellation=cancellation)
        assert time.monotonic() - started < 2
        with pytest.raises(Cancelled):
            readers.read(Path("a.txt"), cancellation=cancellation)
        assert process_of(readers)


def test_cancellation_of_a_file_that_waits_for_its_turn() -> None:
    cancellation = Cancellation()
    with ReaderPool(FAKE) as readers, ThreadPoolExecutor(2) as pool:
        process_of(readers)
        first = pool.submit(readers.read, Path("slow.txt"))
        time.sleep(0.1)
        second = pool.submit(readers.read, Path("b.txt"), cancellation=cancellation)
        time.sleep(0.1)
        cancellation.request()
        with pytest.raises(Cancelled):
            second.result(timeout=2)
        assert first.result().name == "slow"


def test_closing_ends_a_read_that_goes_on() -> None:
    readers = ReaderPool(FAKE)
    with ThreadPoolExecutor(1) as pool:
        process_of(readers)
        reading = pool.submit(readers.read, Path("hang.txt"))
        time.sleep(0.2)
        readers.close()
        with pytest.raises(DocumentError, match="stopped"):
            reading.result(timeout=5)
    with pytest.raises(DocumentError, match="closing"):
        readers.read(Path("a.txt"))


def test_a_command_that_does_not_start() -> None:
    with ReaderPool(["/nowhere/reader"]) as readers, pytest.raises(DocumentError, match="could not be started"):
        readers.read(Path("a.txt"))
    with ReaderPool([sys.executable, "-c", "pass"]) as readers, pytest.raises(DocumentError):
        readers.read(Path("a.txt"))
