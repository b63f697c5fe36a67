"""Amounts, dates, lengths of time and codes in the notations of many countries: none is dropped, and none read as another value."""

from __future__ import annotations

import pytest

from stillroom.documents.document import Document, Page
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.propose import propose
from stillroom.extraction.choices import Look
from stillroom.templates.template import Field, FieldType, Option


def found(kind: FieldType, *texts: str) -> list[Candidate]:
    pages = tuple(Page(number, text) for number, text in enumerate(texts, 1))
    return propose(Field("f", kind), Document("made.txt", "txt", "", pages, len(texts)))


def values(kind: FieldType, *texts: str) -> list[str]:
    return [candidate.value for candidate in found(kind, *texts)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Total 1,23,456.00", ["123456.00"]),
        ("12,34,56,789.50", ["123456789.50"]),
        ("Haben 1.234,50-", ["-1234.50"]),
        ("$5 million", ["5000000"]),
        ("EUR 2.5 Mio.", ["2500000"]),
        ("$50k", ["50000"]),
        ("Rp1.000", ["1000", "1.000"]),
        ("١٢٣٤٫٥٠", ["1234.50"]),
        ("１２３４．５０", ["1234.50"]),
        ("Tea 1 5.90 5.90", ["1", "5.90", "5.90"]),
        ("Rent - 500.00", ["500.00"]),
        ("Discount - 5.00", ["-5.00"]),
        ("合計 1万2,500円", ["12500"]),
        ("1 , 0 5 0 . 0 0", ["1050.00"]),
        ("of 14 April 2025: 12.50", ["12.50"]),
    ],
)
def test_an_amount(text: str, expected: list[str]) -> None:
    assert values(FieldType.MONEY, text) == expected


def test_a_quantity_before_a_price_does_not_swallow_it() -> None:
    offered = {candidate.value: candidate.shape for candidate in found(FieldType.MONEY, "Widget 2 450.00")}
    assert offered["450.00"] > offered["2450.00"]
    offered = {candidate.value: candidate.shape for candidate in found(FieldType.MONEY, "Somme 2 450,00")}
    assert offered["2450.00"] > offered["450.00"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("within thirty (30) days", ["30"]),
        ("(2) The tenant shall pay", ["2"]),
        ("(500)  (600)", ["-500", "-600"]),
        ("pi 3.14159265", ["3.14159265"]),
        ("1.234 and 5.67", ["1.234", "5.67"]),
        ("1,234 and 5.67", ["1234", "5.67"]),
        ("1.234 und 5,67", ["1234", "5.67"]),
    ],
)
def test_a_number(text: str, expected: list[str]) -> None:
    assert values(FieldType.NUMBER, text) == expected


def test_a_percentage_in_words() -> None:
    assert values(FieldType.PERCENT, "5 Prozent, 6 pour cent, 7,5 %") == ["5", "6", "7.5"]


