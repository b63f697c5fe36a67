"""What of a model's architecture decides how much memory it takes, read from the header of its file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stillroom.gguf.header import TOKENS, Header, LongArray, TensorInfo

# Every how many layers one sees the whole context, where the file does not say (llama.cpp's own defaults); true: the
# first of the group, not the last.
_WINDOW_PATTERNS: dict[str, tuple[int, bool]] = {
    "afmoe": (4, False),
    "cohere2": (4, False),
    "cohere2moe": (4, True),
    "exaone-moe": (4, False),
    "exaone4": (4, False),
    "gemma-embedding": (6, False),
    "gemma2": (2, False),
    "gemma3": (6, False),
    "gemma3n": (5, False),
    "gpt-oss": (2, False),
    "laguna": (4, True),
    "llama4": (4, False),
    "mellum": (4, False),
    "modern-bert": (3, True),
    "olmo2": (4, False),
    "plamo3": (8, False),
    "smallthinker": (4, True),
}
_WINDOW_DEFAULTS = {"gemma2": 4096, "llama4": 8192, "cohere2": 4096}
_INTERVAL_HYBRIDS = ("qwen35", "qwen35moe", "qwen3next", "qwen4exp", "minimax-01")
_ZERO_HEADS_HYBRIDS = (
    *(
        "bailingmoe3",
        "granitehybrid",
        "jamba",
        "kimi-linear",
        "lfm2",
        "lfm2moe",
        "nemotron_h",
        "nemotron_h_moe",
        "plamo2",
    ),
)
_RECURRENT = ("mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7")
_SHARES_KEYS = {"gemma3n": 20}  # layers from this one on use the keys of earlier ones
_BLOCK = re.compile(r"blk\.(\d+)\.")


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer.

    Attributes:
        key_width, value_width: elements kept for each token; 0 where nothing is kept.
        windowed: only the last ``Shape.window`` tokens are kept.
        state_bytes: of a recurrent layer, for each sequence, however long it is.
        weights: bytes of its tensors.
    """

    key_width: int
    value_width: int
    windowed: bool
    state_bytes: int
    weights: int


@dataclass(frozen=True, slots=True)
class Shape:
    """A model as far as memory and speed go. Sizes in bytes.

    Attributes:
        width: of a token's state. vocabulary: entries. merges: of the tokenizer.
        trained_context_tokens: what the model was trained for.
        window: tokens of a windowed layer; 0 where there is none.
        layers: those that are loaded.
        input_weights: of the token table; output_weights: of what turns states into probabilities (the same table where
            ``tied``); other_weights: the rest outside the layers.
        active_share: share of the layers' weights that one token reads; below 1 for a mixture of experts.
        heads: of attention, in the layer that has most.
        widest: elements of the widest intermediate result of a layer, for one token.
        recurrent: it has layers with a state.
        parameters: number of weights.
        quantization: the type most of the weights are in.
    """

    architecture: str
    width: int
    vocabulary: int
    merges: int
    trained_context_tokens: int
    window: int
    layers: tuple[Layer, ...]
    input_weights: int
    output_weights: int
    other_weights: int
    tied: bool
    active_share: float
    heads: int
    widest: int
    recurrent: bool
    parameters: int
    quantization: str

    @property
    def weights(self) -> int:
        """Bytes of all weights, each once."""
        output = 0 if self.tied else self.output_weights
        return sum(layer.weights for layer in self.layers) + self.input_weights + output + self.other_weights

    @property
    def bytes_per_token(self) -> float:
        """Bytes of weights read for one generated token."""
        return (
            sum(layer.weights for layer in self.layers) * self.active_share + self.output_weights + self.other_weights
        )


