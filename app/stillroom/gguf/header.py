"""The header of a GGUF file: read with limits, from a file or from byte ranges of one that is somewhere else.

Nothing here trusts the file: every count and length is held against a limit and against what is left of the file before
anything is allocated for it, and whatever is wrong ends in a GgufError with a reason.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from stillroom.errors import StillroomError
from stillroom.gguf.tensor_types import TENSOR_TYPES, TensorType
from stillroom.regular_file import open_regular

MAGIC = b"GGUF"
MAX_HEADER_BYTES = 192 << 20  # the largest vocabularies in use take 20 MiB
_MAX_KEYS = 65_536
_MAX_TENSORS = 131_072
_MAX_KEY_BYTES = 4096
_MAX_STRING_BYTES = 8 << 20
_MAX_TENSOR_NAME_BYTES = 63
_MAX_DIMENSIONS = 4
_MAX_ALIGNMENT = 1 << 20
_MAX_KEPT_ELEMENTS = 4096
_CHUNK_BYTES = 1 << 20
_MAX_CHUNK_BYTES = 16 << 20
_INT64_MAX = (1 << 63) - 1

_STRING, _ARRAY = 8, 9
_SCALARS = {
    number: struct.Struct("<" + code)
    for number, code in {
        0: "B",
        1: "b",
        2: "H",
        3: "h",
        4: "I",
        5: "i",
        6: "f",
        7: "?",
        10: "Q",
        11: "q",
        12: "d",
    }.items()
}
_U32, _U64 = struct.Struct("<I"), struct.Struct("<Q")

TOKENS = "tokenizer.ggml.tokens"


class GgufError(StillroomError):
    """A file is no model that can be used; the message says why."""


@dataclass(frozen=True, slots=True)
class LongArray:
    """An array too long to keep, or of texts. ``distinct``: how many different elements it has; counted for the tokens only, else 0."""

    length: int
    type: str
    distinct: int = 0


Scalar: TypeAlias = int | float | bool | str
Value: TypeAlias = Scalar | tuple[Scalar, ...] | LongArray


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A tensor of the file. ``offset``: bytes from the beginning of the data; ``size``: bytes without padding."""

    name: str
    shape: tuple[int, ...]
    type: TensorType
    offset: int
    size: int

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Header:
    """What a GGUF file says of itself.

    Attributes:
        name: of the file.
        metadata: by key; long arrays without their elements.
        data_offset: where the tensors begin, in bytes. file_size: of the whole file.
    """

    name: str
    version: int
    metadata: Mapping[str, Value]
    tensors: tuple[TensorInfo, ...]
    data_offset: int
    file_size: int

    @property
    def architecture(self) -> str:
        return self.text("general.architecture")

    def text(self, key: str) -> str:
        """A text of the metadata; empty where there is none."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else ""

    def integer(self, key: str, default: int = 0) -> int:
        """A whole number of the metadata, or the default."""
        value = self.metadata.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    @property
    def tensor_bytes(self) -> int:
        return sum(tensor.size for tensor in self.tensors)

    @property
    def parameters(self) -> int:
        return sum(tensor.elements for tensor in self.tensors)


ReadRange = Callable[[int, int], bytes]
"""Bytes of a file: (offset, length) -> at most length bytes, fewer only at the file's end. May raise StillroomError."""


