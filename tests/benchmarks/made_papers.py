"""Made papers of kinds drawn by lot: each has some of the things that offices write down, under labels drawn by lot, in a layout drawn by
lot, and a template that asks for a part of them in its own words.

They are what made_forms.py is not: many kinds with a few papers each, so that what is fitted on them is that labels name values, whatever
the paper. Everything in them is invented.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from made_forms import ABROAD, FIRMS, MATTERS, RATES, STREETS, TITLES, TOWNS, Made, _date, _Page, _person, _phone

from stillroom.templates.template import Field, FieldType, Template

Chance = random.Random
Written = tuple[str, str]  # as it stands on the paper, and what a field holds


@dataclass(frozen=True)
class Thing:
    """Something that is written down: by what names a template asks for it, what papers call it, and how it is written."""

    names: tuple[str, ...]
    kind: FieldType
    told: str
    labels: tuple[str, ...]
    write: Callable[[Chance], Written]


def _same(write: Callable[[Chance], str]) -> Callable[[Chance], Written]:
    def written(chance: Chance) -> Written:
        text = write(chance)
        return text, text

    return written


def _amount(most: int) -> Callable[[Chance], Written]:
    def written(chance: Chance) -> Written:
        whole, cents = chance.randint(3, most), chance.randint(0, 99)
        return f"{chance.choice(('$', '$ ', '', 'USD '))}{whole:,}.{cents:02}", f"{whole}.{cents:02}"

    return written


def _count(most: int) -> Callable[[Chance], Written]:
    return _same(lambda chance: str(chance.randint(2, most)))


def _number(*forms: str) -> Callable[[Chance], Written]:
    """``#`` stands for a figure, ``@`` for a letter."""

    def write(chance: Chance) -> str:
        form = chance.choice(forms)
        return "".join(
            chance.choice("0123456789") if each == "#" else chance.choice("ABCDEFGHKLMNPRSTWX") if each == "@" else each
            for each in form
        )

    return _same(write)


def _one_of(*texts: str) -> Callable[[Chance], Written]:
    return _same(lambda chance: chance.choice(texts))


def _place(chance: Chance) -> str:
    return f"{chance.choice(STREETS)}, {chance.choice(TOWNS)}"


def _lasting(chance: Chance) -> Written:
    count, unit = chance.randint(2, 36), chance.choice(("month", "week", "day", "year"))
    return f"{count} {unit}s", f"{count} {unit}s"


def _mail(chance: Chance) -> str:
    host = chance.choice(("holt", "mercer", "sonora"))
    return f"{chance.choice('abcdefgh')}.{chance.choice(('berg', 'cole', 'mora', 'tana'))}@{host}.example"


def _percent(chance: Chance) -> Written:
    value = f"{chance.randint(1, 40)}.{chance.randint(1, 9)}"
    return f"{value}%", value


