"""Messages between the engine and its worker: one JSON object a line over private pipes.

A request is ``{"id": n, "op": NAME, ...}``, n > 0; ``{"id": n, "op": "cancel"}`` stops request n. The worker answers with
events ``{"id": n, "event": NAME, ...}``: ``progress`` (``value`` 0–1), ``text`` (generated ``text``), and exactly one of
``result`` (``data``), ``error`` (``message``, ``details``, ``retryable``) or ``cancelled``. Events of id 0 belong to no
request: ``hello`` (first line; its version as ``protocol``), ``log`` (a line of llama.cpp's log as ``text``), ``status``
(the fields of WorkerStatus; at least every second while it works: silence means that it hangs). The worker leaves when
its standard input closes.

============ =================================== ======================
op           with                               data of the result
============ =================================== ======================
``load``     ``path``, ``options`` LoadOptions  ModelInfo
``score``    ``request`` ScoreRequest           ScoreResult
``spans``    ``request`` SpanRequest            SpanResult
``generate`` ``request`` GenerateRequest        Generation
``render``   ``messages`` [Message],            ``{"text": str}``
             ``add_generation_prompt`` bool
``count``    ``texts`` [str],                   ``{"counts": [int]}``
             ``pictures`` [[width, height]]
``tokens``   ``pieces`` [Piece]                 ``{"tokens": [[int]]}``
``embed``    ``request`` EmbedRequest           Embeddings
``measure``  ``request`` MeasureRequest         Measurement
``quantize`` ``request`` QuantizeRequest        Quantized
``dry_load`` ``path``, ``options`` LoadOptions  DryLoad
``unload``                                      ``{}``
============ =================================== ======================

The dataclasses here are the payloads; ``codec`` turns them into plain data and back, checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# A chat's token and a cancel wait for one step of a batch; larger steps are hardly faster on a processor.
LARGEST_CPU_UBATCH = 60

# Measured on an H200: a model of 8B reads 25 % faster than with 256, and 5 % slower than with 1024.
GPU_UBATCH = 512

# The context a model is loaded with, and judged by, where nobody said another.
USUAL_CONTEXT_TOKENS = 8192

# The shortest one: llama.cpp ends the process where a context has fewer cells than sequences, and in fewer than these no question
# about a document has room.
LEAST_CONTEXT_TOKENS = 512

PROTOCOL_VERSION = 1

# Said by the worker where it could stop the template, and by the engine where the system had to end the worker.
ENDLESS_TEMPLATE = "The model's chat template does not come to an end. Choose another model."


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter (GGUF) that is added to a model. ``scale``: how much of it, 1 for as it was trained."""

    path: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How a model is loaded. Zero or None: the worker's own choice.

    Attributes:
        context_tokens: cells of the shared key-value cache, at least LEAST_CONTEXT_TOKENS.
        threads_prompt, threads_generate: of prompt evaluation and of generation.
        ubatch: tokens evaluated at a time; also how soon a cancel is seen.
        gpu_layers: offloaded layers; None for as many as fit where the build has a GPU backend.
        flash_attention: None: on a GPU as llama.cpp decides, on a processor only where the cache needs it.
        kv_type: of the cache's elements: ``f16``, ``q8_0``.
        prompt_speed, generate_speed: tokens a second to expect on an idle machine, as they were measured; where the
            worker falls far below because the machine is busy, it tries fewer threads. 0: it learns them.
        kept_bytes: of memory for the states of documents that left the context, not to read them again; negative for none.
        kept_folder: where states are written as well, for the next process too; empty for nowhere.
        kept_folder_bytes: that they may take there.
        adapters: added to the model.
        projector: path of the file (GGUF) with which the model sees pictures; empty for none.
    """

    context_tokens: int = 0
    threads_prompt: int = 0
    threads_generate: int = 0
    ubatch: int = 0
    gpu_layers: int | None = None
    flash_attention: bool | None = None
    kv_type: str = "f16"
    prompt_speed: float = 0.0
    generate_speed: float = 0.0
    kept_bytes: int = 0
    kept_folder: str = ""
    kept_folder_bytes: int = 0
    adapters: tuple[Adapter, ...] = ()
    projector: str = ""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What the worker says of a loaded model. Sizes in bytes, lengths in tokens.

    Attributes:
        name: by which the person knows it. path: of the file that is loaded, which may be its faster copy.
    """

    name: str
    path: str
    architecture: str
    quantization: str
    parameters: int
    size: int
    context_tokens: int
    trained_context_tokens: int
    vocabulary: int
    has_chat_template: bool
    gpu_layers: int
    backend: str
    load_seconds: float
    options: LoadOptions

    @property
    def sees_pictures(self) -> bool:
        return bool(self.options.projector)


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """Bytes a model takes on one device (``CPU``, ``CUDA0`` …), by what they are for."""

    device: str
    weights: int
    cache: int
    compute: int
    output: int


