"""The command line: the commands of the window, for scripts and for machines without a display.

Exit status: 0 every file done; 3 some failed, all reported; 2 wrong use; 1 nothing could be done; 130 stopped.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stillroom import __version__, logs
from stillroom.cli.numbers import MOST_TOKENS, table_number, whole
from stillroom.cli.status import DONE, FAILURE, SOME_FAILED, STOPPED, USAGE, say
from stillroom.errors import StillroomError

if TYPE_CHECKING:
    from stillroom.cli.review import ReportWriter

__all__ = ["DONE", "FAILURE", "SOME_FAILED", "STOPPED", "USAGE", "main"]


def main(arguments: Sequence[str] | None = None, *, reports: Callable[[], ReportWriter] | None = None) -> int:
    """Run one command and return the exit status.

    Args:
        arguments: without the program's name; None: the process's own.
        reports: brings in what draws reports; it is the window's, and the entry point has both.
    """
    logs.set_up()
    parser = _parser()
    options = parser.parse_args(arguments)
    options.reports = reports
    run: Callable[[argparse.Namespace], int] | None = getattr(options, "run", None)
    if run is None:
        options.group.print_help(sys.stderr)
        return USAGE
    from stillroom.privacy.policy import Policy
    from stillroom.privacy.seal import Guard, Seal, note_start
    from stillroom.settings import SEALED, Settings

    try:
        # What looks at a policy works although the policy is wrong.
        options.seal = Seal(sealed=Settings().get(SEALED), policy=Policy() if run is _run_policy else None)
    except StillroomError as error:
        say(error.message)
        return FAILURE
    guard = Guard(options.seal)
    if options.noted:
        note_start(options.noted, options.seal)
    try:
        return run(options)
    except StillroomError as error:
        say(error.message)
        return FAILURE
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:
        # The reader of our output has gone (``| head``). Python would report it once more when it flushes at exit.
        sys.stdout = None
        return FAILURE
    finally:
        guard.release()


def _run_policy(options: argparse.Namespace) -> int:
    from stillroom.cli import policy

    return policy.run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stillroom",
        description="Draws checked data out of files with a model on this machine. Without arguments: the window.",
    )
    parser.add_argument("--version", action="version", version=f"stillroom {__version__}")
    parser.set_defaults(group=parser, noted="")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _extract(commands.add_parser("extract", help="fill a table from files", description="Fill a table from files."))
    _evaluate(
        commands.add_parser(
            "evaluate",
            help="measure how much is right on labelled documents",
            description="Measure how much is right on labelled documents, with one model or several side by side.",
        )
    )
    _chat(
        commands.add_parser(
            "chat",
            help="talk with a model",
            description="Ask one question, or talk when there is none. Ctrl-C stops an answer.",
        )
    )
    _template(commands.add_parser("template", help="list and check templates", description="List and check templates."))
    for name in ("extract", "evaluate", "chat"):
        commands.choices[name].set_defaults(noted=name)
    _models(commands.add_parser("models", help="list models", description="List the models on this machine."))
    from stillroom.cli.erase import add_erase
    from stillroom.cli.remote_options import add_remote
    from stillroom.cli.review import add_review

    add_review(
        commands.add_parser(
            "review",
            help="verdicts as labels, and back",
            description="What persons said of values: as labels, and back.",
        )
    )

    add_remote(commands.add_parser("remote", help="models behind an address", description="Models behind an address."))
    from stillroom.cli.audit import add_audit
    from stillroom.cli.policy import add_policy

    add_audit(
        commands.add_parser(
            "audit", help="what was done here, and whether that log is whole", description="The audit log."
        )
    )
    add_policy(
        commands.add_parser(
            "policy", help="what your organisation allows here", description="The policy of an office."
        ),
        _run_policy,
    )
    add_erase(
        commands.add_parser(
            "erase",
            help="erase all runs, verdicts and conversations",
            description="Erase all runs, verdicts and conversations, and what was kept and learned of documents. Models, "
            "templates, settings and the audit log stay.",
        )
    )
    from stillroom.cli.database import add_database

    add_database(
        commands.add_parser(
            "database",
            help="encrypt the database, or write it in plain again",
            description="Whether runs, verdicts and conversations are encrypted on disk.",
        )
    )
    for name in ("review", "remote", "erase", "database"):
        commands.choices[name].set_defaults(noted=name)
    doctor = commands.add_parser("doctor", help="what this machine and installation offer")
    doctor.add_argument("--json", action="store_true", help="one JSON object on standard output")
    doctor.set_defaults(run=_run_doctor)
    return parser


def _extract(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", metavar="PATH", nargs="*", type=Path, help="a file, or a folder with all its files")
    parser.add_argument("--template", "-t", help="a template's name or TOML file (see: stillroom template list)")
    parser.add_argument("--model", "-m", help="a model's name or GGUF file (see: stillroom models list)")
    parser.add_argument("--out", "-o", type=Path, metavar="FILE", help="write a .csv, .xlsx, .jsonl or .sqlite file")
    parser.add_argument(
        "--alone",
        action="store_true",
        help="decide each document by itself, without what the others have in common with it",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the last run of these files and this template that was not finished",
    )
    parser.add_argument(
        "--add-to",
        type=table_number,
        metavar="N",
        help="add the files to this table, with its template and model (see: stillroom review list)",
    )
    parser.add_argument(
        "--renew",
        type=table_number,
        metavar="N",
        help="make this table anew where --template differs from its own: other fields are kept",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a document on standard output")
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="a text file whose first line is the password of encrypted PDFs",
    )
    parser.add_argument("--remote", metavar="NAME", help="with a remote engine instead (see: stillroom remote list)")
    parser.add_argument(
        "--yes-send", action="store_true", help="send it to the remote engine; without this it is only shown"
    )
    parser.set_defaults(run=_run_extract, misused=parser.error)


def _evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--labels", "-l", required=True, type=Path, metavar="FILE", help='a line {"file": …, "fields": {…}} a document'
    )
    parser.add_argument(
        "--template", "-t", required=True, help="a template's name or TOML file (see: stillroom template list)"
    )
    parser.add_argument(
        "--model", "-m", action="append", default=[], help="a model's name or GGUF file; again for each further model"
    )
    parser.add_argument(
        "--results",
        action="append",
        default=[],
        type=Path,
        metavar="FILE.jsonl",
        help="judge these results of an earlier run instead of running a model",
    )
    parser.add_argument(
        "--remote",
        action="append",
        default=[],
        metavar="NAME",
        help="ask a remote engine, too, or alone where no --model is named (see: stillroom remote list); may be repeated",
    )
    parser.add_argument(
        "--yes-send",
        action="store_true",
        help="send the documents, never their labels, to the remote engine; without this it is only shown what would be sent",
    )
    parser.add_argument("--limit", type=whole(1, MOST_TOKENS), metavar="N", help="only the first N labelled documents")
    parser.add_argument(
        "--page-only", action="store_true", help="leave aside what files state beside their pages (e-invoice data)"
    )
    parser.add_argument(
        "--alone",
        action="store_true",
        help="decide each document by itself, without what the others have in common with it",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument(
        "--save", type=Path, metavar="FILE", help="write the figures (.json), or the results to judge again (.jsonl)"
    )
    parser.set_defaults(run=_run_evaluate)


def _chat(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "prompt", metavar="PROMPT", nargs="*", help="the question; what comes on standard input is added"
    )
    parser.add_argument("--model", "-m", help="a model's name or GGUF file (see: stillroom models list)")
    parser.add_argument(
        "--file", "-f", action="append", default=[], type=Path, help="a file to talk about; may be repeated"
    )
    parser.add_argument("--system", "-s", default="", help="what the model is told before everything else")
    parser.add_argument("--max-tokens", type=whole(1, MOST_TOKENS), default=1024, metavar="N", help="of an answer")
    parser.add_argument(
        "--when-full",
        choices=("ask", "every-part", "passages", "summaries"),
        default="ask",
        help="where the files do not fit: say so and do nothing (ask), read every part for a count, a list or a sum, give the "
        "passages the question is about, or summaries of all parts",
    )
    parser.set_defaults(run=_run_chat)


def _template(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(group=parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    listing = commands.add_parser("list", help="templates that can be used, and files that are wrong")
    listing.add_argument("--json", action="store_true", help="JSON on standard output")
    listing.set_defaults(run=_run_template_list)
    check = commands.add_parser("check", help="say what is wrong with a template file, line by line")
    check.add_argument("file", metavar="FILE", type=Path)
    check.set_defaults(run=_run_template_check)
    to_schema = commands.add_parser("to-schema", help="a template as a JSON Schema")
    to_schema.add_argument("template", metavar="T", help="a template's name or TOML file")
    from_schema = commands.add_parser("from-schema", help="a template from a JSON Schema")
    from_schema.add_argument("file", metavar="FILE", type=Path)
    new = commands.add_parser("new", help="a template to begin with")
    new.add_argument("name", metavar="NAME")
    share = commands.add_parser("export", help="a template and what it learned as one file")
    share.add_argument("template", metavar="T", help="a template's name or TOML file")
    share.add_argument("file", metavar="FILE", type=Path)
    share.add_argument(
        "--with-text", action="store_true", help="words and values of the documents it learned from go along"
    )
    share.add_argument("--without-learned", action="store_true", help="the template alone")
    share.set_defaults(run=_run_template_export)
    taking = commands.add_parser("import", help="a template that somebody exported, with what it learned")
    taking.add_argument("file", metavar="FILE", type=Path)
    taking.set_defaults(run=_run_template_import)
    diff = commands.add_parser("diff", help="what changed between two templates, and which fields that touches")
    diff.add_argument("old", metavar="A", help="a template's name or TOML file")
    diff.add_argument("new", metavar="B", help="a template's name or TOML file")
    diff.set_defaults(run=functools.partial(_run_template, "diff"))
    learn = commands.add_parser("learn", help="teach a template by labelled documents, and say what that is worth")
    learn.add_argument("template", metavar="T", help="a template's name or TOML file")
    learn.add_argument("--labels", type=Path, metavar="F.jsonl", help="what is right in each document")
    learn.add_argument("--forget", action="store_true", help="forget everything that was learned first")
    learn.set_defaults(run=functools.partial(_run_template, "learn"))
    teach = commands.add_parser(
        "teach",
        help="train an adapter (LoRA) for a template on labelled documents, and use it where it is better",
        description="Train an adapter (LoRA) for a template on labelled documents, measure it on those held out, and use it where it is "
        "better. Needs the extra that sh installer/convert.sh sets up. Stopped with Ctrl-C, the same command goes on.",
    )
    teach.add_argument("template", metavar="T", help="a template's name or TOML file")
    teach.add_argument("labels", metavar="F.jsonl", type=Path, help="what is right in each document; 20 at least")
    teach.add_argument("--model", "-m", help="a model's name or GGUF file (see: stillroom models list)")
    teach.add_argument("--hold-out", type=int, default=0, metavar="N", help="documents to measure on (three in ten)")
    teach.add_argument(
        "--published",
        type=Path,
        metavar="FOLDER",
        help="the safetensors that the model was made of, to train on those instead of its GGUF file",
    )
    teach.add_argument("--estimate", action="store_true", help="only say what it would take")
    teach.add_argument("--measure-only", action="store_true", help="train and measure, and keep nothing")
    teach.set_defaults(run=_run_template_teach)
    for command in (from_schema, new):
        command.add_argument("--out", "-o", type=Path, metavar="FILE.toml", help="write it there instead of showing it")
    for command, name in ((to_schema, "to_schema"), (from_schema, "from_schema"), (new, "new")):
        command.set_defaults(run=functools.partial(_run_template, name))


def _models(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(group=parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    listing = commands.add_parser("list", help="models on this machine")
    listing.add_argument(
        "--all", action="store_true", help="those of Ollama, LM Studio, Jan and the Hugging Face cache too"
    )
    listing.add_argument("--json", action="store_true", help="JSON on standard output")
    listing.set_defaults(run=_run_models_list)
    from stillroom.cli.model_options import add_commands

    add_commands(commands)
    tune = commands.add_parser("tune", help="measure how a model runs best on this machine, and keep it")
    tune.add_argument("model", metavar="MODEL", nargs="?", help="its name or GGUF file; none: the usual one")
    tune.add_argument(
        "--requantize",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="try a copy in a quantization that is faster here, and use it where it is as good (default); "
        "--no-requantize: use none",
    )
    tune.add_argument(
        "--text",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="compare the copy on this document of yours; may be repeated",
    )
    tune.add_argument("--json", action="store_true", help="one JSON object on standard output")
    tune.set_defaults(run=_run_models_tune)
    bench = commands.add_parser("bench", help="measure a model's speed as it is loaded")
    bench.add_argument("model", metavar="MODEL", nargs="?", help="its name or GGUF file; none: the usual one")
    bench.add_argument("--json", action="store_true", help="one JSON object on standard output")
    bench.set_defaults(run=_run_models_bench)
    quantize = commands.add_parser("quantize", help="write a model in another quantization")
    quantize.add_argument("model", metavar="MODEL", help="its name or GGUF file")
    quantize.add_argument("type", metavar="TYPE", help="Q4_0, Q4_K_M, Q8_0, F16 …")
    quantize.add_argument(
        "--out", "-o", type=Path, metavar="FILE", help="the file to write; else into the models folder"
    )
    quantize.add_argument("--force", action="store_true", help="write over a file that is there")
    quantize.add_argument("--json", action="store_true", help="one JSON object on standard output")
    quantize.set_defaults(run=_run_models_quantize)


def _run_extract(options: argparse.Namespace) -> int:
    if options.remote and options.paths and options.template:
        from stillroom.cli import remote_models

        return remote_models.extract(options)
    if options.add_to is not None or options.renew is not None:
        from stillroom.cli import table

        return table.run(options)
    if not options.paths or not options.template:
        options.misused("name the files to read, and with --template what to draw out of them")
    from stillroom.cli import extract

    return extract.run(options)


def _run_evaluate(options: argparse.Namespace) -> int:
    from stillroom.cli import evaluate

    return evaluate.run(options)


def _run_chat(options: argparse.Namespace) -> int:
    from stillroom.cli import chat

    return chat.run(options)


def _run_template_list(options: argparse.Namespace) -> int:
    from stillroom.cli import template

    return template.show_list(options)


def _run_template(name: str, options: argparse.Namespace) -> int:
    from stillroom.cli import template

    run: Callable[[argparse.Namespace], int] = getattr(template, name)
    return run(options)


def _run_template_export(options: argparse.Namespace) -> int:
    from stillroom.cli.template import share

    return share(options)


def _run_template_teach(options: argparse.Namespace) -> int:
    from stillroom.cli.teaching import teach

    return teach(options)


def _run_template_import(options: argparse.Namespace) -> int:
    from stillroom.cli.template import take

    return take(options)


def _run_template_check(options: argparse.Namespace) -> int:
    from stillroom.cli import template

    return template.check(options)


def _run_models_list(options: argparse.Namespace) -> int:
    from stillroom.cli import models

    return models.show_list(options)


def _run_models_tune(options: argparse.Namespace) -> int:
    from stillroom.cli import model_speed

    return model_speed.tune(options)


def _run_models_bench(options: argparse.Namespace) -> int:
    from stillroom.cli import model_speed

    return model_speed.bench(options)


def _run_models_quantize(options: argparse.Namespace) -> int:
    from stillroom.cli import model_speed

    return model_speed.quantize_file(options)


def _run_doctor(options: argparse.Namespace) -> int:
    from stillroom.cli import doctor

    return doctor.show(options)
