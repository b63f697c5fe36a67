"""``stillroom remote``, and ``stillroom extract --remote``: nothing is sent without --yes-send."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.cli import DONE, SOME_FAILED, STOPPED, USAGE, say
from stillroom.cli.results import print_table, summary
from stillroom.cli.signals import gathered_signals
from stillroom.cli.text import aligned, printable
from stillroom.documents.readers import Readers
from stillroom.errors import Cancelled, StillroomError
from stillroom.extraction.columns import json_line
from stillroom.extraction.export import check_target, export
from stillroom.extraction.remote import RemoteExtractor, preview
from stillroom.extraction.result import DocumentResult, DocumentStatus
from stillroom.extraction.run import Batch, expand
from stillroom.extraction.side_by_side import run_side_by_side
from stillroom.privacy.secrets import Secrets, SecretText
from stillroom.privacy.sending import SendingLog
from stillroom.remote.client import (
    RemoteClient,
    RemoteEngine,
    forget_remote_engine,
    keep_remote_engine,
    remote_engine,
    remote_engines,
)
from stillroom.remote.trial import ask_for_a_sign
from stillroom.settings import MONTHLY_CAP, Settings
from stillroom.storage.database import Database
from stillroom.storage.runs import RunStore
from stillroom.templates.library import TemplateLibrary


def show_list(options: argparse.Namespace) -> int:
    engines = remote_engines()
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
    keep_remote_engine(engine)
    if options.key:
        text = getpass.getpass("Key: ") if sys.stdin.isatty() else sys.stdin.readline()
        secrets = Secrets()
        if not secrets.set(engine.key_name, SecretText(text.strip())):
            say(secrets.notice)
    say(f"{engine.name} is added: {engine.host}, {'local network' if engine.is_local else 'cloud'}.")
    return DONE


def test(options: argparse.Namespace) -> int:
    engine = remote_engine(options.name)
    with RemoteClient(engine, Secrets(), options.seal) as client:
        for name in client.models():
            print(printable(name))
        if engine.model:
            cap = Settings().get(MONTHLY_CAP) / 100
            with Database(paths.database_file()) as database:
                seconds = ask_for_a_sign(client, SendingLog(database), cap)
            say(f"{engine.model} answered in {seconds:.1f} s.")
    return DONE


def remove(options: argparse.Namespace) -> int:
    engine = remote_engine(options.name)
    forget_remote_engine(engine.name)
    Secrets().delete(engine.key_name)
    say(f"{engine.name} is removed, and its key.")
    return DONE


def extract(options: argparse.Namespace) -> int:
    """Fill a table with a remote model; without --yes-send only show what would leave."""
    try:
        if options.out is not None:
            check_target(options.out)
        template = TemplateLibrary().find(options.template)
        engine = remote_engine(options.remote)
        files = expand(options.paths)
    except StillroomError as error:
        say(error.message)
        return USAGE
    settings = Settings()
    with Readers() as readers:
        if not options.yes_send:
            tokens, cost = 0, 0.0
            for file in files:
                found = preview(readers.read(file), template, engine)
                print(f"--- {printable(str(file))}\n{found.text}\n")
                tokens, cost = tokens + found.tokens, cost + found.cost
            where = "in the local network" if engine.is_local else "in the cloud"
            say(
                f"This would be sent to {engine.host} ({where}): {len(files)} documents, about {tokens:,} tokens, "
                f"${cost:.4f}. Nothing was sent. Add --yes-send to send it."
            )
            return DONE
        with (
            Database(paths.database_file()) as database,
            RemoteClient(engine, Secrets(), options.seal) as client,
            gathered_signals() as signals,
        ):
            store = RunStore(database)
            name = f"{engine.name}: {engine.model}"
            batch = _unfinished(store, template.name, name, files) if options.resume else None
            batch = batch or Batch.create_remote(store, template, files, name, engine.host)
            store.set_delivered(batch.run_id, False)
            cancellation = Cancellation()

            def told(_position: int, result: DocumentResult) -> None:
                if signals:
                    cancellation.request()
                if options.json:
                    print(json_line(result), flush=True)

            extractor = RemoteExtractor(client, SendingLog(database), settings.get(MONTHLY_CAP) / 100)
            try:
                run_side_by_side(
                    batch, extractor, readers, at_once=engine.in_flight, on_result=told, cancellation=cancellation
                )
            except Cancelled:
                say("Stopped. What is done is kept; the same command with --resume goes on.")
                return STOPPED
            results = [result for result in batch.results() if result is not None]
            if options.out is not None:
                export(results, template, options.out)
            elif not options.json:
                print_table(results, template)
            store.set_delivered(batch.run_id, True)
            for sentence in summary(results, options.out, list_failures=options.out is not None or options.json):
                say(sentence)
            say(f"{extractor.sent:,} characters were sent to {engine.host}, for ${extractor.cost:.4f}.")
            return SOME_FAILED if any(each.status is DocumentStatus.FAILED for each in results) else DONE


def _unfinished(store: RunStore, template: str, model: str, files: Sequence[Path]) -> Batch | None:
    wanted = [str(file.absolute()) for file in files]
    for record in store.unfinished():
        if (record.template_name, record.model_name) == (template, model):
            known = [document.path for document in store.documents(record.id) if document.parent is None]
            if known == wanted:
                return Batch.resume(store, record.id)
    return None
