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
        help="also whether the log knows of this file that Stillroom wrote, and had come as far as it says",
    )  # fmt: skip
    verify.add_argument(
        "--log", type=Path, metavar="FILE.jsonl", help="a copy of a log, on whatever machine; else the log of this one"
    )
    verify.set_defaults(run=_verify)
    copy = commands.add_parser(
        "copy",
        help="write all lines to one file, for an auditor",
        description="Write all lines to one file, for an auditor: verify --log looks at it on any machine.",
    )
    copy.add_argument("--out", "-o", required=True, type=Path, metavar="FILE.jsonl")
    copy.set_defaults(run=_copy)


def _verify(options: argparse.Namespace) -> int:
    import hashlib

    from stillroom.extraction.anchors import anchor_of, anchored
    from stillroom.privacy.audit import default_log, verify_copy

    problems = []
    try:
        anchors = tuple(anchor_of(path) for path in options.export if anchored(path))
        found = default_log().verify(anchors) if options.log is None else verify_copy(options.log, anchors)
        for path in options.export:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if digest not in found.exported:
                problems.append(
                    f"{path.name}: no line says that it was exported as it is now. It was changed, or the log ends before it."
                )
    except OSError as error:
        name = error.filename or "The audit log"
        raise StillroomError(f"{name} cannot be read: {error.strerror or type(error).__name__}.") from error
    problems = [*found.problems, *problems]
    for problem in problems:
        say(problem)
    print(f"{found.lines} lines, {'whole' if not problems else 'not whole'}; the chain ends at {found.head.text}")
    return DONE if not problems else FAILURE


def _copy(options: argparse.Namespace) -> int:
    from stillroom.atomic import replacing
    from stillroom.privacy.audit import default_log

    with replacing(options.out) as temporary, temporary.open("wb") as file:
        for _name, _place, line in default_log().lines():
            file.write(line)
    return DONE
