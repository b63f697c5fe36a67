"""Made papers that lack some of what is asked for, while something else of its type stands there: the sender's own e-mail and telephone
in the letterhead, another day, another amount under another label.

What is fitted on them is that the only value of a form is not the value of the only field of that form. Each field is missing as
often as its kind of paper leaves it empty: seldom, or nearly always. Everything in them is invented.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from made_forms import FIRMS, RATES, STREETS, TOWNS, Made, _date, _Page, _person, _phone
from made_papers import HEADINGS, PROSE, THINGS, WAYS, Chance, Thing, _amount, _mail, _rows, _same

from stillroom.templates.template import Field, FieldType, Template


def _account(chance: Chance) -> str:
    """An IBAN whose check digits are right."""
    own = "".join(str(chance.randint(0, 9)) for _ in range(18))
    text = f"DE{98 - int(own + '131400') % 97:02}{own}"
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _thing(names: tuple[str, ...], kind: FieldType, told: str, labels: tuple[str, ...]) -> Thing:
    write = {
        FieldType.EMAIL: _same(_mail),
        FieldType.PHONE: _same(_phone),
        FieldType.IBAN: lambda chance: (text := _account(chance), text.replace(" ", "")),
        FieldType.NAME: _same(_person),
        FieldType.DATE: _date,
        FieldType.MONEY: _amount(900),
    }
    return Thing(names, kind, told, labels, write[kind])


# More of the types that letterheads have, and of those of which a paper says several.
MORE = (
    _thing(("applicant_email", "applicant_mail"), FieldType.EMAIL, "e-mail of who applies", ("Applicant's e-mail", "E-mail")),
    _thing(("parent_email", "guardian_mail"), FieldType.EMAIL, "e-mail address of a parent", ("E-mail of parent", "Parent's e-mail")),
    _thing(("billing_email", "invoice_mail"), FieldType.EMAIL, "where bills are sent to", ("Send bills to", "Billing e-mail")),
    _thing(("mobile", "cell_phone"), FieldType.PHONE, "the mobile phone of the person", ("Mobile", "Cell phone", "Mobile no.")),
    _thing(("emergency_phone",), FieldType.PHONE, "whom to call in an emergency", ("Emergency phone", "In emergencies call")),
    _thing(("driver_phone", "courier_phone"), FieldType.PHONE, "telephone of the driver", ("Driver's phone", "Driver (phone)")),
    _thing(("payer_iban", "payer_account"), FieldType.IBAN, "the account that is debited", ("Account to debit", "IBAN", "Your IBAN")),
    _thing(("refund_iban",), FieldType.IBAN, "the account that money is paid back to", ("Refund to account", "IBAN for refunds")),
    _thing(("second_driver", "other_driver"), FieldType.NAME, "another person that drives", ("Second driver", "Other driver")),
    _thing(("guardian", "parent"), FieldType.NAME, "a parent or guardian", ("Parent or guardian", "Guardian", "Parent")),
    _thing(("witness",), FieldType.NAME, "who saw it", ("Witness", "Witnessed by")),
    _thing(("renewal_date", "renewed_on"), FieldType.DATE, "when it was renewed", ("Renewed on", "Date of renewal")),
    _thing(("start_date", "begins_on"), FieldType.DATE, "when it begins", ("Begins", "Start", "Starting on")),
    _thing(("end_date", "ends_on"), FieldType.DATE, "when it ends", ("Ends", "End", "Until")),
    _thing(("payment_date", "paid_on"), FieldType.DATE, "when it was paid", ("Paid on", "Date of payment")),
    _thing(("discount",), FieldType.MONEY, "what is taken off", ("Discount", "Reduction")),
    _thing(("refund",), FieldType.MONEY, "what is paid back", ("Refund", "To be refunded")),
    _thing(("late_fee", "reminder_fee"), FieldType.MONEY, "what is charged for being late", ("Late fee", "Reminder fee")),
)  # fmt: skip
ASKED, BESIDES = 7, 5
MISSING = (0.05, 0.2, 0.5, 0.9)  # how often a kind of paper lacks a field
_SHAPED = (FieldType.EMAIL, FieldType.PHONE, FieldType.IBAN, FieldType.DATE, FieldType.MONEY, FieldType.NAME)
# Of these the sender's own may be meant.
_GENERAL = frozenset({"phone", "fax", "email", "date", "address", "company"})


def _head(chance: Chance, firm: str) -> list[str]:
    """The sender's own: whatever a template asks of a person, this is not it."""
    host = firm.split()[0].lower()
    phone, mail = _phone(chance), f"{chance.choice(('info', 'office', 'mail', 'contact'))}@{host}.example"
    ways = (
        [f"{chance.choice(STREETS)}, {chance.choice(TOWNS)}", f"{phone}   {mail}"],
        [chance.choice(STREETS), chance.choice(TOWNS), f"Tel. {phone}", f"E-mail: {mail}"],
        [f"{chance.choice(TOWNS)} · Phone {phone} · {mail} · www.{host}.example"],
        [f"Questions? Call {phone} or write to {mail}"],
        [f"Tel: {phone}"],
        [f"Email {mail}"],
    )
    return chance.choice(ways)


