"""What is asked of llama.cpp where there is a graphics card, and what is said where it has no room."""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from tests.gguf.make_gguf import write_tiny

lib = pytest.importorskip("llama_cpp.llama_cpp")

from stillroom.engine.protocol import GPU_UBATCH, LARGEST_CPU_UBATCH, LEAST_CONTEXT_TOKENS, LoadOptions
from stillroom.errors import EngineError
from stillroom.settings import CONTEXT_TOKENS
from stillroom.worker import devices, llama_log
from stillroom.worker.devices import backend_name, choose_devices, free_gpu_memory, offloaded, why_not_loaded
from stillroom.worker.load_defaults import with_defaults
from stillroom.worker.process import check_fits


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lib, "llama_supports_gpu_offload", lambda: True)
    monkeypatch.setattr(lib, "llama_print_system_info", lambda: b"CUDA : ARCHS = 900 | CPU : AVX2 = 1 | ")


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize(("asked", "layers", "used"), [(None, -1, True), (12, 12, True), (0, 0, False)])
def test_a_card_computes_what_it_is_asked_to(asked: int | None, layers: int, used: bool) -> None:
    parameters = lib.llama_model_default_params()
    assert choose_devices(parameters, asked) is used
    assert parameters.n_gpu_layers == layers
    if used:
        assert not parameters.devices, "all there are"
    else:
        # A list of none, which ends at once: else long steps would go to the card all the same.
        assert ctypes.cast(parameters.devices, ctypes.POINTER(ctypes.c_void_p))[0] is None
    assert backend_name(used) == ("CUDA" if used else "CPU")
    assert (offloaded(-1, 32), offloaded(12, 32), offloaded(99, 32), offloaded(0, 32)) == (33, 12, 33, 0)


def test_without_a_card_the_processor_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lib, "llama_supports_gpu_offload", lambda: False)
    parameters = lib.llama_model_default_params()
    assert choose_devices(parameters, None) is False
    assert parameters.n_gpu_layers == 0


def test_devices_are_counted_by_their_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor, a card, a card that shares the machine's memory, and what helps a processor."""
    assert free_gpu_memory() >= 0, "the library that is installed answers"
    kinds, free = {1: 0, 2: 1, 3: 2, 4: 3}, {2: 6 << 30, 3: 1 << 30}

    def memory(device: int, into: ctypes._Pointer[ctypes.c_size_t], _whole: object) -> None:
        into._obj.value = free[device]  # type: ignore[attr-defined]

    library = SimpleNamespace(
        ggml_backend_dev_count=lambda: len(kinds),
        ggml_backend_dev_get=lambda number: number + 1,
        ggml_backend_dev_type=lambda device: kinds[device],
        ggml_backend_dev_memory=memory,
    )
    monkeypatch.setattr(devices, "load_backends", lambda: None)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    assert free_gpu_memory() == 7 << 30
    del library.ggml_backend_dev_memory
    assert free_gpu_memory() == 0


def test_a_card_without_room_is_no_damaged_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "free_gpu_memory", lambda: int(4.4 * 2**30))
    llama_log.forget_log()
    assert "is damaged" in why_not_loaded(Path("m.gguf"), gpu=True)
    llama_log._on_log(4, b"ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4403.49 MiB on device 0: cudaMalloc "
                         b"failed: out of memory\n", None)  # fmt: skip
    llama_log._on_log(4, b"llama_model_load: error loading model: unable to allocate CUDA0 buffer\n", None)
    assert why_not_loaded(Path("m.gguf"), gpu=True) == (
        "There is not enough memory for m.gguf: 4.4 GB are free on the GPU. Close other programs that use it, or choose a "
        "smaller model."
    )
    assert "this machine's is used up" in why_not_loaded(Path("m.gguf"), gpu=False)
    llama_log.forget_log()
    assert "is damaged" in why_not_loaded(Path("m.gguf"), gpu=True), "what failed before says nothing of this file"


def test_a_file_larger_than_ram_may_fit_on_a_card(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = write_tiny(tmp_path / "m.gguf")
    free, size = SimpleNamespace(available=1000), path.stat().st_size
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    monkeypatch.setattr(devices, "free_gpu_memory", lambda: size)
    check_fits(path, None)
    check_fits(path, 10)
    with pytest.raises(EngineError, match="Close other programs"):
        check_fits(path, 0)
    monkeypatch.setattr(devices, "free_gpu_memory", lambda: 0)
    with pytest.raises(EngineError, match="Close other programs"):
        check_fits(path, None)


@pytest.mark.parametrize("tokens", [-1, 1, 64, LEAST_CONTEXT_TOKENS - 1])
def test_a_context_too_short_to_work_with_is_refused(tokens: int) -> None:
    with pytest.raises(EngineError, match="is too short to work with"):
        with_defaults(LoadOptions(context_tokens=tokens), 10**9, 8192, gpu=False)
    assert CONTEXT_TOKENS.least == LEAST_CONTEXT_TOKENS, "what Settings take is what the worker takes"


def test_what_the_worker_chooses_with_a_card() -> None:
    def chosen(gpu: bool, **options: object) -> LoadOptions:
        return with_defaults(LoadOptions(**options), 10**9, 8192, gpu)  # type: ignore[arg-type]

    assert (chosen(gpu=True).ubatch, chosen(gpu=False).ubatch) == (GPU_UBATCH, LARGEST_CPU_UBATCH)
    assert chosen(gpu=True).flash_attention is None, "as llama.cpp decides"
    assert chosen(gpu=True, gpu_layers=12).flash_attention is True, "else it would take it for none of the layers"
    assert chosen(gpu=True, gpu_layers=12, flash_attention=False).flash_attention is False
    assert chosen(gpu=False, gpu_layers=0).flash_attention is False
