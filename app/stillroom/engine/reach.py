"""What a worker may open: the files of one model and what goes with it, and what it is asked to write."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stillroom import paths
from stillroom.child import Reach
from stillroom.engine.protocol import LoadOptions, QuantizeRequest


def reach_of(model: Path, options: LoadOptions) -> Reach:
    """To load a model. Raises GgufError for an impossible name."""
    from stillroom.gguf.checks import parts_of  # with the first model: an engine is made at every start

    read = [*parts_of(model), *(Path(adapter.path) for adapter in options.adapters)]
    write: list[Path] = []
    if options.projector:
        read.append(Path(options.projector))
    if options.kept_folder:
        write.append(Path(options.kept_folder))
        read.append(paths.config_dir() / "cells.key")
    return Reach(_absolute(read), _absolute(write), graphics=options.gpu_layers != 0)


def reach_to_quantize(request: QuantizeRequest) -> Reach:
    """To write a model anew; its file is made, so that it is one that may be written. Raises OSError."""
    from stillroom.gguf.checks import parts_of

    target = Path(request.target)
    if not request.dry:
        target.touch(mode=0o600)
    return Reach(_absolute(parts_of(Path(request.source))), () if request.dry else _absolute([target]))


def _absolute(files: Iterable[Path]) -> tuple[str, ...]:
    return tuple(str(file.absolute()) for file in files)
