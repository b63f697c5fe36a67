"""What one process has, no other has; and it ends with the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stillroom.storage.database import Database
from stillroom.storage.ownership import Owned, OwnedElsewhere, is_owned, owned
from stillroom.storage.runs import RunStore

_HOLDER = """
import sys
from pathlib import Path
from stillroom.storage.ownership import Owned
mine = Owned(Path(sys.argv[1]), "")
print("has it", flush=True)
sys.stdin.read()
"""


def test_another_process_is_told_and_has_it_once_the_first_was_killed(tmp_path: Path) -> None:
    file = tmp_path / "locks" / "run-1"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "has it\n"
        assert is_owned(file)
        with pytest.raises(OwnedElsewhere, match="Somebody else"):
            Owned(file, "Somebody else works on it.")
        holder.kill()
        holder.wait()
        assert not is_owned(file)
        Owned(file, "").release()


def test_it_is_let_go_whatever_happens_meanwhile(tmp_path: Path) -> None:
    file = tmp_path / "it"

    def fail() -> None:
        with owned(file, ""):
            assert is_owned(file)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not is_owned(file)


def test_a_run_is_worked_on_by_one(tmp_path: Path) -> None:
    with_database = Database(tmp_path / "data.sqlite")
    store, other = RunStore(with_database), RunStore(with_database)
    with store.owning(7):
        assert other.is_owned(7)
        assert not other.is_owned(8)
        with pytest.raises(OwnedElsewhere, match="working on this table"), other.owning(7):
            pass
    assert not other.is_owned(7)
    with_database.close()
