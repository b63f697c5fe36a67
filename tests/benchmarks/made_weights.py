"""Fills a model file whose weights are a hole with random ones, so that its speed can be measured: zeros are computed faster.

    python tests/benchmarks/made_weights.py OUT.gguf 8B [--quantization Q4_K_M] [--context 8192]

The shapes are those of ``fit_reality.py``; what such a model writes is noise. Several GB a few seconds: a piece of random
blocks is made for each type, and repeated.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.fit_reality import CASES, write

from stillroom.gguf.header import read_header

_PIECE_BYTES = 8 << 20
_SPREAD = 0.02  # of the weights


def fill(path: Path, seed: int = 0) -> None:
    """Write random blocks over all weights of a file; the norms become ones."""
    header, chance = read_header(path), np.random.default_rng(seed)
    pieces: dict[str, bytes] = {}
    with path.open("r+b") as file:
        for tensor in header.tensors:
            kind = tensor.type.name
            piece = pieces.setdefault(kind, _blocks(kind, chance))
            file.seek(header.data_offset + tensor.offset)
            left = tensor.size
            while left > 0:
                left -= file.write(piece[:left])


def _blocks(kind: str, chance: np.random.Generator) -> bytes:
    """Valid blocks of a type, in the layouts of ggml-common.h."""
    size = {"Q4_K": 144, "Q6_K": 210, "Q8_0": 34, "Q4_0": 18, "Q4_1": 20}.get(kind)
    if kind == "F32":
        return np.ones(_PIECE_BYTES // 4, np.float32).tobytes()
    if size is None:
        raise SystemExit(f"no random blocks of {kind}")
    count = _PIECE_BYTES // size
    rows = chance.integers(0, 256, (count, size), dtype=np.uint8)
    if kind == "Q4_K":
        _put(rows, 0, _SPREAD / 200)
        _put(rows, 2, 7.5 * _SPREAD / 200)
    elif kind == "Q6_K":
        _put(rows, 208, _SPREAD / (73 * 18.5))
    elif kind == "Q8_0":
        _put(rows, 0, _SPREAD / 73)
    else:
        _put(rows, 0, _SPREAD / 4.6)
        if kind == "Q4_1":
            _put(rows, 2, -7.5 * _SPREAD / 4.6)
    return rows.tobytes()


def _put(rows: npt.NDArray[np.uint8], place: int, value: float) -> None:
    rows[:, place : place + 2] = np.frombuffer(np.float16(value).tobytes(), np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("shape", help="a name of fit_reality.py's shapes: 1B, 8B …")
    parser.add_argument("--quantization", default="Q4_K_M")
    arguments = parser.parse_args()
    for case in CASES:
        if (case.name, case.quantization) == (arguments.shape, arguments.quantization):
            write(case, arguments.out)
            fill(arguments.out)
            return
    raise SystemExit(f"no shape {arguments.shape} in {arguments.quantization}")


if __name__ == "__main__":
    main()