@pytest.mark.parametrize(
    "text",
    [
        "5 марта 2024 г.", "5 Mart 2024", "2024년 3월 5일", "令和6年3月5日", "5 Μαρτίου 2024", "5 במרץ 2024", "2024. március 5.",
        "2024-W10-2", "Mar\u00adch 5, 2024", "Mar-\nch 5, 2024", "5.3.'24", "5 ΜΑΡΤΙΟΥ 2024", "5 آذار 2024", "«05» марта 2024 года",
        "2024eko martxoaren 5a", "2024. gada 5. martā", "5. marca 2024", "5. марта 2024. године", "5 มี.ค. 67", "5 มีนาคม พ.ศ. 2567",
        "5 March B.E. 2567", "㋿6年3月5日", "113年03月05日", "ថ្ងៃទី៥ ខែមីនា ឆ្នាំ២០២៤", "۱۵ اسفند ۱۴۰۲",
        "تاریخ: ۱۴۰۲/۱۲/۱۵", "تاریخ: 15/12/1402",
    ],
)  # fmt: skip
def test_a_date_in_any_language(text: str) -> None:
    assert values(FieldType.DATE, text) == ["2024-03-05"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15 KASIM 2025", "2025-11-15"),
        ("15 HAZİRAN 2025", "2025-06-15"),
        ("3 fevrier 2025", "2025-02-03"),
        ("3. Jänner 2025", "2025-01-03"),
        ("3 كانون الثاني 2025", "2025-01-03"),
        ("3 نيسان/أبريل 2025", "2025-04-03"),
        ("3 באפר׳ 2025", "2025-04-03"),
        ("令和7年(2025年)4月3日", "2025-04-03"),
        ("令7.4.3 発行", "2025-04-03"),
        ("1.º de abril de 2025", "2025-04-01"),
        ("3. huhtik. 2025", "2025-04-03"),
        ("2025-ж. 3-апрель", "2025-04-03"),
        ("2025 ж. 3 сәуір", "2025-04-03"),
        ("2025 жылғы 14 тамыз", "2025-08-14"),
        ("14 Awst 2025", "2025-08-14"),
        ("2025 оны 4 сарын 3", "2025-04-03"),
        ("Dato 13/4 2025", "2025-04-13"),
        ("۳۰ اسفند ۱۴۰۳", "2025-03-20"),
        ("۱ فروردین ۱۴۰۴", "2025-03-21"),
        ("۲۲ بهمن ۱۳۵۷", "1979-02-11"),
    ],
)
def test_a_month_in_capitals_without_accents_or_of_another_calendar(text: str, expected: str) -> None:
    assert values(FieldType.DATE, text) == [expected]


@pytest.mark.parametrize(
    "text", ["۳۰ اسفند ۱۴۰۲", "۳۱ مهر ۱۴۰۳", "1404/01/14", "تاريخ: 15/12/1402", "5 شوال 1446 هـ", "1446/10/05 هـ"]
)
def test_no_date_is_made_of_what_is_none_or_cannot_be_reckoned(text: str) -> None:
    assert values(FieldType.DATE, text) == []


def test_a_range_has_two_dates() -> None:
    assert values(FieldType.DATE, "1.2.2024-3.2.2024") == ["2024-02-01", "2024-02-03"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("Due 03/04/2024", "Paid 12/25/2024"), "2024-03-04"),
        (("Due 03/04/2024", "March 7, 2024"), "2024-03-04"),
        (("Springfield, IL 62704\nDue 03/04/2024, $5"), "2024-03-04"),
        (("Due 03/04/2024", "7 March 2024"), "2024-04-03"),
        (("Due 03/04/2024"), "2024-04-03"),
    ],
)
def test_the_whole_document_shows_which_number_is_the_month(texts: tuple[str, ...] | str, expected: str) -> None:
    assert values(FieldType.DATE, *((texts,) if isinstance(texts, str) else texts))[0] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.5 years", ["1.5 years"]),
        ("2½ years", ["2.5 years"]),
        ("twenty five years", ["25 years"]),
        ("forty-five (45) days", ["45 days"]),
        ("one hundred and twenty days", ["120 days"]),
        ("24 Monate", ["24 months"]),
        ("2 ans", ["2 years"]),
        ("auf die Dauer von 3 Jahren", ["3 years"]),
        ("einer Frist von vier Wochen", ["4 weeks"]),
        ("pour une durée de deux ans", ["2 years"]),
        ("per due anni; the due days", ["2 years"]),
        ("3 lata", ["3 years"]),
        ("1,000 hours", ["1000 hours"]),
        ("a one time fee, $2 an hour, 2-3 years", []),
    ],
)
def test_a_length_of_time(text: str, expected: list[str]) -> None:
    assert values(FieldType.DURATION, text) == expected


def test_a_time_without_minutes() -> None:
    assert values(FieldType.TIME, "at 3 pm and 12 a.m.") == ["15:00", "00:00"]


def test_an_iban_over_two_lines_or_in_small_letters() -> None:
    assert values(FieldType.IBAN, "DE89 3704 0044\n0532 0130 00") == ["DE89370400440532013000"]
    assert values(FieldType.IBAN, "de89370400440532013000") == ["DE89370400440532013000"]