def shape_of(headers: Sequence[Header]) -> Shape:
    """The shape of a model, from the header of its file or of all its files in order.

    The headers should have gone through ``check_headers``; what is missing counts as nothing.
    """
    header = headers[0]
    arch = header.architecture
    tensors = [tensor for item in headers for tensor in item.tensors]
    count = header.integer(f"{arch}.block_count")
    # A layer that only guesses the next token is not loaded.
    count -= header.integer(f"{arch}.nextn_predict_layers")
    weights, rest = _weights(tensors, count)
    window = header.integer(f"{arch}.attention.sliding_window", _WINDOW_DEFAULTS.get(arch, 0))
    tokens = header.metadata.get(TOKENS)
    vocabulary = tokens.length if isinstance(tokens, LongArray) else 0
    merges = header.metadata.get("tokenizer.ggml.merges")
    tied = "output.weight" not in rest
    layers = _layers(header, count, weights, window)
    return Shape(
        architecture=arch,
        width=header.integer(f"{arch}.embedding_length"),
        vocabulary=vocabulary,
        merges=merges.length if isinstance(merges, LongArray) else 0,
        trained_context_tokens=header.integer(f"{arch}.context_length"),
        window=window if any(layer.windowed for layer in layers) else 0,
        layers=layers,
        input_weights=rest.pop("token_embd.weight", 0),
        output_weights=rest.pop("output.weight", 0) or _size_of(tensors, "token_embd.weight"),
        other_weights=sum(rest.values()),
        tied=tied,
        active_share=_active_share(header, tensors),
        heads=max(_by_layer(header, f"{arch}.attention.head_count", count, 0) or [0]),
        widest=_widest(header, count),
        recurrent=any(layer.state_bytes for layer in layers),
        parameters=sum(tensor.elements for tensor in tensors),
        quantization=_quantization(tensors),
    )


def _weights(tensors: Sequence[TensorInfo], count: int) -> tuple[list[int], dict[str, int]]:
    """Bytes by layer, and of every tensor outside the layers."""
    layers, rest = [0] * count, {}
    for tensor in tensors:
        block = _BLOCK.match(tensor.name)
        if block is None:
            rest[tensor.name] = tensor.size
        elif int(block[1]) < count:
            layers[int(block[1])] += tensor.size
    return layers, rest


def _size_of(tensors: Sequence[TensorInfo], name: str) -> int:
    return next((tensor.size for tensor in tensors if tensor.name == name), 0)


def _layers(header: Header, count: int, weights: Sequence[int], window: int) -> tuple[Layer, ...]:
    arch = header.architecture
    heads = _by_layer(header, f"{arch}.attention.head_count", count, 0)
    shared = _by_layer(header, f"{arch}.attention.head_count_kv", count, None) or heads
    width = header.integer(f"{arch}.embedding_length")
    head = width // heads[0] if heads and heads[0] else 0
    key, value = (
        header.integer(f"{arch}.attention.key_length", head),
        header.integer(f"{arch}.attention.value_length", head),
    )
    windowed_key = header.integer(f"{arch}.attention.key_length_swa", key)
    windowed_value = header.integer(f"{arch}.attention.value_length_swa", value)
    # Latent attention keeps one compressed vector a token, from which keys and values are made again.
    latent = (
        f"{arch}.attention.key_length_mla" in header.metadata
        and f"{arch}.attention.value_length_mla" in header.metadata
    )
    is_windowed = _windowed(header, count, window)
    recurrent = _recurrent(header, count, shared)
    own_keys = count - header.integer(f"{arch}.attention.shared_kv_layers")
    own_keys = min(own_keys, _SHARES_KEYS.get(arch, own_keys))
    state = _state_bytes(header, heads)
    feed_forward = _by_layer(header, f"{arch}.feed_forward_length", count, 0) or [0] * count
    layers = []
    for number in range(count):
        both = arch == "falcon-h1"
        keeps = number < own_keys and (both or not recurrent[number])
        if arch.startswith("nemotron_h") and feed_forward[number]:
            keeps = False
        per_key, per_value = (windowed_key, windowed_value) if is_windowed[number] else (key, value)
        layers.append(
            Layer(
                key_width=per_key * shared[number] if keeps else 0,
                value_width=per_value * shared[number] if keeps and not latent else 0,
                windowed=is_windowed[number] and keeps,
                state_bytes=state if recurrent[number] or both else 0,
                weights=weights[number],
            )
        )
    return tuple(layers)


def _by_layer(header: Header, key: str, count: int, default: int | None) -> list[int]:
    value = header.metadata.get(key, default)
    if isinstance(value, tuple):
        numbers = [int(item) for item in value if isinstance(item, int)]
        return (numbers + [0] * count)[:count]
    return [value] * count if isinstance(value, int) else []


