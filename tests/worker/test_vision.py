"""Pictures through real inference: a projector of noise lets the starter model see them, if only noise."""

from __future__ import annotations

import base64
import io
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("llama_cpp")

from PIL import Image
from tests.gguf.make_gguf import write_grid_model, write_projector, write_tiny

from stillroom.cancellation import Cancellation
from stillroom.engine.engine import Engine
from stillroom.engine.limits import Limits
from stillroom.engine.protocol import (
    GenerateRequest,
    Generation,
    LoadOptions,
    Message,
    Piece,
    Question,
    Sampling,
    ScoreRequest,
)
from stillroom.errors import Cancelled, EngineError

pytestmark = pytest.mark.model

KINDS = {"janus_pro": 16, "gemma3": 4}  # cells of a picture: seen in steps, and at once
BEGIN, TURN = Piece("<|im_start|>user\n", special=True), Piece("<|im_end|>\n<|im_start|>assistant\n", special=True)
NEXT = Piece("<|im_end|>\n<|im_start|>user\n", special=True)


def picture(colour: str = "red", size: tuple[int, int] = (40, 30)) -> str:
    """PNG in base64, with a shape in it."""
    drawn = Image.new("RGB", size, colour)
    drawn.paste(Image.new("RGB", (size[0] // 4, size[1] // 4), "white"), (3, 3))
    packed = io.BytesIO()
    drawn.save(packed, "PNG")
    return base64.b64encode(packed.getvalue()).decode()


def ask(engine: Engine, *pieces: Piece, tokens: int = 8, cancellation: Cancellation | None = None) -> Generation:
    request = GenerateRequest((BEGIN, *pieces, TURN), tokens, Sampling(), interactive=True)
    return engine.generate(request, cancellation=cancellation)


@pytest.fixture
def engine(starter_model: Path) -> Iterator[Engine]:
    with Engine() as running:
        running.load(starter_model, LoadOptions(context_tokens=512))
        yield running


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def seeing(engine: Engine, starter_model: Path, kind: str, tmp_path: Path) -> Engine:
    projector = write_projector(tmp_path / "mmproj.gguf", kind, width=576)
    # One thread: a busy machine takes others away, and then sums are rounded otherwise.
    options = LoadOptions(context_tokens=1024, threads_prompt=1, threads_generate=1, projector=str(projector))
    info = engine.load(starter_model, options)
    assert info.sees_pictures
    return engine


def slow_projector(folder: Path) -> Path:
    """That takes some seconds to encode a picture: many patches, many layers."""
    metadata = {"image_size": 512, "block_count": 16, "projector__scale_factor": 8}
    return write_projector(folder / "slow.gguf", "gemma3", width=576, places=64 * 64, **metadata)


def test_the_same_picture_is_seen_the_same_and_another_one_otherwise(seeing: Engine, kind: str) -> None:
    question = Piece("What is this?")
    (text, cells) = seeing.count_tokens(["What is this?"], [(40, 30)])
    assert cells >= KINDS[kind]
    first = ask(seeing, Piece("", picture=picture()), question, tokens=16)
    assert first.prompt_tokens > text + cells
    # From the cells that are there, after others took their place, and in a worker that was given another picture first.
    again = ask(seeing, Piece("", picture=picture()), question, tokens=16)
    assert again.text == first.text
    assert again.cached_tokens == again.prompt_tokens - 1
    other = ask(seeing, Piece("", picture=picture("blue")), question, tokens=16)
    assert other.text != first.text
    # No cell of the first picture is taken for one of the second, though the marks around it are the same.
    assert other.cached_tokens < first.prompt_tokens - text - KINDS[kind]
    assert ask(seeing, Piece("", picture=picture()), question, tokens=16).text == first.text
    assert ask(seeing, question, tokens=16).text not in (first.text, other.text)


def test_the_next_turn_does_not_look_at_the_picture_again(seeing: Engine) -> None:
    shown, question = Piece("", picture=picture("green")), Piece("What is this?")
    first = ask(seeing, shown, question)
    second = ask(seeing, shown, question, TURN, Piece(first.text), NEXT, Piece("And now?"))
    # All of the first turn but the last token of its answer.
    assert second.cached_tokens >= first.prompt_tokens + first.tokens - 1
    # The same conversation read anew says the same: cells of a picture are as good kept as fresh.
    seeing.load(Path(seeing.status().model.path), seeing.status().model.options)  # type: ignore[union-attr]
    fresh = ask(seeing, shown, question, TURN, Piece(first.text), NEXT, Piece("And now?"))
    assert fresh.cached_tokens == 0
    assert fresh.text == second.text


def test_several_pictures_and_texts_between(seeing: Engine) -> None:
    red, blue = Piece("", picture=picture()), Piece("", picture=picture("blue"))
    one = ask(seeing, red, Piece("or"), blue, Piece("?"), tokens=32)
    two = ask(seeing, blue, Piece("or"), red, Piece("?"), tokens=32)
    assert one.text != two.text
    assert one.prompt_tokens == two.prompt_tokens


def test_it_is_told_how_much_of_pictures_and_texts_was_read(seeing: Engine) -> None:
    told: list[float] = []
    pieces = (BEGIN, Piece("", picture=picture("yellow")), Piece("What is this? " * 60), TURN)
    request = GenerateRequest(pieces, 2, Sampling(), interactive=True)
    seeing.generate(request, on_progress=told.append)
    assert len(told) > 2
    assert told == sorted(set(told)), "never twice the same, never back"
    assert told[0] > 0
    assert told[-1] == 1.0


def test_a_cancel_while_a_picture_is_seen_leaves_the_engine_ready(
    engine: Engine, starter_model: Path, tmp_path: Path
) -> None:
    projector = slow_projector(tmp_path)
    engine.load(starter_model, LoadOptions(context_tokens=1024, projector=str(projector)))
    shown = Piece("", picture=picture(size=(300, 200)))
    cancellation = Cancellation()
    threading.Timer(0.3, cancellation.request).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        ask(engine, shown, Piece("?"), tokens=400, cancellation=cancellation)
    assert time.monotonic() - began < 5
    assert engine.status().restarts == 0, "the worker stopped by itself"
    assert ask(engine, Piece("Hello")).text
    assert engine.status().restarts == 0


def test_a_picture_that_takes_long_is_no_silence(starter_model: Path, tmp_path: Path) -> None:
    projector = slow_projector(tmp_path)
    with Engine(limits=Limits(silence=2.0)) as impatient:
        impatient.load(starter_model, LoadOptions(context_tokens=1024, projector=str(projector)))
        ask(impatient, Piece("", picture=picture()), Piece("?"), tokens=2)
        assert impatient.status().restarts == 0


def test_pictures_on_a_grid_of_positions(engine: Engine, tmp_path: Path) -> None:
    model = write_grid_model(tmp_path / "grid.gguf")
    projector = write_projector(tmp_path / "mmproj.gguf", "qwen2vl_merger", width=64)
    options = LoadOptions(context_tokens=512, projector=str(projector))
    engine.load(model, options)

    def say(*pieces: Piece) -> Generation:
        return engine.generate(GenerateRequest((Piece("ab"), *pieces), 6, interactive=True))

    red, blue = (Piece("", picture=picture(colour, (64, 48))) for colour in ("red", "blue"))
    first = say(red, Piece("what"))
    other = say(blue, Piece("what"))
    longer = say(red, Piece("what"), Piece(" and so on"), blue, Piece("x"))
    assert first.text != other.text
    assert longer.cached_tokens >= first.prompt_tokens - 4  # its state came back, and the positions with it
    engine.load(model, options)
    assert say(red, Piece("what"), Piece(" and so on"), blue, Piece("x")).text == longer.text
    assert say(red, Piece("what")).text == first.text


def test_a_model_without_a_projector_says_so(engine: Engine, starter_model: Path) -> None:
    engine.load(starter_model, LoadOptions(context_tokens=512))
    with pytest.raises(EngineError, match=r"does not see pictures\. Attach a projector"):
        ask(engine, Piece("", picture=picture()), Piece("?"))
    with pytest.raises(EngineError, match="does not see pictures"):
        engine.count_tokens([], [(40, 30)])
    assert ask(engine, Piece("Hello")).text


def test_what_is_no_picture_is_refused(seeing: Engine) -> None:
    huge = base64.b64decode(picture())
    huge = huge[:16] + b"\x00\x01\x00\x00" * 2 + huge[24:]
    torn = base64.b64decode(picture(size=(400, 400)))[:-60]
    for data in (
        "no base64!",
        base64.b64encode(b"GIF89a").decode(),
        *(base64.b64encode(data).decode() for data in (huge, torn)),
    ):
        with pytest.raises(EngineError, match="A picture of the conversation is damaged"):
            ask(seeing, Piece("", picture=data), Piece("?"))
    with pytest.raises(EngineError, match="in Chat only"):
        seeing.score(ScoreRequest((Piece("", picture=picture()),), (Question("?", ("a", "b")),)))
    with pytest.raises(EngineError, match="in Chat only"):
        seeing.generate(GenerateRequest((Piece("a"), Piece("", picture=picture()), Piece("b")), 4))
    assert ask(seeing, Piece("", picture=picture()), Piece("?")).text


def test_projectors_that_do_not_belong_are_refused_in_a_sentence(
    engine: Engine, starter_model: Path, tmp_path: Path
) -> None:
    def refusal(projector: Path) -> str:
        with pytest.raises(EngineError) as caught:
            engine.load(starter_model, LoadOptions(context_tokens=512, projector=str(projector)))
        assert engine.status().restarts == 0
        return caught.value.message

    engine.load(starter_model, LoadOptions(context_tokens=512))
    narrow = write_projector(tmp_path / "narrow.gguf", width=64)
    assert "made for a model of width 64" in refusal(narrow)
    torn = write_projector(tmp_path / "torn.gguf", width=576)
    torn.write_bytes(torn.read_bytes()[:-100])
    assert "torn.gguf" in refusal(torn)
    assert "is no projector" in refusal(write_tiny(tmp_path / "model.gguf"))
    assert "cannot be read" in refusal(tmp_path / "missing.gguf")
    # A kind whose marks the model does not know, and one that llama.cpp does not know.
    marked = write_projector(tmp_path / "marked.gguf", "idefics3", width=576)
    assert "belongs to another model" in refusal(marked)
    assert "does not belong to this model" in refusal(
        write_projector(tmp_path / "unknown.gguf", "spiral", width=576, tensors_of="janus_pro")
    )
    assert ask(engine, Piece("Hello")).text, "the model from before is still there"


def test_a_template_that_wants_the_parts_of_a_message(engine: Engine, tmp_path: Path) -> None:
    template = (
        "{% for message in messages %}{{ message['role'] }}{% if message['content'][0]['type'] == 'image' %}:{% else %}: "
        "{% endif %}{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}{% endif %}"
        "{% endfor %}{% endfor %}{% if add_generation_prompt %}Answer:{% endif %}"
    )
    engine.load(write_tiny(tmp_path / "typed.gguf", tokenizer__chat_template=template), LoadOptions(context_tokens=512))
    assert engine.render([Message("user", "Look here")]) == "user: Look hereAnswer:"


def test_a_person_who_shows_a_picture_does_not_wait_for_a_batch(
    engine: Engine, starter_model: Path, tmp_path: Path
) -> None:
    projector = write_projector(tmp_path / "mmproj.gguf", width=576)
    engine.load(starter_model, LoadOptions(context_tokens=4096, projector=str(projector)))
    questions = tuple(Question(f"\nField {number}: ", ("one", "two", "three")) for number in range(3))
    request = ScoreRequest((Piece("Some text of a document. " * 12),), questions)
    alone = engine.score(request)
    done: list[float] = []
    scores: list[object] = []

    def batch() -> None:
        for _ in range(4):
            scores.append(engine.score(replace(request, prefix=(Piece("Other text of a document. " * 12),))).scores)
        scores.append(engine.score(request).scores)
        done.append(time.monotonic())

    thread = threading.Thread(target=batch)
    thread.start()
    time.sleep(0.2)
    answer = ask(engine, Piece("", picture=picture()), Piece("What is this?"))
    answered = time.monotonic()
    thread.join()
    assert answer.text
    assert answered < done[0]
    assert scores[-1] == alone.scores, "the batch is the same beside it"
