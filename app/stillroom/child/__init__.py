"""A child process that speaks JSON lines: its owner's side, and its own.

Native code runs in children so that a crash, a hang or a hostile file never takes the window with it. What a child
says is not trusted: a line that is too long or is no JSON object ends the child.
"""

from stillroom.child.confinement import UNLISTED, Layers, Reach, confine
from stillroom.child.handing import Taker
from stillroom.child.inside import die_with_parent, private_stdout
from stillroom.child.messages import MAX_LINE_BYTES, MessageWriter
from stillroom.child.no_network import Isolation, isolation_of, shut_off_network
from stillroom.child.outcome import ChildOutcome
from stillroom.child.owner import BadMessageError, Child, child_command, child_environment
from stillroom.child.probing import CHILDREN, probe, probe_all
from stillroom.child.system_calls import Need

__all__ = [
    "CHILDREN",
    "MAX_LINE_BYTES",
    "UNLISTED",
    "BadMessageError",
    "Child",
    "ChildOutcome",
    "Isolation",
    "Layers",
    "MessageWriter",
    "Need",
    "Reach",
    "Taker",
    "child_command",
    "child_environment",
    "confine",
    "die_with_parent",
    "isolation_of",
    "private_stdout",
    "probe",
    "probe_all",
    "shut_off_network",
]
