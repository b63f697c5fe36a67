"""Projectors that native code would not survive, or that belong to another model, are refused with a reason."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from tests.gguf.make_gguf import gguf, projector_metadata, projector_tensors, write_projector, write_tiny

from stillroom.gguf.checks import FileKind, check_file, check_projector, kind_of
from stillroom.gguf.header import GgufError
from stillroom.gguf.projector import shape_of_projector

HOSTILE: list[dict[str, Any]] = [
    *({"embedding_length": width} for width in (0, 33, 2**31, None, "32")),
    *({"attention__head_count": heads} for heads in (0, 3, 2**31, None)),
    *({"block_count": count} for count in (0, 2**31, None)),
    *({"image_size": side} for side in (0, 2**31, 40, None)),
    *({"patch_size": side} for side in (0, 64, 16, None)),
    *({"projector__scale_factor": factor} for factor in (0, 1000)),
    *({"image_mean": colours} for colours in ([0.5, 0.5], [1, 2, 3], None, [float("nan")] * 3)),
    {"attention__layer_norm_epsilon": float("inf")},
    {"feed_forward_length": 2**31},
    {"preproc_min_tiles": 9, "preproc_max_tiles": 2},
    {"preproc_min_tiles": 0},
    {"window_size": 2**31},
]


@pytest.mark.parametrize("changes", HOSTILE, ids=str)
def test_hostile_settings_are_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(
        GgufError, match=r"^p\.gguf is no usable projector: .*\. Fetch it again, or choose another file\.$"
    ):
        check_file(write_projector(tmp_path / "p.gguf", **changes))


@pytest.mark.parametrize("kind", ["janus_pro", "gemma3", "idefics3", "qwen2vl_merger"])
def test_what_is_right_is_let_through(kind: str, tmp_path: Path) -> None:
    header = check_file(write_projector(tmp_path / "p.gguf", kind, width=96))
    assert kind_of(header) is FileKind.PROJECTOR
    shape = shape_of_projector(header)
    assert (shape.kind, shape.width) == (kind, 96)
    assert shape.weights == header.tensor_bytes > 0
    assert shape.total > shape.weights


def test_one_that_hears_but_does_not_see(tmp_path: Path) -> None:
    metadata = projector_metadata() | {"clip.has_vision_encoder": False, "clip.has_audio_encoder": True}
    (tmp_path / "p.gguf").write_bytes(gguf(metadata, projector_tensors()))
    with pytest.raises(GgufError, match="it sees no pictures"):
        check_file(tmp_path / "p.gguf")
    for kind in ("", "deepseek4v"):
        (tmp_path / "p.gguf").write_bytes(gguf(projector_metadata(kind), projector_tensors()))
        with pytest.raises(GgufError, match=r"of which kind|of its kind"):
            check_file(tmp_path / "p.gguf")


def test_the_widths_of_projector_and_model_must_agree(tmp_path: Path) -> None:
    model = write_tiny(tmp_path / "m.gguf")
    assert check_projector(write_projector(tmp_path / "p.gguf"), model).width == 64
    with pytest.raises(GgufError, match=r"width 96, and .* has 64"):
        check_projector(write_projector(tmp_path / "wide.gguf", width=96), model)
    with pytest.raises(GgufError, match="is no projector"):
        check_projector(model, model)
    (tmp_path / "half.gguf").write_bytes(gguf(projector_metadata(), {"mm.0.weight": ((32, 64), 0)}))
    with pytest.raises(GgufError, match=r"it has no mm\.1\.bias"):
        check_projector(tmp_path / "half.gguf", model)


def test_headers_changed_at_random_end_in_a_sentence(tmp_path: Path) -> None:
    good = write_projector(tmp_path / "p.gguf").read_bytes()
    model = write_tiny(tmp_path / "m.gguf")
    draw = random.Random(11)
    sentences = []
    for _ in range(300):
        data = bytearray(good)
        for _ in range(draw.randrange(1, 6)):
            data[draw.randrange(min(len(data), 3000))] = draw.randrange(256)
        (tmp_path / "x.gguf").write_bytes(data[: draw.choice((len(data), draw.randrange(len(data))))])
        try:
            check_projector(tmp_path / "x.gguf", model)
        except GgufError as error:
            sentences.append(error.message)
    assert len(sentences) > 200
    assert all(sentence.endswith(".") for sentence in sentences)
