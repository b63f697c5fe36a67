"""What electronic invoices state, in every syntax, and how the plain ones are read."""

from __future__ import annotations

import io
from collections.abc import Callable

import pypdfium2 as pdfium
import pytest

from stillroom.documents.document import Document, from_json, to_json
from stillroom.documents.e_invoice import DAMAGED, is_e_invoice, read_stated
from stillroom.documents.read_file import read_source
from stillroom.documents.source import Source

Make = Callable[..., bytes]

CII = """<?xml version="1.0"?><!-- {remark} -->
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
<rsm:ExchangedDocument><ram:ID>R-7</ram:ID><ram:IssueDateTime><udt:DateTimeString format="102">20250403</udt:DateTimeString>
</ram:IssueDateTime></rsm:ExchangedDocument><rsm:SupplyChainTradeTransaction>
<ram:IncludedSupplyChainTradeLineItem><ram:SpecifiedTradeProduct><ram:Name>Seed tray</ram:Name></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="H87">2.0000</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement><ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>100.00</ram:LineTotalAmount>
</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>
<ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty><ram:Name>Grünes Blatt GmbH</ram:Name>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="FC">12/345</ram:ID></ram:SpecifiedTaxRegistration>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">DE123456789</ram:ID></ram:SpecifiedTaxRegistration></ram:SellerTradeParty>
<ram:BuyerTradeParty><ram:Name>Kunde AG</ram:Name></ram:BuyerTradeParty></ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradeSettlementPaymentMeans><ram:PayeePartyCreditorFinancialAccount><ram:IBANID>DE02 1203 0000 0000 2020 51</ram:IBANID>
</ram:PayeePartyCreditorFinancialAccount></ram:SpecifiedTradeSettlementPaymentMeans>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:TaxBasisTotalAmount>100</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="CHF">18.20</ram:TaxTotalAmount><ram:TaxTotalAmount currencyID="EUR">19.00</ram:TaxTotalAmount>
<ram:GrandTotalAmount>119.00</ram:GrandTotalAmount></ram:SpecifiedTradeSettlementHeaderMonetarySummation>
</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"""

FIRST_ZUGFERD = """<rsm:CrossIndustryDocument xmlns:rsm="urn:ferd:CrossIndustryDocument:invoice:1p0"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:12"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:15">
<rsm:HeaderExchangedDocument><ram:ID>R-7</ram:ID><ram:IssueDateTime><udt:DateTimeString format="102">20250403</udt:DateTimeString>
</ram:IssueDateTime></rsm:HeaderExchangedDocument><rsm:SpecifiedSupplyChainTradeTransaction>
<ram:ApplicableSupplyChainTradeAgreement><ram:SellerTradeParty><ram:Name>Grünes Blatt GmbH</ram:Name></ram:SellerTradeParty>
</ram:ApplicableSupplyChainTradeAgreement><ram:ApplicableSupplyChainTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradeSettlementMonetarySummation><ram:TaxBasisTotalAmount currencyID="EUR">100.00</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="EUR">19.00</ram:TaxTotalAmount><ram:GrandTotalAmount currencyID="EUR">119.00</ram:GrandTotalAmount>
</ram:SpecifiedTradeSettlementMonetarySummation></ram:ApplicableSupplyChainTradeSettlement>
<ram:IncludedSupplyChainTradeLineItem><ram:SpecifiedSupplyChainTradeDelivery><ram:BilledQuantity>2</ram:BilledQuantity>
</ram:SpecifiedSupplyChainTradeDelivery><ram:SpecifiedSupplyChainTradeSettlement><ram:SpecifiedTradeSettlementMonetarySummation>
<ram:LineTotalAmount>100.00</ram:LineTotalAmount></ram:SpecifiedTradeSettlementMonetarySummation>
</ram:SpecifiedSupplyChainTradeSettlement><ram:SpecifiedTradeProduct><ram:Name>Seed tray</ram:Name></ram:SpecifiedTradeProduct>
</ram:IncludedSupplyChainTradeLineItem></rsm:SpecifiedSupplyChainTradeTransaction></rsm:CrossIndustryDocument>"""

