"""Remote engines against a server on loopback: nothing unasked, exactly what was previewed, and every failure a sentence."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.remote.office import KEY, TEXT, ask, document, fields_of
from tests.remote.openai_server import OpenAiServer

from stillroom.cancellation import Cancellation
from stillroom.chat.conversation import ChatSettings
from stillroom.chat.remote_answerer import RemoteAnswerer
from stillroom.documents.document import Document
from stillroom.engine.protocol import Message
from stillroom.errors import Cancelled, EngineError
from stillroom.extraction.remote_extractor import NOT_IN_DOCUMENT, RemoteExtractor, located, preview
from stillroom.extraction.result import DocumentStatus, FieldState, FieldValue
from stillroom.extraction.run import Batch
from stillroom.extraction.side_by_side import run_side_by_side
from stillroom.privacy.seal import Seal
from stillroom.privacy.secrets import Secrets
from stillroom.privacy.sending import CapReachedError, SendingLog
from stillroom.remote.client import RemoteClient
from stillroom.remote.engines import RemoteEngine
from stillroom.storage.database import Database
from stillroom.storage.runs import RunStore
from stillroom.templates.library import TemplateLibrary


def test_a_question_breaks_the_seal_only_while_it_is_asked(client: RemoteClient, server: OpenAiServer) -> None:
    told: list[tuple[str, ...]] = []
    client._seal.subscribe(lambda: told.append(tuple(opening.destination for opening in client._seal.openings)))
    server.answer = lambda _body: "Yes."
    assert ask(client) == "Yes."
    assert client.models() == ["tiny"]
    assert told == [("127.0.0.1",), (), ("127.0.0.1",), ()]
    assert server.keys == [KEY]


def test_a_stream_comes_piece_by_piece_and_one_that_breaks_off_is_told(
    client: RemoteClient, server: OpenAiServer
) -> None:
    server.answer = lambda _body: "It is blue."
    pieces: list[str] = []
    assert ask(client, on_text=pieces.append) == "It is blue."
    assert len(pieces) == 11
    server.broken = "cut"
    with pytest.raises(EngineError, match="broke off") as failure:
        ask(client, on_text=pieces.append)
    assert failure.value.retryable
    cancellation = Cancellation()
    cancellation.request()
    server.broken = ""
    with pytest.raises(Exception, match=r"^$"):
        ask(client, on_text=pieces.append, cancellation=cancellation)


@pytest.mark.parametrize(
    ("statuses", "said", "asked"),
    [
        ([401], "refused the key", 1),
        ([403], "refused the key", 1),
        ([404], "does not know the model tiny", 1),
        ([400], "refused the question", 1),
        ([429] * 9, "too many questions", 4),
        ([500] * 9, "a fault of its own", 4),
    ],
)
def test_every_refusal_is_a_sentence(
    client: RemoteClient, server: OpenAiServer, statuses: list[int], said: str, asked: int
) -> None:
    server.statuses = statuses
    with pytest.raises(EngineError, match=said) as failure:
        ask(client)
    assert len(server.requests) == asked
    assert KEY not in failure.value.message + failure.value.details


def test_what_passes_by_itself_is_tried_again(client: RemoteClient, server: OpenAiServer) -> None:
    server.answer, server.statuses = (lambda _body: "Yes."), [429, 500]
    assert ask(client) == "Yes."


def test_no_server_nonsense_and_silence(
    engine: RemoteEngine, client: RemoteClient, server: OpenAiServer, secrets: Secrets
) -> None:
    server.broken = "nonsense"
    with pytest.raises(EngineError, match="makes no sense"):
        ask(client)
    server.broken = "slow"
    with (
        RemoteClient(replace(engine, seconds=1), secrets, Seal()) as hasty,
        pytest.raises(EngineError, match="did not answer within 1 seconds"),
    ):
        ask(hasty)
    with (
        RemoteClient(replace(engine, address="http://127.0.0.1:9/v1"), secrets, Seal()) as nowhere,
        pytest.raises(EngineError, match="cannot be reached"),
    ):
        ask(nowhere)


def test_values_are_located_or_marked() -> None:
    template = TemplateLibrary().find("receipt")
    answer = {
        "company": "north wind TRADING ltd",
        "date": "2024-05-03",
        "address": "1 Invented Street",
        "total": "99.99",
    }
    found = located(answer, template, document())
    company, date, address, total = (found[name] for name in ("company", "date", "address", "total"))
    assert isinstance(company, FieldValue)
    assert (company.text, company.state) == ("North Wind Trading Ltd", FieldState.FOUND)
    assert isinstance(date, FieldValue)
    assert (date.value, date.text) == ("2024-05-03", "03/05/2024")
    for missing in (address, total):
        assert isinstance(missing, FieldValue)
        assert missing.state is FieldState.INVALID
        assert missing.span is None
        assert missing.failed_checks == (NOT_IN_DOCUMENT,)


def test_exactly_what_was_previewed_is_sent_and_written_down(
    client: RemoteClient, server: OpenAiServer, engine: RemoteEngine, database: Database
) -> None:
    template = TemplateLibrary().find("receipt")
    what = preview(document(), template, engine)
    assert what.cost > 0
    assert server.bytes == 0
    log = SendingLog(database)
    result = RemoteExtractor(client, log).extract(document(), template, file="r.txt")
    (request,) = server.requests
    contents = [message["content"] for message in request["messages"]]
    shape = json.dumps(request["response_format"]["json_schema"]["schema"], ensure_ascii=False)
    assert "\n\n".join([*contents, shape]) == what.text, "the shape of the answer leaves, too, and is shown"
    assert TEXT.strip() in what.text
    (sending,) = log.newest()
    assert (sending.host, sending.characters, sending.tokens_in) == ("127.0.0.1", len(what.text), 50)
    assert sending.cost == pytest.approx((50 * 2.5 + 10 * 10) / 1e6)
    assert log.spent_this_month() == sending.cost
    assert "were sent to 127.0.0.1" in result.notes[-1]
    with pytest.raises(CapReachedError, match="limit"):
        RemoteExtractor(client, log, cap=sending.cost / 2).extract(document(), template, file="r.txt")
    assert len(server.requests) == 1


def test_what_left_is_written_down_whatever_became_of_it(
    client: RemoteClient, server: OpenAiServer, engine: RemoteEngine, secrets: Secrets, database: Database
) -> None:
    template, log = TemplateLibrary().find("receipt"), SendingLog(database)

    def extract(asked: RemoteClient) -> None:
        with pytest.raises(EngineError):
            RemoteExtractor(asked, log).extract(document(), template, file="r.txt")

    with RemoteClient(replace(engine, address="http://127.0.0.1:9/v1"), secrets, Seal()) as nowhere:
        extract(nowhere)
    assert log.newest() == [], "nothing left"
    server.statuses = [401]
    extract(client)
    (refused,) = log.newest()
    assert (refused.tokens_out, refused.cost) == (0, 0.0), "it left, and costs nothing"
    assert refused.characters > len(TEXT)
    server.broken = "nonsense"
    extract(client)
    assert log.newest()[0].cost > 0, "what it may have cost counts"
    with RemoteClient(replace(engine, seconds=1), secrets, Seal()) as hasty:
        server.broken = "slow"
        extract(hasty)
    assert len(log.newest()) == 3


def test_a_chat_that_breaks_off_or_is_stopped_is_written_down(
    engine: RemoteEngine, secrets: Secrets, server: OpenAiServer, database: Database
) -> None:
    server.answer = lambda _body: "It is blue."
    log = SendingLog(database)
    answerer = RemoteAnswerer(engine, lambda: RemoteClient(engine, secrets, Seal()), log, lambda: 0.0)
    asked = [Message("user", "Hello")]
    cancellation = Cancellation()
    with pytest.raises(Cancelled):
        answerer.answer(asked, ChatSettings(), on_text=lambda _: cancellation.request(), cancellation=cancellation)
    server.broken = "cut"
    with pytest.raises(EngineError, match="broke off"):
        answerer.answer(asked, ChatSettings(), on_text=lambda _: None)
    assert [(each.what, each.characters, each.tokens_out) for each in log.newest()] == [("chat", 5, 0)] * 2
    with pytest.raises(Cancelled):
        answerer.answer(asked, ChatSettings(), on_text=lambda _: None, cancellation=cancellation)
    assert len(log.newest()) == 2, "one that is stopped before it is sent is not"


def test_the_months_limit_holds_for_what_is_asked_at_the_same_time(
    client: RemoteClient, server: OpenAiServer, engine: RemoteEngine, database: Database
) -> None:
    slow = threading.Event()
    server.answer = lambda body: (slow.wait(5), fields_of(body))[1]
    template, log = TemplateLibrary().find("receipt"), SendingLog(database)
    cap = 3.5 * preview(document(), template, engine).cost
    extractor = RemoteExtractor(client, log, cap)
    refused: list[str] = []

    def one() -> None:
        try:
            extractor.extract(document(), template, file="r.txt")
        except CapReachedError as error:
            refused.append(error.message)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 10
    while len(refused) < 5 and time.monotonic() < end:
        time.sleep(0.01)
    slow.set()
    for thread in threads:
        thread.join(10)
    assert (len(refused), len(server.requests), len(log.newest())) == (5, 3, 3)


def test_nonsense_is_a_failed_row(client: RemoteClient, server: OpenAiServer, database: Database) -> None:
    server.answer = lambda _body: "I would rather not."
    with pytest.raises(EngineError, match="did not answer with the fields"):
        RemoteExtractor(client, SendingLog(database)).extract(document(), TemplateLibrary().find("receipt"), file="r")


class TextReader:
    def read(self, path: Path, *, password: str | None = None, cancellation: Cancellation | None = None) -> Document:
        assert password is None
        if cancellation is not None:
            cancellation.raise_if_requested()
        return replace(document(path.read_text()), name=path.name)


def test_a_hundred_documents_at_32_in_flight_with_the_server_killed_once(
    engine: RemoteEngine, secrets: Secrets, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.remote.client._FIRST_PAUSE", 0.2)
    files = []
    for number in range(100):
        files.append(tmp_path / f"{number}.txt")
        files[-1].write_text(TEXT.replace("14.10", f"{number + 100}.00"))
    first = OpenAiServer(lambda body: (time.sleep(0.02), fields_of(body))[1])
    template, store = TemplateLibrary().find("receipt"), RunStore(database)
    batch = Batch.create_remote(store, template, files, "office: tiny", "127.0.0.1")
    second: list[OpenAiServer] = []
    rows: list[int] = []

    def restart() -> None:
        first.stop()
        time.sleep(0.1)
        second.append(OpenAiServer(fields_of, first.port))

    killer: list[threading.Thread] = []

    def note(position: int, _result: object) -> None:
        rows.append(position)
        if len(rows) == 30:
            killer.append(threading.Thread(target=restart))
            killer[0].start()

    with RemoteClient(replace(engine, address=first.address), secrets, Seal()) as client:
        extractor = RemoteExtractor(client, SendingLog(database))
        run_side_by_side(batch, extractor, TextReader(), at_once=32, on_result=note)
        killer[0].join(10)
        again = [
            position
            for position, result in enumerate(batch.results())
            if result and result.status is DocumentStatus.FAILED
        ]
        batch.retry(again)
        run_side_by_side(Batch.resume(store, batch.run_id), extractor, TextReader(), at_once=32)
    second[0].stop()
    results = batch.results()
    assert sorted(rows) == list(range(100)), "each row once"
    assert [result.file for result in results if result] == [str(file) for file in files]
    for number, result in enumerate(results):
        assert result is not None
        assert result.status is DocumentStatus.DONE
        total = result.fields["total"]
        assert isinstance(total, FieldValue)
        assert total.value == f"{number + 100}.00"


def test_a_server_that_does_not_know_schemas_is_asked_in_a_way_it_knows(
    client: RemoteClient, server: OpenAiServer, database: Database
) -> None:
    server.statuses = [400, 422]
    extractor = RemoteExtractor(client, SendingLog(database))
    extractor.extract(document(), TemplateLibrary().find("receipt"), file="r")
    extractor.extract(document(), TemplateLibrary().find("receipt"), file="r")
    kinds = [request["response_format"]["type"] for request in server.requests]
    assert kinds == ["json_schema", "json_object", "json_object", "json_object"]