def _windowed(header: Header, count: int, window: int) -> list[bool]:
    arch = header.architecture
    pattern = header.metadata.get(f"{arch}.attention.sliding_window_pattern")
    if not window or arch == "phi3":
        return [False] * count
    if isinstance(pattern, tuple):
        return ([bool(item) for item in pattern] + [False] * count)[:count]
    default, first = _WINDOW_PATTERNS.get(arch, (0, False))
    every = pattern if isinstance(pattern, int) and not isinstance(pattern, bool) else default
    if arch not in _WINDOW_PATTERNS or every <= 0:
        return [every == 0 and arch in _WINDOW_PATTERNS] * count
    return [number % every != (0 if first else every - 1) for number in range(count)]


def _recurrent(header: Header, count: int, shared: Sequence[int]) -> list[bool]:
    arch = header.architecture
    if arch in _RECURRENT:
        return [True] * count
    if arch in _INTERVAL_HYBRIDS:
        named = header.metadata.get(f"{arch}.attention.recurrent_layers")
        if isinstance(named, tuple):
            return ([bool(item) for item in named] + [False] * count)[:count]
        every = header.integer(f"{arch}.full_attention_interval", 4) or 4
        return [(number + 1) % every != 0 for number in range(count)]
    if arch in _ZERO_HEADS_HYBRIDS:
        forward = _by_layer(header, f"{arch}.feed_forward_length", count, 0) or [0] * count
        only_forward = arch.startswith("nemotron_h")
        return [not shared[number] and not (only_forward and forward[number]) for number in range(count)]
    return [False] * count


def _state_bytes(header: Header, heads: Sequence[int]) -> int:
    """Of one recurrent layer and one sequence, in 32-bit numbers."""
    arch = header.architecture
    width = header.integer(f"{arch}.embedding_length")
    wkv, short = header.integer(f"{arch}.wkv.head_size"), header.integer(f"{arch}.shortconv.l_cache")
    if wkv:
        return 4 * (header.integer(f"{arch}.token_shift_count", 2) * width + width * wkv)
    if short:
        return 4 * width * (short - 1)
    kernel, inner = header.integer(f"{arch}.ssm.conv_kernel"), header.integer(f"{arch}.ssm.inner_size")
    state, groups = header.integer(f"{arch}.ssm.state_size"), header.integer(f"{arch}.ssm.group_count")
    kda = header.integer(f"{arch}.kda.head_dim")
    if kda and heads:
        return 4 * heads[0] * kda * (3 * max(kernel - 1, 0) + kda)
    return 4 * (max(kernel - 1, 0) * (inner + 2 * groups * state) + state * inner)


def _active_share(header: Header, tensors: Sequence[TensorInfo]) -> float:
    experts = header.integer(f"{header.architecture}.expert_count")
    used = header.metadata.get(f"{header.architecture}.expert_used_count")
    most = max((item for item in used if isinstance(item, int)), default=0) if isinstance(used, tuple) else used
    if experts <= 0 or not isinstance(most, int):
        return 1.0
    in_layers = sum(tensor.size for tensor in tensors if _BLOCK.match(tensor.name))
    of_experts = sum(tensor.size for tensor in tensors if "_exps." in tensor.name)
    return 1.0 - of_experts / max(1, in_layers) * (1 - most / experts)


def _widest(header: Header, count: int) -> int:
    arch = header.architecture
    width = header.integer(f"{arch}.embedding_length")
    forward = max(_by_layer(header, f"{arch}.feed_forward_length", count, 0) or [0])
    experts = header.metadata.get(f"{arch}.expert_used_count")
    used = max((n for n in experts if isinstance(n, int)), default=0) if isinstance(experts, tuple) else experts
    expert_forward = max(_by_layer(header, f"{arch}.expert_feed_forward_length", count, 0) or [0])
    inner = header.integer(f"{arch}.ssm.inner_size")
    wide = max(forward, (used if isinstance(used, int) else 0) * max(expert_forward, width), inner)
    heads = _by_layer(header, f"{arch}.attention.head_count", count, 0)
    attention = max(heads or [0]) * header.integer(f"{arch}.attention.key_length", 0)
    # The state itself, its sum, and two results of the widest step are alive at once.
    return 3 * width + max(2 * wide, 3 * max(attention, width))


def _quantization(tensors: Sequence[TensorInfo]) -> str:
    sizes: dict[str, int] = {}
    for tensor in tensors:
        sizes[tensor.type.name] = sizes.get(tensor.type.name, 0) + tensor.size
    return max(sizes, key=lambda name: sizes[name], default="")
