"""``stillroom audit``: whether the audit log is whole, and a copy of it for an auditor."""

from __future__ import annotations

import argparse
from pathlib import Path

from stillroom.cli.status import DONE, FAILURE, say
from stillroom.errors import StillroomError


def add_audit(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(group=parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    verify = commands.add_parser(
        "verify",
        help="look whether a line was changed, added or taken away",
        description="Look whether a line of the audit log was changed, added or taken away.",
    )
    verify.add_argument(
        "--export", "-e", type=Path, metavar="FILE", action="append", default=[],
        help="also against how far the log had come when this .xlsx or .sqlite was written",
    )  # fmt: skip
    verify.set_defaults(run=_verify)
    copy = commands.add_parser("copy", help="write all lines to one file", description="Write all lines to one file.")
    copy.add_argument("--out", "-o", required=True, type=Path, metavar="FILE.jsonl")
    copy.set_defaults(run=_copy)


def _verify(options: argparse.Namespace) -> int:
    from stillroom.extraction.anchors import anchor_of
    from stillroom.privacy.audit import default_log

    try:
        anchors = tuple(anchor_of(path) for path in options.export)
        found = default_log().verify(anchors)
    except OSError as error:
        raise StillroomError(f"The audit log cannot be read: {error.strerror or type(error).__name__}.") from error
    for problem in found.problems:
        say(problem)
    print(f"{found.lines} lines, {'whole' if not found.problems else 'not whole'}; the chain ends at {found.head.text}")
    return DONE if not found.problems else FAILURE


def _copy(options: argparse.Namespace) -> int:
    from stillroom.atomic import replacing
    from stillroom.privacy.audit import default_log

    with replacing(options.out) as temporary, temporary.open("wb") as file:
        for _name, _place, line in default_log().lines():
            file.write(line)
    return DONE
