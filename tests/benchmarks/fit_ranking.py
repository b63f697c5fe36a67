"""Fit the weights of resources/ranking.toml on labelled documents.

    python tests/benchmarks/fit_ranking.py collect LABELS.jsonl --template T [--model M] --to SCORES.pickle
    python tests/benchmarks/fit_ranking.py fit SCORES.pickle... [--pages PAGES.pickle...] [--half even|odd] [--write]

``collect`` asks the model once about every document, or without a model only looks at the pages, which takes no time and
serves ``--pages``: the weights for the page alone can be fitted on more documents. ``fit`` runs in seconds. The loss is the
negative log likelihood of the right candidates (of *absent* where the label is null or no candidate is right), with an L2 penalty
on the distance from the default weights, so the softmax of the fitted strengths is calibrated on the documents it was fitted on.
``--half`` fits on every other document and reports accuracy and calibration on the rest.
"""

from __future__ import annotations

import argparse
import functools
import json
import pickle
import sys
import time
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit
from scipy.optimize import minimize

from stillroom import paths
from stillroom.documents.document import Document
from stillroom.documents.readers import Readers
from stillroom.engine.engine import Engine
from stillroom.errors import StillroomError
from stillroom.extraction import choices, choosing, layout, passages, ranking
from stillroom.extraction.choosing import Asked
from stillroom.extraction.extractor import PASSAGE_TOKENS, Extractor
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.template import FieldType, Template

NAMES = [*ranking.MODEL_FEATURES, *layout.NAMES]
PENALTY = 0.001
LEAST_GAIN = 0.01
LEAST_SPREAD = 0.05
ALL_CAPITALS = 0.9
MANY = 100  # documents, from which on it can be told that the model adds nothing
LEAST_SURE = 20
WIDE_MARGIN = 7.0


@dataclass
class Row:
    """One field of one document: features of the candidates that were asked, which are right, and whether it is a list."""

    document: int
    field: str
    kind: str
    several: bool
    features: np.ndarray
    values: list[str]
    right: np.ndarray


def is_right(kind: FieldType, value: str, label: str) -> bool:
    """Equal in canonical form: numbers by value, dates as they are, text without case, white space and punctuation."""
    if kind in (FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT):
        try:
            return Decimal(value) == Decimal(label)
        except InvalidOperation:
            return False
    return choosing.same_name(value) == choosing.same_name(label)


