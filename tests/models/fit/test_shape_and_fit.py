"""Memory by architecture against figures worked out by hand, and the verdicts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.gguf.make_gguf import gguf, tiny_metadata, tiny_tensors, write_tiny

from stillroom.engine.engine import Engine
from stillroom.engine.protocol import LoadOptions
from stillroom.gguf.header import Header, parse_header
from stillroom.models.fit.dry_load_fit import fit_by_dry_load
from stillroom.models.fit.estimate import (
    GPU_PROCESS_BYTES,
    MIB,
    SPARE_BYTES,
    Machine,
    Use,
    Verdict,
    estimate,
    gpu_layers_that_fit,
    judge,
    longest_context,
    sequences_of,
    ubatch_of,
)
from stillroom.models.fit.shape import Shape, shape_of


def header(arch: str = "llama", layers: int = 4, **changes: Any) -> Header:
    metadata = tiny_metadata(arch=arch, layers=layers) | {
        f"{arch}.{key.replace('__', '.')}": value for key, value in changes.items()
    }
    data = gguf(metadata, tiny_tensors(layers=layers))
    return parse_header(lambda offset, length: data[offset : offset + length], len(data), "m.gguf")


def shape(arch: str = "llama", **changes: Any) -> Shape:
    return shape_of([header(arch, **changes)])


def cache(model: Shape, tokens: int, kind: str = "f16") -> int:
    return estimate(model, Use(tokens, kind)).ram.cache


def test_grouped_heads() -> None:
    model = shape()
    assert [(layer.key_width, layer.value_width) for layer in model.layers] == [(32, 32)] * 4
    assert cache(model, 1000) == 4 * 1024 * 64 * 2, "cells in steps of 256, two bytes an element"
    assert cache(model, 1024, "q8_0") == 4 * 1024 * 64 * 34 // 32
    assert cache(shape(attention__head_count_kv=4), 1024) == 4 * 1024 * 128 * 2
    assert cache(shape(attention__key_length=24, attention__value_length=8), 1024) == 4 * 1024 * (48 + 16) * 2


def test_sliding_windows() -> None:
    model = shape("gemma3", layers=12, attention__sliding_window=8)
    assert [layer.windowed for layer in model.layers] == ([True] * 5 + [False]) * 2
    windowed = 8 * sequences_of(model) + ubatch_of(Use(8192))
    assert cache(model, 8192) == (2 * 8192 + 10 * -(-windowed // 256) * 256) * 64 * 2
    assert cache(model, 512) == 12 * 512 * 64 * 2, "never more than the context"
    named = shape("gemma4", attention__sliding_window=8, attention__sliding_window_pattern=[1, 0, 1, 0])
    assert [layer.windowed for layer in named.layers] == [True, False, True, False]
    assert shape("phi3", attention__sliding_window=8).window == 0
    assert [layer.windowed for layer in shape("cohere2moe", attention__sliding_window=8).layers] == [
        False,
        True,
        True,
        True,
    ]


def test_layers_that_use_the_keys_of_others() -> None:
    model = shape(
        "gemma4",
        attention__sliding_window=8,
        attention__sliding_window_pattern=[1, 0, 1, 0],
        attention__shared_kv_layers=2,
    )
    assert [layer.key_width for layer in model.layers] == [32, 32, 0, 0]


def test_latent_attention_keeps_no_values() -> None:
    model = shape(
        "deepseek2",
        attention__head_count_kv=1,
        attention__key_length=40,
        attention__value_length=32,
        attention__key_length_mla=24,
        attention__value_length_mla=16,
    )
    assert cache(model, 1024) == 4 * 1024 * 40 * 2


def test_recurrent_layers_cost_the_same_at_any_length() -> None:
    ssm = {"ssm__conv_kernel": 4, "ssm__inner_size": 128, "ssm__state_size": 16, "ssm__group_count": 2}
    model = shape("qwen35", **ssm)
    assert [bool(layer.state_bytes) for layer in model.layers] == [True, True, True, False]
    state = 4 * (3 * (128 + 2 * 2 * 16) + 16 * 128)
    assert cache(model, 1024) == 3 * state * 8 + 1024 * 64 * 2
    assert sequences_of(model) == 8
    hybrid = shape("granitehybrid", attention__head_count_kv=[0, 0, 2, 0], **ssm)
    assert [layer.key_width for layer in hybrid.layers] == [0, 0, 32, 0]
    assert shape("mamba2", **ssm).layers[0].key_width == 0
    assert (
        shape("lfm2", attention__head_count_kv=[0, 2, 0, 2], shortconv__l_cache=3).layers[0].state_bytes == 4 * 64 * 2
    )


def test_weights_and_layers_that_are_not_loaded() -> None:
    model = shape()
    tensors = header().tensors
    assert model.tied
    assert model.weights == sum(tensor.size for tensor in tensors)
    guessing = shape(nextn_predict_layers=1)
    assert len(guessing.layers) == 3
    assert model.weights - guessing.weights == model.layers[0].weights
    assert model.parameters == sum(tensor.elements for tensor in tensors)


def test_experts_are_read_in_part() -> None:
    tensors = tiny_tensors() | {"blk.0.ffn_up_exps.weight": ((64, 128, 8), 8)}
    metadata = tiny_metadata() | {"llama.expert_count": 8, "llama.expert_used_count": 2}
    data = gguf(metadata, tensors)
    model = shape_of([parse_header(lambda o, n: data[o : o + n], len(data), "m.gguf")])
    experts = 64 * 128 * 8 // 32 * 34
    layers = sum(layer.weights for layer in model.layers)
    assert model.bytes_per_token == pytest.approx(layers - experts * 0.75 + model.output_weights + model.other_weights)


def test_a_gpu_takes_its_share() -> None:
    """The output first, then the layers from the last one on, as llama.cpp does."""
    model = shape()
    three = estimate(model, Use(1024, gpu_layers=3))
    none, all_ = estimate(model, Use(1024)), estimate(model, Use(1024, gpu_layers=99))
    assert three.ram.cache == three.vram.cache == none.ram.cache // 2
    assert three.vram.weights == all_.vram.weights - 2 * model.layers[0].weights
    assert estimate(model, Use(1024, gpu_layers=1)).vram.weights == model.output_weights + model.other_weights
    assert none.vram.total == 0
    assert all_.vram.weights == model.weights, "a tied table is needed on both sides"
    assert all_.ram.weights == model.input_weights


def test_as_many_layers_as_the_gpu_has_room_for() -> None:
    small = shape()
    model = replace(small, layers=tuple(replace(layer, weights=64 * MIB) for layer in small.layers))
    whole = estimate(model, Use(1024, gpu_layers=5)).vram.total + SPARE_BYTES
    assert gpu_layers_that_fit(model, Use(1024), whole) == 5
    assert gpu_layers_that_fit(model, Use(1024), whole - 1) == 4
    assert gpu_layers_that_fit(model, Use(1024), SPARE_BYTES) == 0
    assert gpu_layers_that_fit(model, Use(1024), whole - 1, GPU_PROCESS_BYTES - MIB) == 5, "a smaller card's driver"
    assert (
        gpu_layers_that_fit(small, Use(1024), estimate(small, Use(1024, gpu_layers=5)).vram.total + SPARE_BYTES) == 5
    ), "all of them, though all but one would take more room to work in"


def test_memory_on_a_gpu_as_measured() -> None:
    """An H200, and what its driver said of a worker with shapes of Llama 3, 16,384 tokens of context: within 5 %."""

    def llama(width: int, layers: int, weights: int, shared: int, table: int) -> Shape:
        one = replace(shape().layers[0], weights=weights // layers, key_width=shared, value_width=shared)
        return replace(
            shape(), width=width, vocabulary=128_256, layers=(one,) * layers, heads=32,
            input_weights=table, output_weights=table, other_weights=0,
        )  # fmt: skip

    for model, kind, measured in (
        (llama(2048, 16, 584_392_704, 512, 215_470_080), "f16", 2002),
        (llama(2048, 16, 584_392_704, 512, 215_470_080), "q8_0", 1762),
        (llama(4096, 32, 4_186_439_680, 1024, 430_940_160), "f16", 7182),
        (llama(4096, 32, 4_186_439_680, 1024, 430_940_160), "q8_0", 6222),
    ):
        found = estimate(model, Use(16_384, kind, ubatch=256, gpu_layers=len(model.layers) + 1))
        assert found.vram.total / MIB == pytest.approx(measured, rel=0.01)


def test_the_speed_of_a_gpu() -> None:
    """8B in four bits on an H200 wrote 265 tokens a second; its memory's speed alone would allow 1000."""
    read, card = 4.62e9, Machine(0, 40e9, vram_bandwidth=4.8e12, gpu_cores=16_896)
    assert 1 / (card.gpu_seconds(read) or 0) == pytest.approx(265, rel=0.05)
    slow = Machine(0, 40e9, vram_bandwidth=360e9, gpu_cores=3584)
    assert slow.gpu_seconds(read) == pytest.approx(read / (0.8 * 360e9) + 32 * 40e-6), "its memory is what limits it"
    assert Machine(0, 40e9).gpu_seconds(read) is None
    model = shape()
    use = Use(512, gpu_layers=5)
    told = judge(model, use, replace(card, free_ram=8 << 30, free_vram=8 << 30))
    assert told.tokens_per_second == pytest.approx(1 / (4 * 40e-6), rel=0.01)
    assert ", and 8.0 GB on the GPU, are free" in told.reason
    assert judge(model, use, Machine(8 << 30, 40e9, 8 << 30)).tokens_per_second is None, "the processor's says nothing"
    half = judge(model, replace(use, gpu_layers=2), Machine(8 << 30, 1e6, 8 << 30, 1e12)).tokens_per_second
    assert half == pytest.approx(0.8e6 / (0.6 * model.bytes_per_token), rel=0.01)


