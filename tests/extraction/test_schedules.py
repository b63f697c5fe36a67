"""A schedule names many parties with an amount each; its heading says which field of a template they are."""

from __future__ import annotations

import pytest
from tests.extraction.scripted_engine import ScriptedEngine

from stillroom.documents.document import Document, Page
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.result import FieldValue
from stillroom.templates.template import Field, FieldType, Template

LENDERS = Field("lenders", FieldType.LIST, of=FieldType.ORGANISATION, near=("lenders", "commitment"), max_items=60)
TOTAL = Field("commitment", FieldType.MONEY, near=("aggregate commitments", "total commitments"))
PROSE = (
    "CREDIT AGREEMENT\n\nThis agreement is made among Harbour Works Inc. and the banks that are listed in Schedule I.\n"
    "Section 1.1 Interest is paid each quarter. A fee of $25,000 is due on the day of closing.\n"
)
SCHEDULE = """Schedule I
COMMITMENTS

Name of Bank  Commitment

Northern Savings Bank, N.A.  $150,000,000
Banco del Sur S.A.  $120,000,000
Meridian Trust Company, Western  $80,000,000
Branch
Grund und Boden Bank AG  $50,000,000

Total:  $400,000,000
"""
SIGNED = (
    "IN WITNESS WHEREOF\n\nHARBOUR WORKS INC.\nBy: J. Smith\n\nMERIDIAN TRUST COMPANY, WESTERN BRANCH\nBy: A. Jones\n"
)


def fields(*pages: str, asked: tuple[Field, ...] = (LENDERS, TOTAL)) -> dict[str, object]:
    document = Document("made.pdf", "pdf", "", tuple(Page(at, text) for at, text in enumerate(pages, 1)), len(pages))
    template = Template("credit", 1, "Credit", "A credit agreement of a company with its banks.", asked)
    return dict(Extractor(ScriptedEngine()).extract(document, template, file="made.pdf").fields)


def names(found: object) -> list[str]:
    assert isinstance(found, tuple)
    return [each.value for each in found]


def test_every_name_of_a_schedule_is_an_item_and_its_total_the_amount() -> None:
    found = fields(PROSE, SCHEDULE)
    assert set(names(found["lenders"])) >= {
        "Northern Savings Bank, N.A.",
        "Banco del Sur S.A.",
        "Grund und Boden Bank AG",
    }
    assert not any("Total" in name or "$" in name for name in names(found["lenders"]))
    total = found["commitment"]
    assert isinstance(total, FieldValue)
    assert total.value == "400000000 USD" or total.value == "400000000"


def test_a_name_that_goes_on_below_its_amount_is_taken_where_it_stands_whole() -> None:
    found = names(fields(PROSE, SCHEDULE, SIGNED)["lenders"])
    assert "MERIDIAN TRUST COMPANY, WESTERN BRANCH" in found
    assert not any(name.endswith("Western") for name in found)


@pytest.mark.parametrize("heading", ["Prices\n\nArticle  Price", "Subsidiaries\n\nName  Capital"])
def test_a_list_of_other_things_is_none_of_its_names(heading: str) -> None:
    other = SCHEDULE.replace("Schedule I\nCOMMITMENTS\n\nName of Bank  Commitment", heading)
    with_heading = fields(PROSE, SCHEDULE)["lenders"]
    without = fields(PROSE, other)["lenders"]
    assert isinstance(with_heading, tuple)
    assert isinstance(without, tuple)
    assert len(without) < len(with_heading)


def test_what_is_no_sum_is_no_total() -> None:
    wrong = SCHEDULE.replace("$400,000,000", "$444,000,000")
    total = fields(PROSE, wrong, asked=(TOTAL,))["commitment"]
    right = fields(PROSE, SCHEDULE, asked=(TOTAL,))["commitment"]
    assert isinstance(total, FieldValue)
    assert isinstance(right, FieldValue)
    assert right.confidence >= total.confidence or total.value != right.value
