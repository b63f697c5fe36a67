from __future__ import annotations

import time

import pytest

from stillroom.engine.limits import CrashRecord
from stillroom.errors import EngineError


def test_crashes_with_success_between_or_long_ago_do_not_count() -> None:
    record = CrashRecord(2, 0.2)
    record.crashed({"score"})
    record.succeeded("score")
    record.crashed({"score", "generate"})
    record.raise_if_too_many("score")
    record.crashed({"score"})
    record.raise_if_too_many("generate")
    with pytest.raises(EngineError, match="2 times"):
        record.raise_if_too_many("score")
    time.sleep(0.25)
    record.raise_if_too_many("score")
