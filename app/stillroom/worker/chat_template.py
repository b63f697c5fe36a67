"""Renders a model's own chat template: a program from a file of unknown origin, so in a sandbox and with a time limit."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import jinja2
import llama_cpp.llama_cpp as lib
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from stillroom.engine.protocol import Message
from stillroom.errors import EngineError
from stillroom.worker.llama import LoadedModel

_SECONDS = 2.0


def render(model: LoadedModel, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
    """The prompt for a conversation. Raises EngineError where the model has no template, or a bad one."""
    if not model.chat_template:
        raise EngineError("This model has no chat template: it continues text, but was not made to answer questions.")
    beginning = model.control_text(lib.llama_vocab_bos(model.vocab))
    try:
        with _time_limit(_SECONDS):
            formatter = Jinja2ChatFormatter(
                template=model.chat_template,
                eos_token=model.control_text(lib.llama_vocab_eos(model.vocab)),
                bos_token=beginning,
                add_generation_prompt=add_generation_prompt,
            )
            text = _rendered(formatter, messages, typed=False)
            if any(message.content not in text for message in messages):
                # Templates of models that see pictures often want the parts of a message, not its text.
                parts = _rendered(formatter, messages, typed=True)
                text = parts if all(message.content in parts for message in messages) else text
    except TimeoutError as error:
        raise EngineError("The model's chat template does not come to an end. Choose another model.") from error
    except (jinja2.TemplateError, ValueError, TypeError, RecursionError) as error:
        raise EngineError(f"The model's chat template cannot be used: {error}") from error
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
def _time_limit(seconds: float) -> Iterator[None]:
    """Raises TimeoutError inside the block. Where the system has no such alarm the engine's watch over the worker serves."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        raise TimeoutError

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