_PERSON, _FIRM, _LINE = FieldType.NAME, FieldType.ORGANISATION, FieldType.LINE
THINGS = (
    Thing(
        ("sender", "sent_by", "from_person"),
        _PERSON,
        "who sent it",
        ("From", "Sender", "Sent by", "FROM"),
        _same(_person),
    ),
    Thing(
        ("recipient", "addressee", "to_person"),
        _PERSON,
        "to whom it is addressed",
        ("To", "Recipient", "Addressee", "TO", "Attn"),
        _same(_person),
    ),
    Thing(
        ("applicant", "applicant_name"),
        _PERSON,
        "who applies",
        ("Applicant", "Name of applicant", "Applicant's name"),
        _same(_person),
    ),
    Thing(
        ("patient", "patient_name"),
        _PERSON,
        "the patient",
        ("Patient", "Patient name", "Name of patient"),
        _same(_person),
    ),
    Thing(
        ("physician", "doctor"),
        _PERSON,
        "the physician that treats",
        ("Physician", "Attending physician", "Doctor", "Ordered by Dr."),
        _same(_person),
    ),
    Thing(
        ("inspector", "inspected_by"),
        _PERSON,
        "who inspected",
        ("Inspector", "Inspected by", "Inspection by"),
        _same(_person),
    ),
    Thing(
        ("supervisor", "manager"), _PERSON, "the supervisor", ("Supervisor", "Manager", "Reports to"), _same(_person)
    ),
    Thing(
        ("employee", "employee_name"),
        _PERSON,
        "the employee",
        ("Employee", "Employee name", "Name of employee"),
        _same(_person),
    ),
    Thing(("author", "written_by"), _PERSON, "who wrote it", ("Author", "Written by", "Prepared by"), _same(_person)),
    Thing(
        ("approved_by", "approver"), _PERSON, "who approved it", ("Approved by", "Approval", "Approved"), _same(_person)
    ),
    Thing(("student", "pupil"), _PERSON, "the student", ("Student", "Name of student", "Pupil"), _same(_person)),
    Thing(
        ("owner", "property_owner"),
        _PERSON,
        "who owns it",
        ("Owner", "Property owner", "Name of owner"),
        _same(_person),
    ),
    Thing(
        ("signer_title", "title_of_signatory"),
        _LINE,
        "title of the person who signed",
        ("Title", "Position", "Title of signatory"),
        _one_of(*TITLES),
    ),
    Thing(
        ("subject", "matter"),
        _LINE,
        "what it is about",
        ("Subject", "Re", "RE", "Regarding", "Matter"),
        _one_of(*MATTERS, "Repair of the north roof", "Annual leave", "Spare parts"),
    ),
    Thing(
        ("vehicle", "car"),
        _LINE,
        "the vehicle",
        ("Vehicle", "Make and model", "Car"),
        _one_of("2012 Ford Focus SE", "2016 Honda Civic", "Volvo V70 estate", "Fiat Panda"),
    ),
    Thing(
        ("department", "unit"),
        _LINE,
        "the department",
        ("Department", "Dept.", "Division"),
        _one_of("Accounting", "Radiology", "Water supply", "Field services"),
    ),
    Thing(
        ("diagnosis",),
        _LINE,
        "the diagnosis",
        ("Diagnosis", "Findings", "Clinical diagnosis"),
        _one_of("Acute sinusitis", "Fracture of left wrist", "Iron deficiency"),
    ),
    Thing(
        ("material", "substance"),
        _LINE,
        "the material",
        ("Material", "Substance", "Description of material"),
        _one_of("Crushed limestone", "Copper wire 2 mm", "Glass wool"),
    ),
    Thing(
        ("brand", "product"),
        _LINE,
        "the product",
        ("Brand", "Product", "Product name"),
        _one_of("Blue Harbor Light", "Alpine Mint", "Sunfield 100"),
    ),
    Thing(
        ("course", "subject_taught"),
        _LINE,
        "the course",
        ("Course", "Course title", "Class"),
        _one_of("Introduction to Botany", "Algebra II", "Modern History"),
    ),
    Thing(
        ("status",),
        _LINE,
        "its state",
        ("Status", "State of case", "Disposition"),
        _one_of("In progress", "Closed", "Awaiting reply"),
    ),
    Thing(
        ("company", "company_name", "firm"),
        _FIRM,
        "the company",
        ("Company", "Company name", "Firm", "COMPANY"),
        _one_of(*FIRMS),
    ),
    Thing(("employer", "employer_name"), _FIRM, "the employer", ("Employer", "Name of employer"), _one_of(*FIRMS)),
    Thing(
        ("insurer", "insurance_company"),
        _FIRM,
        "the insurance company",
        ("Insurer", "Insurance company", "Carrier"),
        _one_of("Granite State Mutual", "Harbor Casualty Company", "Prairie Home Insurance Co."),
    ),
    Thing(
        ("client", "client_name"),
        _FIRM,
        "for whom the work is done",
        ("Client", "Name of client", "Client name"),
        _one_of(*FIRMS, *ABROAD),
    ),
    Thing(
        ("principal", "foreign_client"),
        _FIRM,
        "who is represented",
        ("Principal", "Name of principal", "Represents"),
        _one_of(*ABROAD),
    ),
    Thing(("laboratory", "lab"), _FIRM, "the laboratory", ("Laboratory", "Testing laboratory", "Lab"), _one_of(*FIRMS)),
    Thing(("manufacturer", "maker"), _FIRM, "who made it", ("Manufacturer", "Made by", "Mfr."), _one_of(*FIRMS)),
    Thing(
        ("carrier", "haulier"),
        _FIRM,
        "who carries the goods",
        ("Carrier", "Haulage by", "Shipped via"),
        _one_of(*FIRMS),
    ),
    Thing(
        ("address", "site_address", "location"),
        FieldType.ADDRESS,
        "where it is",
        ("Address", "Site address", "Location", "Premises"),
        _same(_place),
    ),
    Thing(
        ("document_date", "date", "dated"), FieldType.DATE, "the day it was written", ("Date", "Dated", "DATE"), _date
    ),
    Thing(
        ("received_on", "date_received"),
        FieldType.DATE,
        "the day it was received",
        ("Received", "Date received", "Received on"),
        _date,
    ),
    Thing(("birth_date", "date_of_birth"), FieldType.DATE, "the day of birth", ("Date of birth", "DOB", "Born"), _date),
    Thing(
        ("completed_on", "completion_date"),
        FieldType.DATE,
        "the day it was completed",
        ("Completed", "Date completed", "Completion date"),
        _date,
    ),
    Thing(
        ("expiry_date", "valid_to"),
        FieldType.DATE,
        "until when it is valid",
        ("Expires", "Valid until", "Expiry date"),
        _date,
    ),
    Thing(
        ("inspection_date",),
        FieldType.DATE,
        "the day of the inspection",
        ("Inspection date", "Date of inspection"),
        _date,
    ),
    Thing(
        ("total", "total_amount"),
        FieldType.MONEY,
        "the whole amount",
        ("Total", "Total amount", "TOTAL"),
        _amount(9000),
    ),
    Thing(("fee", "fee_paid"), FieldType.MONEY, "the fee", ("Fee", "Fee paid", "Filing fee"), _amount(400)),
    Thing(("deposit",), FieldType.MONEY, "the deposit", ("Deposit", "Security deposit"), _amount(2000)),
    Thing(
        ("budget", "estimated_cost"),
        FieldType.MONEY,
        "what it is expected to cost",
        ("Budget", "Estimated cost", "Cost estimate"),
        _amount(90000),
    ),
    Thing(
        ("salary", "wage"), FieldType.MONEY, "the salary", ("Salary", "Monthly salary", "Rate of pay"), _amount(9000)
    ),
    Thing(
        ("page_count", "pages"),
        FieldType.INTEGER,
        "how many pages",
        ("Pages", "No. of pages", "Number of pages"),
        _count(30),
    ),
    Thing(
        ("sample_count", "samples"),
        FieldType.INTEGER,
        "how many samples",
        ("Samples", "No. of samples", "Sample size"),
        _count(90),
    ),
    Thing(("quantity", "units"), FieldType.INTEGER, "how many", ("Quantity", "Qty", "Units"), _count(500)),
    Thing(
        ("participants",),
        FieldType.INTEGER,
        "how many take part",
        ("Participants", "Number of participants"),
        _count(80),
    ),
    Thing(
        ("case_number", "case_no"),
        FieldType.IDENTIFIER,
        "the number of the case",
        ("Case No.", "Case number", "Case #"),
        _number("##-####", "@@-#####", "C######"),
    ),
    Thing(
        ("reference", "ref_no"),
        FieldType.IDENTIFIER,
        "the reference",
        ("Reference", "Ref.", "Our ref", "Ref No."),
        _number("@@@/##/####", "R-#####", "#####"),
    ),
    Thing(
        ("registration_no", "registration_number"),
        FieldType.IDENTIFIER,
        "the registration number",
        ("Registration No.", "Registration number", "Reg. No."),
        _number("####", "@#####"),
    ),
    Thing(
        ("serial_number",),
        FieldType.IDENTIFIER,
        "the serial number",
        ("Serial No.", "Serial number", "S/N"),
        _number("@@########", "####-####"),
    ),
    Thing(
        ("policy_number",),
        FieldType.IDENTIFIER,
        "the number of the policy",
        ("Policy No.", "Policy number", "Policy #"),
        _number("@######-##", "########"),
    ),
    Thing(
        ("license_no",),
        FieldType.IDENTIFIER,
        "the number of the licence",
        ("License No.", "Licence", "License number"),
        _number("@@-######", "######"),
    ),
    Thing(
        ("code", "item_code"),
        FieldType.IDENTIFIER,
        "the code",
        ("Code", "Item code", "Code No."),
        _number("@#-###", "@@@-##"),
    ),
    Thing(
        ("phone", "telephone"), FieldType.PHONE, "the telephone number", ("Phone", "Tel.", "Telephone"), _same(_phone)
    ),
    Thing(("fax_number", "fax"), FieldType.PHONE, "the fax number", ("Fax", "Fax No.", "Telefax"), _same(_phone)),
    Thing(("email",), FieldType.EMAIL, "the e-mail address", ("E-mail", "Email"), _same(_mail)),
    Thing(
        ("duration", "period_of_validity"),
        FieldType.DURATION,
        "how long it lasts",
        ("Duration", "Term", "Period"),
        _lasting,
    ),
    Thing(("share", "rate"), FieldType.PERCENT, "the share in percent", ("Share", "Rate", "Percentage"), _percent),
)
HEADINGS = (
    "DELIVERY NOTE", "MEMORANDUM", "CERTIFICATE OF INSPECTION", "ADMISSION FORM", "WORK ORDER", "SHIPPING ADVICE", "LABORATORY REQUEST",
    "PROGRAM APPROVAL", "TRANSMITTAL", "ENROLMENT", "STATEMENT OF ACCOUNT", "SURVEY REPORT", "LEASE DATA SHEET", "PROJECT SUMMARY",
)  # fmt: skip
PROSE = (
    "Please read the instructions overleaf before completing this form. All entries must be typed or printed in ink.",
    "This message is intended only for the use of the individual or entity to which it is addressed.",
    "I certify that the statements made above are true to the best of my knowledge and belief.",
    "Distribution: original to file, copy to accounting. Retain for seven years.",
)
WAYS = ("grid", "over", "columns", "beside", "numbered", "two", "question")
ASKED, WRITTEN = 7, 12


