"""Chat templates that were made to take the machine, through real workers: seconds, memory and sentence of each.

    python tests/benchmarks/template_bombs.py --model M.gguf

Each template of ``tests/worker/test_chat_template.py`` takes the place of the model's own; a worker loads it and renders a talk. Prints a
line a template and the worst of all. The exit status is 1 where one took more than 10 seconds or 400 MiB, or was no sentence.
"""

from __future__ import annotations

import argparse
import struct
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.worker.test_chat_template import BOMBS

from stillroom.engine.engine import Engine
from stillroom.engine.protocol import LoadOptions, Message
from stillroom.errors import EngineError

_SECONDS, _BYTES = 10.0, 400 << 20


def _memory(process: int, kind: str) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith(kind)).split()[1]) << 10


def with_template(model: bytes, template: str) -> bytes:
    """The model's file with another template. What follows the header lies at multiples of 32 bytes, so the template is padded."""
    key = b"tokenizer.chat_template"
    place = model.index(key) + len(key) + 4  # a number for its type: a text
    (length,) = struct.unpack_from("<Q", model, place)
    text = template.encode()
    text += b" " * (-(len(text) - length) % 32)
    return model[:place] + struct.pack("<Q", len(text)) + text + model[place + 8 + length :]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    whole = parser.parse_args().model.read_bytes()
    worst_seconds, worst_bytes, wrong = 0.0, 0, 0
    for template in BOMBS:
        with tempfile.TemporaryDirectory() as folder, Engine() as engine:
            model = Path(folder) / "bomb.gguf"
            model.write_bytes(with_template(whole, template))
            engine.load(model, LoadOptions(context_tokens=512))
            process = engine.status().worker_pid or 0
            before, began = _memory(process, "VmRSS"), time.monotonic()
            try:
                engine.render([Message("user", "Hello")])
                said, sentence = "rendered", False
            except EngineError as error:
                said, sentence = error.message, True
            seconds, grown = time.monotonic() - began, _memory(process, "VmHWM") - before
        worst_seconds, worst_bytes = max(worst_seconds, seconds), max(worst_bytes, grown)
        wrong += not sentence or seconds > _SECONDS or grown > _BYTES
        print(f"{seconds:5.2f} s {grown / 2**20:6.0f} MiB  {template[:60]}  → {said[:70]}", flush=True)
    print(f"{len(BOMBS)} templates: at most {worst_seconds:.2f} s and {worst_bytes / 2**20:.0f} MiB; {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
