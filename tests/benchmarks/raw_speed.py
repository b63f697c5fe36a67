"""Prompt and generation speed through the worker against the bare library with the same settings.

    python tests/benchmarks/raw_speed.py --model M.gguf [--rounds 5] [--prompt 512] [--generate 128]

Each round is measured on both, taking turns to go first, so that noise of the machine hits both; the medians and their
ratios are printed. Through the worker it is wall-clock time of whole requests, pipes and JSON included: one with a prompt
never seen before and one token of answer, then the same prompt again, which is in the cache, with a long answer. The bare library
does the same with llama.cpp's own calls: one context, ``llama_decode`` and a greedy sampler.

On an NVIDIA H200, all layers there, ubatch 512, weights of ``made_weights.py`` (shape in Q4_K_M: worker, bare, their ratio):
8B prompt 7991, 9202, 0.87, generation 243.5, 251.1, 0.97; 1B prompt 26353, 37484, 0.70, generation 663.8, 701.2, 0.95. What is missing
is the same for every model: some 5 ms a request and 0.1 ms a token, and the prompt's last token, which is evaluated by itself.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as the worker sets it, before libggml is loaded

import llama_cpp.llama_cpp as lib

from stillroom.engine.engine import Engine, Limits
from stillroom.engine.protocol import GenerateRequest, LoadOptions, ModelInfo, Piece

_KV_TYPES = {"f16": 1, "q8_0": 8, "q4_0": 2}  # enum ggml_type
_WORDS = (
    "the of a to river stone market letter winter paper engine garden house number seven blue under glass open road"
)


class Bare:
    """llama.cpp by its own calls, with the settings the worker reports."""

    def __init__(self, path: Path, info: ModelInfo) -> None:
        options = info.options
        lib.llama_backend_init()
        self._log = lib.llama_log_callback(lambda *_: None)  # kept: C holds no reference
        lib.llama_log_set(self._log, None)
        parameters = lib.llama_model_default_params()
        parameters.n_gpu_layers = info.gpu_layers
        self._model = lib.llama_model_load_from_file(str(path).encode(), parameters)
        self._vocab = lib.llama_model_get_vocab(self._model)
        context = lib.llama_context_default_params()
        context.n_ctx = options.context_tokens
        context.n_batch = context.n_ubatch = options.ubatch
        context.n_threads = options.threads_generate
        context.n_threads_batch = options.threads_prompt
        flash = {None: lib.LLAMA_FLASH_ATTN_TYPE_AUTO, True: lib.LLAMA_FLASH_ATTN_TYPE_ENABLED}
        context.flash_attn_type = flash.get(options.flash_attention, lib.LLAMA_FLASH_ATTN_TYPE_DISABLED)
        context.type_k = context.type_v = _KV_TYPES[options.kv_type]
        context.no_perf = True
        self._context = lib.llama_init_from_model(self._model, context)
        self._size = options.ubatch

    def tokenize(self, text: str) -> list[int]:
        data = text.encode()
        buffer = (lib.llama_token * (len(data) + 8))()
        count = lib.llama_tokenize(self._vocab, data, len(data), buffer, len(buffer), True, False)
        return list(buffer[:count])

    def run(self, prompt: str, length: int) -> tuple[float, float]:
        """Tokens a second: of the prompt with one token of answer, and of the answer."""
        tokens = self.tokenize(prompt)
        lib.llama_memory_clear(lib.llama_get_memory(self._context), False)
        sampler = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        lib.llama_sampler_chain_add(sampler, lib.llama_sampler_init_greedy())
        started = time.perf_counter()
        for start in range(0, len(tokens), self._size):
            self._decode(tokens[start : start + self._size])
        token = lib.llama_sampler_sample(sampler, self._context, -1)
        prompt_seconds = time.perf_counter() - started
        started = time.perf_counter()
        for _ in range(length):
            self._decode([token])
            token = lib.llama_sampler_sample(sampler, self._context, -1)
        seconds = time.perf_counter() - started
        lib.llama_sampler_free(sampler)
        return len(tokens) / prompt_seconds, length / seconds

    def _decode(self, tokens: list[int]) -> None:
        array = (lib.llama_token * len(tokens))(*tokens)
        if lib.llama_decode(self._context, lib.llama_batch_get_one(array, len(tokens))):
            raise SystemExit("llama_decode failed")


def worker_speeds(engine: Engine, prompt: str, length: int) -> tuple[float, float]:
    """The same through the worker."""
    pieces = (Piece(prompt),)
    started = time.perf_counter()
    first = engine.generate(GenerateRequest(pieces, max_tokens=1, interactive=True))
    prompt_seconds = time.perf_counter() - started
    started = time.perf_counter()
    second = engine.generate(GenerateRequest(pieces, max_tokens=length, interactive=True))
    seconds = time.perf_counter() - started
    fresh = second.prompt_tokens - second.cached_tokens
    if first.cached_tokens > 8 or fresh > 8:
        raise SystemExit(f"the cache is not as expected: {first.cached_tokens} before, {fresh} after")
    return first.prompt_tokens / prompt_seconds, max(1, second.tokens) / seconds


def prompt_of(number: int, tokens: int, bare: Bare) -> str:
    """Words without meaning, a different row each time, of about so many tokens."""
    chance, words_known = random.Random(number), _WORDS.split()
    # A number in front, for the rows to differ from their first token on, also where a token is a letter.
    words = [str(number), *(chance.choice(words_known) for _ in range(tokens))]
    while len(bare.tokenize(" ".join(words))) > tokens:
        words.pop()
    return " ".join(words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--generate", type=int, default=128)
    parser.add_argument("--threads-prompt", type=int, default=0)
    parser.add_argument("--threads-generate", type=int, default=0)
    arguments = parser.parse_args()
    options = LoadOptions(threads_prompt=arguments.threads_prompt, threads_generate=arguments.threads_generate)
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    with Engine(limits=Limits(silence=300)) as engine:  # a machine may be very busy
        info = engine.load(arguments.model, options)
        bare = Bare(arguments.model, info)
        for number in range(arguments.rounds + 1):
            prompt = prompt_of(number, arguments.prompt, bare)
            order = ("worker", "bare") if number % 2 == 0 else ("bare", "worker")
            for side in order:
                if side == "worker":
                    ours.append(worker_speeds(engine, prompt, arguments.generate))
                else:
                    theirs.append(bare.run(prompt, arguments.generate))
    settings = info.options
    print(
        f"{info.name} {info.quantization}, context {settings.context_tokens}, ubatch {settings.ubatch}, "
        f"threads: prompt {settings.threads_prompt}, generation {settings.threads_generate}; median of {arguments.rounds}"
    )
    for place, name in enumerate(("prompt", "generation")):
        # The first round warms both up.
        left = statistics.median(speeds[place] for speeds in ours[1:])
        right = statistics.median(speeds[place] for speeds in theirs[1:])
        paired = statistics.median(a[place] / b[place] for a, b in zip(ours[1:], theirs[1:], strict=True))
        print(
            f"{name:11} worker {left:8.1f} tokens/s, bare {right:8.1f}; ratio {left / right:.3f}, of pairs {paired:.3f}"
        )


if __name__ == "__main__":
    main()
