"""A table that is finished takes further files, and is made anew where its template was changed."""

from __future__ import annotations

from dataclasses import replace

from stillroom.extraction.result import Progress, Step
from stillroom.templates.template import Field, FieldType
from stillroom.ui.extract.row import RowState
from stillroom.ui.extract.run_queue import Run
from stillroom.ui.templates.versions_dialog import touched_tables


def wait_done(qtbot, sheet) -> None:
    qtbot.waitUntil(lambda: not sheet.runs.running and not sheet.runs.current, timeout=20_000)


def test_files_dropped_on_a_finished_table_join_its_run(window, parts, qtbot, receipts, drop):
    sheet = window.extract.sheet
    files = receipts(5)
    sheet.add_files(files[:2], start=True)
    qtbot.waitUntil(lambda: sheet.runs.started, timeout=10_000)
    wait_done(qtbot, sheet)
    run = sheet.model.rows[0].run
    drop(sheet, files[2:])
    qtbot.waitUntil(lambda: len(sheet.model.rows) == 5, timeout=10_000)
    sheet.run()
    qtbot.waitUntil(lambda: sheet.model.rows[4].state is RowState.DONE, timeout=10_000)
    wait_done(qtbot, sheet)
    assert [row.position for row in sheet.model.rows] == [0, 1, 2, 3, 4]
    assert all(row.run is run for row in sheet.model.rows)
    (record,) = parts.store.runs()
    assert len(parts.store.results(record.id)) == 5
    assert parts.fake.done == [file.name for file in files], "nothing was read twice"


def test_an_earlier_table_is_opened_and_goes_on(window, parts, qtbot, receipts):
    files = receipts(3)
    sheet = window.extract.sheet
    sheet.add_files(files[:1], start=True)
    qtbot.waitUntil(lambda: sheet.runs.started, timeout=10_000)
    wait_done(qtbot, sheet)
    (record,) = parts.store.runs()
    window.extract.close_sheet(0)
    window.extract.open_run(record.id)
    qtbot.waitUntil(lambda: bool(window.extract.sheet.model.rows), timeout=10_000)
    sheet = window.extract.sheet
    sheet.add_files(files)
    qtbot.waitUntil(lambda: len(sheet.model.rows) == 3, timeout=10_000)
    sheet.run()
    qtbot.waitUntil(lambda: sheet.model.rows[-1].state is RowState.DONE, timeout=10_000)
    assert [each.id for each in parts.store.runs()] == [record.id]
    assert len(parts.store.documents(record.id)) == 3


def test_the_name_of_a_table_stands_on_its_tab(window, parts, qtbot, receipts):
    extract = window.extract
    sheet = extract.sheet
    sheet.add_files(receipts(2), start=True)
    qtbot.waitUntil(lambda: sheet.runs.started, timeout=10_000)
    wait_done(qtbot, sheet)
    (record,) = parts.store.runs()
    assert extract.tabs.tabText(0) == "Receipt · 2"
    parts.reviews.rename(record.id, "Trip to Rome")
    extract._renamed(record.id, "Trip to Rome")
    assert extract.tabs.tabText(0) == "Trip to Rome · 2"
    extract.close_sheet(0)
    extract.open_run(record.id)
    qtbot.waitUntil(lambda: bool(extract.sheet.model.rows), timeout=10_000)
    assert extract.tabs.tabText(0) == "Trip to Rome · 2"
    extract._renamed(record.id, "")
    assert extract.tabs.tabText(0) == "Receipt · 2"


