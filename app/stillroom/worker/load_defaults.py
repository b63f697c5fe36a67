"""What the worker chooses where nobody said how a model is to be loaded."""

from __future__ import annotations

import os
from dataclasses import replace

from stillroom.engine.limits import SMALL_MODEL_BYTES, check_context
from stillroom.engine.protocol import (
    GPU_UBATCH,
    LARGEST_CPU_UBATCH,
    LEAST_CONTEXT_TOKENS,
    USUAL_CONTEXT_TOKENS,
    LoadOptions,
)


def with_defaults(options: LoadOptions, size: int, trained: int, gpu: bool) -> LoadOptions:
    """The options with the worker's own choices in the place of zeros and None.

    Args:
        size: of the weights in bytes. trained: tokens of context the model was trained for; 0 for unknown.

    Raises EngineError where the context is too short to work with.
    """
    check_context(options.context_tokens)
    cores = max(1, (os.cpu_count() or 1))
    # A cancel, and a chat token beside a batch, wait for one ubatch.
    ubatch = options.ubatch or (GPU_UBATCH if gpu else LARGEST_CPU_UBATCH)
    if not gpu:
        ubatch = min(ubatch, LARGEST_CPU_UBATCH)
    flash = options.flash_attention
    if flash is None and not gpu:
        # On the processor it takes two to three times as long as plain attention wherever fewer than 64 tokens are
        # evaluated at a time. A cache of fewer bits has no other.
        flash = options.kv_type != "f16"
    elif flash is None and options.gpu_layers is not None:
        # With layers on both sides llama.cpp takes it for none of them, and its room for plain attention is that of layers.
        flash = True
    return replace(
        options,
        flash_attention=flash,
        context_tokens=min(options.context_tokens or USUAL_CONTEXT_TOKENS, max(trained, LEAST_CONTEXT_TOKENS) * 4),
        threads_prompt=options.threads_prompt or cores,
        threads_generate=options.threads_generate or (1 if size < SMALL_MODEL_BYTES else cores),
        ubatch=ubatch,
    )
