"""Headers changed at random and by field, the same for the same seed."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from typing import Any

from tests.gguf.make_gguf import FLOAT, I32, U32, Typed, gguf, tiny_metadata, tiny_tensors

_NUMBERS = (0, 1, 2, 3, 7, 31, 33, 255, 256, 1000, 65_535, 1 << 20, 2**31 - 1, 2**31, 2**32 - 1)
_LONG = (0, 1, 1 << 16, 1 << 31, 1 << 32, 1 << 40, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)


def changed_headers(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Files of the tiny model with something changed, and what was: half of them bytes, half of them fields."""
    whole = gguf()
    length = whole.index(b"blk.1.ffn_down.weight") + 64
    for number in range(count):
        draw = random.Random(f"{seed}/{number}")
        yield (_bytes if number % 2 else _field)(whole, length, draw)


def _bytes(whole: bytes, length: int, draw: random.Random) -> tuple[str, bytes]:
    data = bytearray(whole)
    kind = draw.choice(("flip", "flip", "set", "word", "cut", "insert", "remove", "swap"))
    for _ in range(draw.choice((1, 1, 1, 2, 5, 20))):
        place = draw.randrange(length - 16)
        if kind == "flip":
            data[place] ^= 1 << draw.randrange(8)
        elif kind == "set":
            data[place] = draw.choice((0, 1, 127, 128, 255))
        elif kind == "word":
            data[place : place + 8] = struct.pack("<Q", draw.choice(_LONG))
        elif kind == "insert":
            data[place:place] = draw.randbytes(draw.randrange(1, 9))
        elif kind == "remove":
            del data[place : place + draw.randrange(1, 9)]
        elif kind == "swap":
            other = draw.randrange(length - 16)
            data[place : place + 8], data[other : other + 8] = data[other : other + 8], data[place : place + 8]
    if kind == "cut":
        del data[draw.randrange(len(data)) :]
    return kind, bytes(data)


def _field(_whole: bytes, _length: int, draw: random.Random) -> tuple[str, bytes]:
    metadata: dict[str, Any] = dict(tiny_metadata())
    tensors: dict[str, Any] = dict(tiny_tensors())
    what = draw.choice(("setting", "setting", "setting", "array", "tensor"))
    if what == "tensor":
        name = draw.choice(list(tensors))
        shape, kind = tensors[name]
        change = draw.choice(("shape", "type", "gone", "renamed"))
        if change == "shape":
            shape = tuple(draw.choice((32, 64, 96, 128, 286, 320)) for _ in range(draw.choice((1, 2, 2, 3, 4))))
        elif change == "type":
            kind = 0 if kind else 8
        new = name.replace(".0.", f".{draw.choice((1, 2, 511, 99999))}.") if change == "renamed" else name
        tensors = {
            (new if key == name else key): ((shape, kind) if key == name else value)
            for key, value in tensors.items()
            if not (change == "gone" and key == name)
        }
        return f"tensor {name} {change}", gguf(metadata, tensors)
    if what == "array":
        key = draw.choice([key for key, value in metadata.items() if isinstance(value, list)])
        values = list(metadata[key])
        change = draw.choice(("shorter", "longer", "twice", "value", "empty text"))
        if change == "shorter":
            values = values[: draw.randrange(1, len(values))]
        elif change == "longer":
            values += values[:5] if not isinstance(values[0], str) else [f"new{n}" for n in range(5)]
        elif change == "twice":
            values[draw.randrange(len(values))] = values[draw.randrange(len(values))]
        else:
            values[draw.randrange(len(values))] = (
                draw.choice(("", "\0", "a" * 5000))
                if isinstance(values[0], str)
                else type(values[0])(draw.choice((0, -1, 10**9)))
            )
        metadata[key] = values
        return f"{key} {change}", gguf(metadata, tensors)
    key = draw.choice(list(metadata))
    metadata[key] = draw.choice(
        (
            Typed(U32, draw.choice(_NUMBERS)),
            Typed(U32, draw.choice(_NUMBERS)),
            Typed(I32, draw.choice((-1, 0, 1, -(2**31)))),
            Typed(FLOAT, draw.choice((0.0, -1.0, 1e38, float("inf"), float("nan"), 1e-45))),
            draw.choice(("", "llama", "gemma3", "mamba", "qwen2moe", "deepseek2", "bert", "clip", "x" * 100)),
            [draw.choice((0, 1, 2, 4)) for _ in range(draw.choice((1, 2, 3)))],
            draw.choice((True, False)),
        )
    )
    if draw.random() < 0.05:
        metadata[key] = ["a", "b"]
    if draw.random() < 0.1:
        del metadata[key]
    return key, gguf(metadata, tensors)
