"""What the rest of the application knows of inference."""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar

from stillroom.cancellation import Cancellation
from stillroom.child import ChildOutcome, Layers, Reach, child_command
from stillroom.codec import from_child, to_plain
from stillroom.engine.connection import LOG_LINES, WorkerConnection, WorkerGoneError
from stillroom.engine.limits import CrashRecord, Limits
from stillroom.engine.protocol import (
    DryLoad,
    Embeddings,
    EmbedRequest,
    GenerateRequest,
    Generation,
    LoadOptions,
    Measurement,
    MeasureRequest,
    Message,
    ModelInfo,
    Piece,
    Quantized,
    QuantizeRequest,
    ScoreRequest,
    ScoreResult,
    SpanRequest,
    SpanResult,
)
from stillroom.engine.reach import reach_of, reach_to_quantize
from stillroom.engine.status import EngineState, EngineStatus, Watch, state_of
from stillroom.engine.worker_status import WorkerStatus
from stillroom.errors import EngineError, StillroomError
from stillroom.privacy import audit
from stillroom.privacy.policy import LOCAL, Policy, current
from stillroom.storage.checksums import file_sha256

__all__ = ["Engine", "EngineState", "EngineStatus", "Limits"]

_DEFAULT_OPTIONS = LoadOptions()
_DEFAULT_LIMITS = Limits()
_CLOSED = "The engine is closed. Start the application again."
_NO_MODEL = "No model is loaded. Choose one first."