def _rows(page: _Page, pairs: Sequence[tuple[str, str]], way: str) -> None:
    chance = page.chance
    if way == "numbered":
        for number, (label, value) in enumerate(pairs, 1):
            page.line(f"{number}. {label}")
            page.line("   ", (value,))
    elif way == "two":
        for start in range(0, len(pairs), 2):
            page.line(
                *(
                    part
                    for label, value in pairs[start : start + 2]
                    for part in (f"{label}: ", (value.ljust(44 - len(label)),))
                )
            )
    elif way == "question":
        for number, (label, value) in enumerate(pairs, 1):
            asked = chance.choice(
                ("State the {} as shown in your records.", "Give the {}, if any:", "Please enter the {} below")
            )
            page.line(f"{number}. {asked.format(label.lower())}")
            page.line((value,))
    else:
        page.rows(pairs, way)


def _kind(number: int) -> tuple[Template, list[Thing], list[tuple[Thing, str]]]:
    """A kind of paper: its template, what stands on it, and what of that is asked for under which name."""
    chance = random.Random(f"kind {number}")
    on_it: list[Thing] = []
    for thing in chance.sample(THINGS, len(THINGS)):
        alike = sum(each.kind is thing.kind for each in on_it)
        if len(on_it) < WRITTEN and alike < 3 and not any(set(each.labels) & set(thing.labels) for each in on_it):
            on_it.append(thing)
    asked = [(thing, chance.choice(thing.names)) for thing in on_it[:ASKED]]
    fields = tuple(Field(name, thing.kind, description=thing.told) for thing, name in asked)
    return Template(f"paper {number}", 1, f"paper {number}", "", fields), on_it, asked


