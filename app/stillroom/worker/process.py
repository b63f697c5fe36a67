"""The worker process: one model, requests as lines of JSON on standard input, events as lines on a private pipe."""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from stillroom.child import (
    Layers,
    MessageWriter,
    Need,
    Reach,
    confine,
    die_with_parent,
    private_stdout,
    shut_off_network,
)
from stillroom.codec import from_child, from_line, to_plain
from stillroom.engine.protocol import (
    PROTOCOL_VERSION,
    EmbedRequest,
    GenerateRequest,
    Generation,
    LoadOptions,
    MeasureRequest,
    Message,
    Piece,
    QuantizeRequest,
    ScoreRequest,
    ScoreResult,
    SpanRequest,
)
from stillroom.engine.worker_status import SpeedNow, WorkerStatus
from stillroom.errors import Cancelled, EngineError, StillroomError
from stillroom.gguf.checks import check_projector
from stillroom.sizes import size_text

_STATUS_SECONDS = 0.5
_LEAVE_SECONDS = 3.0


class Worker:
    """A worker: reads requests, runs their steps, writes events. One thread reads; the main thread does all the work."""

    def __init__(self, source: BinaryIO, writer: MessageWriter, layers: Layers) -> None:
        """``layers``: what keeps this process from everything but its model; told to the owner."""
        # Imported here, after the pipes are safe: libraries print while they load.
        from stillroom.worker.llama_log import send_log_to
        from stillroom.worker.scheduler import Scheduler

        self._source = source
        self._writer = writer
        self._layers = layers
        self._inbox: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._scheduler = Scheduler()
        self._model: Any = None
        self._cells: Any = None
        self._spans: Any = None
        self._status_at = 0.0
        self._prompt_speed = 0.0
        self._generate_speed = 0.0
        self._first_token = 0.0
        self._now = SpeedNow()
        send_log_to(lambda line: self._send({"id": 0, "event": "log", "text": line[:2000]}))

    def run(self) -> None:
        """Serve until standard input closes."""
        hello = {"protocol": PROTOCOL_VERSION, "pid": os.getpid(), "layers": self._layers.to_json()}
        self._send({"id": 0, "event": "hello", **hello})
        threading.Thread(target=self._read, name="requests", daemon=True).start()
        while True:
            busy = self._scheduler.count > 0
            try:
                message = self._inbox.get(block=not busy)
                if not busy:
                    self._now.begin()
            except queue.Empty:
                self._scheduler.step()
                self._tell_status(force=not self._scheduler.count)  # the speeds of what has just ended
                continue
            if message is None:
                if self._cells is not None:
                    self._cells.close()  # a state may be on its way to the disk
                return
            self._accept(message)

    def _read(self) -> None:
        for line in self._source:
            try:
                message = from_line(line)
                number, name = int(message["id"]), str(message["op"])
            except (ValueError, KeyError, TypeError):
                continue
            if name == "cancel":
                self._scheduler.cancel(number)
            else:
                self._inbox.put(message)
        self._inbox.put(None)
        # Native code may be in the middle of a long step; nobody waits for it any more.
        time.sleep(_LEAVE_SECONDS)
        os._exit(0)

    def _accept(self, message: dict[str, Any]) -> None:
        number = message["id"]
        handlers: dict[str, Callable[[int, dict[str, Any]], None]] = {
            "load": self._load,
            "dry_load": self._dry_load,
            "unload": self._unload,
            "score": self._score,
            "spans": self._find_spans,
            "generate": self._generate,
            "render": self._render,
            "count": self._count,
            "tokens": self._tokens,
            "embed": self._embed,
            "measure": self._measure,
            "quantize": self._quantize,
        }
        handler = handlers.get(message["op"])
        try:
            if handler is None:
                raise EngineError(f"The worker does not know the request {message['op']!r}.")
            handler(number, message)
        except Exception as error:  # noqa: BLE001 - every failure is told to the one who asked
            self._finish(number, None, error)

    # -- requests that are done at once

    def _load(self, number: int, message: dict[str, Any]) -> None:
        from stillroom.worker.cells import Cells
        from stillroom.worker.kept_cells import kept_cells
        from stillroom.worker.llama import LoadedModel
        from stillroom.worker.spans import SpanFinder

        self._drop_model()
        path = Path(message["path"])
        options = from_child(LoadOptions, message["options"])
        check_fits(path, options.gpu_layers)
        for adapter in options.adapters:
            check_adapter(Path(adapter.path), path)
        if options.projector:
            check_projector(Path(options.projector), path)
        tell = self._progress_of(number)

        def progress(value: float) -> bool:
            tell(value)
            return not self._scheduler.is_cancelled(number)

        self._model = LoadedModel(path, options, progress)
        if self._model.projector is not None:
            self._model.projector.heartbeat = self._tell_status
        self._cells = Cells(self._model, kept_cells(path, self._model.options))
        self._spans = SpanFinder(self._model, self._cells)
        self._scheduler.use(self._model.abort)
        self._prompt_speed = self._generate_speed = 0.0
        self._finish(number, to_plain(self._model.info), None)
        self._tell_status(force=True)

    def _dry_load(self, number: int, message: dict[str, Any]) -> None:
        from stillroom.worker.dry_load import dry_load

        self._drop_model()
        path = Path(message["path"])
        options = from_child(LoadOptions, message["options"])
        check_header(path)
        self._finish(number, to_plain(dry_load(path, options)), None)

    def _unload(self, number: int, _message: dict[str, Any]) -> None:
        self._drop_model()
        self._finish(number, {}, None)
        self._tell_status(force=True)

    def _drop_model(self) -> None:
        self._scheduler.stop_all()
        if self._model is not None:
            self._scheduler.use(None)
            if self._cells is not None:
                self._cells.close()
            self._model.close()
        self._model = self._cells = self._spans = None

    def _render(self, number: int, message: dict[str, Any]) -> None:
        from stillroom.worker.chat_template import render

        messages = [from_child(Message, item) for item in message["messages"]]
        text = render(self._loaded(), messages, add_generation_prompt=bool(message["add_generation_prompt"]))
        self._finish(number, {"text": text}, None)

    def _count(self, number: int, message: dict[str, Any]) -> None:
        model = self._loaded()
        counts = [len(model.tokenize(str(text), special=False)) for text in message["texts"]]
        if message["pictures"] and model.projector is None:
            raise EngineError("The model does not see pictures.")
        counts += [model.projector.tokens_of(int(width), int(height)) for width, height in message["pictures"]]
        self._finish(number, {"counts": counts}, None)

    def _tokens(self, number: int, message: dict[str, Any]) -> None:
        model = self._loaded()
        pieces = [from_child(Piece, piece) for piece in message["pieces"]]
        tokens = [model.tokenize(each.text, special=each.special, first=not at) for at, each in enumerate(pieces)]
        self._finish(number, {"tokens": tokens}, None)

    # -- requests in steps

    def _score(self, number: int, message: dict[str, Any]) -> None:
        from stillroom.worker.scoring import score

        request = from_child(ScoreRequest, message["request"])
        self._start(number, score(self._loaded(), self._cells, request), interactive=False)

    def _find_spans(self, number: int, message: dict[str, Any]) -> None:
        request = from_child(SpanRequest, message["request"])
        self._loaded()
        self._start(number, self._spans.find(request), interactive=False)

    def _generate(self, number: int, message: dict[str, Any]) -> None:
        from stillroom.worker.generation import generate

        request = from_child(GenerateRequest, message["request"])

        def on_text(text: str) -> None:
            self._send({"id": number, "event": "text", "text": text})

        steps = generate(self._loaded(), self._cells, request, on_text, self._progress_of(number))
        self._start(number, steps, interactive=request.interactive)

    def _embed(self, number: int, message: dict[str, Any]) -> None:
        from stillroom.worker.embedding import embed

        request = from_child(EmbedRequest, message["request"])
        self._start(number, embed(self._loaded(), self._cells, request), interactive=False)

    def _measure(self, number: int, message: dict[str, Any]) -> None:
        from stillroom.worker.measuring import measure

        request = from_child(MeasureRequest, message["request"])
        self._start(number, measure(self._loaded(), self._cells, request), interactive=False)

    def _quantize(self, number: int, message: dict[str, Any]) -> None:
        from stillroom.worker.quantize import quantize

        self._drop_model()
        request = from_child(QuantizeRequest, message["request"])
        tell = self._progress_of(number)
        self._start(number, quantize(request, tell), interactive=False)

    def _start(self, number: int, steps: Iterator[Any], *, interactive: bool) -> None:
        from stillroom.worker.scheduler import Task

        self._scheduler.add(Task(number, steps, interactive, lambda result, error: self._finish(number, result, error)))

    def _loaded(self) -> Any:
        if self._model is None:
            raise EngineError("No model is loaded. Choose one first.")
        return self._model

    # -- events

    def _progress_of(self, number: int) -> Callable[[float], None]:
        told = -1.0

        def tell(value: float) -> None:
            nonlocal told
            if value - told >= 0.01 or (value >= 1.0 and told < 1.0):
                told = value
                self._send({"id": number, "event": "progress", "value": round(value, 3)})

        return tell

    def _finish(self, number: int, result: Any, error: BaseException | None) -> None:
        self._scheduler.forget(number)
        if error is None:
            self._note_speed(result)
            data = result if isinstance(result, dict) else to_plain(result)
            self._send({"id": number, "event": "result", "data": data})
        elif isinstance(error, Cancelled):
            self._send({"id": number, "event": "cancelled"})
        elif isinstance(error, StillroomError):
            retryable = isinstance(error, EngineError) and error.retryable
            self._send_error(number, error.message, error.details, retryable=retryable)
        else:
            details = "".join(traceback.format_exception(error))
            self._send_error(number, "The engine failed on this request.", details, retryable=False)

    def _note_speed(self, result: Any) -> None:
        if isinstance(result, ScoreResult) and result.seconds > 0:
            self._prompt_speed = result.evaluated_tokens / result.seconds
        elif isinstance(result, Generation):
            self._first_token = result.prompt_seconds
            fresh = result.prompt_tokens - result.cached_tokens
            if result.prompt_seconds > 0 and fresh > 32:
                self._prompt_speed = fresh / result.prompt_seconds
            if result.tokens > 1 and result.seconds > result.prompt_seconds:
                self._generate_speed = result.tokens / (result.seconds - result.prompt_seconds)

    def _tell_status(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if not force and now - self._status_at < _STATUS_SECONDS:
            return
        self._status_at = now
        reading, writing = self._now.take(*self._model.evaluated) if self._model else (0.0, 0.0)
        status = WorkerStatus(
            context_used=self._cells.used if self._cells else 0,
            context_tokens=self._cells.capacity if self._cells else 0,
            prompt_speed=round(self._prompt_speed, 1),
            generate_speed=round(self._generate_speed, 1),
            reading=round(reading, 1),
            writing=round(writing, 1),
            requests=self._scheduler.count,
            threads_prompt=self._model.threads[0] if self._model else 0,
            threads_generate=self._model.threads[1] if self._model else 0,
            first_token_seconds=round(self._first_token, 3),
        )
        self._send({"id": 0, "event": "status", **to_plain(status)})

    def _send_error(self, number: int, message: str, details: str, *, retryable: bool) -> None:
        self._send({"id": number, "event": "error", "message": message, "details": details, "retryable": retryable})

    def _send(self, event: dict[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError):  # the owner is gone; standard input says so too
            self._writer.send(event)


def check_header(path: Path) -> int:
    """Refuse a file that is missing, damaged, or no model, before native code sees it.

    Returns the size of all its files. Raises EngineError, and GgufError for what the file's header says.
    """
    from stillroom.gguf.checks import FileKind, check_file, kind_of, parts_of

    if kind_of(check_file(path)) is not FileKind.MODEL:
        raise EngineError(f"{path.name} is a part for another model, not a model. Choose the model it belongs to.")
    return sum(part.stat().st_size for part in parts_of(path))


def check_adapter(path: Path, model: Path) -> None:
    """Refuse what is no adapter for this model, as far as the headers say. Raises EngineError, GgufError."""
    from stillroom.gguf.checks import FileKind, check_file, kind_of

    header = check_file(path)
    if kind_of(header) is not FileKind.ADAPTER or header.architecture != check_file(model).architecture:
        raise EngineError(f"{path.name} is no adapter for {model.name}. Detach it, or use another model.")


def check_fits(path: Path, gpu_layers: int | None = 0) -> None:
    """Refuse a file that is larger than the free memory, as well; a GPU's counts where layers go there. Raises the same."""
    import psutil

    size = check_header(path)
    free = psutil.virtual_memory().available
    if size > free and gpu_layers != 0:
        from stillroom.worker.devices import free_gpu_memory

        free += free_gpu_memory()
    if size > free:
        raise EngineError(
            f"{path.name} needs about {size_text(size)} of memory; {size_text(free)} are free. "
            "Close other programs, or choose a smaller model."
        )


def main() -> int:
    """Entry of ``stillroom worker``."""
    die_with_parent()
    shut_off_network()
    # A crash is told by the exit status; llama.cpp would start a debugger to print its own stack.
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")
    # Threads that spin while they wait starve each other as soon as another program is busy (measured: 40 times slower).
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    reach = Reach.from_environment()
    layers = confine(reach, written_bytes=None if reach.write else 0, needs=Need.INFERENCE)
    Worker(sys.stdin.buffer, MessageWriter(private_stdout()), layers).run()
    return 0
