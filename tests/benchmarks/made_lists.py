"""Made documents whose templates ask for lists: the parties of an agreement, who was at a meeting, whom a message names, which firms a
release is about, speakers, plaintiffs, authors, heirs, bidders, order numbers, deadlines, amounts, sites, enclosures; and notices whose
template asks who speaks and where.

They are what made_forms.py and made_papers.py are not: most of them running text, in which items stand among other capitalised words
(headings, months, weekdays, places, products, offices, defined terms, first words of sentences, firms and persons that are not asked
for). Wordings and names are drawn by lot, the templates ask in their own words. Everything in them is invented.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from made_forms import MONTHS, _date, _phone

from stillroom import paths
from stillroom.documents.document import Document, Page
from stillroom.templates.template import Field, FieldType, Template

Chance = random.Random
Values = Mapping[str, str | list[str] | None]


@dataclass(frozen=True)
class MadeList:
    """A document of a kind: of what template, and what its fields hold."""

    kind: str
    template: Template
    file: str
    document: Document
    fields: Values


# Names: known ones of many languages, and made of syllables, so that what is fitted does not go by the list alone.
_MANY = (
    "Anna Lindqvist", "Søren Kjær", "Małgorzata Zielińska", "Jürgen Großmann", "Chloé Lefèvre", "Íñigo Etxeberria", "Ana Luísa Gonçalves",
    "Giulia De Santis", "Pieter van der Meulen", "Fatima el-Sayed", "Rahul Deshpande", "Nguyen Thi Mai", "Wei Zhang", "Haruto Tanaka",
    "Oluwaseun Adeyemi", "Amina Diallo", "Eoin Ó Briain", "Siân Pritchard", "Zeynep Yıldırım", "Katalin Szabó", "Jiří Novotný",
    "Marija Kovačević", "Dimitra Papadaki", "Ilmari Koskela", "Þóra Jónsdóttir", "Catalina Rojas Peña", "João Batista", "Ruth Mwangi",
    "Liesbeth de Wit", "Tomasz Wróbel", "Mary-Ann O’Leary", "Jean-Luc Moreau", "Priya Raman", "Kwame Mensah", "Leila Haddad",
)  # fmt: skip
_HEADS = ("B", "Br", "D", "Dr", "F", "G", "H", "K", "Kl", "L", "M", "N", "P", "R", "S", "St", "T", "Tr", "V", "W", "Z")
_BODIES = ("a", "e", "i", "o", "u", "ae", "ei", "au")
_TAILS = ("ck", "l", "ld", "ll", "m", "n", "nd", "r", "rt", "s", "st", "t", "v", "x")
_TRADES = (
    "Foods", "Systems", "Logistics", "Energy", "Pharma", "Technologies", "Shipping", "Paper", "Capital", "Media", "Labs", "Motors", "Steel",
    "Materials", "Medical", "Foundry", "Travel", "Robotics", "Textiles", "Software", "Holdings", "Partners", "Instruments", "Builders",
    "Networks", "Industries", "Brewing", "Aviation", "Group", "Ventures", "Brands", "Therapeutics", "Insurance", "Water",
)  # fmt: skip
_LEGAL = (
    ", Inc.", " Inc.", ", LLC", " LLC", " Corporation", " Corp.", " Company", " Ltd", " Ltd.", " Limited", " plc", ", L.P.",
    " LLP", " GmbH",
    " AG", " GmbH & Co. KG", " S.A.", " SAS", " SARL", " S.p.A.", " S.r.l.", " B.V.", " N.V.", " A/S", " AB", " Oy", " Pty Ltd", " Pte Ltd",
    " Sdn Bhd", " Pvt. Ltd.", " S.L.", " Lda", " Kft", " d.o.o.", " sp. z o.o.", " Co., Ltd.", " e.V.", ", N.A.",
)  # fmt: skip
_KINDS_OF_FIRMS = (
    "a Delaware corporation", "a New York limited liability company", "a company organized under the laws of Ireland",
    "a Nevada corporation",
    "a limited partnership", "a company incorporated in England and Wales", "with its principal place of business in Ohio",
    "having its registered office at 12 Harbour Street, Cork", "a Texas corporation having offices at 400 Elm Street, Dallas, Texas",
    "a société anonyme under the laws of Luxembourg",
)  # fmt: skip
_PLACES = (
    "Austria", "Chicago", "Lagos", "Norway", "Porto", "Singapore", "Ontario", "Lyon", "Cardiff", "Bavaria", "New Jersey", "Kraków",
    "South Korea", "Buenos Aires", "Melbourne", "Geneva", "Atlanta", "Delhi", "Rotterdam", "California",
)  # fmt: skip
_STREETS = (
    "Harbour Street", "Mill Lane", "Elm Avenue", "Station Road", "Church Street", "Bridge Road", "Maple Drive", "King Street", "Oak Court",
)  # fmt: skip
_TOWNS = (
    "Springfield, IL 62704", "Dayton, OH 45402", "Leeds LS1 4AP", "Cork T12 X8", "Austin, TX 78701", "Boise, ID 83702", "Bristol BS1 5TR",
)  # fmt: skip
_THINGS = (
    "Blue Harbor Light", "Atlas 400", "Microsoft Excel", "Titan Router", "Sunfield", "Android", "Aurora Suite", "Model K", "Nordlys",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_OFFICES = (
    "Chief Executive Officer", "President", "General Counsel", "Vice President", "Managing Director", "Treasurer", "Secretary", "Chair",
    "Chief Financial Officer", "Head of Sales", "Director of Operations", "Senior Vice President", "Manager", "Authorized Signatory",
)  # fmt: skip
_BODIES_NAMED = (
    "Board of Directors", "Audit Committee", "Securities and Exchange Commission", "Parish Council", "Supreme Court", "European Union",
    "Department of Labor", "Finance Committee", "Works Council", "United Nations", "Ministry of Health", "Planning Board",
)  # fmt: skip
_PREFIXES = ("Mr. ", "Ms. ", "Dr. ", "Mrs. ", "Prof. ", "Mr ", "Dr ")


@functools.cache
def _listed() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Given names and surnames, those of usual length and letters."""
    text = (paths.resources_dir() / "person_names.txt").read_text(encoding="utf-8")
    given, _, family = text.partition("\n\n")
    kept = [
        tuple(name for name in part.split("\n") if 3 <= len(name) <= 10 and name.isalpha() and name.isascii())
        for part in (given, family)
    ]
    return kept[0], kept[1]


def _word(chance: Chance) -> str:
    """A capitalised word that is none."""
    word = chance.choice(_HEADS) + chance.choice(_BODIES) + chance.choice(_TAILS)
    return word + chance.choice(("", "a", "o", "en", "er", "ik", "on", "ia", "berg", "ford", "by"))


def _given(chance: Chance) -> str:
    way = chance.random()
    if way < 0.35:
        return chance.choice(_MANY).split()[0]
    return chance.choice(_listed()[0]).title() if way < 0.9 else _word(chance)


def _family(chance: Chance) -> str:
    way = chance.random()
    return chance.choice(_listed()[1]).title() if way < 0.6 else _word(chance)


