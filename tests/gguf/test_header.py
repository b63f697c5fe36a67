"""Reading headers: what is right is read, and nothing that is wrong ends in anything but a reason."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from tests.gguf.make_gguf import U64, Typed, gguf, tiny_metadata, tiny_tensors, tokens, write_tiny

from stillroom.gguf.header import GgufError, LongArray, parse_header, read_header
from stillroom.gguf.tensor_types import TENSOR_TYPES, element_bytes


def parse(data: bytes, chunk: int = 1 << 20) -> object:
    return parse_header(lambda offset, length: data[offset : offset + length], len(data), "m.gguf", chunk_bytes=chunk)


def test_a_model_is_read(tmp_path: Path) -> None:
    header = read_header(write_tiny(tmp_path / "m.gguf"))
    assert (header.architecture, header.version, header.name) == ("llama", 3, "m.gguf")
    assert header.integer("llama.block_count") == 2
    assert header.integer("llama.gone", 7) == 7
    assert header.metadata["tokenizer.ggml.tokens"] == LongArray(len(tokens()), "string", len(tokens()))
    assert header.metadata["tokenizer.ggml.token_type"][:2] == (2, 3)  # type: ignore[index]
    assert [tensor.name for tensor in header.tensors] == list(tiny_tensors())
    first = header.tensors[0]
    assert (first.shape, first.type.name, first.size) == ((64, 286), "Q8_0", 64 * 286 // 32 * 34)
    assert header.file_size == (tmp_path / "m.gguf").stat().st_size
    assert header.data_offset % 32 == 0
    assert header.parameters == sum(tensor.elements for tensor in header.tensors)


def test_a_header_is_read_in_pieces_of_any_size() -> None:
    data = gguf()
    whole = parse(data)
    calls: list[tuple[int, int]] = []

    def read(offset: int, length: int) -> bytes:
        calls.append((offset, length))
        return data[offset : offset + min(length, 1000)]

    assert parse_header(read, len(data), "m.gguf", chunk_bytes=64) == whole
    assert [offset for offset, _ in calls] == sorted({offset for offset, _ in calls}), "nothing is read twice"
    assert sum(length for _, length in calls) < len(data)


def test_long_and_odd_arrays() -> None:
    header = parse(gguf(tiny_metadata() | {"many": [0.5] * 5000, "few": [1, 2], "big": Typed(U64, 1 << 40)}))
    assert header.metadata["many"] == LongArray(5000, "f")  # type: ignore[attr-defined]
    assert header.metadata["few"] == (1, 2)  # type: ignore[attr-defined]
    assert header.metadata["big"] == 1 << 40  # type: ignore[attr-defined]


def put(data: bytes, offset: int, layout: str, value: int) -> bytes:
    return data[:offset] + struct.pack(layout, value) + data[offset + struct.calcsize(layout) :]


WRONG = {
    "empty": (lambda _: b"", "not in the GGUF format"),
    "short": (lambda _: b"GG", "incomplete"),
    "zip": (lambda data: b"PK\x03\x04" + data[4:], "not in the GGUF format"),
    "web page": (lambda _: b"<!DOCTYPE html><html><body>Not found", "not in the GGUF format"),
    "version 1": (lambda data: put(data, 4, "<I", 1), "version 1"),
    "version 99": (lambda data: put(data, 4, "<I", 99), "version 99"),
    "big endian": (lambda data: put(data, 4, ">I", 3), "another byte order"),
    "tensors": (lambda data: put(data, 8, "<Q", 1 << 63), "claims to have 9223372036854775808 tensors"),
    "keys": (lambda data: put(data, 16, "<Q", 1 << 40), "claims to have 1099511627776 settings"),
    "key length": (lambda data: put(data, 24, "<Q", 1 << 62), "longer than it can be"),
    "cut in the header": (lambda data: data[:700], "incomplete"),
    "cut in the weights": (lambda data: data[:-1000], "m.gguf is incomplete: it has"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said(case: str) -> None:
    change, reason = WRONG[case]
    with pytest.raises(GgufError, match=reason):
        parse(change(gguf()))


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        ({"a": ((32, 0), 0)}, "the size of the tensor"),
        ({"a": ((1 << 40, 1 << 40), 0)}, "the size of the tensor"),
        ({"a": ((33,), 8)}, "the size of the tensor"),
        ({"a" * 64: ((32,), 0)}, "longer than it can be"),
        ({"": ((32,), 0)}, "a tensor has no name"),
        ({"a": ((1, 1, 1, 1, 1), 0)}, "5 dimensions"),
        ({"a": ((1 << 30,), 0)}, "incomplete"),
    ],
)
def test_tensors_that_cannot_be(tensor: dict[str, tuple[tuple[int, ...], int]], reason: str) -> None:
    small = {
        name: ((32,), kind) if elements(shape) > 1 << 20 or not elements(shape) else (shape, kind)
        for name, (shape, kind) in tensor.items()
    }
    data = gguf({}, small)
    (name, (shape, _)), (_, (old, _)) = next(iter(tensor.items())), next(iter(small.items()))
    start = data.index(struct.pack("<Q", len(name)) + name.encode(), 24) + 8 + len(name)
    if shape != old:  # what would be too large to write
        data = (
            data[:start]
            + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
            + data[start + 4 + 8 * len(old) :]
            + bytes(64)
        )
    elif elements(shape) % 32:
        data = data.replace(struct.pack("<IQI", 1, 32, 8), struct.pack("<IQI", 1, 33, 8))
    with pytest.raises(GgufError, match=reason):
        parse(data)


def elements(shape: tuple[int, ...]) -> int:
    product = 1
    for length in shape:
        product *= length
    return product


def test_the_same_twice() -> None:
    double = gguf({"a": 1, "b": 2}, {}).replace(b"\x01\0\0\0\0\0\0\0b", b"\x01\0\0\0\0\0\0\0a")
    with pytest.raises(GgufError, match='has "a" twice'):
        parse(double)
    tensors = gguf({}, {"x": ((32,), 0), "y": ((32,), 0)}).replace(b"\x01\0\0\0\0\0\0\0y", b"\x01\0\0\0\0\0\0\0x")
    with pytest.raises(GgufError, match='tensor "x" twice'):
        parse(tensors)


def test_a_long_claim_costs_nothing() -> None:
    """An array of 2**60 entries is refused by what is left of the file, not by running out of memory."""
    data = gguf({"a": ["x"]}, {}).replace(struct.pack("<IQ", 8, 1), struct.pack("<IQ", 8, 1 << 60))
    with pytest.raises(GgufError, match="more than the file can hold"):
        parse(data)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(GgufError, match=r"gone\.gguf cannot be read"):
        read_header(tmp_path / "gone.gguf")
    with pytest.raises(GgufError, match="cannot be read"):
        read_header(tmp_path)


def test_the_types_of_tensors_are_those_of_the_engine() -> None:
    pytest.importorskip("llama_cpp", reason="the engine is not installed")
    code = """
