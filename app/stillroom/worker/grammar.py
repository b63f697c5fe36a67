"""Holds what is written to a JSON Schema: the sampled token is checked first, and the vocabulary masked only where it does not fit."""

from __future__ import annotations

import contextlib
import ctypes
import json
from collections.abc import Iterator

import llama_cpp.llama_cpp as lib
import numpy as np
from llama_cpp.llama_grammar import json_schema_to_gbnf

from stillroom.errors import EngineError
from stillroom.worker.llama import LoadedModel

_SCHEMA_BYTES = 64 << 10


class Grammar:
    """A grammar on its way through an answer."""

    def __init__(self, model: LoadedModel, sampler: object) -> None:
        self._model = model
        self._sampler = sampler

    def allows(self, token: int) -> bool:
        """Whether the answer may go on with this token."""
        one = (lib.llama_token_data * 1)(lib.llama_token_data(token, 0.0, 0.0))
        lib.llama_sampler_apply(self._sampler, ctypes.byref(lib.llama_token_data_array(one, 1, -1, False)))
        return bool(one[0].logit > -1e30)

    def mask(self) -> None:
        """Make every token that may not come impossible, in llama.cpp's own buffer of the last logits."""
        count = self._model.vocabulary
        logits = np.ctypeslib.as_array(lib.llama_get_logits_ith(self._model.context, -1), shape=(count,))
        kind = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
        rows = np.zeros(count, dtype=kind)
        rows["id"] = np.arange(count)
        data = ctypes.cast(rows.ctypes.data, ctypes.POINTER(lib.llama_token_data))
        lib.llama_sampler_apply(self._sampler, ctypes.byref(lib.llama_token_data_array(data, count, -1, False)))
        logits[rows["id"][rows["logit"] < -1e30]] = -np.inf

    def accept(self, token: int) -> None:
        lib.llama_sampler_accept(self._sampler, token)


@contextlib.contextmanager
def grammar_of(model: LoadedModel, schema: str) -> Iterator[Grammar | None]:
    """The grammar of a JSON Schema; None for an empty one. Raises EngineError where it cannot be one."""
    if not schema:
        yield None
        return
    if len(schema) > _SCHEMA_BYTES:
        raise EngineError("The JSON Schema is too long to hold an answer to. Use a shorter one.")
    try:
        json.loads(schema)
        text = json_schema_to_gbnf(schema)
    except (ValueError, KeyError, TypeError, AssertionError, RecursionError, AttributeError) as error:
        raise EngineError(
            f"The JSON Schema cannot be used: {error}. Correct it, or let the model answer freely."
        ) from error
    sampler = lib.llama_sampler_init_grammar(model.vocab, text.encode(), b"root")
    if not sampler:
        raise EngineError("The JSON Schema cannot be used by the engine. Make it simpler.")
    try:
        yield Grammar(model, sampler)
    finally:
        lib.llama_sampler_free(sampler)
