"""The memory of a template: what documents that a person approved show of its fields, kept one file a document, and what follows."""

from __future__ import annotations

import hashlib
import io
import logging
import random
import threading
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from statistics import fmean

import numpy as np
import numpy.typing as npt

from stillroom import atomic, paths
from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.errors import StillroomError
from stillroom.evaluation.matching import same_value
from stillroom.extraction import choices, choosing, layout, ranking
from stillroom.extraction.around import Places, Words
from stillroom.extraction.candidates.candidate import Candidate, likelihoods_of, values_of
from stillroom.extraction.candidates.propose import proposes
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.deciding import Seen
from stillroom.extraction.kept_seen import KeptDocument
from stillroom.extraction.signs import sign_names
from stillroom.extraction.subject import Embed, beginning
from stillroom.extraction.ticks import Ticks
from stillroom.extraction.told import Told
from stillroom.learning import classifier
from stillroom.learning.classifier import LabelledText, LearnedChoice
from stillroom.learning.confidence import confidence
from stillroom.learning.fitting import LabelledField, LearnedField, fit, rightness
from stillroom.learning.kept import ChoiceFacts, ChoicesFacts, DocumentFacts, FieldFacts, packed, unpacked
from stillroom.learning.surroundings import Around, Shelf, Surroundings, around, surroundings, surroundings_in
from stillroom.templates.template import Field, FieldType, Template

Truth = Mapping[str, str | Sequence[str] | None]
"""What is right in a document, by field name: a value in canonical form, several, or None for *absent*."""
Vector = npt.NDArray[np.float64]
_VERSION = 1
_MOST_CANDIDATES = 100  # of a field of a document, besides the right ones: those the page speaks for most
_MOST_DOCUMENTS = 200
_CURVE = (0, 1, 2, 3, 5, 10, 20, 40)  # documents
_LEAST_FOR_A_CURVE = 4
_ORDERS = 3
_QUOTED = (FieldType.TEXT, FieldType.BLOCK)  # a model adds candidates
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gain:
    """What learning was worth on the documents it was learned from, each left out in turn: how many of ``values`` were right."""

    values: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What so many corrected documents are worth: the share of values that were right in the documents left out."""

    documents: int
    right: float


@dataclass(slots=True)
class LearnedTemplate:
    """What was learned of a template's fields, by name. Fulfils ``extraction.choosing.Learned``.

    Attributes:
        choices: the same of its choices among options.
        documents: it was learned from.
        outdated: how many documents were kept by other signs, of an earlier version: nothing is learned of them until they are taken anew.
        unused: fields that were no better by it when documents were left out, and are decided as before.
        models: that embedded texts of choices. With more than one no embedding is used: they cannot be held against each other.
        near: the document that was asked about last, and what stands around its places: fields have them in common.
    """

    fields: dict[str, LearnedField] = field(default_factory=dict)
    choices: dict[str, LearnedChoice] = field(default_factory=dict)
    documents: int = 0
    outdated: int = 0
    unused: dict[str, Gain] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    near: tuple[Document, Places] | None = field(default=None, repr=False, compare=False)

    def moves(
        self, name: str, document: Document, candidates: Sequence[Candidate], signs: Vector
    ) -> tuple[Vector, float] | None:
        """What is added to each candidate's strength, and to that of *absent*; None for a field nothing is known of."""
        learned = self.fields.get(name)
        if learned is None or learned.signs.shape[0] != signs.shape[1]:
            return None
        return learned.strengths(signs, self._around(name, document, candidates)), learned.absent

    def _around(self, name: str, document: Document, candidates: Sequence[Candidate]) -> Around:
        if isinstance(document, KeptDocument):
            return surroundings_in(document, candidates, name)
        near = self.near
        if near is None or near[0] is not document:
            near = self.near = (document, Places(document, Words()))
        return around(candidates, near[1])

    def confidence(self, name: str, share: float) -> float | None:
        """What a share was worth in documents that were left out; None for a field nothing is known of."""
        learned = self.fields.get(name)
        if learned is None:
            return None
        return confidence(learned.slope, learned.shift, share)

    def documents_of(self, name: str) -> int:
        """How many documents taught a field."""
        learned = self.fields.get(name)
        return 0 if learned is None else learned.documents

    def option(
        self, name: str, document: Document, strengths: Vector, embed: Embed | None
    ) -> tuple[Vector, float] | None:
        """Probabilities of a choice's options, and how sure the first is; None for a choice nothing is known of."""
        learned = self.choices.get(name)
        if learned is None or (len(learned.options) and int(learned.options.max()) >= len(strengths)):
            return None
        text = beginning(document)

        def said(behind: bool) -> Vector | None:
            if embed is None or all(each.behind is not behind for each in learned.by_embedding):
                return None
            found = embed(text, examples=learned.examples if behind else "")
            return found.whole if found is not None and found.model == learned.model else None

        shares = learned.shares(strengths, classifier.parts_of(text), said(behind=False), said(behind=True))
        return shares, confidence(learned.slope, learned.shift, float(shares.max()))

    def gains(self) -> dict[str, Gain]:
        """What each field gained, also where that is nothing."""
        fields = {
            name: Gain(each.documents + each.missing, each.before, each.after) for name, each in self.fields.items()
        }
        of_choices = {name: Gain(each.documents, each.before, each.after) for name, each in self.choices.items()}
        return self.unused | fields | of_choices


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """What is kept of a document: by field name, its candidates with what is right among them, and of its choices the option.

    ``outdated``: its candidates were kept by other signs.
    """

    fields: dict[str, LabelledField] = field(default_factory=dict)
    choices: dict[str, LabelledText] = field(default_factory=dict)
    outdated: bool = False