def _person(chance: Chance, *, plain: bool = False) -> str:
    """With both names; ``plain``: without initials."""
    if chance.random() < 0.3:
        return chance.choice(_MANY)
    middle = chance.choice(("", "", "", f"{chance.choice('ABCDEFGHJKLMNPRST')}. ", f"{chance.choice('ABCDEJKLM')} "))
    return f"{_given(chance)} {'' if plain else middle}{_family(chance)}"


def _persons(chance: Chance, count: int, *, plain: bool = False) -> list[str]:
    found: dict[str, str] = {}
    while len(found) < count:
        name = _person(chance, plain=plain)
        found.setdefault(name.split()[-1], name)
    return list(found.values())


def _firm(chance: Chance, *, legal: float = 0.75) -> str:
    one, other, trade = _word(chance), _word(chance), chance.choice(_TRADES)
    stem = chance.choice(
        (
            f"{one} {trade}",
            f"{one} {trade}",
            f"{one} {other}",
            f"{one} & {other}",
            f"{one} and {other} {trade}",
            f"{one} {chance.choice(_TRADES[:12])} {trade}",
            f"{one} {chance.choice(_PLACES).split()[0]}",
            f"{one} of {chance.choice(_PLACES)}",
            one,
            f"First {one} {trade}",
            f"{one}-{other} {trade}",
            f"{chance.choice('ABCDEFG')}.{chance.choice('HJKLM')}. {one} {trade}",
        )
    )
    return stem + chance.choice(_LEGAL) if chance.random() < legal or " " not in stem else stem


def _firms(chance: Chance, count: int, *, legal: float = 0.75) -> list[str]:
    found: dict[str, str] = {}
    while len(found) < count:
        name = _firm(chance, legal=legal)
        found.setdefault(name.split()[0], name)
    return list(found.values())


def _joined(names: Sequence[str], last: str = " and ") -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + last + names[-1]


def _day(chance: Chance) -> str:
    return f"{chance.choice(MONTHS)} {chance.randint(13, 28)}, {chance.randint(2004, 2024)}"


def _site(chance: Chance) -> str:
    return f"{chance.randint(2, 980)} {chance.choice(_STREETS)}, {chance.choice(_TOWNS)}"


def _list(
    chance: Chance, names: str, of: FieldType, told: str, *, required: bool = False, near: tuple[str, ...] = ()
) -> Field:
    """A field that holds a list; its name and description are drawn among those given, divided by ``|``."""
    name, description = chance.choice(names.split("|")), chance.choice(told.split("|"))
    return Field(
        name,
        FieldType.LIST,
        description=description,
        of=of,
        required=required,
        near=near if chance.random() < 0.5 else (),
    )


def _one(chance: Chance, names: str, kind: FieldType, told: str) -> Field:
    return Field(chance.choice(names.split("|")), kind, description=told)


_CLAUSES = (
    "Confidential Information. “Confidential Information” means all information, in whatever form, that {a} or its Representatives furnish "
    "to {b}, including Trade Secrets, Business Plans and the Evaluation Material.",
    "Term. This Agreement shall commence on the Effective Date and remain in force until terminated by either Party. Sections 2, 4 and 7 "
    "shall survive.",
    "Return of Materials. Upon written request of the Disclosing Party, the Receiving Party shall return "
    "or destroy all Materials. A Notice "
    "of Destruction shall be delivered by an Officer.",
    "Governing Law. This Agreement shall be governed by the laws of the State of {place}, without regard to Conflict of Laws Principles.",
    "Notices. All notices to {a} shall be sent to {site}, Attention: {office}, with a copy to {other}.",
    "No License. Nothing in this Agreement grants {b} any Intellectual Property Rights, whether Patents, Trademarks or Know-How, of {a}.",
    "Entire Agreement. This Agreement and Exhibit A constitute the entire understanding of the Parties. Any Amendment must be in writing.",
    "Remedies. {b} agrees that Money Damages would not suffice and that {a} shall be entitled to "
    "Specific Performance and Injunctive Relief.",
    "Standstill. For a Standstill Period of two years neither {b} nor any Affiliate shall acquire Voting Securities listed on the Nasdaq "
    "Stock Market without the consent of the Board of Directors.",
    "Advisors. {other} acts as Financial Advisor to {a}, and is not a party to this Agreement.",
    "Compliance. Each Party shall comply with the Securities Exchange Act of 1934, the Export Administration Regulations and any order of "
    "the {body}.",
    "Assignment. Neither Party may assign this Agreement; a Change of Control of {b} is deemed an Assignment.",
    "Non-Solicitation. During the Restricted Period, {b} shall not solicit any Employee, Consultant or Customer of the {trade} business.",
    "Services. {b} shall perform the Services described in Schedule 1 under the direction of the "
    "{office}. Invoices are payable within 30 days.",
    "Insurance. {b} shall maintain Commercial General Liability and Workers’ Compensation coverage with "
    "a carrier rated A- or better, such as "
    "{other}.",
    "Dispute Resolution. Disputes are settled by Arbitration in {place}. The Federal Rules of Evidence "
    "do not apply. Costs follow the Award.",
)  # fmt: skip
_ALIASES = (
    ("Company", "Recipient"), ("Disclosing Party", "Receiving Party"), ("Seller", "Buyer"), ("Employer", "Employee"),
    ("Client", "Consultant"),
    ("Licensor", "Licensee"), ("Landlord", "Tenant"), ("Supplier", "Customer"), ("Discloser", "Recipient"), ("Lender", "Borrower"),
)  # fmt: skip
_HEADINGS = (
    "CONFIDENTIALITY AGREEMENT", "MUTUAL NON-DISCLOSURE AGREEMENT", "CONSULTING SERVICES AGREEMENT", "Supply Agreement",
    "LICENSE AGREEMENT",
    "Employment Agreement", "SETTLEMENT AND RELEASE", "Letter of Intent", "Shareholders’ Agreement", "ASSET PURCHASE AGREEMENT", "Lease",
)  # fmt: skip
_PERSON_SHARE = 0.4


