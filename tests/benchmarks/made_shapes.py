"""Model files of any shape, to hold estimates of memory against reality: made here, or by a script that writes real weights."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.gguf.make_gguf import encoded, text, tokens

from stillroom.gguf.tensor_types import TENSOR_TYPES
from stillroom.tuning.copy import quantize

_NUMBERS = {kind.name: number for number, kind in TENSOR_TYPES.items()}


@dataclass(frozen=True)
class Case:
    """A shape, how it is quantised, and how it is loaded."""

    name: str
    layers: int
    width: int
    forward: int
    heads: int
    shared: int
    vocabulary: int
    quantization: str
    context: int
    cache: str = "f16"
    arch: str = "llama"

    @property
    def weights(self) -> int:
        """How many there are, but for the small ones."""
        kept = self.width // self.heads * self.shared
        layer = self.width * (2 * self.width + 2 * kept + 3 * self.forward)
        return self.layers * layer + self.width * self.vocabulary

    @property
    def bytes(self) -> float:
        """Of the file, about."""
        return self.weights * (1.1 if self.quantization == "Q8_0" else 0.62)


# Long contexts with f16 are those of large models: of a small one that is not filled to its end, a part of the compute
# buffer that counts stays untouched, and to fill it takes too long.
CASES = (
    Case("0.1B", 30, 576, 1536, 9, 3, 49_152, "Q8_0", 2048),
    Case("0.1B", 30, 576, 1536, 9, 3, 49_152, "Q4_K_M", 8192),
    Case("0.1B", 30, 576, 1536, 9, 3, 49_152, "Q4_0", 32_768, "q8_0"),
    Case("0.3B gemma3", 18, 768, 2048, 4, 1, 262_144, "Q8_0", 8192, arch="gemma3"),
    Case("0.5B", 24, 1024, 2816, 16, 2, 151_936, "Q4_0", 4096),
    Case("0.5B", 24, 1024, 2816, 16, 2, 151_936, "Q4_K_M", 32_768, "q8_0"),
    Case("1B", 16, 2048, 8192, 32, 8, 128_256, "Q4_K_M", 4096),
    Case("1B", 16, 2048, 8192, 32, 8, 128_256, "Q8_0", 32_768, "q8_0"),
    Case("1B", 16, 2048, 8192, 32, 8, 128_256, "Q4_0", 2048),
    Case("3B", 28, 3072, 8192, 24, 8, 128_256, "Q4_K_M", 16_384),
    Case("3B", 28, 3072, 8192, 24, 8, 128_256, "Q8_0", 2048, "q8_0"),
    Case("8B", 32, 4096, 14_336, 32, 8, 128_256, "Q4_K_M", 32_768),
    Case("8B", 32, 4096, 14_336, 32, 8, 128_256, "Q4_0", 16_384, "q8_0"),
    Case("8B", 32, 4096, 14_336, 32, 8, 128_256, "Q8_0", 2048),
)


def write(case: Case, path: Path) -> None:
    """A file of this shape whose weights are a hole."""
    arch, head = case.arch, case.width // case.heads
    vocabulary = tokens()
    vocabulary += [f"w{number}" for number in range(case.vocabulary - len(vocabulary))]
    metadata = {
        "general.architecture": arch,
        f"{arch}.block_count": case.layers,
        f"{arch}.context_length": 131_072,
        f"{arch}.embedding_length": case.width,
        f"{arch}.feed_forward_length": case.forward,
        f"{arch}.attention.head_count": case.heads,
        f"{arch}.attention.head_count_kv": case.shared,
        f"{arch}.attention.layer_norm_rms_epsilon": 1e-5,
        f"{arch}.rope.dimension_count": head,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": vocabulary,
        "tokenizer.ggml.scores": [0.0] * len(vocabulary),
        "tokenizer.ggml.token_type": [2, 3, 3, *[6] * 256, *[1] * (len(vocabulary) - 259)],
    }
    if arch == "gemma3":
        metadata[f"{arch}.attention.sliding_window"] = 512
    matrices = {
        "attn_q": (case.width, head * case.heads),
        "attn_k": (case.width, head * case.shared),
        "attn_v": (case.width, head * case.shared),
        "attn_output": (head * case.heads, case.width),
        "ffn_gate": (case.width, case.forward),
        "ffn_up": (case.width, case.forward),
        "ffn_down": (case.forward, case.width),
    }
    norms = {"attn_norm": case.width, "ffn_norm": case.width}
    if arch == "gemma3":
        norms |= {
            "attn_q_norm": head,
            "attn_k_norm": head,
            "post_attention_norm": case.width,
            "post_ffw_norm": case.width,
        }
    table = {"Q4_K_M": "Q6_K", "Q4_0": "Q6_K"}.get(case.quantization, case.quantization)
    tensors = [
        ("token_embd.weight", (case.width, case.vocabulary), table),
        ("output_norm.weight", (case.width,), "F32"),
    ]
    for layer in range(case.layers):
        tensors += [(f"blk.{layer}.{name}.weight", (length,), "F32") for name, length in norms.items()]
        tensors += [(f"blk.{layer}.{name}.weight", shape, _kind(case, name, layer)) for name, shape in matrices.items()]
    header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    header += b"".join(text(key) + encoded(value) for key, value in metadata.items())
    offset = 0
    for name, shape, kind in tensors:
        number = _NUMBERS[kind]
        block = TENSOR_TYPES[number]
        if shape[0] % block.block:
            number, block = _NUMBERS["Q8_0"], TENSOR_TYPES[_NUMBERS["Q8_0"]]
        size = block.size
        for length in shape:
            size *= length
        header += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, number, offset)
        offset += -(-(size // block.block) // 32) * 32
    header += bytes(-len(header) % 32)
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + offset)


def _kind(case: Case, name: str, layer: int) -> str:
    if case.quantization != "Q4_K_M":
        return case.quantization
    # Half of these layers' values and last matrices are kept more exactly, as llama.cpp's own recipe has it.
    exact = layer < case.layers // 8 or layer >= 7 * case.layers // 8 or (layer - case.layers // 8) % 3 == 2
    return "Q6_K" if name in ("attn_v", "ffn_down") and exact else "Q4_K"


@dataclass
class Synth:
    """Files of a script that writes a GGUF of a shape with random weights, in the vocabulary of another model.

    Called as ``SCRIPT OUT.gguf --like MODEL --layers N --embd N --ffn N --heads N --kv-heads N --ctx N``; what it writes is
    quantized as ``stillroom models quantize`` does. A shape's file is kept until another shape is asked for.
    """

    script: Path
    python: str
    like: Path
    folder: Path
    _made: tuple[Sequence[int], Path] | None = None

    def write(self, case: Case, path: Path) -> None:
        """The file of a case. Raises CalledProcessError where the script fails."""
        if case.arch != "llama":
            raise ValueError(f"the script writes no {case.arch}")
        quantize(self._whole(case), path, case.quantization)

    def _whole(self, case: Case) -> Path:
        shape = (case.layers, case.width, case.forward, case.heads, case.shared)
        if self._made is None or self._made[0] != shape:
            self.close()
            path = self.folder / "whole.gguf"
            names = ("--layers", "--embd", "--ffn", "--heads", "--kv-heads")
            said = [part for name, number in zip(names, shape, strict=True) for part in (name, str(number))]
            command = [self.python, str(self.script), str(path), "--like", str(self.like), *said, "--ctx", "131072"]
            subprocess.run(command, check=True)
            self._made = shape, path
        return self._made[1]

    def close(self) -> None:
        """Remove what is kept."""
        if self._made is not None:
            self._made[1].unlink(missing_ok=True)
            self._made = None
