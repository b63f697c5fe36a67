"""Writes small GGUF files for tests: a tiny model that llama.cpp can load, and parts or variations of it."""

from __future__ import annotations

import random
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

F32, Q8_0 = 0, 8
_BYTES = {F32: lambda n: n * 4, Q8_0: lambda n: n // 32 * 34}

U16, U32, I32, FLOAT, BOOL, STRING, ARRAY, U64 = 2, 4, 5, 6, 7, 8, 9, 10
_CODES = {0: "B", U16: "H", U32: "I", I32: "i", FLOAT: "f", BOOL: "?", U64: "Q", 12: "d"}


class Typed:
    """A value with its type in the file, where it is not the usual one."""

    def __init__(self, kind: int, value: Any) -> None:
        self.kind, self.value = kind, value


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def encoded(value: Any) -> bytes:
    """A value with its type in front."""
    if isinstance(value, Typed):
        return struct.pack("<I", value.kind) + struct.pack("<" + _CODES[value.kind], value.value)
    if isinstance(value, bool):
        return struct.pack("<I?", BOOL, value)
    if isinstance(value, int):
        return struct.pack("<II", U32, value)
    if isinstance(value, float):
        return struct.pack("<If", FLOAT, value)
    if isinstance(value, str):
        return struct.pack("<I", STRING) + text(value)
    if all(isinstance(item, str) for item in value):
        return struct.pack("<IIQ", ARRAY, STRING, len(value)) + b"".join(text(item) for item in value)
    kind = FLOAT if isinstance(value[0], float) else I32
    return struct.pack("<IIQ", ARRAY, kind, len(value)) + struct.pack(f"<{len(value)}{_CODES[kind]}", *value)


def tokens() -> list[str]:
    """A vocabulary of the SentencePiece kind: control tokens, bytes, letters."""
    return ["<unk>", "<s>", "</s>", *(f"<0x{n:02X}>" for n in range(256)), "▁", *"abcdefghijklmnopqrstuvwxyz"]


def tiny_metadata(
    *, layers: int = 2, width: int = 64, heads: int = 4, shared: int = 2, arch: str = "llama"
) -> dict[str, Any]:
    """Settings of a model that loads."""
    vocabulary = tokens()
    return {
        "general.architecture": arch,
        "general.name": "tiny",
        f"{arch}.block_count": layers,
        f"{arch}.context_length": 512,
        f"{arch}.embedding_length": width,
        f"{arch}.feed_forward_length": width * 2,
        f"{arch}.attention.head_count": heads,
        f"{arch}.attention.head_count_kv": shared,
        f"{arch}.attention.layer_norm_rms_epsilon": 1e-5,
        f"{arch}.rope.dimension_count": width // heads,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": vocabulary,
        "tokenizer.ggml.scores": [0.0] * len(vocabulary),
        "tokenizer.ggml.token_type": [2, 3, 3, *[6] * 256, *[1] * 27],
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }


def tiny_tensors(
    *, layers: int = 2, width: int = 64, heads: int = 4, shared: int = 2
) -> dict[str, tuple[tuple[int, ...], int]]:
    """Shape and type of each tensor."""
    narrow = width // heads * shared
    tensors: dict[str, tuple[tuple[int, ...], int]] = {
        "token_embd.weight": ((width, len(tokens())), Q8_0),
        "output_norm.weight": ((width,), F32),
    }
    for layer in range(layers):
        for name, shape in {
            "attn_norm": (width,),
            "ffn_norm": (width,),
            "attn_q": (width, width),
            "attn_k": (width, narrow),
            "attn_v": (width, narrow),
            "attn_output": (width, width),
            "ffn_gate": (width, width * 2),
            "ffn_up": (width, width * 2),
            "ffn_down": (width * 2, width),
        }.items():
            tensors[f"blk.{layer}.{name}.weight"] = (shape, F32 if len(shape) == 1 else Q8_0)
    return tensors


def gguf(
    metadata: Mapping[str, Any] | None = None,
    tensors: Mapping[str, tuple[Sequence[int], int]] | None = None,
    *,
    version: int = 3,
    seed: int | None = None,
) -> bytes:
    """A file's bytes. By default the tiny model; its weights are zero without a ``seed``, noise with one."""
    metadata = tiny_metadata() if metadata is None else metadata
    tensors = tiny_tensors() if tensors is None else tensors
    header = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    header += b"".join(text(key) + encoded(value) for key, value in metadata.items())
    offset = 0
    for name, (shape, kind) in tensors.items():
        elements = 1
        for length in shape:
            elements *= length
        size = _BYTES[kind](elements)
        header += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
        offset += -(-size // 32) * 32
    header += bytes(-len(header) % 32)
    return header + (bytes(offset) if seed is None else random.Random(seed).randbytes(offset))


def write_tiny(path: Path, **changes: Any) -> Path:
    """The tiny model with changed settings; a key is written with ``__`` for its dots, None removes it."""
    metadata = tiny_metadata()
    for key, value in changes.items():
        name = key.replace("__", ".")
        if value is None:
            metadata.pop(name, None)
        else:
            metadata[name] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf(metadata))
    return path


def write_adapter(path: Path, *, arch: str = "llama", width: int = 64, layers: int = 2, seed: int = 1) -> Path:
    """A LoRA adapter of rank 4 for the query weights of a model of this width; its numbers are noise, or all 0 with seed 0."""
    metadata = {
        "general.architecture": arch,
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": 4.0,
    }
    shapes = {"a": (width, 4), "b": (4, width)}
    tensors = {
        f"blk.{layer}.attn_q.weight.lora_{half}": (shape, F32)
        for layer in range(layers)
        for half, shape in shapes.items()
    }
    numbers = len(tensors) * 4 * width
    draw = random.Random(seed)
    weights = [draw.uniform(-0.5, 0.5) if seed else 0.0 for _ in range(numbers)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf(metadata, tensors)[: -4 * numbers] + struct.pack(f"<{numbers}f", *weights))
    return path


def write_grid_model(path: Path, *, seed: int = 1) -> Path:
    """A tiny model of the kind qwen2vl, whose pictures lie on a grid of positions (M-RoPE)."""
    metadata = tiny_metadata(arch="qwen2vl") | {"qwen2vl.rope.dimension_sections": [2, 3, 3, 0]}
    tensors = tiny_tensors()
    for layer in range(2):
        for name, length in {"attn_q": 64, "attn_k": 32, "attn_v": 32}.items():
            tensors[f"blk.{layer}.{name}.bias"] = ((length,), F32)
    draw = random.Random(seed)
    data = b""
    for name, (shape, kind) in tensors.items():
        if kind == F32:
            data += struct.pack(f"<{shape[0]}f", *[1.0 if "norm" in name else 0.0] * shape[0])
        else:
            blocks = shape[0] * shape[1] // 32
            data += b"".join(struct.pack("<e", 0.002) + draw.randbytes(32) for _ in range(blocks))
        data += bytes(-len(data) % 32)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf(metadata, tensors)[: -len(data)] + data)
    return path


