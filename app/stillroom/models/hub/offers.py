"""Whether the models of a hub's repository fit this machine, before any of them is fetched.

Apart from ``assess``, so that whoever loads a model on the disk does not load the hub's client with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stillroom.cancellation import Cancellation
from stillroom.errors import LicenceNeeded, StillroomError
from stillroom.gguf.checks import FileKind, check_headers, kind_of
from stillroom.models.fit.assess import assess
from stillroom.models.fit.estimate import Fit, Machine, Use
from stillroom.models.fit.shape import Shape, shape_of
from stillroom.models.hub.client import Hub, Offer, Repository


@dataclass(frozen=True, slots=True)
class Assessed:
    """A model and its fit; where it could not be told, ``fit`` is None and ``problem`` says why."""

    offer: Offer
    shape: Shape | None
    fit: Fit | None
    problem: str = ""


def assess_offers(
    hub: Hub,
    repository: Repository,
    machine: Machine,
    use: Use | None = None,
    *,
    cancellation: Cancellation | None = None,
) -> Iterator[Assessed]:
    """The fit of each model of a repository, as its header arrives: none of the files is fetched. Raises LicenceNeeded, Cancelled."""
    for offer in repository.offers:
        if cancellation is not None:
            cancellation.raise_if_requested()
        if offer.projector:
            continue
        try:
            headers = hub.headers(offer)
            check_headers(headers)
            if kind_of(headers[0]) is not FileKind.MODEL:
                continue
            shape = shape_of(headers)
            yield Assessed(offer, shape, assess(shape, machine, use))
        except LicenceNeeded:
            raise  # of every file of the repository
        except StillroomError as error:
            yield Assessed(offer, None, None, error.message)
