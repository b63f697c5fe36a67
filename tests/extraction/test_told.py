"""What a text says in so many words decides: rows of statements, parties called what they are, sentences, lines that a browser prints."""

from __future__ import annotations

import time

import pytest
from tests.extraction.scripted_engine import ScriptedEngine

from stillroom.documents.document import Document, Page, Span
from stillroom.extraction import kept_seen
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.propose import propose
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.deciding import decide
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.missing import Missing
from stillroom.extraction.plain_words import PartyRoles, cut_off, is_branch_number, phrases
from stillroom.extraction.positions import is_position
from stillroom.extraction.result import FieldValue
from stillroom.extraction.statements import statement_rows
from stillroom.extraction.told import Told
from stillroom.templates.template import Field, FieldType, Template

STATEMENT = """NORTH WIND CORPORATION
Notes to pages 1 to 40 of 2024, see 12 and 25
Three Months Ended  Six Months Ended
August 2, 2024  August 4, 2023  August 2, 2024  August 4, 2023
Net revenue:
Products  $  18,954 $  16,935 $  35,081 $  31,971
Total net revenue  25,026  22,934  47,270  43,856
Gross margin  5,311  5,387  10,117  10,405
Net income (loss)  (841)  455  1,796  1,033
Net income (loss) attributable to North Wind Corporation  $  (846) $  462 $  1,806 $  1,045
Net income attributable to common shareholders  840  460  1,800  1,040

Weighted-average common shares outstanding:
Basic  711  728  709  731
Earnings (loss) per common share:
Basic  $  (1.19) $  0.64 $  2.55 $  1.44

Page 25 of 2024
"""
QUARTER = Template(
    "quarter",
    1,
    "Quarter",
    "",
    (
        Field("revenue", FieldType.NUMBER, near=("revenue", "net revenue")),
        Field("gross_profit", FieldType.NUMBER, near=("gross profit", "gross margin")),
        Field("net_income", FieldType.NUMBER, near=("net income",), avoid=("noncontrolling",)),
        Field("basic_eps", FieldType.NUMBER, near=("basic", "basic earnings per share")),
    ),
)
CONTRACT = """1/27/26, 3:23 PM  Credit Agreement among Globex and Syndicate of Banks
364-DAY CREDIT AGREEMENT
dated as of March 4, 2022,
among
GLOBEX COMPANY,
as Borrower,
INITECH ENTERPRISES CORP.,
as Guarantor (prior to the Release Date),
NORTHERN BANK, N.A. and
HARBOUR TRUST, N.A.,
as Co-Syndication Agents,
UNION BANK, N.A.,
as Administrative Agent
The aggregate amount of the Commitments is $5,250,000,000, in parts of $147,500,000.
https://contracts.example.com/globex/85292/  1/1"""
CREDIT = Template(
    "loan",
    1,
    "Loan",
    "",
    (
        Field("borrower", FieldType.ORGANISATION, near=("as borrower", "borrower"), avoid=("agent",)),
        Field(
            "agent",
            FieldType.ORGANISATION,
            near=("as administrative agent", "administrative agent"),
            avoid=("syndication agent", "borrower"),
        ),
        Field("day", FieldType.DATE),
        Field("commitment", FieldType.MONEY),
    ),
)


def document(text: str) -> Document:
    return Document("made.txt", "txt", "0" * 64, (Page(1, text),), 1)


def values(text: str, template: Template) -> dict[str, str | None]:
    result = Extractor(ScriptedEngine()).extract(document(text), template, file="made.txt")
    return {name: value.value for name, value in result.fields.items() if isinstance(value, FieldValue)}


def told(text: str, template: Template, name: str) -> dict[str, float]:
    made, field = document(text), template.field(name)
    candidates = propose(field, made)
    said = Told(made, Meaning(template)).of(field, field.type, candidates)
    return {candidates[at].text: strength for at, strength in said.items()}


def test_a_line_of_very_many_cells_is_looked_at_once() -> None:
    began = time.process_time()
    assert not statement_rows(document("a\t" * 20_000))
    assert time.process_time() - began < 2


