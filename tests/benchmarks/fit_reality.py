"""Hold the estimates of stillroom.models.fit against reality, over shapes, contexts and kinds of cache.

    python tests/benchmarks/fit_reality.py [--largest 2.0] [--only 0.1B]

For each, two comparisons. Against the machine: the estimate from the header (before a download) and llama.cpp's own plan (a
dry load in a worker) beside the resident memory of a worker that loaded the file and evaluated a prompt and some tokens.
Against llama.cpp: the buffers that the plan names beside those that a real load allocates and writes into its log;
these two are the same to the hundredth of a MiB that the log gives, or the line says which differs. The files are made here, with
weights that are all zero in files with holes, so that shapes of 8B need no room on the disk; --largest leaves out what
is larger in GiB.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.gguf.make_gguf import encoded, text, tokens

from stillroom.engine.engine import Engine, Limits
from stillroom.engine.protocol import GenerateRequest, LoadOptions, Piece, Question, ScoreRequest
from stillroom.engine.wire import to_wire
from stillroom.gguf.header import read_header
from stillroom.gguf.tensor_types import TENSOR_TYPES
from stillroom.models.exact import exact_fit
from stillroom.models.fit import Estimate, Use, estimate
from stillroom.models.shape import shape_of

MIB = 1 << 20
ANSWERS = tuple(f"w{number} a" for number in range(100, 356))  # each begins with another token
_BUFFER = re.compile(r":\s+(\S+)\s+(model|KV|RS|output|compute) buffer size =\s+([\d.]+) MiB")
_PURPOSES = {"model": "weights", "KV": "cache", "RS": "cache", "output": "output", "compute": "compute"}
_MARK = "--- a whole step"
_LOAD = f"""
import json, sys
from pathlib import Path
from stillroom.engine.llama import LoadedModel
from stillroom.engine.llama_log import every_log_line_to
from stillroom.engine.protocol import LoadOptions
from stillroom.engine.wire import from_wire
log = []
with every_log_line_to(log.append):
    model = LoadedModel(Path(sys.argv[1]), from_wire(LoadOptions, json.loads(sys.argv[2])), lambda _: True)
    log.append("{_MARK}")
    model.new_context(min(model.max_sequences, model.options.ubatch))
print("".join(log))
"""
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


CASES = (
    Case("0.1B", 30, 576, 1536, 9, 3, 49_152, "Q8_0", 2048),
    Case("0.1B", 30, 576, 1536, 9, 3, 49_152, "Q4_0", 8192, "q8_0"),
    Case("0.3B gemma3", 18, 768, 2048, 4, 1, 262_144, "Q8_0", 8192, arch="gemma3"),
    Case("0.5B", 24, 1024, 2816, 16, 2, 151_936, "Q4_0", 16_384),
    Case("0.5B", 24, 1024, 2816, 16, 2, 151_936, "Q4_K_M", 32_768, "q8_0"),
    Case("1B", 16, 2048, 8192, 32, 8, 128_256, "Q4_K_M", 8192),
    Case("1B", 16, 2048, 8192, 32, 8, 128_256, "Q8_0", 32_768, "q8_0"),
    Case("1B", 16, 2048, 8192, 32, 8, 128_256, "Q4_0", 2048),
    Case("3B", 28, 3072, 8192, 24, 8, 128_256, "Q4_K_M", 16_384, "q8_0"),
    Case("3B", 28, 3072, 8192, 24, 8, 128_256, "Q8_0", 2048),
    Case("8B", 32, 4096, 14_336, 32, 8, 128_256, "Q4_K_M", 8192),
    Case("8B", 32, 4096, 14_336, 32, 8, 128_256, "Q4_0", 32_768, "q8_0"),
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
    import struct

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


def resident(path: Path, case: Case) -> tuple[int, int]:
    """Bytes of a worker with the model after work: resident, and its own (without pages of the file)."""
    with Engine(limits=Limits(silence=1200.0)) as engine:  # the largest are slow on a small machine
        engine.load(path, LoadOptions(context_tokens=case.context, kv_type=case.cache))
        # Several steps of the largest size, and as many sequences at once as there is room for.
        engine.score(
            ScoreRequest((Piece("abcdef" * 80),), (Question("x", ANSWERS[: 40 if case.vocabulary > 100_000 else 200]),))
        )
        engine.generate(GenerateRequest((Piece("abc" * 100),), max_tokens=2))
        process = psutil.Process(engine.status().worker_pid)
        found = process.memory_full_info()
        return found.rss, found.uss


def allocated(path: Path, case: Case) -> dict[str, int]:
    """Bytes of the buffers that loading for real allocates, by llama.cpp's own log, in a process of its own.

    As in the plan, the compute buffer is that of a whole step.
    """
    options = LoadOptions(context_tokens=case.context, kv_type=case.cache)
    outcome = subprocess.run(
        [sys.executable, "-c", _LOAD, str(path), json.dumps(to_wire(options))],
        capture_output=True,
        text=True,
        check=True,
        timeout=1200,
    )
    whole, _, step = outcome.stdout.partition(_MARK)
    found: dict[str, int] = {}
    for log in (whole, step):
        for _device, purpose, size in _BUFFER.findall(log):
            if (purpose == "compute") == (log is step):
                name = _PURPOSES[purpose]
                found[name] = found.get(name, 0) + round(float(size) * MIB)
    return found


def compared(planned: Estimate, real: dict[str, int]) -> str:
    """Plan and allocation side by side, in MiB."""
    pairs = [
        (name, getattr(planned.ram, name), real.get(name, 0)) for name in ("weights", "cache", "compute", "output")
    ]
    told = ", ".join(
        f"{name} {plan / MIB:.2f} = {got / MIB:.2f}" for name, plan, got in pairs if abs(plan - got) < 0.011 * MIB
    )
    differ = ", ".join(
        f"{name} planned {plan / MIB:.2f}, allocated {got / MIB:.2f}"
        for name, plan, got in pairs
        if abs(plan - got) >= 0.011 * MIB
    )
    return f"{told}; {'DIFFERENT: ' + differ if differ else 'all the same'}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=float, default=2.0, help="GiB of the largest file to try")
    parser.add_argument("--only", default="", help="only cases whose name begins so")
    options = parser.parse_args()
    print(
        "case                                  estimate   planned   own     resident   error     parts of the estimate"
    )
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(CASES):
            path = Path(folder) / f"{number}.gguf"
            write(case, path)
            if path.stat().st_size > options.largest * 1024 * MIB or not case.name.startswith(options.only):
                path.unlink()
                continue
            use = Use(case.context, case.cache)
            guess, planned = estimate(shape_of([read_header(path)]), use), exact_fit(path, use)
            (rss, own), buffers = resident(path, case), allocated(path, case)
            path.unlink()
            error = (guess.total - rss) / rss
            worst = max(worst, abs(error))
            title = f"{case.name} {case.quantization} {case.context} {case.cache}"
            figures = " ".join(f"{value / MIB:8.0f}" for value in (guess.total, planned.total, own, rss))
            print(f"{title:36} {figures}   {error:+7.1%}   {_parts(guess)} | planned {_parts(planned)}", flush=True)
            print(f"    llama.cpp, planned = allocated, MiB: {compared(planned, buffers)}", flush=True)
    print(f"worst error {worst:.1%}")
    return 0


def _parts(found: Estimate) -> str:
    return " ".join(
        f"{name} {getattr(found.ram, name) / MIB:.0f}"
        for name in ("weights", "cache", "compute", "output", "overhead", "process")
    )


if __name__ == "__main__":
    sys.exit(main())
