"""``stillroom models search``, ``fit`` and ``get``."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stillroom.cancellation import Cancellation
from stillroom.cli.signals import gathered_signals
from stillroom.cli.status import DONE, STOPPED, USAGE, say
from stillroom.cli.text import aligned, duration, printable, size
from stillroom.errors import Cancelled, StillroomError
from stillroom.workspace import Workspace
from stillroom.workspace.model_list import Fit, Verdict

if TYPE_CHECKING:
    from stillroom.workspace.hub import Assessed, DownloadProgress, Hub, Offer

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_SECONDS_BETWEEN_LINES = 10.0


def search(options: argparse.Namespace) -> int:
    with Workspace(seal=options.seal) as workspace:
        if options.catalog is not None:
            workspace.models.use_catalog(options.catalog)
        if options.words:
            return _search_hub(workspace, options)
        found = workspace.models.suggestions(options.task) if options.task else None
    if found is None:
        if options.catalog is None:
            say("Write what to look for on the hub, or --for and a task.")
            return USAGE
        return DONE
    if options.json:
        print(json.dumps([suggestion.to_json() for suggestion in found], indent=2))
        return DONE
    for suggestion in found:
        print(f"{suggestion.model.name}  ({suggestion.model.repository})\n    {suggestion.reason}")
    if not found:
        say("No model of the catalog fits this machine. Close other programs, and try again.")
    return DONE


def _search_hub(workspace: Workspace, options: argparse.Namespace) -> int:
    with _connect(workspace, options, "search for models") as hub:
        found = hub.search(" ".join(options.words))
    if options.json:
        keys = ("repository", "downloads", "likes", "gated", "licence", "changed")
        print(json.dumps([{key: getattr(model, key) for key in keys} for model in found], indent=2))
        return DONE
    if not found:
        say("The hub has no GGUF model with these words.")
        return DONE
    print(
        aligned(
            [
                (
                    model.repository,
                    f"{model.downloads:,} downloads",
                    model.licence,
                    "licence to agree to" if model.gated else "",
                )
                for model in found
            ]
        )
    )
    return DONE


def fit(options: argparse.Namespace) -> int:
    with Workspace(seal=options.seal) as workspace:
        if not _REPOSITORY.fullmatch(options.model) or Path(options.model).exists():
            model = workspace.models.find(options.model)
            found = workspace.models.fit(model, options.context, options.cache)
            if options.json:
                print(json.dumps({"name": model.name, "size": model.size} | _fit_json(found), indent=2))
            else:
                print(f"{printable(model.name)} {found.verdict}. {found.reason}")
                print(f"Longest context that fits: {found.longest_context:,} tokens.")
            return DONE
        with _connect(workspace, options, "look at a repository") as hub:
            repository = hub.repository(options.model)
            assessed = list(
                workspace.hub.assessed(hub, repository, context_tokens=options.context, kv_type=options.cache)
            )
    if options.json:
        print(json.dumps([_offer_json(item) for item in assessed], indent=2))
        return DONE
    _print_offers(assessed)
    return DONE


def get(options: argparse.Namespace) -> int:
    with Workspace(seal=options.seal) as workspace, _connect(workspace, options, "download of a model") as hub:
        return _get(workspace, hub, options)


def _get(workspace: Workspace, hub: Hub, options: argparse.Namespace) -> int:
    repository = hub.repository(options.repository, options.revision)
    if options.quantization:
        offer = repository.offer(options.quantization)
    else:
        assessed = list(workspace.hub.assessed(hub, repository))
        fitting = [item for item in assessed if item.fit is not None and item.fit.verdict is Verdict.WELL]
        if not fitting:
            _print_offers(assessed)
            raise StillroomError(
                f"Nothing that {repository.name} offers is known to run well here. Name a quantization to fetch it anyway."
            )
        offer = max(fitting, key=lambda item: item.offer.size).offer
    say(
        f"{offer.name}: {size(offer.size)} of {repository.name}, revision {offer.revision[:12]}, licence {repository.licence or 'not said'}"
    )
    wanted = [offer]
    eyes = repository.projector()
    if eyes is not None and not offer.projector and not options.without_projector:
        say(
            f"With it {eyes.name}, {size(eyes.size)}: the projector with which it sees pictures (--without-projector: not)."
        )
        wanted.append(eyes)
    if options.dry_run:
        return DONE
    folder, is_there = workspace.hub.place_of(offer)
    if is_there:
        say(f"It is there already, in {folder}.")
    files = _fetch(workspace, hub, wanted, options)
    if files is None:
        return STOPPED
    if options.json:
        print(json.dumps({"name": offer.name, "path": str(files[0]), "size": offer.size, "revision": offer.revision}))
    else:
        print(printable(str(files[0])))
    return DONE


def _fetch(workspace: Workspace, hub: Hub, offers: Sequence[Offer], options: argparse.Namespace) -> list[Path] | None:
    """The files of the first offer, the others beside them; None where it was stopped."""
    shown, cancellation = _Shown(), Cancellation()
    with gathered_signals() as signals:

        def on_progress(progress: DownloadProgress) -> None:
            if signals:
                cancellation.request()
            shown(progress)

        try:
            found = workspace.hub.fetch(
                hub,
                offers,
                bytes_per_second=int(options.limit * 1e6),
                on_progress=on_progress,
                cancellation=cancellation,
            )
        except Cancelled:
            shown.end()
            say("Stopped. The same command goes on from here.")
            return None
    shown.end()
    return found[0]


def _connect(workspace: Workspace, options: argparse.Namespace, reason: str) -> AbstractContextManager[Hub]:
    """The hub, for as long as the seal is broken for it. The token is the environment's, else the keyring's."""
    return workspace.hub.connected(
        reason,
        endpoint=options.endpoint,
        proxy=options.proxy,
        ca_file=options.ca,
        token=os.environ.get("HF_TOKEN") or "",
    )


def _print_offers(assessed: Sequence[Assessed]) -> None:
    rows = [("", "file", "memory", "longest context", "speed", "")]
    for item in assessed:
        name, file_size = item.offer.quantization or item.offer.name, size(item.offer.size)
        if item.fit is None:
            rows.append((name, file_size, "", "", "", item.problem))
            continue
        speed = f"{item.fit.tokens_per_second:.0f} tokens/s" if item.fit.tokens_per_second else ""
        rows.append(
            (name, file_size, size(item.fit.estimate.total), f"{item.fit.longest_context:,}", speed, item.fit.verdict)
        )
    print(aligned(rows))


def _fit_json(found: Fit) -> dict[str, Any]:
    memory = found.estimate.ram
    return {
        "verdict": found.verdict.value,
        "reason": found.reason,
        "exact": found.estimate.measured,
        "context_tokens": found.use.context_tokens,
        "needed": found.needed,
        "free": found.free,
        "missing": found.missing,
        "parts": {
            "weights": memory.weights,
            "cache": memory.cache,
            "compute": memory.compute,
            "output": memory.output,
            "overhead": memory.overhead,
            "process": memory.process,
            "projector": memory.projector,
        },
        "vram": found.estimate.vram.total,
        "gpu_layers": found.use.gpu_layers,
        "longest_context": found.longest_context,
        "tokens_per_second": found.tokens_per_second,
    }


def _offer_json(item: Assessed) -> dict[str, Any]:
    offer = item.offer
    data: dict[str, Any] = {
        "name": offer.name,
        "quantization": offer.quantization,
        "size": offer.size,
        "revision": offer.revision,
    }
    return data | (_fit_json(item.fit) if item.fit is not None else {"verdict": None, "reason": item.problem})


class _Shown:
    """How far a download is: over the same line of a terminal, or now and then on a line of its own."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = 0.0

    def __call__(self, progress: DownloadProgress) -> None:
        now = time.monotonic()
        if not self._terminal and not progress.waiting and now - self._last < _SECONDS_BETWEEN_LINES:
            return
        self._last = now
        left = f", about {duration(progress.seconds_left)} left" if progress.seconds_left is not None else ""
        text = f"{size(progress.done)} of {size(progress.total)}, {size(int(progress.speed))}/s{left}"
        text = progress.waiting or text
        print(
            f"\r\x1b[K{text}" if self._terminal else text,
            end="" if self._terminal else "\n",
            file=sys.stderr,
            flush=True,
        )

    def end(self) -> None:
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