def projector_metadata(kind: str = "janus_pro", **changes: Any) -> dict[str, Any]:
    """Settings of a projector that loads: pictures of 32 × 32, patches of 8 × 8."""
    vision = {
        "image_size": 32,
        "patch_size": 8,
        "embedding_length": 32,
        "feed_forward_length": 64,
        "projection_dim": 32,
        "block_count": 1,
        "attention.head_count": 2,
        "attention.layer_norm_epsilon": 1e-6,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
        "projector.scale_factor": 2,
    } | {key.replace("__", "."): value for key, value in changes.items()}
    return {
        "general.architecture": "clip",
        "general.type": "mmproj",
        "clip.has_vision_encoder": True,
        "clip.projector_type": kind,
        "clip.use_gelu": True,
        **{f"clip.vision.{key}": value for key, value in vision.items() if value is not None},
    }


def projector_tensors(
    kind: str = "janus_pro", width: int = 64, places: int = 16, layers: int = 1
) -> dict[str, tuple[tuple[int, ...], int]]:
    """Of a projector for models of this width: ``janus_pro`` (16 tokens a picture), ``gemma3`` (4, seen at once) or
    ``qwen2vl_merger`` (as many as the picture is large, on a grid)."""
    shapes: dict[str, tuple[int, ...]] = {
        "v.patch_embd.weight": (8, 8, 3, 32),
        "v.position_embd.weight": (32, places),
        "v.post_ln.weight": (32,),
        "v.post_ln.bias": (32,),
    }
    for name, shape in {
        "ln1": (32,), "ln2": (32,), "attn_q": (32, 32), "attn_k": (32, 32), "attn_v": (32, 32), "attn_out": (32, 32),
        "ffn_up": (32, 64), "ffn_down": (64, 32),
    }.items():  # fmt: skip
        for layer in range(layers):
            shapes[f"v.blk.{layer}.{name}.weight"] = shape
            shapes[f"v.blk.{layer}.{name}.bias"] = shape[-1:]
    if kind == "janus_pro":
        shapes |= {"mm.0.weight": (32, 64), "mm.0.bias": (64,), "mm.1.weight": (64, width), "mm.1.bias": (width,)}
    elif kind == "gemma3":
        shapes |= {"mm.input_projection.weight": (width, 32), "mm.soft_emb_norm.weight": (32,)}
    elif kind == "idefics3":
        shapes |= {"mm.model.fc.weight": (128, width)}
    else:
        del shapes["v.position_embd.weight"]
        shapes |= {"v.patch_embd.weight.1": (8, 8, 3, 32), "mm.0.weight": (128, 64), "mm.0.bias": (64,)}
        shapes |= {"mm.2.weight": (64, width), "mm.2.bias": (width,)}
    return {name: (shape, F32) for name, shape in shapes.items()}