def made(kinds: int = 12, each: int = 6, seed: int = 7) -> Iterator[Made]:
    """``each`` papers of every kind; the same each time."""
    for number in range(kinds):
        template, on_it, asked = _kind(number)
        for copy in range(each):
            chance = random.Random(f"paper {number} {copy} {seed}")
            page = _Page(chance, RATES[copy % len(RATES)])
            firm, heading = chance.choice(FIRMS), chance.choice(HEADINGS)
            for line in chance.choice(((heading,), (firm, heading), (heading, f"Form {chance.randint(100, 999)}"))):
                page.line((line,) if line == firm else line)
            page.line("")
            order = list(on_it)
            if chance.random() < 0.5:
                chance.shuffle(order)
            missing = {thing for thing in on_it if chance.random() < 0.12}
            written = {thing: thing.write(chance) for thing in order if thing not in missing}
            pairs = [(chance.choice(thing.labels), written[thing][0]) for thing in order if thing in written]
            cut = chance.randint(2, len(pairs) - 2)
            _rows(page, pairs[:cut], chance.choice(WAYS))
            if chance.random() < 0.5:
                page.line(chance.choice(PROSE))
            _rows(page, pairs[cut:], chance.choice(WAYS))
            page.line(chance.choice(PROSE))
            fields = {name: written[thing][1] if thing in written else None for thing, name in asked}
            yield Made(template, f"paper-{number}-{copy}", page.document(), fields)