def _agreement(chance: Chance) -> tuple[list[Field], Values, str]:
    of_two = chance.random() < 0.8
    parties = _firms(chance, 2 if of_two else 3)
    persons: list[str] = []
    if chance.random() < _PERSON_SHARE:
        persons = [_person(chance)]
        parties[1] = persons[0]
    if chance.random() < 0.25:
        parties = [party if party in persons else party.upper() for party in parties]
    if chance.random() < 0.5:
        parties.reverse()
    aliases = [*chance.choice(_ALIASES), "Guarantor"]
    called = [f"the {alias}" if chance.random() < 0.3 else alias for alias in aliases]
    short = [
        party.split()[0].strip(",") if chance.random() < 0.2 else alias
        for party, alias in zip(parties, aliases, strict=False)
    ]
    marks = chance.choice(
        (("(“", "”)"), ('("', '")'), ("(the “", "”)"), ('(the "', '")'), ("(hereinafter “", "”)"), ("(", ")"))
    )
    whole = [
        f"{party}{', an individual' if party in persons else ', ' + chance.choice(_KINDS_OF_FIRMS) if chance.random() < 0.7 else ''} "
        f"{marks[0]}{alias}{marks[1]}"
        for party, alias in zip(parties, short, strict=False)
    ]
    other, signers = _firms(chance, 2), _persons(chance, 3, plain=True)
    day, heading = _day(chance), chance.choice(_HEADINGS)
    lines = [f"EXHIBIT 10.{chance.randint(1, 40)}", ""] if chance.random() < 0.3 else []
    lines += [heading, ""]
    way = chance.choice(("between", "between", "among", "title", "letter", "facts", "zwischen", "entre"))
    if way == "letter" and persons:
        way = "between"
    if way == "letter":
        # Written by the one to the other; those who sign are no parties.
        asker, asked = parties[0], parties[1]
        parties = parties[:2]
        lines = [
            asker,
            _site(chance),
            "",
            day,
            "",
            asked,
            _site(chance),
            "",
            f"Attention: {signers[2]}, {chance.choice(_OFFICES)}",
            "",
        ]
        lines += [
            "Ladies and Gentlemen:",
            f"In connection with your consideration of a possible transaction (the “Transaction”) with {asker} (the “Company”), you have "
            f"requested certain information. As a condition to furnishing it, {asked} (“you”) agrees as follows:",
        ]
        called = ["the Company", "you"]
    elif way == "title":
        lines += [
            "between",
            "",
            parties[0],
            "",
            "and",
            "",
            *parties[1:2],
            *(["and", *parties[2:]] if len(parties) > 2 else ["", ""]),
            day,
            "",
        ]
        lines.append(f"This {heading.title()} is entered into as of the date above by {_joined(whole)}.")
    elif way == "facts":
        lines += [f"Effective Date: {day}"]
        lines += [f"{alias}: {party}" for alias, party in zip(aliases, parties, strict=False)]
        lines += ["", "The Parties named above agree as follows."]
    elif way == "zwischen":
        lines = [
            chance.choice(("VERTRAULICHKEITSVEREINBARUNG", "Liefervertrag", "DIENSTLEISTUNGSVERTRAG")),
            "",
            "zwischen",
            "",
        ]
        lines += [
            f"{parties[0]}, {_site(chance)}",
            f"- nachfolgend „{chance.choice(('Auftraggeber', 'Verkäufer'))}“ genannt -",
            "",
            "und",
            "",
        ]
        lines += [f"{party}, vertreten durch {signers[1]}" for party in parties[1:]] + [
            "",
            f"vom {chance.randint(13, 28)}.05.2019",
            "",
        ]
    elif way == "entre":
        lines = [
            chance.choice(("CONTRAT DE PRESTATION", "ACCORD DE CONFIDENTIALITÉ")),
            "",
            "Entre les soussignés :",
            "",
        ]
        lines += [
            f"{parties[0]}, dont le siège social est situé à {chance.choice(_PLACES)}, représentée par {signers[0]},",
            "d’une part,",
            "et",
        ]
        lines += [f"{party}, ci-après dénommée « le Prestataire »," for party in parties[1:]] + ["d’autre part,", ""]
    else:
        opening = chance.choice(
            (
                f"THIS AGREEMENT (this “Agreement”) is made and entered into as of {day} (the “Effective Date”), by and {way} {{}}.",
                f"This {heading.title()} is made this day, {day}, {way} {{}} (each a “Party” and together the “Parties”).",
                f"This agreement, dated {day}, is by and {way} {{}}. WHEREAS the Parties wish to explore a Business "
                f"Relationship, they agree:",
                f"WHEREAS, {{}} desire to cooperate in the field of {chance.choice(_TRADES)}; NOW, THEREFORE, as of {day}:",
            )
        )
        lines.append(opening.format(_joined(whole, chance.choice((" and ", ", and ", " AND ")))))
        if chance.random() < 0.5:
            lines += [
                "",
                "RECITALS",
                f"A. {called[0].title()} is engaged in {chance.choice(_TRADES)} and {chance.choice(_TRADES)}.",
                f"B. On {_day(chance)}, {other[0]} introduced {parties[1]} to {parties[0]}.",
                "",
            ]
    for number, clause in enumerate(chance.sample(_CLAUSES, chance.randint(5, 11)), 1):
        text = clause.format(
            a=called[0],
            b=called[1],
            other=chance.choice(other),
            place=chance.choice(_PLACES),
            site=_site(chance),
            office=chance.choice(_OFFICES),
            body=chance.choice(_BODIES_NAMED),
            trade=chance.choice(_TRADES),
        )
        head, _, rest = text.partition(". ")
        lines += chance.choice(
            (
                [f"{number}. {head}. {rest}"],
                [f"Section {number}. {head.upper()}", rest],
                [f"{number}.  {head}", f"    {rest}"],
            )
        )
    lines += [
        "",
        chance.choice(
            (
                "IN WITNESS WHEREOF, the Parties have executed this Agreement as of the Effective Date.",
                "AGREED AND ACCEPTED:",
                "Signed by the Parties’ duly authorised representatives:",
            )
        ),
    ]
    for party, signer in zip(parties, signers, strict=False):
        title = chance.choice(_OFFICES)
        name = party.upper() if chance.random() < 0.4 else party
        if party in persons:
            lines += chance.choice(
                (["", f"/s/ {party}", party], ["", "_______________", name], ["", f"By: /s/ {party}", f"Name: {party}"])
            )
        else:
            lines += chance.choice(
                (
                    ["", name, f"By: /s/ {signer}", f"Name: {signer}", f"Title: {title}"],
                    ["", f"{name}", "By: ________________", f"{signer}, {title}"],
                    ["", f"For {name}:", f"{signer}", title],
                    ["", f"{aliases[0].upper()}:", name, f"   By: {signer}", f"   Its: {title}"],
                )
            )
    fields = [
        _list(
            chance,
            "parties|party|contracting_parties|made_between|signatories|contract_parties",
            FieldType.ORGANISATION,
            "a company or person that makes the agreement|who is bound by the contract|between whom it is made|each party|",
            required=chance.random() < 0.3,
            near=("between", "parties", "party", "and"),
        )
    ]
    values: dict[str, str | list[str] | None] = {fields[0].name: parties}
    if chance.random() < 0.5:
        fields.append(
            _list(
                chance,
                "signers|signed_by|representatives",
                FieldType.NAME,
                "persons who signed|who signs for the parties",
            )
        )
        shown = "\n".join(lines)
        values[fields[-1].name] = [
            name
            for party, name in zip(parties, signers, strict=False)
            if party not in persons and name in shown.split("IN WITNESS")[-1]
        ] + persons
    return fields, values, "\n".join(lines)


_REMARKS = (
    "The minutes of the last meeting were approved.", "The Roof Fund stands at 4,200.00; Brightwater Roofing sent an offer.",
    "Item 3: Budget. The Finance Committee will report in {month}.", "Repairs at {street} have begun. The School Board was informed.",
    "The next meeting is on {day}, at Town Hall.", "It was agreed to buy a {thing}.", "Any Other Business: none.",
    "Old Library: no news from {place}.",
)  # fmt: skip


_DID = ("reported on the Summer Fair.", "moved to adjourn.", "seconded the motion.", "asked about the Annual Report.")


