"""A loaded model and its context: the few llama.cpp calls the worker makes, with their memory owned.

Only the worker process imports this module. The low-level interface is used because ``llama_cpp.Llama`` offers no
``n_seq_max`` and evaluates one sequence at a time.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import mmap
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np
import numpy.typing as npt

from stillroom.engine.limits import most_sequences
from stillroom.engine.protocol import LoadOptions, ModelInfo
from stillroom.errors import Cancelled, EngineError
from stillroom.worker.adapters import Adapters
from stillroom.worker.cpu_variants import load_backends
from stillroom.worker.devices import backend_name, choose_devices, offloaded, why_not_loaded
from stillroom.worker.llama_log import forget_log
from stillroom.worker.load_defaults import with_defaults
from stillroom.worker.pace import Pace
from stillroom.worker.vision import Projector

_KV_TYPES = {"f16": 1, "q8_0": 8, "q4_0": 2}  # enum ggml_type

# Fewer tokens at a time cost more each, which says nothing about the machine.
_PACED_TOKENS = 32


class AbortFlag:
    """A flag that stops a running evaluation from another thread.

    llama.cpp asks a C function before every node of the graph; a Python callback would take the interpreter's lock
    a thousand times a token. ``atoi`` of the C library, given a pointer to the text ``0`` or ``1``, is such a function.
    """

    def __init__(self) -> None:
        self._text = ctypes.create_string_buffer(b"0")
        library = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
        self.callback = ctypes.cast(library.atoi, lib.ggml_abort_callback)
        self.data = ctypes.cast(self._text, ctypes.c_void_p)

    def set(self) -> None:
        self._text[0] = b"1"

    def clear(self) -> None:
        self._text[0] = b"0"

    @property
    def is_set(self) -> bool:
        return self._text[0] == b"1"


@dataclass(frozen=True, slots=True)
class Entry:
    """One token of a batch: at ``position`` of each of ``sequences``; ``wanted`` where its logits are needed."""

    token: int
    position: int
    sequences: Sequence[int]
    wanted: bool = False


class LoadedModel:
    """A model, its vocabulary and one context with a key-value cache that all sequences share.

    Raises EngineError where the file cannot be loaded, Cancelled where ``on_progress`` returned false.
    """

    def __init__(
        self, path: Path, options: LoadOptions, on_progress: Callable[[float], bool], *, dry: bool = False
    ) -> None:
        """``dry``: only plan where everything goes; no weights are read and nothing can be evaluated."""
        started = time.monotonic()
        self._stack = contextlib.ExitStack()
        stopped = False

        def progress(value: float, _data: object) -> bool:
            nonlocal stopped
            stopped = not on_progress(value)
            return not stopped

        load_backends()
        lib.llama_backend_init()
        parameters = lib.llama_model_default_params()
        gpu = choose_devices(parameters, options.gpu_layers)
        forget_log()
        self._progress = lib.llama_progress_callback(progress)  # kept: C holds no reference
        parameters.progress_callback = self._progress
        # Mapped, the file would stay in memory beside the copy that is laid out anew for this processor: twice the weights.
        parameters.load_mode = lib.LLAMA_LOAD_MODE_NONE
        parameters.no_alloc = dry
        model = lib.llama_model_load_from_file(os.fsencode(path), parameters)
        if not model:
            if stopped:
                raise Cancelled
            raise EngineError(why_not_loaded(path, gpu))
        self._stack.callback(lib.llama_model_free, model)
        self.model = model
        self.vocab = lib.llama_model_get_vocab(model)
        self.vocabulary = lib.llama_vocab_n_tokens(self.vocab)
        self.width = int(lib.llama_model_n_embd(model))
        trained = lib.llama_model_n_ctx_train(model)
        self.recurrent = bool(lib.llama_model_is_recurrent(model) or lib.llama_model_is_hybrid(model))
        self.max_sequences = most_sequences(self.vocabulary, recurrent=self.recurrent)
        self.abort = AbortFlag()
        self.evaluated = [0, 0]  # tokens: read, and written
        self.projector: Projector | None = None
        try:
            self.options = with_defaults(options, lib.llama_model_size(model), trained, gpu)
            self._adapters = Adapters(model, options.adapters)
            if options.projector and not dry:
                self.projector = Projector(model, Path(options.projector), self.options.threads_prompt, self._aborted)
                self._stack.callback(self.projector.close)
            self.context = self.new_context(self.max_sequences)
        except EngineError:
            self._stack.close()
            raise
        self.memory = lib.llama_get_memory(self.context)
        self._prompt_pace = Pace(self.options.threads_prompt, self.options.prompt_speed)
        self._generate_pace = Pace(self.options.threads_generate, self.options.generate_speed)
        self._fixed_threads: tuple[int, int] | None = None  # while speeds are measured
        self._set = (self.options.threads_prompt, self.options.threads_generate)
        self._logits_work = _logits_work(model, self.vocabulary)
        self.chat_template = self.metadata("tokenizer.chat_template")
        buffer = ctypes.create_string_buffer(256)
        lib.llama_model_desc(model, buffer, 256)
        description = buffer.value.decode("utf-8", "replace")
        self.info = ModelInfo(
            name=path.stem,
            path=str(path),
            architecture=self.metadata("general.architecture"),
            quantization=description.rsplit(" ", 1)[-1] if " " in description else description,
            parameters=lib.llama_model_n_params(model),
            size=lib.llama_model_size(model),
            context_tokens=lib.llama_n_ctx(self.context),
            trained_context_tokens=trained,
            vocabulary=self.vocabulary,
            has_chat_template=bool(self.chat_template),
            gpu_layers=offloaded(parameters.n_gpu_layers, lib.llama_model_n_layer(model)),
            backend=backend_name(gpu),
            load_seconds=round(time.monotonic() - started, 3),
            options=self.options,
        )

    def new_context(self, sequences: int) -> Any:
        """A context for so many sequences, freed with the model. Raises EngineError where there is no memory for it."""
        options = self.options
        parameters = lib.llama_context_default_params()
        parameters.n_ctx = options.context_tokens
        # A step is never longer than `options.ubatch`, but for a picture that the model must take in whole.
        largest = max(options.ubatch, self.projector.at_once if self.projector else 0)
        parameters.n_batch = max(largest, sequences)  # no fewer outputs than sequences
        parameters.n_ubatch = largest
        parameters.n_seq_max = sequences
        parameters.n_outputs_max_per_seq = 0
        parameters.kv_unified = True
        parameters.swa_full = False
        parameters.n_threads = options.threads_generate
        parameters.n_threads_batch = options.threads_prompt
        flash = {None: lib.LLAMA_FLASH_ATTN_TYPE_AUTO, True: lib.LLAMA_FLASH_ATTN_TYPE_ENABLED}
        parameters.flash_attn_type = flash.get(options.flash_attention, lib.LLAMA_FLASH_ATTN_TYPE_DISABLED)
        parameters.type_k = parameters.type_v = _KV_TYPES[options.kv_type]
        parameters.abort_callback = self.abort.callback
        parameters.abort_callback_data = self.abort.data
        parameters.no_perf = True
        context = lib.llama_init_from_model(self.model, parameters)
        if not context:
            raise EngineError(
                f"There is not enough memory for a context of {options.context_tokens} tokens. "
                "Choose a shorter context or a smaller model."
            )
        self._stack.callback(lib.llama_free, context)
        self._adapters.use_in(context)
        return context

    @property
    def longest_sequence(self) -> int:
        """Tokens a single sequence may have: of the context, and of what the model was trained for."""
        trained = self.info.trained_context_tokens
        return min(self.info.context_tokens, trained) if trained else self.info.context_tokens

    def positions(self, tokens: Sequence[int]) -> int:
        """Positions that these cells take: as many, but for pictures that some models lay on a grid."""
        return self.projector.positions(tokens) if self.projector else len(tokens)

    def close(self) -> None:
        self.memory = None
        self._stack.close()

    def _aborted(self) -> bool:
        return self.abort.is_set

    def metadata(self, key: str) -> str:
        """A value of the file's header as text; empty where there is none."""
        size = 4096
        while True:
            buffer = ctypes.create_string_buffer(size)
            length = lib.llama_model_meta_val_str(self.model, key.encode(), buffer, size)
            if length < 0:
                return ""
            if length < size:
                return buffer.value.decode("utf-8", "replace")
            size = length + 1

    # -- text and tokens

    def tokenize(self, text: str, *, special: bool, first: bool = False) -> list[int]:
        """Tokens of a text. ``special``: control tokens are recognised; ``first``: the model's own beginning token is put in front."""
        data = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
        size = len(data) + 8
        buffer = (lib.llama_token * size)()
        count = lib.llama_tokenize(self.vocab, data, len(data), buffer, size, first, special)
        if count < 0:
            raise EngineError("The text could not be turned into tokens: it is too long for this model.")
        return list(buffer[:count])

    def piece(self, token: int, *, special: bool = False) -> bytes:
        """The bytes a token stands for (part of a character at times)."""
        buffer = ctypes.create_string_buffer(256)
        count = lib.llama_token_to_piece(self.vocab, token, buffer, 256, 0, special)
        if count < 0:
            buffer = ctypes.create_string_buffer(-count)
            count = lib.llama_token_to_piece(self.vocab, token, buffer, -count, 0, special)
        return buffer.raw[:count]

    def ends(self, token: int) -> bool:
        """True for a token with which the model ends its turn."""
        return bool(lib.llama_vocab_is_eog(self.vocab, token))

    def control_text(self, token: int) -> str:
        return self.piece(token, special=True).decode("utf-8", "replace") if token >= 0 else ""

    # -- evaluation

    def evaluate(self, entries: Sequence[Entry], *, interactive: bool = False) -> list[npt.NDArray[np.float32]]:
        """Evaluate at most ``options.ubatch`` tokens; the logits of the wanted ones, in order.

        The same entries give the same logits whatever the machine does, except where ``interactive`` lets a single token
        have fewer threads: llama.cpp splits its attention between them. Several tokens round alike with any number.

        The arrays are views into llama.cpp's buffer, gone with the next call. Raises Cancelled where the abort flag was
        set meanwhile, EngineError where the cache is full.
        """
        self._decode_tokens(entries, interactive=interactive)
        return [
            np.ctypeslib.as_array(lib.llama_get_logits_ith(self.context, index), shape=(self.vocabulary,))
            for index, entry in enumerate(entries)
            if entry.wanted
        ]

    def evaluate_states(self, entries: Sequence[Entry]) -> npt.NDArray[np.float32]:
        """Evaluate tokens as ``evaluate`` does; the last hidden states of the wanted ones, a row each, as a copy. Raises the same."""
        lib.llama_set_embeddings(self.context, True)
        try:
            self._decode_tokens(entries, interactive=False)
            rows = [
                np.ctypeslib.as_array(lib.llama_get_embeddings_ith(self.context, index), shape=(self.width,)).copy()
                for index, entry in enumerate(entries)
                if entry.wanted
            ]
        finally:
            lib.llama_set_embeddings(self.context, False)
        return np.array(rows, dtype=np.float32)

    def _decode_tokens(self, entries: Sequence[Entry], *, interactive: bool) -> None:
        count = len(entries)
        links = sum(len(entry.sequences) for entry in entries)
        tokens = (lib.llama_token * count)(*[entry.token for entry in entries])
        positions = (lib.llama_pos * count)(*[entry.position for entry in entries])
        counts = (ctypes.c_int32 * count)(*[len(entry.sequences) for entry in entries])
        flat = (lib.llama_seq_id * links)(*[sequence for entry in entries for sequence in entry.sequences])
        # Where each entry's sequences begin, as numbers: making a pointer of each takes as long as all the rest.
        size = ctypes.sizeof(lib.llama_seq_id)
        steps = (size * len(entry.sequences) for entry in entries[:-1])
        starts = (ctypes.c_void_p * (count + 1))(*itertools.accumulate(steps, initial=ctypes.addressof(flat)))
        pointers = ctypes.cast(starts, ctypes.POINTER(ctypes.POINTER(lib.llama_seq_id)))
        wanted = (ctypes.c_int8 * count)(*[entry.wanted for entry in entries])
        batch = lib.llama_batch(
            n_tokens=count, token=tokens, embd=None, pos=positions, n_seq_id=counts, seq_id=pointers, logits=wanted
        )
        self._decode(batch, count, sum(wanted), interactive=interactive)

    def evaluate_rows(self, rows: npt.NDArray[np.float32], positions: npt.NDArray[np.int32], sequence: int) -> None:
        """Evaluate embeddings in the place of tokens: cells of a picture. Raises as ``evaluate``.

        Args:
            positions: of each row; where a position has several parts, all first parts, then all second ones …
        """
        count = len(rows)
        rows, positions = np.ascontiguousarray(rows), np.ascontiguousarray(positions)
        ids = (lib.llama_seq_id * 1)(sequence)
        pointers = (ctypes.POINTER(lib.llama_seq_id) * (count + 1))(
            *[ctypes.cast(ids, ctypes.POINTER(lib.llama_seq_id))] * count
        )
        batch = lib.llama_batch(
            n_tokens=count,
            token=None,
            embd=rows.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
            pos=positions.ctypes.data_as(ctypes.POINTER(lib.llama_pos)),
            n_seq_id=(ctypes.c_int32 * count)(*[1] * count),
            seq_id=pointers,
            logits=(ctypes.c_int8 * count)(),
        )
        self._decode(batch, count, 0, interactive=True)

    def _decode(self, batch: Any, count: int, wanted: int, *, interactive: bool) -> None:
        self._set_threads(interactive=interactive)
        began = time.perf_counter()
        status = lib.llama_decode(self.context, batch)
        self.evaluated[count == 1] += count
        if not self.abort.is_set:
            self._keep_pace(count, wanted, time.perf_counter() - began, interactive=interactive)
        if status == 2 or self.abort.is_set:
            raise Cancelled
        if status == 1:
            raise EngineError("The model's context is full. Choose a longer context, or work on fewer things at once.")
        if status != 0:
            raise EngineError(f"The engine failed to evaluate the text (status {status}).", retryable=True)

    def wait(self) -> None:
        """Until a GPU has done what it was given: it works on while the next step is prepared."""
        lib.llama_synchronize(self.context)

    @property
    def threads(self) -> tuple[int, int]:
        """In use for prompts and for generation."""
        return self._fixed_threads or (self._prompt_pace.threads, self._generate_pace.threads)

    def use_threads(self, fixed: int | None) -> None:
        """Work with this many threads; 0 for those it was loaded with, None to choose by speed again."""
        loaded_with = (self.options.threads_prompt, self.options.threads_generate)
        self._fixed_threads = None if fixed is None else (fixed, fixed) if fixed else loaded_with

    def _set_threads(self, *, interactive: bool) -> None:
        prompt, generate = self.threads
        if not interactive and self._fixed_threads is None:
            generate = self.options.threads_generate
        if (prompt, generate) != self._set:
            self._set = (prompt, generate)
            lib.llama_set_n_threads(self.context, generate, prompt)

    def _keep_pace(self, count: int, wanted: int, seconds: float, *, interactive: bool) -> None:
        if self._fixed_threads is not None:
            return
        if count >= _PACED_TOKENS:
            self._prompt_pace.note(count + wanted * self._logits_work, seconds)
        elif count == 1 and interactive:
            self._generate_pace.note(1.0, seconds)

    def copy_sequence(self, source: int, target: int) -> None:
        """Let ``target`` share every cell of ``source``: nothing is computed or moved."""
        lib.llama_memory_seq_cp(self.memory, source, target, -1, -1)

    def drop(self, sequence: int, start: int = 0) -> bool:
        """Forget a sequence from a position on; cells nobody shares any more are free. False where a part cannot be (recurrent state)."""
        if self.memory is None:  # what a request that was given up leaves may be cleared away after the model
            return False
        return bool(lib.llama_memory_seq_rm(self.memory, sequence, start if start else -1, -1))

    def clear(self) -> None:
        lib.llama_memory_clear(self.memory, False)

    def state_size(self, sequence: int) -> int:
        return int(lib.llama_state_seq_get_size(self.context, sequence))

    def state(self, sequence: int) -> mmap.mmap | None:
        """A sequence's cells as bytes, for ``restore``; None where llama.cpp does not give them."""
        size = self.state_size(sequence)
        if not size:
            return None
        state = mmap.mmap(-1, size)  # goes back to the system whole; the allocator would keep it in pieces
        if hasattr(mmap, "MADV_HUGEPAGE"):  # finding each small page takes longer than copying into it
            state.madvise(mmap.MADV_HUGEPAGE)
        start = ctypes.c_uint8.from_buffer(state)
        written = lib.llama_state_seq_get_data(self.context, ctypes.byref(start), size, sequence)
        return state if written == size else None

    def restore(self, sequence: int, state: mmap.mmap, length: int) -> bool:
        """Fill an empty sequence of ``length`` positions. False, and still empty, where the state does not fit in.

        Native code reads the state as it is: it must be one that ``state`` gave, unchanged.
        """
        start = ctypes.c_uint8.from_buffer(state)
        read = lib.llama_state_seq_set_data(self.context, ctypes.byref(start), len(state), sequence)
        if read == len(state) and lib.llama_memory_seq_pos_max(self.memory, sequence) == length - 1:
            return True
        self.drop(sequence)
        return False


def _logits_work(model: Any, vocabulary: int) -> float:
    """What a token's logits cost beside the token itself: the share of the weights they read."""
    projection = vocabulary * lib.llama_model_n_embd(model)
    return float(projection / max(1, lib.llama_model_n_params(model) - projection))
