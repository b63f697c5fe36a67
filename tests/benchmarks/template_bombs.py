"""Chat templates that were made to take the machine, through real workers: seconds, memory and sentence of each.

    python tests/benchmarks/template_bombs.py --model M.gguf

Each template of ``tests/worker/test_chat_template.py``, and of a longer list here, takes the place of the model's own; a worker loads it
and renders a talk. Prints a line a template, with the seconds that the worker computed and in brackets those that one waited, and the worst
of all. The exit status is 1 where one computed for more than 8 seconds, took more than 200 MiB, or was no sentence where it cannot be
rendered.
"""

from __future__ import annotations

import argparse
import resource
import struct
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.worker.test_chat_template import BOMBS, ENDLESS

from stillroom.engine.engine import Engine
from stillroom.engine.protocol import LoadOptions, Message
from stillroom.errors import EngineError

_SECONDS, _BYTES = 8.0, 200 << 20
# Every filter and method that may take more than it is given, each at its worst. Some come out small and are rendered.
MORE = (
    "{{ ([[1] * 10000] * 1000) | sum(start=[]) | length }}",
    "{{ ('a' * 1000000 ~ 'b') in ['a' * 1000000 ~ 'c'] * 1000000 }}",
    "{{ (['a' * 1000000 ~ 'c'] * 1000000) | sort | length }}",
    "{{ (['a' * 1000000 ~ 'c'] * 1000000) | unique | list | length }}",
    "{{ (['a' * 1000000 ~ 'c'] * 1000000) | groupby('x') | length }}",
    "{{ (['a' * 1000000 ~ 'c'] * 1000000) | max }}",
    "{{ (['a' * 1000000 ~ 'c'] * 1000000) | map('upper') | list | length }}",
    "{{ (['a' * 1000000 ~ 'c'] * 1000000) | map('replace', 'a', 'b') | list | length }}",
    "{{ (['a' * 1000000 ~ 'c'] * 1000000) | select('equalto', 'a') | list | length }}",
    "{{ (['a' * 1000000 ~ 'c'] * 1000000).count('a' * 1000000 ~ 'd') }}",
    "{{ (['a' * 1000000 ~ 'c'] * 1000000).index('a' * 1000000 ~ 'd') }}",
    "{{ (['a' * 1000000 ~ 'c'] * 1000000) == (['a' * 1000000 ~ 'd'] * 1000000) }}",
    "{% set ns = namespace(x=[1], y=[1]) %}{% for _ in range(60) %}"
    "{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
    "{% set ns = namespace(x=(1,)) %}{% for _ in range(60) %}{% set ns.x = (ns.x, ns.x) %}"
    "{% endfor %}{{ {ns.x: 1} | length }}",
    "{% set ns = namespace(x=(1,)) %}{% for _ in range(60) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=[1]) %}{% for _ in range(60) %}{% set ns.x = [ns.x, ns.x] %}"
    "{% endfor %}{{ ns.x | tojson }}",
    "{% set ns = namespace(x=[1]) %}{% for _ in range(60) %}{% set ns.x = [ns.x, ns.x] %}"
    "{% endfor %}{{ ns.x | pprint }}",
    "{{ 1.5 | round(100000000, 'ceil') }}",
    "{{ 1.5 | round(10000000, 'floor') }}",
    "{{ 3 | round(10000000) }}",
    "{{ ('a' * 1000000) | wordwrap(1) | length }}",
    "{{ ('a b ' * 250000) | wordwrap(1) | length }}",
    "{{ (' ' * 1000000 ~ 'a') | title | length }}",
    "{{ ('<' * 1000000) | striptags | length }}",
    "{{ ('<!--' * 250000) | striptags | length }}",
    "{{ ('www.a.com ' * 100000) | urlize | length }}",
    "{{ ('(' * 1000000) | urlize | length }}",
    "{{ ('a@' * 500000) | urlize | length }}",
    "{{ ('http://' * 140000) | urlize | length }}",
    "{{ ('((((((' * 140000 ~ 'http://a.b') | urlize | length }}",
    "{{ (' ' * 1000000 ~ 'a') | trim | length }}",
    "{{ ('a ' * 500000) | wordcount }}",
    "{{ ('\\n' * 1000000) | indent(1000) | length }}",
    "{{ ('\\n' * 1000000) | indent('x' * 1000000) | length }}",
    "{{ ('a' * 1000000) | batch(1) | list | length }}",
    "{{ [1] | batch(10**9, 'x') | list | length }}",
    "{{ range(100) | slice(10**9) | list | length }}",
    "{{ (range(99999) | list) | random }}",
    "{{ lipsum(n=100000) | length }}",
    "{{ lipsum(n=1, min=10**8, max=10**9) | length }}",
    "{% set c = cycler('a', 'b') %}{% for a in range(99999) %}{% for b in range(99999) %}"
    "{% set x = c.next() %}{% endfor %}{% endfor %}",
    "{% set j = joiner('a' * 1000000) %}{% for a in range(99999) %}{{ j() }}{% endfor %}",
    "{{ ('a' * 1000000) | list | join('b' * 1000000) | length }}",
    "{{ ('a' * 1000000) | center(10**8) | center(2 * 10**8) | length }}",
    "{{ ('a' * 1000000).expandtabs(10**9) | length }}",
    "{{ ('\\t' * 1000000).expandtabs(10**5) | length }}",
    "{{ 'a'.zfill(10**10) }}",
    "{{ '%*d' % (10**9, 1) }}",
    "{{ '%.*f' % (10**9, 1.5) }}",
    "{{ '%.1000000000f' % 1.5 }}",
    "{{ '{0:>1000000000}'.format(1) }}",
    "{{ '{:.1000000000f}'.format(1.5) }}",
    "{{ ('{0}' * 100000).format('a' * 100000) | length }}",
    "{{ ('%(a)s' * 100000) % {'a': 'a' * 100000} }}",
    "{{ ('a' * 100000).translate({97: 'b' * 100000}) | length }}",
    "{{ ('a' * 1000000).split('a') | length }}",
    "{{ ('ab' * 500000).count('a' * 1000 ~ 'b') }}",
    "{{ (('a' * 3000 ~ 'b') * 300).find('a' * 500000) }}",
    "{{ (('a' * 500000 ~ 'b') * 2).replace('a' * 250000 ~ 'b', 'c') | length }}",
    "{{ (range(99999) | list) | map('string') | map('length') | sum }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{{ a ~ b }}{% endfor %}{% endfor %}",
    "{% for a in range(99999) %}{% set x = range(99999) | list | sort %}{% endfor %}",
    "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    "{% macro f(n) %}{% if n %}{{ f(n - 1) ~ f(n - 1) ~ 'aaaaaaaaaaaaaa' }}{% endif %}{% endmacro %}{{ f(60) }}",
    "{{ ('1' * 100000) | int }}",
    "{{ ('1_' * 100000 ~ '1') | int }}",
    "{{ ('1' * 1000000) | float }}",
    "{{ ('f' * 1000000) | int(0, 16) }}",
    "{{ ('z' * 1000000) | int(0, 36) }}",
    "{{ ('f' * 1000000) | int(0, 16) | string | length }}",
    "{% set n = ('f' * 1000000) | int(0, 16) %}{% set ns = namespace(x=n) %}"
    "{% for _ in range(99999) %}{% set ns.x = ns.x + n %}{% endfor %}",
    "{% set n = ('f' * 1000000) | int(0, 16) %}{{ n // 3 % 7 }}",
    "{% set n = ('f' * 1000000) | int(0, 16) %}{% set m = ('e' * 500000) | int(0, 16) %}{{ n // m % 7 }}",
    "{% set n = ('f' * 1000000) | int(0, 16) %}{% set m = ('e' * 500000) | int(0, 16) %}{{ n % m % 7 }}",
    "{% set n = ('f' * 1000000) | int(0, 16) %}{{ '%x' % n | length }}",
    "{{ messages | tojson(indent=10**9) }}",
    "{{ ([1] * 100000) | tojson(indent=100000) | length }}",
    "{{ ([[1] * 1000] * 1000) | tojson | length }}",
    "{{ ('\\u1234' * 1000000) | tojson | length }}",
    "{{ ([{'a': 1}] * 1000000) | map(attribute='a.a.a') | list | length }}",
    "{{ ([{'a': 1}] * 1000000) | sort(attribute='a,a,a') | list | length }}",
    "{{ ({'a': 1}.items() | list * 100000) | dictsort }}",
    "{{ ('a' * 1000000) | xmlattr }}",
    "{{ ('&' * 1000000) | escape | escape | escape | escape | escape | length }}",
    "{{ ('&' * 1000000) | forceescape | forceescape | forceescape | forceescape | for"
    "ceescape | forceescape| forceescape| length }}",
    "{{ ('a' * 1000000) | urlencode | length }}",
    "{{ ('\\u1234' * 1000000) | urlencode | length }}",
    "{{ strftime_now('%Y' * 100000) | length }}",
    "{{ strftime_now('%c' * 1000000) | length }}",
    "{{ ('\u00df' * 1000000).upper().casefold().upper() | length }}",
    "{{ dict.fromkeys(range(99999)) }}",
    "{{ 10**400 * 1.0 }}",
    "{{ raise_exception('a' * 1000000) }}",
    "{{ " + " ~ ".join(["'a'"] * 300000) + " }}",
    "{{ a }}" * 400000,
    "{% set x = 1 %}" * 200000,
    "{% macro a() %}{{ 1 }}{% endmacro %}" * 60000,
    "{{ [" + "1," * 1000000 + "] | length }}",
    "{{ '" + "a" * 4000000 + "' | length }}",
    "{% for a in range(9) %}" * 18 + "x" + "{% endfor %}" * 18,
    "{% filter upper %}" * 15 + "{{ 'a' * 1000000 }}" + "{% endfilter %}" * 15,
    "{% set x %}" * 10 + "{{ 'a' * 1000000 }}" + "{% endset %}{{ x ~ x }}" * 10,
)