def test_a_table_whose_template_was_changed_is_offered_anew(window, parts, qtbot, receipts):
    from dataclasses import replace

    sheet = window.extract.sheet
    sheet.add_files(receipts(2), start=True)
    qtbot.waitUntil(lambda: sheet.runs.started, timeout=10_000)
    wait_done(qtbot, sheet)
    (record,) = parts.store.runs()
    page = window.extract
    page.close_sheet(0)
    old = next(each for each in page.templates if each.name == record.template_name)
    fields = (replace(old.fields[0], description="something else"), *old.fields[1:])
    page.templates[page.templates.index(old)] = new = replace(old, fields=fields, version=old.version + 1)
    page.open_run(record.id)
    qtbot.waitUntil(lambda: bool(page.sheet.model.rows), timeout=10_000)
    qtbot.waitUntil(lambda: "renew" in page.banners, timeout=10_000)
    before = len(parts.fake.done)
    page.renew(parts.runs.resume(record.id), new)
    qtbot.waitUntil(lambda: len(parts.store.runs()) == 2, timeout=10_000)
    newest = parts.store.runs()[0].id
    qtbot.waitUntil(lambda: len(parts.store.results(newest)) == 2, timeout=10_000)
    wait_done(qtbot, page.sheet)
    assert len(parts.fake.done) == before + 2
    assert parts.runs.compare(record.id, newest).documents == 2
    assert record.id not in {table.run for table in touched_tables(parts, new)}, "it was extracted again"


def test_a_template_changed_while_its_table_is_open_is_said_at_that_table(window, qtbot, receipts):
    sheet = window.extract.sheet
    sheet.add_files(receipts(2), start=True)
    qtbot.waitUntil(lambda: sheet.runs.started, timeout=10_000)
    wait_done(qtbot, sheet)
    templates = window.show_named("templates")
    templates.refresh("receipt")
    templates._draft.add_field(Field("tip", FieldType.MONEY, "what was given besides"))
    templates.save()
    extract = window.extract
    said = "The template was changed since this table was made: Tip."
    assert extract.banners._keyed["renew"].message.text() == said
    qtbot.waitUntil(
        lambda: "1 table was made with it" in templates.banners._keyed["save"].message.text(), timeout=10_000
    )
    other = extract.new_sheet()
    assert "renew" not in extract.banners, "it is not said of another table"
    extract.tabs.setCurrentIndex(0)
    assert "renew" in extract.banners, "nobody answered it"
    window.show_named("templates").saved.emit("invoice")
    assert "renew" in extract.banners, "another template that is saved does not take it away"
    extract.banners._keyed["renew"]._go()
    extract.tabs.setCurrentIndex(1)
    extract.tabs.setCurrentIndex(0)
    assert "renew" not in extract.banners, "it was closed"
    extract.tabs.setCurrentIndex(1)
    templates.banners._keyed["save"].buttons[0].click()
    assert extract.sheet is sheet
    assert extract.sheet is not other
    assert extract.banners._keyed["renew"].message.text() == said


def test_a_copy_is_said_and_one_decision_away(window, qtbot, receipts, tmp_path):
    sheet = window.extract.sheet
    files = receipts(2)
    copy = tmp_path / "once more.txt"
    copy.write_bytes(files[0].read_bytes())
    said = []
    sheet.said.connect(lambda text, kind, actions: said.append((text, kind, dict(actions))))
    sheet.add_files([*files, copy], start=True)
    qtbot.waitUntil(lambda: any("copy" in text for text, _, _ in said), timeout=20_000)
    text, kind, actions = next(each for each in said if "copy" in each[0])
    assert text == f"1 document looks like a copy: once more.txt (of {files[0].name})."
    assert kind == "stay"
    actions["No copy"]()
    qtbot.waitUntil(lambda: not sheet.verdicts.saving and sheet.undo.count() == 1, timeout=10_000)
    before = len(said)
    sheet.copies._told.clear()
    sheet.copies.look()
    qtbot.wait(300)
    assert len(said) == before, "it was said that it is none"
    actions["Remove it"]()
    assert [row.path for row in sheet.model.rows] == files
    sheet.undo.undo()
    assert len(sheet.model.rows) == 3


