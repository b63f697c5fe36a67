"""What native code would not survive is refused before it sees the file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.gguf.make_gguf import (
    gguf,
    tiny_metadata,
    tiny_tensors,
    tokens,
    write_adapter,
    write_projector,
    write_split,
    write_tiny,
)

from stillroom.gguf.checks import FileKind, check_file, kind_of, parts_of
from stillroom.gguf.header import GgufError

DANGEROUS: list[dict[str, Any]] = [
    *({"llama__block_count": count} for count in (0, 1, 513, 1000, 2**31 - 1, 2**32 - 1, None, "2", [2])),
    *({"llama__embedding_length": width} for width in (0, 2**31, 65, None)),
    *({"llama__context_length": length} for length in (0, 2**32 - 1, None)),
    *({"llama__attention__head_count": heads} for heads in (0, 2**31, [4], [4, -1], [0, 0], 3)),
    *({"llama__attention__head_count_kv": heads} for heads in (3, 2**31, [2, 2, 2], [2, 1])),
    *({"llama__rope__dimension_count": width} for width in (15, 18, 2**31)),
    *({"llama__rope__scaling__type": kind} for kind in ("spiral", "", 3)),
    {"llama__rope__freq_base": float("nan")},
    {"llama__attention__layer_norm_rms_epsilon": float("inf")},
    {"llama__expert_count": 2000},
    {"llama__expert_count": 8},
    {"llama__expert_used_count": 2},
    {"llama__expert_count": 4, "llama__expert_used_count": 8},
    {"llama__expert_count": 8, "llama__expert_used_count": 2, "llama__expert_group_count": 3},
    {"llama__nextn_predict_layers": 5},
    {"llama__full_attention_interval": 0},
    {"llama__attention__sliding_window": 8, "llama__attention__sliding_window_pattern": [0, 0]},
    {"llama__attention__sliding_window_pattern": [1, 0]},
    {"general__architecture": None},
    {"general__architecture": 7},
    {"general__architecture": "phi3"},
    {"tokenizer__ggml__tokens": None},
    {"tokenizer__ggml__tokens": ["a"] * len(tokens())},
    {"tokenizer__ggml__tokens": tokens()[:-1]},
    {"tokenizer__ggml__scores": [0.0] * 5},
    {"tokenizer__ggml__token_type": [1] * 5},
    {"tokenizer__ggml__model": "gpt2"},
    {"tokenizer__ggml__model": "no_vocab"},
    {"tokenizer__ggml__model": "bert"},
]


@pytest.mark.parametrize("changes", DANGEROUS, ids=str)
def test_dangerous_settings_are_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(
        GgufError, match=r"^m\.gguf is no usable model( file)?: .*\. Fetch it again, or choose another file\.$"
    ):
        check_file(write_tiny(tmp_path / "m.gguf", **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"llama__attention__head_count": [4, 4], "llama__attention__head_count_kv": [2, 2]},
        {"llama__attention__head_count_kv": None, "llama__rope__dimension_count": None},
        {"llama__rope__scaling__type": "yarn"},
        {"llama__expert_count": 8, "llama__expert_used_count": 2},
    ],
    ids=str,
)
def test_what_is_right_is_let_through(changes: dict[str, Any], tmp_path: Path) -> None:
    header = check_file(write_tiny(tmp_path / "m.gguf", **changes))
    assert kind_of(header) is FileKind.MODEL


def test_the_starter_model_is_let_through(starter_model: Path) -> None:
    assert check_file(starter_model).integer("llama.block_count") == 30


def test_a_file_without_weights(tmp_path: Path) -> None:
    (tmp_path / "v.gguf").write_bytes(gguf(tensors={}))
    with pytest.raises(GgufError, match="it has no weights"):
        check_file(tmp_path / "v.gguf")


def test_projectors_and_adapters_are_told_apart(tmp_path: Path) -> None:
    write_projector(tmp_path / "p.gguf")
    write_adapter(tmp_path / "a.gguf")
    assert kind_of(check_file(tmp_path / "p.gguf")) is FileKind.PROJECTOR
    assert kind_of(check_file(tmp_path / "a.gguf")) is FileKind.ADAPTER


@pytest.mark.parametrize(("kind", "reason"), [("control_vector", "other than LoRA"), ("lora", "do not come in pairs")])
def test_an_adapter_that_is_none(kind: str, reason: str, tmp_path: Path) -> None:
    some = dict(list(tiny_tensors().items())[:2])
    metadata = {"general.architecture": "llama", "general.type": "adapter", "adapter.type": kind}
    (tmp_path / "a.gguf").write_bytes(gguf(metadata, some))
    with pytest.raises(GgufError, match=reason):
        check_file(tmp_path / "a.gguf")


def test_a_model_in_several_files(tmp_path: Path) -> None:
    parts = write_split(tmp_path, "big-Q8_0")
    assert parts_of(parts[1]) == parts
    assert check_file(parts[0]).architecture == "llama"
    assert check_file(parts[2]).architecture == "llama"
    parts[1].rename(tmp_path / "kept")
    with pytest.raises(GgufError, match=r"big-Q8_0-00002-of-00003\.gguf cannot be read"):
        check_file(parts[0])
    (tmp_path / "kept").rename(parts[1])
    third = parts[2].read_bytes()
    parts[2].write_bytes(parts[1].read_bytes())
    with pytest.raises(GgufError, match="one of several files"):
        check_file(parts[0])
    parts[2].write_bytes(third)
    alone = tmp_path / "alone.gguf"
    parts[0].rename(alone)
    with pytest.raises(GgufError, match="one of several files"):
        check_file(alone)


def test_parts_of_another_model_do_not_belong(tmp_path: Path) -> None:
    parts = write_split(tmp_path, "a")
    others = write_split(tmp_path / "other", "a", parts=4)
    parts[1].write_bytes(others[1].read_bytes())
    with pytest.raises(GgufError, match="one of several files"):
        check_file(parts[0])
    for name in ("x-00000-of-00002.gguf", "x-00003-of-00002.gguf", "x-00001-of-99999.gguf"):
        with pytest.raises(GgufError, match="which cannot be"):
            parts_of(Path(name))


def test_the_engine_agrees_that_the_tiny_model_is_right(tmp_path: Path) -> None:
    """So that what the tests above refuse is refused for its change, and not for something else."""
    pytest.importorskip("llama_cpp", reason="the engine is not installed")
    code = """
import sys, llama_cpp.llama_cpp as lib
lib.llama_backend_init()
print(bool(lib.llama_model_load_from_file(sys.argv[1].encode(), lib.llama_model_default_params())))
"""
    for path in (write_tiny(tmp_path / "m.gguf"), write_split(tmp_path, "s")[0]):
        outcome = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60, check=False
        )
        assert outcome.stdout.strip() == "True", outcome.stderr[-800:]
        check_file(path)


def test_metadata_of_the_tiny_model_is_what_the_tests_change() -> None:
    assert {key.split("__")[0] for changes in DANGEROUS for key in changes} <= {
        key.split(".")[0] for key in tiny_metadata()
    }
