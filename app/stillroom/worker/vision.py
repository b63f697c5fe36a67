"""Pictures: what a model with a projector sees of them, as rows that are evaluated in the place of tokens.

Only the worker imports this module. A cell that holds part of a picture has a number below zero where others have their
token: made from what the picture and the projector are, so that the same picture at the same place is found again, and
no other one is taken for it.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import ctypes
import hashlib
import io
import os
import struct
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np
import numpy.typing as npt
from llama_cpp import mtmd_cpp as mtmd

from stillroom.engine.limits import LARGEST_PICTURE_SIDE
from stillroom.errors import Cancelled, EngineError

_LOOK_NODES = 8  # steps of the encoder between two looks whether it is to stop
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Cells of one part of a picture: evaluated together, or not at all.

    Attributes:
        cells: what stands for their tokens. positions: that they take.
        data: the picture (PNG). part: which of its parts.
    """

    cells: tuple[int, ...]
    positions: int
    data: bytes
    part: int


class Projector:
    """A projector in use with a model.

    Attributes:
        at_once: tokens of the largest part that must be evaluated in one step; 0 where any step will do.
        heartbeat: called now and then while a picture is encoded, which can take long.
    """

    def __init__(self, model: Any, path: Path, threads: int, aborted: Callable[[], bool]) -> None:
        """Read it. Raises EngineError where it does not belong to the model, or cannot see."""
        self._aborted = aborted
        self._nodes = 0
        self.heartbeat: Callable[[], None] = lambda: None
        self._name = path.name
        facts = path.stat()
        self._identity = f"{path.name}|{facts.st_size}|{facts.st_mtime_ns}".encode("utf-8", "surrogatepass")
        self._width = int(lib.llama_model_n_embd_inp(model))
        self._saved: dict[int, int] = {}  # by the first cell of a stretch: cells that take no position
        self._callback = lib.ggml_backend_sched_eval_callback(self._look)  # kept: C holds no reference
        parameters = mtmd.mtmd_context_params_default()
        parameters.use_gpu = bool(lib.llama_supports_gpu_offload())
        parameters.print_timings = False
        parameters.n_threads = threads
        parameters.cb_eval = self._callback
        self._context = mtmd.mtmd_init_from_file(os.fsencode(path), model, parameters)
        if not self._context:
            raise EngineError(
                f"The projector {path.name} does not belong to this model, or is of a kind this engine does not know. "
                "Detach it, or use the model it was made for."
            )
        try:
            if not mtmd.mtmd_support_vision(self._context):
                raise EngineError(f"The projector {path.name} sees no pictures. Detach it.")
            self._grid = bool(mtmd.mtmd_decode_use_mrope(self._context))
            self._all_at_once = bool(mtmd.mtmd_decode_use_non_causal(self._context, None))
            side = LARGEST_PICTURE_SIDE
            shapes = [(side, side), (side, side // 3), (side // 3, side), (side // 2, side // 2)]
            sizes = [size for shape in shapes for size in self._sizes(*shape)]
            self.at_once = max(sizes) if self._all_at_once else 0
        except EngineError:
            self.close()
            raise

    def close(self) -> None:
        if self._context:
            mtmd.mtmd_free(self._context)
        self._context = None

    def tokens_of(self, width: int, height: int) -> int:
        """Cells that a picture of this size (in pixels) takes. Raises EngineError."""
        with self._parts(width, height, None) as parts:
            return sum(int(mtmd.mtmd_input_chunk_get_n_tokens(part)) for part in parts)

    def read(self, text: str) -> list[int | Stretch]:
        """A picture (PNG in base64) as tokens and stretches of cells; nothing is encoded yet. Raises EngineError."""
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise EngineError("A picture of the conversation is damaged. Attach it again.") from error
        name = hashlib.sha256(data).digest()
        found: list[int | Stretch] = []
        with self._parts(*_size(data), None) as parts:
            for place, part in enumerate(parts):
                if mtmd.mtmd_input_chunk_get_type(part) == mtmd.MTMD_INPUT_CHUNK_TYPE_TEXT:
                    found += _tokens(part)
                    continue
                count = int(mtmd.mtmd_input_chunk_get_n_tokens(part))
                positions = int(mtmd.mtmd_input_chunk_get_n_pos(part))
                drawn = hashlib.shake_256(self._identity + name + struct.pack("<i", place)).digest(4 * count)
                cells = tuple((np.frombuffer(drawn, np.int32) | np.int32(-(1 << 31))).tolist())
                if positions != count:
                    self._saved[cells[0]] = count - positions
                found.append(Stretch(cells, positions, data, place))
        return found

    def positions(self, tokens: Sequence[int]) -> int:
        """Positions that these cells take; stretches in them are whole."""
        if not self._saved:
            return len(tokens)
        return len(tokens) - sum(self._saved.get(token, 0) for token in tokens if token < 0)

    def evaluate(self, model: Any, stretch: Stretch, sequence: int, start: int) -> Generator[None, None, None]:
        """Encode a stretch and fill its cells from position ``start`` on, in steps. Raises EngineError, Cancelled."""
        count = len(stretch.cells)
        rows, places = self._encoded(stretch, start)
        yield None
        size = model.options.ubatch
        if self._all_at_once:
            if count > self.at_once:
                raise EngineError("The picture takes more tokens at once than planned for. Attach a smaller one.")
            size = count
            lib.llama_set_causal_attn(model.context, False)
        try:
            for first in range(0, count, size):
                some = slice(first, min(first + size, count))
                model.evaluate_rows(rows[some], places[:, some], sequence)
                if some.stop < count:
                    yield None
        finally:
            if self._all_at_once:
                lib.llama_set_causal_attn(model.context, True)

    def _encoded(self, stretch: Stretch, start: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
        """Its rows, and their positions: one line, or four where positions are those of a grid."""
        pixels = _pixels(stretch.data)
        height, width = pixels.shape[:2]
        with self._parts(width, height, pixels) as parts:
            part = parts[stretch.part]
            count = int(mtmd.mtmd_input_chunk_get_n_tokens(part))
            if self._grid:
                tokens = mtmd.mtmd_input_chunk_get_tokens_image(part)
                found = [mtmd.mtmd_image_tokens_get_decoder_pos(tokens, start, place) for place in range(count)]
                places = np.array([[each.t, each.y, each.x, each.z] for each in found], np.int32).T
            else:
                places = np.arange(start, start + count, dtype=np.int32)[None, :]
            failed = mtmd.mtmd_encode_chunk(self._context, part)
            if self._aborted():
                raise Cancelled
            rows = mtmd.mtmd_get_output_embd(self._context)
            if failed or not rows:
                raise EngineError("The engine failed to look at the picture. Attach another one.", retryable=True)
            return np.ctypeslib.as_array(rows, shape=(count, self._width)).copy(), places

    def _sizes(self, width: int, height: int) -> list[int]:
        """Tokens of each part that is seen."""
        with self._parts(width, height, None) as parts:
            sizes = []
            for part in parts:
                if mtmd.mtmd_input_chunk_get_type(part) == mtmd.MTMD_INPUT_CHUNK_TYPE_IMAGE:
                    sizes.append(int(mtmd.mtmd_input_chunk_get_n_tokens(part)))
                elif min(_tokens(part), default=0) < 0:
                    raise EngineError(
                        f"The projector {self._name} belongs to another model: this one does not know the marks that go "
                        "around its pictures. Detach it."
                    )
            return sizes

    @contextlib.contextmanager
    def _parts(self, width: int, height: int, pixels: npt.NDArray[np.uint8] | None) -> Iterator[list[Any]]:
        """The parts a picture is seen in, and the texts between; without pixels they can only be counted. Raises EngineError."""
        with contextlib.ExitStack() as stack:
            data = None if pixels is None else pixels.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
            bitmap = mtmd.mtmd_bitmap_init(width, height, data)
            stack.callback(mtmd.mtmd_bitmap_free, bitmap)
            chunks = mtmd.mtmd_input_chunks_init()
            stack.callback(mtmd.mtmd_input_chunks_free, chunks)
            part = mtmd.mtmd_input_part(text=None, bitmap=bitmap)
            pointers = (ctypes.POINTER(mtmd.mtmd_input_part) * 1)(ctypes.pointer(part))
            if mtmd.mtmd_tokenize_from_parts(self._context, chunks, pointers, 1, False) != 0:
                raise EngineError(
                    f"The model cannot look at a picture of {width} × {height} pixels. Attach another one."
                )
            yield [mtmd.mtmd_input_chunks_get(chunks, place) for place in range(mtmd.mtmd_input_chunks_size(chunks))]

    def _look(self, _tensor: object, asked: bool, _data: object) -> bool:
        """Called before (``asked``) and after steps of the encoder: whether to come back after this one; whether to go on."""
        if not asked:
            return not self._aborted()
        self._nodes += 1
        if self._nodes % _LOOK_NODES:
            return False
        self.heartbeat()
        return True


def _tokens(part: Any) -> list[int]:
    count = ctypes.c_size_t()
    tokens = mtmd.mtmd_input_chunk_get_tokens_text(part, ctypes.byref(count))
    return list(tokens[: count.value]) if tokens else []


def _size(data: bytes) -> tuple[int, int]:
    """Of a picture, in pixels. Raises EngineError where it is none, or larger than the reader makes them."""
    if data[:8] == _PNG and data[12:16] == b"IHDR" and len(data) > 24:
        width, height = struct.unpack(">II", data[16:24])
        if 0 < width <= LARGEST_PICTURE_SIDE and 0 < height <= LARGEST_PICTURE_SIDE:
            return width, height
    raise EngineError("A picture of the conversation is damaged. Attach it again.")


def _pixels(data: bytes) -> npt.NDArray[np.uint8]:
    """Red, green and blue. Raises EngineError."""
    from PIL import Image

    _size(data)
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as picture:
            return np.ascontiguousarray(np.asarray(picture.convert("RGB")))
    except (OSError, ValueError, SyntaxError) as error:
        raise EngineError("A picture of the conversation is damaged. Attach it again.") from error
