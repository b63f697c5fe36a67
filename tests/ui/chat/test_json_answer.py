"""How an answer that is JSON is shown."""

from __future__ import annotations

import json

import pytest

from stillroom.ui.chat.json_answer import shown


@pytest.mark.parametrize(
    "text",
    ['{"a": 14.10, "b": [1, {"c": "x, {y}: \\"z\\""}], "d": [], "e": {}}', '{ "one":true,\n"two" : null }', "{}"],
)
def test_json_is_a_code_block_of_the_same_value(text: str) -> None:
    block = shown(text)
    assert block.startswith("```json\n")
    inside = block.removeprefix("```json\n").removesuffix("\n```")
    assert json.loads(inside) == json.loads(text)
    assert ("14.10" in inside) is ("14.10" in text)


def test_each_value_has_a_line() -> None:
    assert shown('{"a": 14.10, "b": [1]}').splitlines()[1:-1] == ["{", '  "a": 14.10,', '  "b": [', "    1", "  ]", "}"]


@pytest.mark.parametrize("text", ["Plain words", '{"a": ', "Here: {1}", ""])
def test_anything_else_stays(text: str) -> None:
    assert shown(text) == text