def test_an_iban_with_wrong_check_digits_is_offered_and_says_so() -> None:
    (candidate,) = found(FieldType.IBAN, "IBAN DE89 3704 0044 0532 0130 01 BIC COBADEFF")
    assert candidate.value == "DE89370400440532013001"
    assert candidate.failed == ("The check digits of this IBAN are wrong.",)
    assert not found(FieldType.IBAN, "IBAN DE89 3704 0044 0532 0130 00")[0].failed


def test_a_telephone_number_that_no_plan_has_says_so() -> None:
    (candidate,) = found(FieldType.PHONE, "+44 99 9946 0958")
    assert candidate.failed == ("The numbering plan of +44 has no such telephone number.",)
    assert not found(FieldType.PHONE, "+49 30 12345678")[0].failed


@pytest.mark.parametrize("text", ["Cafe\u0301 Zur\u0131", "हिन्दी कंपनी", "Иван Петров"])
def test_a_name_is_not_cut_inside_a_letter(text: str) -> None:
    assert text in values(FieldType.NAME, f"{text} signed")
    assert all(value.isspace() or value[0].isalpha() for value in values(FieldType.NAME, text))


def test_a_small_letter_of_any_script_begins_no_name() -> None:
    assert "Иван Петров" in values(FieldType.NAME, "Иван Петров подписал договор")


def test_what_typesetting_joined_is_letters_in_the_value() -> None:
    assert values(FieldType.LINE, "Paci\ufb01c Trading")[0] == "Pacific Trading"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Total CHF 1´234.55", "1234.55"),
        ("1`234.55", "1234.55"),
        ("1′234.55", "1234.55"),
        ("1ʼ234.55", "1234.55"),
        ("1’234.55", "1234.55"),
        ("1\u202f234,55", "1234.55"),
        ("1\u2009234,55", "1234.55"),
        ("1\u00a0234,55", "1234.55"),
        ("KWD 12.750", "12.750"),
        ("12.750 BHD", "12.750"),
        ("合計13,200円", "13200"),
        ("55,000원", "55000"),
        ("1.234,50 TL", "1234.50"),
        ("1,200AED", "1200"),
        ("5CAD", "5"),
        ("1200руб.", "1200"),
        ("1 250,00 zł", "1250.00"),
        ("Fr. 12.-", "12"),
        ("R$ 1.234,56", "1234.56"),
        ("19⁹⁹ €", "19.99"),
        ("120.00²", "120.00"),
        ("1.2万", "12000"),
        ("13億2,000万円", "1320000000"),
        ("3억 5,000만원", "350000000"),
        ("Rs 5 crore", "50000000"),
        ("१,२३४.५०", "1234.50"),
        ("٣٬٤٥٦٫٧٨", "3456.78"),
        ("12 тыс. руб.", "12000"),
        ("3,2 mil millones", "3200000000"),
        ("(5.00 EUR)", "-5.00"),
        ("−123.45", "-123.45"),
        ("$-5.00", "-5.00"),
        ("1 2 3 4 . 5 0", "1234.50"),
        ("12.95T", "12.95"),
        ("Total12.50", "12.50"),
        ("￥1,130.00", "1130.00"),
        ("£1\u200b,050.00", "1050.00"),
        ("19€99", "19.99"),
        ("1.250$50", "1250.50"),
        ("£19·99", "19.99"),
        ("$1,249⁹⁹", "1249.99"),
        ("12 500 руб. 50 коп.", "12500.50"),
        ("1250 zł 50 gr", "1250.50"),
        ("12.00 zł 50 gr", "12.00"),
        ("1250 Euro 5 Cent", "1250.05"),
        ("USD 1,250 and 50/100", "1250.50"),
        ("$5 10 gr", "5"),
        ("5€ 10", "5"),
        ("1 250:50 kr", "1250.50"),
        ("€ 1.245,-", "1245"),
        ("kr 1 250:50", "1250.50"),
        ("R1,250.50", "1250.50"),
        ("R 1 250,50", "1250.50"),
        ("GBP 19 ⁹⁹", "19.99"),
        ("1250 eurot 50 senti", "1250.50"),
    ],
)
def test_an_amount_as_its_country_writes_it(text: str, expected: str) -> None:
    assert values(FieldType.MONEY, text)[0] == expected