def test_the_same_number_with_other_values_is_compared_and_not_taken_for_a_copy(window, qtbot, tmp_path):
    window.extract.sheet.set_template(next(each for each in window.extract.templates if each.name == "invoice"))
    sheet = window.extract.sheet
    bills = {"first": "100.00", "second": "120.00", "same words": "100.00"}
    files = [tmp_path / f"{name}.txt" for name in bills]
    for file, amount in zip(files, bills.values(), strict=True):
        file.write_text(f"Acme Ltd\nInvoice INV-12345\n2024-01-02\nTotal {amount}\n", encoding="utf-8")
    files[2].write_text(
        files[2].read_text(encoding="utf-8") + "\n\n", encoding="utf-8"
    )  # another file of the same words
    said, pairs = [], []
    sheet.said.connect(lambda text, _kind, actions: said.append((text, dict(actions))))
    compare = sheet.copies.compare
    sheet.copies.compare = lambda found: pairs.append(found)
    sheet.add_files(files, start=True)
    qtbot.waitUntil(lambda: any("something else" in text for text, _ in said), timeout=20_000)
    text, actions = next(each for each in said if "something else" in each[0])
    assert text.startswith(
        "1 document has the sender and number of another, but says something else: second.txt (first.txt: "
    )
    assert not any("Remove" in name for name in actions), "nothing is taken out unseen"
    copy, removing = next(each for each in said if "copy" in each[0])
    assert copy == "1 document looks like a copy: same words.txt (of first.txt)."
    assert "Remove it" in removing
    actions["Compare them"]()
    sheet.copies.compare = compare
    (compared,) = pairs
    dialog = sheet.copies.compare(compared)
    pair = dialog.list.topLevelItem(0)
    lines = [[pair.child(row).text(place) for place in range(3)] for row in range(pair.childCount())]
    assert lines == [["Amount", "120.00", "100.00"]]
    dialog.list.setCurrentItem(pair.child(0))
    shown = []
    dialog.cell_wanted.connect(lambda *place: shown.append(place))
    dialog.show_other.click()
    run = sheet.model.rows[0].run.batch.run_id
    assert shown == [(run, 0, "amount")]
    assert sheet.table.currentIndex().row() == 0
    assert dialog.isVisible(), "it is not decided yet"
    dialog.close()
    dialog = sheet.copies.compare(compared)
    dialog.keep.click()
    qtbot.waitUntil(lambda: not sheet.verdicts.saving and sheet.undo.count() == 1, timeout=10_000)
    assert len(sheet.model.rows) == 3
    dialog = sheet.copies.compare(compared)
    dialog.remove.click()
    assert [row.path for row in sheet.model.rows] == [files[0], files[2]]


def test_a_time_left_of_more_than_a_month_is_taken(window, receipts):
    run = Run(window.extract.sheet.template, receipts(1))
    window.queue._progressed(run, Progress(1, 2, "", 40 * 86400.0))
    assert window.queue._late.isActive()
    assert run.progress.seconds_left == 40 * 86400.0
    window.queue._late.stop()


def test_a_time_left_that_has_passed_is_said_no_more(window, parts, qtbot, receipts, monkeypatch):
    monkeypatch.setattr("stillroom.ui.extract.run_queue._PATIENCE", 0.2)
    sheet = window.extract.sheet
    gate = parts.fake.gate
    asked = parts.fake.extract

    def extract(document, template, **rest):
        if document.name == "receipt-003.txt":
            gate.clear()
        return asked(document, template, **rest)

    parts.fake.extract = extract
    sheet.add_files(receipts(5), start=True)
    try:
        qtbot.waitUntil(lambda: sheet.runs.current is not None and sheet.runs.current.done == 3, timeout=20_000)
        qtbot.waitUntil(lambda: "left" not in sheet.status.text.full_text(), timeout=10_000)
        assert "receipt-003.txt" in sheet.status.text.full_text()
        run = window.queue.current
        for step, said in (
            (Step("Total", 2, 4), "looking for Total (2 of 4)"),
            (Step("", 3, 90, is_passage=True), "the model reads passage 3 of 90"),
            (Step("Gist", 3, 90, is_passage=True), "Gist: passage 3 of 90"),
        ):
            window.queue._progressed(run, replace(run.progress, step=step))
            assert sheet.status.text.full_text().endswith(f"receipt-003.txt · {said}")
        bar, panel = sheet.status.bar, window.panel._run_bar
        assert 3 < 5 * bar.value() / bar.maximum() < 4, "the long one moves it, too"
        assert bar.value() == panel.value()
    finally:
        gate.set()
    wait_done(qtbot, sheet)
