"""Whether a model file may be handed to native code: what is known to end a process there is refused here with a reason."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

from stillroom.gguf.header import TOKENS, GgufError, Header, LongArray, TensorInfo, read_header
from stillroom.gguf.projector import ProjectorShape, check_projector_header, shape_of_projector
from stillroom.gguf.values import check_numbers_are_finite, number, wrong

# llama.cpp's own limits; beyond them it ends the process.
_MAX_LAYERS = 512
_MAX_EXPERTS = 1024
_MAX_WIDTH = 1 << 20
_MAX_HEADS = 65_536
_MAX_CONTEXT = (1 << 31) - 1
_MAX_PARTS = 1000
_ROPE_SCALINGS = ("none", "linear", "yarn", "longrope")
_TOKENIZERS_WITH_MERGES = ("gpt2", "gemma4")

_PART = re.compile(r"(?i)-(\d{5})-of-(\d{5})$")
_BLOCK = re.compile(r"blk\.(\d+)\.")


class FileKind(StrEnum):
    """What a GGUF file holds."""

    MODEL = "model"
    PROJECTOR = "projector"
    ADAPTER = "adapter"


def kind_of(header: Header) -> FileKind:
    """A language model, the part of one that sees pictures, or an adapter (LoRA) for one."""
    if header.text("general.type") == "adapter" or "adapter.type" in header.metadata:
        return FileKind.ADAPTER
    if header.architecture == "clip" or header.text("general.type") == "mmproj":
        return FileKind.PROJECTOR
    return FileKind.MODEL


def part_number(path: Path) -> tuple[int, int] | None:
    """(number, count) of a file of a model in several files, as its name says; None for a whole one."""
    part = _PART.search(path.stem)
    return (int(part[1]), int(part[2])) if part else None


def parts_of(path: Path) -> list[Path]:
    """The files of a model, given any one of them; whether they exist is not looked at. Raises GgufError for an impossible number."""
    part = part_number(path)
    if part is None:
        return [path]
    number, count = part
    if not 1 <= number <= count <= _MAX_PARTS:
        raise GgufError(
            f"{path.name} says that it is part {number} of {count}, which cannot be. Fetch the model again."
        )
    stem = _PART.sub("", path.stem)
    return [path.with_name(f"{stem}-{n:05}-of-{count:05}{path.suffix}") for n in range(1, count + 1)]


def check_file(path: Path) -> Header:
    """Look at a model's file, or all its files, as far as the header goes: a fraction of a second.

    Returns the header of the (first) file.

    Raises:
        GgufError: it cannot be read, is incomplete, or holds what native code would not survive.
    """
    parts = parts_of(path)
    headers = [read_header(part) for part in parts]
    check_headers(headers)
    return headers[0]


def check_projector(path: Path, model: Path) -> ProjectorShape:
    """Refuse what is no projector for this model, as far as the headers say. Raises GgufError."""
    header = check_file(path)
    if kind_of(header) is not FileKind.PROJECTOR:
        raise GgufError(
            f"{path.name} is no projector (mmproj), so no model sees pictures with it. Choose another file."
        )
    shape = shape_of_projector(header)
    own = check_file(model)
    width = own.integer(f"{own.architecture}.embedding_length")
    if shape.width and shape.width != width:
        raise GgufError(
            f"The projector {path.name} was made for a model of width {shape.width}, and {model.name} has {width}. "
            "Use the projector that comes with the model."
        )
    return shape


def check_headers(headers: list[Header]) -> None:
    """The same for headers that were read already: of the one file, or of all in order. Raises GgufError."""
    first = headers[0]
    tensors = [tensor for header in headers for tensor in header.tensors]
    _check_parts(headers, len(tensors))
    if not first.architecture:
        raise wrong(first, "it does not say of which architecture it is")
    if not tensors:
        raise wrong(first, "it has no weights")
    if kind_of(first) is FileKind.MODEL:
        _check_model(first, tensors)
    if kind_of(first) is FileKind.ADAPTER:
        _check_adapter(first, tensors)
    if kind_of(first) is FileKind.PROJECTOR:
        check_projector_header(first)


def _check_parts(headers: list[Header], tensor_count: int) -> None:
    first = headers[0]
    for place, header in enumerate(headers):
        count = header.integer("split.count")
        if (count > 1 or len(headers) > 1) and (count != len(headers) or header.integer("split.no", -1) != place):
            raise wrong(header, "it is one of several files, and its name does not say which")
    if len(headers) > 1:
        if tensor_count != first.integer("split.tensors.count", -1):
            raise wrong(first, "its other files do not belong to it")
        if len({tensor.name for header in headers for tensor in header.tensors}) != tensor_count:
            raise wrong(first, "its files hold the same twice")


def _check_model(header: Header, tensors: list[TensorInfo]) -> None:
    arch = header.architecture
    layers = number(header, f"{arch}.block_count", 1, _MAX_LAYERS)
    assert layers is not None
    number(header, f"{arch}.embedding_length", 1, _MAX_WIDTH)
    number(header, f"{arch}.context_length", 1, _MAX_CONTEXT)
    for key, most in (
        ("feed_forward_length", _MAX_WIDTH * 16),
        ("attention.head_count", _MAX_HEADS),
        ("attention.head_count_kv", _MAX_HEADS),
        ("expert_used_count", _MAX_EXPERTS),
    ):
        _per_layer(header, f"{arch}.{key}", layers, most)
    for key, most in (
        ("attention.key_length", _MAX_WIDTH),
        ("attention.value_length", _MAX_WIDTH),
        ("attention.key_length_swa", _MAX_WIDTH),
        ("attention.value_length_swa", _MAX_WIDTH),
        ("attention.sliding_window", _MAX_CONTEXT),
        ("attention.shared_kv_layers", layers),
        ("nextn_predict_layers", layers),
        ("leading_dense_block_count", layers),
        ("ssm.conv_kernel", 4096),
        ("ssm.inner_size", _MAX_WIDTH),
        ("ssm.state_size", _MAX_WIDTH),
        ("ssm.group_count", _MAX_WIDTH),
        ("ssm.time_step_rank", _MAX_WIDTH),
        ("wkv.head_size", _MAX_WIDTH),
    ):
        number(header, f"{arch}.{key}", 0, most, required=False)
    # llama.cpp divides by these.
    number(header, f"{arch}.full_attention_interval", 1, _MAX_CONTEXT, required=False)
    if arch == "ernie4_5-moe":
        number(header, f"{arch}.interleave_moe_layer_step", 1, _MAX_CONTEXT, required=False)
    _check_attention(header, tensors)
    _check_windows(header, layers)
    _check_experts(header)
    check_numbers_are_finite(header)
    scaling = header.metadata.get(f"{arch}.rope.scaling.type", "none")
    if scaling not in _ROPE_SCALINGS:
        raise wrong(header, "it stretches its context in a way this version does not know")
    for tensor in tensors:
        block = _BLOCK.match(tensor.name)
        if block and int(block[1]) >= layers:
            raise wrong(header, f"it has weights of layer {block[1]} and only {layers} layers")
    _check_widths(header, tensors)
    _check_vocabulary(header, tensors)


def _check_adapter(header: Header, tensors: list[TensorInfo]) -> None:
    """Pairs of matrices, one narrow and long, one wide and low, each pair for a tensor of the model."""
    if header.text("adapter.type") != "lora":
        raise wrong(header, "it is an adapter of a kind other than LoRA")
    check_numbers_are_finite(header)
    names = {tensor.name for tensor in tensors}
    for tensor in tensors:
        stem, _, half = tensor.name.rpartition(".lora_")
        if half not in ("a", "b") or f"{stem}.lora_{'b' if half == 'a' else 'a'}" not in names:
            raise wrong(header, f"its weights do not come in pairs ({tensor.name[:60]})")


def _check_attention(header: Header, tensors: list[TensorInfo]) -> None:
    """The widths of heads: positions are turned in pairs within a head, and a graph that cannot be built ends the process."""
    arch = header.architecture
    heads = _largest(header, f"{arch}.attention.head_count")
    if not heads:
        if any(".attn_q." in tensor.name or ".attn_qkv." in tensor.name for tensor in tensors):
            raise wrong(header, "it has attention and says that it has no heads")
        return
    shared = _largest(header, f"{arch}.attention.head_count_kv")
    if shared and heads % shared:
        raise wrong(header, f"{heads} heads cannot share {shared}")
    width = header.integer(f"{arch}.attention.key_length") or header.integer(f"{arch}.embedding_length") // heads
    for suffix in ("", "_swa"):
        turned = number(header, f"{arch}.rope.dimension_count{suffix}", 0, _MAX_WIDTH, required=False) or 0
        widest = max(
            width,
            header.integer(f"{arch}.attention.key_length{suffix}"),
            header.integer(f"{arch}.attention.key_length_mla"),
        )
        if turned > widest or turned % 2:
            raise wrong(header, "the width of its heads is not possible")


def _check_widths(header: Header, tensors: list[TensorInfo]) -> None:
    """Where layers have different numbers of heads, their weights must be as wide as these say."""
    arch = header.architecture
    shared = header.metadata.get(f"{arch}.attention.head_count_kv")
    heads = _largest(header, f"{arch}.attention.head_count")
    if not isinstance(shared, tuple) or not heads:
        return
    widths = {
        header.integer(f"{arch}.attention.key_length"),
        header.integer(f"{arch}.attention.key_length_swa"),
        header.integer(f"{arch}.embedding_length") // heads,
    } - {0}
    for tensor in tensors:
        block = _BLOCK.match(tensor.name)
        if block and tensor.name.endswith(".attn_k.weight") and len(tensor.shape) > 1:
            count = shared[int(block[1])]
            if tensor.shape[1] not in {int(count) * width for width in widths if isinstance(count, int)}:
                raise wrong(header, f"the weights of layer {block[1]} do not fit its heads")


def _check_windows(header: Header, layers: int) -> None:
    """Layers that see only the last tokens: some must, where a window is given, and none without one."""
    arch = header.architecture
    pattern = header.metadata.get(f"{arch}.attention.sliding_window_pattern")
    if isinstance(pattern, tuple):
        window = header.integer(f"{arch}.attention.sliding_window")
        if len(pattern) > _MAX_LAYERS or not all(isinstance(item, int) for item in pattern):
            raise wrong(header, "its sliding_window_pattern is not possible")
        if bool(window) != any(pattern[:layers]):
            raise wrong(header, "its window and the layers that use it do not fit together")
    if arch in ("gemma3n", "gemma4") and header.integer(f"{arch}.attention.shared_kv_layers") > layers - 2:
        raise wrong(header, "too many of its layers use the keys of others")
    if arch.startswith("lfm2") and header.integer(f"{arch}.shortconv.l_cache", 3) < 2:
        raise wrong(header, "its shortconv.l_cache is not possible")


def _check_experts(header: Header) -> None:
    arch = header.architecture
    experts = number(header, f"{arch}.expert_count", 0, _MAX_EXPERTS, required=False) or 0
    used = _largest(header, f"{arch}.expert_used_count")
    groups = number(header, f"{arch}.expert_group_count", 0, _MAX_EXPERTS, required=False) or 0
    used_groups = number(header, f"{arch}.expert_group_used_count", 0, _MAX_EXPERTS, required=False) or 0
    if experts == 1 and arch.startswith("hunyuan"):
        return
    possible = (0 < used <= experts and groups < experts) if experts else used == 0 == groups
    if possible and groups > 1:
        possible = experts % groups == 0 and 0 < used_groups < groups
    if not possible:
        raise wrong(header, "what it says of its experts is not possible")


def _check_vocabulary(header: Header, tensors: list[TensorInfo]) -> None:
    tokens = header.metadata.get(TOKENS)
    if header.metadata.get("tokenizer.ggml.model") == "no_vocab":
        raise wrong(header, "it has no vocabulary")
    if header.metadata.get("tokenizer.ggml.model") == "bert":
        raise wrong(header, "it only compares texts, and can neither read nor write answers")
    if not isinstance(tokens, LongArray) or tokens.type != "string" or not 0 < tokens.length <= 1 << 24:
        raise wrong(header, "it has no vocabulary")
    if tokens.distinct != tokens.length:
        raise wrong(header, "its vocabulary has the same entry twice")
    for key in ("scores", "token_type"):
        length = _length(header.metadata.get(f"tokenizer.ggml.{key}"))
        if length is not None and length < tokens.length:
            raise wrong(header, "its vocabulary is incomplete")
    if header.text("tokenizer.ggml.model") in _TOKENIZERS_WITH_MERGES:
        merges = header.metadata.get("tokenizer.ggml.merges")
        if not isinstance(merges, LongArray) or merges.type != "string":
            raise wrong(header, "its vocabulary is incomplete")
    embedding = next((tensor for tensor in tensors if tensor.name == "token_embd.weight"), None)
    if embedding is not None:
        width = header.integer(f"{header.architecture}.embedding_length")
        if len(embedding.shape) < 2 or embedding.shape[0] != width or embedding.shape[1] != tokens.length:
            raise wrong(header, "its weights do not fit its vocabulary")


# -- values


def _per_layer(header: Header, key: str, layers: int, most: int) -> None:
    value = header.metadata.get(key)
    if isinstance(value, tuple):
        if len(value) != layers or not all(type(item) is int and 0 <= item <= most for item in value):
            raise wrong(header, f"its {key.rpartition('.')[2]} is not possible")
    else:
        number(header, key, 0, most, required=False)


def _largest(header: Header, key: str) -> int:
    value = header.metadata.get(key)
    if isinstance(value, tuple):
        return max((item for item in value if isinstance(item, int)), default=0)
    return value if isinstance(value, int) else 0


def _length(value: object) -> int | None:
    if isinstance(value, LongArray):
        return value.length
    return len(value) if isinstance(value, tuple) else None