def test_a_mark_before_three_figures_is_read_by_the_currency_and_by_the_other_amounts() -> None:
    first, second = found(FieldType.MONEY, "1.234")
    assert {first.value: first.likelihood, second.value: second.likelihood} == {"1234": 0.5, "1.234": 0.5}
    assert found(FieldType.MONEY, "1.234 kg, 3,50 und 7,25")[0].value == "1234"
    assert found(FieldType.MONEY, "1.234 kg, 3.50 and 7.25")[0].value == "1.234"
    assert found(FieldType.MONEY, "JPY 1,234")[0].likelihood > 0.95


def test_thousandths_that_are_on_paper_only_leave_both_readings_open() -> None:
    assert sorted((each.value, each.likelihood) for each in found(FieldType.MONEY, "IQD 12.750")) == [
        ("12.750", pytest.approx(0.5, abs=0.49)),
        ("12750", pytest.approx(0.5, abs=0.49)),
    ]
    assert {each.value for each in found(FieldType.MONEY, "12:30")} == set()


def test_a_credit_may_be_meant_either_way() -> None:
    assert values(FieldType.MONEY, "1,234.50CR") == ["1234.50", "-1234.50"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$5", {"USD", "CAD", "MXN"}),
        ("5 kr", {"SEK", "NOK", "DKK"}),
        ("12円", {"JPY"}),
        ("zł 5", {"PLN"}),
        ("5 TND", {"TND"}),
        ("5", set()),
    ],
)
def test_an_amount_says_what_its_sign_may_mean(text: str, expected: set[str]) -> None:
    (candidate,) = found(FieldType.MONEY, text)
    assert expected <= set(candidate.currencies)
    assert bool(candidate.currencies) == bool(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Invoice No.12345", "12345"),
        ("N°2025/0012", "2025/0012"),
        ("Nr.4711", "4711"),
        ("#12345", "12345"),
        ("发票号码：25117000", "25117000"),
        ("发票号码25117000", "25117000"),
        ("GL\u200b-100", "GL-100"),
        ("Rech.-Nr.:4711", "4711"),
        ("Fattura n.77/2025", "77/2025"),
        ("Fatura n.º FT 2025/77", "FT 2025/77"),
        ("FACTURE NR 2025/77", "2025/77"),
        ("請求書No．12345", "12345"),
        ("Τιμολόγιο Νο.1234", "1234"),
        ("فاتورة رقم١٢٣٤", "١٢٣٤"),
        ("VAT ATU 13585627", "ATU13585627"),
        ("NO008804", "NO008804"),
        ("INVOICEINV-2024-1107", "INV-2024-1107"),
        ("Ticket005-00017592", "005-00017592"),
        ("Billing77", "Billing77"),
    ],
)
def test_a_code_without_its_label(text: str, expected: str) -> None:
    candidates = found(FieldType.IDENTIFIER, text)
    best = max(candidate.shape for candidate in candidates)
    assert expected in [candidate.value for candidate in candidates if candidate.shape == best]


@pytest.mark.parametrize(
    "text",
    [
        "DE89  3704  0044  0532  0130  00",
        "DE89.3704.0044.0532.0130.00",
        "D E 8 9 3 7 0 4 0 0 4 4 0 5 3 2 0 1 3 0 0 0",
        "|D|E|8|9|3|7|0|4|0|0|4|4|0|5|3|2|0|1|3|0|0|0|",
        "IBAN: D\u200bE89370400440532013000",
        "DE89-3704-0044-0532-0130-00 BIC COBADEFF",
        "IBAN: DE89 3704 0044\n        0532 0130 00",
        "IBAN：ＤＥ８９　３７０４　００４４　０５３２　０１３０　００",
        "IBANDE89370400440532013000",
        "IBAN [D][E][8][9][3][7][0][4][0][0][4][4][0][5][3][2][0][1][3][0][0][0]",
        "DE89\u20113704\u20110044\u20110532\u20110130\u201100",
    ],
)
def test_an_iban_in_boxes_and_gaps(text: str) -> None:
    assert values(FieldType.IBAN, text) == ["DE89370400440532013000"]