def _filled(chance: Chance, text: str) -> str:
    return text.format(
        month=chance.choice(MONTHS),
        street=chance.choice(_STREETS),
        day=chance.choice(_DAYS),
        thing=chance.choice(_THINGS),
        place=chance.choice(_PLACES),
        trade=chance.choice(_TRADES),
        body=chance.choice(_BODIES_NAMED),
        office=chance.choice(_OFFICES),
    )


def _minutes(chance: Chance) -> tuple[list[Field], Values, str]:
    everyone = _persons(chance, chance.randint(5, 10))
    count = chance.randint(1, 2)
    here, away = everyone[count:], everyone[:count]
    written, day = _date(chance)
    guest = _person(chance)
    words = chance.choice(
        (
            ("Present", "Absent", "Minutes of the meeting", "Chair"),
            ("In attendance", "Apologies", "MEETING NOTES", "Chaired by"),
            ("Attendees", "Excused", "Board Meeting", "Facilitator"),
            ("Members present", "Members absent", "MINUTES", "Presiding"),
            ("Anwesend", "Entschuldigt", "Protokoll der Sitzung", "Leitung"),
            ("Présents", "Absents excusés", "Compte rendu", "Président"),
            ("Asistentes", "Ausentes", "Acta de la reunión", "Preside"),
        )
    )
    lines = [words[2], f"{chance.choice(_BODIES_NAMED)}, {chance.choice(_PLACES)}", f"Date: {written}", ""]
    way = chance.choice(("line", "rows", "roles", "prose", "table"))
    for label, names in ((words[0], here), (words[1], away)):
        if way == "rows":
            lines += [f"{label}:", *names, ""]
        elif way == "roles":
            lines.append(f"{label}: " + "; ".join(f"{name} ({chance.choice(_OFFICES)})" for name in names))
        elif way == "table":
            lines += [f"{name:<32}{chance.choice(_OFFICES):<28}{label}" for name in names]
        elif way == "prose":
            lines.append(
                f"{label} were {_joined(names)}."
                if label == words[0]
                else f"{_joined(names)} had sent their apologies ({label.lower()})."
            )
        else:
            lines.append(f"{label}: {', '.join(names)}")
    lines += ["", *(_filled(chance, each) for each in chance.sample(_REMARKS, 4))]
    for each in chance.sample(here, 3):
        short = chance.choice((each, each.split()[0], "Mr. " + each.split()[-1], each.split()[-1]))
        lines.insert(chance.randint(len(lines) - 4, len(lines)), f"{short} {chance.choice(_DID)}")
    lines.append(f"{guest} of {_firm(chance)} spoke about insurance by telephone.")
    fields = [
        _list(
            chance,
            "present|attendees|members_present|participants|who_attended",
            FieldType.NAME,
            "who was there|a person present at the meeting|members who took part",
        ),
        _list(
            chance,
            "absent|apologies|excused|missing_members",
            FieldType.NAME,
            "who was not there|members who were excused",
        ),
        _one(chance, "meeting_date|held_on|date", FieldType.DATE, "the day of the meeting"),
    ]
    return fields, {fields[0].name: here, fields[1].name: away, fields[2].name: day}, "\n".join(lines)


_SAID = (
    "{} will bring the keys on {day}.", "Please ask {} about the {thing} before {month}.", "I met {} in {place} last week.",
    "Thanks to {} for the pictures!",
    "{} said that the {body} would decide in {month}.", "My flight to {place} is late, can {} wait?", "Has {} paid the invoice?",
    "Call {}.",
    "{} lives at 12 {street} now.", "Only {} knows the password.", "“{}, where are you?”", "We saw {} and the band in {place}.",
    "In {month}, {} left for {place}.",
    "Patient {} was admitted on {day}.", "The coach praised {} after the match against {place}.", "Sincerely,\n{}", "Name: {}",
    "{}'s car is a {thing}.",
    "Regards,\n{}\n{office}", "Dear {},", "Hello {}!", "@{} can you check this?",
    "A letter by {}, written in {place}, was sold by the {body}.",
    "Author: {}", "{} is the new {office} of the {trade} division.", "Not even {} liked the {thing}.", "for {}", "Contact: {}",
    "Yesterday the {office} met {} at the {place} office.", "It was {} who found it, then {} took it home.",
    "Both {} and {} are from {place}.",
    "{}, {} and {} are coming on {day}.", "cc: {}, {}", "The lawyer of {}, {}, did not comment.",
)  # fmt: skip
_IDLE = (
    "Please do not reply.", "The {thing} was on sale at {street}.", "My address is 45 {street}, {place}.", "Happy Birthday!",
    "Nobody from {place} came.",
    "It rains in {place}. Bring an Umbrella.", "The {body} met on {day}.", "How do I reset my {thing}?",
    "Title VII of the Act does not apply.",
    "Need to change my card.", "You can pay by Visa.", "See Chapter {month}, Part Two.", "Best Wishes",
    "Our Office is closed on {day}.", "Kind Regards",
    "Terms and Conditions apply.", "I work for the {trade} Group as Technician.", "Subject: {trade} and {trade}", "Sent from my {thing}",
    "Ask the driver to stop at {street}.", "South of {place} the road ends. Then turn to {street}.", "English and German are spoken here.",
)  # fmt: skip


def _mentioned(chance: Chance, name: str) -> tuple[str, str]:
    """As a text mentions somebody, and what of that is the name."""
    way = chance.random()
    if way < 0.5:
        return name, name
    if way < 0.7:
        return name.split()[0], name.split()[0]
    if way < 0.78:
        return name.split()[-1], name.split()[-1]
    if way < 0.92:
        family = chance.choice((name.split()[-1], name))
        return chance.choice(_PREFIXES) + family, family
    return name.upper(), name.upper()


def _mails(chance: Chance) -> tuple[list[Field], Values, str]:
    names = _persons(chance, chance.randint(1, 9))
    rest, persons, lines = list(names), [], []
    if chance.random() < 0.3:
        lines += [f"Date: {_day(chance)}", f"Subject: {chance.choice(_TRADES)} for {chance.choice(_PLACES)}", ""]
    if chance.random() < 0.3:
        persons += rest[:2]
        lines += [f"From: {rest[0]} <{rest[0].split()[0].lower()}@{_word(chance).lower()}.example>"]
        lines += [f"To: {rest[1]}"] if len(rest) > 1 else []
        rest = rest[2:]
    while rest:
        sentence = chance.choice(_SAID)
        count = sentence.count("{}")
        if count > len(rest):
            continue
        told = [_mentioned(chance, name) for name in rest[:count]]
        rest = rest[count:]
        persons += [name for _, name in told]
        for shown, _ in told:
            sentence = sentence.replace("{}", shown, 1)
        lines.append(_filled(chance, sentence))
        if chance.random() < 0.5:
            lines.append(_filled(chance, chance.choice(_IDLE)))
        if chance.random() < 0.6:
            lines.append("")
    lines += [_filled(chance, each) for each in chance.sample(_IDLE, chance.randint(1, 5))]
    if chance.random() < 0.4:
        lines.append(f"{_firm(chance)}\nTel. {_phone(chance)}")
    fields = [
        _list(
            chance,
            "persons|people|people_mentioned|names|who_is_named|persons_named",
            FieldType.NAME,
            "a person who is named|each person in the text|people|",
        )
    ]
    return fields, {fields[0].name: list(dict.fromkeys(persons))}, "\n".join(lines)