@dataclass(frozen=True, slots=True)
class DryLoad:
    """What loading a model would take, as llama.cpp plans it; nothing was loaded. ``options``: with the worker's choices."""

    devices: tuple[DeviceMemory, ...]
    options: LoadOptions


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a prompt.

    Attributes:
        text: as it is.
        special: true for our own text, in which ``<|im_end|>`` and the like are control tokens; false for text of a
            document or a person, where they are plain characters.
        picture: in the place of the text, a picture: PNG in base64, as the reader made it. Only to be answered to, by a model
            with a projector.
    """

    text: str
    special: bool = False
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question about the text in front of it, and the answers to score.

    Attributes:
        suffix: evaluated after the shared prefix, before each candidate (our own text: control tokens allowed).
        candidates: texts; each is followed by ``end`` when scored.
        end: what closes an answer (control tokens allowed), so that "Nike" is not the beginning of "Nike Inc.".
    """

    suffix: str
    candidates: tuple[str, ...]
    end: str = ""


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """A request to score candidates of several questions on one prefix.

    Attributes:
        prefix: pieces evaluated in order, each once; a piece that was evaluated before with the same pieces in front
            is taken from the cache.
    """

    prefix: tuple[Piece, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """Natural-log probabilities of each candidate with its end, by question.

    Attributes:
        scores: ``scores[question][candidate]``.
        lengths: tokens of each candidate with its end, same shape.
        prefix_tokens: of the whole prefix; evaluated_tokens: those that were not in the cache, with the questions'.
        seconds: spent evaluating.
    """

    scores: tuple[tuple[float, ...], ...]
    lengths: tuple[tuple[int, ...], ...]
    prefix_tokens: int
    evaluated_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SpanQuestion:
    """A question whose answer is to be quoted from a text.

    Attributes:
        suffix: evaluated after the shared prefix, before the answer (our own text: control tokens allowed).
        end: what closes an answer; the probability of its first token counts.
        within: what an answer may not reach beyond: its ``line``, its ``paragraph``; ``text`` for no such limit.
        count: answers wanted.
        max_tokens: of the longest answer.
    """

    suffix: str
    end: str
    within: str = "text"
    count: int = 4
    max_tokens: int = 48


@dataclass(frozen=True, slots=True)
class SpanRequest:
    """A request to quote the answers to questions from a text.

    Attributes:
        prefix: as for scoring.
        text: quoted from; it should stand in the prefix, which the model has read.
        width: beginnings of answers that are followed at a time.
    """

    prefix: tuple[Piece, ...]
    text: str
    questions: tuple[SpanQuestion, ...]
    width: int = 6


@dataclass(frozen=True, slots=True)
class QuotedSpan:
    """An answer: ``text[start:end]`` of the request, whole words, and its natural-log probability with its end.

    A run of white space counts as one space there, and soft hyphens are skipped.
    """

    start: int
    end: int
    log_probability: float


@dataclass(frozen=True, slots=True)
class SpanResult:
    """The best answers by question, most probable first; one that stands in several places has a span for each.

    Attributes:
        prefix_tokens, evaluated_tokens, seconds: as for scoring.
    """

    spans: tuple[tuple[QuotedSpan, ...], ...]
    prefix_tokens: int
    evaluated_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation; role is ``system``, ``user`` or ``assistant``. ``pictures``: before the text, as in Piece."""

    role: str
    content: str
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen. Temperature 0 is greedy: the same every time."""

    temperature: float = 0.0
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    repeat_penalty: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """A request to write text after a prompt.

    Attributes:
        prompt: as for scoring; the tokens of an earlier prompt with the same beginning are reused.
        max_tokens: of the answer.
        stop: texts that end the answer (not part of it), besides the model's own end of turn.
        interactive: a person is waiting: goes before batch work.
        schema: a JSON Schema as text that the answer is held to; empty for none.
    """

    prompt: tuple[Piece, ...]
    max_tokens: int
    sampling: Sampling = field(default_factory=Sampling)
    stop: tuple[str, ...] = ()
    interactive: bool = False
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Generation:
    """What was written. ``stop_reason``: ``end`` (the model's own), ``stop`` (a stop text), ``length``, ``context`` (no room left)."""

    text: str
    stop_reason: str
    prompt_tokens: int
    cached_tokens: int
    tokens: int
    prompt_seconds: float
    seconds: float


@dataclass(frozen=True, slots=True)
class EmbedRequest:
    """What texts are about, to be told apart by.

    Attributes:
        max_tokens: read of each, from its beginning; the worker reads 512 at most.
        before, after: a frame around each text. With something ``after`` it, the vector is what the model makes of the last token.
    """

    texts: tuple[str, ...]
    max_tokens: int = 512
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Embeddings:
    """A vector a text: the mean of the model's last hidden states over its tokens, or that of the last one of its frame.

    Attributes:
        evaluated_tokens: of all texts.
        token_bytes: bytes of each text that a token stands for: few where the model's vocabulary does not know the language.
        means: where the vectors are those of a frame's last token, the means over the tokens of the text in it; else none.
    """

    vectors: tuple[tuple[float, ...], ...]
    evaluated_tokens: int
    token_bytes: tuple[float, ...] = ()
    means: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class MeasureRequest:
    """A request to measure the loaded model's speed for a while.

    Attributes:
        kind: ``prompt`` (text that is only read), ``score`` (text whose every token's logits are wanted) or ``generate``.
        threads: to measure with; 0 for those it was loaded with.
        seconds: to measure for; at least one step is measured, however long it takes.
    """

    kind: str
    threads: int = 0
    seconds: float = 0.3


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured. ``speed``: tokens a second, of the median step; ``step_seconds``: its time; ``tokens``: evaluated."""

    speed: float
    step_seconds: float
    tokens: int


@dataclass(frozen=True, slots=True)
class QuantizeRequest:
    """A request to write a model file in another quantization. The worker has no model loaded meanwhile.

    Attributes:
        source: a GGUF file (the first part where there are several).
        target: the file to write; written over where there is one.
        quantization: ``Q4_0``, ``Q8_0``, ``Q4_K_M`` …
        threads: 0 for one a core.
        dry: only tell the size.
    """

    source: str
    target: str
    quantization: str
    threads: int = 0
    dry: bool = False


@dataclass(frozen=True, slots=True)
class Quantized:
    """Sizes in bytes of all tensors (a file's header is small beside them), and the seconds it took."""

    source_size: int
    size: int
    seconds: float