_Wanted = tuple[Path, LoadOptions, tuple[tuple[str, str], ...], str]

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Engine:
    """An owner of the worker process: it starts it when it is first needed and again when it died, and loads the model again.

    Every call blocks its thread; any thread may call, several at once; callbacks come on the caller's thread. All raise
    Cancelled when cancellation was requested or the engine is closed meanwhile, and EngineError otherwise: retryable
    where the worker died in the request (the next call starts a fresh one).
    """

    def __init__(
        self,
        command: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
        *,
        limits: Limits = _DEFAULT_LIMITS,
        policy: Policy | None = None,
    ) -> None:
        """Nothing is started yet.

        Args:
            command: of the worker; None for this application's own.
            environment: added to this process's own for the worker.
            limits: how much to put up with.
            policy: None for that of this machine.
        """
        self._command = list(command) if command is not None else child_command("worker")
        self._environment = dict(environment or {})
        self._limits = limits
        self._policy = policy
        self._worker: WorkerConnection | None = None
        self._wanted: _Wanted | None = None  # file, options, environment, name
        self._attempted: _Wanted | None = None  # by the last load, whether it worked or not
        self._model: ModelInfo | None = None
        self._failure = ""
        self._restarts = 0
        self._crashes = CrashRecord(limits.crashes, limits.crash_window)
        self._worker_log: deque[str] = deque(maxlen=LOG_LINES)
        self._turn = threading.Lock()  # one thread at a time starts a worker or loads
        self._lock = threading.Lock()  # of what is written above, held for moments
        self._closed = False
        self._watch = Watch(status=self.status, enforce_limits=self._enforce_limits)

    def load(
        self,
        model: Path,
        options: LoadOptions = _DEFAULT_OPTIONS,
        *,
        name: str = "",
        environment: Mapping[str, str] | None = None,
        on_progress: Callable[[float], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> ModelInfo:
        """Load a GGUF file in the place of the loaded model. If that fails, the earlier model stays the one in use.

        Args:
            name: by which the person knows it, where the file is a copy of another one; empty for the file's own.
            environment: added to the engine's own for the worker; a worker that was started with another is replaced.

        Raises:
            EngineError: not retryable where the file made the worker stop.
        """
        wanted = (model.absolute(), options, tuple(sorted((environment or {}).items())), name)
        with self._my_turn(cancellation):
            if wanted != self._attempted:
                self._crashes.forget()  # a person chose something else: another try is due
            self._attempted = wanted
            info = self._retried(lambda: self._load(wanted, on_progress, cancellation))
            with self._lock:
                self._wanted, self._model, self._failure = wanted, info, ""
        self._watch.notify()
        _note_loaded(reach_of(model, options))
        return info

    def score(self, request: ScoreRequest, *, cancellation: Cancellation | None = None) -> ScoreResult:
        """Log probabilities of the candidates of each question."""
        worker, data = self._ask("score", {"request": to_plain(request)}, cancellation=cancellation)
        result = self._understand(worker, lambda: from_child(ScoreResult, data))
        shape = [len(question.candidates) for question in request.questions]
        if [len(scores) for scores in result.scores] != shape or [len(lengths) for lengths in result.lengths] != shape:
            self._refuse(worker)
        return result

    def spans(self, request: SpanRequest, *, cancellation: Cancellation | None = None) -> SpanResult:
        """The best answers to each question that the request's text holds word for word."""
        worker, data = self._ask("spans", {"request": to_plain(request)}, cancellation=cancellation)
        result = self._understand(worker, lambda: from_child(SpanResult, data))
        inside = all(0 <= span.start < span.end <= len(request.text) for spans in result.spans for span in spans)
        if len(result.spans) != len(request.questions) or not inside:
            self._refuse(worker)
        return result

    def generate(
        self,
        request: GenerateRequest,
        *,
        on_text: Callable[[str], None] | None = None,
        on_progress: Callable[[float], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> Generation:
        """Write text. ``on_progress`` gets how much of the prompt was read, 0–1; ``on_text`` the text, piece by piece."""
        asked = {"request": to_plain(request)}
        worker, data = self._ask("generate", asked, on_text=on_text, on_progress=on_progress, cancellation=cancellation)
        return self._understand(worker, lambda: from_child(Generation, data))

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool = True) -> str:
        """A conversation as the model's own chat template writes it. EngineError if the model has none."""
        fields = {
            "messages": [to_plain(message) for message in messages],
            "add_generation_prompt": add_generation_prompt,
        }
        worker, data = self._ask("render", fields)
        text = data.get("text")
        return text if isinstance(text, str) else self._refuse(worker)

    def count_tokens(self, texts: Sequence[str], pictures: Sequence[tuple[int, int]] = ()) -> list[int]:
        """Tokens of each text, as plain text without any added token; behind them, those of pictures of these sizes (pixels)."""
        wanted = len(texts) + len(pictures)
        worker, data = self._ask("count", {"texts": list(texts), "pictures": list(pictures)})
        counts = data.get("counts")
        if not isinstance(counts, list) or len(counts) != wanted or not all(type(n) is int for n in counts):
            self._refuse(worker)
        return counts

    def tokens(self, pieces: Sequence[Piece]) -> list[list[int]]:
        """The tokens of each piece of a prompt, as they would be evaluated; those of the first begin as a prompt does."""
        worker, data = self._ask("tokens", {"pieces": [to_plain(piece) for piece in pieces]})
        tokens = data.get("tokens")
        if (
            not isinstance(tokens, list)
            or len(tokens) != len(pieces)
            or not all(isinstance(each, list) and all(type(token) is int for token in each) for each in tokens)
        ):
            self._refuse(worker)
        return tokens

    def embed(self, request: EmbedRequest, *, cancellation: Cancellation | None = None) -> Embeddings:
        """A vector for each text, by which texts of one kind are told from others."""
        worker, data = self._ask("embed", {"request": to_plain(request)}, cancellation=cancellation)
        result = self._understand(worker, lambda: from_child(Embeddings, data))
        vectors = (*result.vectors, *result.means)
        widths = {len(vector) for vector in vectors}
        finite = all(map(math.isfinite, itertools.chain.from_iterable(vectors)))
        numbers = {len(result.vectors), len(result.means) or len(result.vectors)}
        if numbers != {len(request.texts)} or len(widths) > 1 or 0 in widths or not finite:
            self._refuse(worker)
        return result

    def measure(self, request: MeasureRequest, *, cancellation: Cancellation | None = None) -> Measurement:
        """The speed of the loaded model."""
        worker, data = self._ask("measure", {"request": to_plain(request)}, cancellation=cancellation)
        return self._understand(worker, lambda: from_child(Measurement, data))

    def quantize(
        self,
        request: QuantizeRequest,
        *,
        on_progress: Callable[[float], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> Quantized:
        """Write a model file in another quantization. The loaded model is dropped; use an engine of its own, and close it
        where this raises: the worker cannot stop in the middle.
        """
        with self._my_turn(cancellation):
            try:
                reach = reach_to_quantize(request)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise EngineError(f"{request.target} cannot be written: {reason}. Choose another place.") from error
            fields = {"request": to_plain(request)}
            worker, data = self._ask_empty("quantize", fields, reach, cancellation, on_progress)
        return self._understand(worker, lambda: from_child(Quantized, data))

    def dry_load(self, model: Path, options: LoadOptions = _DEFAULT_OPTIONS) -> DryLoad:
        """What loading a file would take. The loaded model is dropped; use an engine of its own."""
        with self._my_turn(None):
            fields = {"path": str(model.absolute()), "options": to_plain(options)}
            worker, data = self._ask_empty("dry_load", fields, reach_of(model, options))
        return self._understand(worker, lambda: from_child(DryLoad, data))

    def unload(self) -> None:
        """Give the model's memory back. The worker stays."""
        with self._my_turn(None):
            with self._lock:
                self._wanted = self._model = None
                worker = self._worker
            if worker is not None and worker.alive and worker.model is not None:
                worker.model = None
                try:
                    worker.request("unload", {})
                except WorkerGoneError:
                    _log.info("the worker was gone before it could unload")
        self._watch.notify()

    def status(self) -> EngineStatus:
        with self._lock:
            worker, model, failure, restarts = self._worker, self._model, self._failure, self._restarts
            closed = self._closed
        alive = worker is not None and worker.alive
        return EngineStatus(
            state=state_of(worker.operations if worker and alive else None, model, failure, closed=closed),
            model=model,
            worker=worker.status if worker is not None and alive else WorkerStatus(),
            worker_pid=worker.pid if worker is not None and alive else None,
            restarts=restarts,
            failure=failure,
            load_progress=worker.load_progress if worker is not None and alive else 0.0,
        )

    @property
    def layers(self) -> Layers | None:
        """What keeps the running worker from everything but its model, as it found it; None where none runs."""
        worker = self._worker
        return worker.layers if worker is not None and worker.alive else None

    def subscribe(self, callback: Callable[[EngineStatus], None]) -> None:
        """Call ``callback`` with a fresh status after changes (several may be one call), on an engine thread. Be short."""
        self._watch.subscribe(callback)

    def unsubscribe(self, callback: Callable[[EngineStatus], None]) -> None:
        """Forget a subscriber; a call under way may still finish."""
        self._watch.unsubscribe(callback)

    def close(self) -> None:
        """Stop the worker; calls under way raise Cancelled. Returns when the process is gone. May be called again."""
        with self._lock:
            self._closed = True
            worker = self._worker
        if worker is not None:
            worker.close()
        self._watch.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------------------- requests

    def _ask(
        self, op: str, fields: Mapping[str, Any], *, cancellation: Cancellation | None = None, **callbacks: Any
    ) -> tuple[WorkerConnection, dict[str, Any]]:
        def ask() -> tuple[WorkerConnection, dict[str, Any]]:
            worker = self._loaded(op, cancellation)
            return worker, worker.request(op, fields, cancellation=cancellation, **callbacks)

        if cancellation is not None:
            cancellation.raise_if_requested()
        answer = self._retried(ask)
        self._crashes.succeeded(op)
        return answer

    def _ask_empty(
        self,
        op: str,
        fields: Mapping[str, Any],
        reach: Reach,
        cancellation: Cancellation | None = None,
        on_progress: Callable[[float], None] | None = None,
    ) -> tuple[WorkerConnection, dict[str, Any]]:
        """Ask a worker that need have no model; one that is loaded is dropped. To be called in one's turn."""

        def ask() -> tuple[WorkerConnection, dict[str, Any]]:
            worker = self._running((), cancellation, reach)
            worker.model = None
            return worker, worker.request(op, fields, cancellation=cancellation, on_progress=on_progress)

        return self._retried(ask)

    def _retried(self, attempt: Callable[[], T]) -> T:
        """Again where the worker had died before it was sent anything."""
        for _ in range(self._limits.crashes):
            try:
                return attempt()
            except WorkerGoneError:
                continue
        raise EngineError(
            "The engine stops by itself again and again. Close other programs and try again.", retryable=True
        )

    def _understand(self, worker: WorkerConnection, convert: Callable[[], T]) -> T:
        try:
            return convert()
        except (TypeError, ValueError, KeyError) as error:
            self._refuse(worker, error)

    def _refuse(self, worker: WorkerConnection, error: Exception | None = None) -> NoReturn:
        worker.kill("gave an answer that makes no sense")
        message = "The engine gave an answer that makes no sense and was ended. It starts again with the next request."
        raise EngineError(message, details=repr(error) if error else "", retryable=True)

    # ------------------------------------------------------------------------------------------- starting and loading

    @contextmanager
    def _my_turn(self, cancellation: Cancellation | None) -> Iterator[None]:
        while not self._turn.acquire(timeout=0.05):
            if cancellation is not None:
                cancellation.raise_if_requested()
        try:
            self._raise_if_closed()
            if cancellation is not None:
                cancellation.raise_if_requested()
            yield
        finally:
            self._turn.release()

    def _loaded(self, op: str, cancellation: Cancellation | None) -> WorkerConnection:
        """A worker that has the model loaded."""
        self._raise_if_closed()
        worker = self._worker
        if worker is not None and worker.alive and worker.model is not None:
            return worker
        with self._my_turn(cancellation):
            worker, wanted = self._worker, self._wanted
            if wanted is None:
                raise EngineError(_NO_MODEL)
            if worker is None or not worker.alive or worker.model is None:
                self._crashes.raise_if_too_many(op)
                info = self._load(wanted, None, cancellation)
                with self._lock:
                    self._model, self._failure = info, ""
                self._watch.notify()
                worker = self._worker
            assert worker is not None
            return worker

    def _load(
        self,
        wanted: _Wanted,
        on_progress: Callable[[float], None] | None,
        cancellation: Cancellation | None,
    ) -> ModelInfo:
        self._crashes.raise_if_too_many("load")
        path, options, environment, name = wanted
        reach = reach_of(path, options)
        try:
            self._allow(reach)
            worker = self._running(environment, cancellation, reach)
            worker.model = None  # whatever comes now, the earlier one cannot be relied upon
            fields = {"path": str(path), "options": to_plain(options)}
            data = worker.request("load", fields, cancellation=cancellation, on_progress=on_progress)
            info = self._understand(worker, lambda: from_child(ModelInfo, data))
            worker.model = replace(info, name=name or info.name)
        except EngineError as error:
            with self._lock:
                self._failure = error.message
            self._watch.notify()
            raise
        self._crashes.succeeded("load")
        return worker.model

    def _running(
        self, environment: tuple[tuple[str, str], ...], cancellation: Cancellation | None, reach: Reach
    ) -> WorkerConnection:
        """A worker that answers, started with this environment, and able to open what is within this reach and little else."""
        worker = self._worker
        if worker is not None and worker.alive:
            if worker.environment == environment and worker.reach.covers(reach):
                return worker
            worker.close()
        if worker is not None:
            worker.wait_until_gone()
        self._crashes.raise_if_too_many("start")
        try:
            fresh = WorkerConnection(
                self._command,
                {**self._environment, **dict(environment)},
                self._limits,
                reach=reach,
                on_change=self._watch.notify,
                on_exit=self._worker_ended,
                log=self._worker_log,
            )
        except StillroomError as error:
            raise EngineError(error.message, error.details) from error
        fresh.environment = environment
        with self._lock:
            if not self._closed:
                self._restarts += (
                    worker is not None and worker.environment == environment and worker.reach.covers(reach)
                )
                self._worker = fresh
        if self._worker is not fresh:
            fresh.close()
            raise EngineError(_CLOSED)
        self._watch.notify()
        fresh.wait_until_ready(cancellation)
        self._crashes.succeeded("start")
        return fresh

    def _allow(self, reach: Reach) -> None:
        """Raises EngineError where the office does not allow what is to be loaded."""
        policy = self._policy if self._policy is not None else current()
        try:
            policy.check_engine(LOCAL)
            policy.check_models(Path(file) for file in reach.read if file.endswith(".gguf"))
        except StillroomError as error:
            raise EngineError(error.message, error.details) from error

    def _raise_if_closed(self) -> None:
        if self._closed:
            raise EngineError(_CLOSED)

    # --------------------------------------------------------------------------------------------------- engine threads

    def _worker_ended(self, outcome: ChildOutcome, operations: frozenset[str]) -> None:
        self._crashes.crashed(operations)
        with self._lock:
            if not self._closed and (operations or not outcome.ended_by_us):
                self._failure = outcome.sentence()

    def _enforce_limits(self) -> float | None:
        worker = self._worker
        return worker.enforce_limits() if worker is not None else None


def _note_loaded(reach: Reach) -> None:
    """Write down which files were loaded: the model, and what belongs to it."""
    files = [Path(file) for file in reach.read if file.endswith(".gguf")]
    with contextlib.suppress(StillroomError):  # taken away meanwhile
        audit.note_all([("model loaded", {"sha256": file_sha256(file), "model": file.stem}) for file in files])
