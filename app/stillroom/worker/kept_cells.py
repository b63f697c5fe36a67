"""States of read texts, kept so that they can be restored to the model's context instead of read again.

In memory once they had to leave the context; in files as soon as they are read, where the person allowed that. Each has
a budget, least recently used first out.
"""

from __future__ import annotations

import array
import hashlib
import importlib.metadata
import logging
import mmap
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import psutil

from stillroom.engine.kept_files import KeptFiles
from stillroom.engine.limits import most_kept
from stillroom.engine.protocol import LoadOptions

_FOLDER_BYTES = 2 << 30
LEAST_TOKENS = 32  # fewer are evaluated as fast as they are restored

_log = logging.getLogger(__name__)


class KeptCells:
    """States by the tokens they stand for. Used by one thread.

    A state that is taken leaves the memory, as it is in the context then; its file stays.

    Attributes:
        bytes: in memory now; never more than the budget.
    """

    def __init__(self, identity: str, budget: int, files: KeptFiles | None = None) -> None:
        """``identity``: what a state depends on besides its tokens; ``budget``: bytes of memory."""
        self._identity = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).digest()
        self._budget = budget
        self._files = files
        self._states: OrderedDict[str, mmap.mmap] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._states)

    def wants(self, tokens: Sequence[int]) -> bool:
        """Whether the state of these tokens is worth asking llama.cpp for."""
        return len(tokens) >= LEAST_TOKENS and (self._budget > 0 or self._files is not None)

    def keep(self, tokens: Sequence[int], state: mmap.mmap) -> None:
        """Keep a state as the one used last. What memory has no room for is left to the files."""
        name = self._name(tokens)
        self._drop(name)
        while self._states and self.bytes + len(state) > self._budget:
            oldest, _ = next(iter(self._states.items()))
            self._file(oldest, self._drop(oldest))
        if len(state) > self._budget:
            self._file(name, state)
            return
        self._states[name] = state
        self.bytes += len(state)

    @property
    def on_disk(self) -> bool:
        """Whether there are files, so that the next process need not read the texts either."""
        return self._files is not None

    def write(self, tokens: Sequence[int], state: mmap.mmap) -> None:
        """Put a state into the files, while the text stays in the context."""
        self._file(self._name(tokens), state)

    def take(self, tokens: Sequence[int]) -> mmap.mmap | None:
        """The state of exactly these tokens, or None."""
        if not self.wants(tokens):
            return None
        name = self._name(tokens)
        state = self._drop(name)
        return state if state is not None or self._files is None else self._files.read(name)

    def close(self) -> None:
        """Forget what is in memory; wait for a file that is being written."""
        self._states.clear()
        self.bytes = 0
        if self._files is not None:
            self._files.close()

    def _name(self, tokens: Sequence[int]) -> str:
        return hashlib.sha256(self._identity + array.array("i", tokens).tobytes()).hexdigest()

    def _drop(self, name: str) -> mmap.mmap | None:
        state = self._states.pop(name, None)
        if state is not None:
            self.bytes -= len(state)
        return state

    def _file(self, name: str, state: mmap.mmap | None) -> None:
        if self._files is not None and state is not None:
            self._files.write(name, state)


def kept_cells(model: Path, options: LoadOptions) -> KeptCells:
    """What to keep of texts read by this model file, loaded with these options (the ones in use, not zeros)."""
    budget = options.kept_bytes or most_kept(psutil.virtual_memory().available)
    files: KeptFiles | None = None
    if options.kept_folder:
        try:
            files = KeptFiles(Path(options.kept_folder), options.kept_folder_bytes or _FOLDER_BYTES)
        except OSError as error:
            _log.warning("nothing is kept on disk: %s", error.strerror or type(error).__name__)
    return KeptCells(_identity(model, options), max(0, budget), files)


def _identity(model: Path, options: LoadOptions) -> str:
    """The file, the engine, and what decides how a text is evaluated, so that restored cells hold what reading gives."""
    facts = model.stat()
    version = importlib.metadata.version("llama-cpp-python")
    how = (options.kv_type, options.flash_attention, options.gpu_layers, options.ubatch)
    added = [(adapter.path, adapter.scale, Path(adapter.path).stat().st_mtime_ns) for adapter in options.adapters]
    return "|".join(map(str, (model.name, facts.st_size, facts.st_mtime_ns, version, *how, *added)))
