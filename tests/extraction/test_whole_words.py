"""Whole words speak for an option; words of every text, and letters that words share by chance, do not."""

from __future__ import annotations

import pytest

from stillroom.extraction.whole_words import whole_words

BAGS = [{"parcel": 1.0, "delivery": 2.0}, {"password": 2.0, "account": 1.0}, {"gericht": 2.0, "partei": 1.0}, {}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Two parcels were lost.", 0),
        ("The deliveries come late.", 0),
        ("My accounts are closed.", 1),
        ("Das Verwaltungsgericht gab der Klage statt.", 2),
        ("Die Parteien einigten sich.", 2),
    ],
)
def test_a_word_speaks_for_its_option_as_it_is_bent_and_in_a_compound(text: str, expected: int) -> None:
    told = whole_words(BAGS, text)
    assert told[expected] > 0
    assert told.argmax() == expected
    assert (told > 0).sum() == 1


@pytest.mark.parametrize(
    "text", ["In other words, a passage.", "the particles of paper", "unaccountable notions", "", "123"]
)
def test_letters_in_common_say_nothing(text: str) -> None:
    assert not whole_words(BAGS, text).any()


@pytest.mark.parametrize("word", ["with", "the", "nicht", "avec", "para", "con", "voor", "och", "nie", "not", "new"])
def test_words_of_every_text_say_nothing(word: str) -> None:
    assert not whole_words([{word: 2.0}, {"parcel": 1.0}], f"a letter {word} words").any()


def test_a_word_of_several_options_says_less_than_one_of_a_single() -> None:
    bags = [{"card": 2.0, "stolen": 1.0}, {"card": 2.0, "declined": 1.0}, {"transfer": 2.0}]
    told = whole_words(bags, "My card was stolen.")
    assert told[0] > told[1] > told[2] == 0
    assert whole_words(bags, "transfer")[2] > whole_words(bags, "card")[0]
