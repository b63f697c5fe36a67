"""``stillroom remote``, and ``stillroom extract --remote``: nothing is sent without --yes-send."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from stillroom.cancellation import Cancellation
from stillroom.cli.named import named_files
from stillroom.cli.results import as_json, deliver, print_line
from stillroom.cli.status import DONE, USAGE, say
from stillroom.cli.stoppable import until_stopped
from stillroom.cli.text import aligned, printable
from stillroom.errors import StillroomError
from stillroom.extraction.result import DocumentResult
from stillroom.remote.engines import RemoteEngine
from stillroom.templates.template import Template
from stillroom.workspace import Workspace
from stillroom.workspace.remote_models import Sent
from stillroom.workspace.runs import check_target


def show_list(options: argparse.Namespace) -> int:
    with Workspace(seal=options.seal) as workspace:
        engines = workspace.remote.engines()
    if options.json:
        keys = ("name", "address", "model", "kind", "in_flight", "price_in", "price_out")
        print(json.dumps([{key: getattr(engine, key) for key in keys} for engine in engines], indent=2))
        return DONE
    rows = [(each.name, each.model, each.host, "local network" if each.is_local else "cloud") for each in engines]
    print(aligned(rows)) if rows else say("No remote engine was added yet: stillroom remote add.")
    return DONE


def add(options: argparse.Namespace) -> int:
    engine = RemoteEngine(
        options.name, options.address, options.model, options.kind, options.api_version, options.ca, options.proxy,
        options.seconds, options.in_flight, options.price_in, options.price_out,
    )  # fmt: skip
    with Workspace(seal=options.seal) as workspace:
        workspace.remote.add(engine)
        if options.key:
            key = getpass.getpass("Key: ") if sys.stdin.isatty() else sys.stdin.readline()
            notice = workspace.remote.keep_key(engine, key.strip())
            if notice:
                say(notice)
    say(f"{engine.name} is added: {engine.host}, {'local network' if engine.is_local else 'cloud'}.")
    return DONE


def test(options: argparse.Namespace) -> int:
    with Workspace(seal=options.seal) as workspace:
        engine = workspace.remote.engine(options.name)
        with workspace.remote.client(engine) as client:
            for name in client.models():
                print(printable(name))
            if engine.model:
                say(f"{engine.model} answered in {workspace.remote.try_out(client):.1f} s.")
    return DONE


def remove(options: argparse.Namespace) -> int:
    with Workspace(seal=options.seal) as workspace:
        engine = workspace.remote.engine(options.name)
        workspace.remote.forget(engine)
    say(f"{engine.name} is removed, and its key.")
    return DONE


def show_what_would_leave(
    workspace: Workspace, template: Template, engines: Sequence[RemoteEngine], files: Sequence[Path]
) -> None:
    """Print exactly what these engines would be sent of each file, and say what that comes to. Sends nothing."""
    sums = {engine.name: (0, 0.0) for engine in engines}
    read = 0
    for file in files:
        print(f"--- {printable(str(file))}")
        try:
            document = workspace.readers.read(file)
        except StillroomError as error:
            say(f"{file.name} cannot be read, so nothing of it would be sent: {error.message}")
            continue
        read += 1
        for place, engine in enumerate(engines):
            found = workspace.remote.preview(document, template, engine)
            if not place:  # each is sent the same
                print("\n".join(printable(line) for line in found.text.split("\n")), end="\n\n")
            tokens, cost = sums[engine.name]
            sums[engine.name] = tokens + found.tokens, cost + found.cost
    left = workspace.remote.left_this_month()
    for engine in engines:
        where = "in the local network" if engine.is_local else "in the cloud"
        tokens, cost = sums[engine.name]
        documents = "1 document" if read == 1 else f"{read} documents"
        say(f"This would be sent to {engine.host} ({where}): {documents}, about {tokens:,} tokens, ${cost:.4f}.")
    if left is not None and sum(cost for _, cost in sums.values()) > left:
        say(f"Only ${left:.4f} of this month's limit is left: what goes beyond it will not be sent.")
    say("Nothing was sent. Add --yes-send to send it.")


def extract(options: argparse.Namespace) -> int:
    """Fill a table with a remote model; without --yes-send only show what would leave."""
    with Workspace(seal=options.seal) as workspace:
        try:
            if options.out is not None:
                check_target(options.out)
            template = workspace.templates.find(options.template)
            engine = workspace.remote.engine(options.remote)
            files = named_files(workspace, options.paths)
        except StillroomError as error:
            say(error.message)
            return USAGE
        if not options.yes_send:
            show_what_would_leave(workspace, template, [engine], files)
            return DONE
        batch = workspace.runs.unfinished(template, files, engine) if options.resume else None
        batch = batch or workspace.runs.new_remote(template, files, engine)
        workspace.runs.set_delivered(batch, False)
        wanted = as_json(options)

        def told(_position: int, result: DocumentResult) -> None:
            if wanted:
                print_line(result)

        def work(cancellation: Cancellation) -> Sent:
            return workspace.remote.do(batch, engine, on_result=told, cancellation=cancellation)

        sent, status = until_stopped(work)
        if sent is None:
            say("Stopped. What is done is kept; the same command with --resume goes on.")
            return status
        status = deliver(workspace, batch, options.out, as_json=wanted)
        say(f"{sent.characters:,} characters were sent to {engine.host}, for ${sent.cost:.4f}.")
        return status
