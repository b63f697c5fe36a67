"""A lesson from labels to a model that is used: read, held out, trained, measured, taken or refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.gguf.make_gguf import write_adapter
from tests.models.make_safetensors import write_folder

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.errors import Cancelled, StillroomError
from stillroom.evaluation.labels import LabelledDocument
from stillroom.extraction.ranking import hash_of
from stillroom.extraction.result import DocumentStatus
from stillroom.learning import teaching as lessons
from stillroom.models.adapters import attached
from stillroom.models.taught import words_of
from stillroom.models.template_models import model_of_template
from stillroom.templates.template import Field, FieldType, Template
from stillroom.tuning import adapter_training
from stillroom.tuning.adapter_training import TrainingSettings
from stillroom.tuning.from_safetensors import convert
from stillroom.workspace import Workspace

TEMPLATE = Template(
    "shift",
    1,
    "Shift",
    "A shift of work.",
    (Field("handover", FieldType.TIME, "when the shift is handed over"), Field("code", FieldType.IDENTIFIER)),
)


def sheets(folder: Path, count: int) -> list[LabelledDocument]:
    """Sheets with two times and two codes; only words that mean nothing elsewhere tell which is the handover's."""
    labels = []
    for number in range(count):
        file = folder / f"{number:03}.txt"
        file.write_text(
            f"Zorble {6 + number % 3}:15\nQuendle {14 + number % 4}:40\nPlim AX-{100 + number}\nVank CX-{300 + number}\n"
        )
        fields = {"handover": f"{14 + number % 4}:40", "code": f"CX-{300 + number}"}
        labels.append(LabelledDocument(number, file.name, file, dict(fields)))
    return labels


@pytest.fixture
def workspace(starter_model: Path) -> Workspace:
    models = paths.models_dir()
    models.mkdir(parents=True)
    (models / starter_model.name).symlink_to(starter_model)
    return Workspace()


def test_a_lesson_asks_what_extraction_asks(workspace: Workspace, tmp_path: Path) -> None:
    with workspace:
        lesson = workspace.teaching.prepare(workspace.models.find(), TEMPLATE, sheets(tmp_path, 20), held_out=6)
    assert len(lesson.train) == 14
    assert len(lesson.held_out) == 6
    assert not {each.file for each in lesson.train} & {each.file for each in lesson.held_out}
    assert lesson.questions == 28
    assert all(branch.answer and branch.suffix for example in lesson.examples for branch in example.branches)
    assert lesson.cost.memory > 500e6
    assert lesson.cost.seconds > 1


def test_what_cannot_be_read_is_told_and_too_few_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    labels = sheets(tmp_path, 21)
    labels[3].path.unlink()
    with workspace:
        lesson = workspace.teaching.prepare(workspace.models.find(), TEMPLATE, labels)
        assert [sentence.split(":")[0] for sentence in lesson.left_out] == ["003.txt"]
        with pytest.raises(StillroomError, match="too few to train"):
            workspace.teaching.prepare(workspace.models.find(), TEMPLATE, labels[:10])


def test_without_the_extra_it_says_what_to_type(workspace: Workspace) -> None:
    with workspace, pytest.raises(StillroomError, match=r"sh installer/convert\.sh"):
        workspace.teaching.check()


def test_an_adapter_is_taken_only_where_it_is_better(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is trained here changes nothing; it is judged as the case wants it."""
    better = False

    def trained(_model: object, _parameters: int, _examples: object, target: Path, **_: object) -> None:
        write_adapter(target, width=576, layers=30, seed=0)

    def judged(before: list[object], after: list[object], *_: object) -> lessons.Judged:
        assert len(before) == len(after) == 6
        return lessons.Judged(
            6, {"code": lessons.TaughtField(6, 2, 5, 0.35)}, 4 if better else 1, 1 - better, {"code": 0.35}
        )

    monkeypatch.setattr(adapter_training, "train_adapter", trained)
    monkeypatch.setattr(lessons, "judged", judged)
    with workspace:
        model = workspace.models.find()
        lesson = workspace.teaching.prepare(model, TEMPLATE, sheets(tmp_path, 20))
        taught = workspace.teaching.teach(lesson)
        assert attached(model.path) == (), "every other use of the model stays as it was"
        assert taught.model is None
        assert model_of_template("shift") == ""
        assert [each.name for each in workspace.models.installed()] == [model.name]
        better = True
        taught = workspace.teaching.teach(lesson)
        assert attached(model.path) == (), "every other use of the model stays as it was"
        assert taught.model is not None
        assert model_of_template("shift") == str(taught.model.path)
        (adapter,) = attached(taught.model.path)
        assert words_of((adapter,), "shift", hash_of(TEMPLATE)) == {"code": 0.35}
        again = workspace.teaching.teach(lesson)
        assert again.model == taught.model
        assert len(attached(taught.model.path)) == 1, "the new adapter takes the place of the earlier one"
        plan = workspace.models.plan(taught.model)
        workspace.models.load(plan)
        result = workspace.extractor.extract(workspace.readers.read(tmp_path / "001.txt"), TEMPLATE, file="001.txt")
        assert result.status is DocumentStatus.DONE
        workspace.erase()
        assert attached(taught.model.path) == (), "what documents said is in its weights"
    assert not list(paths.learned_dir().glob(".teaching-*"))


@pytest.mark.timeout(900)  # half a minute of an idle machine, and many times that on a busy one
@pytest.mark.usefixtures("real_converter")
def test_the_real_training(workspace: Workspace, tmp_path: Path) -> None:
    """From the starter's GGUF to an adapter that llama.cpp loads; stopped on the way, it goes on."""
    settings = TrainingSettings(rank=4, epochs=1, batch=2)
    cancellation = Cancellation()
    with workspace:
        lesson = workspace.teaching.prepare(workspace.models.find(), TEMPLATE, sheets(tmp_path, 20), settings=settings)

        def stop_in_training(share: float, what: str) -> None:
            if what.startswith("Training") and share > 0.2:
                cancellation.request()

        with pytest.raises(Cancelled):
            workspace.teaching.teach(lesson, settings=settings, on_progress=stop_in_training, cancellation=cancellation)
        (kept,) = (paths.learned_dir() / ".training").glob("*/checkpoint")
        assert kept.stat().st_size > 100_000
        told: list[str] = []
        taught = workspace.teaching.teach(lesson, settings=settings, on_progress=lambda _share, what: told.append(what))
    assert "Writing the adapter" in told
    assert taught.judged.labels == 12
    assert taught.memory > 300e6
    assert not list((paths.learned_dir() / ".training").glob("*"))


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("real_converter")
def test_the_real_training_of_a_published_model(tmp_path: Path) -> None:
    """From its safetensors, on the weights that were published, to an adapter for the GGUF file that was made of them."""
    folder, settings = write_folder(tmp_path / "tiny"), TrainingSettings(rank=2, epochs=1, batch=4)
    told: list[str] = []
    with Workspace() as workspace:
        model = convert(folder)
        lesson = workspace.teaching.prepare(model, TEMPLATE, sheets(tmp_path, 20), settings=settings)
        taught = workspace.teaching.teach(
            lesson, published=folder, settings=settings, on_progress=lambda _share, what: told.append(what)
        )
    assert "Writing the adapter" in told
    assert taught.judged.labels == 12
    assert not list((paths.learned_dir() / ".training").glob("*"))
