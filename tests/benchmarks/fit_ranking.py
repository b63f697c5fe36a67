"""Fit the weights of resources/ranking.json on labelled documents, and say what they are worth on sets that were left out.

    python tests/benchmarks/fit_ranking.py read DATA --to DOCUMENTS.pickle
    python tests/benchmarks/fit_ranking.py collect DOCUMENTS.pickle --to ROWS.pickle [--only SET...]
    python tests/benchmarks/fit_ranking.py fit ROWS.pickle [--cache FOLDER] [--write]

``read`` reads every document of the labelled sets in DATA. ``collect`` keeps the candidates of their fields with their signs, of some
documents once more as if nobody had known their kind, and adds made forms (made_forms.py), papers of many kinds (made_papers.py),
papers that lack what is asked for (made_gaps.py) and documents of which lists are asked (made_lists.py).
``fit`` leaves out one set at a time, fits on the others and decides the fields of the one left out: those figures are printed, and the
confidences are calibrated on them, as of known kinds and of unknown ones. Then it fits on all sets and writes the file. The loss is that
of a conditional logit (what is right, or *absent*, among all; each item by itself in a list), sets weighed evenly by the root of their
documents, with an L2 penalty on the distance from what is written by hand for all types, and from there to each family, type and template
of its own. No model is asked.
"""

from __future__ import annotations

import argparse
import json
import pickle
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import made_forms
import made_gaps
import made_lists
import made_papers
import numpy as np
from scipy.optimize import minimize

from stillroom import paths
from stillroom.documents.document import Document, Page
from stillroom.documents.reader_pool import ReaderPool
from stillroom.errors import StillroomError
from stillroom.evaluation.matching import same_value
from stillroom.extraction import choosing, concepts, ranking
from stillroom.extraction.assignment import ADDENDS, decided_together, sum_holds
from stillroom.extraction.candidates.propose import proposes
from stillroom.extraction.choosing import Asked
from stillroom.extraction.concepts import Label, Meaning
from stillroom.extraction.deciding import Seen
from stillroom.extraction.layout import Layout
from stillroom.extraction.signs import sign_names
from stillroom.extraction.told import Told
from stillroom.learning.run_evidence import MOST_DOCUMENTS, Likely, run_evidence
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.template import FieldType, Template

