"""What servers and models take, and what a remote answer leaves of what was known before."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.remote.office import TEXT, ask, document, fields_of
from tests.remote.openai_server import OpenAiServer

from stillroom.errors import EngineError
from stillroom.extraction.remote_extractor import RemoteExtractor
from stillroom.extraction.result import FieldState, FieldValue
from stillroom.privacy.seal import Seal
from stillroom.privacy.secrets import Secrets
from stillroom.privacy.sending import SendingLog
from stillroom.remote.client import RemoteClient
from stillroom.remote.engines import RemoteEngine, proxy_of
from stillroom.storage.database import Database
from stillroom.templates.library import TemplateLibrary


def test_a_model_that_takes_no_temperature_and_another_limit_is_asked_as_it_wants(
    client: RemoteClient, server: OpenAiServer
) -> None:
    server.refused = ("max_tokens", "temperature")
    server.answer = lambda _body: "Yes."
    assert ask(client) == "Yes."
    assert len(server.requests) == 3
    assert server.requests[-1]["max_completion_tokens"] == 5
    assert not {"max_tokens", "temperature"} & set(server.requests[-1])
    pieces: list[str] = []
    assert ask(client, on_text=pieces.append) == "Yes."
    assert len(server.requests) == 4, "the client remembers"
    server.refused = ("model",)
    with pytest.raises(EngineError, match="refused the question"):
        ask(client)


def test_a_server_with_a_fault_is_not_sent_a_document_in_every_way_again_and_again(
    client: RemoteClient, server: OpenAiServer, database: Database
) -> None:
    server.statuses = [500] * 99
    with pytest.raises(EngineError, match="a fault of its own"):
        RemoteExtractor(client, SendingLog(database)).extract(document(), TemplateLibrary().find("receipt"), file="r")
    assert len(server.requests) == 4 + 3, "four tries of the first way, one of each other"


def test_a_server_that_wants_a_key_where_there_is_none_is_told_so(engine: RemoteEngine, server: OpenAiServer) -> None:
    def none() -> None:
        raise OSError

    server.statuses = [401]
    with (
        RemoteClient(engine, Secrets(none, seconds=1), Seal()) as client,  # type: ignore[arg-type]
        pytest.raises(EngineError, match="wants a key, and there is none"),
    ):
        ask(client)


def test_what_goes_to_the_own_network_goes_past_the_systems_proxy(
    engine: RemoteEngine, secrets: Secrets, server: OpenAiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = replace(engine, address="https://api.example.com/v1")
    with OpenAiServer(fields_of) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.address)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        server.answer = lambda _body: "Yes."
        with RemoteClient(engine, secrets, Seal()) as client:
            assert ask(client) == "Yes."
        assert proxy.requests == []
        assert proxy_of(engine) == ""
        assert proxy_of(cloud) == proxy.address
        named = replace(engine, proxy=proxy.address)
        with RemoteClient(named, secrets, Seal()) as client:
            ask(client)
        assert len(proxy.requests) == 1
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "socks5://127.0.0.1:9")
    with RemoteClient(engine, secrets, Seal()) as client:
        assert ask(client) == "Yes."
    with pytest.raises(EngineError, match=r"socks5://127.0.0.1:9 cannot be used: Stillroom knows no SOCKS"):
        RemoteClient(cloud, secrets, Seal())


def test_what_was_found_here_is_not_lost_to_a_worse_answer(
    client: RemoteClient, server: OpenAiServer, database: Database
) -> None:
    template, extractor = TemplateLibrary().find("receipt"), RemoteExtractor(client, SendingLog(database))
    server.answer = lambda body: json.dumps(json.loads(fields_of(body)) | {"company": "12 Harbour Road, Dover"})
    before = extractor.extract(document(), template, file="r")
    known = dict(before.fields)
    total = known["total"]
    assert isinstance(total, FieldValue)
    known["total"] = replace(total, value=None, text="", state=FieldState.ABSENT)
    server.answer = lambda _body: json.dumps(
        {"company": "North Wind Trading Ltd", "date": None, "address": "1 Invented Street", "total": "14.10"}
    )
    after = extractor.extract(document(TEXT), template, file="r", before=replace(before, fields=known))
    company = after.fields["company"]
    assert isinstance(company, FieldValue)
    assert company.value == "North Wind Trading Ltd"
    assert [each.value for each in company.candidates] == ["12 Harbour Road, Dover"]
    assert after.fields["date"] == before.fields["date"], "none is no reason to give up a value of the document"
    assert after.fields["total"] == total, "what was not known is taken"
    address = after.fields["address"]
    assert isinstance(address, FieldValue)
    assert address.state is FieldState.INVALID, "nothing was known, so what was invented is shown as such"
    assert after.notes[-1].endswith("found nothing in the document: date.")