def _foot(chance: Chance, firm: str) -> list[str]:
    lines = [
        f"{chance.choice(TOWNS).split(',')[0]}, {_date(chance)[0]}",
        f"Printed {_date(chance)[0]}",
        f"This form is valid from {_date(chance)[0]}.",
        f"{firm} · Bank: First Harbor, IBAN {_account(chance)}",
        f"Our account: {_account(chance)}",
        f"A handling charge of {_amount(40)(chance)[0]} applies.",
        f"Signed for {firm}: {_person(chance)}",
        f"Yours sincerely\n{_person(chance)}",
        f"Please return this form by {_date(chance)[0]}.",
        chance.choice(PROSE),
    ]
    return chance.sample(lines, chance.randint(1, 4))


def _kind(number: int) -> tuple[Template, list[tuple[Thing, str, float]], list[Thing]]:
    """A kind of paper: its template; what is asked, under which name and how often it is missing; what else stands there."""
    chance = random.Random(f"gaps {number}")
    asked: list[Thing] = []
    labels: set[str] = set()
    names: set[str] = set()
    besides: list[Thing] = []

    def is_new(thing: Thing) -> bool:
        return labels.isdisjoint(thing.labels) and names.isdisjoint(thing.names)

    things = [*MORE, *(thing for thing in THINGS if _GENERAL.isdisjoint(thing.names))]
    pool = chance.sample(things, len(things))
    for thing in sorted(pool, key=lambda each: each.kind not in _SHAPED or chance.random() < 0.4):
        if len(asked) < ASKED and sum(each.kind is thing.kind for each in asked) < 2 and is_new(thing):
            asked.append(thing)
            labels.update(thing.labels)
            names.update(thing.names)
    kinds = {thing.kind for thing in asked}
    for thing in pool:
        if len(besides) < BESIDES and thing.kind in kinds and is_new(thing):
            besides.append(thing)
            labels.update(thing.labels)
            names.update(thing.names)
    told = [(thing, chance.choice(thing.names), chance.choice(MISSING)) for thing in asked]
    fields = tuple(Field(name, thing.kind, description=thing.told) for thing, name, _ in told)
    return Template(f"gaps {number}", 1, f"gaps {number}", "", fields), told, besides


def _sentences(page: _Page, pairs: Sequence[tuple[str, str]]) -> None:
    for label, value in pairs:
        begun, going = (
            page.chance.choice(("The", "Our records show the", "We note the")),
            page.chance.choice(("is ", "as ", "")),
        )
        page.line(f"{begun} {label.lower()} {going}", (value,), ".")


def made(kinds: int = 16, each: int = 6, seed: int = 7) -> Iterator[Made]:
    """``each`` papers of every kind; the same each time."""
    for number in range(kinds):
        template, asked, besides = _kind(number)
        for copy in range(each):
            chance = random.Random(f"gaps {number} {copy} {seed}")
            page = _Page(chance, RATES[copy % len(RATES)])
            firm = chance.choice(FIRMS)
            head = _head(chance, firm) if chance.random() < 0.8 else []
            for text in (firm, *head, "", chance.choice(HEADINGS), ""):
                page.line((text,))
            there = [(thing, thing.write(chance)) for thing, _, often in asked if chance.random() >= often]
            pairs = [(thing, *written) for thing, written in there]
            pairs += [(thing, *thing.write(chance)) for thing in besides if chance.random() < 0.7]
            chance.shuffle(pairs)
            told = [(chance.choice(thing.labels), text) for thing, text, _ in pairs]
            cut = chance.randint(0, len(told))
            for part in (told[:cut], told[cut:]):
                way = chance.choice((*WAYS, "sentences"))
                if way == "sentences":
                    _sentences(page, part)
                else:
                    _rows(page, part, way)
            for text in _foot(chance, firm):
                page.line((text,))
            values = {thing: written[1] for thing, written in there}
            yield Made(
                template,
                f"gaps-{number}-{copy}",
                page.document(),
                {name: values.get(thing) for thing, name, _ in asked},
            )
