"""What the window does without until it is used: memory that nobody should have to give for a chat."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("numpy", "munkres", "phonenumbers", "stdnum", "babel")
SCRIPT = """
import sys
import stillroom.ui.main_window, stillroom.ui.model_loading, stillroom.tuning.tuned, stillroom.models.fit.assess, stillroom.ui.chat.page
print([name for name in {heavy!r} if name in sys.modules])
"""


def test_a_window_with_a_model_and_a_chat_has_nothing_of_extraction() -> None:
    script = SCRIPT.format(heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