UBL = """<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:ID>R-7</cbc:ID><cbc:IssueDate>2025-04-03</cbc:IssueDate><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Blatt</cbc:Name></cac:PartyName>
<cac:PartyTaxScheme><cbc:CompanyID>12/345</cbc:CompanyID><cac:TaxScheme><cbc:ID>FC</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
<cac:PartyTaxScheme><cbc:CompanyID>DE123456789</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
<cac:PartyLegalEntity><cbc:RegistrationName>Grünes Blatt GmbH</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party>
</cac:AccountingSupplierParty><cac:TaxTotal><cbc:TaxAmount currencyID="EUR">19.00</cbc:TaxAmount></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount currencyID="EUR">100.00</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount currencyID="EUR">119.00</cbc:TaxInclusiveAmount></cac:LegalMonetaryTotal>
<cac:{line}><cbc:ID>1</cbc:ID><cbc:{quantity}>2</cbc:{quantity}><cbc:LineExtensionAmount>100.00</cbc:LineExtensionAmount>
<cac:Item><cbc:Name>Seed tray</cbc:Name></cac:Item></cac:{line}></{root}>"""

UBL_INVOICE = UBL.format(root="Invoice", line="InvoiceLine", quantity="InvoicedQuantity")
UBL_CREDIT = UBL.format(root="CreditNote", line="CreditNoteLine", quantity="CreditedQuantity")
COMMON = {
    "invoice_number": "R-7",
    "date": "2025-04-03",
    "currency": "EUR",
    "issuer": "Grünes Blatt GmbH",
    "net": "100.00",
    "tax": "19.00",
    "amount": "119.00",
    "item": "Seed tray",
    "quantity": "2",
    "line_amount": "100.00",
}


def attached(page: bytes, name: str, content: str) -> Document:
    document = pdfium.PdfDocument(page)
    document.new_attachment(name).set_data(content.encode())
    target = io.BytesIO()
    document.save(target)
    document.close()
    return read_source(Source("a.pdf", target.getvalue()))


@pytest.mark.parametrize(
    "data", [CII, FIRST_ZUGFERD, UBL_INVOICE, UBL_CREDIT], ids=["cii", "zugferd 1", "ubl", "credit"]
)
def test_every_syntax_states_the_same(data: str) -> None:
    assert is_e_invoice(data.encode())
    found = {item.concept: item.value for item in read_stated(data.encode())}
    assert {concept: found[concept] for concept in COMMON} == COMMON


def test_what_only_some_have() -> None:
    found = {item.concept: item for item in read_stated(CII.encode())}
    assert found["vat_id"].value == "DE123456789"
    assert found["tax_number"].value == "12/345"
    assert found["iban"].value == "DE02120300000000202051"
    assert found["iban"].text == "DE02 1203 0000 0000 2020 51"
    assert (found["amount"].term, found["amount"].row, found["item"].row) == ("BT-112", None, 0)
    assert {item.concept: item.value for item in read_stated(UBL_INVOICE.encode())}["vat_id"] == "DE123456789"


def test_terms_of_use_may_stand_before_the_invoice() -> None:
    assert is_e_invoice(CII.format(remark="terms " * 2000).encode())


@pytest.mark.parametrize("data", ["<Invoice><ID>1</ID></Invoice>", "<html><Invoice/></html>", "item;price", ""])
def test_other_files_are_none(data: str) -> None:
    assert not is_e_invoice(data.encode())


def test_a_pdf_carries_what_its_attachment_states(pdf: Make) -> None:
    document = attached(pdf([(50, 700, "Rechnung R-7")]), "factur-x.xml", CII)
    assert document.attachments == ()
    assert {item.concept: item.value for item in document.stated}["amount"] == "119.00"
    assert from_json(to_json(document)) == document


@pytest.mark.parametrize("broken", [CII[:900], CII.replace("<!--", '<!DOCTYPE x [<!ENTITY a "b">]><!--', 1)])
def test_damaged_data_is_said_and_the_page_read(pdf: Make, broken: str) -> None:
    document = attached(pdf([(50, 700, "Rechnung R-7")]), "factur-x.xml", broken)
    assert document.pages[0].text == "Rechnung R-7"
    assert document.stated == ()
    assert DAMAGED in document.notes


def test_a_plain_e_invoice_is_read_as_an_invoice() -> None:
    document = read_source(Source("a.xml", UBL_INVOICE.encode()))
    assert document.kind == "e-invoice"
    lines = document.pages[0].text.split("\n")
    assert lines[:3] == ["Invoice number: R-7", "Invoice date: 2025-04-03", "Currency: EUR"]
    assert "Item\tQuantity\tAmount" in lines
    assert "Seed tray\t2\t100.00" in lines
    assert "Party › Party name › Name: Blatt" in lines  # all that stands in the file
    assert {item.concept: item.value for item in document.stated}["issuer"] == "Grünes Blatt GmbH"