def _release(chance: Chance) -> tuple[list[Field], Values, str]:
    firms = _firms(chance, chance.randint(2, 5))
    people = _persons(chance, 2)
    short = firms[0].split(",")[0]
    lines = [
        f"{firms[0]} and {firms[1]} {chance.choice(('Announce Joint Venture', 'Sign Supply Deal', 'to Merge'))}",
        "",
    ]
    day = _day(chance)
    lines.append(
        f"{chance.choice(_PLACES).upper()}, {day} -- {firms[0]}, {chance.choice(('a leader in', 'a maker of', 'a provider of'))} "
        f"{chance.choice(_TRADES).lower()}, today announced that it has signed a Definitive Agreement with {firms[1]}."
    )
    lines.append(
        f"“This is a Great Day for {chance.choice(_PLACES)},” said {people[0]}, {chance.choice(_OFFICES)} of {short}."
    )
    for firm in firms[2:]:
        lines.append(
            chance.choice(
                (
                    f"{firm} advised on the transaction.",
                    f"The {chance.choice(_THINGS)} is made under licence by {firm}.",
                    f"In {chance.choice(MONTHS)}, {firm} sold its {chance.choice(_TRADES)} Division.",
                    f"Financing is provided by {firm}.",
                    f"Among the customers is {firm}, based in {chance.choice(_PLACES)}.",
                )
            )
        )
    lines.append(
        _filled(
            chance, "The {body} has to approve. Closing is expected in {month}. The Offices are in {place} and {place}."
        )
    )
    lines += [
        "",
        "Forward-Looking Statements",
        "Risk Factors are listed in the Annual Report on Form 10-K.",
        f"Media Contact: {people[1]}",
    ]
    fields = [
        _list(
            chance,
            "companies|firms|organisations_named|companies_mentioned|enterprises",
            FieldType.ORGANISATION,
            "a company that is named|firms the text is about|each company",
        ),
        _one(chance, "published_on|release_date", FieldType.DATE, "the day of the release"),
        _list(
            chance,
            "people|persons_quoted|spokespersons",
            FieldType.NAME,
            "a person who is named|who speaks for the companies",
        ),
    ]
    month, day_of, year = day.replace(",", "").split()
    values = {
        fields[0].name: firms,
        fields[1].name: f"{year}-{MONTHS.index(month) + 1:02}-{day_of}",
        fields[2].name: people,
    }
    return fields, values, "\n".join(lines)


_TALKS = (
    "Trends in Water Reuse", "The Future of Rail", "Opening Remarks", "Ethics and Machines", "Soil Health in Practice",
    "Building with Timber",
    "Lessons from the Field", "Small Towns, Big Plans", "Coffee Break", "Music of the Baltic", "A History of Maps",
)  # fmt: skip


def _programme(chance: Chance) -> tuple[list[Field], Values, str]:
    speakers, firms = _persons(chance, chance.randint(2, 7)), _firms(chance, 3)
    written, day = _date(chance)
    lines = [
        f"{_word(chance)} {chance.choice(('Forum', 'Days', 'Conference', 'Symposium', 'Workshop'))}",
        f"{written}, {chance.choice(_PLACES)}",
        "",
    ]
    way, start = chance.choice(("by", "dash", "over", "comma", "chaired")), 9 * 60
    for speaker in speakers:
        talk, shown = chance.choice(_TALKS), chance.choice(("", "", chance.choice(_PREFIXES))) + speaker
        time, start = f"{start // 60:02}:{start % 60:02}", start + 45
        where = chance.choice(
            (chance.choice(firms), f"University of {chance.choice(_PLACES)}", chance.choice(_OFFICES))
        )
        lines += {
            "by": [f"{time}  {talk}, by {shown} ({where})"],
            "dash": [f"{time} - {shown} - {talk}"],
            "over": [time, talk, shown, where, ""],
            "comma": [f"{time}  {shown}, {where}: {talk}"],
            "chaired": [f"{time} {talk}", f"   Speaker: {shown}, {where}"],
        }[way]
        if chance.random() < 0.25:
            lines.append("Coffee Break, Main Foyer")
    lines += [
        "",
        f"Register by {chance.choice(_DAYS)} at the Front Desk. Lunch is served in the Blue Room.",
        f"Sponsored by {firms[0]}",
    ]
    fields = [
        _list(
            chance,
            "speakers|presenters|lecturers|who_speaks",
            FieldType.NAME,
            "who gives a talk|a person who speaks|speakers of the event",
        ),
        _one(chance, "event_date|held_on", FieldType.DATE, "the day of the event"),
        _list(chance, "sponsors|supported_by", FieldType.ORGANISATION, "who pays for it|sponsoring company"),
    ]
    return fields, {fields[0].name: speakers, fields[1].name: day, fields[2].name: firms[:1]}, "\n".join(lines)


def _caption(chance: Chance) -> tuple[list[Field], Values, str]:
    firms, people = _firms(chance, 4), _persons(chance, 6)
    plaintiffs = [chance.choice((people[0], firms[0])), *chance.sample([people[1], firms[1]], chance.randint(0, 1))]
    defendants = [chance.choice((people[2], firms[2])), *chance.sample([people[3], firms[3]], chance.randint(0, 2))]
    upper = chance.random() < 0.6
    one, two = ([name.upper() for name in names] if upper else names for names in (plaintiffs, defendants))
    number = f"{chance.randint(1, 20)}-cv-{chance.randint(1000, 9999)}"
    lines = [
        chance.choice(("UNITED STATES DISTRICT COURT", "In the High Court of Justice", "SUPERIOR COURT OF THE STATE")),
        f"District of {chance.choice(_PLACES)}",
        "",
    ]
    lines += [
        f"{_joined(one, chance.choice((' and ', ', and ')))},",
        "",
        "          Plaintiff" + ("s," if len(one) > 1 else ","),
        chance.choice(("v.", "vs.", "- against -", "and")),
        f"{_joined(two)},",
        "",
        "          Defendant" + ("s." if len(two) > 1 else "."),
        "",
        f"Case No. {number}",
        "",
        "COMPLAINT AND DEMAND FOR JURY TRIAL",
    ]
    lines += [
        f"1. Plaintiff {plaintiffs[0]} resides in {chance.choice(_PLACES)}.",
        f"2. On {_day(chance)}, Defendant {defendants[0]} sold the {chance.choice(_THINGS)}.",
        f"3. The {chance.choice(_BODIES_NAMED)} issued a Notice of Violation. Count One: Breach of Contract.",
        f"4. Witness {people[4]} will testify.",
    ]
    lines += ["", f"Dated: {_day(chance)}", f"{people[5]}, Attorney for Plaintiff", _firm(chance, legal=0.2)]
    ask = FieldType.ORGANISATION if chance.random() < 0.6 else FieldType.NAME
    fields = [
        _list(
            chance,
            "plaintiffs|claimants|who_sues|suing_parties",
            ask,
            "who brings the action|a plaintiff|person or company that sues",
        ),
        _list(
            chance,
            "defendants|respondents|sued_parties",
            ask,
            "who is sued|a defendant|against whom the action is brought",
        ),
        _one(chance, "case_number|docket", FieldType.IDENTIFIER, "the number of the case"),
    ]
    return fields, {fields[0].name: one, fields[1].name: two, fields[2].name: number}, "\n".join(lines)


