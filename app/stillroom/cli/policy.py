"""``stillroom policy``: what an office allows here, and whether a file says it rightly."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from stillroom.cli.status import DONE


def add_policy(parser: argparse.ArgumentParser, run_it: Callable[[argparse.Namespace], int]) -> None:
    parser.set_defaults(group=parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    check = commands.add_parser(
        "check", help="say what a file allows, or what is wrong in it", description="Check a policy."
    )
    check.add_argument("file", type=Path, metavar="FILE")
    check.set_defaults(run=run_it)
    show = commands.add_parser("show", help="what holds on this machine", description="What holds on this machine.")
    show.set_defaults(run=run_it, file=None)


def run(options: argparse.Namespace) -> int:
    from stillroom.privacy.policy import current, read_policy

    policy = current() if options.file is None else read_policy(options.file)
    print("\n".join(policy.sentences) or "Everything is allowed.")
    return DONE
