"""How a child process ended, fit to be told."""

from __future__ import annotations

from dataclasses import dataclass

_WINDOWS_CRASHES = {
    0xC0000005: "an access violation",
    0xC0000017: "no memory was left",
    0xC000001D: "an instruction this processor does not have",
    0xC00000FD: "a stack overflow",
    0xC0000135: "a library is missing",
    0xC0000409: "an internal check failed",
}


@dataclass(frozen=True, slots=True)
class ChildOutcome:
    """How a child process ended.

    Attributes:
        name: what the child is to a person, in mid-sentence: ``engine``.
        code: exit code; None where a signal ended it.
        signal: name of the signal that ended it (``SIGSEGV``); empty if none.
        ended_by_us: true where its owner asked for the end, or ended it.
        reason: why its owner ended it, to be read after "it" (``wrote a line that is no message``); may be empty.
        memory_bytes: the limit it ran under; 0 for none.
        stderr_tail: the end of what it wrote to its standard error; for details only.
    """

    name: str
    code: int | None = None
    signal: str = ""
    ended_by_us: bool = False
    reason: str = ""
    memory_bytes: int = 0
    stderr_tail: str = ""

    @property
    def crashed(self) -> bool:
        """True where the program's own code failed: not ended by its owner, not ended by somebody else's kill."""
        return not self.ended_by_us and self.signal not in {"SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"}

    def sentence(self) -> str:
        """One plain sentence that says what happened."""
        if self.ended_by_us:
            why = f": it {self.reason}" if self.reason else ""
            return f"The {self.name} was ended by Stillroom{why}."
        if self.signal == "SIGKILL":
            return f"The {self.name} was killed by the operating system, probably because memory ran out."
        if self.signal in {"SIGTERM", "SIGINT", "SIGHUP"}:
            return f"The {self.name} was ended from outside ({self.signal})."
        if self.signal == "SIGILL":
            return f"The {self.name} crashed (SIGILL): it needs something that this computer's processor does not have."
        if self.signal:
            return f"The {self.name} crashed ({self.signal}){self._memory_hint()}."
        code = (self.code or 0) & 0xFFFFFFFF
        if code in _WINDOWS_CRASHES:
            return f"The {self.name} crashed ({_WINDOWS_CRASHES[code]}){self._memory_hint()}."
        if self.code:
            return f"The {self.name} stopped with exit code {self.code}{self._memory_hint()}."
        return f"The {self.name} stopped by itself."

    def _memory_hint(self) -> str:
        if not self.memory_bytes:
            return ""
        size = self.memory_bytes / 2**20
        amount = f"{size / 1024:g} GiB" if size >= 1024 else f"{size:.0f} MiB"
        return f"; it may have needed more than the {amount} of memory it is allowed"
