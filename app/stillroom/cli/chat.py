"""``stillroom chat``: one question, or a conversation in the terminal. Kept with those of the window."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable
from dataclasses import dataclass

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.chat.answerer import LocalAnswerer
from stillroom.chat.context import ContextFullError, give_passages, give_summaries
from stillroom.chat.conversation import MERGED, Attachment, ChatSettings, Turn, TurnState
from stillroom.chat.session import ChatSession, read_attachment
from stillroom.chat.store import ConversationStore
from stillroom.cli import DONE, FAILURE, STOPPED, say
from stillroom.cli.signals import gathered_signals
from stillroom.cli.text import printable
from stillroom.documents.readers import Readers
from stillroom.engine.engine import Engine
from stillroom.errors import StillroomError
from stillroom.models.library import default_model, find_model
from stillroom.settings import MODEL, Settings
from stillroom.storage.database import Database
from stillroom.tuning.tuned import load_plan, that_fits


def run(options: argparse.Namespace) -> int:
    usual = options.model or Settings().get(MODEL)
    plan = load_plan(find_model(usual) if usual else default_model())
    plan = that_fits(plan)
    prompt = " ".join(options.prompt)
    with Database(paths.database_file()) as database, Engine() as engine, Readers() as readers:
        engine.load(plan.model.path, plan.options, environment=plan.environment)
        answerer = LocalAnswerer(engine)
        store = ConversationStore(database)
        session = ChatSession(store, answerer)
        attachments: tuple[Attachment, ...] = ()
        for path in options.file:
            found = read_attachment(readers, path, answerer)
            if any(each.picture is not None and not each.seen for each in found):
                say(
                    f"The model does not see pictures: it is given the text in {path.name}. A projector (mmproj) lets it see: "
                    "stillroom models attach-projector."
                )
            for each in found:
                if each.picture is not None and each.picture.note:
                    say(f"{path.name}: {each.picture.note}")
            attachments += found
        if prompt and not sys.stdin.isatty():
            text = sys.stdin.read()
            if text.strip():
                attachments += (Attachment(0, "standard input", "", (text,), answerer.count_tokens([text])[0]),)
        full = _WhenFull(options.when_full, store, session, answerer)
        conversation = store.create(settings=ChatSettings(system=options.system, max_tokens=options.max_tokens))
        if prompt:
            return _turn(session, conversation.id, None, prompt, attachments, full)[0]
        leaf: int | None = None
        status = DONE
        with contextlib.suppress(EOFError, KeyboardInterrupt):
            with contextlib.suppress(ImportError):
                import readline  # noqa: F401 - gives input() its editing keys
            while True:
                line = input("> " if sys.stdin.isatty() else "")
                if line.strip():
                    status, leaf = _turn(session, conversation.id, leaf, line, attachments, full)
                    attachments = ()
        if leaf is None:
            store.delete(conversation.id)
            store.erase_deleted()
        return status


@dataclass(frozen=True, slots=True)
class _WhenFull:
    """What is done where the files do not fit: ``ask`` for nothing but saying so, else as the options are named."""

    choice: str
    store: ConversationStore
    session: ChatSession
    answerer: LocalAnswerer

    def answer(
        self, question: int, show: Callable[[str, str], None], error: ContextFullError, cancellation: Cancellation
    ) -> Turn:
        """The answer from what was made to fit. Raises the error where nothing was chosen."""
        if self.choice == "ask":
            raise StillroomError(f"{error.message} See --when-full.")
        if self.choice == "every-part":
            return self.session.read_every_part(
                question,
                on_piece=show,
                on_progress=lambda done, total: say(f"{done} of {total} passages were read"),
                cancellation=cancellation,
            )
        branch = self.store.branch(question)
        settings = self.store.conversation(branch[-1].conversation).settings
        if self.choice == "passages":
            give_passages(self.store, branch, settings, self.answerer)
        else:
            give_summaries(self.store, branch, settings, self.answerer, cancellation=cancellation)
        return self.session.answer(question, on_piece=show, cancellation=cancellation)


def _turn(
    session: ChatSession,
    conversation: int,
    parent: int | None,
    text: str,
    attachments: tuple[Attachment, ...],
    full: _WhenFull,
) -> tuple[int, int | None]:
    """Ask and print the answer as it comes; Ctrl-C stops it. Returns the exit status and the new end."""
    question = session.ask(conversation, parent, text, attachments)
    cancellation = Cancellation()
    with gathered_signals() as signals:

        def show(_thinking: str, said: str) -> None:
            if signals:
                cancellation.request()
            print("\n".join(printable(line) for line in said.split("\n")), end="", flush=True)

        try:
            answer = session.answer(question.id, on_piece=show, cancellation=cancellation)
        except ContextFullError as error:
            answer = full.answer(question.id, show, error, cancellation)
            if answer.facts.stop_reason == MERGED:  # what was shown meanwhile is its beginning only
                print("\n".join(printable(line) for line in answer.content.split("\n")))
    print()
    for note in answer.facts.notes:
        say(note)
    if answer.state is TurnState.FAILED:
        say(answer.error)
        return FAILURE, answer.id
    return (STOPPED if answer.state is TurnState.STOPPED else DONE), answer.id