def test_attention_without_flash_is_copied_beside_the_plan() -> None:
    model = shape()
    without, flash = estimate(model, Use(8192)).ram, estimate(model, Use(8192, flash_attention=True)).ram
    assert without.overhead - flash.overhead == 2 * ubatch_of(Use(8192)) * 8192 * model.heads
    on_gpu = estimate(model, Use(8192, gpu_layers=len(model.layers) + 1, flash_attention=False)).ram
    assert on_gpu.overhead == flash.overhead


def test_verdicts() -> None:
    model = shape()
    needed = estimate(model, Use(512)).total
    well = judge(model, Use(512), Machine(needed + SPARE_BYTES, ram_bandwidth=1e9))
    assert (well.verdict, well.missing, well.longest_context) == (Verdict.WELL, 0, 512)
    assert well.tokens_per_second == pytest.approx(0.8e9 / model.bytes_per_token)
    assert "Expect about" in well.reason
    slow = judge(model, Use(512), Machine(needed + SPARE_BYTES, ram_bandwidth=model.bytes_per_token * 0.5))
    assert (slow.verdict, "less than one token" in slow.reason) == (Verdict.SLOWLY, True)
    shorter = judge(model, Use(512), Machine(needed + SPARE_BYTES - 1))
    assert (shorter.verdict, shorter.missing, shorter.longest_context) == (Verdict.NO, 1, 256)
    assert "A context of up to 256 tokens would fit." in shorter.reason
    never = judge(model, Use(512), Machine(MIB))
    assert (never.verdict, never.longest_context) == (Verdict.NO, 0)
    assert "close other programs, or choose a smaller model" in never.reason
    assert judge(model, Use(512), Machine(needed + SPARE_BYTES)).tokens_per_second is None