class TemplateMemory:
    """What is kept of the documents of one template. Nothing leaves the machine; a document's text is kept only as the words around
    values and candidates. Safe from any thread.
    """

    def __init__(self, template: Template, folder: Path | None = None) -> None:
        """``folder``: of all memories; the application's own where none is given."""
        self._template = template
        self._folder = (folder if folder is not None else paths.learned_dir()) / template.name
        self._lock = threading.Lock()
        self._known: tuple[tuple[tuple[str, int], ...], LearnedTemplate] | None = None
        self._kept: dict[tuple[str, int], KnownDocument] = {}  # as they were read, by name and time of the file
        self._shelves: dict[str, Shelf] = {}  # by field

    def take(self, document: Document, truth: Truth, embed: Embed | None = None) -> None:
        """Learn of one more document; of the same file again it takes the place of what was. ``embed``: by the loaded model, for
        choices. Raises StillroomError.
        """
        arrays: dict[str, npt.NDArray[np.generic]] = {}
        meaning = Meaning(self._template)
        seen, said = layout.Layout(document, meaning), Told(document, meaning)

        def offered(each: Field) -> _Offered:
            kind, _ = _kind(each)
            candidates = seen.proposals.of(each, kind).candidates
            told = choosing.told_vector(said.of(each, kind, candidates), len(candidates))
            return _Offered(candidates, seen.signs(each, kind, candidates), told)

        ticks = Ticks(document, self._template.fields)
        facts = self._take_fields(document, truth, offered, arrays)
        of_choices = self._take_choices(
            document, truth, embed, arrays, lambda each: choices.Look.at(each, document, ticks)
        )
        self._keep(document.sha256, facts, of_choices, arrays)

    def take_seen(self, seen: Seen, truth: Truth, embed: Embed | None = None) -> bool:
        """The same of a document whose candidates were seen when it was extracted, which takes neither its file nor the time to look at
        its pages. Nothing, and False, where that is not enough: of texts that a model quoted. Raises StillroomError.
        """
        names = {each.name for each in self._template.fields if each.name in truth}
        asked = {each.field.name: each for each in seen.asked}
        if any(each.kind in _QUOTED for each in asked.values() if each.field.name in names):
            return False
        looks = {name: looked.look for name, looked in seen.looked.items() if looked.look is not None}
        if any(each.name not in looks for each in self._chosen(truth)):
            return False

        def look(each: Field) -> choices.Look:
            own = looks[each.name]  # as it is without a model
            return replace(own, near=np.zeros(len(own.near)), behind=np.zeros(len(own.behind)))

        arrays: dict[str, npt.NDArray[np.generic]] = {}

        def offered(each: Field) -> _Offered:
            own = asked[each.name]
            return _Offered(own.candidates, own.signs, own.told)

        facts = self._take_fields(seen.document, truth, offered, arrays)
        of_choices = self._take_choices(seen.document, truth, embed, arrays, look)
        self._keep(seen.document.sha256, facts, of_choices, arrays)
        return True

    def _chosen(self, truth: Truth) -> list[Field]:
        """The choices that a truth is known of."""
        return [each for each in self._template.fields if each.type in choices.TYPES and truth.get(each.name)]

    def _take_fields(
        self,
        document: Document,
        truth: Truth,
        offered: Callable[[Field], _Offered],
        arrays: dict[str, npt.NDArray[np.generic]],
    ) -> dict[str, FieldFacts]:
        """What is kept of a document's fields whose values stand in it."""
        found: dict[str, FieldFacts] = {}
        for each in self._template.fields:
            kind, several = _kind(each)
            if each.name not in truth or not proposes(kind):
                continue
            row = self._row(document, each, truth[each.name], offered(each))
            for name in ("signs", "like", "right"):
                arrays[f"{each.name}.{name}"] = getattr(row, name)
            found[each.name] = FieldFacts(str(kind), several, row.missing, row.candidates, tuple(row.around))
        return found

    def _keep(
        self,
        sha256: str,
        fields: dict[str, FieldFacts],
        of_choices: ChoicesFacts,
        arrays: dict[str, npt.NDArray[np.generic]],
    ) -> None:
        arrays["facts"] = packed(DocumentFacts(_VERSION, sign_names(), fields, of_choices))
        content = io.BytesIO()
        np.savez_compressed(content, allow_pickle=False, **arrays)
        with self._lock:
            with atomic.replacing(self._file(sha256)) as temporary:
                temporary.write_bytes(content.getvalue())
            for old in self._files()[:-_MOST_DOCUMENTS]:
                old.unlink(missing_ok=True)

    def _take_choices(
        self,
        document: Document,
        truth: Truth,
        embed: Embed | None,
        arrays: dict[str, npt.NDArray[np.generic]],
        look_of: Callable[[Field], choices.Look],
    ) -> ChoicesFacts:
        """What is kept of a document's choices; its text as the number of each part alone. ``look_of``: what speaks for its options."""
        asked = self._chosen(truth)
        if not asked:
            return ChoicesFacts()
        text = beginning(document)
        parts = classifier.parts_of(text)
        said = embed(text) if embed is not None and text.strip() else None
        arrays["parts"] = np.array(list(parts), dtype=np.uint16)
        arrays["counts"] = np.array(list(parts.values()), dtype=np.float16)
        if said is not None:
            arrays["subject"] = said.vector.astype(np.float16)
            arrays["wording"] = said.mean.astype(np.float16)
        fields: dict[str, ChoiceFacts] = {}
        for each in asked:
            look = look_of(each)
            if look.boxes:  # what is ticked says nothing of what the text is about
                continue
            examples = choices.examples(each)
            among = embed(text, examples=examples) if examples and embed is not None and said is not None else None
            look = look.told(said, embed, among)
            silent = np.zeros(len(look.options))
            values = [option.value for option in look.options]
            rows = [] if each.type is FieldType.YES_NO else np.column_stack((look.signs(silent), look.literal)).tolist()
            if among is not None:
                arrays[f"{each.name}.among"] = among.whole.astype(np.float16)
            fields[each.name] = ChoiceFacts(
                dict(zip(values, look.strengths(silent).tolist(), strict=True)),
                str(truth[each.name]),
                _digest(examples) if among is not None else "",
                dict(zip(values, map(tuple, rows), strict=False)),
            )
        return ChoicesFacts(said[0] if said is not None else "", fields, choices.SIGNS)

    def forget(self, sha256: str = "") -> int:
        """Forget a document, or everything; how many documents were forgotten. Raises StillroomError."""
        with self._lock:
            gone = [self._file(sha256)] if sha256 else self._files()
            gone = [file for file in gone if file.exists()]
            try:
                for file in gone:
                    file.unlink()
            except OSError as error:
                raise StillroomError(
                    f"{gone[0].parent} cannot be changed: {error.strerror}. Look at its permissions."
                ) from error
        return len(gone)

    def kept(self) -> list[bytes]:
        """What is kept of each document, as its file holds it. Raises OSError."""
        with self._lock:
            return [file.read_bytes() for file in self._files()]

    def put(self, documents: Mapping[str, bytes]) -> None:
        """Keep documents that another memory kept, by their number. Raises StillroomError."""
        with self._lock:
            for number, content in documents.items():
                with atomic.replacing(self._file(number)) as temporary:
                    temporary.write_bytes(content)

    def documents(self) -> list[str]:
        """SHA-256 of each document that is known, the longest known first."""
        return [file.stem for file in self._files()]

    def taken(self) -> dict[str, datetime]:
        """By the SHA-256 of each document that is known, when it was taken in, the longest known first."""
        return {file.stem: datetime.fromtimestamp(file.stat().st_mtime).astimezone() for file in self._files()}

    def learned(self) -> LearnedTemplate:
        """What follows from all documents that are known; nothing where there are none. A file that cannot be read is passed over."""
        with self._lock:
            files = self._files()
            state = tuple((file.name, file.stat().st_mtime_ns) for file in files)
            if self._known is None or self._known[0] != state:
                self._kept = {
                    key: self._kept.get(key) or self._read(file) for key, file in zip(state, files, strict=True)
                }
                learned = self._taught(list(self._kept.values()), self._shelves)
                self._known = (state, learned)
            return self._known[1]

    def rows(self, sha256: str) -> KnownDocument:
        """What is kept of a document; nothing where it cannot be read or was kept by other signs."""
        return self._read(self._file(sha256))

    def taught(self, documents: Sequence[KnownDocument]) -> LearnedTemplate:
        """What would follow from these documents alone."""
        return self._taught(documents, {})

    def _taught(self, documents: Sequence[KnownDocument], shelves: dict[str, Shelf]) -> LearnedTemplate:
        rows: dict[str, list[LabelledField]] = {}
        for document in documents:
            for name, row in document.fields.items():
                rows.setdefault(name, []).append(row)
        embedded = {text.model for document in documents for text in document.choices.values() if len(text.embedding)}
        found = LearnedTemplate(
            documents=len(documents),
            outdated=sum(document.outdated for document in documents),
            models=tuple(sorted(embedded)),
        )
        for each in self._template.fields:
            shelf = shelves.setdefault(each.name, Shelf())
            shelf.keep(row.around for row in rows.get(each.name, ()))
            learned = fit(rows.get(each.name, []), shelf)
            # What made the field no better when documents were left out is not used.
            if learned is not None and learned.gained >= 0:
                found.fields[each.name] = learned
            elif learned is not None:
                found.unused[each.name] = Gain(learned.documents + learned.missing, learned.before, learned.before)
            if each.type in choices.TYPES:
                sorted_out = classifier.learn([one.choices[each.name] for one in documents if each.name in one.choices])
                if sorted_out is not None:
                    found.choices[each.name] = sorted_out
        return found

    def curve(self, cancellation: Cancellation | None = None) -> list[CurvePoint]:
        """Over the number of corrected documents, what they are worth in those left out, in some orders. Empty with fewer than four
        documents. Raises Cancelled.
        """
        with self._lock:
            known = [self._read(file) for file in self._files()]
        fields = [each.name for each in self._template.fields if any(each.name in one.fields for one in known)]
        counts = [count for count in _CURVE if count < len(known)]
        if len(known) < _LEAST_FOR_A_CURVE or not fields:
            return []
        right: dict[int, list[float]] = {count: [] for count in counts}
        for order in range(_ORDERS):
            shuffled = random.Random(order).sample(known, len(known))
            for count in counts:
                for name in fields:
                    if cancellation is not None:
                        cancellation.raise_if_requested()
                    rows = [one.fields[name] for one in shuffled if name in one.fields]
                    learned = fit(rows[:count]) if count else None
                    if learned is not None and learned.gained < 0:
                        learned = None
                    right[count] += [rightness(row, learned) for row in rows[max(counts) :]]
        return [CurvePoint(count, fmean(told)) for count, told in right.items() if told]

    def _read(self, file: Path) -> KnownDocument:
        try:
            with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as data:
                facts = unpacked(data["facts"])
                if facts.version != _VERSION:
                    return KnownDocument(outdated=True)
                fields: dict[str, LabelledField] = {}
                if facts.signs == sign_names():
                    fields = {
                        each.name: self._labelled(file.stem, each, own, data)
                        for each in self._template.fields
                        if (own := facts.fields.get(each.name)) is not None and self._same_work(each, own)
                    }
                outdated = facts.signs != sign_names() and bool(facts.fields)
                return KnownDocument(fields, self._labelled_choices(file.stem, facts.choices, data), outdated)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile):
            _log.warning("what was learned of a document cannot be read, and is passed over")
            return KnownDocument()

    def _labelled_choices(
        self, sha256: str, facts: ChoicesFacts, data: Mapping[str, Vector]
    ) -> dict[str, LabelledText]:
        """By field. An option that came since is as unlikely as the least likely was; one that is gone is passed over."""
        found: dict[str, LabelledText] = {}
        if not facts.fields:
            return found
        parts = dict(zip(map(int, data["parts"]), map(float, data["counts"]), strict=True))
        # An earlier version kept embeddings of another kind, as "embedding": those are not held against these.
        about = data["subject"] if "subject" in data else np.zeros(0)
        wording = data["wording"] if len(about) and "wording" in data else np.zeros(0)
        embedding = np.concatenate((about, wording)).astype(np.float64)
        for each in self._template.fields:
            own = facts.fields.get(each.name)
            if own is None or each.type not in choices.TYPES:
                continue
            values = [option.value for option in choices.options(each)]
            known = _weighed(own.signs) if own.signs and facts.signs == choices.SIGNS else own.strengths
            strengths = np.array([float(known.get(value, min(known.values()))) for value in values])
            right = values.index(own.right) if own.right in values else -1
            examples = choices.examples(each)
            same = bool(examples) and own.among == _digest(examples)
            among = data[f"{each.name}.among"].astype(np.float64) if same else np.zeros(0)
            found[each.name] = LabelledText(
                sha256, strengths, right, parts, embedding, facts.model, len(about), among, examples if same else ""
            )
        return found

    @staticmethod
    def _same_work(each: Field, facts: FieldFacts) -> bool:
        kind, several = _kind(each)
        return facts.type == str(kind) and facts.several is several

    def _labelled(self, sha256: str, each: Field, facts: FieldFacts, data: Mapping[str, Vector]) -> LabelledField:
        kind, several = _kind(each)
        signs = data[f"{each.name}.signs"].astype(np.float64)
        weights = ranking.weights_for(kind, several=several, template=self._template, field=each.name)
        unknown = np.zeros((len(signs), len(ranking.MODEL_FEATURES)))
        return LabelledField(
            document=sha256,
            signs=signs,
            base=weights.strengths(unknown, signs) + data[f"{each.name}.like"],
            absent=weights.absent_strength(facts.candidates, required=each.required),
            right=data[f"{each.name}.right"].astype(bool),
            around=facts.around,
            missing=facts.missing,
            required=each.required,
            least=choosing.least_share(kind) if several else None,
            same=_same(kind, facts.around) if several else None,
        )

    def _row(self, document: Document, each: Field, truth: str | Sequence[str] | None, offered: _Offered) -> _Row:
        kind, several = _kind(each)
        wanted = [] if truth is None else [truth] if isinstance(truth, str) else list(truth)
        candidates, signs, told = offered.candidates, offered.signs, offered.told
        count = len(candidates)
        # A person writes a firm's legal form and its "&" as they like: the page may have them otherwise.
        names = {choosing.same_name(own) for own in wanted} if kind is FieldType.ORGANISATION else set()
        # Many candidates have one value, which is held against what is right once.
        same = {
            value: any(same_value(kind, value, own) for own in wanted)
            or (bool(names) and choosing.same_name(value) in names)
            for value in dict.fromkeys(values_of(candidates))
        }
        right = np.array([same[value] for value in values_of(candidates)], dtype=bool)
        if len(candidates) > _MOST_CANDIDATES:
            weights = ranking.weights_for(kind, several=several, template=self._template, field=each.name)
            strengths = weights.strengths(np.zeros((len(candidates), len(ranking.MODEL_FEATURES))), signs)
            strengths = strengths if told is None else strengths + told
            kept = np.zeros(len(candidates), dtype=bool)
            kept[np.argsort(-strengths, kind="stable")[:_MOST_CANDIDATES]] = True
            places = np.flatnonzero(kept | right).tolist()
            candidates, signs, right = [candidates[place] for place in places], signs[places], right[places]
            told = told[places] if told is not None else None
        like = np.log(np.maximum(likelihoods_of(candidates), 1e-6)) if len(candidates) else np.zeros(0)
        if told is not None:  # what is learned is weighed beside what the text says plainly
            like = like + told
        return _Row(
            signs.astype(np.float32),
            like,
            right,
            surroundings(document, candidates),
            bool(wanted) and not right.any(),
            count,
        )

    def _file(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.npz"

    def _files(self) -> list[Path]:
        try:
            files = [file for file in self._folder.glob("*.npz") if not file.name.startswith(".")]
            return sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name))
        except OSError:
            return []


@dataclass(frozen=True, slots=True)
class _Offered:
    """The candidates of a field, a row of signs each, and what the text says plainly of them."""

    candidates: Sequence[Candidate]
    signs: Vector
    told: Vector | None


@dataclass(frozen=True, slots=True)
class _Row:
    signs: npt.NDArray[np.float32]
    like: Vector
    right: npt.NDArray[np.bool_]
    around: list[Surroundings]
    missing: bool
    candidates: int


def _same(kind: FieldType, around: Sequence[Surroundings]) -> npt.NDArray[np.int64]:
    """Which candidates name one thing; of a document that was shared without its text nobody knows, and each is one."""
    numbers: dict[str, int] = {}
    spelling = choosing.spelling(kind)
    names = [spelling(each.value) or f"{number}." for number, each in enumerate(around)]
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def _weighed(signs: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The strengths of options by the weights of today."""
    rows = np.array(list(signs.values()))
    return dict(zip(signs, choices.weights().strengths(rows[:, :-1], rows[:, -1]).tolist(), strict=True))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _kind(each: Field) -> tuple[FieldType, bool]:
    several = each.type is FieldType.LIST
    return (each.of if several and each.of else each.type), several
