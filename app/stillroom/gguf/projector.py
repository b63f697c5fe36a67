"""Projectors: the file (mmproj) with which a language model sees pictures. Checked before native code sees it, as models are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from stillroom.gguf.header import Header
from stillroom.gguf.values import check_numbers_are_finite, number, wrong

_VISION = "clip.vision"
_BLOCK = re.compile(r"v\.blk\.(\d+)\.")
_MOST_LAYERS, _MOST_WIDTH, _MOST_HEADS = 512, 65_536, 1024
_MOST_SIDE = 16_384
# What the tensor that writes into the model's own width is called, by kind, and which of its lengths that width is.
# Other kinds are left to llama.cpp, which refuses another width as well.
_OUTPUTS: Mapping[str, tuple[str, int]] = {
    "mlp": ("mm.2.weight", 1),
    "phi4": ("mm.2.weight", 1),
    "pixtral": ("mm.2.weight", 1),
    "lightonocr": ("mm.2.weight", 1),
    "dots_ocr": ("mm.2.weight", 1),
    "kimivl": ("mm.2.weight", 1),
    "lfm2": ("mm.2.weight", 1),
    "paddleocr": ("mm.2.weight", 1),
    "internvl": ("mm.3.weight", 1),
    "qwen2vl_merger": ("mm.2.weight", 1),
    "qwen2.5vl_merger": ("mm.2.weight", 1),
    "qwen2.5o": ("mm.2.weight", 1),
    "janus_pro": ("mm.1.bias", 0),
    "gemma3": ("mm.input_projection.weight", 0),
    "gemma3nv": ("mm.input_projection.weight", 0),
    "gemma4v": ("mm.input_projection.weight", 1),
    "idefics3": ("mm.model.fc.weight", 1),
}
# Their tokens depend on what stands around a picture, and cells are reused wherever the picture stands.
_NOT_USED = ("deepseek4v", "hunyuanvl")
# What llama.cpp sets aside for each patch: rows of the encoder's own width, and of the layer between (measured: exact for
# encoders whose pictures have one size; others take as much for every picture that is as large).
_ROWS, _WIDE_ROWS = 3, 1


@dataclass(frozen=True, slots=True)
class ProjectorShape:
    """What memory and fit depend on.

    Attributes:
        kind: as llama.cpp names it. width: of the model it belongs to; 0 where the header does not say.
        weights: bytes. compute: bytes while a picture is looked at, about.
    """

    kind: str
    width: int
    weights: int
    compute: int

    @property
    def total(self) -> int:
        return self.weights + self.compute


def check_projector_header(header: Header) -> None:
    """Refuse what native code would not survive, or what sees no pictures. Raises GgufError."""
    if header.metadata.get("clip.has_vision_encoder") is not True:
        raise wrong(header, "it sees no pictures")
    if not _kind(header):
        raise wrong(header, "it does not say of which kind it is")
    if _kind(header) in _NOT_USED:
        raise wrong(header, "this version does not use projectors of its kind")
    check_numbers_are_finite(header)
    width = number(header, f"{_VISION}.embedding_length", 1, _MOST_WIDTH) or 1
    heads = number(header, f"{_VISION}.attention.head_count", 1, _MOST_HEADS) or 1
    layers = number(header, f"{_VISION}.block_count", 0, _MOST_LAYERS) or 0
    side = number(header, f"{_VISION}.image_size", 1, _MOST_SIDE) or 1
    patch = number(header, f"{_VISION}.patch_size", 1, side) or 1
    number(header, f"{_VISION}.feed_forward_length", 0, _MOST_WIDTH * 16)
    number(header, f"{_VISION}.projection_dim", 0, _MOST_WIDTH * 16)
    for key, most in (
        ("projector.scale_factor", 64),
        ("spatial_merge_size", 64),
        ("attention.head_dim", _MOST_WIDTH),
        ("attention.head_count_kv", heads),
    ):
        number(header, f"{_VISION}.{key}", 1, most, required=False)
    for key, most in (
        ("preproc_image_size", _MOST_SIDE),
        ("image_min_pixels", _MOST_SIDE**2),
        ("image_max_pixels", _MOST_SIDE**2),
        ("n_wa_pattern", _MOST_LAYERS),
        ("window_size", _MOST_SIDE),
        ("projector.query_side", 1024),
        ("projector.window_side", 1024),
    ):
        number(header, f"{_VISION}.{key}", 0, most, required=False)
    tiles = number(header, f"{_VISION}.preproc_max_tiles", 1, 256, required=False)
    number(header, f"{_VISION}.preproc_min_tiles", 1, tiles or 256, required=False)
    if width % heads:
        raise wrong(header, f"{heads} heads cannot share a width of {width}")
    for key in ("image_mean", "image_std"):
        colours = header.metadata.get(f"{_VISION}.{key}")
        if not isinstance(colours, tuple) or len(colours) < 3 or not all(isinstance(each, float) for each in colours):
            raise wrong(header, f"its {key} is missing or of the wrong kind")
    _check_tensors(header, width, layers, side, patch)


def _check_tensors(header: Header, width: int, layers: int, side: int, patch: int) -> None:
    """Graphs that cannot be built end the process."""
    for tensor in header.tensors:
        block = _BLOCK.match(tensor.name)
        if block and int(block[1]) >= layers:
            raise wrong(header, f"it has weights of layer {block[1]} and only {layers} layers")
        if block and re.search(r"\.attn_[qkv]\.weight$", tensor.name) and tensor.shape[0] != width:
            raise wrong(header, f"the weights of layer {block[1]} do not fit its width")
        if tensor.name == "v.patch_embd.weight" and len(tensor.shape) == 4 and tensor.shape[0] != patch:
            raise wrong(header, "its patches have another size than it says")
        if tensor.name == "v.position_embd.weight" and tensor.shape[0] != width:
            raise wrong(header, "its places have another width than it says")
        if tensor.name == "v.position_embd.weight" and _kind(header) in ("janus_pro", "gemma3", "idefics3"):
            places = tensor.shape[1] if len(tensor.shape) > 1 else 1
            if places != (side // patch) ** 2:
                raise wrong(header, "it has another number of places than of patches")


def shape_of_projector(header: Header) -> ProjectorShape:
    """Of a header that was checked. Raises GgufError."""
    kind = _kind(header)
    name, place = _OUTPUTS.get(kind, ("", 0))
    output = next((tensor for tensor in header.tensors if tensor.name == name), None)
    if name and (output is None or len(output.shape) <= place):
        raise wrong(header, f"it has no {name}")
    width = header.integer(f"{_VISION}.embedding_length")
    wide = max(header.integer(f"{_VISION}.feed_forward_length"), width)
    patches = (header.integer(f"{_VISION}.image_size") // max(1, header.integer(f"{_VISION}.patch_size"))) ** 2
    return ProjectorShape(
        kind=kind,
        width=output.shape[place] if output is not None else 0,
        weights=header.tensor_bytes,
        compute=4 * patches * (_ROWS * width + _WIDE_ROWS * wide),
    )


def _kind(header: Header) -> str:
    return header.text("clip.projector_type") or header.text(f"{_VISION}.projector_type")
