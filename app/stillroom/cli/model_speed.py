"""``stillroom models tune``, ``bench`` and ``quantize``."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.cli import DONE, say
from stillroom.cli.stoppable import Tell, stoppable
from stillroom.cli.text import aligned, size
from stillroom.engine.protocol import LoadOptions, MeasureRequest, ModelInfo
from stillroom.errors import StillroomError
from stillroom.models.fit.assess import options_that_fit
from stillroom.models.library import ModelFile, default_model, find_model
from stillroom.settings import MODEL, Settings
from stillroom.tuning.copy import AGREEMENT, LOSS, SPEEDUP
from stillroom.tuning.search import Tuning, WorkerBench, physical_cores
from stillroom.tuning.smaller import copy_name, make_smaller
from stillroom.tuning.store import Copy
from stillroom.tuning.tuned import LoadPlan, TunedModel, load_plan, that_fits, tune_model

_BUSY = 0.3
_BENCH_SECONDS = 1.0
_KINDS = {"prompt": "reading", "score": "scoring", "generate": "writing"}


def tune(options: argparse.Namespace) -> int:
    """Measure how a model runs best on this machine, and keep it."""
    model = _chosen(options.model)
    gpu_layers = options_that_fit(model, LoadOptions()).gpu_layers
    texts = [_text(file) for file in options.text]
    done, status = stoppable(
        lambda tell, cancellation: tune_model(
            model,
            requantize=options.requantize,
            gpu_layers=gpu_layers,
            texts=texts,
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
    plan = load_plan(_chosen(options.model))
    plan = that_fits(plan)
    if plan.notice:
        say(plan.notice)
    done, status = stoppable(
        lambda tell, cancellation: _measure(plan, tell, cancellation), f"Measuring {plan.model.name}"
    )
    if done is None:
        say("Stopped.")
        return status
    info, rows = done
    if options.json:
        data = {"model": info.name, "backend": info.backend, "options": asdict(info.options), "speeds": rows}
        print(json.dumps({**data, "environment": dict(plan.environment)}, indent=2))
        return DONE
    print(f"{info.name}, {info.backend}, {info.options.ubatch} tokens at a time; tokens a second:")
    heads = ("threads", *_KINDS.values())
    print(aligned([heads, *([str(row["threads"]), *(f"{row[kind]:.0f}" for kind in _KINDS)] for row in rows)]))
    return DONE


def quantize_file(options: argparse.Namespace) -> int:
    """Write a model in another quantization."""
    model = find_model(options.model)
    kind = options.type.upper()
    target: Path = options.out or paths.models_dir() / copy_name(model, kind)
    if target.exists() and not options.force:
        raise StillroomError(f"{target} is there already. Name another file with --out, or write over it with --force.")
    done, status = stoppable(
        lambda tell, cancellation: make_smaller(
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


def _chosen(name: str | None) -> ModelFile:
    usual = name or Settings().get(MODEL)
    return find_model(usual) if usual else default_model()


def _text(file: Path) -> str:
    from stillroom.documents.readers import Readers

    with Readers() as readers:
        return "\n".join(page.text for page in readers.read(file).pages)


def _measure(plan: LoadPlan, tell: Tell, cancellation: Cancellation) -> tuple[ModelInfo, list[dict[str, Any]]]:
    with WorkerBench(plan.model.path, cancellation) as bench:
        tell(0.0, "loading the model")
        info = bench.load(plan.options, tuple(plan.environment.items()))
        counts = sorted({1, physical_cores(), info.options.threads_prompt, info.options.threads_generate})
        rows: list[dict[str, Any]] = []
        begun, total = time.monotonic(), len(counts) * len(_KINDS)
        for count in counts:
            row: dict[str, Any] = {"threads": count}
            for kind, name in _KINDS.items():
                tell((len(rows) * len(_KINDS) + len(row) - 1) / total, f"{name}, {count} threads")
                row[kind] = round(bench.measure(MeasureRequest(kind, count, _BENCH_SECONDS)).speed, 1)
            rows.append(row)
        tell(1.0, f"{time.monotonic() - begun:.0f} s")
    return info, rows


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
