"""Files and pictures in Chat: attached, seen or read, and what is done where they do not fit."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QDialog, QLabel, QPushButton
from tests.documents.make_pictures import draw, encoded
from tests.ui.chat.talking import send

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.chat.answerer import LocalAnswerer
from stillroom.chat.conversation import Attachment, Facts, Role, Source, Turn
from stillroom.engine.protocol import Generation, LoadOptions
from stillroom.ui.banner import Banner
from stillroom.ui.chat.files import write_pdf
from stillroom.ui.chat.page import ChatPage
from stillroom.ui.chat.thumbnail import Thumbnail
from stillroom.ui.controls import Button, ComboBox, ElidedLabel

pytestmark = pytest.mark.window


def test_files_are_attached_with_their_tokens(page: ChatPage, qtbot, tmp_path: Path, drop) -> None:
    file = tmp_path / "note.txt"
    file.write_text("The harbour opens at six. " * 5)
    drop(page.composer, [file])
    qtbot.waitUntil(lambda: len(page.composer.attachments) == 1, timeout=15_000)
    assert page.composer.attachments[0].tokens > 10
    send(page, qtbot, "When?")
    asked = page.transcript.turns()[0]
    assert asked.attachments[0].pages == (file.read_text(),)
    assert page.composer.attachments == []


def test_what_does_not_fit_is_asked_about_and_nothing_is_sent(page: ChatPage, qtbot, tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_text(
        "\n\n".join(f"Paragraph {n} about the harbour and its {n} ships. " + "word " * 150 for n in range(60))
    )
    page.chat.attach([file])
    qtbot.waitUntil(lambda: len(page.composer.attachments) == 1, timeout=15_000)
    page.composer.set_text("What about paragraph 7?")
    page.composer.send.emit("What about paragraph 7?")
    qtbot.waitUntil(lambda: "full" in page.banners._keyed, timeout=15_000)
    banner = page.banners._keyed["full"]
    assert "Nothing was left out" in banner.message.text()
    assert len(page.transcript.turns()) == 1
    next(button for button in banner.buttons if "passages" in button.text()).click()
    qtbot.waitUntil(lambda: not page.chat.asking.busy and len(page.transcript.turns()) == 2, timeout=15_000)
    answer = page.transcript.turns()[-1]
    assert answer.facts.sources
    assert "left out" in answer.facts.notes[0]
    page._show_source(answer.id, 0)
    dialog = next(each for each in page.children() if type(each).__name__ == "PassageDialog")
    assert dialog.page.toPlainText()
    given, every = answer.facts.passages_read, answer.facts.passages
    rows = [dialog.list.item(row).text() for row in range(dialog.list.count())]
    assert len(rows) == every
    assert [row.startswith("Left out") for row in rows] == [False] * given + [True] * (every - given)
    dialog.close()
    asked = page.transcript.view(page.transcript.turns()[0].id)
    assert any("given in part" in each.text() for each in asked.findChildren(QLabel))
    view = page.transcript.view(answer.id)
    out = next(button for button in view.findChildren(Button) if "left out" in button.text())
    assert out.text() == f"{every - given} left out"


def test_a_pasted_picture_is_kept_and_its_text_attached(page: ChatPage, qtbot) -> None:
    picture = QImage(900, 160, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.white)
    painter = QPainter(picture)
    font = painter.font()
    font.setPixelSize(64)
    painter.setFont(font)
    painter.drawText(30, 105, "Total 14.10 EUR")
    painter.end()
    data = QMimeData()
    data.setImageData(picture)
    assert page.composer.editor.canInsertFromMimeData(data)
    page.composer.editor.insertFromMimeData(data)
    qtbot.waitUntil(lambda: bool(page.composer.attachments), timeout=60_000)
    attachment = page.composer.attachments[0]
    assert "14.10" in attachment.text
    assert Path(attachment.path).is_file()
    assert Path(attachment.path).parent == paths.pasted_dir()
    assert any("does not see pictures" in banner.message.text() for banner in page.banners._keyed.values())


class NobodyAskedAnswerer:
    """Stands for a remote model that must not be sent anything."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(name)


