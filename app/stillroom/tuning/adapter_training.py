"""An adapter (LoRA) trained in the converter's environment, with PyTorch, transformers and PEFT, and written as GGUF by llama.cpp's script.

The child has no network and may open the model, the questions and two folders. Where it is stopped it goes on the next time from what
it kept, if the questions, the model and the settings are the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.errors import StillroomError
from stillroom.models.fit.estimate import SPARE_BYTES
from stillroom.models.model_file import ModelFile
from stillroom.models.safetensors import model_folder
from stillroom.sizes import size_text
from stillroom.storage.checksums import file_sha256
from stillroom.tuning.from_safetensors import LIBRARY_BYTES, converter, in_converter, reach_of_converter, staged
from stillroom.tuning.search import physical_cores

Told = Callable[[float, str], None]

# Measured on the starter (135 million parameters): a token forward and back on one core, of a single step; and the most that a whole
# lesson held with examples of 886 tokens (6.3 GB: passages of many lengths leave gaps between what is freed).
_SECONDS_A_TOKEN = 8e-3 / 135e6
_LIBRARIES_HOLD = 900e6
_BYTES_A_PARAMETER = 8  # the weights as 32-bit numbers, and once more while they are read
_BYTES_A_TOKEN = 4.9e6 / 135e6
_FRUGAL_FROM = 400e6  # parameters
_TRAINED = 0.97  # share of the whole
_WENT_ON = 0.05  # share that no first step takes
_LEAST_EPOCHS, _MOST_EPOCHS = 2, 5
_PASSES = 150  # examples that are seen in all, at least, where so many epochs are enough for that


@dataclass(frozen=True, slots=True)
class TrainingQuestion:
    """A question and its right answer, as tokens."""

    suffix: tuple[int, ...]
    answer: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """A passage with its questions, as tokens. The passage is read once for all of them, as in extraction."""

    prefix: tuple[int, ...]
    branches: tuple[TrainingQuestion, ...]

    @property
    def tokens(self) -> int:
        return len(self.prefix) + sum(len(each.suffix) + len(each.answer) for each in self.branches)


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How an adapter is trained.

    Attributes:
        rank: of its matrices. rate: how far a step goes. batch: examples a step. epochs: how often each example is seen.
        dropout: share of the adapter's input left out by chance. frugal: what is costly to keep is reckoned twice.
    """

    rank: int = 16
    rate: float = 5e-4
    batch: int = 4
    epochs: int = 2
    dropout: float = 0.05
    seed: int = 1
    frugal: bool = False


@dataclass(frozen=True, slots=True)
class TrainingCost:
    """What training would take here, at least: seconds of an idle machine, bytes of memory."""

    seconds: float
    memory: int


def settings_for(parameters: int, examples: Sequence[TrainingExample]) -> TrainingSettings:
    """For so many examples: few are seen more often."""
    epochs = min(_MOST_EPOCHS, max(_LEAST_EPOCHS, round(_PASSES / max(1, len(examples)))))
    return TrainingSettings(epochs=epochs, frugal=parameters > _FRUGAL_FROM)


def cost_of(parameters: int, examples: Sequence[TrainingExample], settings: TrainingSettings) -> TrainingCost:
    """From what was measured on the starter."""
    tokens = sum(each.tokens for each in examples) * settings.epochs
    longest = max((each.tokens for each in examples), default=0)
    seconds = tokens * parameters * _SECONDS_A_TOKEN / max(1, physical_cores()) * (1.35 if settings.frugal else 1.0)
    held = longest * parameters * _BYTES_A_TOKEN * (0.3 if settings.frugal else 1.0)
    return TrainingCost(seconds, int(_LIBRARIES_HOLD + parameters * _BYTES_A_PARAMETER + held))


def check_training() -> None:
    """Whether the extra is here that trains. Raises StillroomError with what to type where it is not."""
    _commands()


