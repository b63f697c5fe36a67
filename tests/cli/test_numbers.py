"""Numbers at and beyond their bounds: wrong use, told in a sentence before anything is begun."""

from __future__ import annotations

import pytest

from stillroom.cli import main

BIGGER_THAN_SQLITE = str(1 << 70)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["chat", "x", "--max-tokens", "0"], "a whole number from 1 to"),
        (["chat", "x", "--max-tokens", "-5"], "a whole number from 1 to"),
        (["chat", "x", "--max-tokens", BIGGER_THAN_SQLITE], "a whole number from 1 to"),
        (["evaluate", "-l", "x", "-t", "x", "--limit", "0"], "a whole number from 1 to"),
        (["extract", "--renew", BIGGER_THAN_SQLITE], "is no number of a table"),
        (["extract", "--add-to", "-1"], "is no number of a table"),
        (["review", "compare", "0", "1"], "is no number of a table"),
        (["review", "export", "--run", BIGGER_THAN_SQLITE, "--out", "x.csv"], "is no number of a table"),
        (["models", "fit", "x", "--context", "-1"], "0, or a whole number from 512 to"),
        (["models", "fit", "x", "--context", "64"], "0, or a whole number from 512 to"),
        (["models", "fit", "x", "--context", BIGGER_THAN_SQLITE], "0, or a whole number from 512 to"),
        (["models", "get", "a/b", "--limit", "nan"], "a number from 0 to 1e+06"),
        (["remote", "add", "a", "https://b/v1", "--seconds", "0"], "a whole number from 1 to 3,600"),
        (["remote", "add", "a", "https://b/v1", "--in-flight", "0"], "a whole number from 1 to 64"),
        (["remote", "add", "a", "https://b/v1", "--price-in", "-1"], "a number from 0 to 10000"),
        (["remote", "add", "a", "https://b/v1", "--price-out", "inf"], "a number from 0 to 10000"),
    ],
)
def test_a_number_out_of_its_bounds_is_wrong_use(
    command: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
