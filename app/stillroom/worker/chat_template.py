"""Renders a model's own chat template: a program from a file of unknown origin, so in a sandbox, with limits on time and memory."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jinja2
import jinja2.ext
import llama_cpp.llama_cpp as lib
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from stillroom.engine.protocol import ENDLESS_TEMPLATE, Message
from stillroom.errors import EngineError
from stillroom.worker.llama import LoadedModel

_SECONDS = 2.0
_PROCESSOR_SECONDS = 4.0
_MEMORY_BYTES = 192 << 20  # that rendering may take
_PROMPT_CHARACTERS = 32 << 20
_REPEATED = 1 << 20  # letters or items that a multiplication may make
_SHOWN = 300  # characters of what a template says went wrong
_BITS = 4096  # of a number


class _Environment(ImmutableSandboxedEnvironment):
    """A sandbox in which a short expression makes no long text and no large number."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "**":
            too_large = _bits(left) * (abs(right) if isinstance(right, int) else 1) > _BITS
        else:
            too_large = _length(left) * _times(right) > _REPEATED or _length(right) * _times(left) > _REPEATED
            too_large = too_large or _bits(left) + _bits(right) > _BITS
        if too_large:
            raise jinja2.TemplateRuntimeError("it makes something too large")
        return super().call_binop(context, operator, left, right)


def _bits(value: Any) -> int:
    return value.bit_length() if isinstance(value, int) else 0


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str | bytes | list | tuple) else 0


def _times(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _environment() -> _Environment:
    """As llama-cpp-python's formatter makes its own."""
    made = _Environment(
        loader=jinja2.BaseLoader(),
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[Jinja2ChatFormatter.IgnoreGenerationTags, jinja2.ext.loopcontrols],
    )
    made.filters["tojson"] = Jinja2ChatFormatter.tojson
    return made


def render(model: LoadedModel, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
    """The prompt for a conversation. Raises EngineError where the model has no template, or a bad one."""
    if not model.chat_template:
        raise EngineError("This model has no chat template: it continues text, but was not made to answer questions.")
    beginning = model.control_text(lib.llama_vocab_bos(model.vocab))
    try:
        with _memory_limit(_MEMORY_BYTES), _time_limit(_SECONDS):
            formatter = Jinja2ChatFormatter(
                template="",
                eos_token=model.control_text(lib.llama_vocab_eos(model.vocab)),
                bos_token=beginning,
                add_generation_prompt=add_generation_prompt,
            )
            formatter._environment = _environment().from_string(model.chat_template)
            text = _rendered(formatter, messages, typed=False)
            if any(message.content not in text for message in messages):
                # Templates of models that see pictures often want the parts of a message, not its text.
                parts = _rendered(formatter, messages, typed=True)
                text = parts if all(message.content in parts for message in messages) else text
    except TimeoutError as error:
        raise EngineError(ENDLESS_TEMPLATE) from error
    except MemoryError as error:
        raise EngineError("The model's chat template takes too much memory. Choose another model.") from error
    except (
        jinja2.TemplateError,
        ArithmeticError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        RecursionError,
    ) as error:
        raise EngineError(f"The model's chat template cannot be used: {str(error)[:_SHOWN]}") from error
    if len(text) > _PROMPT_CHARACTERS:
        raise EngineError("The model's chat template writes more than any model reads. Choose another model.")
    # The tokenizer puts the beginning token in front itself.
    if lib.llama_vocab_get_add_bos(model.vocab) and beginning and text.startswith(beginning):
        text = text[len(beginning) :]
    return text


def _rendered(formatter: Jinja2ChatFormatter, messages: Sequence[Message], *, typed: bool) -> str:
    turns: Any = [
        {
            "role": message.role,
            "content": [{"type": "text", "text": message.content}] if typed else message.content,
        }
        for message in messages
    ]
    return str(formatter(messages=turns).prompt)


@contextlib.contextmanager
def _memory_limit(size: int) -> Iterator[None]:
    """Raises MemoryError inside the block where this process grows by more than so many bytes. Linux only; elsewhere the
    bounds of the sandbox serve."""
    if sys.platform != "linux":
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    allowed = pages * resource.getpagesize() + size
    lowest = [limit for limit in (allowed, *before) if limit != resource.RLIM_INFINITY]
    try:
        resource.setrlimit(resource.RLIMIT_AS, (min(lowest), before[1]))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raises TimeoutError inside the block. Where the system has no such alarm the engine's watch over the worker serves.

    That exception waits for Python, and one comparison of nested lists, one sum of many or one power may go on for hours without it.
    So the system ends this process (SIGPROF) once it has computed for longer than the alarm could be late; its owner knows why.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        raise TimeoutError

    previous, last = signal.signal(signal.SIGALRM, stop), signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, _PROCESSOR_SECONDS)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGALRM, previous)
        signal.signal(signal.SIGPROF, last)