def _memory(process: int, kind: str) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith(kind)).split()[1]) << 10


def _computed(process: int) -> float:
    times = psutil.Process(process).cpu_times()
    return times.user + times.system


def _reaped() -> float:
    """Seconds that children computed which are gone."""
    times = resource.getrusage(resource.RUSAGE_CHILDREN)
    return times.ru_utime + times.ru_stime


def with_template(model: bytes, template: str) -> bytes:
    """The model's file with another template. What follows the header lies at multiples of 32 bytes, so the template is padded."""
    key = b"tokenizer.chat_template"
    place = model.index(key) + len(key) + 4  # a number for its type: a text
    (length,) = struct.unpack_from("<Q", model, place)
    text = template.encode()
    text += b" " * (-(len(text) - length) % 32)
    return model[:place] + struct.pack("<Q", len(text)) + text + model[place + 8 + length :]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    whole = parser.parse_args().model.read_bytes()
    worst_seconds, worst_bytes, wrong = 0.0, 0, 0
    bombs = (*BOMBS, *ENDLESS, *MORE)
    for template in bombs:
        with tempfile.TemporaryDirectory() as folder, Engine() as engine:
            model = Path(folder) / "bomb.gguf"
            model.write_bytes(with_template(whole, template))
            engine.load(model, LoadOptions(context_tokens=512))
            process = engine.status().worker_pid or 0
            before, computed, reaped = _memory(process, "VmRSS"), _computed(process), _reaped()
            began = time.monotonic()
            try:
                engine.render([Message("user", "Hello")])
                said, sentence = "rendered", False
            except EngineError as error:
                said, sentence = error.message, True
            waited, alive = time.monotonic() - began, psutil.pid_exists(process)
            grown = _memory(process, "VmHWM") - before if alive else 0  # the system ended it
            seconds = (_computed(process) if alive else _reaped() - reaped) - computed
        worst_seconds, worst_bytes = max(worst_seconds, seconds), max(worst_bytes, grown)
        wrong += (not sentence and template not in MORE) or seconds > _SECONDS or grown > _BYTES
        print(f"{seconds:5.2f} s ({waited:.1f} s) {grown / 2**20:6.0f} MiB  {template[:60]}  → {said[:70]}", flush=True)
    print(f"{len(bombs)} templates: at most {worst_seconds:.2f} s and {worst_bytes / 2**20:.0f} MiB; {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
