"""Checks over several fields ("net + tax = gross"): what does not add up is said on every value that took part."""

from __future__ import annotations

import ast
import operator
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
        sentence = rule.message or f"This does not hold: {rule.check}."
        for name in {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)} & set(result):
            result[name] = _marked(result[name], sentence)
    return result


def parse(rule: Rule) -> ast.Compare:
    """The rule's expression: numbers, field names, ``sum(table.column)``, + - * /, and one of = <= >= < >. Raises TemplateError."""
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
                f"The rule {rule.check!r} may use numbers, field names, sum(), + - * / and one comparison only."
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
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sum" and len(node.args) == 1:
        return sum(_column(node.args[0], fields), Decimal(0))
    raise _Unknown


def _column(node: ast.expr, fields: Mapping[str, FieldResult]) -> list[Decimal]:
    table, column = (node.value, node.attr) if isinstance(node, ast.Attribute) else (node, "")
    rows = fields.get(table.id) if isinstance(table, ast.Name) else None
    if not isinstance(rows, tuple) or not rows:
        raise _Unknown
    return [_decimal(row if isinstance(row, FieldValue) else row.get(column)) for row in rows]


def _decimal(value: FieldValue | None) -> Decimal:
    if value is None or value.value is None:
        raise _Unknown
    return Decimal(value.value)


def _marked(result: FieldResult, sentence: str) -> FieldResult:
    if not isinstance(result, FieldValue) or result.value is None:
        return result
    return replace(
        result,
        state=FieldState.INVALID,
        confidence=result.confidence * _TRUST,
        failed_checks=(*result.failed_checks, sentence),
    )