# Set, labels, template, the kind it is left out with.
SETS = (
    ("receipts", "receipts/labels.jsonl", "receipt", "receipts"),
    ("receipts-more", "receipts-more/labels.jsonl", "receipt", "receipts"),
    ("wildreceipt", "wildreceipt/labels.jsonl", "wildreceipt/till-receipt.toml", "wildreceipt"),
    ("einvoices", "einvoices/labels.jsonl", "einvoices/e-invoice.toml", "einvoices"),
    ("adbuys", "adbuys/labels.jsonl", "adbuys/adbuy.toml", "adbuys"),
    ("ndas", "ndas/labels.jsonl", "contract", "ndas"),
    ("invoices", "invoices/labels.jsonl", "invoice", "invoices"),
    ("seminars", "seminars/labels.jsonl", "seminars/seminar.toml", "seminars"),
    ("personal-data", "personal-data/labels.jsonl", "personal-data", "personal-data"),
)
# What the labels of a set call a field that is another one by its values: there the "subtotal" of all receipts but five is their tax.
RENAMED = {"wildreceipt": {"subtotal": "tax"}}
# Sets that a built-in template reads besides: their documents move its own weights, and are not fitted on twice for all.
AGAIN = (("wildreceipt", "receipt"), ("einvoices", "invoice"))
OWN_WEIGHTS = ("receipt", "contract", "invoice", "personal-data")
NAMES = [*sign_names(), *ranking.BESIDES]
SIGNS = len(sign_names())
# What each of the two other readings goes by.
_OF_LABELS = ("own", "rival", "avoid", "nothing", "like", "unlike", "label", "colon")
LABELS = np.array(
    [float(name.split("_")[0] in _OF_LABELS or name in ranking.BESIDES or name.endswith("_own")) for name in NAMES]
)
PLACES = 1.0 - LABELS
PLACES[SIGNS:] = 1.0
# Strengths of the penalties: for all types, a family, a type, a template's field.
PENALTIES = (0.002, 0.004, 0.008, 0.004)
# A list's row says more than a single value's, and its types have weights that are less like those of all others.
LIST_SHARE, LIST_PENALTY = 2.0, 0.5
MOST_CANDIDATES = 80
MOST_FITTED = 80  # documents of a set
MADE = "made "  # forms; each kind is a group of its own
PAPERS = "made papers"  # of many kinds, left out together
# Papers that lack what is asked for. Confidences are fitted on them, and no weights: those would leave out the telephone of every receipt.
GAPS = "made gaps"
LISTS = "made lists"  # so are these
MOST_UNSEEN = 40  # documents of a set that are looked at once more as if nobody had known their kind
# How much a set as if nobody had known its kind, and papers that lack what is asked for, count where confidences are fitted.
UNKNOWN, LACKING = 0.5, 0.25
STEPS = 100
# What is known before anything is fitted: a label of its own speaks for a value, another against it, and a label is no value.
KNOWN = {
    "own_inline": 2.5, "own_left": 2.5, "own_above": 1.5, "own_column": 1.8, "own_block": 2.5, "own_below": 0.3,
    "own_behind": 0.3, "own_prose": 1.0, "own_inline_second": 0.3, "own_left_second": 0.3, "own_beside": 1.0, "own_over": 0.5,
    "rival_inline": -2.0, "rival_left": -1.5, "rival_above": -0.7, "rival_column": -0.7, "rival_block": -1.0,
    "rival_behind": -0.3, "rival_prose": -0.5, "rival_beside": -0.5, "avoid_inline": -1.5, "avoid_left": -1.5,
    "avoid_above": -0.8, "avoid_column": -0.8, "avoid_block": -1.2, "avoid_beside": -0.5, "label": -8.0, "label_first": -2.0,
    "gaps": -2.0, "holds_colon": -1.0, "like_beside": 2.5, "like_over": 1.5, "like_head": 1.0, "unlike_head": -0.7,
    "unlike_beside": -1.5, "unlike_over": -0.7, "like_most": 1.0, "label_like": -4.0, "colon_behind": -2.0, "shape": 1.0,
    "person:name_known": 1.0, "person:name_whole": 1.5,
    "place:place_known": 2.5, "person:place_known": -1.5, "venue:venue": 4.0, "venue:part": -1.0, "person:part": -0.5,
    "no_person": -2.0, "person:no_person": -1.0,
    "person:single": -0.5, "person:small": -2.0, "person:employer": -1.5, "person:legal": -1.0, "person:everyday": -1.0,
    "person:employed": 0.7, "person:in_subject": 0.7, "person:said_again": 0.3, "person:name_titled": 1.0, "venue:small": -2.0,
    "venue:employer": -0.5, "venue:at_time": 0.7, "person:town": -0.7, "cited": -5.0, "paid": -1.5,
    "total:taxed": 1.5, "total:untaxed": -1.5, "total:levied": -1.5, "net:taxed": -1.5, "net:untaxed": 1.5, "net:levied": -1.5,
    "tax:taxed": -1.0, "tax:untaxed": -1.0, "tax:levied": 1.5, "total:rounded": 1.0,
    "everyday": -2.0, "quoted": -1.0, "called": 0.7, "introduced": 0.7, "titled": 1.0, "signed": 0.5, "signed_below": 0.5, "held": -1.0,
    "legal": 1.0, "legal_inside": -2.0,
    "street": -3.0, "cut_before": -0.5, "cut_behind": -0.5, "loose_first": -0.3, "loose_last": -0.3,
    "currency": 0.5, "defined": 1.0, "joined": -3.0, "failed": -1.0, "zero": -2.0,
    "first_own": 0.5, "order_first": 1.5, "order_second": -1.5, "colon": 0.5, "absent": 1.0, "many": 0.7, "required": -2.0,
}  # fmt: skip


@dataclass
class Row:
    """One field of one document: which of its candidates are right, what is wanted, and the set it is left out with.

    ``taught``: those that are fitted on as right: of an organisation also what its label spells otherwise (*and* for &, *Inc.* for
    Incorporated), which the score does not count.
    """

    name: str
    group: str
    file: str
    template: str
    asked: Asked
    right: np.ndarray
    taught: np.ndarray
    wanted: list[str]
    legible: float
    document: Document
    blind: bool = False
    again: bool = False

    @property
    def made(self) -> bool:
        return self.group.startswith(MADE)

    @property
    def signs(self) -> np.ndarray:
        return self.asked.signs

    @property
    def several(self) -> bool:
        return self.asked.field.type is FieldType.LIST

    @property
    def groups(self) -> tuple[str, ...]:
        """Whose weights add up for it, from all types to its own."""
        kind = self.asked.kind
        own = ("", f"family {ranking.family(kind)}", f"list_{kind}" if self.several else str(kind))
        return (*own, f"{self.template} {self.asked.field.name}") if self.template else own


@dataclass
class Labelled:
    """A document of a set, and what its fields hold."""

    name: str
    file: str
    document: Document
    fields: dict[str, object]


