"""What the window and the command line do without until it is used: memory and time that nobody should have to give before."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "numpy", "munkres", "phonenumbers", "stdnum", "babel", "regex", "lxml", "pypdfium2", "PIL", "xlsxwriter", "keyring",
    "cryptography", "httpx2", "openai", "huggingface_hub", "pydantic", "asyncio",
)  # fmt: skip
SCRIPT = """
import sys
import stillroom.ui.main_window, stillroom.ui.model_loading, stillroom.tuning.tuned, stillroom.models.fit.assess, stillroom.ui.chat.page
print([name for name in {heavy!r} if name in sys.modules])
"""
# What only tells about itself needs nothing of what it would tell about.
NOTHING_YET = ("dataclasses", "json", "psutil", "msgspec", "sqlite3", "tomlkit", "ssl", "PySide6", *HEAVY)


def test_a_window_with_a_model_and_a_chat_has_nothing_of_extraction() -> None:
    script = SCRIPT.format(heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_the_first_screen_has_nothing_that_it_does_not_show() -> None:
    screen = """
import sys
from PySide6.QtWidgets import QApplication
from stillroom.privacy.seal import Seal
from stillroom.settings import Settings
from stillroom.ui.application import build_parts
from stillroom.ui.main_window import MainWindow
from stillroom.ui.tasks import Tasks
application = QApplication(["stillroom"])
parts = build_parts(application, Tasks(lambda _error: None), Settings(), Seal())
window = MainWindow(parts)
window.show()
application.processEvents()
print([name for name in {heavy!r} if name in sys.modules])
parts.close()
"""
    later = ("markdown_it", "tomlkit", "concurrent.futures", "stillroom.gguf", "stillroom.workspace.conversations")
    script = screen.format(heavy=(*HEAVY, *later))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_pyside_reads_no_source_of_what_is_behind_the_window() -> None:
    script = """
import linecache
import stillroom.ui.application
print([file for file in linecache.cache if "/child/" in file or "/storage/database" in file])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["models", "--help"], ["extract", "--help"]])
def test_help_needs_no_libraries(arguments: list[str]) -> None:
    script = f"""
import sys
sys.argv = ["stillroom", *{arguments!r}]
from stillroom.__main__ import main
try:
    main()
except SystemExit:
    pass
print([name for name in {NOTHING_YET!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_a_page_that_is_opened_first_is_loaded_beside_the_window() -> None:
    """What a page is made of takes a second to load: the window's own thread does not."""
    script = """
import sys, threading, builtins, tempfile
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication
from stillroom.privacy.seal import Seal
from stillroom.settings import Settings
from stillroom.ui.application import build_parts
from stillroom.ui.main_window import MainWindow
from stillroom.ui.tasks import Tasks
application = QApplication(["stillroom"])
parts = build_parts(application, Tasks(lambda _error: None), Settings(), Seal())
window = MainWindow(parts)
window.show()
late = set()
class Finder:
    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is threading.main_thread():
            late.add(name)
sys.meta_path.insert(0, Finder())
told = []
for number in range(1, window.pages.count()):
    late.clear()
    window.open_page(number)
    place = window.pages.widget(number)
    assert place.page is None and window.pages.currentIndex() == number
    while place.page is None:
        loop = QEventLoop()
        QTimer.singleShot(5, loop.quit)
        loop.exec()
    told += [name for name in {heavy!r} if name in late]
print(told)
parts.close()
"""
    heavy = (*HEAVY, "pyqtgraph", "stillroom.evaluation.evaluate", "stillroom.learning", "markdown_it")
    script = script.format(heavy=heavy)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"
