"""Checks over several fields ("net + tax = gross", "date <= due_date"): what does not add up is said on every value that took part."""

from __future__ import annotations

import ast
import datetime
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from stillroom.errors import TemplateError
from stillroom.extraction.result import FieldResult, FieldState, FieldValue
from stillroom.templates.template import Rule, Template

# Amounts are rounded to cents on paper; a sum of lines may be off by as much.
_TOLERANCE = Decimal("0.011")
# A value that breaks a rule is as likely wrong as one of its partners.
_TRUST = 0.5
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{2}:\d{2}(?::\d{2})?")
_OPERATIONS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Decimal, Decimal], bool]] = {
    ast.Eq: lambda left, right: abs(left - right) <= _TOLERANCE,
    ast.LtE: lambda left, right: left <= right + _TOLERANCE,
    ast.GtE: lambda left, right: left + _TOLERANCE >= right,
    ast.Lt: operator.lt,
    ast.Gt: operator.gt,
}


class _Unknown(Exception):
    """A value the rule needs is absent, or no number: the rule says nothing."""


def apply_rules(template: Template, fields: Mapping[str, FieldResult]) -> dict[str, FieldResult]:
    """The fields with each broken rule named on every value that took part; their confidence is halved."""
    result = dict(fields)
    for rule in template.rules:
        expression = parse(rule)
        try:
            holds = _compare(expression, result)
        except (_Unknown, InvalidOperation, ZeroDivisionError):
            continue
        if holds:
            continue
        sentence = _sentence(rule)
        columns = {
            (node.value.id, node.attr)
            for node in ast.walk(expression)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        }
        of_tables = {table for table, _ in columns}
        names = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)} - of_tables
        for name in names & set(result):
            result[name] = _marked(result[name], sentence, "")
        for name, column in columns:
            if name in result:
                result[name] = _marked(result[name], sentence, column)
    return result


def sentences_of(template: Template) -> frozenset[str]:
    """What is said on values that break a rule."""
    return frozenset(_sentence(rule) for rule in template.rules)


def _sentence(rule: Rule) -> str:
    return rule.message or f"This does not hold: {rule.check}."


def without_sentences(value: FieldValue, sentences: frozenset[str]) -> FieldValue:
    """The value as it was before it was held against rules that say these sentences."""
    left = tuple(each for each in value.failed_checks if each not in sentences)
    broken = len(value.failed_checks) - len(left)
    if not broken:
        return value
    state = value.state
    if state is FieldState.INVALID and not left:
        state = FieldState.FOUND
    return replace(value, state=state, failed_checks=left, confidence=min(1.0, value.confidence / _TRUST**broken))


def without_rules(template: Template, fields: Mapping[str, FieldResult]) -> dict[str, FieldResult]:
    """The fields as they were before ``apply_rules``."""
    sentences = sentences_of(template)
    found: dict[str, FieldResult] = {}
    for name, result in fields.items():
        if isinstance(result, FieldValue):
            found[name] = without_sentences(result, sentences)
        elif result and isinstance(result[0], FieldValue):
            found[name] = tuple(without_sentences(item, sentences) for item in result if isinstance(item, FieldValue))
        else:
            found[name] = tuple(
                {column: without_sentences(cell, sentences) for column, cell in row.items()}
                for row in result
                if isinstance(row, dict)
            )
    return found


def parse(rule: Rule) -> ast.Compare:
    """The rule's expression: numbers, field names, ``sum(table.column)``, ``count(table)``, + - * /, one of = <= >= < >.

    Raises TemplateError.
    """
    text = rule.check.replace("==", "=")
    for double in ("<=", ">="):
        text = text.replace(double, double[0] + "\0")
    text = text.replace("=", "==").replace("\0", "=")
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise TemplateError(f"The rule {rule.check!r} cannot be read. Write it like: net + tax = gross") from error
    if not isinstance(tree, ast.Compare) or len(tree.ops) != 1 or type(tree.ops[0]) not in _COMPARISONS:
        raise TemplateError(f"The rule {rule.check!r} compares nothing. Write it like: net + tax = gross")
    for node in ast.walk(tree):
        allowed = (
            ast.Compare,
            ast.BinOp,
            ast.UnaryOp,
            ast.USub,
            ast.Name,
            ast.Load,
            ast.Constant,
            ast.Call,
            ast.Attribute,
        )
        if not isinstance(node, (*allowed, *_OPERATIONS, *_COMPARISONS)):
            raise TemplateError(
                f"The rule {rule.check!r} may use numbers, field names, sum(), count(), + - * / and one comparison only."
            )
    return tree


def _compare(tree: ast.Compare, fields: Mapping[str, FieldResult]) -> bool:
    return _COMPARISONS[type(tree.ops[0])](_number(tree.left, fields), _number(tree.comparators[0], fields))


def _number(node: ast.expr, fields: Mapping[str, FieldResult]) -> Decimal:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Decimal(str(node.value))
    if isinstance(node, ast.UnaryOp):
        return -_number(node.operand, fields)
    if isinstance(node, ast.BinOp):
        return _OPERATIONS[type(node.op)](_number(node.left, fields), _number(node.right, fields))
    if isinstance(node, ast.Name):
        value = fields.get(node.id)
        return _decimal(value if isinstance(value, FieldValue) else None)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1 and not node.keywords:
        if node.func.id == "sum":
            return sum(_column(node.args[0], fields), Decimal(0))
        if node.func.id == "count":
            return Decimal(len(_column(node.args[0], fields, any_value=True)))
    raise _Unknown


def _column(node: ast.expr, fields: Mapping[str, FieldResult], *, any_value: bool = False) -> list[Decimal]:
    """The values of a list, or of a table's column; a row that has none in this column adds nothing."""
    table, column = (node.value, node.attr) if isinstance(node, ast.Attribute) else (node, "")
    rows = fields.get(table.id) if isinstance(table, ast.Name) else None
    if not isinstance(rows, tuple) or not rows:
        raise _Unknown
    if any_value and not column:
        return [Decimal(1) for _ in rows]
    cells = [row if isinstance(row, FieldValue) else row.get(column) for row in rows]
    known = [cell for cell in cells if cell is not None and cell.value is not None]
    if not known:
        raise _Unknown
    return [Decimal(1) if any_value else _decimal(cell) for cell in known]


def _decimal(value: FieldValue | None) -> Decimal:
    """A number; a date as its day, a time as its part of one, so that the earlier is the smaller and a difference is days."""
    if value is None or value.value is None:
        raise _Unknown
    text = value.value
    if _DATE.fullmatch(text):
        return Decimal(datetime.date.fromisoformat(text).toordinal())
    if _TIME.fullmatch(text):
        time = datetime.time.fromisoformat(text)
        return Decimal(time.hour * 3600 + time.minute * 60 + time.second) / 86400
    return Decimal(text)


def _marked(result: FieldResult, sentence: str, column: str) -> FieldResult:
    """The result with the sentence on its value, on each item of a list, on each cell of a table's column (of any, without one)."""
    if isinstance(result, FieldValue):
        return _failed(result, sentence)
    if result and isinstance(result[0], FieldValue):
        return tuple(_failed(item, sentence) for item in result if isinstance(item, FieldValue))
    return tuple(
        {name: _failed(cell, sentence) if column in ("", name) else cell for name, cell in row.items()}
        for row in result
        if isinstance(row, dict)
    )


def _failed(value: FieldValue, sentence: str) -> FieldValue:
    if value.value is None:
        return value
    return replace(
        value,
        state=FieldState.INVALID,
        confidence=value.confidence * _TRUST,
        failed_checks=(*value.failed_checks, sentence),
    )
