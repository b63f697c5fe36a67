"""The entry point brings each role up without the others, and what is heavy only where it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from stillroom import __version__

LOOK = """
import importlib, sys
from stillroom.__main__ import main
sys.argv = ["stillroom", *{arguments!r}]
if {module!r}:
    importlib.import_module({module!r}).main = lambda: None
try:
    status = main()
except SystemExit as error:
    status = error.code
heavy = {{name.split(".")[0] for name in sys.modules}} & {{"PySide6", "rich", "openpyxl", "llama_cpp", "numpy", "tomlkit"}}
print(status, *sorted(heavy | ({{"stillroom.cli", "stillroom.ui", "stillroom.extraction"}} & set(sys.modules))))
"""


def run(arguments: list[str], module: str = "") -> str:
    code = LOOK.format(arguments=arguments, module=module)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("role", "module"), [("worker", "stillroom.worker.process"), ("reader", "stillroom.documents.reader_process")]
)
def test_a_child_imports_neither_window_nor_command_line(role: str, module: str) -> None:
    status, *imported = run([role], module).split()
    assert status == "0"
    assert set(imported) <= {"llama_cpp", "numpy"}


def test_the_version_is_told_without_anything_heavy() -> None:
    assert run(["--version"]) == f"stillroom {__version__}\n0 stillroom.cli\n"


def test_no_argument_opens_the_window() -> None:
    assert run([], "stillroom.ui.application").split()[0] == "0"


def test_a_model_on_the_disk_is_judged_without_the_hubs_client() -> None:
    code = "import sys, stillroom.models.fit.assess; print(*{'huggingface_hub', 'httpx2'} & set(sys.modules))"
    assert not subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