def test_a_row_of_a_statement_gives_the_figure_of_the_latest_period() -> None:
    assert values(STATEMENT, QUARTER) == {
        "revenue": "25026",
        "gross_profit": "5311",
        "net_income": "-846",  # of the company's owners, not of those of some of its shares
        "basic_eps": "-1.19",  # of earnings, not of shares
    }


def test_where_the_earlier_period_stands_first_the_later_one_is_taken() -> None:
    text = "2023  2024\nNet revenue  1,022,934  1,025,026\nGross margin  5,387  5,311\n"
    assert values(text, QUARTER)["revenue"] == "1025026"


@pytest.mark.parametrize(
    "text",
    [
        "Invoice 2024-17  Due: 2024\nRevenue  2  300.00",  # no line of periods
        "2024  2023\nRevenue grew by 12 to 40",  # a sentence
        "2024  2023\nRevenue  40",  # one figure
    ],
)
def test_other_lines_are_no_rows_of_a_statement(text: str) -> None:
    assert not statement_rows(document(text))


def test_a_figure_that_is_nil_is_not_that_of_another_period() -> None:
    assert not told("2024  2023\nNet revenue  $  — $  384", QUARTER, "revenue")


def test_parties_and_amounts_are_what_the_text_calls_them() -> None:
    assert values(CONTRACT, CREDIT) == {
        "borrower": "GLOBEX COMPANY",
        "agent": "UNION BANK, N.A.",
        "day": "2022-03-04",  # not the day on which a browser printed it
        "commitment": "5250000000",
    }


def test_names_that_share_a_role_have_it_each() -> None:
    made, field = document(CONTRACT), CREDIT.field("agent")
    candidates = propose(field, made)
    own, others = PartyRoles(made, Meaning(CREDIT)).called(field, candidates)
    assert {candidates[at].text for at in own} >= {"UNION BANK, N.A."}
    assert {candidates[at].text for at in others} >= {"NORTHERN BANK, N.A.", "HARBOUR TRUST, N.A.", "GLOBEX COMPANY"}


@pytest.mark.parametrize(
    "text",
    [
        "Globex Company, a Delaware corporation (the “Borrower”), and Union Bank, N.A. (the “Agent”)",
        'Globex Company (together with its successors, the "Borrower") and Union Bank, N.A., as Agent for the Banks',
        "zwischen der Globex Company (nachfolgend „Borrower“) und der Union Bank, N.A.",
        "Globex Company, in its capacity as Borrower, and Union Bank, N.A.",
    ],
)
def test_a_role_is_read_in_several_ways(text: str) -> None:
    said = told(text, CREDIT, "borrower")
    assert said["Globex Company"] > 0
    assert all(strength <= 0 for name, strength in said.items() if "Union" in name)


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("CITIBANK, N.A. and", True),
        ("und Globex GmbH", True),
        ("3M COMPANY\nas Borrower", True),
        ("among Harbour Bank, N.A.", True),
        ("zwischen der Globex GmbH", True),
        ("Harbour Bank, N.A., as agent for the Banks, Globex Company", True),
        ("Andreas Bank", False),
        ("Among Friends Ltd.", False),
        ("Y Combinator", False),
        ("Como Restaurant", False),
        ("Bang and Olufsen", False),
    ],
)
def test_a_name_does_not_hold_what_joins_it_to_others(text: str, cut: bool) -> None:
    assert cut_off(text) == cut


def test_a_number_of_days_is_no_amount() -> None:
    assert told("A 364-Day Credit Agreement of $5,000", CREDIT, "commitment")["364"] < 0
    assert "12.50" not in told("Balance 12.50-CR", CREDIT, "commitment")


def test_a_web_address_at_the_end_alone_makes_no_printed_page() -> None:
    text = CONTRACT.replace("1/27/26, 3:23 PM  ", "")
    assert "2022-03-04" not in told(text, CREDIT, "day")
    assert min(told(CONTRACT, CREDIT, "day").values()) < 0
    assert not told(text, CREDIT, "day")