def train_adapter(
    model: ModelFile,
    parameters: int,
    examples: Sequence[TrainingExample],
    target: Path,
    *,
    published: Path | None = None,
    settings: TrainingSettings | None = None,
    on_progress: Told = lambda _share, _what: None,
    cancellation: Cancellation | None = None,
    commands: tuple[Sequence[str], Sequence[str]] | None = None,
) -> None:
    """Train an adapter on the examples and write it into a GGUF file.

    Args:
        parameters: of the model. published: the folder of safetensors that the model was made of, where its own weights are to be used.
        commands: of training and of converting; for tests.

    Raises:
        StillroomError: the extra is not set up, there is no memory for it, or this kind of model cannot be trained.
        Cancelled: stopping was asked for; the next time it goes on where it was.
    """
    cancellation = cancellation or Cancellation()
    training, converting = commands or _commands()
    used = settings or settings_for(parameters, examples)
    _check_memory(model, cost_of(parameters, examples, used))
    given = json.dumps(
        {"settings": asdict(used) | {"threads": physical_cores()}, "examples": [asdict(each) for each in examples]}
    )
    kept = _kept_folder(given, model, published)
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".training-", dir=kept.parent) as folder:
        work = Path(folder)
        (work / "examples.json").write_text(given, encoding="utf-8")
        made = work / "adapter"
        made.mkdir()
        what = f"Training {model.name}"
        on_progress(0.0, what)
        with _source(model, published, work) as (source, files):
            command = [*training, str(work / "examples.json"), str(source), str(made), str(kept / "checkpoint")]
            begun: list[float] = []  # the share done when it went on, so that the time left is told of what is left

            def tell(share: float) -> None:
                if share and not begun:
                    begun.append(share if share > _WENT_ON else 0.0)
                first = begun[0] if begun else 0.0
                on_progress(_TRAINED * (share - first) / (1 - first) if share < 1 else _TRAINED, what)

            _do(command, files, (work, kept), model, parameters, tell, cancellation)
        on_progress(_TRAINED, "Writing the adapter")
        command = [*converting, str(made), "--base", str(made), "--outfile", str(work / "adapter.gguf")]
        _do([*command, "--outtype", "f16"], (), (work,), model, parameters, lambda _share: None, cancellation)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(work / "adapter.gguf", target)
    shutil.rmtree(kept, ignore_errors=True)
    on_progress(1.0, "Writing the adapter")


def _commands() -> tuple[list[str], list[str]]:
    """Training and converting. Raises StillroomError with what to type where they are missing."""
    try:
        converting = converter("convert_lora_to_gguf.py")
    except StillroomError as error:
        raise StillroomError(
            "Training needs an extra that is not set up: PyTorch, transformers and PEFT. Type, in a checkout of Stillroom: "
            "sh installer/convert.sh (it fetches up to 3 GB, once), and try again. Nothing else needs the network."
        ) from error
    return [converting[0], str(paths.resources_dir() / "training" / "train_adapter.py")], converting


def _kept_folder(given: str, model: ModelFile, published: Path | None) -> Path:
    """Where training is kept on the way; of other examples, another."""
    told = f"{given}{file_sha256(model.path)}{published or ''}"
    return paths.learned_dir() / ".training" / hashlib.sha256(told.encode()).hexdigest()[:24]


def _check_memory(model: ModelFile, cost: TrainingCost) -> None:
    available = psutil.virtual_memory().available
    if cost.memory + SPARE_BYTES > available:
        raise StillroomError(
            f"Training {model.name} needs {size_text(cost.memory)} of memory, and {size_text(available)} are free, of which "
            f"{size_text(SPARE_BYTES)} stay free for other programs. Close other programs, or teach a smaller model."
        )


@contextmanager
def _source(model: ModelFile, published: Path | None, work: Path) -> Iterator[tuple[Path, Sequence[Path]]]:
    """What is trained, where nothing else lies beside it, and the files behind it."""
    if published is not None:
        folder = model_folder(published)
        with staged(folder, work) as linked:
            yield linked, folder.files
        return
    base = work / "base"
    base.mkdir()
    linked_file = base / "model.gguf"
    try:
        linked_file.symlink_to(model.path.resolve())
    except OSError:
        try:
            os.link(model.path.resolve(), linked_file)
        except OSError:
            shutil.copyfile(model.path, linked_file)
    yield linked_file, (model.path,)


def _do(
    command: Sequence[str],
    files: Sequence[Path],
    folders: Sequence[Path],
    model: ModelFile,
    parameters: int,
    tell: Callable[[float], None],
    cancellation: Cancellation,
) -> None:
    memory = LIBRARY_BYTES + 32 * parameters
    status, lines = in_converter(
        command, reach_of_converter(command, files, *folders), memory, model.name, tell, cancellation
    )
    if status:
        raise StillroomError(f"{model.name} was not trained: {_reason(lines, status)}.", "\n".join(lines))


_REASONS = (
    (r"architecture ([\w.-]+) (?:is )?not supported", "models of the kind {0} cannot be trained from their GGUF file; name the folder "
     "they were published in (--published)"),
    (r"the layers of this model are not known", "its layers are not known here"),
    (r"No space left on device", "the disk is full"),
    (r"MemoryError|not enough memory|can't allocate memory", "there was not enough memory"),
    (r"ModuleNotFoundError: No module named '([\w.]+)'", "the extra has no {0}; set it up again: sh installer/convert.sh"),
)  # fmt: skip


def _reason(lines: Sequence[str], status: int) -> str:
    for pattern, words in _REASONS:
        found = re.search(pattern, "\n".join(lines), re.MULTILINE)
        if found is not None:
            return words.format(*found.groups())
    return "the memory ran out, probably" if status == -9 else "the training failed; its last lines are in the details"
