"""``stillroom models tune``, ``bench`` and ``quantize``."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stillroom.cli.status import DONE, say
from stillroom.cli.stoppable import stoppable
from stillroom.cli.text import aligned, size
from stillroom.errors import StillroomError
from stillroom.tuning.copy import AGREEMENT, LOSS, SPEEDUP
from stillroom.workspace import Workspace
from stillroom.workspace.making import SPEEDS

if TYPE_CHECKING:
    from stillroom.workspace.making import Copy, TunedModel, Tuning

_BUSY = 0.3
_WORDS = dict(zip(SPEEDS, ("reading", "scoring", "writing"), strict=True))


def tune(options: argparse.Namespace) -> int:
    """Measure how a model runs best on this machine, and keep it."""
    with Workspace(seal=options.seal) as workspace:
        model = workspace.models.find(options.model or "")
        done, status = stoppable(
            lambda tell, cancellation: workspace.making.tune(
                model,
                requantize=options.requantize,
                documents=options.text,
                on_progress=tell,
                cancellation=cancellation,
            ),
            f"Tuning {model.name}",
        )
    if done is None:
        say("Stopped. What was kept before stays.")
        return status
    if options.json:
        print(json.dumps(_as_data(done), indent=2))
        return DONE
    for sentence in _sentences(done):
        print(sentence)
    return DONE


def bench(options: argparse.Namespace) -> int:
    """The speeds of a model as it is loaded, and with other numbers of threads."""
    with Workspace(seal=options.seal) as workspace:
        plan = workspace.models.plan(options.model or "")
        for notice in plan.notices:
            say(notice)
        done, status = stoppable(
            lambda tell, cancellation: workspace.making.measure(plan, on_progress=tell, cancellation=cancellation),
            f"Measuring {plan.model.name}",
        )
    if done is None:
        say("Stopped.")
        return status
    info, found = done
    if options.json:
        speeds = [{"threads": each.threads, **each.tokens_a_second} for each in found]
        data = {"model": info.name, "backend": info.backend, "options": asdict(info.options), "speeds": speeds}
        print(json.dumps({**data, "environment": dict(plan.environment)}, indent=2))
        return DONE
    print(f"{info.name}, {info.backend}, {info.options.ubatch} tokens at a time; tokens a second:")
    rows = [[str(each.threads), *(f"{each.tokens_a_second[kind]:.0f}" for kind in SPEEDS)] for each in found]
    print(aligned([("threads", *_WORDS.values()), *rows]))
    return DONE


def quantize_file(options: argparse.Namespace) -> int:
    """Write a model in another quantization."""
    with Workspace(seal=options.seal) as workspace:
        model = workspace.models.find(options.model)
        kind = options.type.upper()
        target: Path = options.out or workspace.making.file_for(model, kind)
        if target.exists() and not options.force:
            raise StillroomError(
                f"{target} is there already. Name another file with --out, or write over it with --force."
            )
        done, status = stoppable(
            lambda tell, cancellation: workspace.making.smaller(
                model, kind, target=target, replace=options.force, on_progress=tell, cancellation=cancellation
            ),
            f"Writing {target.name}",
        )
    if done is None:
        say("Stopped. Nothing was written.")
        return status
    if options.json:
        keys = ("size", "source_size", "memory", "source_memory", "loss")
        print(json.dumps({"path": str(target), **{key: getattr(done, key) for key in keys}}, indent=2))
        return DONE
    print(f"{target}: {size(done.size)} instead of {size(done.source_size)}.")
    print(f"With 8,192 tokens of context it needs {size(done.memory)} of memory instead of {size(done.source_memory)}.")
    print(done.verdict)
    if model.quantization not in ("F16", "BF16", "F32", ""):
        say("It was made from a file that was quantized already, so it is less exact than one made from the original.")
    return DONE


def _sentences(done: TunedModel) -> list[str]:
    tuning, options = done.tuning, done.tuning.options
    said = [_copy_sentence(copy) for copy in done.copies]
    if done.notice:
        said.append(f"No copy was made. {done.notice}")
    if done.used != done.model:
        said.append(f"{done.used.name} is loaded in the place of {done.model.name} from now on ({done.used.path}).")
    threads = f"{options.threads_prompt} for reading, {options.threads_generate} for writing"
    said.append(f"{done.used.name}: threads: {threads}; {options.ubatch} tokens at a time; {_waiting(tuning)}.")
    said.append(
        f"Reads {tuning.prompt_speed:.0f} tokens a second, writes {tuning.generate_speed:.0f}; "
        f"stops within {max(tuning.step_seconds, 0.01):.2f} s. Measured in {tuning.seconds:.0f} s and kept."
    )
    if tuning.skipped:
        said.append(f"There was no time for: {', '.join(tuning.skipped)}.")
    if done.others > _BUSY:
        said.append(
            f"Other programs used {done.others:.0%} of the machine meanwhile; tune again when it is idle for better figures."
        )
    return said


def _copy_sentence(copy: Copy) -> str:
    facts = f"{copy.quantization}: {copy.speedup:.1f} × as fast"
    if copy.loss is not None:
        facts += f", loses {max(0.0, copy.loss):.3f} nats a token on text (at most {LOSS} is allowed)"
    if copy.agreement is not None:
        facts += f", extracts {copy.agreement:.0%} of the samples' values alike (at least {AGREEMENT:.0%} is asked)"
    if copy.speedup < SPEEDUP:
        facts += f" (at least {SPEEDUP} × is asked)"
    return f"A copy in {facts}: {'kept' if copy.path else 'not kept'}."


def _waiting(tuning: Tuning) -> str:
    spins = dict(tuning.environment).get("GOMP_SPINCOUNT")
    waiting = f"threads wait {spins} turns before they sleep" if spins else "threads sleep while they wait"
    more = "" if tuning.options.flash_attention is not False else ", no flash attention"
    return f"{waiting}{more}, {tuning.options.kv_type} cache"


def _as_data(done: TunedModel) -> dict[str, Any]:
    return {
        "model": done.model.name,
        "used": {"name": done.used.name, "path": str(done.used.path)},
        "copies": [asdict(copy) for copy in done.copies],
        "others": round(done.others, 2),
        "tuning": {**asdict(done.tuning), "environment": dict(done.tuning.environment)},
    }