@pytest.mark.parametrize(("text", "template"), [(STATEMENT, QUARTER), (CONTRACT, CREDIT)])
def test_what_the_text_said_is_kept(text: str, template: Template) -> None:
    result, content = Extractor(ScriptedEngine()).extract_and_keep(document(text), template, file="made.txt")
    seen = kept_seen.Unpacker(template).unpack(content)
    assert seen is not None
    again, _ = decide(seen, template)
    assert {name: value.value for name, value in again.items() if isinstance(value, FieldValue)} == {
        name: value.value for name, value in result.fields.items() if isinstance(value, FieldValue)
    }


def test_a_short_name_of_a_party_is_no_other_role() -> None:
    said = told("Lark Pharma, Inc. (“Lark”) and Union Bank, N.A., as Syndication Agent", CREDIT, "agent")
    assert said.get("Lark Pharma, Inc.", 0.0) == 0.0
    assert said["Union Bank, N.A."] < 0


AGREEMENT = Template(
    "agreement",
    1,
    "Agreement",
    "",
    (
        Field("term", FieldType.DURATION, description="how long the agreement lasts"),
        Field("notice_period", FieldType.DURATION, description="how long before its end notice is given"),
        Field("signer_title", FieldType.LINE, description="title of the person who signed"),
        Field("study_title", FieldType.LINE, description="what the study is called"),
        Field("signer", FieldType.NAME, description="who signed"),
    ),
)
CLAUSES = """5. Non-Solicitation. For a period of one year from the date hereof, neither party will solicit employees of the other.
6. Either party may leave on three (3) months prior written notice.
7. This Agreement shall expire two years after the date hereof.
"""


def test_a_length_of_time_is_of_what_its_sentence_speaks_of() -> None:
    said = told(CLAUSES, AGREEMENT, "term")
    assert said["two years"] > 0 > max(said["one year"], said["three (3) months"])
    assert values(CLAUSES, AGREEMENT)["term"] == "2 years"
    asked_for_notice = told(CLAUSES, AGREEMENT, "notice_period")
    assert asked_for_notice["three (3) months"] > 0 > asked_for_notice["two years"]


def test_a_sentence_goes_on_with_a_number_that_begins_a_line() -> None:
    text = "The obligations of this Agreement shall continue until the earlier of\n(i) two years after its date and (ii) its sale.\n"
    assert told(text, AGREEMENT, "term")["two years"] > 0
    listed = "(a) neither party shall solicit anybody who works for one of them, and\n(b) the report is due six months after that"
    assert "six months" not in told(listed, AGREEMENT, "term")


def test_the_title_of_a_person_is_a_position() -> None:
    form = "Date  Name and Title  Signature\nMay 14, 2019  Joan J. Osborne, Vice President  /s/ Joan J. Osborne\n"
    said = told(form, AGREEMENT, "signer_title")
    assert max(said, key=said.__getitem__) == "Vice President"
    assert not told(form, AGREEMENT, "study_title").get("Vice President")
    signer = told(form, AGREEMENT, "signer")
    assert all(strength < 0 for text, strength in signer.items() if text.startswith("/s/"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Director of Operations", True),
        ("Executive Vice President & CFO", True),
        ("Geschäftsführerin", True),
        ("Attormey", True),  # as recognition misreads it
        ("Robert Whitfield, Deputy Minister", False),
        ("United States", False),
        ("Partner 12", False),
    ],
)
def test_positions_are_told_from_other_lines(text: str, expected: bool) -> None:
    assert is_position(text) is expected


MEETING = Template(
    "meeting",
    1,
    "Meeting",
    "",
    (Field("start", FieldType.TIME, near=("time",)), Field("end", FieldType.TIME, near=("time", "until"))),
)


