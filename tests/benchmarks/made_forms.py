"""Made forms with a noisy text layer, of kinds that the labelled sets do not have: registrations, permits, claims, fax sheets,
reports of studies.

Everything in them is invented. Labels stand to the left of their values, over them, or in a grid; recognition took letters for others and
lost spaces in all but the values, so that what is right stands literally in the text. The templates call their fields otherwise than
the forms do, without a word of where to look.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stillroom.documents.document import Document, Page
from stillroom.templates.template import Field, FieldType, Template

GIVEN = (
    "Robert", "Anna", "Michael", "Susan", "David", "Maria", "James", "Linda", "Karim", "Elena", "George", "Patricia", "Thomas",
    "Yuki", "Carlos", "Joan", "Peter", "Ngozi",
)  # fmt: skip
FAMILY = (
    "Stryker", "Bennett", "Okafor", "Morales", "Lindqvist", "Harper", "Whitfield", "Tanaka", "Delgado", "Kowalski", "Abernathy",
    "Fischer", "Osborne", "Cole",
)  # fmt: skip
TITLES = (
    "President",
    "Managing Partner",
    "Chief Executive Officer",
    "Vice President",
    "Partner",
    "Treasurer",
    "Director of Operations",
)
FIRMS = (
    "Sonora Policy Group, LLC", "Brownfield Farber LLP", "Capitol Counsel Partners", "Mercer Public Affairs LLC", "Holt & Knightley LLP",
    "Blue Lantern Strategies, Inc.", "Potomac Square Group", "Harbor Street Consulting", "Fleishmann Hill Inc.", "Ridgeline Communications",
)  # fmt: skip
ABROAD = (
    "Embassy of the Republic of Iraq", "Government of Kenya", "Ministry of Tourism of Qatar", "Northern Regional Government",
    "Japan Exterior Trade Office", "Hydro-Laval", "Republic of Palau", "Taipei Economic Office", "Tourism Ireland", "Korea Trade Agency",
)  # fmt: skip
INSURERS = ("Granite State Mutual", "Harbor Casualty Company", "Prairie Home Insurance Co.", "Evergreen Indemnity")
CARS = ("2012 Ford Focus SE", "2016 Honda Civic", "2009 Toyota Camry LE", "2014 Subaru Outback")
MATTERS = ("Revised study protocol", "Supply contract draft", "Budget for third quarter", "Minutes of May meeting")
STREETS = (
    "1730 Rhode Island Avenue NW, Suite 810",
    "12 Harbor Street",
    "900 Seventeenth Street, NW",
    "77 K Street NE, 3rd Floor",
)
TOWNS = ("Washington, DC 20036", "New York, NY 10022", "Arlington, VA 22201", "Chicago, IL 60601")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
TAKEN_FOR = {
    "l": "1",
    "I": "l",
    "O": "0",
    "S": "5",
    "e": "c",
    "a": "o",
    "h": "b",
    "t": "f",
    "B": "8",
    "n": "u",
    "i": "l",
}
RATES = (0.0, 0.02, 0.05)


@dataclass(frozen=True)
class Made:
    """A form: of what template, its document, and what its fields hold."""

    template: Template
    file: str
    document: Document
    fields: Mapping[str, str | None]


class _Page:
    """Text in the making: labels are noised, values (in tuples of one) are not."""

    def __init__(self, chance: random.Random, rate: float) -> None:
        self.chance, self.rate, self.parts = chance, rate, list[str]()

    def line(self, *parts: str | tuple[str]) -> None:
        for part in parts:
            self.parts.append(part[0] if isinstance(part, tuple) else self._noised(part))
        self.parts.append("\n")

    def _noised(self, text: str) -> str:
        found = []
        for letter in text:
            if self.chance.random() >= 2 * self.rate or letter.isdigit() or letter in "\n":
                found.append(letter)
            elif letter.isalpha() and self.chance.random() < 0.5:
                found.append(TAKEN_FOR.get(letter, self.chance.choice("ectli")))
            elif letter == " " and self.chance.random() < 0.5:
                found.append(letter)
        return "".join(found)

    def rows(self, pairs: Sequence[tuple[str, str]], way: str) -> None:
        """Labels and values in one of the ways of forms."""
        if way == "grid":
            for start in range(0, len(pairs), 2):
                two = pairs[start : start + 2]
                self.line("".join(label.ljust(48) for label, _ in two))
                self.line(*((value.ljust(48),) for _, value in two))
        for label, value in pairs if way != "grid" else ():
            if way == "over":
                self.line(label)
                self.line((value,))
            elif way == "columns":
                self.line(f"{label}:".ljust(28), (value,))
            else:
                self.line(label, self.chance.choice((": ", " ____ ", "   ")), (value,))

    def document(self) -> Document:
        text = "".join(self.parts)
        return Document("made.txt", "txt", "", (Page(1, text),), 1)


WAYS = ("grid", "over", "columns", "beside")


def _date(chance: random.Random) -> tuple[str, str]:
    """As it is written, and in ISO; the day is over 12, so it is read in one way."""
    year, month, day = chance.randint(2009, 2021), chance.randint(1, 12), chance.randint(13, 28)
    ways = (
        f"{MONTHS[month - 1]} {day}, {year}",
        f"{month:02}/{day:02}/{year}",
        f"{MONTHS[month - 1][:3]} {day}, {year}",
    )
    return chance.choice(ways), f"{year}-{month:02}-{day:02}"


def _dates(chance: random.Random) -> tuple[tuple[str, str], tuple[str, str]]:
    """Two, the earlier first."""
    one, two = sorted((_date(chance), _date(chance)), key=lambda each: each[1])
    return (one, two) if one[1] < two[1] else (one, ("12/31/2022", "2022-12-31"))


def _person(chance: random.Random) -> str:
    return f"{chance.choice(GIVEN)} {chance.choice(('', '', 'A. ', 'J. '))}{chance.choice(FAMILY)}"


def _phone(chance: random.Random) -> str:
    return f"({chance.randint(201, 989)}) {chance.randint(200, 999)}-{chance.randint(1000, 9999)}"


def _template(name: str, *fields: tuple[str, FieldType, str]) -> Template:
    return Template(name, 1, name, "", tuple(Field(own, kind, description=told) for own, kind, told in fields))


REGISTRATION = _template(
    "registration",
    ("file_date", FieldType.DATE, "the day the form was filed or received"),
    ("foreign_principal_name", FieldType.ORGANISATION, "the foreign principal that is represented"),
    ("registrant_name", FieldType.ORGANISATION, "the registrant: the firm or person that registers"),
    ("registration_num", FieldType.IDENTIFIER, "the registration number"),
    ("signer_name", FieldType.NAME, "who signed the form"),
    ("signer_title", FieldType.LINE, "the title of who signed the form"),
)
PERMIT = _template(
    "permit",
    ("applicant", FieldType.NAME, "who applies for the permit"),
    ("permit_no", FieldType.IDENTIFIER, "the number of the permit"),
    ("site_address", FieldType.ADDRESS, "where the work is done"),
    ("contractor", FieldType.ORGANISATION, "the contractor"),
    ("issued_on", FieldType.DATE, "the day the permit was issued"),
    ("expiry_date", FieldType.DATE, "until when it is valid"),
    ("fee", FieldType.MONEY, "the fee"),
    ("inspector", FieldType.NAME, "the inspector"),
)
CLAIM = _template(
    "claim",
    ("policy_number", FieldType.IDENTIFIER, "the number of the policy"),
    ("claimant_name", FieldType.NAME, "the person that makes the claim"),
    ("date_of_loss", FieldType.DATE, "when the damage happened"),
    ("report_date", FieldType.DATE, "when it was reported"),
    ("amount_claimed", FieldType.MONEY, "how much is claimed"),
    ("adjuster", FieldType.NAME, "the adjuster"),
    ("insurer", FieldType.ORGANISATION, "the insurance company"),
    ("vehicle", FieldType.LINE, "the vehicle"),
)
SHEET = _template(
    "fax",
    ("sender", FieldType.NAME, "who sent it"),
    ("recipient", FieldType.NAME, "to whom it was sent"),
    ("sent_on", FieldType.DATE, "the date of the fax"),
    ("fax_number", FieldType.PHONE, "the fax number of the recipient"),
    ("subject", FieldType.LINE, "what it is about"),
    ("page_count", FieldType.INTEGER, "how many pages"),
)


def _registration(page: _Page) -> dict[str, str]:
    chance = page.chance
    firm, abroad, person, title = chance.choice(FIRMS), chance.choice(ABROAD), _person(chance), chance.choice(TITLES)
    number, street, town = str(chance.randint(1800, 7100)), chance.choice(STREETS), chance.choice(TOWNS)
    (expires, _), (filed, iso) = _dates(chance)
    if chance.random() < 0.6:
        page.line(
            "Received by Registration Unit ", (filed,), f" {chance.randint(1, 12)}:{chance.randint(10, 59)}:22 PM"
        )
    page.line("OMB No. 1124-0006; Expires ", (expires,))
    page.line("Department of Registrations")
    page.line(
        chance.choice(
            ("Exhibit A to Registration Statement", "Short Form Registration Statement", "Supplemental Statement")
        )
    )
    page.line(
        "INSTRUCTIONS. Furnish this exhibit for EACH foreign principal listed in an initial statement and for EACH additional"
    )
    page.line("foreign principal acquired subsequently. The filing of this document is required by the Act.")
    page.line("")
    way = chance.randint(0, 3)
    if way == 0:
        page.line("1. Name and Address of Registrant".ljust(48), "2. Registration No.")
        page.line((firm.ljust(48),), (number,))
        page.line((street,))
        page.line((town,))
        page.line("3. Name of Foreign Principal".ljust(48), "4. Address of Foreign Principal")
        page.line((abroad.ljust(48),), (chance.choice(STREETS),))
    elif way == 1:
        page.line("1. Name of Registrant")
        page.line((firm,))
        page.line("2. Registration No. ", (number,))
        page.line("Name of foreign principal: ", (abroad,))
    elif way == 2:
        page.line("1. (a) Name of Registrant", chance.choice((": ", "   ")), (firm,))
        page.line("(b) Registration No. ", (number,))
        page.line("8. Name(s) of foreign principal(s) represented during this reporting period.")
        page.line((abroad,))
    else:
        page.rows(
            (
                ("Registrant Name", firm),
                ("Registration Number", number),
                ("Foreign Principal", abroad),
                ("Address", street),
            ),
            "columns",
        )
    page.line("a) Branch or agency represented by the registrant")
    page.line("b) Name and title of official with whom registrant engages")
    page.line((f"{_person(chance)}, Ambassador",))
    page.line("EXECUTION")
    page.line(
        "The undersigned swears or affirms under penalty of perjury that he/she has read the information set forth in this statement."
    )
    if way in (0, 2):
        page.line("Date".ljust(26), "Name and Title".ljust(40), "Signature")
        page.line((filed.ljust(26),), (f"{person}, {title}".ljust(40),), "/s/ ", (person,))
    elif way == 1:
        page.line("Signature   /s/ ", (person,))
        page.rows((("Print Name", person), ("Title", title), ("Date", filed)), "beside")
    else:
        page.line("Date".ljust(26), "Printed Name".ljust(30), "Title".ljust(26), "Signature")
        page.line((filed.ljust(26),), (person.ljust(30),), (title.ljust(26),), ("/s/ " + person,))
    return {
        "file_date": iso, "foreign_principal_name": abroad, "registrant_name": firm, "registration_num": number,
        "signer_name": person, "signer_title": title,
    }  # fmt: skip


def _permit(page: _Page) -> dict[str, str]:
    chance = page.chance
    (issued, issued_iso), (expires, expires_iso) = _dates(chance)
    place = f"{chance.choice(STREETS)}, {chance.choice(TOWNS)}"
    applicant, inspector, firm = _person(chance), _person(chance), chance.choice(FIRMS)
    number, fee = f"BP-{chance.randint(10000, 99999)}", f"{chance.randint(40, 900)}.50"
    page.line("CITY OF HARWICH")
    page.line("Building Department   Tel ", (_phone(chance),))
    page.line("APPLICATION FOR BUILDING PERMIT")
    page.line("")
    pairs = (
        ("Permit No.", number), ("Applicant", applicant), ("Job Site Address", place), ("Contractor", firm), ("Date Issued", issued),
        ("Expires", expires), ("Est. Value of Work", f"${chance.randint(2, 90)},{chance.randint(100, 999)}.00"), ("Permit Fee", f"${fee}"),
        ("Inspector", inspector),
    )  # fmt: skip
    page.rows(pairs, chance.choice(WAYS))
    page.line(
        "I hereby certify that the above information is correct. All work is subject to inspection. Zoning District R-2  Map 14  Lot 207"
    )
    return {
        "applicant": applicant, "permit_no": number, "site_address": place, "contractor": firm, "issued_on": issued_iso,
        "expiry_date": expires_iso, "fee": fee, "inspector": inspector,
    }  # fmt: skip


def _claim(page: _Page) -> dict[str, str]:
    chance = page.chance
    (lost, lost_iso), (told, told_iso) = _dates(chance)
    claimant, adjuster, insurer, car = _person(chance), _person(chance), chance.choice(INSURERS), chance.choice(CARS)
    number = f"{chance.choice('ABHK')}{chance.randint(100000, 999999)}-{chance.randint(10, 99)}"
    amount = f"{chance.randint(1, 30)},{chance.randint(100, 999)}.{chance.randint(10, 99)}"
    page.line((insurer,))
    page.line("NOTICE OF LOSS")
    page.line(f"Claim File {chance.randint(10000, 99999)}   Agent Code {chance.randint(100, 999)}")
    pairs = (
        ("Policy #", number), ("Insured / Claimant", claimant), ("Date of Loss", lost), ("Date Reported", told), ("Deductible", "$500.00"),
        ("Total Amount Claimed", f"${amount}"), ("Vehicle (Year, Make, Model)", car), ("Adjuster Assigned", adjuster),
    )  # fmt: skip
    page.rows(pairs, chance.choice(WAYS))
    page.line(
        "Describe how the loss occurred: rear-ended while stopped at a red light on Main Street. Police notified? Yes"
    )
    return {
        "policy_number": number, "claimant_name": claimant, "date_of_loss": lost_iso, "report_date": told_iso,
        "amount_claimed": amount.replace(",", ""), "adjuster": adjuster, "insurer": insurer, "vehicle": car,
    }  # fmt: skip


def _sheet(page: _Page) -> dict[str, str]:
    chance = page.chance
    sender, recipient, (sent, iso), fax = _person(chance), _person(chance), _date(chance), _phone(chance)
    subject, pages = chance.choice(MATTERS), str(chance.randint(2, 19))
    page.line((chance.choice(FIRMS),))
    page.line("FACSIMILE TRANSMITTAL SHEET")
    page.line("")
    pairs = [
        ("To", recipient), ("From", sender), ("Fax", fax), ("Pages", pages), ("Phone", _phone(chance)), ("Date", sent), ("Re", subject),
    ]  # fmt: skip
    if chance.random() < 0.5:
        pairs[-1], pairs[2], pairs[3] = ("Subject", subject), ("Fax No.", fax), ("No. of Pages", pages)
    page.rows(pairs, chance.choice(("columns", "beside")))
    page.line("Comments: please call if any page is missing. The information in this message is confidential.")
    return {
        "sender": sender,
        "recipient": recipient,
        "sent_on": iso,
        "fax_number": fax,
        "subject": subject,
        "page_count": pages,
    }


STUDY = _template(
    "study",
    ("compound", FieldType.IDENTIFIER, "the code of what was tested"),
    ("study_title", FieldType.LINE, "what the study is called"),
    ("laboratory", FieldType.ORGANISATION, "the laboratory that made the tests"),
    ("sponsor", FieldType.ORGANISATION, "the company that pays for the study"),
    ("director", FieldType.NAME, "who directs the study"),
    ("approved_by", FieldType.NAME, "who approved the report"),
    ("report_date", FieldType.DATE, "the day of the report"),
    ("sample_count", FieldType.INTEGER, "how many samples were tested"),
    ("cost", FieldType.MONEY, "what it cost"),
)


def _study(page: _Page) -> dict[str, str]:
    """Capitals over their values in boxes of unequal width, as on forms of the seventies; some keys without a colon."""
    chance = page.chance
    (begun, _), (told, told_iso) = _dates(chance)
    director, approved, lab, sponsor = _person(chance), _person(chance), *chance.sample(FIRMS, 2)
    code, samples, cost = (
        f"{chance.choice('BKLR')}{chance.choice('ATX')}-{chance.randint(100, 999)}",
        chance.randint(3, 96),
        f"{chance.randint(1, 60)},{chance.randint(100, 999)}.00",
    )
    title = chance.choice(
        ("Skin irritation in rabbits", "Shelf life of filter paper", "Residues after 90 days of storage")
    )
    page.line("RESEARCH AND DEVELOPMENT".ljust(60), f"FORM {chance.randint(100, 999)} REV. {chance.randint(1, 9)}")
    page.line("REPORT OF ANALYSIS")
    page.line("")
    first, second, third = chance.choice(((22, 34, 24), (40, 32, 22), (16, 44, 20)))
    if chance.random() < 0.5:
        page.line("COMPOUND NO.".ljust(first), "TESTING LABORATORY".ljust(second), "DATE OF REPORT".ljust(third))
        page.line((code.ljust(first),), (lab.ljust(second),), (told.ljust(third),))
        page.line("NO. OF SAMPLES".ljust(first), "SPONSOR".ljust(second), "DATE BEGUN")
        page.line((str(samples).ljust(first),), (sponsor.ljust(second),), (begun,))
        page.line("TITLE OF STUDY")
        page.line((title,))
        page.line("STUDY DIRECTOR".ljust(40), "COST")
        page.line((director.ljust(40),), (f"${cost}",))
        page.line("[X] FINAL   [ ] INTERIM   [ ] SUPPLEMENT")
        page.line("APPROVED: ", (approved,))
    else:
        page.line("SPONSOR ", (sponsor,))
        page.line("LABORATORY: ", (lab.ljust(40),), "COMPOUND: ", (code,))
        page.line("TITLE OF STUDY: ", (title,))
        page.line("DIRECTOR OF STUDY: ", (director.ljust(30),), "DATE BEGUN: ", (begun,))
        page.line(
            "SAMPLES TESTED: ",
            (str(samples).ljust(14),),
            "COST OF STUDY: ",
            (f"${cost}".ljust(16),),
            "DATE OF REPORT: ",
            (told,),
        )
        page.line("( ) INTERIM  (X) FINAL".ljust(44), "APPROVED BY ", (approved,))
    page.line(
        "DISTRIBUTION: ", chance.choice(("Library", "Central files")), "   PAGE 1 OF ", str(chance.randint(2, 40))
    )
    return {
        "compound": code, "study_title": title, "laboratory": lab, "sponsor": sponsor, "director": director,
        "approved_by": approved, "report_date": told_iso, "sample_count": str(samples), "cost": cost.replace(",", ""),
    }  # fmt: skip


KINDS: tuple[tuple[Template, Callable[[_Page], dict[str, str]]], ...] = (
    (REGISTRATION, _registration), (PERMIT, _permit), (CLAIM, _claim), (SHEET, _sheet), (STUDY, _study),
)  # fmt: skip


def made(each: int = 20, seed: int = 7) -> Iterator[Made]:
    """``each`` forms of every kind; the same each time."""
    for template, fill in KINDS:
        for number in range(each):
            page = _Page(random.Random(f"{template.name} {number} {seed}"), RATES[number % len(RATES)])
            fields = fill(page)
            yield Made(template, f"{template.name}-{number}", page.document(), fields)