import ctypes, json, llama_cpp.llama_cpp as lib
base = ctypes.CDLL(next(str(p) for p in __import__("pathlib").Path(lib.__file__).parent.joinpath("lib").iterdir()
                        if "ggml-base" in p.name))
base.ggml_type_size.restype = ctypes.c_size_t
base.ggml_blck_size.restype = ctypes.c_int64
base.ggml_type_name.restype = ctypes.c_char_p
print(json.dumps({n: [base.ggml_type_name(n).decode().upper(), base.ggml_blck_size(n), base.ggml_type_size(n)]
                  for n in range(43)}))
"""
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    theirs = {int(number): tuple(value) for number, value in json.loads(outcome.stdout).items()}
    assert {number: tuple(kind) for number, kind in TENSOR_TYPES.items()} == {
        number: kind
        for number, kind in theirs.items()
        if kind[1] and kind[0] != "DEPRECATED" and number in TENSOR_TYPES
    }
    assert {number for number, kind in theirs.items() if kind[1] and kind[2]} == set(TENSOR_TYPES)
    assert (element_bytes("f16"), element_bytes("q8_0"), element_bytes("q4_0")) == (2, 34 / 32, 18 / 32)


def test_a_tensor_that_overlaps_another() -> None:
    data = gguf({}, {"x": ((32,), 0), "y": ((32,), 0)})
    offset = data.index(b"\x01\0\0\0\0\0\0\0y") + 9 + 4 + 8 + 4
    assert parse(data)
    for wrong in (0, 64, 1 << 40):
        with pytest.raises(GgufError, match='the tensor "y" is not where it should be'):
            parse(put(data, offset, "<Q", wrong))