def test_an_iban_of_a_bank_that_no_list_has() -> None:
    (candidate,) = found(FieldType.IBAN, "BE68 5390 0754 7034")
    assert (candidate.value, candidate.failed) == ("BE68539007547034", ())
    assert found(FieldType.IBAN, "BE69 5390 0754 7034")[0].failed


def test_an_iban_of_the_wrong_length_says_so() -> None:
    (candidate,) = found(FieldType.IBAN, "IBAN DE1212344321987600")
    assert candidate.failed == ("This IBAN has 18 characters; those of DE have 22.",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(801)374-2015\n12/01/10", "8013742015"),
        ("206-682-4686\n09/03/2010", "2066824686"),
        ("668 5702", "6685702"),
        ("01 23 45 67 89", "0123456789"),
        ("0049 30 12345678", "+493012345678"),
        ("030 / 123 45 67", "0301234567"),
    ],
)
def test_a_telephone_number_ends_with_its_line(text: str, expected: str) -> None:
    assert values(FieldType.PHONE, text) == [expected]


def test_what_has_no_width_stays_in_the_span_and_leaves_the_value() -> None:
    (candidate,) = found(FieldType.MONEY, "£1\u200b,050.00")
    assert candidate.text == "1\u200b,050.00"
    assert candidate.value == "1050.00"


def test_figures_that_are_turned_around_say_so() -> None:
    assert all(candidate.failed for candidate in found(FieldType.MONEY, "Total \u202e120.40\u202c EUR"))


@pytest.mark.parametrize("text", ["Dated:14-Apr-2025", "14.IV.2025", "IV. 14 IV 2025"])
def test_a_date_that_touches_its_label_or_has_a_roman_month(text: str) -> None:
    assert values(FieldType.DATE, text) == ["2025-04-14"]


@pytest.mark.parametrize(
    "text", ["14 April 2025", "April 14, 2025", "14. März 2025", "14 de abril de 2025", "14 ส.ค. 2568", "۲۳ مرداد ۱۴۰۴"]
)
def test_the_figures_of_a_date_are_no_code(text: str) -> None:
    assert values(FieldType.IDENTIFIER, f"Invoice\n{text}") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Total NT$1,130", None),
        ("Total $ 125.990 CLP", None),
        ("CLP $125.990", None),
        ("US$ 20.00", "USD"),
        ("$20.00", "USD"),
    ],
)
def test_a_sign_that_another_currency_owns_speaks_for_none_but_that(text: str, expected: str | None) -> None:
    usd = Option("USD", "US dollar", ("$", "US$"))
    document = Document("made.txt", "txt", "", (Page(1, text),), 1)
    found = Look.at(Field("currency", FieldType.CHOICE, options=(usd, Option("EUR", "euro", ("€",)))), document)
    assert (found.options[0].value if found.literal[0] else None) == expected


def test_a_number_in_groups_of_figures_is_one_code() -> None:
    best = max(found(FieldType.IDENTIFIER, "NHS No: 943 476 5919"), key=lambda each: each.shape)
    assert best.value == "943 476 5919"


@pytest.mark.parametrize("text", ["İn the afternoon at 5:30", "5:30 evenİng", "5:30 mittagſ", "mİdday to 5:30"])
def test_a_part_of_the_day_in_letters_of_another_alphabet_fails_nothing(text: str) -> None:
    assert [value[-5:] for value in values(FieldType.TIME, text)][-1:] in (["05:30"], ["17:30"])