def write_projector(
    path: Path,
    kind: str = "janus_pro",
    *,
    width: int = 64,
    seed: int = 1,
    places: int = 16,
    tensors_of: str = "",
    **changes: Any,
) -> Path:
    """A projector whose numbers are noise: what a model sees with it says nothing, but is the same every time.

    ``tensors_of``: the kind whose tensors it has, where it is to say another one.
    """
    layers = min(changes.get("block_count") or 1, 64)  # a header may say any number
    tensors = projector_tensors(tensors_of or kind, width, places, layers)
    draw = random.Random(seed)
    data = b""
    for name, (shape, _) in tensors.items():
        count = 1
        for length in shape:
            count *= length
        norm = ".ln" in name or "post_ln" in name or "norm" in name
        values = [1.0 if norm and name.endswith("weight") else draw.uniform(-0.3, 0.3) for _ in range(count)]
        data += struct.pack(f"<{count}f", *values)
        data += bytes(-len(data) % 32)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf(projector_metadata(kind, **changes), tensors)[: -len(data)] + data)
    return path


def write_split(folder: Path, name: str, parts: int = 3) -> list[Path]:
    """The tiny model in several files, as llama.cpp's own tool splits it."""
    tensors = list(tiny_tensors().items())
    share = -(-len(tensors) // parts)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(parts):
        metadata = tiny_metadata() if number == 0 else {}
        metadata |= {
            "split.no": Typed(U16, number),
            "split.count": Typed(U16, parts),
            "split.tensors.count": Typed(I32, len(tensors)),
        }
        path = folder / f"{name}-{number + 1:05}-of-{parts:05}.gguf"
        path.write_bytes(gguf(metadata, dict(tensors[number * share : (number + 1) * share])))
        paths.append(path)
    return paths
