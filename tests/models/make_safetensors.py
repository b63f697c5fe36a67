"""Makes a folder as models are published in before anybody converts them: Llama's architecture, random weights, tiny."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

WIDTH, FORWARD, LAYERS, HEADS, SHARED = 64, 128, 2, 4, 2


def write_safetensors(path: Path, tensors: dict[str, np.ndarray]) -> Path:
    """A safetensors file: the length of the header, the header, the numbers."""
    names = {"float32": "F32", "float16": "F16"}
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, tensor in tensors.items():
        start, end = end, end + tensor.nbytes
        header[name] = {"dtype": names[tensor.dtype.name], "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(tensor.tobytes() for tensor in tensors.values()))
    return path


def write_folder(folder: Path, *, parts: int = 1) -> Path:
    """The whole folder: settings, tokenizer, weights in one file or in several with their list."""
    folder.mkdir(parents=True)
    pieces = _pieces()
    settings = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": WIDTH,
        "intermediate_size": FORWARD,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": SHARED,
        "max_position_embeddings": 512,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "vocab_size": len(pieces),
        "bos_token_id": 1,
        "eos_token_id": 2,
        "tie_word_embeddings": False,
        "torch_dtype": "float16",
    }
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"})
    )
    (folder / "tokenizer.model").write_bytes(_sentencepiece(pieces))
    tensors = _tensors(len(pieces))
    if parts == 1:
        write_safetensors(folder / "model.safetensors", tensors)
        return folder
    places: dict[str, str] = {}
    names = list(tensors)
    for number in range(parts):
        file = f"model-{number + 1:05}-of-{parts:05}.safetensors"
        chosen = names[number::parts]
        write_safetensors(folder / file, {name: tensors[name] for name in chosen})
        places |= dict.fromkeys(chosen, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return folder


def _tensors(vocabulary: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(0)

    def matrix(rows: int, columns: int) -> np.ndarray:
        return (draw.standard_normal((rows, columns)) * 0.05).astype(np.float16)

    head = WIDTH // HEADS
    tensors = {"model.embed_tokens.weight": matrix(vocabulary, WIDTH), "lm_head.weight": matrix(vocabulary, WIDTH)}
    for layer in range(LAYERS):
        place = f"model.layers.{layer}"
        for name, rows, columns in (
            ("self_attn.q_proj", WIDTH, WIDTH),
            ("self_attn.k_proj", SHARED * head, WIDTH),
            ("self_attn.v_proj", SHARED * head, WIDTH),
            ("self_attn.o_proj", WIDTH, WIDTH),
            ("mlp.gate_proj", FORWARD, WIDTH),
            ("mlp.up_proj", FORWARD, WIDTH),
            ("mlp.down_proj", WIDTH, FORWARD),
        ):
            tensors[f"{place}.{name}.weight"] = matrix(rows, columns)
        for name in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"{place}.{name}.weight"] = np.ones(WIDTH, np.float16)
    return tensors | {"model.norm.weight": np.ones(WIDTH, np.float16)}


def _pieces() -> list[tuple[str, float, int]]:
    """Text, score and kind of each entry: unknown, control, bytes, letters and a few words."""
    pieces = [("<unk>", 0.0, 2), ("<s>", 0.0, 3), ("</s>", 0.0, 3)]
    pieces += [(f"<0x{byte:02X}>", 0.0, 6) for byte in range(256)]
    words = ["\u2581", *"abcdefghijklmnopqrstuvwxyz0123456789.,", "\u2581the", "\u2581total", "\u2581is", "er", "in"]
    return pieces + [(word, -float(place + 1), 1) for place, word in enumerate(words)]


def _sentencepiece(pieces: list[tuple[str, float, int]]) -> bytes:
    """sentencepiece's ModelProto, field by field: pieces, and the trainer's settings (byte pairs, bytes as fallback)."""

    def number(value: int) -> bytes:
        out = b""
        while value > 127:
            out += bytes([value & 127 | 128])
            value >>= 7
        return out + bytes([value])

    def field(place: int, data: bytes) -> bytes:
        return number(place << 3 | 2) + number(len(data)) + data

    def whole(place: int, value: int) -> bytes:
        return number(place << 3) + number(value)

    entries = b"".join(
        field(1, field(1, text.encode()) + number(2 << 3 | 5) + struct.pack("<f", score) + whole(3, kind))
        for text, score, kind in pieces
    )
    trainer = whole(3, 2) + whole(4, len(pieces)) + whole(35, 1)
    normalizer = field(1, b"identity")
    return entries + field(2, trainer) + field(3, normalizer)
