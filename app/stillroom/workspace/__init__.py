"""What every front end is given: the domain, opened once with settings and limits, and closed in order. No Qt, no argparse.

Progress comes through plain callbacks, on the thread that called; a ``Cancellation`` stops. Methods block.
"""

from stillroom.workspace.workspace import Workspace

__all__ = ["Workspace"]
