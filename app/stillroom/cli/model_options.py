"""The options of ``stillroom models search, fit, get, import, verify, remove``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stillroom.cli.numbers import MOST_TOKENS, decimal, whole

TASKS = ("extract", "classify", "summarise", "chat", "code")


def _context(text: str) -> int:
    from stillroom.settings import CONTEXT_TOKENS  # help is printed without it

    return whole(CONTEXT_TOKENS.least, MOST_TOKENS, or_else=0)(text)


def add_commands(commands: Any) -> None:
    """Add the commands to those of ``stillroom models``."""
    search = commands.add_parser("search", help="models of the catalog for a task, or on the hub")
    search.add_argument("words", metavar="WORDS", nargs="*", help="what to look for on the hub")
    search.add_argument(
        "--for", dest="task", choices=TASKS, help="three of the catalog that suit the task and this machine"
    )
    search.add_argument("--catalog", type=Path, metavar="FILE", help="use this catalog, and keep it for the next time")
    _hub(search)
    _add(search, "model_hub", "search")

    fit = commands.add_parser("fit", help="what a model needs on this machine, and how fast it will be")
    fit.add_argument("model", metavar="MODEL", help="an installed model, a GGUF file, or OWNER/NAME on the hub")
    fit.add_argument("--context", type=_context, default=0, metavar="TOKENS", help="tokens of context (8192)")
    fit.add_argument("--cache", choices=("f16", "q8_0", "q4_0"), default="f16", help="precision of the cache (f16)")
    _hub(fit)
    _add(fit, "model_hub", "fit")

    get = commands.add_parser("get", help="fetch a model from the hub, and check it")
    get.add_argument("repository", metavar="OWNER/NAME")
    get.add_argument(
        "quantization", metavar="QUANTIZATION", nargs="?", help="Q4_K_M …, or a file's name; none: the best that fits"
    )
    get.add_argument("--revision", default="main", help="a branch, tag or commit")
    get.add_argument(
        "--limit",
        type=decimal(0, 1e6),
        default=0.0,
        metavar="MB",
        help="megabytes a second to take at most (0: no limit)",
    )
    get.add_argument("--without-projector", action="store_true", help="not the part with which it sees pictures")
    get.add_argument("--dry-run", action="store_true", help="say what would be fetched, and fetch nothing")
    _hub(get)
    _add(get, "model_hub", "get")

    importing = commands.add_parser(
        "import", help="copy a model file into the models folder, checked; a folder of safetensors is converted"
    )
    importing.add_argument("file", metavar="PATH", type=Path, help="a GGUF file, or a folder of safetensors")
    importing.add_argument(
        "--sha256", default="", metavar="SUM", help="what it should be; else a list of checksums beside it"
    )
    importing.add_argument(
        "--type",
        default="",
        metavar="QUANTIZATION",
        help="of what is converted: Q4_K_M, Q8_0 … (16 bits, as published)",
    )
    _add(importing, "model_files", "import_file")

    verify = commands.add_parser("verify", help="look whether a model is still what it was")
    verify.add_argument("model", metavar="MODEL", nargs="?", help="its name or file; none: all that are installed")
    _add(verify, "model_files", "verify_models")

    remove = commands.add_parser("remove", help="put a model into the trash")
    remove.add_argument("model", metavar="MODEL")
    remove.add_argument("--permanently", action="store_true", help="delete it instead, where there is no trash")
    _add(remove, "model_files", "remove_model")

    attach = commands.add_parser("attach", help="add an adapter (LoRA, GGUF) to a model, from its next load on")
    attach.add_argument("model", metavar="MODEL")
    attach.add_argument("file", metavar="FILE", type=Path)
    attach.add_argument("--scale", type=float, default=1.0, metavar="X", help="how much of it (1)")
    _add(attach, "model_files", "attach_adapter")

    detach = commands.add_parser("detach", help="take an adapter from a model again")
    detach.add_argument("model", metavar="MODEL")
    detach.add_argument("adapter", metavar="ADAPTER", help="its name")
    _add(detach, "model_files", "detach_adapter")

    eyes = commands.add_parser("attach-projector", help="let a model see pictures with a projector (mmproj, GGUF)")
    eyes.add_argument("model", metavar="MODEL")
    eyes.add_argument("file", metavar="FILE", type=Path)
    _add(eyes, "model_files", "attach_a_projector")

    blind = commands.add_parser("detach-projector", help="load a model without its projector from now on")
    blind.add_argument("model", metavar="MODEL")
    _add(blind, "model_files", "detach_a_projector")


def _hub(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--endpoint", default="", metavar="ADDRESS", help="of a hub or mirror (HF_ENDPOINT, or the usual one)"
    )
    parser.add_argument("--proxy", default="", metavar="ADDRESS", help="else that of the environment")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="certificates to trust beside the usual ones")


def _add(parser: argparse.ArgumentParser, module: str, function: str) -> None:
    parser.add_argument("--json", action="store_true", help="JSON on standard output")

    def run(options: argparse.Namespace) -> int:
        # Imported when it is used: other commands need not pay for the hub's client.
        import importlib

        command: Callable[[argparse.Namespace], int] = getattr(
            importlib.import_module(f"stillroom.cli.{module}"), function
        )
        return command(options)

    parser.set_defaults(run=run)