def _report(chance: Chance) -> tuple[list[Field], Values, str]:
    authors, cited = _persons(chance, chance.randint(1, 5)), _persons(chance, 3, plain=True)
    title = f"{chance.choice(_TALKS)}: {chance.choice(('A Survey', 'Final Report', 'Results of the Pilot', 'Technical Note'))}"
    firms = _firms(chance, 2, legal=0.4)
    shown = chance.choice(
        (", ".join(authors), _joined(authors), "\n".join(authors), " · ".join(authors), "; ".join(authors))
    )
    shown = chance.choice(("", "", "By ", "Authors: ", "Written by ")) + shown
    lines = [
        title,
        "",
        shown,
        f"{firms[0]}, {chance.choice(_PLACES)}",
        "",
        "Abstract",
        f"In {chance.choice(MONTHS)} the {chance.choice(_BODIES_NAMED)} asked for a study of {chance.choice(_PLACES)}.",
        f"Following {cited[0].split()[-1]} and {cited[1].split()[-1]} (2012), Samples were taken at {chance.choice(_STREETS)}.",
        "1. Introduction",
        f"The method of {cited[2]} was used with {chance.choice(_THINGS)}.",
        "2. Methods",
        "Table 1 shows the Mean Values. Figure 2 shows Site B.",
        "Acknowledgements",
        f"We thank {_person(chance)} for help, and {firms[1]} for the instruments.",
        "References",
        f"{cited[0].split()[-1]}, {cited[0][0]}.: Rivers of {chance.choice(_PLACES)}. {_word(chance)} Press, 2012.",
    ]
    fields = [
        _list(
            chance,
            "authors|written_by|author_names|prepared_by",
            FieldType.NAME,
            "who wrote it|an author of the report|authors",
        ),
        _one(chance, "title|report_title", FieldType.LINE, "what the report is called"),
    ]
    return fields, {fields[0].name: authors, fields[1].name: title}, "\n".join(lines)


def _will(chance: Chance) -> tuple[list[Field], Values, str]:
    own, *heirs = _persons(chance, chance.randint(3, 6))
    executor, witnesses = _person(chance), _persons(chance, 2)
    lines = [
        f"LAST WILL AND TESTAMENT OF {own.upper()}",
        "",
        f"I, {own}, of {_site(chance)}, being of Sound Mind, revoke all former Wills.",
        f"I appoint {executor} as Executor of this Will.",
    ]
    for heir in heirs:
        lines.append(
            chance.choice(
                (
                    f"I give my {chance.choice(_THINGS)} to my {chance.choice(('niece', 'son', 'friend', 'daughter', 'cousin'))} {heir}.",
                    f"To {heir} I leave the sum of ${chance.randint(1, 90)},000.",
                    f"The House at {chance.choice(_STREETS)} shall pass to {heir}, if living.",
                    f"Article {chance.choice(('Two', 'Three', 'Four'))}. I bequeath to {heir} all Books and Paintings.",
                )
            )
        )
    lines += [
        f"The Residue goes to the {chance.choice(_BODIES_NAMED)} of {chance.choice(_PLACES)}.",
        "",
        f"Signed on {_day(chance)}",
        own,
        "",
        "Witnesses:",
        *witnesses,
    ]
    fields = [
        _list(
            chance,
            "heirs|beneficiaries|who_inherits|legatees",
            FieldType.NAME,
            "a person who inherits|who is given something|heirs",
        ),
        _one(chance, "executor|administrator", FieldType.NAME, "who executes the will"),
        _list(chance, "witnesses|witnessed_by", FieldType.NAME, "who witnessed it"),
    ]
    return fields, {fields[0].name: heirs, fields[1].name: executor, fields[2].name: witnesses}, "\n".join(lines)


def _tender(chance: Chance) -> tuple[list[Field], Values, str]:
    bidders, buyer = _firms(chance, chance.randint(3, 7)), f"City of {chance.choice(_PLACES)}"
    amounts = {bidder: chance.randint(10_000, 990_000) for bidder in bidders}
    number = f"{chance.choice('ABT')}{chance.randint(10, 99)}-{chance.randint(100, 999)}"
    lines = [
        buyer,
        chance.choice(("BID TABULATION", "Opening of Tenders", "Summary of Offers Received")),
        f"Project: {chance.choice(_TALKS)}, {chance.choice(_STREETS)}",
        f"Tender No. {number}",
        "",
    ]
    way = chance.choice(("table", "lines", "prose"))
    if way == "table":
        lines.append(f"{'Bidder':<40}{'Amount':>14}")
        lines += [f"{bidder:<40}{amount:>14,}.00" for bidder, amount in amounts.items()]
    elif way == "lines":
        lines += [
            f"{place}. {bidder}, {chance.choice(_PLACES)}: ${amount:,}.00"
            for place, (bidder, amount) in enumerate(amounts.items(), 1)
        ]
    else:
        lines += [
            f"{bidder} {chance.choice(('offered', 'bid', 'asked for'))} ${amount:,}.00."
            for bidder, amount in amounts.items()
        ]
    lines += [
        "",
        f"Engineer’s Estimate: ${chance.randint(10, 900)},000.00",
        f"Opened by {_person(chance)}, {chance.choice(_OFFICES)}, Purchasing Department",
        f"Estimate by {_firm(chance)}, Consulting Engineers",
    ]
    fields = [
        _list(
            chance,
            "bidders|tenderers|offers_from|companies",
            FieldType.ORGANISATION,
            "who made an offer|a company that bids|bidders",
        ),
        _list(
            chance, "bids|offers|amounts_offered", FieldType.MONEY, "an amount that was offered|what each bidder asks"
        ),
        _one(chance, "tender_number|project_no", FieldType.IDENTIFIER, "the number of the tender"),
    ]
    return (
        fields,
        {
            fields[0].name: bidders,
            fields[1].name: [f"{amount}.00" for amount in amounts.values()],
            fields[2].name: number,
        },
        "\n".join(lines),
    )


def _delivery(chance: Chance) -> tuple[list[Field], Values, str]:
    form = chance.choice(("PO-{}", "{}", "B{}/24", "45{}", "ORD{}"))
    orders = [form.format(chance.randint(10_000, 99_999)) for _ in range(chance.randint(2, 6))]
    serials = [f"SN{chance.randint(100_000, 999_999)}" for _ in range(3)]
    written, day = _date(chance)
    label = chance.choice(("Order No.", "Purchase order", "Your order", "PO number", "Bestellnummer", "N° de commande"))
    lines = [
        _firm(chance),
        _site(chance),
        "",
        chance.choice(("DELIVERY NOTE", "Packing List", "LIEFERSCHEIN", "Bon de livraison")),
        f"No. {chance.randint(1000, 9999)}",
        f"Date: {written}",
        "",
    ]
    if chance.random() < 0.5:
        lines.append(f"{label}: {', '.join(orders)}")
        lines += [f"{chance.randint(1, 40)} x {chance.choice(_THINGS)}  {serial}" for serial in serials]
    else:
        lines += [
            f"{label} {order}   {chance.randint(1, 40)} x {chance.choice(_THINGS)}   {chance.choice(serials)}"
            for order in orders
        ]
    lines += [
        "",
        f"Received by: {_person(chance)}",
        f"Truck {chance.randint(100, 999)}-KL, customer no. {chance.randint(10_000, 99_999)}",
    ]
    fields = [
        _list(
            chance,
            "order_numbers|orders|purchase_orders|po_numbers",
            FieldType.IDENTIFIER,
            "the number of an order|orders delivered with this note",
        ),
        _one(chance, "delivered_on|delivery_date|date", FieldType.DATE, "the day of the delivery"),
    ]
    return fields, {fields[0].name: orders, fields[1].name: day}, "\n".join(lines)


