"""Fit the weights of resources/choices.toml on labelled documents, and say what they are worth on sets left out.

    fit_choices.py LABELS.jsonl:TEMPLATE:FIELD ... [--beside LABELS.jsonl:TEMPLATE:FIELD ...]
        [--model M [--asked] [--scores SCORES.pickle]] [--write]

Each set is a file of labels, the template to ask by and one of its choices. Without a model only the documents' words are
weighed, and the weights of what a model says stay as they are. With one, its embeddings are held against the options, and with
``--asked`` every document is put to it (``--scores`` keeps the answers). For each set the weights are fitted on the others, and
measured on each document alone and as that of a run; what is printed last, and written, is fitted on all. Every set counts alike,
however many documents it has. Sets behind ``--beside`` are measured and never fitted on.
"""

from __future__ import annotations

import argparse
import functools
import json
import pickle
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from stillroom import paths
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.engine import Engine
from stillroom.extraction import choices, passages, ranking
from stillroom.extraction.extractor import PASSAGE_TOKENS, Extractor
from stillroom.extraction.subject import Embedder, Embedding, beginning, is_read
from stillroom.templates.library import TemplateLibrary

ALIKE = 60.0  # documents that a set counts as
PENALTY = 0.001  # a document, on the distance from the weights there are
NAMES = ("literal", "words", "model", "fallback", "near", "whole", "behind")
MOST = {"literal": 20.0, "words": 20.0, "model": 2.0, "fallback": 3.0, "near": 20.0, "whole": 20.0, "behind": 20.0}


@dataclass
class Row:
    """A document's choice: a row of signs an option, which option is right (-1: none of them), and its look at the document."""

    signs: np.ndarray
    right: int
    look: choices.Look
    model: np.ndarray
    weight: float = 1.0

    def in_run(self, usual: np.ndarray) -> Row:
        """The same as it is among the documents of a run."""
        look = self.look.less(usual)
        return Row(look.signs(self.model), self.right, look, self.model, self.weight)


def as_run(rows: list[Row]) -> list[Row]:
    usual = np.mean([row.look.nearness for row in rows], axis=0)
    return [row.in_run(usual) for row in rows]


def rows_of(
    spec: str, readers: ReaderPool, engine: Engine | None, scores: dict[str, np.ndarray], *, asked: bool
) -> list[Row]:
    labels, name, field_name = spec.rsplit(":", 2)
    template = TemplateLibrary().find(name)
    field = template.field(field_name)
    rows = []
    embedder = Embedder(engine) if engine is not None else None

    def embed(text: str, *, lasting: bool = False, examples: str = "") -> Embedding | None:
        key = f"subject:{examples}{text}"
        if key not in scores and embedder is not None:
            said = embedder(text, lasting=lasting, examples=examples)
            if said is not None:
                scores[key] = said
        return scores.get(key)

    before = choices.examples(field)

    for line in Path(labels).read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if field_name not in entry["fields"]:
            continue
        document = readers.read(Path(labels).parent / entry["file"])
        text = beginning(document)
        if engine is not None and f"tokens:{text}" not in scores:
            scores[f"tokens:{text}"] = engine.count_tokens([text])[0]
        read = is_read(text, scores.get(f"tokens:{text}", 0))
        look = choices.Look.at(field, document)
        if read:
            look = look.told(embed(text), embed, embed(text, examples=before) if before else None)
        model = np.zeros(len(look.options))
        if asked and engine is not None and len(look.options) <= choices.MOST_ASKED:
            key = f"{spec}:{entry['file']}"
            if key not in scores:
                extractor = Extractor(engine)
                frame = extractor._frame(template, extractor._model())
                parts = passages.split(document, PASSAGE_TOKENS, engine.count_tokens)
                scores[key] = choices.Choices(engine).model_says([field], parts, frame)[field]
            model = scores[key]
        label = entry["fields"][field_name]
        values = [option.value for option in look.options]
        rows.append(Row(look.signs(model), values.index(label) if label in values else -1, look, model))
    return [replace(row, weight=ALIKE / len(rows)) for row in rows]


def loss(worth: np.ndarray, rows: list[Row], start: np.ndarray) -> float:
    total = PENALTY * sum(row.weight for row in rows) * float(((worth - start) ** 2).sum())
    for row in rows:
        strengths = row.signs @ worth
        if row.right >= 0:
            told = strengths[row.right] - strengths.max() - np.log(np.exp(strengths - strengths.max()).sum())
            total -= row.weight * float(told)
    return total