def read_header(path: Path) -> Header:
    """The header of a file. Raises GgufError: it cannot be read, is no GGUF, or what it says cannot be true."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size

            def read(offset: int, length: int) -> bytes:
                file.seek(offset)
                return file.read(length)

            return parse_header(read, size, path.name)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise GgufError(
            f"The model file {path.name} cannot be read: {reason}. Look whether it is still there."
        ) from error


def parse_header(read: ReadRange, file_size: int, name: str, *, chunk_bytes: int = _CHUNK_BYTES) -> Header:
    """The header of a file of which ranges can be read.

    Args:
        file_size: of the whole file, in bytes.
        name: for messages.
        chunk_bytes: read at a time: one request each where the file is far away.

    Raises GgufError, and whatever ``read`` raises.
    """
    return _Parser(read, file_size, name, chunk_bytes).header()


class _Parser:
    def __init__(self, read: ReadRange, file_size: int, name: str, chunk_bytes: int) -> None:
        self._read = read
        self._file_size = file_size
        self._name = name
        self._chunk = chunk_bytes
        self._data = b""
        self._position = 0

    def header(self) -> Header:
        if self._file_size < 24:
            magic = self._read(0, 4) if self._file_size else b""
            raise self._wrong(
                "it is incomplete" if magic and MAGIC.startswith(magic) else "it is not in the GGUF format"
            )
        if self._take(4) != MAGIC:
            raise self._wrong("it is not in the GGUF format")
        version = self._u32()
        if version & 0xFFFF == 0 and version:
            raise self._wrong("it was made for machines of another byte order")
        if version not in (2, 3):
            raise self._wrong(f"version {version} of its format is not known")
        tensor_count, key_count = self._u64(), self._u64()
        # A key takes at least 13 bytes, a tensor 32.
        if tensor_count > min(_MAX_TENSORS, self._file_size // 32):
            raise self._wrong(f"it claims to have {tensor_count} tensors")
        if key_count > min(_MAX_KEYS, self._file_size // 13):
            raise self._wrong(f"it claims to have {key_count} settings")
        metadata: dict[str, Value] = {}
        for _ in range(key_count):
            key = self._string(_MAX_KEY_BYTES)
            if not key or key in metadata:
                raise self._wrong("a setting has no name" if not key else f"it has {_shown(key)} twice")
            metadata[key] = self._value(self._u32(), key)
        alignment = self._alignment(metadata)
        tensors = self._tensors(tensor_count, alignment)
        data_offset = _padded(self._position, alignment) if tensors else self._position
        header = Header(self._name, version, metadata, tensors, data_offset, self._file_size)
        if tensors and data_offset + tensors[-1].offset + tensors[-1].size > self._file_size:
            needed = data_offset + tensors[-1].offset + tensors[-1].size
            raise GgufError(
                f"{self._name} is incomplete: it has {self._file_size:,} of at least {needed:,} bytes. Fetch it again."
            )
        return header

    # -- parts

    def _value(self, kind: int, key: str) -> Value:
        if kind == _STRING:
            return self._string(_MAX_STRING_BYTES)
        if kind != _ARRAY:
            return self._scalar(kind, key)
        element, length = self._u32(), self._u64()
        if element == _STRING:
            return self._strings(length, key)
        if element not in _SCALARS:
            raise self._wrong(f"{_shown(key)} is of a kind that does not exist")
        unpack = _SCALARS[element]
        self._expect(length, unpack.size, key)
        if length > _MAX_KEPT_ELEMENTS:
            self._skip(length * unpack.size)
            return LongArray(length, unpack.format[1:])
        data = self._take(length * unpack.size)
        return tuple(value for (value,) in unpack.iter_unpack(data))

    def _scalar(self, kind: int, key: str) -> Scalar:
        unpack = _SCALARS.get(kind)
        if unpack is None:
            raise self._wrong(f"{_shown(key)} is of a kind that does not exist")
        value: Scalar = unpack.unpack(self._take(unpack.size))[0]
        return value

    def _strings(self, length: int, key: str) -> LongArray:
        self._expect(length, 8, key)
        # In one loop with as few steps as can be: vocabularies have hundreds of thousands of entries.
        distinct: set[bytes] | None = set() if key == TOKENS else None
        data, position, unpack = self._data, self._position, _U64.unpack_from
        limit = len(data)
        for number in range(length):
            start = position + 8
            if start > limit:
                data = self._load(start)
                limit = len(data)
            (size,) = unpack(data, position)
            position = start + size
            if position > limit:
                data = self._load(position)
                limit = len(data)
            if distinct is not None:
                # What llama.cpp makes of an empty one.
                distinct.add(data[start:position] or b"[EMPTY_%d]" % number)
        self._position = position
        return LongArray(length, "string", len(distinct) if distinct is not None else 0)

    def _alignment(self, metadata: Mapping[str, Value]) -> int:
        value = metadata.get("general.alignment", 32)
        if type(value) is not int or not 0 < value <= _MAX_ALIGNMENT or value & (value - 1) or value < 8:
            raise self._wrong("its alignment is not possible")
        return value

    def _tensors(self, count: int, alignment: int) -> tuple[TensorInfo, ...]:
        tensors: list[TensorInfo] = []
        names: set[str] = set()
        expected = 0
        for _ in range(count):
            name = self._string(_MAX_TENSOR_NAME_BYTES)
            if not name or name in names:
                raise self._wrong("a tensor has no name" if not name else f"it has the tensor {_shown(name)} twice")
            names.add(name)
            dimensions = self._u32()
            if not 0 < dimensions <= _MAX_DIMENSIONS:
                raise self._wrong(f"the tensor {_shown(name)} has {dimensions} dimensions")
            shape = tuple(self._u64() for _ in range(dimensions))
            number, offset = self._u32(), self._u64()
            kind = TENSOR_TYPES.get(number)
            if kind is None:
                raise self._wrong(
                    f"the tensor {_shown(name)} is of a kind (number {number}) that this version does not know"
                )
            elements = math.prod(shape)
            if not 0 < elements <= _INT64_MAX // 16 or shape[0] % kind.block:
                raise self._wrong(f"the size of the tensor {_shown(name)} is not possible")
            if offset != expected:
                raise self._wrong(f"the tensor {_shown(name)} is not where it should be")
            size = elements // kind.block * kind.size
            if size > self._file_size - offset:
                raise GgufError(
                    f"{self._name} is incomplete: it has {self._file_size:,} of at least {offset + size:,} bytes. Fetch it again."
                )
            tensors.append(TensorInfo(name, shape, kind, offset, size))
            expected = _padded(offset + size, alignment)
        return tuple(tensors)

    # -- bytes

    def _expect(self, length: int, least_bytes: int, key: str) -> None:
        if length * least_bytes > self._file_size - self._position:
            raise self._wrong(
                f"{_shown(key)} claims to have {length} entries, more than the file can hold; it is incomplete or damaged"
            )

    def _string(self, most: int) -> str:
        size = self._u64()
        if size > most:
            raise self._wrong("a text in it is longer than it can be")
        return self._take(size).decode("utf-8", "backslashreplace")

    def _u32(self) -> int:
        value: int = _U32.unpack(self._take(4))[0]
        return value

    def _u64(self) -> int:
        value: int = _U64.unpack(self._take(8))[0]
        return value

    def _take(self, count: int) -> bytes:
        end = self._position + count
        if end > len(self._data):
            self._load(end)
        data = self._data[self._position : end]
        self._position = end
        return data

    def _skip(self, count: int) -> None:
        if self._position + count > len(self._data):
            self._load(self._position + count)
        self._position += count

    def _load(self, end: int) -> bytes:
        """Have the bytes up to ``end``; all that there are so far."""
        if end > self._file_size:
            raise self._wrong("it is incomplete, its header ends too soon")
        if end > MAX_HEADER_BYTES:
            raise self._wrong(f"its header is longer than {MAX_HEADER_BYTES >> 20} MiB")
        while len(self._data) < end:
            have = len(self._data)
            # As much again as there is: few requests for a long header, not much too much for a short one.
            wanted = min(max(self._chunk, min(have, _MAX_CHUNK_BYTES), end - have), self._file_size - have)
            piece = self._read(have, wanted)
            if not piece:
                raise self._wrong("it is incomplete, its header ends too soon")
            self._data += piece[:wanted]
        return self._data

    def _wrong(self, reason: str) -> GgufError:
        return GgufError(f"{self._name} is no usable model file: {reason}. Fetch it again, or choose another file.")


def _padded(value: int, alignment: int) -> int:
    return -(-value // alignment) * alignment


def _shown(text: str) -> str:
    """A name from the file, fit for a sentence."""
    clean = "".join(character if character.isprintable() else "·" for character in text)
    return f'"{clean[:60]}"'
