"""A scripted review by keys and mouse, killed in the middle: nothing is lost or doubled, and what is exported is the script's own list.

``STILLROOM_TEST_REVIEWED``, ``STILLROOM_TEST_REVIEW_KILLS`` and ``STILLROOM_TEST_SEED`` choose how many documents, how often and when it is
killed: 40 and 100 are what the application promises. ``-s`` shows the figures.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import time
from pathlib import Path

import pytest
from tests.integration.review_run import Seen, exported, lost_or_doubled, prepare, start, wanted

DOCUMENTS = int(os.environ.get("STILLROOM_TEST_REVIEWED", "6"))
KILLS = int(os.environ.get("STILLROOM_TEST_REVIEW_KILLS", "3"))


def run(home: Path, seen: Seen, stop_after: int | None, late: float) -> None:
    """One life of the review; killed ``late`` seconds after so many entries, or to its end."""
    child = start(home)
    assert child.stdout is not None
    seen.hear(child.stdout, stop_after)
    killed = stop_after is not None and not seen.finished
    if killed:
        time.sleep(late)
        child.kill()
    seen.hear(child.stdout)
    child.stdout.close()
    status = child.wait()
    assert status == (-signal.SIGKILL if killed else 0), "it ended by itself, or not at all"
    assert lost_or_doubled(home, seen) == []


@pytest.mark.window
@pytest.mark.timeout(300 + 30 * KILLS + 20 * DOCUMENTS)
def test_a_review_that_is_killed_goes_on_without_a_loss(tmp_path: Path) -> None:
    chance = random.Random(os.environ.get("STILLROOM_TEST_SEED", "7"))
    kills, home, took = 0, tmp_path / "0", list[float]()
    prepare(home, DOCUMENTS)
    seen, between = Seen(set(), set(), []), 0
    while True:
        most = max(1, 4 * DOCUMENTS // max(KILLS, 1))
        run(home, seen, chance.randint(0, most) if kills < KILLS else None, chance.random() * 0.01)
        kills += not seen.finished
        if seen.finished:
            assert exported(home) == {number: wanted(number) for number in range(DOCUMENTS)}
            took += seen.took
            between += len(seen.given - seen.told)
            if kills >= KILLS:
                break
            home = tmp_path / str(kills)  # all was done before the last kill: once more from the beginning
            prepare(home, DOCUMENTS)
            seen = Seen(set(), set(), [])
    slow = statistics.quantiles(took, n=1000)[-1]
    print(
        f"{kills} kills, {between} entries under way; an action: {statistics.median(took):.1f} ms, {slow:.1f}, {max(took):.1f}"
    )
    assert statistics.median(took) < 30
    assert max(took) < 50, "of the window's own work: a stall that is felt"
