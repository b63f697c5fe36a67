"""A worker without a model: a real process that speaks the real protocol, and misbehaves on request.

A "model file" is ``GGUF`` and perhaps JSON: ``speed`` in tokens a second, ``loss`` in nats a token, and for each quantization
it can be written in what that one has of these.

``FAKE_WORKER`` holds ``op=behaviour`` pairs separated by commas; behaviours are below. With ``FAKE_WORKER_TIMES=n`` and
``FAKE_WORKER_COUNT=file`` they happen n times in all, over every process started.
"""

from __future__ import annotations

import dataclasses
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from json import dumps, loads
from pathlib import Path
from typing import Any

from stillroom.child import MessageWriter, die_with_parent, private_stdout
from stillroom.codec import from_child, to_plain
from stillroom.engine.protocol import (
    PROTOCOL_VERSION,
    DeviceMemory,
    Embeddings,
    Generation,
    LoadOptions,
    Measurement,
    ModelInfo,
    Quantized,
    QuotedSpan,
    ScoreResult,
    SpanResult,
)
from stillroom.engine.worker_status import WorkerStatus


class Worker:
    def __init__(self) -> None:
        self.writer = MessageWriter(private_stdout())
        self.behaviours = dict(pair.split("=") for pair in os.environ.get("FAKE_WORKER", "").split(",") if pair)
        self.requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.cancelled: set[int] = set()
        self.working = threading.Event()
        self.silent = threading.Event()
        self.deaf = False
        self.model: ModelInfo | None = None

    def main(self) -> None:
        self.misbehave("start", 0)
        self.event(0, "hello", protocol=PROTOCOL_VERSION)
        self.event(0, "log", text="build: fake\nready")
        threading.Thread(target=self.beat, daemon=True).start()
        threading.Thread(target=self.work, daemon=True).start()
        for line in sys.stdin.buffer:
            message = loads(line)
            if message["op"] == "cancel":
                self.cancelled.add(message["id"])
            else:
                self.requests.put(message)
        os._exit(0)

    def event(self, number: int, event: str, **fields: Any) -> None:
        if not self.silent.is_set():
            self.writer.send({"id": number, "event": event, **fields})

    def beat(self) -> None:
        while True:
            self.working.wait()
            self.event(0, "status", **to_plain(WorkerStatus(context_used=7, context_tokens=100, requests=1)))
            time.sleep(0.1)

    def work(self) -> None:
        while True:
            message = self.requests.get()
            number = message["id"]
            self.working.set()
            self.misbehave(message["op"], number)
            try:
                data = getattr(self, message["op"])(number, message)
            except InterruptedError:
                self.event(number, "cancelled")
            except ValueError as error:
                self.event(number, "error", message=str(error), details="", retryable=False)
            else:
                self.event(number, "result", data=data)
            self.working.clear()

    def misbehave(self, op: str, number: int) -> None:
        behaviour = self.behaviours.get(op)
        if behaviour is None or not self.is_due():
            return
        if behaviour.startswith("exit"):
            print("the last words", file=sys.stderr, flush=True)
            os._exit(int(behaviour.removeprefix("exit")))
        if behaviour.startswith("SIG"):
            os.kill(os.getpid(), signal.Signals[behaviour])
            time.sleep(60)
        actions: dict[str, Callable[[], None]] = {
            "hang": self.hang,
            "silent": self.rest,
            "freeze": self.freeze,
            "deaf": self.turn_deaf,
            "garbage": lambda: self.raw(b"Segmentation fault (core dumped)\n"),
            "endless": lambda: self.raw(b"x" * (1 << 20), times=3),
            "version": lambda: self.event(0, "hello", protocol=999),
            "status": lambda: self.event(0, "status", colour="blue"),
            "nonsense": lambda: self.event(number, "result", data={"scores": "many"}),
            "list": lambda: self.event(number, "result", data=[]),
            "unknown": lambda: self.event(number, "surprise"),
            "slow": lambda: time.sleep(1),
        }
        actions[behaviour]()

    def is_due(self) -> bool:
        if "FAKE_WORKER_TIMES" not in os.environ:
            return True
        file = Path(os.environ["FAKE_WORKER_COUNT"])
        done = len(file.read_text()) if file.exists() else 0
        file.write_text("x" * (done + 1))
        return done < int(os.environ["FAKE_WORKER_TIMES"])

    def hang(self) -> None:
        self.silent.set()
        time.sleep(60)

    def rest(self) -> None:
        self.silent.set()
        time.sleep(1)
        self.silent.clear()

    def freeze(self) -> None:
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(60)  # another thread may take the signal, a little later

    def turn_deaf(self) -> None:
        self.deaf = True

    def raw(self, data: bytes, times: int = 1) -> None:
        for _ in range(times):
            self.writer._stream.write(data)
        self.writer._stream.flush()

    def check(self, number: int) -> None:
        if number in self.cancelled and not self.deaf:
            raise InterruptedError

    # ---------------------------------------------------------------------------------------------------- operations

    def load(self, number: int, message: dict[str, Any]) -> Any:
        path = Path(message["path"])
        if not path.read_bytes().startswith(b"GGUF"):
            raise ValueError("The file is no GGUF model. Choose another one.")
        self.event(0, "log", text=f"load {message['options']['context_tokens']}")
        for step in range(11):
            self.check(number)
            self.event(number, "progress", value=step / 10)
            time.sleep(0.002)
        values: dict[str, Any] = {
            f.name: {"str": "fake", "int": 1, "float": 0.1, "bool": True}.get(str(f.type))
            for f in dataclasses.fields(ModelInfo)
        }
        options = from_child(LoadOptions, message["options"])
        options = dataclasses.replace(
            options,
            ubatch=options.ubatch or 64,
            threads_prompt=options.threads_prompt or 1,
            threads_generate=options.threads_generate or 1,
        )
        values |= {"name": path.stem, "path": str(path), "options": options, "gpu_layers": 0}
        values |= {"context_tokens": options.context_tokens or 4096, "trained_context_tokens": 4096}
        self.model = ModelInfo(**values)
        return to_plain(self.model)

    def unload(self, _number: int, _message: dict[str, Any]) -> Any:
        self.model = None
        return {}

    def score(self, number: int, message: dict[str, Any]) -> Any:
        self.check(number)
        questions = message["request"]["questions"]
        lengths = tuple(tuple(len(text.split()) for text in q["candidates"]) for q in questions)
        loss = self.facts().get("loss", 0.0)
        scores = tuple(
            tuple(-float(len(text)) - loss * len(text.split()) for text in q["candidates"]) for q in questions
        )
        return to_plain(ScoreResult(scores, lengths, 10, 10, 0.001))

    def embed(self, number: int, message: dict[str, Any]) -> Any:
        self.check(number)
        texts = message["request"]["texts"]
        rows = tuple(tuple(float(text.casefold().count(letter)) for letter in "aeiourst") for text in texts)
        return to_plain(Embeddings(rows[:-1] if "fewer" in texts else rows, 10))

    def spans(self, number: int, message: dict[str, Any]) -> Any:
        self.check(number)
        text, questions = message["request"]["text"], message["request"]["questions"]
        end = len(text) + 1 if text == "beyond" else len(text.split()[0])
        return to_plain(SpanResult(((QuotedSpan(0, end, -1.0),),) * len(questions), 10, 10, 0.001))

    def generate(self, number: int, message: dict[str, Any]) -> Any:
        request = message["request"]
        # To a person it says little, and then comes to an end.
        most = 12 if request["interactive"] and request["max_tokens"] > 1000 else request["max_tokens"]
        pieces = [f"word{n} " for n in range(most)]
        for piece in pieces:
            self.check(number)
            self.event(number, "text", text=piece)
            time.sleep(0.02)
        return to_plain(Generation("".join(pieces), "length", 5, 0, len(pieces), 0.1, 0.1))

    def facts(self) -> dict[str, Any]:
        return content(Path(self.model.path)) if self.model is not None else {}

    def measure(self, number: int, _message: dict[str, Any]) -> Any:
        self.check(number)
        speed = self.facts().get("speed", 100.0)
        return to_plain(Measurement(float(speed), 0.1, 10))

    def quantize(self, number: int, message: dict[str, Any]) -> Any:
        request = message["request"]
        facts = content(Path(request["source"])).get(request["quantization"])
        if facts is None:
            raise ValueError("The model could not be written in that quantization.")
        if not request["dry"]:
            with Path(request["target"]).open("w") as target:
                for step in range(5):
                    self.check(number)
                    self.event(number, "progress", value=step / 5)
                    time.sleep(0.01)
                target.write("GGUF" + dumps(facts))
        return to_plain(Quantized(1000, int(facts.get("size", 900)), 0.1))

    def dry_load(self, number: int, message: dict[str, Any]) -> Any:
        self.check(number)
        return {"devices": [to_plain(DeviceMemory("CPU", 1000, 100, 10, 1))], "options": message["options"]}

    def render(self, _number: int, message: dict[str, Any]) -> Any:
        turns = [f"<{turn['role']}>{turn['content']}" for turn in message["messages"]]
        return {"text": "".join([*turns, "<assistant>" if message["add_generation_prompt"] else ""])}

    def count(self, _number: int, message: dict[str, Any]) -> Any:
        counts = [len(text.split()) for text in message["texts"]]
        return {"counts": counts + [width // 10 for width, _ in message["pictures"]]}

    def tokens(self, _number: int, message: dict[str, Any]) -> Any:
        """A token a word, its length; a prompt begins with 1."""
        words = [[len(word) for word in piece["text"].split()] for piece in message["pieces"]]
        return {"tokens": [[1, *words[0]], *words[1:]] if words else []}


def content(model: Path) -> dict[str, Any]:
    text = model.read_text(errors="replace").removeprefix("GGUF")
    facts: dict[str, Any] = loads(text) if text.startswith("{") else {}
    return facts


if __name__ == "__main__":
    die_with_parent()
    Worker().main()