def long_file(tmp_path: Path) -> Path:
    file = tmp_path / "long.txt"
    file.write_text(
        "\n\n".join(f"Paragraph {n} about the harbour and its {n} ships. " + "word " * 150 for n in range(60))
    )
    return file


def test_a_count_that_does_not_fit_is_offered_to_be_read_whole(
    page: ChatPage, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Generation('{"found": ["harbour", "lighthouse"]}', "end", 9, 0, 9, 0.1, 0.1)
    monkeypatch.setattr(LocalAnswerer, "answer", lambda *_args, **_options: found)
    page.chat.attach([long_file(tmp_path)])
    qtbot.waitUntil(lambda: len(page.composer.attachments) == 1, timeout=15_000)
    page.composer.send.emit("How many harbours are there?")
    qtbot.waitUntil(lambda: "full" in page.banners._keyed, timeout=15_000)
    banner = page.banners._keyed["full"]
    assert banner.buttons[0].text() == "Read every part"
    told: list[str] = []
    page.chat.asking.told.connect(told.append)
    page.chat.asking._answerer = NobodyAskedAnswerer()  # whoever answers, all of a file is read on this machine
    banner.buttons[0].click()
    qtbot.waitUntil(lambda: not page.chat.asking.busy and len(page.transcript.turns()) == 2, timeout=60_000)
    answer = page.transcript.turns()[-1]
    total = answer.facts.passages
    assert total > 30
    assert answer.facts.passages_read == total
    assert f"All {total} of {total} passages were read" in answer.facts.notes[0]
    assert answer.content.startswith("**1** was found, named 60 times.")
    assert any(text.startswith(f"{total - 1} of {total} passages were read") for text in told)
    view = page.transcript.view(answer.id)
    assert not view._read_all.isVisibleTo(view)
    assert not view._buttons["go on"].isVisibleTo(view)


def test_citations_in_an_answer_are_links_to_their_passages(page: ChatPage) -> None:
    talk = page.chat.store.create("Cited")
    file = Attachment(0, "a.txt", "a.txt", ("The harbour opens at six.",))
    asked = page.chat.store.add(Turn(0, talk.id, None, Role.USER, "When?", datetime.now(UTC), attachments=(file,)))
    source = Source(asked.attachments[0].id, "a.txt", 1, 4, 11)
    answer = page.chat.store.add(
        Turn(
            0, talk.id, asked.id, Role.ASSISTANT, "At six [1], not [7].", datetime.now(UTC),
            facts=Facts(sources=(source,)),
        )
    )  # fmt: skip
    page.chat.open(talk.id)
    view = page.transcript.view(answer.id)
    assert 'href="source:0"' in view.body.rendered.html
    assert "source:6" not in view.body.rendered.html
    view.body.anchorClicked.emit("source:0")
    dialog = next(each for each in page.children() if type(each).__name__ == "PassageDialog")
    assert "harbour" in dialog.page.toPlainText()
    dialog.close()


def test_a_picture_is_seen_where_the_model_can_and_its_text_given_by_choice(
    page: ChatPage, qtbot, tmp_path: Path, drop
) -> None:
    options = LoadOptions(projector=str(tmp_path / "mmproj.gguf"))
    page._loading.model = page._parts.engine.load(page._parts.model, options)
    file = tmp_path / "receipt.png"
    file.write_bytes(encoded(draw()))
    drop(page.composer, [file])
    qtbot.waitUntil(lambda: bool(page.composer.attachments), timeout=60_000)
    assert page.composer.attachments[0].seen
    assert not any("does not see" in banner.message.text() for banner in page.banners._keyed.values())
    thumbnail = page.composer.findChild(Thumbnail)
    assert "receipt.png, 640 × 320 pixels" in thumbnail.accessibleName()
    assert "64 tokens" in " ".join(each.full_text() for each in page.composer.findChildren(ElidedLabel))
    choice = page.composer.findChild(ComboBox)
    choice.setCurrentIndex(1)
    choice.activated.emit(1)
    assert not page.composer.attachments[0].seen
    assert "64 tokens" not in page.composer.findChildren(ElidedLabel)[-1].full_text()
    choice = page.composer.findChildren(ComboBox)[-1]
    choice.setCurrentIndex(0)
    choice.activated.emit(0)
    told: list[str] = []
    page.chat.asking.told.connect(told.append)
    send(page, qtbot, "What is due?")
    assert told[0] == "The model looks at the picture…"
    assert told[-1] == ""
    question = page.transcript.turns()[0]
    view = page.transcript.view(question.id)
    shown = view.findChild(Thumbnail)
    assert shown.iconSize().width() == 160
    assert any("given as a picture" in each.text() for each in view.findChildren(QLabel))
    shown.click()
    whole = page.window().findChild(QDialog)
    assert whole.windowTitle() == "receipt.png"
    whole.reject()
    write_pdf(page._parts, page.chat.conversation, tmp_path / "talk.pdf")
    assert b"/Image" in (tmp_path / "talk.pdf").read_bytes()


def test_a_full_context_offers_the_text_of_pictures(page: ChatPage, qtbot, tmp_path: Path) -> None:
    options = LoadOptions(context_tokens=512, projector=str(tmp_path / "mmproj.gguf"))
    page._loading.model = page._parts.engine.load(page._parts.model, options)
    file = tmp_path / "wide.png"
    file.write_bytes(encoded(draw(size=(1500, 200))))
    picture = page._parts.readers.picture(file, 1568)
    attachments = [
        Attachment(0, f"{number}.png", "", ("Total 14.10",), 2, picture=picture, seen=True, picture_tokens=150)
        for number in range(3)
    ]
    page.composer.add_attachments(attachments)
    page.composer.set_text("Sum?")
    page.composer.send_button.click()
    qtbot.waitUntil(lambda: "full" in page.banners._keyed, timeout=15_000)
    banner = page.banners._keyed["full"]
    buttons = {each.text(): each for each in banner.findChildren(QPushButton)}
    assert "Give the passages it is about" not in buttons, "there is nothing but pictures"
    buttons["Give the text of its pictures"].click()
    qtbot.waitUntil(lambda: not page.chat.asking.busy and len(page.transcript.turns()) == 2, timeout=15_000)
    assert not any(each.seen for each in page.transcript.turns()[0].attachments)


def test_the_choices_of_a_banner_are_not_cut_at_the_windows_least_width(qtbot) -> None:
    texts = ["Summarise older turns", "Leave older turns out", "Longer context (131,072 tokens, 22.5 GB more memory)"]
    banner = Banner("This conversation does not fit. " * 4, "warn", [(text, lambda: None) for text in texts])
    qtbot.addWidget(banner)
    banner.setFixedWidth(460)
    banner.show()
    qtbot.waitExposed(banner)
    assert [button.text() for button in banner.buttons if button.width() < button.sizeHint().width()] == []


def test_making_room_that_was_stopped_says_that_the_question_waits(
    page: ChatPage, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(*_args: object, cancellation: Cancellation, **_options: object) -> Generation:
        cancellation.wait(20)
        cancellation.raise_if_requested()
        raise AssertionError

    monkeypatch.setattr(LocalAnswerer, "answer", wait)
    page.chat.attach([long_file(tmp_path)])
    qtbot.waitUntil(lambda: len(page.composer.attachments) == 1, timeout=15_000)
    page.composer.send.emit("Summarise this")
    qtbot.waitUntil(lambda: "full" in page.banners._keyed, timeout=15_000)
    page.banners._keyed["full"].buttons[0].click()
    qtbot.waitUntil(lambda: "Reading part 1" in page.composer.reading.text(), timeout=15_000)
    page.composer.stop.emit()
    qtbot.waitUntil(lambda: not page.chat.asking.busy, timeout=15_000)
    assert "nothing was asked" in page.banners._keyed["said"].message.text()
    assert [turn.role for turn in page.transcript.turns()] == [Role.USER]
    assert page.transcript.turns()[0].attachments[0].given == ""
