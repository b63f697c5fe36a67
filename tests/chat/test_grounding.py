"""What an answer has from its files: quoted places, and figures that no file says, by their value and not their letters."""

from __future__ import annotations

import pytest

from stillroom.chat.conversation import Attachment, Source
from stillroom.chat.grounding import grounds_of

LEASE = (
    "LEASE OF THE MILL\nThis agreement is made on 5 March 2024 between Anna Berg and Mill & Co.\n"
    "The rent is 1,250.00 EUR a month, payable in advance.\nThe deposit amounts to three months' rent, 3.750,00 EUR.\n"
    "Either party may terminate it with thirty days' notice. Contract no. LM-2024/017.\nInterest of 4.5 % is due on arrears."
)
FILE = Attachment(7, "lease.txt", "lease.txt", (LEASE, "Annex: the wheel is 6 m wide."))


@pytest.mark.parametrize(
    "answer",
    [
        "The rent is EUR 1250 per month.",
        "The rent is 1.250,00 €.",
        "It was made on 2024-03-05.",
        "Made on March 5, 2024, in 2024.",
        "The deposit is 3750 euros.",
        "30 days of notice are needed.",
        "The number is LM-2024/017.",
        "Interest is 4,5 percent.",
        "1. The rent is 1,250\n2. The wheel is 6 m wide [1].",
    ],
)
def test_figures_of_the_file_are_founded_however_they_are_written(answer: str) -> None:
    assert grounds_of(answer, [FILE]).unfounded == ()


@pytest.mark.parametrize(
    ("answer", "unfounded"),
    [
        ("The rent is 1,520 EUR a month.", ("1,520",)),
        ("The rent is 12,500 EUR, the deposit 3,750.", ("12,500",)),
        ("It was made on 6 March 2024.", ("6 March 2024",)),
        ("The number is LM-2024/071.", ("LM-2024/071",)),
        ("Interest is 5.4 %.", ("5.4",)),
        ("The deposit is three months' rent, the notice ten days.", ("ten days",)),
        ("There are 2 parties; 2 of them signed.", ("2",)),
    ],
)
def test_figures_that_no_file_says_are_named(answer: str, unfounded: tuple[str, ...]) -> None:
    assert grounds_of(answer, [FILE]).unfounded == unfounded


def test_what_was_counted_for_the_model_may_be_repeated() -> None:
    assert grounds_of("It has 91 words.", [FILE], counted=["lease.txt has 91 words."]).unfounded == ()


def test_the_lines_an_answer_comes_from_are_quoted() -> None:
    def quoted(answer: str) -> list[str]:
        return [FILE.pages[each.page - 1][each.start : each.end] for each in grounds_of(answer, [FILE]).quotes]

    assert quoted("The monthly rent is 1250 EUR, payable in advance.") == [
        "The rent is 1,250.00 EUR a month, payable in advance."
    ]
    assert quoted("The wheel is 6 m wide.") == ["Annex: the wheel is 6 m wide."]
    assert quoted("Anna Berg and Mill & Co made the agreement.")[0].startswith("This agreement")
    assert quoted("I cannot help with that.") == []


def test_only_passages_that_were_given_count() -> None:
    start = LEASE.index("The rent")
    given = (Source(7, "lease.txt", 1, start, LEASE.index("\n", start)),)
    found = grounds_of("The rent is 1,250, the deposit 3,750 EUR.", [FILE], given)
    assert found.unfounded == ("3,750",)
    assert [each.start for each in found.quotes] == [start]


def test_a_picture_without_text_says_nothing_of_figures() -> None:
    assert grounds_of("There are 5 boats.", [Attachment(1, "a.png", "a.png", ())]).unfounded == ()