def read(arguments: argparse.Namespace) -> None:
    found: list[Labelled] = []
    folder = Path(arguments.data)
    started = time.monotonic()
    with ReaderPool() as readers:
        for name, labels, _, _ in SETS:
            for line in (folder / labels).read_text(encoding="utf-8").splitlines():
                entry = json.loads(line, parse_float=str, parse_int=str)
                wanted = {RENAMED.get(name, {}).get(field, field): label for field, label in entry["fields"].items()}
                try:
                    document = readers.read((folder / labels).parent / entry["file"])
                except StillroomError as error:
                    print(entry["file"], error, file=sys.stderr)
                    continue
                found.append(Labelled(name, entry["file"], document, wanted))
            print(f"{name}: {len(found)} documents, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    templates = {
        name: str((folder / template).resolve()) if "/" in template else template for name, _, template, _ in SETS
    }
    Path(arguments.to).write_bytes(pickle.dumps((templates, found)))


def collect(arguments: argparse.Namespace) -> None:
    rows: list[Row] = []
    library = TemplateLibrary()
    started = time.monotonic()
    templates, labelled = pickle.loads(Path(arguments.documents).read_bytes())
    for name, _, _, group in SETS:
        if arguments.only and name not in arguments.only:
            continue
        template = library.find(templates[name])
        meaning, unseen = Meaning(template), Unseen(template)
        own = [each for each in labelled if each.name == name]
        for number, each in enumerate(own):
            rows += _rows(each, template, meaning, group)
            if number % max(1, len(own) // MOST_UNSEEN) == 0:
                with patch.object(concepts, "labels", unseen.labels):
                    rows += _rows(each, unseen.template, unseen.meaning, group, blind=True)
        print(f"{name}: {len(rows)} fields, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    for name, built_in in AGAIN:
        if arguments.only and name not in arguments.only:
            continue
        group = next(group for other, _, _, group in SETS if other == name)
        template = library.find(built_in)
        meaning = Meaning(template)
        for each in labelled:
            if each.name == name:
                again = replace(each, name=f"{name} by {built_in}")
                rows += [replace(row, again=True) for row in _rows(again, template, meaning, group)]
    for form in made_forms.made() if "made" in (arguments.only or ("made",)) else ():
        each = Labelled(f"made {form.template.name}", form.file, form.document, dict(form.fields))
        rows += _rows(each, form.template, Meaning(form.template), each.name)
    for paper in made_papers.made() if "made" in (arguments.only or ("made",)) else ():
        each = Labelled(PAPERS, paper.file, paper.document, dict(paper.fields))
        rows += _rows(each, paper.template, Meaning(paper.template), PAPERS)
    for paper in made_gaps.made() if "made" in (arguments.only or ("made",)) else ():
        each = Labelled(GAPS, paper.file, paper.document, dict(paper.fields))
        rows += _rows(each, paper.template, Meaning(paper.template), GAPS)
    for listed in made_lists.made() if "made" in (arguments.only or ("made",)) else ():
        each = Labelled(f"{LISTS} {listed.kind}", listed.file, listed.document, dict(listed.fields))
        rows += _rows(each, listed.template, Meaning(listed.template), LISTS)
    Path(arguments.to).write_bytes(pickle.dumps(rows))


class Unseen:
    """A template as if nobody had known its kind: its fields have their names and descriptions, and no list has their labels."""

    def __init__(self, template: Template) -> None:
        known = Meaning(template)
        self.template = replace(template, fields=tuple(replace(field, near=(), avoid=()) for field in template.fields))
        self.meaning = Meaning(self.template)
        self._unknown = {
            concept
            for field in template.fields
            for concept in concepts.vocabulary().concepts
            if known.affinity(field.name, concept) >= 0.5
        }
        self.meaning.keys = frozenset()
        for field in template.fields:
            self.meaning._affinity[field.name] = {}
            self.meaning._near[field.name] = {}
            self.meaning.roles[field.name] = ""
        self._labels = concepts.labels

    def labels(self, text: str, own: Iterable[str] = (), stop: Callable[[], None] | None = None) -> list[Label]:
        """The labels of a page but those that would be known for the template's fields."""
        phrases = concepts.vocabulary().phrases
        return [label for label in self._labels(text, own, stop) if not self._unknown & set(phrases.get(label.key, ()))]


def _rows(each: Labelled, template: Template, meaning: Meaning, group: str, *, blind: bool = False) -> list[Row]:
    own = f"{template.name} {ranking.hash_of(template)}" if template.name in OWN_WEIGHTS and not blind else ""
    seen, told = Layout(each.document, meaning), Told(each.document, meaning)
    legible = min((page.ocr_confidence for page in each.document.pages if page.ocr_confidence is not None), default=1.0)
    found = []
    for field in template.fields:
        kind = field.of if field.type is FieldType.LIST and field.of else field.type
        if field.name not in each.fields or not proposes(kind):
            continue
        asked = choosing.prepare(field, each.document, (), template=template, layout=seen, told=told)
        asked.layout, asked.signs = None, asked.signs.astype(np.float32)
        label = each.fields[field.name]
        values = [str(one) for one in (label if isinstance(label, list) else [label]) if one is not None]
        right = np.array(
            [any(same_value(kind, candidate.value, one) for one in values) for candidate in asked.candidates],
            dtype=bool,
        )
        names = {choosing.same_name(one) for one in values} if kind is FieldType.ORGANISATION else set()
        spelled = [choosing.same_name(candidate.value) in names for candidate in asked.candidates] if names else False
        found.append(
            Row(
                each.name,
                group,
                each.file,
                own,
                asked,
                right,
                right | np.array(spelled, dtype=bool),
                values,
                legible,
                each.document,
                blind,
            )
        )
    return found


class Fit:
    """Weights by group, fitted on rows; ``start`` from those of another fit."""

    def __init__(
        self, rows: list[Row], *, start: Fit | None = None, own: bool = True, mask: np.ndarray | None = None
    ) -> None:
        """``mask``: which of NAMES it may go by; all where none is given. ``own``: of templates that have weights of their own, which
        are all that is fitted then; the others are those of ``start``.
        """
        rows = [row for row in rows if len(row.signs) and (row.template or not own)]
        self._own = own
        sets = Counter((row.group, row.file) for row in rows)
        documents = Counter(group for group, _ in sets)
        share = np.array([documents[row.group] ** -0.5 for row in rows])
        share[[row.several for row in rows]] *= LIST_SHARE
        share /= share.sum()
        kept = [_thinned(row) for row in rows]
        signs = np.vstack([row.signs[keep] for row, keep in zip(rows, kept, strict=True)])
        right = np.concatenate([row.taught[keep] for row, keep in zip(rows, kept, strict=True)])
        # What the text says plainly of a candidate is added as it is; the two other readings do without it.
        given = [_given(row) if mask is None else _likelihoods(row) for row in rows]
        likely = np.concatenate([own[keep] for own, keep in zip(given, kept, strict=True)])
        mask = np.ones(len(NAMES)) if mask is None else mask
        signs *= mask[:SIGNS].astype(np.float32)
        counts = np.array([len(keep) for keep in kept])
        starts = np.concatenate([[0], np.cumsum(counts)])[:-1]
        of = np.repeat(np.arange(len(rows)), counts)
        several = np.array([row.several for row in rows])
        required = np.array([row.asked.field.required for row in rows], dtype=float)
        many = np.log1p([len(row.signs) for row in rows])
        has = np.array([bool(row.taught.any()) for row in rows])
        forms = sorted({self._groups(row) for row in rows})
        form = np.array([forms.index(self._groups(row)) for row in rows])
        groups = sorted({group for each in forms for group in each})
        depth = [max(each.index(group) for each in forms if group in each) for group in groups]
        penalty = np.array([np.full(len(NAMES), PENALTIES[level]) for level in depth])
        penalty[:, SIGNS] *= 0.2
        penalty[[group.startswith("list_") for group in groups]] *= LIST_PENALTY
        prior = np.zeros((len(groups), len(NAMES)))
        prior[groups.index("")] = [KNOWN.get(name, 0.0) for name in NAMES]
        prior *= mask
        adds = np.array([[float(group in each) for group in groups] for each in forms])
        places = [np.flatnonzero(form[of] == number) for number in range(len(forms))]
        pieces = [np.ascontiguousarray(signs[place]) for place in places]
        listed = several[of]

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            table = flat.reshape(prior.shape)
            weights = adds @ table
            strengths = np.empty(len(signs))
            for number, place in enumerate(places):
                strengths[place] = pieces[number] @ weights[number, :SIGNS].astype(np.float32)
            strengths += likely
            absent = weights[form, SIGNS] + weights[form, SIGNS + 1] * required + weights[form, SIGNS + 2] * many
            most = np.maximum(np.maximum.reduceat(strengths, starts), absent)
            powers, power = np.exp(strengths - most[of]), np.exp(absent - most)
            whole = np.add.reduceat(powers, starts) + power
            good = np.add.reduceat(powers * right, starts) + power * ~has
            good = np.maximum(good, 1e-300)
            losses = -np.log(np.maximum(good / whole, 1e-12))
            slope = (powers / whole[of] - powers * right / good[of]) * share[of]
            slope_absent = (power / whole - power * ~has / good) * share
            each = 1 / (1 + np.exp(-np.clip(strengths - absent[of], -30, 30)))
            single = -np.log(np.maximum(np.where(right, each, 1 - each), 1e-12))
            size = np.sqrt(counts)
            losses = np.where(several, np.add.reduceat(single * listed, starts) / size, losses)
            slope_list = (each - right) * (share / size)[of] * listed
            slope = np.where(listed, slope_list, slope)
            slope_absent = np.where(several, -np.add.reduceat(slope_list, starts), slope_absent)
            by_form = np.zeros((len(forms), len(NAMES)))
            for number, place in enumerate(places):
                by_form[number, :SIGNS] = slope[place].astype(np.float32) @ pieces[number]
            np.add.at(by_form[:, SIGNS], form, slope_absent)
            np.add.at(by_form[:, SIGNS + 1], form, slope_absent * required)
            np.add.at(by_form[:, SIGNS + 2], form, slope_absent * many)
            away = table - prior
            return (
                float(losses @ share) + 0.5 * float((penalty * away * away).sum()),
                (moving * (adds.T @ by_form + penalty * away)).ravel(),
            )

        moving = np.array([[not own or group not in (start.table if start else ())] for group in groups], dtype=float)
        first = prior.copy()
        if start is not None:
            for number, group in enumerate(groups):
                first[number] = start.table.get(group, first[number])
        steps = STEPS if start is None or own else STEPS // 3
        found = minimize(loss, first.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": steps})
        fitted = dict(zip(groups, found.x.reshape(prior.shape), strict=True))
        self.table = {**start.table, **fitted} if own and start is not None else fitted

    @classmethod
    def of(cls, table: dict[str, np.ndarray], *, own: bool) -> Fit:
        """Of weights that were fitted before."""
        made = cls.__new__(cls)
        made._own, made.table = own, table
        return made

    def _groups(self, row: Row) -> tuple[str, ...]:
        return row.groups if self._own else row.groups[:3]

    def weights(self, row: Row) -> ranking.Weights:
        own = sum((self.table[group] for group in self._groups(row) if group in self.table), np.zeros(len(NAMES)))
        return ranking.Weights(np.concatenate([[0.0, 0.0], own[:SIGNS]]), *map(float, own[SIGNS:]))


def _thinned(row: Row) -> np.ndarray:
    """Of many candidates those that labels or their shape speak for, the right ones, and some of the rest."""
    count = len(row.signs)
    if count <= MOST_CANDIDATES:
        return np.arange(count)
    told = row.signs[
        :, [NAMES.index(name) for name in ("own_beside", "own_over", "own_block", "own_prose", "shape", "top")]
    ]
    keep = np.zeros(count, dtype=bool)
    keep[np.argsort(-(told @ [1, 1, 1, 1, 0.3, 0.3]), kind="stable")[: MOST_CANDIDATES // 2]] = True
    keep[np.random.default_rng(0).choice(count, MOST_CANDIDATES // 2, replace=False)] = True
    return np.flatnonzero(keep | row.taught)


def _given(row: Row) -> np.ndarray:
    """What speaks for each candidate before any sign is weighed."""
    return _likelihoods(row) + (0.0 if row.asked.told is None else row.asked.told)


def _likelihoods(row: Row) -> np.ndarray:
    return np.log([max(each.likelihood, 1e-6) for each in row.asked.candidates])


@dataclass
class Decided:
    """What became of a field: its score, and of every value given its grounds, family, and whether it is right."""

    row: Row
    score: float
    given: list[tuple[ranking.Grounds, str, bool]]
    value: str | None = None


class Cache:
    """Fits that were made before, in a folder: what was stopped goes on where it was."""

    def __init__(self, folder: str | None) -> None:
        self._folder = Path(folder) if folder else None

    def fit(
        self,
        name: str,
        rows: list[Row],
        *,
        start: Fit | None = None,
        own: bool = False,
        mask: np.ndarray | None = None,
    ) -> Fit:
        path = self._folder / f"{name}.pickle" if self._folder else None
        if path is not None and path.exists():
            return Fit.of(pickle.loads(path.read_bytes()), own=own)
        some = rows if own else _some_of([row for row in rows if not row.again and row.group != GAPS])
        made = Fit(some, start=start, own=own, mask=mask)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(pickle.dumps(made.table))
        return made


def _some_of(rows: list[Row]) -> list[Row]:
    """Of a set of many documents some: sets are weighed by the root of their documents, and two hundred tell little more than eighty."""
    files: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if not files[row.name] or files[row.name][-1] != row.file:
            files[row.name].append(row.file)
    kept = {name: set(own[:: max(1, len(own) // MOST_FITTED)]) for name, own in files.items()}
    return [row for row in rows if row.file in kept[row.name]]


@dataclass
class Fits:
    """The weights, and those of the readings made in other ways: by labels alone, by place and form alone."""

    whole: Fit
    by_label: Fit
    by_place: Fit

    @classmethod
    def of(cls, rows: list[Row], cache: Cache, name: str, *, start: Fits | None = None) -> Fits:
        """Without any template's own."""
        return cls(
            cache.fit(f"{name} whole", rows, start=start and start.whole),
            cache.fit(f"{name} by label", rows, start=start and start.by_label, mask=LABELS),
            cache.fit(f"{name} by place", rows, start=start and start.by_place, mask=PLACES),
        )


def decide(rows: list[Row], fits: Fits, *, fitted: bool) -> list[Decided]:
    """The fields of the documents, decided together as the product does."""
    found = []
    documents = defaultdict(list)
    for row in rows:
        documents[row.name, row.file, row.blind].append(row)
    for own in documents.values():
        for row in own:
            row.asked.weights, row.asked.fitted = fits.whole.weights(row), fitted and bool(row.template)
            row.asked.second = (fits.by_label.weights(row), fits.by_place.weights(row))
            row.asked.moves = row.asked.together = row.asked.alone = None
            row.asked.read_otherwise = []
        found += _decided_document(own)
    return found


def _decided_document(own: list[Row]) -> list[Decided]:
    single = [row for row in own if not row.several]
    shares = decided_together([choosing._places(row.asked, row.document) for row in single])
    holds = sum_holds(shares)
    found = [
        _decided(row, places, sums=holds and row.asked.role in ADDENDS)
        for row, places in zip(single, shares, strict=True)
    ]
    return found + [_decided_list(row) for row in own if row.several]


def in_runs(decided: list[Decided], confidence: dict[str, dict[str, float]]) -> list[Decided]:
    """What was decided of each document alone, decided again as that of a run (see ``learning.run_evidence``): a set is one."""
    runs: dict[tuple[str, bool], dict[str, list[Decided]]] = defaultdict(lambda: defaultdict(list))
    for each in decided:
        runs[each.row.name, each.row.blind][each.row.file].append(each)
    found = []
    for documents in runs.values():
        seen = {
            file: Seen(replace(own[0].row.document, sha256=file), [each.row.asked for each in own], {}, {}, True)
            for file, own in documents.items()
        }
        likely = {
            file: {
                each.row.asked.field.name: Likely(each.value, worth(*each.given[0][:2], confidence[each.row.group]))
                for each in own
                if each.value is not None
            }
            for file, own in documents.items()
        }
        evidence = run_evidence((seen[file], likely[file]) for file in list(documents)[:MOST_DOCUMENTS])
        for file, own in documents.items():
            for each in own:
                moves = evidence.moves(each.row.asked, seen[file]) if evidence is not None else None
                if moves is not None:
                    choosing.joined(each.row.asked, moves)
            found += _decided_document([each.row for each in own])
    return found


def _decided(row: Row, places: list, *, sums: bool = False) -> Decided:
    asked = row.asked
    name = ranking.family(asked.kind)
    values = sorted((each for each in places if each.value is not None), key=lambda each: (-each.share, each.index))
    absent = next(each.share for each in places if each.value is None)
    pages = tuple(Page(number, "read") for number in {each.span.page for each in asked.candidates})
    document = Document("", "", "", pages, len(pages))
    other = choosing.other_readings(asked)
    if not values or choosing.is_absent(asked, absent, values):
        grounds = choosing.absent_grounds(asked, absent, values, document, other)
        return Decided(row, float(not row.wanted), [(grounds, name, not row.wanted)])
    best = values[0]
    right = any(good and each.value == best.value for good, each in zip(row.right, asked.candidates, strict=True))
    grounds = choosing.grounds_of(asked, best, values, document, other, sums=sums)
    return Decided(row, float(right), [(grounds, name, right)], best.value)


def _decided_list(row: Row) -> Decided:
    asked = row.asked
    if not asked.candidates:
        return Decided(row, float(not row.wanted), [])
    taken = choosing._items(asked, choosing._shares(asked))[: asked.field.max_items]
    pages = tuple(Page(number, "read") for number in {each.span.page for each in asked.candidates})
    document = Document("", "", "", pages, len(pages))
    given = [
        (choosing.item_grounds(asked, index, share, document), ranking.family(asked.kind), bool(row.right[index]))
        for share, index in taken
    ]
    right = sum(good for _, _, good in given)
    both = len(given) + len(row.wanted)
    return Decided(row, 2 * right / both if both else 1.0, given)


COLUMNS = [*ranking.CONFIDENCE, "family numbers", "family moments", "family codes", "family texts"]


# What is thought of confidences before anything is measured: kinds never seen are harder, few sets have lists, or say what is absent; and
# none has letterheads with an e-mail address that is not the one asked for.
DOUBT = {
    "share": 0.6,
    "always": -0.1,
    "several": -1.6,
    "several_share": -0.2,
    "absent": -0.3,
    "absent_share": -0.2,
    "bare": -1.5,
}


def _firmness(name: str) -> float:
    """How firmly what was thought of a column holds: there are few sets with lists, but many documents of templates fitted to."""
    return 0.02 if "fitted" in name else 0.3 if name == "several" else 0.2 if "several" in name else 0.1


def calibrated_on(decided: list[Decided]) -> list[Decided]:
    """Those that the confidence is fitted on: documents of the sets, as their template knows them and as nobody does, and papers that lack
    what is asked for.
    """
    return [each for each in decided if not each.row.again and (not each.row.made or each.row.group == GAPS)]


def calibrate(decided: list[Decided]) -> dict[str, float]:
    """Weights of the confidence: a logistic with a penalty, sets weighed evenly, but as of unknown kinds and made ones less."""
    rows, right, weight = [], [], []
    sizes = Counter((each.row.group, each.row.blind) for each in decided for _ in each.given)
    for each in decided:
        for grounds, family, good in each.given:
            rows.append([*grounds.columns().values(), *(float(name == f"family {family}") for name in COLUMNS[-4:])])
            right.append(good)
            counted = UNKNOWN if each.row.blind else LACKING if each.row.made else 1.0
            weight.append(sizes[each.row.group, each.row.blind] ** -0.5 * counted)
    signs, good = np.array(rows), np.array(right, dtype=float)
    share = np.array(weight) / sum(weight)
    prior = np.array([DOUBT.get(name, 0.0) for name in COLUMNS])
    penalty = np.array([_firmness(name) for name in COLUMNS])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        odds = signs @ weights
        worth = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
        value = -float(share @ np.log(np.maximum(np.where(good > 0, worth, 1 - worth), 1e-12)))
        away = weights - prior
        return value + 0.5 * float((penalty * away) @ away), (share * (worth - good)) @ signs + penalty * away

    found = minimize(loss, prior, jac=True, method="L-BFGS-B").x
    return dict(zip(COLUMNS, found, strict=True))


def worth(grounds: ranking.Grounds, family: str, table: dict[str, float]) -> float:
    odds = (
        float(np.dot([table[name] for name in ranking.CONFIDENCE], list(grounds.columns().values())))
        + table[f"family {family}"]
    )
    return min(0.99, 1 / (1 + float(np.exp(-np.clip(odds, -30, 30)))), grounds.likelihood + 0.02)


def report(decided: list[Decided], confidence: dict[str, dict[str, float]]) -> None:
    """Scores by set and field; of all values calibration error, coverage at 95 % and 99 % precision, sure and wrong."""
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for each in decided:
        scores[each.row.name][each.row.asked.field.name].append(each.score)
    for name, fields in scores.items():
        parts = " ".join(f"{field} {np.mean(own):.2f}" for field, own in fields.items())
        print(f"{name:14} {np.mean([np.mean(own) for own in fields.values()]):.3f}  {parts}")
    given = [
        (worth(grounds, family, confidence[each.row.group]), right, each.row.group)
        for each in decided
        for grounds, family, right in each.given
    ]
    sure = np.array([value for value, _, _ in given])
    right = np.array([good for _, good, _ in given], dtype=float)
    sizes = Counter(group for _, _, group in given)
    for name, weight in (
        ("all values", np.ones(len(given))),
        ("sets evenly", np.array([1 / sizes[group] for _, _, group in given])),
    ):
        weight = weight / weight.sum()
        bins = np.minimum((sure * 10).astype(int), 9)
        error = sum(abs(float((weight * (bins == number) * (sure - right)).sum())) for number in range(10))
        order = np.argsort(-sure, kind="stable")
        taken = np.cumsum(weight[order])
        precision = np.cumsum((weight * right)[order]) / taken
        coverage = [max(taken[precision >= least], default=0.0) for least in (0.95, 0.99)]
        wrong = float((weight * ((sure > 0.9) & (right < 1))).sum())
        print(
            f"{name}: {len(given)} values, right {float(weight @ right):.3f}, calibration error {error:.3f}, coverage at 95 % "
            f"{coverage[0]:.3f}, at 99 % {coverage[1]:.3f}, sure and wrong {wrong:.4f}, over 0.9 {float((weight * (sure > 0.9)).sum()):.3f}"
        )


def left_out(rows: list[Row], whole: Fits, cache: Cache) -> list[Decided]:
    """Every set decided by weights that were fitted on the others."""
    found = []
    for group in sorted({row.group for row in rows}):
        others = [row for row in rows if row.group != group]
        fits = whole if group == GAPS else Fits.of(others, cache, group, start=whole)  # those are never fitted on
        found += decide([row for row in rows if row.group == group], fits, fitted=False)
        print(".", end="", file=sys.stderr, flush=True)
    return found


def fit(arguments: argparse.Namespace) -> None:
    rows: list[Row] = pickle.loads(Path(arguments.rows).read_bytes())
    started = time.monotonic()
    cache = Cache(arguments.cache)
    bare = Fits.of(rows, cache, "all")
    decided = left_out(rows, bare, cache)
    if arguments.keep:
        Path(arguments.keep).write_bytes(pickle.dumps((bare, decided)))
    groups = sorted({row.group for row in rows})
    # The figures of a set by a calibration that has not seen it.
    alone = [each for each in decided if not (each.row.blind or each.row.made or each.row.again)]
    known = calibrated_on(decided)
    together = in_runs(
        decided, {group: calibrate([each for each in known if each.row.group != group]) for group in groups}
    )
    in_run = [each for each in together if not (each.row.blind or each.row.made or each.row.again)]
    known += calibrated_on(together)
    confidence = {group: calibrate([each for each in known if each.row.group != group]) for group in groups}
    print(f"\nleave one set out, each document alone ({time.monotonic() - started:.0f} s)")
    report(alone, confidence)
    print("the same, a set as one run")
    report(in_run, confidence)
    for said, own in (("alone", decided), ("a set as one run", together)):
        print(f"as if nobody had known their kind, and made forms, {said}")
        report([each for each in own if each.row.blind or each.row.made], confidence)
        print(f"read by a built-in template, {said}")
        report([each for each in own if each.row.again], confidence)
    final = Fits(cache.fit("own", rows, start=bare.whole, own=True), bare.by_label, bare.by_place)
    # What a template's own documents make surer is measured on halves of them that were left out.
    halves = []
    for parity in (0, 1):
        others = [row for row in rows if not row.template or _half(row) == parity]
        half = cache.fit(f"half {parity}", others, start=bare.whole, own=True)
        own = [row for row in rows if row.template and _half(row) != parity]
        halves += decide(own, Fits(half, bare.by_label, bare.by_place), fitted=True)
    print("own templates, fitted on the other half")
    table = calibrate([*known, *halves])
    report(halves, dict.fromkeys(groups, table))
    seen = [row for row in rows if not (row.blind or row.made)]
    shipped = decide(seen, final, fitted=True)
    print("fitted on all, each document alone")
    report(shipped, dict.fromkeys(groups, table))
    print("fitted on all, a set as one run")
    report(in_runs(shipped, dict.fromkeys(groups, table)), dict.fromkeys(groups, table))
    if arguments.write:
        data = {
            "weights": _told(final.whole),
            "by_label": _told(final.by_label),
            "by_place": _told(final.by_place),
            "confidence": {name: round(value, 3) for name, value in table.items()},
        }
        path = paths.resources_dir() / "ranking.json"
        path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print("written:", path)
    print(f"{time.monotonic() - started:.0f} s")


def _told(fit: Fit) -> dict[str, dict[str, float]]:
    return {
        group: {name: round(float(value), 3) for name, value in zip(NAMES, own, strict=True) if abs(value) >= 0.002}
        for group, own in fit.table.items()
    }


def _half(row: Row) -> int:
    return sum(row.file.encode()) % 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    reading = commands.add_parser("read")
    reading.add_argument("data")
    reading.add_argument("--to", required=True)
    reading.set_defaults(run=read)
    first = commands.add_parser("collect")
    first.add_argument("documents")
    first.add_argument("--to", required=True)
    first.add_argument("--only", nargs="*")
    first.set_defaults(run=collect)
    second = commands.add_parser("fit")
    second.add_argument("rows")
    second.add_argument("--write", action="store_true")
    second.add_argument("--cache", help="a folder for the fits: what was stopped goes on where it was")
    second.add_argument("--keep", help="where what was decided of sets left out is kept, to be looked at")
    second.set_defaults(run=fit)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