def collect(arguments: argparse.Namespace) -> None:
    # Weights fitted only on what the weights before them let through would know nothing of the others.
    ranking._MARGIN = ranking._MARGIN_LIST = WIDE_MARGIN
    # The model is asked about everything, however sure the page is.
    ranking.SURE, ranking.LARGEST_FITTED = 2.0, -1.0
    labels_file = Path(arguments.labels)
    template = TemplateLibrary().find(arguments.template)
    rows: list[Row] = []
    with Engine() as engine, Readers() as readers:
        if arguments.model:
            engine.load(Path(arguments.model))
        extractor = Extractor(engine)
        started = time.monotonic()
        for number, line in enumerate(labels_file.read_text(encoding="utf-8").splitlines()[: arguments.limit]):
            entry = json.loads(line)
            try:
                document = readers.read(labels_file.parent / entry["file"])
                asked = extractor.ask(document, template) if arguments.model else look(document, template)
            except StillroomError as error:
                print(entry["file"], error, file=sys.stderr)
                continue
            for each in asked:
                if (
                    each.field.name not in entry["fields"]
                    or each.field.type in choices.TYPES
                    or each.field.type.generated
                ):
                    continue
                label = entry["fields"][each.field.name]
                wanted = [str(item) for item in (label if isinstance(label, list) else [label]) if item is not None]
                candidates = [each.candidates[index] for index in each.chosen]
                features = np.zeros((0, len(NAMES)))
                if each.chosen:
                    said = each.model_scores(each.chosen) if each.scores else np.zeros((len(each.chosen), 2))
                    features = np.hstack([said, each.layout[each.chosen]])
                right = np.array(
                    [any(is_right(each.kind, item.value, one) for one in wanted) for item in candidates], dtype=bool
                )
                several = each.field.type is FieldType.LIST
                values = [item.value for item in candidates]
                rows.append(Row(number, each.field.name, str(each.kind), several, features, values, right))
            if number % 10 == 0:
                print(f"{number} documents, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
            Path(arguments.to).write_bytes(pickle.dumps(rows))


def look(document: Document, template: Template) -> list[Asked]:
    """Every field with its candidates, no model asked."""
    parts = passages.split(document, PASSAGE_TOKENS, lambda texts: [len(text) // 3 + 1 for text in texts])
    return [choosing.prepare(each, document, parts) for each in template.fields]


def fit_type(rows: list[Row]) -> tuple[np.ndarray, float]:
    """Weights and the strength of *absent* for one type."""
    size = len(NAMES)
    usual = ranking.default_weights()
    prior = np.append(usual.features, usual.absent)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        weights, absent = parameters[:size], parameters[size]
        total, gradient = 0.0, np.zeros(size + 1)
        for row in rows:
            strengths = row.features @ weights
            if row.several:
                margin = np.clip(strengths - absent, -30, 30)
                share = 1 / (1 + np.exp(-margin))
                total -= float(np.where(row.right, np.log(share), np.log(1 - share)).sum())
                difference = share - row.right
                gradient[:size] += difference @ row.features
                gradient[size] -= difference.sum()
                continue
            everything = np.append(
                strengths, ranking.Weights(weights, absent).absent_strength(required=is_required(row))
            )
            everything -= everything.max()
            share = np.exp(everything) / np.exp(everything).sum()
            target = np.append(row.right, not row.right.any()).astype(float)
            hit = float(share @ target)
            total -= np.log(max(hit, 1e-12))
            difference = share - share * target / max(hit, 1e-12)
            gradient[:size] += difference[:-1] @ row.features
            gradient[size] += difference[-1]
        scale = 1 / len(rows)
        away = parameters - prior
        return total * scale + PENALTY * float(away @ away) / 2, gradient * scale + PENALTY * away

    # What the model prefers never counts against a candidate, however few documents say so.
    bounds = [(0.1, None)] * len(ranking.MODEL_FEATURES) + [(None, None)] * (size + 1 - len(ranking.MODEL_FEATURES))
    # What is nearly the same everywhere (receipts have one page, and tills print capitals) would only stand in for the strength
    # of *absent*, and mislead where it differs for once.
    everything = np.vstack([row.features for row in rows])
    spread = everything.std(axis=0)
    if everything[:, NAMES.index("capitals")].mean() > ALL_CAPITALS:
        spread[NAMES.index("capitals")] = 0.0
    for index in range(len(ranking.MODEL_FEATURES), size):
        if spread[index] < LEAST_SPREAD:
            bounds[index] = (prior[index], prior[index])
    result = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=bounds)
    return result.x[:size], float(result.x[size])


@functools.cache
def _required_fields() -> frozenset[str]:
    return frozenset(
        field.name for template in TemplateLibrary().templates() for field in template.fields if field.required
    )


def is_required(row: Row) -> bool:
    """Whether a built-in template requires the field."""
    return row.field in _required_fields()


def asked_only(row: Row, weights: np.ndarray) -> Row:
    """The row without the candidates that would not be put to the model."""
    layout_only = weights.copy()
    layout_only[: len(ranking.MODEL_FEATURES)] = 0.0
    kept = ranking.worth_asking(row.features @ layout_only, several=row.several)
    values = [value for value, keep in zip(row.values, kept, strict=True) if keep]
    return Row(row.document, row.field, row.kind, row.several, row.features[kept], values, row.right[kept])


def judge(rows: list[Row], weights: np.ndarray, absent: float) -> dict[str, Any]:
    """Accuracy, share of labels among the candidates, and expected calibration error in ten bins."""
    sure, right, found = [], [], []
    for row in rows:
        strengths = row.features @ weights
        if row.several:
            share = 1 / (1 + np.exp(-(strengths - absent)))
            taken = {
                choosing.same_name(row.values[index]): row.right[index]
                for index in np.argsort(share)
                if share[index] >= 0.5
            }
            missed = {
                choosing.same_name(value) for value, good in zip(row.values, row.right, strict=True) if good
            } - set(taken)
            true = sum(taken.values())
            denominator = 2 * true + (len(taken) - true) + len(missed)
            right.append(2 * true / denominator if denominator else 1.0)
            continue
        share = ranking.softmax(
            np.append(strengths, ranking.Weights(weights, absent).absent_strength(required=is_required(row)))
        )
        by_value: dict[str, float] = {}
        for value, part in zip(row.values, share[:-1], strict=True):
            by_value[value] = by_value.get(value, 0.0) + part
        best = max(by_value, key=by_value.__getitem__, default=None)
        good = {value for value, flag in zip(row.values, row.right, strict=True) if flag}
        found.append(bool(good))
        if best is None or share[-1] > by_value[best]:
            right.append(not good)
            sure.append(share[-1])
        else:
            right.append(best in good)
            sure.append(by_value[best])
    error = 0.0
    if sure:
        bins = np.minimum((np.array(sure) * 10).astype(int), 9)
        for number in range(10):
            inside = bins == number
            if inside.any():
                error += inside.mean() * abs(np.array(right)[inside].mean() - np.array(sure)[inside].mean())
    return {"documents": len(rows), "right": round(float(np.mean(right)), 3), "among candidates": round(float(np.mean(found or [0])), 3),
            "calibration error": round(error, 3)}  # fmt: skip


# What a field of another template shares with those that were fitted: words beside it, and what a value of the type looks like.
GENERAL = {
    "lm", "lm_mean", "near_same_line", "near_line_above", "near_behind", "avoid", "shape", "near_first_match", "first", "last", "lines",
}  # fmt: skip


def general(rows: list[Row]) -> list[Row]:
    """The rows without what depends on where the fitted fields stand on their pages."""
    keep = np.array([name in GENERAL for name in NAMES], dtype=float)
    return [
        Row(row.document, row.field, row.kind, row.several, row.features * keep, row.values, row.right) for row in rows
    ]


def page_alone(rows: list[Row]) -> list[Row]:
    """The rows without the model's word."""
    keep = np.array([name not in ranking.MODEL_FEATURES for name in NAMES], dtype=float)
    return [
        Row(row.document, row.field, row.kind, row.several, row.features * keep, row.values, row.right) for row in rows
    ]


def held_out(rows: list[Row]) -> float:
    """The share that is right in each half, with weights fitted on the other."""
    right = 0.0
    for parity in (0, 1):
        weights, absent = fit_type([row for row in rows if row.document % 2 == parity])
        rest = [asked_only(row, weights) for row in rows if row.document % 2 != parity]
        right += judge(rest, weights, absent)["right"]
    return right / 2


def sure_ones(rows: list[Row]) -> tuple[int, int]:
    """How many values the page alone is sure of, and how many of those are right: in each half, fitted on the other."""
    sure = right = 0
    for parity in (0, 1):
        weights, absent = fit_type([row for row in rows if row.document % 2 == parity])
        for row in (asked_only(each, weights) for each in rows if each.document % 2 != parity):
            if row.several or not row.values:
                continue
            strengths = np.append(
                row.features @ weights, ranking.Weights(weights, absent).absent_strength(required=is_required(row))
            )
            share: dict[str, float] = {}
            for value, part in zip(row.values, ranking.softmax(strengths)[:-1], strict=True):
                share[value] = share.get(value, 0.0) + part
            best = max(share, key=share.__getitem__)
            if share[best] >= ranking.SURE:
                sure += 1
                right += best in {value for value, good in zip(row.values, row.right, strict=True) if good}
    return sure, right


def page_table(rows: list[Row], more: list[Row]) -> dict[str, float | bool]:
    """The weights for the page alone, and whether the model's word makes the field no better; empty where they are not to be trusted.

    ``more``: rows of the field for which no model was asked, to be used in the place of the others.
    """
    without = page_alone(rows)
    enough = len(rows) >= MANY and held_out(rows) <= held_out(without)
    without = more or without
    sure, right = sure_ones(without)
    print("   the page alone is sure of", sure, "and right with", right, "; the model adds nothing:", enough)
    if not enough and (sure < LEAST_SURE or right < ranking.SURE * sure):
        return {}
    weights, absent = fit_type(without)
    weights[: len(ranking.MODEL_FEATURES)] = 0.0
    return {**table_of(weights, absent), **({"enough": True} if enough else {})}


def better_alone(rows: list[Row]) -> bool:
    """Whether weights of its own, places on the page among them, serve a field better: on each half, fitted on the other."""
    return held_out(rows) > held_out(general(rows)) + LEAST_GAIN


def table_of(weights: np.ndarray, absent: float) -> dict[str, float]:
    """Weights as they are written; what hardly weighs anything is left out."""
    values = {
        name: round(float(weight), 3) for name, weight in zip(NAMES, weights, strict=True) if abs(weight) >= 0.005
    }
    return {**values, "absent": round(absent, 3)}


def fit(arguments: argparse.Namespace) -> None:
    rows: list[Row] = []
    for file in arguments.scores:
        rows.extend(pickle.loads(Path(file).read_bytes()))
    pages_only = [row for file in arguments.pages for row in pickle.loads(Path(file).read_bytes())]
    fitted: dict[str, dict[str, Any]] = {}
    pages: dict[str, dict[str, Any]] = {}
    for kind, several in sorted({(row.kind, row.several) for row in rows}):
        own = [row for row in rows if (row.kind, row.several) == (kind, several)]
        name = f"list_{kind}" if several else kind
        fitted[name] = table_of(*fit_type(general(own)))
        for field in sorted({row.field for row in own}):
            mine = [row for row in own if row.field == field]
            train = rest = mine
            if arguments.half:
                parity = arguments.half == "odd"
                train = [row for row in mine if row.document % 2 == parity]
                rest = [row for row in mine if row.document % 2 != parity]
            weights, absent = fit_type(train)
            asked = [asked_only(row, weights) for row in rest]
            print(name, field, judge(asked, weights, absent))
            print(name, field, "general", judge(asked, *fit_type(general(train))))
            model_only = np.zeros(len(NAMES))
            model_only[0] = 1.0
            print(name, "   the model's score alone", judge(asked, model_only, -1e9 if not several else 0.0)["right"])
            if better_alone(mine):
                fitted[name][field] = table_of(*fit_type(mine))
            weights, absent = fit_type(page_alone(train))
            asked = [asked_only(row, weights) for row in page_alone(rest)]
            print(name, field, "page alone", judge(asked, weights, absent))
            table = page_table(mine, [row for row in pages_only if row.field == field])
            if table:
                pages.setdefault(name, {})[field] = table
    if arguments.write:
        target = paths.resources_dir() / "ranking.toml"
        document = tomlkit.parse(target.read_text(encoding="utf-8"))
        document.update(fitted)
        document["page"] = pages
        target.write_text(tomlkit.dumps(document), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    first = commands.add_parser("collect")
    first.add_argument("labels")
    first.add_argument("--template", required=True)
    first.add_argument("--model")
    first.add_argument("--to", required=True)
    first.add_argument("--limit", type=int, default=None)
    first.set_defaults(run=collect)
    second = commands.add_parser("fit")
    second.add_argument("scores", nargs="+")
    second.add_argument("--pages", nargs="*", default=[])
    second.add_argument("--half", choices=("even", "odd"))
    second.add_argument("--write", action="store_true")
    second.set_defaults(run=fit)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
