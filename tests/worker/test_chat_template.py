"""What a chat template may take of the machine: little, whatever is written in it."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stillroom.engine.protocol import Message
from stillroom.errors import EngineError

pytest.importorskip("llama_cpp")

BOMBS = (
    "{{ 'a' * 10**10 }}",
    "{% set n = 10**9 %}{{ 'a' * n * 10 }}",
    "{{ [messages] * 10**9 }}",
    "{{ 9 ** (9 ** (9 ** 9)) }}",
    "{{ 10 ** 100000000 }}",
    "{{ 3**2000 * 3**2000 }}",
    "{% set ns = namespace(x='a' * 1000) %}{% for _ in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x='a' * 1000) %}{% for _ in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
    "{{ '%9999999999d' % 1 }}",
    "{{ '{:9999999999}'.format(1) }}",
    "{{ 'a'.ljust(10**10) }}",
    "{{ 'a' | center(10**10) }}",
    "{{ ('a' * 1000000).replace('a', 'b' * 1000000) }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}{% endfor %}",
    "{% for a in range(10**12) %}{% endfor %}",
    "{{ range(99999) | list | string | list | string | list | string | list | string | list | string }}",
    "{% macro f(n) %}{{ f(n + 1) ~ f(n + 1) }}{% endmacro %}{{ f(0) }}",
    "{% for a in range(99999) recursive %}{{ loop([1] * 9) }}{% endfor %}",
    "{% macro f() %}{{ caller() }}{% endmacro %}{% macro g() %}{% call f() %}{{ g() }}{% endcall %}{% endmacro %}{{ g() }}",
    "{{ 'a' | indent(10**9) | wordwrap(1) | upper | replace('a', 'a' * 1000000) | replace('a', 'a' * 1000000) }}",
    "{% set x = ['a' * 1000000] * 1000 %}{{ x | join(',') | list | batch(2) | list | string }}",
    "{{ ([[1] * 1000] * 1000) | sum(start=[]) | tojson(indent=999999) }}",
    "{{ " + "(" * 2000 + "1" + ")" * 2000 + " }}",
    "{{ " + "-" * 100000 + "1 }}",
    "{% if a %}" * 3000 + "x" + "{% endif %}" * 3000,
    "{{ messages.nothing.nothing }}",
    "{{ 1 / 0 }}",
)

# One step of the interpreter each, which no exception interrupts.
ENDLESS = (
    "{{ ([[1] * 100] * 10000) | sum(start=[]) | sum }}",
    "{{ ('a' * 1000000 ~ 'b') in ['a' * 1000000 ~ 'c'] * 1000000 }}",
    "{{ (['a' * 1000000 ~ 'c'] * 1000000).count('a' * 1000000 ~ 'd') }}",
    "{{ 1.5 | round(100000000, 'ceil') }}",
    "{% set n = namespace(x=[1], y=[1]) %}{% for _ in range(60) %}{% set n.x = [n.x, n.x] %}{% set n.y = [n.y, n.y] %}"
    "{% endfor %}{{ n.x == n.y }}",
    "{% set n = namespace(x=(1,)) %}{% for _ in range(60) %}{% set n.x = (n.x, n.x) %}{% endfor %}{{ {n.x: 1} }}",
)
_ALONE = """
import sys
from types import SimpleNamespace
import llama_cpp.llama_cpp as lib
for name in ("llama_vocab_bos", "llama_vocab_eos", "llama_vocab_get_add_bos"):
    setattr(lib, name, lambda _vocab: 0)
from stillroom.engine.protocol import Message
from stillroom.worker import chat_template
chat_template._SECONDS, chat_template._PROCESSOR_SECONDS = 0.5, 1.0
model = SimpleNamespace(chat_template=sys.argv[1], vocab=None, control_text=lambda _token: "")
chat_template.render(model, [Message("user", "Hello")], add_generation_prompt=True)
"""


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Any:
    import llama_cpp.llama_cpp as lib

    for name in ("llama_vocab_bos", "llama_vocab_eos", "llama_vocab_get_add_bos"):
        monkeypatch.setattr(lib, name, lambda _vocab: 0)
    return SimpleNamespace(chat_template="", vocab=None, control_text=lambda _token: "")


@pytest.mark.parametrize("template", BOMBS)
def test_a_template_takes_little_memory_and_time(model: Any, template: str) -> None:
    from stillroom.worker.chat_template import render

    model.chat_template = template
    before, limits = _peak(), resource.getrlimit(resource.RLIMIT_AS)
    began = time.monotonic()
    with pytest.raises(EngineError) as failure:
        render(model, [Message("user", "Hello")], add_generation_prompt=True)
    assert len(failure.value.message) < 500
    assert _peak() - before < 400 << 20
    assert time.monotonic() - began < 10
    assert resource.getrlimit(resource.RLIMIT_AS) == limits


@pytest.mark.parametrize("template", ENDLESS)
def test_what_no_exception_interrupts_the_system_ends(template: str) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run([sys.executable, "-c", _ALONE, template], capture_output=True, check=False, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    said_itself = b"does not come to an end" in ended.stderr or b"too much memory" in ended.stderr
    assert ended.returncode == -signal.SIGPROF or said_itself
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5


def test_what_templates_really_do_still_works(model: Any) -> None:
    from stillroom.worker.chat_template import render

    model.chat_template = (
        "{{ '=' * 20 }}{% for m in messages %}{% if loop.index0 % 2 * 3 == 0 %}{{ m.role }}: {{ m.content | trim }}"
        "{% endif %}{% endfor %}{% if add_generation_prompt %}>{% endif %}{{ 2 ** 10 }}{{ messages | tojson | length }}"
    )
    text = render(model, [Message("user", "Hello")], add_generation_prompt=True)
    assert text.startswith("=" * 20 + "user: Hello>1024")


def _peak() -> int:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return (
        int(next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line).split()[1])
        << 10
    )