@pytest.mark.parametrize(
    ("line", "no_end"),
    [
        ("Time: 1:00 PM", ["1:00 PM", "16:54"]),
        ("Time: 1:00 PM - 2:30 PM", ["1:00 PM", "16:54"]),
        ("Start: 13:00   End: 14:30", ["13:00", "16:54"]),
        ("Beginn: 13:00 Uhr  Ende: 14:30 Uhr", ["13:00 Uhr", "16:54"]),
    ],
)
def test_a_time_that_stands_alone_is_no_end(line: str, no_end: list[str]) -> None:
    text = (
        f"Meeting of the board\n{line}\nRoom 4, second floor\nPosted by Anna on May 3 at 16:54 from north.example.org\n"
    )
    assert sorted(told(text, MEETING, "end")) == sorted(no_end)
    assert not told(text, MEETING, "start")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Store#1291", True),
        ("Kasse Nr. 4", True),
        ("TABLE: 12", True),
        ("Store 24 Ltd", False),
        ("7-Eleven", False),
        ("Table", False),
    ],
)
def test_the_number_of_a_shop_is_no_name(text: str, expected: bool) -> None:
    assert is_branch_number(text) is expected


@pytest.mark.parametrize(
    "said",
    [
        "Invoice date: to follow",
        "Invoice date: -",
        "Rechnungsdatum: wird nachgereicht",
        "No. 7\tInvoice date\tn/a",
        "Invoice date | TBC",
    ],
)
def test_a_value_that_is_said_to_be_missing_is_not_taken_from_elsewhere(said: str) -> None:
    field = Field("invoice_date", FieldType.DATE, required=True)
    template = Template("bill", 1, "Bill", "", (field,))

    def told(text: str) -> list[str]:
        made = Document("made.txt", "txt", "", (Page(1, text),), 1)
        candidates = propose(field, made)
        against = Told(made, Meaning(template)).of(field, field.type, candidates)
        return [each.text for at, each in enumerate(candidates) if against.get(at, 0.0) < 0]

    assert told(f"Green Leaf Ltd\n{said}\nPrinted 7 April 2025") == ["7 April 2025"]
    assert not told(f"Green Leaf Ltd\n{said}\nInvoice date: 7 April 2025")
    assert not told(f"Green Leaf Ltd\n{said}\nInvoice date\n7 April 2025")
    assert not told("Green Leaf Ltd\nDelivery date: to follow\nPrinted 7 April 2025")
    assert not told("Green Leaf Ltd\nInvoice date: to follow the rules\nPrinted 7 April 2025")


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("a card or phone lost; fraud", ["a card", "phone lost", "fraud"]),
        ("a fee of 3.5%, e.g. of a card", ["a fee of 3.5%", "e.g. of a card"]),
        ("help 24/7. Refunds (late)", ["help 24/7", "Refunds", "late"]),
        ("退款、丢失", ["退款", "丢失"]),
    ],
)
def test_a_description_is_cut_where_it_lists(text: str, listed: list[str]) -> None:
    assert phrases(text) == listed


def test_what_is_missing_is_looked_up_in_time_in_proportion(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(f"Invoice number: A-{number}\nInvoice date: n/a" for number in range(300))
    field = Field("invoice_date", FieldType.DATE)
    template = Template("t", 1, "", "", (field,))
    missing = Missing(Document("d", "txt", "", (Page(1, text),), 1), Meaning(template))
    looked = 0

    class Counted(list):  # type: ignore[type-arg]
        def __iter__(self):  # type: ignore[no-untyped-def]
            nonlocal looked
            looked += 1
            return super().__iter__()

    monkeypatch.setitem(missing.__dict__, "_lines", Counted(missing._lines))
    candidates = [Candidate(Span(1, place, place + 3), "A-1", "A-1") for place in range(16, 3000, 30)]
    assert missing.instead(field, candidates)
    assert looked <= 2


def test_a_year_is_asked_for_and_no_other_number() -> None:
    text = "Tax notice 2023\nBase 4255\nSum 1070\nSection 12"
    document = Document("made.txt", "txt", "", (Page(1, text),), 1)
    for name, asked in (("tax_year", True), ("anno", True), ("quantity", False), ("total_of_year", False)):
        template = Template("made", 1, "Made", "", (Field(name, FieldType.INTEGER),))
        field = template.fields[0]
        candidates = propose(field, document)
        told = Told(document, Meaning(template)).of(field, field.type, candidates)
        strengths = {candidates[at].value: strength for at, strength in told.items()}
        assert (strengths.get("2023", 0.0) > 0) == asked, name
        assert (strengths.get("4255", 0.0) < 0) == asked, name
