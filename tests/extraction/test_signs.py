"""The signs of candidates: each under its name, in the order that the weights are kept in."""

from __future__ import annotations

import numpy as np
import pytest

from stillroom.extraction.signs import OwnSigns, Place, Said, sign_names, signs_of


def test_what_is_said_and_what_a_candidate_is_stand_under_their_names() -> None:
    said = Said.nothing(2)
    said.own[1, Place.LEFT], said.rival[1, Place.LEFT] = 0.7, 0.3
    rows = [
        dict(zip(sign_names(), row, strict=True)) for row in signs_of(said, [OwnSigns(), OwnSigns(largest=1.0)], "")
    ]
    told = {name: value for name, value in rows[1].items() if value}
    assert told == {
        "own_left": 0.7, "rival_left": 0.3, "own_beside": 0.7, "rival_beside": 0.3, "nothing_over": 1.0, "largest": 1.0,
    }  # fmt: skip
    assert {name for name, value in rows[0].items() if value} == {"nothing_beside", "nothing_over"}


@pytest.mark.parametrize("role", sorted({name.partition(":")[0] for name in sign_names() if ":" in name} - {"slip"}))
def test_a_roles_signs_count_once_more_under_it(role: str) -> None:
    own = OwnSigns(**{name: float(place + 1) for place, name in enumerate(OwnSigns.__slots__)})
    row = dict(zip(sign_names(), signs_of(Said.nothing(1), [own], role)[0], strict=True))
    of_roles = {name: value for name, value in row.items() if ":" in name and not name.startswith("slip:")}
    for name, value in of_roles.items():
        of, _, sign = name.partition(":")
        assert value == (getattr(own, sign) if of == role else 0.0)
    assert np.count_nonzero(list(of_roles.values())) > 2


def test_signs_count_once_more_on_a_tills_slip() -> None:
    own = OwnSigns(top=0.8, lines=2.0, slip=0.5)
    row = dict(zip(sign_names(), signs_of(Said.nothing(1), [own], "")[0], strict=True))
    assert (row["slip:top"], row["slip:lines"]) == (0.4, 1.0)
    assert "slip" not in row
