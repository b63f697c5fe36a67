"""Adapters (LoRA) in a loaded model: read once, in force in every context of it. Only the worker imports this module."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as lib

from stillroom.engine.protocol import Adapter
from stillroom.errors import EngineError


class Adapters:
    """The adapters of one model. llama.cpp frees them with it."""

    def __init__(self, model: Any, adapters: Sequence[Adapter]) -> None:
        """Read them. Raises EngineError for one that does not belong to the model."""
        self._loaded = [_read(model, Path(adapter.path)) for adapter in adapters]
        self._scales = [adapter.scale for adapter in adapters]

    def use_in(self, context: Any) -> None:
        """Add them to what this context computes from now on. Raises EngineError."""
        count = len(self._loaded)
        pointers = (lib.llama_adapter_lora_p_ctypes * count)(*self._loaded)
        scales = (ctypes.c_float * count)(*self._scales)
        if count and lib.llama_set_adapters_lora(context, pointers, count, scales) != 0:
            raise EngineError("The adapter could not be put into the model. Detach it, or use another model.")


def _read(model: Any, path: Path) -> Any:
    adapter = lib.llama_adapter_lora_init(model, os.fsencode(path))
    if not adapter:
        raise EngineError(
            f"The adapter {path.name} does not belong to this model: it was made for one with other layers or widths. "
            "Detach it, or use the model it was trained on."
        )
    return adapter