def _letter(chance: Chance) -> tuple[list[Field], Values, str]:
    dates = [_date(chance) for _ in range(chance.randint(2, 4))]
    amounts = [chance.randint(100, 9000) for _ in dates]
    enclosures = chance.sample(
        (
            "Copy of the lease",
            "Payment plan",
            "Photographs of the roof",
            "Power of attorney",
            "Extract from the register",
            "Floor plan",
        ),
        3,
    )
    letter_date, born = _date(chance), _date(chance)
    lines = [
        _firm(chance),
        _site(chance),
        "",
        letter_date[0],
        "",
        _person(chance),
        _site(chance),
        "",
        f"Dear {chance.choice(_PREFIXES)}{_family(chance)},",
        "",
    ]
    for (written, _), amount in zip(dates, amounts, strict=True):
        lines.append(
            chance.choice(
                (
                    f"An instalment of ${amount:,}.00 falls due on {written}.",
                    f"Please pay ${amount:,}.00 by {written}.",
                    f"No later than {written} you must send us ${amount:,}.00.",
                    f"Deadline {written}: ${amount:,}.00",
                )
            )
        )
    lines += [
        f"Our records show that you were born on {born[0]}. The balance of the old account is ${chance.randint(10_000, 90_000):,}.00.",
        "",
        "Yours faithfully,",
        _person(chance),
        chance.choice(_OFFICES),
        "",
        chance.choice(("Enclosures:", "Enclosed:", "Attachments", "Encl.")),
        *(
            f"{mark}{each}"
            for mark, each in zip(
                chance.choice((("- ",) * 3, ("1. ", "2. ", "3. "), ("",) * 3)), enclosures, strict=True
            )
        ),
    ]
    fields = [
        _list(
            chance,
            "deadlines|due_dates|payment_dates|instalment_dates",
            FieldType.DATE,
            "a day by which to pay|when an instalment is due",
        ),
        _list(
            chance,
            "instalments|amounts_due|payments|sums",
            FieldType.MONEY,
            "an amount that is to be paid|each instalment",
        ),
        _list(
            chance,
            "enclosures|attachments|enclosed_papers",
            FieldType.LINE,
            "what is enclosed|papers that come with the letter",
        ),
        _one(chance, "letter_date|dated", FieldType.DATE, "the day the letter was written"),
    ]
    values: Values = {
        fields[0].name: [day for _, day in dates],
        fields[1].name: [f"{amount}.00" for amount in amounts],
        fields[2].name: enclosures,
        fields[3].name: letter_date[1],
    }
    return fields, values, "\n".join(lines)


def _sites(chance: Chance) -> tuple[list[Field], Values, str]:
    sites, people = [_site(chance) for _ in range(chance.randint(2, 6))], _persons(chance, 2)
    firm = _firm(chance)
    lines = [
        firm,
        chance.choice(("Schedule of Sites", "OUR BRANCHES", "Locations covered by this policy", "Inspection Rounds")),
        "",
    ]
    way = chance.choice(("numbered", "named", "plain", "prose"))
    for number, site in enumerate(sites, 1):
        lines.append(
            {
                "numbered": f"{number}. {site}",
                "named": f"{_word(chance)} Branch: {site}",
                "plain": site,
                "prose": f"The Site at {site} was inspected on {_day(chance)}.",
            }[way]
        )
    lines += [
        "",
        f"Head of Facilities: {people[0]}",
        f"Open {chance.choice(_DAYS)} to Saturday",
        f"Prepared by {people[1]}",
    ]
    fields = [
        _list(
            chance,
            "sites|locations|branches|addresses|premises",
            FieldType.ADDRESS,
            "where it is|address of a site|each place of business",
        ),
        _list(chance, "contacts|responsible_persons|staff", FieldType.NAME, "a person who is named|who is responsible"),
    ]
    return fields, {fields[0].name: sites, fields[1].name: people}, "\n".join(lines)


def _roster(chance: Chance) -> tuple[list[Field], Values, str]:
    people, teacher = _persons(chance, chance.randint(4, 12), plain=True), _person(chance)
    way = chance.choice(("numbered", "office", "plain", "team"))
    lines = [
        chance.choice(
            ("List of Participants", "SHIFT ROSTER", "Class 7b", "Election of the Works Council", "Team Sheet")
        ),
        f"{chance.choice(_DAYS)}, {_day(chance)}",
        f"Room: {chance.choice(_PLACES)} Hall",
        "",
    ]
    for number, name in enumerate(people, 1):
        lines.append(
            {
                "numbered": f"{number:2}  {name}",
                "office": f"{name:<30}{chance.choice(_OFFICES)}",
                "plain": name,
                "team": f"{name}, {_firm(chance, legal=0.4)}",
            }[way]
        )
    lines += [
        "",
        f"{chance.choice(('Responsible', 'Instructor', 'Teacher', 'Led by'))}: {teacher}",
        "Bring Safety Shoes. Late Shift ends at Ten.",
    ]
    fields = [
        _list(
            chance,
            "participants|staff|members|pupils|candidates|players",
            FieldType.NAME,
            "who takes part|a person on the list|members|",
        ),
        _one(chance, "teacher|responsible|instructor", FieldType.NAME, "who leads it"),
    ]
    return fields, {fields[0].name: people, fields[1].name: teacher}, "\n".join(lines)


