"""Texts that do not say their encoding, most of them a few words long, as bank statements and invoices from old programs are."""

from __future__ import annotations

import pytest

from stillroom.documents.read_file import read_source
from stillroom.documents.source import Source
from stillroom.documents.text import decode, decode_as
from stillroom.errors import DocumentError

_TEXTS = (
    ("cp1252", "Grüne Blätter GmbH\nRechnung Nr. 4711\nDatum: 3. März 2025\nSumme 1.250,00 €"),
    ("cp1252", "Müller"),
    ("cp1252", "Café Noir\nTotal 12,50 €"),
    ("cp1252", "Total £12.50"),
    ("cp1252", "Señor Muñoz, factura nº 12"),
    ("cp1252", "Åse Sørensen\nFaktura 12\nBeløb 100,00 kr"),
    ("cp1252", "São Paulo\nFatura\nNão pago"),
    ("cp1252", "it’s “quoted” – fine"),
    ("cp1252", "L'été à Orléans, 12 décembre"),
    ("cp1252", "GRÜNE BLÄTTER"),
    ("cp1252", "Temp 5°C, 10 m²"),
    ("cp1252", "Preis 5 €"),
    ("cp1250", "Faktura nr 12\nŁódź, ul. Żółkiewskiego\nDo zapłaty: 1 250,00 zł"),
    ("cp1250", "Příliš žluťoučký kůň\nCelkem 100 Kč"),
    ("cp1250", "Kwota: 12,00 zł"),
    ("cp1250", "Račun br. 5\nUkupno za plaćanje\nČakovec"),
    ("cp1250", "Dąbrowski"),
    ("iso8859-2", "Do zapłaty: łączna kwota ąęś"),
    ("mac-roman", "Grüne Blätter GmbH\nRechnung\nMärz 2025\n12 €"),
    ("mac-roman", "Café Noir"),
    ("mac-roman", "Müller, Köln"),
    ("mac-roman", "Société Générale\nFacture n° 5\nMontant à payer"),
    ("mac-roman", "“Hello” – it’s"),
    ("cp850", "Müller & Söhne\nRechnung\nBetrag"),
    ("cp1251", "Счет № 12\nИтого 1250,00 руб."),
    ("koi8-r", "Счет N 12\nИтого 1250,00 руб."),
    ("cp866", "Счет N 12\nИтого к оплате"),
    ("cp1253", "Τιμολόγιο 12\nΣύνολο 100,00 €"),
    ("cp1254", "Fatura No: 12\nToplam tutar: 100 TL\nİstanbul Şişli"),
    ("cp1255", "חשבונית מס 1024"),
    ("cp1256", "فاتورة رقم 12\nالمبلغ 100"),
    ("cp1257", "Sąskaita faktūra\nIš viso: 100 €\nŽalgirio gatvė"),
    ("cp932", "請求書\n合計 13,200円\nご請求金額"),
    ("shift_jis", "株式会社みどり商店\n請求書番号: M-2099\n発行日: 2025年4月14日\n合計 13,200円"),
    ("euc-jp", "請求書\n合計 13,200円\nありがとう"),
    ("gb18030", "发票号码：25117000\n金额 100元"),
    ("big5", "發票號碼\n金額 100元"),
    ("cp949", "송장 번호 12\n합계 10,000원"),
    ("cp874", "ใบเสร็จรับเงิน ราคา 100 บาท"),
)


@pytest.mark.parametrize(("codec", "text"), _TEXTS, ids=[f"{codec} {text[:12]!r}" for codec, text in _TEXTS])
def test_the_code_page_is_told_by_what_comes_out(codec: str, text: str) -> None:
    found, notes = decode(text.encode(codec))
    assert found == text
    assert notes[0].startswith("The file does not say its encoding; it was read as ")


def test_utf_8_is_no_guess() -> None:
    assert decode("Größe 5 €".encode()) == ("Größe 5 €", ())


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("iso-8859-1", b"5 \x80 \x96 x", "5 € – x"),
        ("latin1", "größer".encode(), "größer"),  # says the one, is the other
        ("us-ascii", b"Gr\xfc\xdfe", "Grüße"),
        ("utf-8", b"Gr\xfc\xdfe", "Grüße"),
        ("iso-8859-2", "łódź".encode("iso8859-2"), "łódź"),
        ("x-unheard-of", b"Gr\xfc\xdfe", "Grüße"),
        ("ks_c_5601-1987", "합계".encode("cp949"), "합계"),
        ("base64", b"Gr\xfc\xdfe", "Grüße"),  # names one of Python's codecs that is no encoding of text
    ],
)
def test_an_encoding_that_is_named_is_meant_as_browsers_take_it(label: str, data: bytes, text: str) -> None:
    assert decode_as(data, label)[0] == text


def test_a_web_page_and_a_table_in_code_pages_say_that_it_was_a_guess() -> None:
    page = read_source(Source("a.html", "<p>Grüße für 5 €</p>".encode("cp1252")))
    assert page.pages[0].text == "Grüße für 5 €"
    assert "Windows-1252" in page.notes[0]
    table = read_source(Source("a.csv", "Artikel;Größe\nHüte;5 €\n".encode("cp1252")))
    assert table.pages[0].text == "Artikel\tGröße\nHüte\t5 €"
    assert "Windows-1252" in table.notes[0]
    said = read_source(Source("a.html", "<meta charset=iso-8859-1><p>5 €</p>".encode("cp1252")))
    assert (said.pages[0].text, said.notes) == ("5 €", ())


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"Total 12.50\0\0\0 EUR\nDate 2025-01-02\n", "Total 12.50  EUR\nDate 2025-01-02\n"),
        (b"Smith\0\0\0\0\0\0\0Leeds\0\0\0\n" * 2, "Smith Leeds \nSmith Leeds \n"),
    ],
)
def test_fields_that_are_filled_up_with_zeros_are_read_and_it_is_said(data: bytes, text: str) -> None:
    document = read_source(Source("a.txt", data))
    assert document.pages[0].text == text
    assert document.notes == ("Zero bytes that stand between its words were read as spaces.",)


@pytest.mark.parametrize("data", [bytes(range(256)) * 10, b"abc\0\1def\n" * 9, b"abc\0def" * 9])
def test_what_holds_more_than_zeros_is_no_text(data: bytes) -> None:
    with pytest.raises(DocumentError, match="binary"):
        read_source(Source("a.bin", data))


def test_a_text_that_switches_between_letters() -> None:
    for codec, text in (("iso2022_jp", "請求書番号: M-2041\n合計 13,200円"), ("iso2022_kr", "합계 1,250,000원")):
        assert decode(text.encode(codec)) == (text, ())


@pytest.mark.parametrize("codec", ["cp850", "cp437", "cp1252", "mac-roman"])
def test_a_sign_before_a_figure_is_that_of_a_currency(codec: str) -> None:
    assert decode("Green Leaf Ltd\nTotal due: £1,050.00\n".encode(codec))[0] == "Green Leaf Ltd\nTotal due: £1,050.00\n"