def test_what_limits_the_speed() -> None:
    few, many = Machine(0, 60e9, cores=2), Machine(0, 60e9, cores=16)
    assert few.weights_per_second(5e9) == pytest.approx(22e9), "the cores"
    assert many.weights_per_second(5e9) == pytest.approx(48e9), "the memory"
    assert many.weights_per_second(1e8) == pytest.approx(11e9), "one thread"
    assert Machine(0, cores=4).weights_per_second(5e9) == 0


def test_the_longest_context_is_the_longest() -> None:
    model = replace(shape(), trained_context_tokens=131_072)
    free = estimate(model, Use(20_000)).total + SPARE_BYTES
    longest = longest_context(model, Use(256), free)
    assert longest == 20_224
    assert estimate(model, Use(longest)).total + SPARE_BYTES <= free
    assert estimate(model, Use(longest + 1)).total + SPARE_BYTES > free


@pytest.mark.model
def test_a_dry_load_gives_the_same(tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp", reason="the engine is not installed")
    path = write_tiny(tmp_path / "m.gguf")
    use = Use(2048)
    measured, guess = fit_by_dry_load(path, use), estimate(shape_of([header(layers=2)]), use)
    assert measured.measured
    assert measured.ram.cache == guess.ram.cache
    assert measured.ram.output == pytest.approx(guess.ram.output, abs=0.01 * MIB)
    assert measured.ram.compute == pytest.approx(guess.ram.compute, abs=1.5 * MIB)
    assert measured.ram.weights == guess.ram.weights
    with Engine() as engine:
        options = engine.dry_load(path, LoadOptions(context_tokens=2048, gpu_layers=0)).options
    assert options.ubatch == ubatch_of(use), "the worker's own choices are those the estimate counts on"