_ABOUT = {
    "en": ("Topic", "Subject", "Re"), "de": ("Betreff", "Thema"), "fr": ("Objet", "Sujet"), "es": ("Asunto", "Tema"),
}  # fmt: skip
_HOSTED = {
    "en": ("Host", "Contact", "Organizer"), "de": ("Gastgeber", "Ansprechpartner"), "fr": ("Organisation", "Contact"),
    "es": ("Contacto", "Organiza"),
}  # fmt: skip
_EVENTS = {
    "en": ("talk", "lecture", "seminar", "visit"), "de": ("Vortrag", "Seminar", "Gastvortrag"), "fr": ("conférence", "exposé"),
    "es": ("conferencia", "charla"),
}  # fmt: skip
_SAYING = {
    "en": (
        "We invite you to a {event} by {who} of {firm}. {family} will speak on {talk}. It takes place in {room} at {time}.",
        "{who} from {firm} will give a {event} on {talk} in {room}, {time}. Please contact {host} to meet {family}.",
        "The {event} of {who}, {firm}, has been moved to {room}. The time is unchanged, {time}.",
    ),
    "de": (
        "Wir laden Sie zu einem {event} von {who} ({firm}) ein. Thema: {talk}. Ort ist {room}, Beginn {time} Uhr.",
        "Am {day} spricht {who} von {firm} über {talk}. Der {event} findet in {room} statt. Anmeldung bei {host}.",
    ),
    "fr": (
        "Nous vous invitons à une {event} de {who}, {firm}, sur {talk}. Rendez-vous {room}, à {time}.",
        "{who} de {firm} parlera de {talk}, {room}, à {time}. Inscription auprès de {host}.",
    ),
    "es": (
        "Les invitamos a una {event} de {who}, de {firm}, sobre {talk}. Lugar: {room}, a las {time}.",
        "{who}, {firm}, hablará de {talk} en {room} a las {time}. Inscripciones con {host}.",
    ),
}  # fmt: skip
_ABSTRACTS = {
    "en": (
        "In this {event} we present methods for {talk} and show their use in practice. Typical applications include Virtual Reality,",
        "Robot Motion Planning and Quality Control. Earlier approaches, such as those of the Kalman school, are too slow. The",
        "project is supported by the {body}; students from Washington, Berkeley and Norway take part.",
    ),
    "de": (
        "Der {event} stellt Verfahren vor, die in der Praxis erprobt sind. Anwendungen sind Planung, Regelung und Statistik.",
        "Die Deutsche Forschungsgemeinschaft fördert das Vorhaben in Bayern und Österreich. Gäste sind willkommen.",
    ),
    "fr": (
        "Nous présentons des méthodes éprouvées et leur emploi dans la pratique. Le projet est soutenu par le Conseil Régional",
        "et par la Commission Européenne. Un café sera servi dans le Hall d’Honneur.",
    ),
    "es": (
        "Presentamos métodos probados y su uso en la práctica. El proyecto cuenta con el apoyo del Ministerio de Cultura",
        "y de la Unión Europea. Se servirá café en el Salón Azul.",
    ),
}  # fmt: skip


def _works_at(chance: Chance) -> str:
    place = chance.choice(_PLACES)
    return chance.choice(
        (
            _firm(chance),
            f"University of {place}",
            f"{_word(chance)} University",
            f"Department of {chance.choice(('Physics', 'History', 'Computer Science', 'Law'))}",
            f"{_word(chance)} Research Laboratory",
            f"Institut für {chance.choice(('Statistik', 'Geschichte'))}",
            f"Universidad de {place}",
            f"{_word(chance).upper()[:4]}, {place}",
        )
    )


def _room(chance: Chance) -> str:
    number, house = (
        chance.choice((str(chance.randint(2, 980)), f"{chance.randint(1, 9)}{chance.choice('ABC')}")),
        _word(chance),
    )
    return chance.choice(
        (
            f"{house} Hall {number}",
            f"Room {number}, {house} Building",
            f"{house} Conference Room, {_word(chance)} House",
            f"{number} {house} Hall",
            f"{house} Auditorium",
            f"{house[:3].upper()} {chance.randint(100, 989)}",
            f"{house[:2]}H {chance.randint(1000, 1899)}",
            f"Hörsaal {number}",
            f"Raum {number}, {house}haus",
            f"Salle {number}, Bâtiment {chance.choice('ABCD')}",
            f"Aula {number}, Edificio {house}",
        )
    )


def _notice(chance: Chance) -> tuple[list[Field], Values, str]:
    language = chance.choice(("en", "en", "en", "de", "fr", "es"))
    who, host, sender = _persons(chance, 3)
    talk, firm, room, event = chance.choice(_TALKS), _works_at(chance), _room(chance), chance.choice(_EVENTS[language])
    (written, day), time = _date(chance), f"{chance.randint(9, 18)}:{chance.choice(('00', '15', '30'))}"
    family = who.split()[-1]
    subject = chance.choice(
        (f"{family} {event}", f"{who}: {event}", event.title(), talk, f"REMINDER {family.upper()} {event.upper()}")
    )
    filled = {
        "event": event, "who": who, "firm": firm, "family": family, "talk": talk, "room": room, "time": time, "host": host, "day": written,
        "body": chance.choice(_BODIES_NAMED),
    }  # fmt: skip
    lines = [
        f"{chance.choice(_ABOUT[language])}: {subject}",
        f"{chance.choice(('From', 'Posted by', 'Von', 'De'))}: {sender}, {_word(chance).lower()}@tarvo.example",
        "",
    ]
    abstract = [line.format(**filled) for line in _ABSTRACTS[language]]
    hosted = f"{chance.choice(_HOSTED[language])}: {host}"
    way = chance.choice(("alone", "alone", "comma", "said", "said", "none"))
    shown = who.upper() if way == "alone" and chance.random() < 0.3 else who
    if way in ("alone", "comma"):
        own = [shown, firm] if way == "alone" else [f"{shown}, {firm}"]
        rows = chance.choice(
            ([talk, "", *own, "", written, room, time], [*own, "", talk, "", room, f"{written}, {time}"])
        )
        indent = chance.choice((0, 0, 22))
        lines += [*(" " * (max(0, 40 - len(row) // 2) if indent else 0) + row for row in rows), "", *abstract]
    elif way == "said":
        lines += [chance.choice(_SAYING[language]).format(**filled), "", *abstract]
    else:
        lines += [f"{written}, {time}, {room}", "", *abstract]
    lines += [
        "",
        *chance.choice(
            ((hosted,), (hosted, "", sender.split()[0]), ("", sender.split()[0], "-- ", sender, _firm(chance)))
        ),
    ]
    fields = [
        _one(chance, "speaker|who_speaks|guest|lecturer|visitor|name", FieldType.NAME, "the person who speaks"),
        _one(chance, "location|room|where|venue|hall", FieldType.LINE, "where it takes place"),
        _one(chance, "event_date|held_on", FieldType.DATE, "the day of the event"),
    ]
    asked = {fields[0].name: None if way == "none" else shown, fields[1].name: room, fields[2].name: day}
    if written not in "\n".join(lines):
        asked.pop(fields[2].name)
    return fields, asked, "\n".join(lines)


KINDS: dict[str, tuple[Callable[[Chance], tuple[list[Field], Values, str]], int]] = {
    "agreements": (_agreement, 30),
    "minutes": (_minutes, 12),
    "mails": (_mails, 30),
    "releases": (_release, 12),
    "programmes": (_programme, 8),
    "captions": (_caption, 10),
    "reports": (_report, 8),
    "wills": (_will, 6),
    "tenders": (_tender, 8),
    "deliveries": (_delivery, 6),
    "letters": (_letter, 6),
    "sites": (_sites, 6),
    "rosters": (_roster, 8),
    "notices": (_notice, 24),
}
"""Each kind, and of how many documents: of those that are asked most, and written in most ways, more."""


def made(seed: int = 11) -> Iterator[MadeList]:
    """The documents of all kinds; the same each time."""
    for kind, (write, count) in KINDS.items():
        for copy in range(count):
            chance = random.Random(f"{kind} {copy} {seed}")
            fields, values, text = write(chance)
            template = Template(f"{kind} {copy}", 1, kind, "", tuple(fields))
            document = Document("made.txt", "txt", "", (Page(1, text + "\n"),), 1)
            yield MadeList(kind, template, f"{kind}-{copy}", document, values)
