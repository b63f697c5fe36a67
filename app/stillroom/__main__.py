"""The one entry point: window, command line, or one of the children, by the first argument.

Everything is imported late: a child must not pay for Qt or the command line, nor the command line for Qt.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from stillroom.privacy import closed

if TYPE_CHECKING:
    from stillroom.cli.review import ReportWriter


def main() -> int:
    """Run what ``sys.argv`` asks for and return the exit status.

    ``worker``, ``reader`` and ``converter`` are the children's roles, not commands for people. No argument at all opens the window.
    """
    closed.close_to_others()
    arguments = sys.argv[1:]
    role = arguments[0] if arguments else ""
    if role == "worker":
        from stillroom.worker import process as worker

        return _status(worker.main)
    if role == "reader":
        from stillroom.documents import reader_process

        return _status(reader_process.main)
    if role == "converter":
        from stillroom.models import converter_process

        return _status(converter_process.main)
    closed.close_folders()
    closed.keep_temporary_files()
    if not arguments:
        from stillroom.ui import application

        return _status(application.main)
    from stillroom import cli

    return cli.main(arguments, reports=_reports)


def _reports() -> ReportWriter:
    """What draws the report of a reviewed document: the window's, which needs no display for it."""
    from stillroom.ui.review.report import write_report

    return write_report


def _status(run: Callable[[], int | None]) -> int:
    return run() or 0


if __name__ == "__main__":
    sys.exit(main())
