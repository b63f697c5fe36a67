"""``stillroom erase``: nothing left of runs, verdicts and conversations."""

from __future__ import annotations

import argparse

from stillroom.cli.status import DONE, USAGE, say
from stillroom.errors import StillroomError


def add_erase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do it; without this it is only said what would be erased")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from stillroom.workspace import Workspace

    with Workspace(seal=options.seal) as workspace:
        if not options.yes:
            runs, conversations = len(workspace.store.runs()), len(workspace.chats.conversations())
            say(f"{runs} runs and {conversations} conversations would be erased for good. Add --yes to do it.")
            return USAGE
        try:
            gone = workspace.erase()
        except OSError as error:
            raise StillroomError(
                f"Not everything was erased: {error.strerror}. Look at the permissions, and do it again."
            ) from error
    print(f"Erased: {gone.runs} runs, {gone.verdicts} verdicts, {gone.conversations} conversations.")
    return DONE
