"""``stillroom chat``: one question, or a conversation in the terminal. Kept with those of the window."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence

from stillroom.cancellation import Cancellation
from stillroom.chat.context import ContextFullError
from stillroom.chat.conversation import MERGED, Attachment, ChatSettings, TurnState
from stillroom.cli.signals import gathered_signals
from stillroom.cli.status import DONE, FAILURE, STOPPED, say
from stillroom.cli.text import printable
from stillroom.errors import StillroomError
from stillroom.workspace import Workspace
from stillroom.workspace.conversations import WhenFull


def run(options: argparse.Namespace) -> int:
    prompt = " ".join(options.prompt)
    with Workspace(seal=options.seal) as workspace:
        for notice in workspace.notices:
            say(notice)
        plan = workspace.models.plan(options.model or "")
        for notice in plan.notices:
            say(notice)
        workspace.models.load(plan)
        attachments = workspace.conversations.attachments(options.file)
        _say_what_is_seen(attachments)
        if prompt and not sys.stdin.isatty():
            text = sys.stdin.read()
            if text.strip():
                tokens = workspace.engine.count_tokens([text])[0]
                attachments.append(Attachment(0, "standard input", "", (text,), tokens))
        settings = ChatSettings(system=options.system, max_tokens=options.max_tokens)
        conversation = workspace.chats.create(settings=settings)
        full = WhenFull(options.when_full)
        if prompt:
            return _turn(workspace, conversation.id, None, prompt, attachments, full)[0]
        leaf: int | None = None
        status = DONE
        with contextlib.suppress(EOFError, KeyboardInterrupt):
            with contextlib.suppress(ImportError):
                import readline  # noqa: F401 - gives input() its editing keys
            while True:
                line = input("> " if sys.stdin.isatty() else "")
                if line.strip():
                    status, leaf = _turn(workspace, conversation.id, leaf, line, attachments, full)
                    attachments = []
        if leaf is None:
            workspace.chats.delete(conversation.id)
            workspace.chats.erase(conversation.id)
        return status


def _say_what_is_seen(attachments: Sequence[Attachment]) -> None:
    for each in attachments:
        if each.picture is not None and not each.seen:
            say(
                f"The model does not see pictures: it is given the text in {each.name}. A projector (mmproj) lets it see: "
                "stillroom models attach-projector."
            )
        if each.picture is not None and each.picture.note:
            say(f"{each.name}: {each.picture.note}")


def _turn(
    workspace: Workspace,
    conversation: int,
    parent: int | None,
    text: str,
    attachments: Sequence[Attachment],
    full: WhenFull,
) -> tuple[int, int | None]:
    """Ask and print the answer as it comes; Ctrl-C stops it. Returns the exit status and the new end."""
    cancellation = Cancellation()
    with gathered_signals() as signals:

        def show(_thinking: str, said: str) -> None:
            if signals:
                cancellation.request()
            print(_lines(said), end="", flush=True)

        try:
            answer = workspace.conversations.turn(
                conversation,
                parent,
                text,
                attachments,
                when_full=full,
                on_piece=show,
                on_part=lambda done, total: say(f"{done} of {total} passages were read"),
                cancellation=cancellation,
            )
        except ContextFullError as error:
            raise StillroomError(f"{error.message} See --when-full.") from error
        if answer.facts.stop_reason == MERGED:  # what was shown meanwhile is its beginning only
            print(_lines(answer.content))
    print()
    for note in answer.facts.remarks:
        say(note)
    if answer.state is TurnState.FAILED:
        say(answer.error)
        return FAILURE, answer.id
    return (STOPPED if answer.state is TurnState.STOPPED else DONE), answer.id


def _lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.split("\n"))