def fit(rows: list[Row], *, still: set[str]) -> choices.Weights:
    """``still``: weights that stay as they are."""
    known = choices.weights()
    start = known.worth()
    bounds = [(at, at) if name in still else (0.0, MOST[name]) for name, at in zip(NAMES, start, strict=True)]
    found = minimize(loss, start, args=(rows, start), bounds=bounds, method="L-BFGS-B").x
    fitted = replace(known, **{name: round(float(value), 3) for name, value in zip(NAMES, found, strict=True)})
    return replace(fitted, **dict(zip(("certain", "share", "own"), confidence(rows, fitted), strict=True)))


def confidence(rows: list[Row], weights: choices.Weights) -> list[float]:
    """What the strongest option's confidence is made of, for choices that are no codes."""
    signs, right = [], []
    for row in rows:
        if choices.are_codes(row.look.options):
            continue
        strengths = row.signs @ weights.worth()
        order = np.argsort(-strengths, kind="stable")
        share = float(ranking.softmax(strengths)[order[0]])
        signs.append((1.0, choices.log_odds(share), row.look.literal[order[0]]))
        right.append(1.0 if order[0] == row.right else -1.0)
    matrix, truth = np.array(signs), np.array(right)

    def missed(odds: np.ndarray) -> float:
        return float(np.log1p(np.exp(-truth * (matrix @ odds))).sum() + 0.3 * (odds[1:] ** 2).sum())

    return [
        round(float(value), 3) for value in minimize(missed, np.zeros(3), bounds=[(None, None), (0, None), (0, None)]).x
    ]


def figures(rows: list[Row], weights: choices.Weights) -> tuple[float, float, float]:
    """Share that is right, the mean distance of confidence and truth in ten bins, and the share of wrong ones over 0.9."""
    choices.weights = lambda: weights  # type: ignore[assignment]
    answers = []
    for row in rows:
        shares = row.look.shares(row.model)
        answers.append((float(shares.max()), int(shares.argmax()) == row.right))
    bins: dict[int, list[tuple[float, bool]]] = {}
    for share, right in answers:
        bins.setdefault(min(9, int(share * 10)), []).append((share, right))
    error = sum(abs(sum(s for s, _ in own) - sum(r for _, r in own)) for own in bins.values()) / len(answers)
    wrong = sum(share > 0.9 and not right for share, right in answers)
    return sum(right for _, right in answers) / len(answers), error, wrong / len(answers)


def said(alone: list[Row], run: list[Row], weights: choices.Weights) -> str:
    """Figures as a sentence, alone and as a run."""
    told = (figures(rows, weights) for rows in (alone, run))
    return ", ".join(
        f"{how} right {right:.3f}, error {error:.3f}, sure and wrong {sure:.3f}"
        for how, (right, error, sure) in zip(("alone", "run"), told, strict=True)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--beside", nargs="*", default=[])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--asked", action="store_true")
    parser.add_argument("--scores", type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    scores = pickle.loads(arguments.scores.read_bytes()) if arguments.scores and arguments.scores.exists() else {}
    with ReaderPool() as readers, Engine() as engine:
        if arguments.model:
            engine.load(arguments.model)
        read = functools.partial(
            rows_of, readers=readers, engine=engine if arguments.model else None, scores=scores, asked=arguments.asked
        )
        sets = {spec: read(spec) for spec in arguments.sets}
        beside = {spec: read(spec) for spec in arguments.beside}
    if arguments.scores:
        arguments.scores.write_bytes(pickle.dumps(scores))
    still = ({"model"} if not arguments.asked else set()) | (set() if arguments.model or scores else {"near", "behind"})
    known = choices.weights()
    runs = {spec: as_run(rows) for spec, rows in sets.items()}
    for spec, own in sets.items():
        others = [row for each in (sets, runs) for other, rows in each.items() if other != spec for row in rows]
        choices.weights = lambda: known  # type: ignore[assignment]
        left_out = fit(others, still=still) if others else known
        print(f"{spec}: {len(own)} documents, left out: {said(own, runs[spec], left_out)}; {left_out}")
    choices.weights = lambda: known  # type: ignore[assignment]
    whole = fit([row for each in (sets, runs) for rows in each.values() for row in rows], still=still)
    for spec, own in sets.items():
        print(f"{spec}: fitted on all: {said(own, runs[spec], whole)}")
    for spec, own in beside.items():
        print(f"{spec}: {len(own)} documents, beside: {said(own, as_run(own), whole)}")
    print(whole)
    if arguments.write:
        file = paths.resources_dir() / "choices.toml"
        comment = file.read_text(encoding="utf-8").split("\n\n")[0]
        values = "\n".join(f"{name} = {value}" for name, value in asdict(whole).items())
        file.write_text(f"{comment}\n\n{values}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
